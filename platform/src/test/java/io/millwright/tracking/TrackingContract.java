package io.millwright.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Page;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What tracking promises on every database. What MLflow answers stands in the golden files.
abstract class TrackingContract {
    @TempDir
    Path home;

    private final FakeClock clock = new FakeClock();
    private final Ids ids = new Ids(new Random(7));
    private Db db;
    private Ledger ledger;
    private ArtifactsSlice artifacts;
    private TrackingSlice tracking;
    private long experiment;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        db = open(home);
        new Migrator(db)
                .migrate(Stream.of(Ledger.MIGRATIONS, ArtifactsSlice.MIGRATIONS, TrackingSlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        ledger = new Ledger(db, clock, ids);
        artifacts = ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(home.resolve("artifacts")));
        tracking = TrackingSlice.wire(db, ledger, clock, ids, artifacts.service());
        experiment = tracking.experiments().create("census", "", Map.of());
    }

    @AfterEach
    void close() throws Exception {
        artifacts.close();
        ledger.seal();
        db.close();
    }

    @Test
    void the_latest_metric_is_the_greatest_step_time_and_value_whatever_arrives_when() {
        List<MetricPoint> points = new ArrayList<>();
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            double value = random.nextInt(10) == 0 ? Double.NaN : random.nextInt(5) - 2;
            points.add(new MetricPoint("m", value, random.nextInt(4), random.nextInt(4)));
        }
        Run run = newRun("a");

        points.subList(0, 100)
                .forEach(point -> tracking.runs().logMetric(run.info().id(), point, Optional.empty()));
        tracking.runs().logBatch(run.info().id(), new Batch(points.subList(100, 200), List.of(), Map.of(), List.of()));

