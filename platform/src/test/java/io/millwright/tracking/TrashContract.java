package io.millwright.tracking;

import static io.millwright.tracking.TestTracking.path;
import static io.millwright.tracking.TestTracking.workspace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Page;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What deletion promises on every database: what was collected is gone, and what was restored never loses anything.
abstract class TrashContract {
    @TempDir
    Path home;

    private TestTracking tracking;
    private long experiment;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        tracking = new TestTracking(open(home), home);
        experiment = tracking.newExperiment("census");
    }

    @AfterEach
    void close() {
        tracking.close();
    }

    @Test
    void what_is_collected_is_gone_with_its_artifacts_and_leaves_a_tombstone() throws IOException {
        RunInfo kept = tracking.newRun(experiment, "kept");
        RunInfo gone = tracking.newRun(experiment, "gone");
        tracking.put(kept.artifactUri(), "kept");
        tracking.put(gone.artifactUri(), "gone");
        MetricPoint point = new MetricPoint("m", 1, 1, 0);
        tracking.runs().logBatch(gone.id(), new Batch(List.of(point), List.of(), Map.of(), List.of()));
        tracking.runs().delete(gone.id());
        tracking.clock.move(Duration.ofDays(31));

        assertThat(tracking.collect(request(Duration.ofDays(30), false, true)))
                .singleElement()
                .matches(one -> one.id().equals(gone.id()) && one.bytes() == 4);
        assertThat(tracking.runs().get(gone.id()).metrics()).hasSize(1);

        tracking.collect(request(Duration.ofDays(30), false, false));

        assertThatThrownBy(() -> tracking.runs().get(gone.id())).hasMessageContaining("not found");
        assertThat(tracking.has(gone.artifactUri())).isFalse();
        assertThat(tracking.has(kept.artifactUri())).isTrue();
        assertThat(tracking.ledger.eventsAbout(gone.urn()))
                .extracting(Event::type)
                .contains("run.deleted", "run.purged");
        List<Integer> points =
                tracking.db.read(sql -> sql.query("select count(*) from metric_points", row -> row.getInt(1)));
        assertThat(points).containsExactly(0);
    }

    @Test
    void what_is_too_young_stays() {
        RunInfo run = tracking.newRun(experiment, "young");
        tracking.runs().delete(run.id());
        tracking.clock.move(Duration.ofDays(29));

        assertThat(tracking.collect(request(Duration.ofDays(30), false, false))).isEmpty();
        tracking.runs().restore(run.id());
    }

    @Test
    void what_was_restored_and_deleted_again_is_young_again() {
        RunInfo first = tracking.newRun(experiment, "first");
        RunInfo second = tracking.newRun(experiment, "second");
        tracking.runs().delete(first.id());
        tracking.clock.move(Duration.ofMillis(1));
        tracking.runs().delete(second.id());
        tracking.clock.move(Duration.ofDays(31));

        collectAnd(request(Duration.ofDays(30), false, false), first.id(), () -> {
            tracking.runs().restore(second.id());
            tracking.runs().delete(second.id());
        });

        tracking.runs().restore(second.id());
    }

    @Test
    void artifacts_stay_when_asked_to() throws IOException {
        RunInfo run = tracking.newRun(experiment, "a");
        tracking.put(run.artifactUri(), "x");
        tracking.runs().delete(run.id());

        tracking.collect(request(Duration.ZERO, true, false));

        assertThat(tracking.has(run.artifactUri())).isTrue();
    }

    @Test
    void a_deleted_experiment_goes_with_all_that_is_in_it() throws IOException {
        RunInfo run = tracking.newRun(experiment, "a");
        LoggedModel model = tracking.newModel(experiment, "m");
        tracking.put(run.artifactUri(), "run");
        tracking.put(model.artifactUri(), "model");
        tracking.experiments().delete(experiment);

        List<String> would = ids(tracking.collect(request(Duration.ZERO, false, true)));
        List<String> did = ids(tracking.collect(request(Duration.ZERO, false, false)));

        assertThat(did)
                .containsExactlyInAnyOrder(String.valueOf(experiment), run.id(), model.id())
                .containsExactlyInAnyOrderElementsOf(would);
        assertThatThrownBy(() -> tracking.experiments().get(experiment)).hasMessageContaining("No Experiment");
        assertThatThrownBy(() -> tracking.slice.loggedModels().get(model.id(), true))
                .hasMessageContaining("not found");
        assertThat(tracking.has(run.artifactUri())).isFalse();
        assertThat(tracking.has(model.artifactUri())).isFalse();
        assertThat(tracking.newExperiment("census")).isGreaterThan(experiment);
    }

    @Test
    void a_run_half_taken_away_is_out_of_sight_and_goes_next_time() {
        RunInfo run = tracking.newRun(experiment, "half");
        tracking.runs().delete(run.id());
        long now = tracking.clock.millis();
        tracking.db.tx(sql -> new TrashStore().beginRun(sql, run.id(), now, false)); // As if the process had died here.

        assertThatThrownBy(() -> tracking.runs().restore(run.id())).hasMessageContaining("not found");
        assertThat(tracking.collect(request(Duration.ofDays(30), false, false))).hasSize(1);
    }

    @Test
    void a_collection_that_was_to_keep_artifacts_keeps_them_also_when_it_was_cut_off() throws IOException {
        RunInfo run = tracking.newRun(experiment, "half");
        LoggedModel model = tracking.newModel(experiment, "m");
        tracking.put(run.artifactUri(), "run");
        tracking.put(model.artifactUri(), "model");
        tracking.experiments().delete(experiment);
        cutOffAfterFirst(request(Duration.ZERO, true, false));

        assertThat(tracking.collect(request(Duration.ofDays(30), false, false))).hasSize(2);

        assertThat(tracking.has(run.artifactUri())).isTrue();
        assertThat(tracking.has(model.artifactUri())).isTrue();
    }

    @Test
    void a_collection_that_was_cut_off_is_finished_by_the_next_with_one_tombstone_each() throws IOException {
        RunInfo run = tracking.newRun(experiment, "half");
        LoggedModel model = tracking.newModel(experiment, "m");
        tracking.put(run.artifactUri(), "run");
        tracking.experiments().delete(experiment);
        cutOffAfterFirst(request(Duration.ZERO, false, false));
        assertThatThrownBy(() -> tracking.runs().restore(run.id())).hasMessageContaining("not found");

        tracking.collect(request(Duration.ofDays(30), false, false));

        assertThat(tracking.has(run.artifactUri())).isFalse();
        for (String urn : List.of("experiment:" + experiment, run.urn(), model.urn())) {
            assertThat(tracking.ledger.eventsAbout(urn))
                    .filteredOn(event -> event.type().endsWith(".purged"))
                    .hasSize(1);
        }
    }

    @Test
    void two_collections_at_once_leave_one_tombstone_of_each() throws Exception {
        List<RunInfo> runs = IntStream.range(0, 40)
                .mapToObj(i -> tracking.newRun(experiment, "r" + i))
                .toList();
        tracking.experiments().delete(experiment);

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Integer> collect =
                    () -> tracking.collect(request(Duration.ZERO, false, false)).size();
            int purged = 0;
            for (Future<Integer> each : threads.invokeAll(List.of(collect, collect, collect))) purged += each.get();
            assertThat(purged).isEqualTo(41);
        }

        for (RunInfo run : runs) {
            assertThat(tracking.ledger.eventsAbout(run.urn()))
                    .filteredOn(event -> event.type().equals("run.purged"))
                    .hasSize(1);
        }
    }

    @Test
    void a_run_created_while_its_experiment_is_deleted_goes_with_it_or_is_refused() throws Exception {
        for (int round = 0; round < 15; round++) {
            long doomed = tracking.newExperiment("doomed " + round);
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<String>> created = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    created.add(
                            threads.submit(() -> tracking.newRun(doomed, "r").id()));
                }
                threads.submit(() -> tracking.experiments().delete(doomed)).get();
                for (Future<String> each : created) {
                    try {
                        assertThat(tracking.runs().info(each.get()).deleted()).isTrue();
                    } catch (ExecutionException e) {
                        assertThat(e).hasMessageContaining("must be in the 'active' state");
                    }
                }
            }
        }
    }

    @Test
    void what_comes_late_under_something_purged_is_swept() throws IOException {
        long other = tracking.newExperiment("other");
        RunInfo run = tracking.newRun(experiment, "gone");
        LoggedModel model = tracking.newModel(other, "gone");
        RunInfo alive = tracking.newRun(experiment, "alive");
        tracking.runs().delete(run.id());
        tracking.experiments().delete(other);
        tracking.collect(request(Duration.ZERO, false, false));
        tracking.put(run.artifactUri(), "late");
        tracking.put(model.artifactUri(), "late");
        tracking.put("mlflow-artifacts:/" + other, "late");
        tracking.put(alive.artifactUri(), "alive");

        List<String> would = ids(tracking.collect(request(Duration.ofDays(30), false, true)));
        List<String> did = ids(tracking.collect(request(Duration.ofDays(30), false, false)));

        assertThat(would).contains(path(run.artifactUri()), String.valueOf(other));
        assertThat(did).contains(path(run.artifactUri()), String.valueOf(other));
        assertThat(tracking.has(run.artifactUri())).isFalse();
        assertThat(tracking.has(model.artifactUri())).isFalse();
        assertThat(tracking.has("mlflow-artifacts:/" + other)).isFalse();
        assertThat(tracking.has(alive.artifactUri())).isTrue();
        assertThat(tracking.collect(request(Duration.ZERO, false, false))).isEmpty();
    }

    @Test
    void a_place_that_somebody_has_again_is_not_swept() throws IOException {
        long first = tracking.experiments().create("first", "mlflow-artifacts:/shared//place", Map.of());
        tracking.experiments().delete(first);
        tracking.collect(request(Duration.ZERO, false, false));
        long second = tracking.experiments().create("second", "mlflow-artifacts:/shared/place/deeper", Map.of());
        RunInfo run = tracking.newRun(second, "r");
        tracking.put(run.artifactUri(), "alive");

        assertThat(tracking.collect(request(Duration.ZERO, false, true))).isEmpty();
        assertThat(tracking.collect(request(Duration.ZERO, false, false))).isEmpty();

        assertThat(tracking.has(run.artifactUri())).isTrue();
    }

    @Test
    void a_run_that_an_import_brings_back_keeps_its_artifacts() throws IOException {
        RunInfo run = tracking.newRun(experiment, "r");
        tracking.runs().delete(run.id());
        tracking.collect(request(Duration.ZERO, false, false));
        var imports = new TrackingImport(tracking.db, tracking.ledger, tracking.clock);
        var placed = imports.placeExperiment("elsewhere", tracking.experiments().get(experiment));

        assertThat(imports.artifactUriOfRun(placed, run.id())).isEqualTo(run.artifactUri());
        tracking.put(run.artifactUri(), "copied before its run is there");
        assertThat(tracking.collect(request(Duration.ZERO, false, false))).isEmpty();
        Run back = new Run(run, List.of(), Map.of(), Map.of(), List.of(), List.of(), List.of());
        imports.writeRun(new TrackingImport.IncomingRun("elsewhere", back, "", true), points -> {});
        assertThat(tracking.collect(request(Duration.ZERO, false, false))).isEmpty();

        assertThat(tracking.has(run.artifactUri())).isTrue();
        assertThat(tracking.runs().info(run.id()).deleted()).isFalse();
    }

    @Test
    void what_was_kept_on_purpose_stays_when_its_experiment_goes_later() throws IOException {
        RunInfo run = tracking.newRun(experiment, "kept");
        tracking.put(run.artifactUri(), "kept");
        tracking.runs().delete(run.id());
        tracking.collect(request(Duration.ZERO, true, false));
        tracking.experiments().delete(experiment);

        tracking.collect(request(Duration.ZERO, false, false));
        tracking.collect(request(Duration.ZERO, false, false));

        assertThat(tracking.has(run.artifactUri())).isTrue();
    }

    @Test
    void what_is_freed_is_what_the_store_holds_less_then() throws IOException {
        RunInfo alive = tracking.newRun(experiment, "alive");
        RunInfo first = tracking.newRun(experiment, "first");
        RunInfo second = tracking.newRun(experiment, "second");
        tracking.put(alive.artifactUri(), "of all three");
        tracking.put(first.artifactUri(), "of all three");
        for (RunInfo run : List.of(first, second)) tracking.put(run.artifactUri() + "/deep", "of both that go");
        tracking.put(second.artifactUri(), "own");
        tracking.runs().delete(first.id());
        tracking.runs().delete(second.id());
        long before = stored();

        TrashService.Report would = tracking.slice.trash().collect(request(Duration.ZERO, false, true), one -> {});
        assertThat(stored()).isEqualTo(before);
        TrashService.Report did = tracking.slice.trash().collect(request(Duration.ZERO, false, false), one -> {});

        assertThat(before - stored()).isEqualTo("of both that go".length() + "own".length());
        assertThat(would.freedBytes()).isEqualTo(before - stored());
        assertThat(did.freedBytes()).isEqualTo(before - stored());
        assertThat(would.bytes())
                .isEqualTo(did.bytes())
                .isEqualTo("of all three".length() + 2 * "of both that go".length() + "own".length());
    }

    private long stored() throws IOException {
        try (var files = Files.walk(home.resolve("artifacts/blobs"))) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    @Test
    void pages_of_the_trash_join_to_the_whole() {
        for (int i = 0; i < 7; i++) {
            RunInfo run = tracking.newRun(experiment, "r" + i);
            tracking.runs().delete(run.id());
            tracking.slice
                    .loggedModels()
                    .delete(tracking.newModel(experiment, "m" + i).id());
            if (i % 3 == 0) tracking.clock.move(Duration.ofMillis(1));
            long other = tracking.newExperiment("e" + i);
            tracking.newModel(other, "m");
            tracking.experiments().delete(other);
        }

        List<String> paged = new ArrayList<>();
        Optional<String> token = Optional.empty();
        do {
            Page<TrashService.InTrash> page =
                    tracking.slice.trash().list(null, Optional.empty(), Duration.ZERO, 3, token);
            assertThat(page.items()).hasSizeBetween(1, 3);
            page.items().forEach(one -> paged.add(one.what().id()));
            token = page.nextToken();
        } while (token.isPresent());

        assertThat(paged)
                .hasSize(28)
                .doesNotHaveDuplicates()
                .isEqualTo(ids(tracking.collect(request(Duration.ZERO, false, true))));
    }

    @Test
    void the_trash_tells_of_each_thing_since_when_it_is_there_and_who_put_it_there() {
        RunInfo alone = tracking.newRun(experiment, "alone");
        as("ann", () -> tracking.runs().delete(alone.id()));
        as("ann", () -> tracking.runs().restore(alone.id()));
        tracking.clock.move(Duration.ofDays(1));
        as("bob", () -> tracking.runs().delete(alone.id()));
        tracking.clock.move(Duration.ofDays(1));
        long whole = tracking.newExperiment("whole");
        RunInfo within = tracking.newRun(whole, "within");
        LoggedModel model = tracking.newModel(whole, "m");
        as("cem", () -> tracking.experiments().delete(whole));

        Map<String, TrashService.InTrash> trash = trash(Optional.empty());

        assertThat(trash).containsOnlyKeys(alone.id(), within.id(), model.id(), String.valueOf(whole));
        assertThat(trash.get(alone.id())).matches(one -> one.deletedBy().equals(Optional.of("bob")));
        assertThat(trash.get(alone.id()).withExperiment()).isFalse();
        assertThat(trash.get(alone.id()).experimentName()).isEqualTo("census");
        assertThat(trash.get(alone.id()).deletedAt())
                .contains(tracking.clock.instant().minus(Duration.ofDays(1)));
        for (String id : List.of(within.id(), model.id(), String.valueOf(whole))) {
            assertThat(trash.get(id).deletedBy()).as(id).contains("cem");
            assertThat(trash.get(id).deletedAt()).as(id).contains(tracking.clock.instant());
            assertThat(trash.get(id).withExperiment()).as(id).isTrue();
        }
        assertThat(trash(Optional.of(TrashService.Kind.RUN))).containsOnlyKeys(alone.id(), within.id());
        assertThat(trash(Optional.of(TrashService.Kind.LOGGED_MODEL))).containsOnlyKeys(model.id());
    }

    @Test
    void only_what_was_chosen_is_collected() throws IOException {
        RunInfo chosen = tracking.newRun(experiment, "chosen");
        RunInfo other = tracking.newRun(experiment, "other");
        LoggedModel model = tracking.newModel(experiment, "model");
        long whole = tracking.newExperiment("whole");
        RunInfo within = tracking.newRun(whole, "within");
        LoggedModel withinToo = tracking.newModel(whole, "m");
        tracking.put(chosen.artifactUri(), "chosen");
        tracking.put(other.artifactUri(), "other");
        tracking.put(within.artifactUri(), "within");
        tracking.runs().delete(chosen.id());
        tracking.runs().delete(other.id());
        tracking.slice.loggedModels().delete(model.id());
        tracking.experiments().delete(whole);
        var only = Set.of(chosen.urn(), "experiment:" + whole, "run:0123", "logged-model:" + model.id());
        List<String> expected = List.of(chosen.id(), model.id(), String.valueOf(whole), within.id(), withinToo.id());

        List<String> would = ids(tracking.collect(only(only, true)));
        List<String> went = new ArrayList<>();
        TrashService.Report report = tracking.slice.trash().collect(only(only, false), one -> went.add(one.id()));

        assertThat(would).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(went).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(report.left()).containsExactly("run:0123");
        assertThat(tracking.has(chosen.artifactUri())).isFalse();
        assertThat(tracking.has(within.artifactUri())).isFalse();
        assertThat(tracking.has(other.artifactUri())).isTrue();
        tracking.runs().restore(other.id());
    }

    @Test
    void a_chosen_experiment_whose_collection_was_cut_off_is_taken_to_its_end_when_asked_for_again() {
        long whole = tracking.newExperiment("whole");
        RunInfo first = tracking.newRun(whole, "first");
        RunInfo second = tracking.newRun(whole, "second");
        LoggedModel model = tracking.newModel(whole, "m");
        RunInfo other = tracking.newRun(experiment, "other");
        tracking.runs().delete(other.id());
        tracking.experiments().delete(whole);
        Set<String> chosen = Set.of("experiment:" + whole);
        cutOffAfterFirst(only(chosen, false));

        List<String> would = ids(tracking.collect(only(chosen, true)));
        List<String> went = new ArrayList<>();
        TrashService.Report report = tracking.slice.trash().collect(only(chosen, false), one -> went.add(one.id()));
        TrashService.Report again = tracking.slice.trash().collect(only(chosen, false), one -> {});

        assertThat(went)
                .containsExactlyInAnyOrder(first.id(), second.id(), model.id())
                .containsExactlyInAnyOrderElementsOf(would);
        assertThat(report.left()).isEmpty();
        assertThat(again.left()).containsExactlyElementsOf(chosen);
        tracking.runs().restore(other.id());
    }

    @Test
    void a_chosen_experiment_that_was_restored_meanwhile_stays_with_its_runs_in_the_trash() {
        RunInfo run = tracking.newRun(experiment, "deleted before");
        tracking.runs().delete(run.id());
        tracking.clock.move(Duration.ofMillis(1));
        tracking.experiments().delete(experiment);
        tracking.experiments().restore(experiment);
        tracking.runs().delete(run.id());

        TrashService.Report report =
                tracking.slice.trash().collect(only(Set.of("experiment:" + experiment), false), one -> {});

        assertThat(report.things()).isZero();
        assertThat(report.left()).containsExactly("experiment:" + experiment);
        tracking.runs().restore(run.id());
    }

    @Test
    void a_logged_model_comes_back_from_the_trash_until_its_turn_has_come() {
        LoggedModel model = tracking.newModel(experiment, "m");
        LoggedModelService models = tracking.slice.loggedModels();
        models.delete(model.id());

        models.restore(model.id());

        assertThat(models.get(model.id(), false).deleted()).isFalse();
        assertThat(tracking.ledger.eventsAbout(model.urn()))
                .extracting(Event::type)
                .endsWith("logged-model.deleted", "logged-model.restored");
        models.delete(model.id());
        long now = tracking.clock.millis();
        tracking.db.tx(sql -> new TrashStore().beginLoggedModel(sql, model.id(), now, false));
        assertThatThrownBy(() -> models.restore(model.id())).hasMessageContaining("not found");
        assertThat(trash(Optional.empty()).get(model.id()).deletedAt()).isEmpty();
    }

    private Map<String, TrashService.InTrash> trash(Optional<TrashService.Kind> kind) {
        return tracking.slice.trash().list(null, kind, Duration.ZERO, 100, Optional.empty()).items().stream()
                .collect(Collectors.toMap(one -> one.what().id(), one -> one));
    }

    private static void as(String name, Runnable action) {
        new RequestContext("r", new Principal(name), RequestContext.DEFAULT_WORKSPACE).call(() -> {
            action.run();
            return 0;
        });
    }

    private static TrashService.Request only(Set<String> only, boolean dryRun) {
        @Nullable String allWorkspaces = null;
        return new TrashService.Request(allWorkspaces, Duration.ZERO, false, dryRun, only);
    }

    /// As if the process had died as soon as one thing was gone.
    private void cutOffAfterFirst(TrashService.Request request) {
        class Cut extends RuntimeException {}
        assertThatThrownBy(() -> tracking.slice.trash().collect(request, one -> {
                    throw new Cut();
                }))
                .isInstanceOf(Cut.class);
    }

    @Test
    void an_experiment_restored_before_its_turn_loses_nothing() throws IOException {
        long other = tracking.newExperiment("restored");
        RunInfo run = tracking.newRun(other, "a");
        LoggedModel model = tracking.newModel(other, "m");
        tracking.put(run.artifactUri(), "run");
        tracking.put(model.artifactUri(), "model");
        tracking.experiments().delete(experiment);
        tracking.clock.move(Duration.ofMillis(1));
        tracking.experiments().delete(other);

        collectAnd(
                request(Duration.ZERO, false, false),
                String.valueOf(experiment),
                () -> tracking.experiments().restore(other));

        assertThat(tracking.runs().get(run.id()).info().deleted()).isFalse();
        assertThat(tracking.slice.loggedModels().get(model.id(), false).deleted())
                .isFalse();
        assertThat(tracking.has(run.artifactUri())).isTrue();
        assertThat(tracking.has(model.artifactUri())).isTrue();
        assertThat(tracking.collect(request(Duration.ZERO, false, false))).isEmpty();
    }

    @Test
    void an_experiment_of_which_something_is_gone_is_gone_itself() throws IOException {
        List<RunInfo> runs = List.of(tracking.newRun(experiment, "a"), tracking.newRun(experiment, "b"));
        for (RunInfo run : runs) tracking.put(run.artifactUri(), run.name());
        tracking.experiments().delete(experiment);
        List<String> restored = new ArrayList<>();

        tracking.slice.trash().collect(request(Duration.ZERO, false, false), one -> {
            try {
                tracking.experiments().restore(experiment);
                restored.add(one.id());
            } catch (Failure gone) {
                assertThat(gone).hasMessageContaining("No Experiment");
            }
        });

        assertThat(restored).isEmpty();
    }

    @Test
    void an_experiment_with_a_restored_run_stays_with_all_that_is_in_it() throws IOException {
        RunInfo run = tracking.newRun(experiment, "restored");
        LoggedModel model = tracking.newModel(experiment, "m");
        tracking.put(run.artifactUri(), "run");
        tracking.put(model.artifactUri(), "model");
        tracking.experiments().delete(experiment);
        tracking.runs().restore(run.id());

        assertThat(tracking.collect(request(Duration.ZERO, false, true))).isEmpty();
        assertThat(tracking.collect(request(Duration.ZERO, false, false))).isEmpty();

        assertThat(tracking.runs().get(run.id()).info().deleted()).isFalse();
        assertThat(tracking.has(run.artifactUri())).isTrue();
        assertThat(tracking.has(model.artifactUri())).isTrue();
    }

    @Test
    void a_tombstone_lies_in_the_workspace_of_what_it_stands_for() {
        String id = workspace("team").call(() -> {
            RunInfo run = tracking.newRun(tracking.newExperiment("theirs"), "r");
            tracking.experiments().delete(run.experiment());
            return run.id();
        });

        tracking.collect(request(Duration.ZERO, false, false));

        assertThat(tracking.ledger.eventsAbout("run:" + id))
                .filteredOn(event -> event.type().equals("run.purged"))
                .singleElement()
                .extracting(Event::workspace)
                .isEqualTo("team");
    }

    @Test
    void only_the_workspace_asked_for_is_collected() {
        String theirs = workspace("team").call(() -> {
            RunInfo run = tracking.newRun(tracking.newExperiment("theirs"), "r");
            tracking.runs().delete(run.id());
            return run.id();
        });
        RunInfo mine = tracking.newRun(experiment, "mine");
        tracking.runs().delete(mine.id());

        assertThat(ids(tracking.collect(new TrashService.Request("team", Duration.ZERO, false, false))))
                .containsExactly(theirs);
        tracking.runs().restore(mine.id());
    }

    /// Collects, and does something as soon as the thing of this id is gone.
    private void collectAnd(TrashService.Request request, String after, Runnable something) {
        List<String> seen = new ArrayList<>();
        tracking.slice.trash().collect(request, one -> {
            seen.add(one.id());
            if (one.id().equals(after)) something.run();
        });
        assertThat(seen).contains(after);
    }

    private static List<String> ids(List<TrashService.Purged> purged) {
        return purged.stream().map(TrashService.Purged::id).toList();
    }

    private static TrashService.Request request(Duration olderThan, boolean keepArtifacts, boolean dryRun) {
        @Nullable String allWorkspaces = null;
        return new TrashService.Request(allWorkspaces, olderThan, keepArtifacts, dryRun);
    }
}
