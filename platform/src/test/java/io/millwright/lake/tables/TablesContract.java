package io.millwright.lake.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Access;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.catalog.Namespace;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the catalog and its upkeep promise on every database.
abstract class TablesContract {
    private static final DatasetName PEOPLE = DatasetName.parse("census.people");
    private static final Upkeep.Keep LAST_ONE = new Upkeep.Keep(Optional.of(Duration.ZERO), Optional.of(1));

    @TempDir
    Path home;

    private Db db;
    private TestLake lake;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        db = open(home);
        lake = open();
    }

    private TestLake open() {
        return new TestLake(db, Clock.systemUTC(), LakeSettings.folder(home.resolve("lake")));
    }

    @AfterEach
    void close() {
        lake.close();
        db.close();
    }

    @Test
    void each_commit_is_a_version_that_stays_as_it_was() {
        lake.create("census.people");
        DatasetVersion first = lake.append(PEOPLE, 0, 3);
        DatasetVersion second = lake.append(PEOPLE, 3, 2);

        assertThat(List.of(first.number(), second.number())).containsExactly(1, 2);
        assertThat(second.rows()).isEqualTo(5);
        assertThat(second.parentId()).contains(first.snapshotId());
        assertThat(lake.ids(PEOPLE, new At.Version(1))).containsExactly(0L, 1L, 2L);
        assertThat(lake.ids(PEOPLE, new At.Snapshot(first.snapshotId()))).hasSize(3);
        assertThat(lake.ids(PEOPLE, new At.Latest())).containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(lake.ids(PEOPLE, new At.Time(Instant.now().plusSeconds(60)))).hasSize(5);
        fails(ErrorCode.NOT_FOUND, () -> lake.ids(PEOPLE, new At.Version(3)));
        fails(ErrorCode.NOT_FOUND, () -> lake.ids(PEOPLE, new At.Time(Instant.EPOCH)));
    }

    @Test
    void tags_and_branches_name_versions() {
        lake.create("census.people");
        DatasetVersion first = lake.append(PEOPLE, 0, 3);
        DatasetEdits edits = new DatasetEdits(lake.tables);

        edits.tag(PEOPLE, "validated/2015", new At.Latest());
        lake.append(PEOPLE, 3, 2);

        assertThat(lake.tables.version(PEOPLE, new At.Ref("validated/2015"))).isEqualTo(first);
        assertThat(lake.ids(PEOPLE, new At.Ref("main"))).hasSize(5);
        fails(ErrorCode.NAME_TAKEN, () -> edits.tag(PEOPLE, "validated/2015", new At.Latest()));
        edits.rollBack(PEOPLE, new At.Version(1), "");
        assertThat(lake.ids(PEOPLE, new At.Latest())).hasSize(3);
        assertThat(lake.ids(PEOPLE, new At.Version(2))).hasSize(5);
    }

    @Test
    void a_dataset_is_renamed_dropped_and_brought_back_with_its_versions() {
        DatasetName citizens = DatasetName.parse("state.citizens");
        lake.create("census.people");
        lake.append(PEOPLE, 0, 3);
        fails(ErrorCode.NOT_FOUND, () -> lake.tables.rename(PEOPLE, citizens));

        lake.create("state.other");
        lake.tables.rename(PEOPLE, citizens);
        fails(ErrorCode.NOT_FOUND, () -> lake.tables.get(PEOPLE));
        lake.tables.drop(citizens);
        fails(ErrorCode.NOT_FOUND, () -> lake.tables.get(citizens));
        lake.tables.restore(citizens);

        assertThat(lake.ids(citizens, new At.Version(1))).hasSize(3);
        assertThat(lake.tables.namespaces()).containsExactly("census", "state");
        assertThatThrownBy(() -> lake.tables.catalog().dropNamespace(Namespace.of("state")))
                .hasMessageContaining("not empty");
    }

    @Test
    void rights_are_asked_for_on_the_dataset_and_its_namespace() {
        lake.create("census.people");
        lake.append(PEOPLE, 0, 3);

        assertThat(as(Set.of(Right.READ), "namespace:census", () -> lake.ids(PEOPLE, new At.Latest())))
                .hasSize(3);
        refused(Set.of(Right.READ), "dataset:census.people", () -> lake.append(PEOPLE, 3, 1));
        refused(Set.of(Right.READ), "dataset:census.other", () -> lake.tables.get(PEOPLE));
        refused(
                Set.of(Right.READ, Right.WRITE),
                "dataset:census.people",
                () -> lake.slice.upkeep().expire(PEOPLE, LAST_ONE, false));
        refused(
                Set.of(Right.READ, Right.WRITE),
                "dataset:census.people",
                () -> lake.slice.pins().pin(PEOPLE, Optional.empty(), Pin.LEGAL_HOLD, "user:ada", ""));
    }

    @Test
    void all_commits_of_two_processes_at_once_are_there_and_events_tell_the_same_as_rows() throws Exception {
        lake.create("census.people");
        int each = 5;
        try (TestLake other = open();
                var pool = Executors.newFixedThreadPool(4)) {
            List<Future<DatasetVersion>> commits = new ArrayList<>();
            for (int i = 0; i < 4 * each; i++) {
                TestLake writer = i % 2 == 0 ? lake : other;
                int from = i;
                commits.add(pool.submit(() -> new RequestContext("r" + from, new Principal("ann"), "default")
                        .call(() -> appendPatiently(writer, from))));
            }
            for (var commit : commits) commit.get();
        }

        assertThat(lake.ids(PEOPLE, new At.Latest()))
                .isEqualTo(LongStream.range(0, 4 * each).boxed().toList());
        List<DatasetVersion> versions = lake.tables.versions(PEOPLE, Integer.MAX_VALUE, 100);
        assertThat(versions)
                .extracting(DatasetVersion::number)
                .containsExactlyElementsOf(IntStream.iterate(4 * each, n -> n > 0, n -> n - 1)
                        .boxed()
                        .toList());
        assertThat(told("dataset.committed"))
                .containsExactlyInAnyOrderElementsOf(versions.stream()
                        .map(version -> version.number() + " " + version.snapshotId())
                        .toList());
    }

    /// Whoever is told of a conflict sends the commit again.
    private static DatasetVersion appendPatiently(TestLake writer, int from) {
        while (true) {
            try {
                return writer.append(PEOPLE, from, 1);
            } catch (Failure e) {
                if (e.code() != ErrorCode.CONFLICT) throw e;
            }
        }
    }

    private List<String> told(String type) {
        return lake.ledger.eventsAbout(PEOPLE.urn()).stream()
                .filter(event -> event.type().equals(type))
                .map(TablesContract::told)
                .toList();
    }

    private static String told(Event event) {
        var payload = io.millwright.http.Json.MAPPER.readTree(event.payload());
        return payload.path("number").asInt() + " "
                + payload.path("snapshot_id").asString();
    }

    @Test
    void a_commit_that_the_guard_refuses_is_kept_apart_and_main_stays() {
        lake.create("census.people");
        DatasetVersion first = lake.append(PEOPLE, 0, 3);
        lake.slice.guardedBy(commit -> Optional.of("too few"));

        DatasetVersion refused = lake.append(PEOPLE, 3, 1);

        assertThat(lake.tables.version(PEOPLE, new At.Latest())).isEqualTo(first);
        assertThat(refused.branch()).isEqualTo("quarantine/" + refused.snapshotId());
        assertThat(lake.ids(PEOPLE, new At.Ref(refused.branch()))).hasSize(4);
    }

    @Test
    void what_is_erased_is_in_no_version_and_in_no_file() throws Exception {
        lake.create("census.people");
        DatasetVersion first = lake.append(PEOPLE, 0, 3);
        lake.append(PEOPLE, 3, 2);
        new DatasetEdits(lake.tables).tag(PEOPLE, "validated", new At.Version(1));
        Erasures erasures = lake.slice.erasures();
        Erasures.Plan stale = erasures.plan(PEOPLE);
        lake.append(PEOPLE, 5, 1);
        String old =
                lake.tables.scan(PEOPLE, new At.Version(1)).files().getFirst().location();

        fails(ErrorCode.CONFLICT, () -> erase(stale, old));
        assertThat(lake.ids(PEOPLE, new At.Latest())).hasSize(6);
        Erasures.Done done = erase(erasures.plan(PEOPLE), old);

        assertThat(done.removed()).containsExactly(1, 2, 3);
        assertThat(done.moved()).containsExactly("branch main", "tag validated");
        assertThat(lake.ids(PEOPLE, new At.Latest())).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(lake.ids(PEOPLE, new At.Ref("validated"))).containsExactly(1L, 2L);
        fails(ErrorCode.WRONG_STATE, () -> lake.ids(PEOPLE, new At.Version(first.number())));
        assertThat(files()).noneMatch(file -> file.endsWith(name(old)));
        Upkeep.Report report = lake.slice.upkeep().collect(Optional.empty(), Duration.ZERO, true, name -> {});
        assertThat(report.left()).isEmpty();
    }

    /// Erases the person 0, who is in the one file.
    private Erasures.Done erase(Erasures.Plan plan, String file) {
        Map<TableScan.ScanFile, Optional<DataFile>> rests = new HashMap<>();
        for (Erasures.Named named : plan.named()) {
            for (TableScan.ScanFile one : named.scan().files()) {
                if (!one.location().equals(file)) continue;
                rests.computeIfAbsent(one, key -> lake.slice.erasures().place(plan, lake.write(1, 2), new Metrics(2L)));
            }
        }
        return lake.slice.erasures().erase(plan, Set.of(file), rests, "erasure", Map.of());
    }

    @Test
    void commits_to_several_tables_are_all_or_none_and_leave_no_metadata_behind() throws Exception {
        lake.create("census.people");
        DatasetName other = lake.create("census.places");
        LakeCatalog catalog = lake.tables.catalog();
        var stale = catalog.newTableOps(PEOPLE.identifier()).prepare(List.of(), List.of(property("a")));
        lake.append(PEOPLE, 0, 3);
        var fresh = catalog.newTableOps(other.identifier()).prepare(List.of(), List.of(property("b")));

        assertThatThrownBy(() -> lake.tables.publishAll(List.of(fresh, stale)))
                .isInstanceOf(org.apache.iceberg.exceptions.CommitFailedException.class);

        assertThat(lake.tables.get(other).properties()).doesNotContainKey("b");
        assertThat(files())
                .noneMatch(file -> file.endsWith(name(stale.written())) || file.endsWith(name(fresh.written())));
    }

    private static org.apache.iceberg.MetadataUpdate property(String key) {
        return new org.apache.iceberg.MetadataUpdate.SetProperties(java.util.Map.of(key, "x"));
    }

    private static String name(String location) {
        return location.substring(location.lastIndexOf('/'));
    }

    @Test
    void expiry_removes_old_versions_with_their_files_and_never_what_is_pinned_or_tagged() throws Exception {
        lake.create("census.people");
        for (int i = 0; i < 5; i++) lake.append(PEOPLE, i, 1);
        new DatasetEdits(lake.tables).tag(PEOPLE, "validated", new At.Version(2));
        lake.slice.pins().pin(PEOPLE, Optional.of(new At.Version(3)), "model", "model-version:churn/3", "");
        long before = files().size();

        Upkeep.Expiry dry = lake.slice.upkeep().expire(PEOPLE, LAST_ONE, true);
        assertThat(files()).hasSize((int) before);
        Upkeep.Expiry expiry = lake.slice.upkeep().expire(PEOPLE, LAST_ONE, false);

        assertThat(dry.versions()).containsExactly(1, 4);
        assertThat(expiry.versions()).containsExactly(1, 4);
        assertThat(expiry.pinned()).isEqualTo(1);
        assertThat(expiry.files()).isEqualTo(2); // The two lists of manifests; the rows are in later versions too.
        assertThat(lake.ids(PEOPLE, new At.Version(2))).containsExactly(0L, 1L);
        assertThat(lake.ids(PEOPLE, new At.Version(3))).hasSize(3);
        assertThat(lake.ids(PEOPLE, new At.Latest())).hasSize(5);
        assertThatThrownBy(() -> lake.ids(PEOPLE, new At.Version(1))).hasMessageContaining("was removed");
        assertThat(lake.tables.versions(PEOPLE, 100, 100))
                .filteredOn(version -> version.expiredAt().isPresent())
                .extracting(DatasetVersion::number)
                .containsExactly(4, 1);
        fails(
                ErrorCode.WRONG_STATE,
                () -> lake.slice
                        .pins()
                        .pin(PEOPLE, Optional.of(new At.Version(1)), "model", "model-version:churn/1", ""));
    }

    @Test
    void a_dataset_says_by_itself_what_is_kept() {
        lake.create("census.people");
        for (int i = 0; i < 5; i++) lake.append(PEOPLE, i, 1);
        assertThat(lake.slice.upkeep().expire(PEOPLE, Upkeep.Keep.AS_SET, true).versions())
                .isEmpty();

        set("history.expire.max-snapshot-age-ms", "1");
        set("history.expire.min-snapshots-to-keep", "3");
        Upkeep.Expiry expiry = lake.slice.upkeep().expire(PEOPLE, Upkeep.Keep.AS_SET, false);
        set("history.expire.min-snapshots-to-keep", "few");

        assertThat(expiry.versions()).containsExactly(1, 2);
        fails(ErrorCode.INVALID_ARGUMENT, () -> lake.slice.upkeep().expire(PEOPLE, Upkeep.Keep.AS_SET, false));
        assertThat(collect(Duration.ZERO, true).left())
                .singleElement()
                .asString()
                .contains("few");
    }

    private void set(String property, String value) {
        lake.tables.commit(
                PEOPLE,
                CommitNote.NONE,
                transaction ->
                        transaction.updateProperties().set(property, value).commit());
    }

    @Test
    void a_client_cannot_remove_what_is_pinned() {
        lake.create("census.people");
        DatasetVersion first = lake.append(PEOPLE, 0, 1);
        lake.append(PEOPLE, 1, 1);
        PinService pins = lake.slice.pins();
        pins.pin(PEOPLE, Optional.empty(), Pin.LEGAL_HOLD, "user:ada", "case 12");
        pins.pin(PEOPLE, Optional.empty(), Pin.LEGAL_HOLD, "user:ada", "case 12");
        assertThat(pins.pins(PEOPLE)).hasSize(1);
        Runnable removal = () -> lake.tables
                .table(PEOPLE)
                .expireSnapshots()
                .expireOlderThan(0)
                .expireSnapshotId(first.snapshotId())
                .commit();

        assertThatThrownBy(removal::run)
                .isInstanceOf(Failure.class)
                .hasMessageContaining("pinned by the legal-hold of user:ada");
        assertThat(lake.ids(PEOPLE, new At.Version(1))).hasSize(1);

        pins.unpin(PEOPLE, Optional.empty(), Pin.LEGAL_HOLD, "user:ada");
        fails(ErrorCode.NOT_FOUND, () -> pins.unpin(PEOPLE, Optional.empty(), Pin.LEGAL_HOLD, "user:ada"));
        removal.run();
        fails(ErrorCode.WRONG_STATE, () -> lake.ids(PEOPLE, new At.Version(1)));
    }

    @Test
    void what_nothing_names_is_swept_after_a_day_and_what_a_version_has_is_not() throws Exception {
        lake.create("census.people");
        lake.append(PEOPLE, 0, 3);
        lake.append(PEOPLE, 3, 3);
        Path folder = Path.of(java.net.URI.create(lake.tables.get(PEOPLE).location()));
        Path orphan = Files.writeString(folder.resolve("data/died.parquet"), "12345");
        Path lost = Files.writeString(lake.tables.scratch().resolve("x.parquet"), "12345");
        Path strange = Files.createDirectories(home.resolve("lake/default/census/gone-01234567/data"));
        Files.writeString(strange.resolve("a.parquet"), "1");
        Path note = Files.writeString(home.resolve("lake/README"), "not ours");
        age();
        Path young = Files.writeString(folder.resolve("data/on-its-way.parquet"), "12345");

        Upkeep.Report dry = collect(Duration.ZERO, true);
        assertThat(orphan).exists();
        Upkeep.Report report = collect(Duration.ZERO, false);

        assertThat(report)
                .isEqualTo(new Upkeep.Report(0, 0, 0, 0, 3, 11, List.of()))
                .isEqualTo(dry);
        assertThat(List.of(orphan, lost, strange.resolve("a.parquet"))).noneMatch(Files::exists);
        assertThat(List.of(young, note)).allMatch(Files::exists);
        assertThat(lake.ids(PEOPLE, new At.Version(1))).hasSize(3);
        assertThat(lake.ids(PEOPLE, new At.Latest())).hasSize(6);
    }

    @Test
    void nothing_of_a_table_is_swept_while_its_metadata_cannot_be_read_and_others_go_on() throws Exception {
        lake.create("census.people");
        lake.append(PEOPLE, 0, 3);
        DatasetName other = lake.create("census.places");
        lake.append(other, 0, 2);
        Path metadata = home.resolve("lake");
        List<Path> lists = find(metadata, "people", "snap-");
        for (Path list : lists) Files.delete(list);
        age();
        lake.close();
        lake = open();

        Upkeep.Report report = collect(Duration.ZERO, false);

        assertThat(report.orphans()).isZero();
        assertThat(report.left())
                .isNotEmpty()
                .allSatisfy(left -> assertThat(left).contains("people", "snap-"));
        fails(ErrorCode.UNAVAILABLE, () -> lake.ids(PEOPLE, new At.Latest()));
        assertThat(lake.ids(other, new At.Latest())).hasSize(2);
    }

    @Test
    void a_missing_and_an_altered_data_file_are_named_and_other_datasets_go_on() throws Exception {
        lake.create("census.people");
        DatasetName other = lake.create("census.places");
        lake.append(PEOPLE, 0, 3);
        lake.append(other, 0, 2);
        Path data = find(home.resolve("lake"), "people", ".parquet").getFirst();
        byte[] content = Files.readAllBytes(data);

        Files.delete(data);
        Files.write(data, java.util.Arrays.copyOf(content, content.length - 1));
        assertThatThrownBy(() -> lake.ids(PEOPLE, new At.Latest()))
                .isInstanceOf(Failure.class)
                .hasMessageContainingAll(data.getFileName().toString(), "altered");
        Files.delete(data);
        assertThatThrownBy(() -> lake.ids(PEOPLE, new At.Latest()))
                .isInstanceOf(Failure.class)
                .hasMessageContainingAll(data.getFileName().toString(), "missing");

        assertThat(lake.ids(other, new At.Latest())).hasSize(2);
    }

    @Test
    void a_dropped_dataset_goes_for_good_when_its_time_is_up_unless_it_is_held() throws Exception {
        lake.create("census.people");
        lake.append(PEOPLE, 0, 3);
        lake.slice.pins().pin(PEOPLE, Optional.empty(), Pin.LEGAL_HOLD, "user:ada", "");
        DatasetName other = lake.create("census.places");
        lake.append(other, 0, 2);
        lake.tables.drop(PEOPLE);
        lake.tables.drop(other);

        assertThat(collect(Duration.ofDays(30), false).datasets()).isZero();
        Upkeep.Report report = collect(Duration.ZERO, false);

        assertThat(report.datasets()).isEqualTo(1);
        assertThat(report.left()).singleElement().asString().contains("census.people", "legal-hold of user:ada");
        assertThat(find(home.resolve("lake"), "places", "")).isEmpty();
        assertThat(lake.ledger.eventsAbout(other.urn())).extracting(Event::type).contains("dataset.purged");
        fails(ErrorCode.NOT_FOUND, () -> lake.tables.restore(other));
        lake.tables.restore(PEOPLE);
        assertThat(lake.ids(PEOPLE, new At.Latest())).hasSize(3);
    }

    private Upkeep.Report collect(Duration age, boolean dryRun) {
        return lake.slice.upkeep().collect(Optional.empty(), age, dryRun, dataset -> {});
    }

    /// Makes every file of the warehouse two days older.
    private void age() throws IOException {
        for (Path file : find(home.resolve("lake"), "", "")) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        }
    }

    private static List<Path> find(Path under, String folder, String name) throws IOException {
        try (Stream<Path> all = Files.walk(under)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> file.toString().contains("/" + folder))
                    .filter(file -> file.getFileName().toString().contains(name))
                    .toList();
        }
    }

    private List<String> files() throws IOException {
        return find(home.resolve("lake"), "", "").stream().map(Path::toString).toList();
    }

    private static void fails(ErrorCode code, ThrowingCallable body) {
        assertThatThrownBy(body)
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(code));
    }

    private static void refused(Set<Right> rights, String on, Callable<?> body) {
        fails(ErrorCode.PERMISSION_DENIED, () -> as(rights, on, body));
    }

    /// As who has rights on one entity alone, and on what lies in it.
    private static <T> T as(Set<Right> rights, String on, Callable<T> body) {
        Access access = (right, workspace, entity, parents) ->
                rights.contains(right) && (entity.equals(on) || parents.contains(on));
        var context = new RequestContext("test", new Principal("ann"), "default", access, "");
        try {
            return context.call(body::call);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