        MetricPoint greatest = points.stream()
                .max(Comparator.comparingLong(MetricPoint::step)
                        .thenComparingLong(MetricPoint::timestampMillis)
                        .thenComparingDouble(MetricPoint::storedValue))
                .orElseThrow();
        MetricPoint latest = tracking.runs().get(run.info().id()).metrics().getFirst();
        assertThat(latest.step()).isEqualTo(greatest.step());
        assertThat(latest.timestampMillis()).isEqualTo(greatest.timestampMillis());
        assertThat(latest.storedValue()).isEqualTo(greatest.storedValue());
    }

    @Test
    void pages_of_a_history_join_to_the_whole_without_repeats_or_gaps() {
        Run run = newRun("a");
        List<MetricPoint> points = new ArrayList<>();
        Random random = new Random(2);
        for (int i = 0; i < 900; i++)
            points.add(new MetricPoint("m", random.nextInt(3), random.nextInt(20), random.nextInt(20)));
        tracking.runs().logBatch(run.info().id(), new Batch(points, List.of(), Map.of(), List.of()));

        List<MetricPoint> paged = new ArrayList<>();
        Optional<String> token = Optional.empty();
        do {
            MetricHistoryPage page = tracking.runs().history(run.info().id(), "m", 37, token);
            paged.addAll(MetricStore.toList("m", page.points()).subList(0, page.size()));
            token = page.nextToken();
        } while (token.isPresent());

        MetricHistoryPage whole = tracking.runs().history(run.info().id(), "m", 100_000, Optional.empty());
        assertThat(paged).isEqualTo(MetricStore.toList("m", whole.points()));
        assertThat(paged).doesNotHaveDuplicates().hasSize((int)
                points.stream().distinct().count());
    }

    @Test
    void pages_of_a_search_join_to_the_whole_in_every_order() {
        Random random = new Random(3);
        for (int i = 0; i < 60; i++) {
            Run run = tracking.runs().create(experiment, new NewRun("u", "r" + i, random.nextInt(5), Map.of()));
            List<MetricPoint> metrics = switch (random.nextInt(4)) {
                case 0 -> List.of();
                case 1 -> List.of(new MetricPoint("acc", Double.NaN, 1, 0));
                default -> List.of(new MetricPoint("acc", random.nextInt(4), 1, 0));
            };
            List<Batch.Param> params =
                    random.nextBoolean() ? List.of() : List.of(new Batch.Param("p", "v" + random.nextInt(3)));
            tracking.runs().logBatch(run.info().id(), new Batch(metrics, params, Map.of(), List.of()));
        }
        List<List<String>> orders = List.of(
                List.of(),
                List.of("metrics.acc DESC"),
                List.of("metrics.acc ASC"),
                List.of("params.p"),
                List.of("params.p DESC", "metrics.acc"),
                List.of("end_time"),
                List.of("status", "metrics.acc"),
                List.of("run_name DESC"),
                List.of("metrics.acc", "start_time ASC"));
        List<String> filters = List.of(
                "", "metrics.acc > 0", "metrics.acc != 2", "params.p = 'v1'", "params.p != 'v1' and metrics.acc >= 1");

        for (List<String> order : orders) {
            for (String filter : filters) {
                List<String> whole = names(search(filter, order, 1000, Optional.empty()));
                List<String> paged = new ArrayList<>();
                Optional<String> token = Optional.empty();
                do {
                    Page<Run> page = search(filter, order, 7, token);
                    paged.addAll(names(page));
                    token = page.nextToken();
                } while (token.isPresent());
                assertThat(paged)
                        .as("%s order by %s", filter, order)
                        .isEqualTo(whole)
                        .doesNotHaveDuplicates();
            }
        }
        assertThat(names(search("", List.of("metrics.acc"), 1000, Optional.empty())))
                .hasSize(60);
    }

    @Test
    void a_search_plan_does_not_change_what_is_found() {
        IntStream.range(0, 40).forEach(i -> {
            Run run = newRun("r" + i);
            tracking.runs()
                    .logBatch(
                            run.info().id(),
                            new Batch(
                                    List.of(new MetricPoint("acc", i, 1, 0)),
                                    List.of(new Batch.Param("p", "v" + i % 4)),
                                    Map.of(),
                                    List.of()));
        });

        assertThat(names(search(
                        "metrics.acc >= 10 and params.p = 'v1'", List.of("metrics.acc DESC"), 1000, Optional.empty())))
                .containsExactly("r37", "r33", "r29", "r25", "r21", "r17", "r13");
        assertThat(names(search("metrics.acc >= 36", List.of("metrics.acc"), 1000, Optional.empty())))
                .containsExactly("r36", "r37", "r38", "r39");
    }

    @Test
    void a_batch_with_one_changed_param_leaves_nothing() {
        Run run = newRun("a");
        tracking.runs().logParam(run.info().id(), "p", "1");

        assertThatThrownBy(() -> tracking.runs()
                        .logBatch(
                                run.info().id(),
                                new Batch(
                                        List.of(new MetricPoint("m", 1, 1, 0)),
                                        List.of(new Batch.Param("q", "1"), new Batch.Param("p", "2")),
                                        Map.of("t", "1"),
                                        List.of())))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("'new_value': '2'");

        Run after = tracking.runs().get(run.info().id());
        assertThat(after.params()).isEqualTo(Map.of("p", "1"));
        assertThat(after.metrics()).isEmpty();
        assertThat(after.tags()).doesNotContainKey("t");
    }

    @Test
    void nobody_sees_another_workspace() {
        Run mine = newRun("mine");

        new RequestContext("r", Principal.LOCAL, "other").call(() -> {
            assertThatThrownBy(() -> tracking.runs().get(mine.info().id())).hasMessageContaining("not found");
            assertThatThrownBy(() -> tracking.experiments().get(experiment)).hasMessageContaining("No Experiment");
            assertThatThrownBy(() -> tracking.runs().logParam(mine.info().id(), "p", "1"))
                    .hasMessageContaining("not found");
            assertThat(search("", List.of(), 10, Optional.empty()).items()).isEmpty();
            return tracking.experiments().create("census", "", Map.of()); // A name is taken in its own workspace only.
        });
    }

    @Test
    void sampling_keeps_the_first_and_the_last_and_no_more_than_asked() {
        for (int size = 0; size < 60; size++) {
            for (int most = 1; most < 20; most++) {
                MetricSampling sampling = new MetricSampling(size, most);
                for (int i = 0; i < size; i++) sampling.add(i, i, i);
                MetricStore.History sample = sampling.kept();
                assertThat(sample.size).isEqualTo(Math.min(size, most));
                if (size > 0) assertThat(sample.step[sample.size - 1]).isEqualTo(size - 1L);
                if (size > 0 && most > 1) assertThat(sample.step[0]).isZero();
            }
        }
    }

    private Run newRun(String name) {
        return tracking.runs().create(experiment, new NewRun("u", name, 1, Map.of()));
    }

    private Page<Run> search(String filter, List<String> order, int size, Optional<String> token) {
        Page<RunInfo> found =
                tracking.runs().find(List.of(experiment), filter, order, ViewType.ACTIVE_ONLY, size, token);
        return new Page<>(tracking.runs().withData(found.items()), found.nextToken());
    }

    private static List<String> names(Page<Run> page) {
        return page.items().stream().map(run -> run.info().name()).toList();
    }
}
