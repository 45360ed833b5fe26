package io.millwright.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Page;
import io.millwright.kernel.Visible;
import io.millwright.ledger.Db;
import io.millwright.search.Column;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the table of runs promises on every database.
abstract class RunTableContract {
    @TempDir
    Path home;

    private TestTracking tracking;
    private RunTableService table;
    private long experiment;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        tracking = new TestTracking(open(home), home);
        table = tracking.slice.runTable();
        experiment = tracking.newExperiment("census");
    }

    @AfterEach
    void close() {
        tracking.close();
    }

    @Test
    void a_row_has_what_its_columns_ask_for() {
        RunInfo run = tracking.newRun(experiment, "bold-crane");
        log(run, metric("loss", 5, 0), metric("loss", 2, 1), metric("loss", Double.NaN, 2), metric("loss", 3, 3));
        log(run, metric("loss.min", 9, 0), metric("my metric", 1, 0), metric("min", 4, 0));
        log(run, metric("broken", Double.NaN, 0), metric("up", Double.POSITIVE_INFINITY, 0));
        tracking.runs().logParam(run.id(), "lr", "0.1");
        tracking.runs().setTag(run.id(), "team", "risk");

        assertThat(cells("metrics.loss", "metrics.loss.min", "metrics.loss.max"))
                .containsExactly(3.0, 2.0, 5.0);
        assertThat(cells("metrics.`loss.min`", "metrics.\"loss.min\".max", "metric.'my metric'", "metrics.min"))
                .containsExactly(9.0, 9.0, 1.0, 4.0);
        assertThat(cells("metrics.broken", "metrics.broken.min", "metrics.up"))
                .containsExactly(Double.NaN, null, Double.MAX_VALUE);
        assertThat(cells("params.lr", "tags.team", "params.`lr`", "params.team", "tags.lr", "metrics.none.max"))
                .containsExactly("0.1", "risk", "0.1", null, null, null);
        assertThat(cells("run_name", "attributes.start_time", "status", "end_time", "metrics.loss", "metrics.loss"))
                .containsExactly("bold-crane", 1L, "RUNNING", null, 3.0, 3.0);
        assertThat(cells()).isEmpty();
    }

    @Test
    void a_long_text_is_cut() {
        RunInfo run = tracking.newRun(experiment, "a");
        String clef = "\uD834\uDD1E";
        tracking.runs().setTag(run.id(), "long", clef.repeat(1001));
        tracking.runs().setTag(run.id(), "fits", clef.repeat(1000));

        assertThat(cells("tags.long", "tags.fits")).containsExactly(clef.repeat(1000) + "…", clef.repeat(1000));
    }

    @Test
    void what_cannot_be_a_column_is_refused() {
        for (String text : List.of("loss", "datasets.name", "model.x", "", "!!", "attributes.loss", "x".repeat(1001))) {
            assertThatThrownBy(() -> Column.parse(List.of(text))).as(text).isInstanceOf(Failure.class);
        }
        assertThatThrownBy(() -> Column.parse(Collections.nCopies(201, "metrics.a")))
                .hasMessageContaining("201 columns are asked for, at most 200");
    }

    @Test
    void pages_join_to_the_whole_and_its_count_in_every_order() {
        Random random = new Random(5);
        for (int i = 0; i < 50; i++) {
            RunInfo run = tracking.runs()
                    .create(experiment, new NewRun("u", "r" + i, random.nextInt(4), Map.of()))
                    .info();
            if (random.nextBoolean()) log(run, metric("acc", random.nextInt(5), 0));
            if (random.nextBoolean()) tracking.runs().logParam(run.id(), "p", "v" + random.nextInt(2));
            if (random.nextInt(5) == 0) tracking.runs().delete(run.id());
        }

        for (ViewType view : ViewType.values()) {
            for (String filter :
                    List.of("", "metrics.acc > 1", "params.p = 'v1'", "metrics.acc < 3 and status = 'RUNNING'")) {
                for (List<String> order :
                        List.of(List.<String>of(), List.of("metrics.acc DESC"), List.of("params.p"))) {
                    var search = new RunTableService.Search(experiment, filter, order, view);
                    List<String> whole = ids(table.page(search, List.of(), 1000, Optional.empty()));
                    List<String> paged = new ArrayList<>();
                    Optional<String> token = Optional.empty();
                    do {
                        Page<RunTable.Row> page = table.page(search, List.of(), 7, token);
                        paged.addAll(ids(page));
                        token = page.nextToken();
                    } while (token.isPresent());

                    assertThat(paged).as("%s %s", search, whole).isEqualTo(whole);
                    assertThat(table.count(search, 1000)).isEqualTo(new RunTable.Count(whole.size(), false));
                    int half = whole.size() / 2;
                    if (half > 0) assertThat(table.count(search, half)).isEqualTo(new RunTable.Count(half, true));
                }
            }
        }
    }

    @Test
    void names_are_those_that_were_logged_in_the_experiment() {
        Random random = new Random(6);
        Map<String, Integer> metrics = new TreeMap<>();
        Map<String, Integer> params = new TreeMap<>();
        long other = tracking.newExperiment("other");
        log(tracking.newRun(other, "x"), metric("elsewhere", 1, 0));
        for (int i = 0; i < 15; i++) {
            RunInfo run = tracking.newRun(experiment, "r" + i);
            for (int k = 0; k < 40; k++) {
                String name = List.of("loss/", "acc/", "é/", "中/").get(k % 4) + k;
                if (random.nextInt(3) > 0) continue;
                log(run, metric(name, 1, 0));
                metrics.merge(name, 1, Integer::sum);
                tracking.runs().logParam(run.id(), name, "v");
                params.merge(name, 1, Integer::sum);
            }
        }

        RunTable.Names all = table.names(experiment, "", 1000);
        assertThat(asMap(all.metrics())).isEqualTo(metrics);
        assertThat(asMap(all.params())).isEqualTo(params);
        assertThat(asMap(all.tags())).isEqualTo(Map.of("mlflow.runName", 15));
        assertThat(all.metrics().more()).isFalse();
        for (String prefix : List.of("loss/", "loss/1", "é", "中", "zzz", "l")) {
            assertThat(asMap(table.names(experiment, prefix, 1000).metrics()).keySet())
                    .isEqualTo(metrics.keySet().stream()
                            .filter(name -> name.startsWith(prefix))
                            .collect(Collectors.toSet()));
        }
        for (int most : List.of(1, 5, metrics.size() - 1, metrics.size())) {
            RunTable.NameList some = table.names(experiment, "", most).metrics();
            assertThat(some.names()).isEqualTo(all.metrics().names().subList(0, most));
            assertThat(some.more()).isEqualTo(most < metrics.size());
        }
    }

    @Test
    void runs_of_a_name_are_counted_up_to_a_limit() {
        for (int i = 0; i < 12; i++) log(tracking.newRun(experiment, "r" + i), metric("loss", i, 0));

        RunTable.Names many = table.names(experiment, "", 20_000);

        assertThat(many.countedTo()).isEqualTo(10);
        assertThat(many.metrics().names()).containsExactly(new RunTable.Name("loss", 10));
        assertThat(table.names(experiment, "", 100).metrics().names()).containsExactly(new RunTable.Name("loss", 12));
    }

    @Test
    void groups_hold_what_their_runs_have() {
        RunInfo a = withParam("lr", "0.1");
        RunInfo b = withParam("lr", "0.1");
        RunInfo c = withParam("lr", "1e-2");
        RunInfo d = withParam("lr", "auto");
        RunInfo none = tracking.newRun(experiment, "none");
        RunInfo trashed = withParam("lr", "0.1");
        log(a, metric("loss", 9, 0), metric("loss", 1, 1), metric("acc", 1e300, 0));
        log(b, metric("loss", 2, 0), metric("acc", -1e300, 0));
        log(c, metric("loss", Double.NaN, 0), metric("acc", Double.POSITIVE_INFINITY, 0));
        log(d, metric("loss", 4, 0));
        log(none, metric("loss", 7, 0));
        log(trashed, metric("loss", 100, 0));
        tracking.runs().delete(trashed.id());

        RunTable.Groups groups = groups("", "value", 10, "metrics.loss", "metrics.acc");

        assertThat(groups.groupCount()).isEqualTo(4);
        assertThat(groups.runCount()).isEqualTo(5);
        assertThat(groups.groups()).extracting(RunTable.Group::value).containsExactly("1e-2", "0.1", "auto", null);
        assertThat(groups.groups()).extracting(RunTable.Group::runs).containsExactly(1, 2, 1, 1);
        RunTable.Group both = groups.groups().get(1);
        assertThat(both.cells().get(0)).isEqualTo(new RunTable.Spread(2, 1.5, Math.sqrt(0.5), 1, 2));
        assertThat(both.cells().get(1)).extracting(RunTable.Spread::mean).isEqualTo(0.0);
        assertThat(groups.groups().get(0).cells())
                .containsExactly(
                        null,
                        new RunTable.Spread(
                                1, Double.POSITIVE_INFINITY, Double.NaN, Double.MAX_VALUE, Double.MAX_VALUE));
        assertThat(groups.groups().get(3).cells()).containsExactly(new RunTable.Spread(1, 7, Double.NaN, 7, 7), null);
        assertThat(groups("metrics.loss < 5", "value", 10, "metrics.loss").groups())
                .extracting(RunTable.Group::value)
                .containsExactly("0.1", "auto");
    }

    @Test
    void groups_come_in_the_order_asked_for_and_no_more_than_asked_for() {
        for (int i = 0; i < 6; i++) log(withParam("lr", "v" + i % 3), metric("loss", i * i, 0));
        withParam("lr", "v0");
        withParam("lr", "none");

        assertThat(values(groups("", "metrics.loss", 9, "metrics.loss"))).containsExactly("v0", "v1", "v2", "none");
        assertThat(values(groups("", "metrics.loss DESC", 9, "metrics.loss")))
                .containsExactly("v2", "v1", "v0", "none");
        assertThat(values(groups("", "runs desc", 9))).containsExactly("v0", "v1", "v2", "none");
        assertThat(values(groups("", "value DESC", 9))).containsExactly("v2", "v1", "v0", "none");
        RunTable.Groups first = groups("", "value", 2);
        assertThat(values(first)).containsExactly("none", "v0");
        assertThat(first.groupCount()).isEqualTo(4);
        assertThat(first.runCount()).isEqualTo(8);
    }

    @Test
    void long_values_are_told_apart_by_their_first_characters() {
        withParam("lr", "x".repeat(250));
        withParam("lr", "x".repeat(251));
        withParam("lr", "x".repeat(250) + "yz");

        assertThat(values(groups("", "value", 9))).containsExactly("x".repeat(250), "x".repeat(250) + "…");
    }

    /// Above some thousands of runs their numbers are read another way.
    @Test
    void groups_of_many_runs_are_as_those_of_few() {
        int runs = 4_000;
        tracking.db.tx(sql -> {
            String numbers = "with recursive n (i) as (select 1 union all select i + 1 from n where i < " + runs + ")";
            sql.update(
                    "insert into runs (no, id, workspace, experiment, name, user_id, status, start_time, deleted,"
                            + " artifact_uri) " + numbers
                            + " select 100000 + i, 'run' || i, 'default', ?, 'r', 'u', 0, i, 0, '' from n",
                    experiment);
            sql.update(
                    "insert into run_tags (run, key, value, experiment) " + numbers
                            + " select 100000 + i, 'fold', 'f' || (i % 4), ? from n where i % 5 > 0",
                    experiment);
            sql.update(
                    "insert into metric_series (run, experiment, key, step, at, value, is_nan) " + numbers
                            + " select 100000 + i, ?, 'loss', 0, 0, i % 7, 0 from n",
                    experiment);
            return 0;
        });
        log(tracking.newRun(tracking.newExperiment("other"), "x"), metric("loss", 1e9, 0));

        RunTable.Groups groups = table.groups(
                new RunTableService.Search(experiment, "", List.of(), ViewType.ACTIVE_ONLY),
                Column.parse(List.of("tags.fold")).getFirst(),
                Column.parse(List.of("metrics.loss")),
                "value",
                10);

        assertThat(groups.runCount()).isEqualTo(runs);
        for (int g = 0; g < 5; g++) {
            int group = g;
            double[] expected = IntStream.rangeClosed(1, runs)
                    .filter(i -> group == 4 ? i % 5 == 0 : i % 5 > 0 && i % 4 == group)
                    .mapToDouble(i -> i % 7)
                    .toArray();
            RunTable.Group found = groups.groups().get(g);
            assertThat(found.value()).isEqualTo(g == 4 ? null : "f" + g);
            assertThat(found.runs()).isEqualTo(expected.length);
            assertThat(found.cells()).singleElement().satisfies(cell -> {
                assertThat(cell.numbers()).isEqualTo(expected.length);
                double mean = Arrays.stream(expected).average().orElseThrow();
                double squares = Arrays.stream(expected)
                        .map(x -> (x - mean) * (x - mean))
                        .sum();
                assertThat(cell.mean()).isCloseTo(mean, within(1e-9));
                assertThat(cell.sd()).isCloseTo(Math.sqrt(squares / (expected.length - 1)), within(1e-9));
                assertThat(cell.min()).isEqualTo(0);
                assertThat(cell.max()).isEqualTo(6);
            });
        }
    }

    private RunInfo withParam(String key, String value) {
        RunInfo run = tracking.newRun(experiment, "run");
        tracking.runs().logParam(run.id(), key, value);
        return run;
    }

    private RunTable.Groups groups(String filter, String orderBy, int most, String... columns) {
        return table.groups(
                new RunTableService.Search(experiment, filter, List.of(), ViewType.ACTIVE_ONLY),
                Column.parse(List.of("params.lr")).getFirst(),
                Column.parse(List.of(columns)),
                orderBy,
                most);
    }

    private static List<@Nullable String> values(RunTable.Groups groups) {
        return groups.groups().stream().map(RunTable.Group::value).toList();
    }

    @Test
    void what_may_not_be_read_is_left_out() throws Exception {
        RunInfo open = tracking.newRun(experiment, "open");
        RunInfo secret = tracking.newRun(experiment, "secret");
        log(open, metric("both", 1, 0), metric("open only", 1, 0));
        log(secret, metric("both", 1, 0), metric("secret only", 1, 0));
        var all = new RunTableService.Search(experiment, "", List.of(), ViewType.ACTIVE_ONLY);

        for (FixedAccess access : List.of(FixedAccess.allButRuns(secret.id()), FixedAccess.onlyRuns(open.id()))) {
            access.context().call(() -> {
                assertThat(ids(table.page(all, List.of(), 100, Optional.empty())))
                        .containsExactly(open.id());
                assertThat(table.count(all, 100).runs()).isEqualTo(1);
                assertThat(groups("", "runs DESC", 9).runCount()).isEqualTo(1);
                assertThat(table.names(experiment, "", 100).metrics().names())
                        .containsExactly(new RunTable.Name("both", 1), new RunTable.Name("open only", 1));
                assertThat(table.names(experiment, "", 1).metrics().more()).isTrue();
                return 0;
            });
        }
        for (FixedAccess access : List.of(
                FixedAccess.onlyRuns(),
                new FixedAccess(new Visible(true, Set.of(), Set.of(String.valueOf(experiment))), Visible.EVERYTHING))) {
            access.context().call(() -> {
                assertThat(table.page(all, List.of(), 100, Optional.empty()).items())
                        .isEmpty();
                assertThat(table.count(all, 100)).isEqualTo(new RunTable.Count(0, false));
                assertThat(groups("", "runs DESC", 9)).isEqualTo(RunTable.Groups.NONE);
                assertThat(table.names(experiment, "", 100).metrics().names()).isEmpty();
                return 0;
            });
        }
    }

    @Test
    void an_experiment_that_is_not_there_is_not_found() {
        var elsewhere = TestTracking.workspace("other");
        var search = new RunTableService.Search(experiment, "", List.of(), ViewType.ALL);
        var unknown = new RunTableService.Search(987, "", List.of(), ViewType.ALL);

        assertThatThrownBy(() -> table.count(unknown, 10)).hasMessageContaining("987");
        assertThatThrownBy(() -> table.page(unknown, List.of(), 10, Optional.empty()))
                .hasMessageContaining("987");
        assertThatThrownBy(() -> table.names(987, "", 10)).hasMessageContaining("987");
        assertThatThrownBy(() -> elsewhere.call(() -> table.count(search, 10))).isInstanceOf(Failure.class);
    }

    @Test
    void the_runs_that_began_last_come_from_every_experiment() {
        Random random = new Random(7);
        List<RunInfo> made = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            long where = i < 30 ? experiment : tracking.newExperiment("other " + i);
            RunInfo run = tracking.runs()
                    .create(where, new NewRun("u", "r" + i, random.nextInt(20), Map.of()))
                    .info();
            RunStatus status = RunStatus.values()[random.nextInt(RunStatus.values().length)];
            made.add(tracking.runs().update(run.id(), Optional.of(status), OptionalLong.empty(), ""));
        }
        RunInfo trashed = tracking.newRun(experiment, "trashed");
        tracking.runs().delete(trashed.id());
        long gone = tracking.newExperiment("gone");
        tracking.newRun(gone, "of a trashed experiment");
        tracking.experiments().delete(gone);
        made.sort(Comparator.comparingLong(RunInfo::startTimeMillis).reversed().thenComparing(RunInfo::id));

        for (int most : List.of(1, 7, 59, 60, 200)) {
            RunTable.RecentRuns all = table.recent(List.of(RunStatus.values()), most);
            assertThat(all.runs())
                    .extracting(recent -> recent.run().id())
                    .isEqualTo(made.stream().map(RunInfo::id).limit(most).toList());
            assertThat(all.more()).isEqualTo(most < made.size());
        }
        for (RunStatus status : RunStatus.values()) {
            assertThat(table.recent(List.of(status), 200).runs())
                    .extracting(recent -> recent.run().id())
                    .isEqualTo(made.stream()
                            .filter(run -> run.status() == status)
                            .map(RunInfo::id)
                            .toList());
        }
        assertThat(table.recent(List.of(RunStatus.values()), 200).runs())
                .filteredOn(recent -> recent.run().experiment() == experiment)
                .extracting(RunTable.Recent::experiment)
                .hasSize(30)
                .containsOnly("census");
    }

    @Test
    void recent_runs_are_those_that_may_be_read() throws Exception {
        RunInfo open = tracking.newRun(experiment, "open");
        RunInfo secret = tracking.newRun(tracking.newExperiment("other"), "secret");
        List<RunStatus> all = List.of(RunStatus.values());

        for (FixedAccess access : List.of(FixedAccess.allButRuns(secret.id()), FixedAccess.onlyRuns(open.id()))) {
            access.context().call(() -> {
                assertThat(table.recent(all, 1).runs())
                        .extracting(recent -> recent.run().id())
                        .containsExactly(open.id());
                assertThat(table.recent(all, 1).more()).isFalse();
                return 0;
            });
        }
        assertThat(table.recent(all, 1).more()).isTrue();
        TestTracking.workspace("other").call(() -> {
            assertThat(table.recent(all, 10).runs()).isEmpty();
            return 0;
        });
    }

    private static MetricPoint metric(String key, double value, long step) {
        return new MetricPoint(key, value, 1, step);
    }

    private void log(RunInfo run, MetricPoint... points) {
        tracking.runs().logBatch(run.id(), new Batch(List.of(points), List.of(), Map.of(), List.of()));
    }

    /// Of the one run there is.
    private List<@Nullable Object> cells(String... columns) {
        var all = new RunTableService.Search(experiment, "", List.of(), ViewType.ACTIVE_ONLY);
        return table.page(all, Column.parse(List.of(columns)), 10, Optional.empty())
                .items()
                .getFirst()
                .cells();
    }

    private static List<String> ids(Page<RunTable.Row> page) {
        return page.items().stream().map(row -> row.run().id()).toList();
    }

    private static Map<String, Integer> asMap(RunTable.NameList list) {
        return list.names().stream().collect(Collectors.toMap(RunTable.Name::name, RunTable.Name::runs));
    }
}
