package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.StaticTableOperations;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.io.FileIO;
import org.jspecify.annotations.Nullable;

/// Makes commits true: the pointer to the new metadata, the rows of the new versions and the events, in one
/// transaction.
final class TableCommits {
    private static final String MAIN = SnapshotRef.MAIN_BRANCH;
    private static final int MOST_REFS_TOLD = 50;
    /// Where else than at its location a table may put files, if it says so.
    private static final List<String> PATHS = List.of(
            TableProperties.WRITE_DATA_LOCATION,
            TableProperties.WRITE_METADATA_LOCATION,
            "write.object-storage.path",
            "write.folder-storage.path");

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final Ids ids;
    private final Warehouse warehouse;
    private final CommitGuard guard;
    private final TableStore tables = new TableStore();
    private final NamespaceStore namespaces = new NamespaceStore();
    private final PinStore pins = new PinStore();
    /// A few thousand snapshots in all, since each costs about two kilobytes.
    private final Recent<TableMetadata> cache =
            new Recent<>(10_000, metadata -> 10 + metadata.snapshots().size());
    private final MetadataFiles metadata = new MetadataFiles();

    TableCommits(Db db, Ledger ledger, Clock clock, Ids ids, Warehouse warehouse, CommitGuard guard) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = ids;
        this.warehouse = warehouse;
        this.guard = guard;
    }

    /// A metadata file that is written and not yet the table's.
    ///
    /// @param row of the table; absent when the commit makes it
    /// @param base what the commit was made on
    record Change(
            String workspace,
            DatasetName name,
            TableStore.@Nullable Row row,
            @Nullable TableMetadata base,
            TableMetadata next,
            String written,
            CommitNote note) {}

    Optional<TableStore.Row> find(String workspace, DatasetName name) {
        return db.read(sql -> tables.find(sql, workspace, name));
    }

    /// In the workspace in hand.
    TableStore.Row row(DatasetName name) {
        return find(RequestContext.current().workspace(), name).orElseThrow(() -> TableService.noTable(name));
    }

    MetadataFiles metadata() {
        return metadata;
    }

    Recent<TableMetadata> cache() {
        return cache;
    }

    TableFiles files(String location) {
        return new TableFiles(warehouse, location);
    }

    String workspaceRoot(String workspace) {
        return warehouse.root() + "/" + folder(workspace);
    }

    /// Names that may hold anything become names of folders that hold nothing odd.
    private static String folder(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9_-]", "_");
        return plain.isEmpty() ? "_" : plain;
    }

    /// A folder that was never any table's.
    String newLocation(String workspace, DatasetName name) {
        return workspaceRoot(workspace) + "/" + folder(name.namespace()) + "/" + folder(name.name()) + "-"
                + ids.hex32().substring(0, 8);
    }

    /// A client that stages a table brings the location back that it was given.
    String checkedLocation(String workspace, String location) {
        String root = workspaceRoot(workspace);
        boolean ours = location.startsWith(root + "/")
                && location.substring(root.length() + 1).matches("[A-Za-z0-9_-]+/[A-Za-z0-9_-]+-[0-9a-f]{8}");
        if (!ours) throw FolderWarehouse.outside(location);
        return location;
    }

    /// The metadata as it may be committed: nothing leads out of the table's location, and what the guard
    /// refuses has not moved main.
    TableMetadata checked(
            DatasetName name, TableStore.@Nullable Row row, @Nullable TableMetadata base, TableMetadata next) {
        if (base != null && !base.location().equals(next.location())) throw FolderWarehouse.outside(next.location());
        TableFiles own = files(next.location());
        for (String property : PATHS) {
            String path = next.properties().get(property);
            if (path != null && !own.isOwn(path + "/x")) throw FolderWarehouse.outside(path);
        }
        for (Snapshot added : added(base, next)) {
            String manifests = added.manifestListLocation();
            if (manifests == null || !own.isOwn(manifests)) throw FolderWarehouse.outside(String.valueOf(manifests));
        }
        return guarded(name, row, base, next, own);
    }

    private TableMetadata guarded(
            DatasetName name,
            TableStore.@Nullable Row row,
            @Nullable TableMetadata base,
            TableMetadata next,
            FileIO io) {
        Snapshot head = next.currentSnapshot();
        boolean moved = head != null && (base == null || base.snapshot(head.snapshotId()) == null);
        // What must go goes, whatever the rules say of the rest.
        if (!moved || row == null || CommitNote.current().erasure().isPresent()) return next;
        var table = new BaseTable(new StaticTableOperations(next, io), name.toString());
        var candidate = new CommitGuard.Candidate(name, row.id(), table, head);
        if (guard.refuses(candidate).isEmpty()) return next;
        var kept = TableMetadata.buildFrom(next);
        Snapshot before = base == null ? null : base.currentSnapshot();
        if (before == null) kept.removeRef(MAIN);
        else kept.setBranchSnapshot(before.snapshotId(), MAIN);
        return kept.setBranchSnapshot(head.snapshotId(), "quarantine/" + head.snapshotId())
                .build();
    }

    void publish(Change change) {
        publishAll(List.of(change));
    }

    /// All of them, or none.
    void publishAll(List<Change> changes) {
        try {
            db.tx(sql -> {
                for (Change change : changes) publish(sql, change);
                return 0;
            });
        } catch (Failure e) {
            // Whether a database that went silent has committed, nobody knows: the files must stay.
            if (e.code() == ErrorCode.UNAVAILABLE) throw new CommitStateUnknownException(e.message(), e);
            discard(changes);
            if (e.code() == ErrorCode.CONFLICT) throw new CommitFailedException(e, "%s", e.message());
            throw e;
        } catch (RuntimeException e) {
            discard(changes);
            throw e;
        }
        for (Change change : changes) {
            cache.put(
                    change.written(),
                    TableMetadata.buildFrom(change.next())
                            .withMetadataLocation(change.written())
                            .discardChanges()
                            .build());
        }
    }

    /// Metadata files that were written in vain.
    void discard(List<Change> changes) {
        for (Change change : changes) warehouse.delete(change.written());
    }

    private void publish(Sql sql, Change change) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        TableStore.Row row = change.row();
        String id = row == null || change.base() == null ? create(sql, change, now) : swap(sql, change, row, now);
        Snapshot main = change.next().currentSnapshot();
        tables.setMain(sql, id, main == null ? null : main.snapshotId());
        if (saysAnew(change)) {
            tables.describe(
                    sql,
                    id,
                    change.name(),
                    Description.of(change.next().schema(), change.next().properties()));
        }
        List<Snapshot> added = added(change.base(), change.next());
        Set<Long> before = change.base() == null ? Set.of() : idsOf(change.base());
        Set<Long> after = idsOf(change.next());
        List<Long> gone = before.stream().filter(one -> !after.contains(one)).toList();
        change.note()
                .erasure()
                .ifPresent(erasure -> erasure.replaced().forEach((from, to) -> pins.move(sql, id, from, to)));
        refusePinned(sql, id, change, gone);
        for (long snapshot : gone) tables.setExpired(sql, id, snapshot, now);
        int number = added.isEmpty() ? 0 : tables.lastNumber(sql, id);
        for (Snapshot snapshot : added) {
            DatasetVersion version = version(++number, snapshot, change, now);
            tables.insertVersion(sql, id, version);
            ledger.append(sql, "dataset.committed", change.name().urn(), committed(version, change.note()));
        }
        boolean created = change.base() == null;
        Optional<CommitNote.Erasure> erasure = change.note().erasure();
        if (erasure.isPresent()) {
            ledger.append(sql, "dataset.erased", change.name().urn(), erased(sql, id, erasure.get(), gone));
        } else if (added.isEmpty() && !created) {
            ledger.append(sql, "dataset.changed", change.name().urn(), changed(change));
        }
    }

    private Map<String, Object> erased(Sql sql, String id, CommitNote.Erasure erasure, List<Long> gone) {
        Map<String, Object> payload = new LinkedHashMap<>(erasure.told());
        payload.put("table_id", id);
        payload.put(
                "removed",
                gone.stream()
                        .flatMap(snapshot -> tables.versionOf(sql, id, snapshot).stream())
                        .map(version ->
                                Map.of("number", version.number(), "snapshot_id", Long.toString(version.snapshotId())))
                        .toList());
        Map<String, String> replaced = new TreeMap<>();
        erasure.replaced().forEach((from, to) -> replaced.put(Long.toString(from), Long.toString(to)));
        payload.put("replaced", replaced);
        return payload;
    }

    private void refusePinned(Sql sql, String id, Change change, List<Long> gone) {
        if (gone.isEmpty()) return;
        boolean erases = change.note().erasure().isPresent();
        for (Pin pin : pins.of(sql, id)) {
            // A whole dataset that is kept is kept without the rows that must go.
            if (erases && pin.snapshotId().isEmpty() && !pin.isLegalHold()) continue;
            for (long snapshot : gone) {
                if (!pin.keeps(snapshot)) continue;
                throw INVALID_ARGUMENT.because(
                        "The snapshot %d of '%s' must stay: it is pinned by the %s. Nothing was removed; leave it out, or"
                                + " have the pin taken away.",
                        snapshot, change.name(), pin.describe());
            }
        }
    }

    private static boolean saysAnew(Change change) {
        TableMetadata base = change.base();
        return base == null
                || base.currentSchemaId() != change.next().currentSchemaId()
                || !base.properties().equals(change.next().properties());
    }

    private String create(Sql sql, Change change, Instant now) {
        DatasetName name = change.name();
        if (!namespaces.touch(sql, change.workspace(), name.namespace(), now)) {
            throw new NoSuchNamespaceException("Namespace does not exist: %s", name.namespace());
        }
        if (tables.find(sql, change.workspace(), name).isPresent()) {
            throw new AlreadyExistsException("Table already exists: %s", name);
        }
        if (tables.isLocationTaken(sql, change.next().location())) {
            throw INVALID_ARGUMENT.because(
                    "The location of '%s' is that of another table. Create the table anew.", name);
        }
        String id = ids.hex32();
        tables.insert(sql, id, change.workspace(), name, change.next().location(), change.written(), now);
        ledger.append(sql, "dataset.created", name.urn(), Map.of("table_id", id));
        return id;
    }

    private String swap(Sql sql, Change change, TableStore.Row row, Instant now) {
        TableMetadata base = Objects.requireNonNull(change.base());
        String expected = base.metadataFileLocation();
        if (tables.swap(sql, row.id(), expected, change.written(), now)) return row.id();
        throw new CommitFailedException(
                "Cannot commit to %s: another commit came first. Refresh the table and try again.", change.name());
    }

    private static List<Snapshot> added(@Nullable TableMetadata base, TableMetadata next) {
        Set<Long> before = base == null ? Set.of() : idsOf(base);
        return next.snapshots().stream()
                .filter(snapshot -> !before.contains(snapshot.snapshotId()))
                .toList();
    }

    private static Set<Long> idsOf(TableMetadata metadata) {
        Set<Long> ids = new HashSet<>();
        for (Snapshot snapshot : metadata.snapshots()) ids.add(snapshot.snapshotId());
        return ids;
    }

    private static DatasetVersion version(int number, Snapshot snapshot, Change change, Instant now) {
        Map<String, String> summary = snapshot.summary();
        RequestContext context = RequestContext.current();
        Integer schema = snapshot.schemaId();
        return new DatasetVersion(
                number,
                snapshot.snapshotId(),
                Optional.ofNullable(snapshot.parentId()),
                branchOf(snapshot, change.next()),
                String.valueOf(snapshot.operation()),
                schema == null ? change.next().currentSchemaId() : schema,
                count(summary, "added-records", 0),
                count(summary, "deleted-records", 0),
                count(summary, "total-records", -1),
                count(summary, "total-files-size", -1),
                count(summary, "total-data-files", -1),
                change.note().message(),
                now,
                context.principal().name(),
                context.requestId(),
                Optional.empty());
    }

    /// The branch that the snapshot, or one made from it in the same commit, is now the head of.
    private static String branchOf(Snapshot snapshot, TableMetadata metadata) {
        for (var ref : metadata.refs().entrySet()) {
            if (!ref.getValue().isBranch()) continue;
            Snapshot at = metadata.snapshot(ref.getValue().snapshotId());
            while (at != null && at.sequenceNumber() > snapshot.sequenceNumber()) {
                Long parent = at.parentId();
                at = parent == null ? null : metadata.snapshot(parent);
            }
            if (at != null && at.snapshotId() == snapshot.snapshotId()) return ref.getKey();
        }
        return "";
    }

    private static long count(Map<String, String> summary, String key, long missing) {
        try {
            String text = summary.get(key);
            return text == null ? missing : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return missing; // Another engine wrote it.
        }
    }

    private static Map<String, Object> committed(DatasetVersion version, CommitNote note) {
        Map<String, Object> payload = new LinkedHashMap<>();
        payload.put("number", version.number());
        payload.put("snapshot_id", Long.toString(version.snapshotId()));
        version.parentId().ifPresent(parent -> payload.put("parent_id", Long.toString(parent)));
        payload.put("branch", version.branch());
        payload.put("operation", version.operation());
        payload.put("added_rows", version.addedRows());
        payload.put("deleted_rows", version.deletedRows());
        payload.put("rows", version.rows());
        if (!note.message().isEmpty()) payload.put("message", note.message());
        if (!note.inputs().isEmpty()) {
            payload.put("inputs", note.inputs().stream().map(TableCommits::told).toList());
        }
        return payload;
    }

    private static Map<String, Object> told(CommitNote.Input input) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("dataset", input.dataset());
        told.put("snapshot_id", Long.toString(input.snapshotId()));
        if (!input.columns().isEmpty()) told.put("columns", input.columns());
        return told;
    }

    private static Map<String, Object> changed(Change change) {
        Map<String, Object> payload = new LinkedHashMap<>();
        payload.put("changes", changes(change));
        Map<String, Object> moved = new TreeMap<>();
        Map<String, SnapshotRef> before = Objects.requireNonNull(change.base()).refs();
        Map<String, SnapshotRef> after = change.next().refs();
        Set<String> names = new HashSet<>(before.keySet());
        names.addAll(after.keySet());
        for (String name : names) {
            SnapshotRef from = before.get(name);
            SnapshotRef to = after.get(name);
            if (Objects.equals(from, to) || moved.size() == MOST_REFS_TOLD) continue;
            Map<String, String> move = new LinkedHashMap<>();
            if (from != null) move.put("from", Long.toString(from.snapshotId()));
            if (to != null) move.put("to", Long.toString(to.snapshotId()));
            moved.put(name, move);
        }
        if (!moved.isEmpty()) payload.put("refs", moved);
        if (!change.note().message().isEmpty())
            payload.put("message", change.note().message());
        return payload;
    }

    /// What a commit without a snapshot did, in the words of Iceberg's updates.
    private static List<String> changes(Change change) {
        List<String> words = new ArrayList<>();
        TableMetadata base = change.base();
        TableMetadata next = change.next();
        if (base == null) return words;
        if (base.currentSchemaId() != next.currentSchemaId()) words.add("schema");
        if (base.defaultSpecId() != next.defaultSpecId()) words.add("partitions");
        if (base.defaultSortOrderId() != next.defaultSortOrderId()) words.add("sort-order");
        if (!base.properties().equals(next.properties())) words.add("properties");
        if (!base.refs().equals(next.refs())) words.add("refs");
        if (base.snapshots().size() != next.snapshots().size()) words.add("snapshots-removed");
        if (base.statisticsFiles().size() != next.statisticsFiles().size()) words.add("statistics");
        return words;
    }
}
