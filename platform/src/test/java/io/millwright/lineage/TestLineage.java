package io.millwright.lineage;

import io.millwright.kernel.Access;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.kernel.Visible;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.lake.tables.CommitNote;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.LakeSettings;
import io.millwright.lake.tables.TableService;
import io.millwright.lake.tables.TablesSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.EventFilter;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.RecordedEvent;
import io.millwright.registry.NewModelVersion;
import io.millwright.registry.RegistrySlice;
import io.millwright.tracking.DatasetInput;
import io.millwright.tracking.NewRun;
import io.millwright.tracking.RunInfo;
import io.millwright.tracking.TrackingSlice;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;

/// A lake, runs, models and their lineage on a database, for tests.
final class TestLineage implements AutoCloseable {
    static final Schema PEOPLE = new Schema(
            Types.NestedField.optional(1, "id", Types.LongType.get()),
            Types.NestedField.optional(2, "year", Types.IntegerType.get()));
    static final RequestContext ANN = new RequestContext("request-1", new Principal("ann"), "default");

    final FakeClock clock = new FakeClock();
    final Db db;
    final Ledger ledger;
    final TableService tables;
    final TrackingSlice tracking;
    final RegistrySlice registry;
    final LineageService lineage;
    final OpenLineageService openLineage;
    private final ArtifactsSlice artifacts;
    private final TablesSlice lake;
    private long fed;

    TestLineage(Db db, Path home) {
        this.db = db;
        new Migrator(db)
                .migrate(Stream.of(
                                Ledger.MIGRATIONS,
                                ArtifactsSlice.MIGRATIONS,
                                TablesSlice.MIGRATIONS,
                                TrackingSlice.MIGRATIONS,
                                RegistrySlice.MIGRATIONS,
                                LineageSlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        Ids ids = new Ids(new SecureRandom());
        ledger = new Ledger(db, clock, ids);
        artifacts = ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(home.resolve("artifacts")));
        lake = TablesSlice.wire(
                db,
                ledger,
                clock,
                ids,
                new LakeSettings(home.resolve("lake").toUri(), home.resolve("cache"), 10_000_000));
        tables = lake.service();
        tracking = TrackingSlice.wire(db, ledger, clock, ids, artifacts.service());
        registry = RegistrySlice.wire(db, ledger, clock, tracking);
        lineage = new LineageService(db);
        openLineage = new OpenLineageService(db, ledger, clock, tables);
    }

    /// What the subscriber does with what has happened since.
    void feed() {
        feed(next());
    }

    void feed(List<Event> events) {
        new LineageFeed(db, new LedgerFacts(tables, tracking.runs(), tracking.loggedModels())).accept(events);
    }

    /// The events since the last time, in their order.
    List<Event> next() {
        ledger.seal();
        List<RecordedEvent> all = ledger.search(EventFilter.ALL, 10_000, Optional.empty()).items().stream()
                .filter(event -> event.seq() > fed)
                .sorted(Comparator.comparingLong(RecordedEvent::seq))
                .toList();
        if (!all.isEmpty()) fed = all.getLast().seq();
        return all.stream().map(RecordedEvent::event).toList();
    }

    /// A dataset with one version, as `snapshot:…`.
    String dataset(String name, CommitNote.Input... inputs) {
        DatasetName made = tables.create(
                DatasetName.parse(name),
                PEOPLE,
                Map.of(),
                new CommitNote("", List.of(inputs)),
                transaction -> transaction.newAppend().commit());
        return snapshot(made);
    }

    String append(String name, CommitNote.Input... inputs) {
        DatasetName dataset = DatasetName.parse(name);
        tables.commit(
                dataset,
                new CommitNote("", List.of(inputs)),
                transaction -> transaction.newAppend().commit());
        return snapshot(dataset);
    }

    private String snapshot(DatasetName name) {
        return "snapshot:" + name + "@" + tables.table(name).currentSnapshot().snapshotId();
    }

    static CommitNote.Input input(String snapshot, String... columns) {
        int at = snapshot.indexOf('@');
        return new CommitNote.Input(
                snapshot.substring("snapshot:".length(), at),
                Long.parseLong(snapshot.substring(at + 1)),
                List.of(columns));
    }

    RunInfo run(String experiment) {
        long id = tracking.experiments().create(experiment, "", Map.of());
        return tracking.runs().create(id, new NewRun("u", "run", 1, Map.of())).info();
    }

    void reads(RunInfo run, String name, String source, String... columns) {
        String schema = Stream.of(columns)
                .map("{\"name\": \"%s\", \"type\": \"long\"}"::formatted)
                .collect(Collectors.joining(",", "{\"mlflow_colspec\": [", "]}"));
        DatasetInput input =
                new DatasetInput(name, "abc", "http", source, schema, null, Map.of("mlflow.data.context", "training"));
        tracking.runs().logInputs(run.id(), List.of(input), List.of());
    }

    void register(String model, RunInfo run) {
        registry.versions()
                .create(new NewModelVersion(model, "runs:/" + run.id() + "/model", run.id(), null, "", "", Map.of()));
    }

    Set<String> impact(String urn) {
        return urns(lineage.impact(question(urn)));
    }

    Set<String> provenance(String urn) {
        return urns(lineage.provenance(question(urn)));
    }

    Set<String> provenance(String urn, Instant at) {
        return urns(lineage.provenance(new LineageService.Question(urn, 100, Optional.of(at), 10_000)));
    }

    static LineageService.Question question(String urn) {
        return new LineageService.Question(urn, LineageService.DEEPEST, Optional.empty(), 10_000);
    }

    static Set<String> urns(Reach reach) {
        return reach.items().stream().map(Reach.Item::urn).collect(Collectors.toCollection(TreeSet::new));
    }

    long count(String table) {
        return db.read(sql -> sql.query("select count(*) from " + table, row -> row.getLong(1)))
                .getFirst();
    }

    /// Somebody who may do this much with what the predicate lets pass, by the URN or that of what it
    /// lies in.
    static RequestContext somebody(Set<Right> rights, Predicate<String> where) {
        Access access = new Access() {
            @Override
            public boolean allows(Right right, String workspace, String entity, List<String> parents) {
                boolean all = where.test(entity) && parents.stream().allMatch(where);
                return rights.contains(right) && all;
            }

            @Override
            public Visible visible(Right right, String workspace, String kind) {
                return Visible.NOTHING;
            }
        };
        return new RequestContext("request-2", new Principal("bob"), "default", access, "");
    }

    @Override
    public void close() {
        lake.close();
        artifacts.close();
        ledger.close();
        db.close();
    }
}
