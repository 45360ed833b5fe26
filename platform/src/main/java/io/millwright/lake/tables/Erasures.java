package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.UNSUPPORTED;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.Transaction;

/// Takes rows out of every version of a dataset, so that no file has them any more.
///
/// A version with a name, be it a branch's, a tag's or a pin's, is made anew without the rows, and the name moves
/// there.
/// The other versions that had them are removed. That is one commit; the files go after it.
public final class Erasures {
    private static final String MAIN = SnapshotRef.MAIN_BRANCH;

    private final Db db;
    private final TableService service;
    private final TableCommits commits;
    private final Warehouse warehouse;
    private final TableStore tables = new TableStore();
    private final PinStore pins = new PinStore();

    Erasures(Db db, TableService service, TableCommits commits, Warehouse warehouse) {
        this.db = db;
        this.service = service;
        this.commits = commits;
        this.warehouse = warehouse;
    }

    /// All that a dataset holds, over all its versions.
    public static final class Plan {
        private final TableStore.Row row;
        private final Table table;
        private final TableMetadata base;
        private final List<Pin> pins;
        /// By location.
        private final Map<String, DataFile> files;
        /// Those with a file, by its location.
        private final Map<String, Set<Long>> snapshots;
        private final List<Named> named;
        private final TableScan all;

        private Plan(
                TableStore.Row row,
                Table table,
                TableMetadata base,
                List<Pin> pins,
                Map<String, DataFile> files,
                Map<String, Set<Long>> snapshots,
                List<Named> named,
                TableScan all) {
            this.row = row;
            this.table = table;
            this.base = base;
            this.pins = pins;
            this.files = files;
            this.snapshots = snapshots;
            this.named = named;
            this.all = all;
        }

        /// Each data file once, with all the rows that were written to it, in the columns of today.
        public TableScan all() {
            return all;
        }

        public List<Named> named() {
            return named;
        }

        /// The versions that have one of the files.
        private Set<Long> having(Set<String> locations) {
            Set<Long> having = new HashSet<>();
            locations.forEach(location -> having.addAll(snapshots.getOrDefault(location, Set.of())));
            return having;
        }
    }

    /// A version that must go on.
    ///
    /// @param names `branch main`, `tag x`, `model of model-version:churn/3`
    public record Named(TableScan scan, long snapshotId, List<String> names) {
        public Named {
            names = List.copyOf(names);
        }
    }

    /// What came of it.
    ///
    /// @param removed numbers of versions
    /// @param moved names of versions that were made anew
    /// @param files that are no more, of whatever kind
    public record Done(List<Integer> removed, List<String> moved, long files) {}

    /// @throws io.millwright.kernel.Failure WRONG_STATE when the dataset is under a legal hold; UNSUPPORTED
    ///     when Millwright does not write such tables
    public Plan plan(DatasetName name) {
        TableService.require(Right.MANAGE, name);
        Table table = service.table(name);
        TableMetadata base = ((HasTableOperations) table).operations().current();
        TableStore.Row row = commits.row(name);
        List<Pin> held = db.read(sql -> pins.of(sql, row.id()));
        if (table.specs().values().stream().anyMatch(PartitionSpec::isPartitioned)) {
            throw UNSUPPORTED.because(
                    "'%s' is partitioned, and Millwright rewrites tables that are not. Delete the rows with Spark, then"
                            + " remove the versions before (expire).",
                    name);
        }
        Map<String, DataFile> files = new LinkedHashMap<>();
        Map<String, Set<Long>> snapshots = new HashMap<>();
        IcebergFailures.told(() -> {
            read(table, files, snapshots);
            return 0;
        });
        List<TableScan.ScanFile> all = files.values().stream()
                .map(file -> TableService.scanFile(file, List.of()))
                .toList();
        TableScan everything =
                new TableScan(name, row.id(), Optional.empty(), table.schema(), List.of(), 0, 0, 0).of(all);
        return new Plan(row, table, base, held, files, snapshots, named(name, row, table, held), everything);
    }

    /// Manifests are shared by versions; each is read once.
    private static void read(Table table, Map<String, DataFile> files, Map<String, Set<Long>> snapshots) {
        Map<String, List<String>> manifests = new HashMap<>();
        for (Snapshot snapshot : table.snapshots()) {
            for (ManifestFile manifest : snapshot.dataManifests(table.io())) {
                List<String> locations =
                        manifests.computeIfAbsent(manifest.path(), path -> locations(table, manifest, files));
                for (String location : locations) {
                    snapshots.computeIfAbsent(location, one -> new HashSet<>()).add(snapshot.snapshotId());
                }
            }
        }
    }

    private static List<String> locations(Table table, ManifestFile manifest, Map<String, DataFile> files) {
        List<String> locations = new ArrayList<>();
        try (ManifestReader<DataFile> reader = ManifestFiles.read(manifest, table.io(), table.specs())) {
            for (DataFile file : reader) {
                files.putIfAbsent(file.location(), file.copy());
                locations.add(file.location());
            }
            return locations;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Named> named(DatasetName name, TableStore.Row row, Table table, List<Pin> held) {
        Map<Long, List<String>> names = new LinkedHashMap<>();
        table.refs()
                .forEach((ref, to) -> names.computeIfAbsent(to.snapshotId(), id -> new ArrayList<>())
                        .add((to.isBranch() ? "branch " : "tag ") + ref));
        for (Pin pin : held) {
            long snapshot = pin.snapshotId().orElse(0L);
            if (pin.isLegalHold() || table.snapshot(snapshot) == null) continue;
            names.computeIfAbsent(snapshot, id -> new ArrayList<>()).add(pin.describe());
        }
        List<Named> named = new ArrayList<>();
        names.forEach((snapshot, all) -> {
            TableScan scan = service.scan(new CommitGuard.Candidate(name, row.id(), table, table.snapshot(snapshot)));
            if (scan.files().stream()
                    .flatMap(file -> file.deletes().stream())
                    .anyMatch(TableScan.Equality.class::isInstance)) {
                throw UNSUPPORTED.because(
                        "'%s' has files that delete rows by their values, which are values of rows, too. Compact it first"
                                + " (millwright data compact %s).",
                        name, name);
            }
            named.add(new Named(scan, snapshot, all));
        });
        return named;
    }

    /// What would come of it.
    ///
    /// @param having locations of files with such rows
    /// @throws io.millwright.kernel.Failure WRONG_STATE when a legal hold is on a version that has them
    public Done preview(Plan plan, Set<String> having) {
        Set<Long> gone = plan.having(having);
        for (Pin pin : plan.pins) {
            if (!pin.isLegalHold() || gone.stream().noneMatch(pin::keeps)) continue;
            throw WRONG_STATE.because(
                    "The rows are under a legal hold, and nothing was erased: %s%s. Have it lifted first (DELETE"
                            + " …/pins).",
                    pin.describe(), pin.reason().isEmpty() ? "" : ", '" + pin.reason() + "'");
        }
        List<Integer> removed = gone.stream()
                .flatMap(snapshot -> service.versionOf(plan.row, snapshot).stream())
                .map(DatasetVersion::number)
                .sorted()
                .toList();
        List<String> moved = plan.named.stream()
                .filter(named -> gone.contains(named.snapshotId()))
                .flatMap(named -> named.names().stream())
                .sorted()
                .toList();
        return new Done(removed, moved, having.size());
    }

    /// Puts the rest of a file where the dataset's files are; nothing names it yet.
    ///
    /// @return absent when nothing is left
    public Optional<DataFile> place(Plan plan, Path written, Metrics metrics) {
        return metrics.recordCount() == 0 ? Optional.empty() : Optional.of(service.place(plan.table, written, metrics));
    }

    /// Takes what was placed in vain away.
    public void discard(DataFile placed) {
        warehouse.delete(placed.location());
    }

    /// @param rests what takes the place of each file of a named version that has such rows
    /// @param told in the event
    /// @throws io.millwright.kernel.Failure CONFLICT when another commit came first; then nothing was done, and
    ///     a new plan is needed
    public Done erase(
            Plan plan,
            Set<String> having,
            Map<TableScan.ScanFile, Optional<DataFile>> rests,
            String message,
            Map<String, Object> told) {
        Done preview = preview(plan, having);
        NamedFiles before = NamedFiles.of(plan.row, commits);
        Set<String> between = new HashSet<>();
        Map<Long, Long> replaced = new LinkedHashMap<>();
        IcebergFailures.told(() -> {
            Transaction transaction = plan.table.newTransaction();
            Set<Long> gone = plan.having(having);
            for (Named named : plan.named) {
                if (!gone.contains(named.snapshotId())) continue;
                makeAnew(transaction, plan, named, having, rests);
                replaced.put(
                        named.snapshotId(),
                        transaction.table().currentSnapshot().snapshotId());
            }
            TableMetadata staged =
                    ((HasTableOperations) transaction.table()).operations().current();
            // Versions that came to be on the way are nobody's.
            for (Snapshot snapshot : staged.snapshots()) {
                boolean onTheWay = plan.base.snapshot(snapshot.snapshotId()) == null
                        && !replaced.containsValue(snapshot.snapshotId());
                if (!onTheWay) continue;
                gone.add(snapshot.snapshotId());
                between.add(snapshot.manifestListLocation());
                snapshot.allManifests(plan.table.io()).forEach(manifest -> between.add(manifest.path()));
            }
            TableMetadata next = moved(plan.base, staged, replaced, gone);
            TableOperations operations = ((HasTableOperations) plan.table).operations();
            new CommitNote(message, List.of(), Optional.of(new CommitNote.Erasure(replaced, told))).call(() -> {
                operations.commit(plan.base, next);
                return 0;
            });
            return 0;
        });
        return new Done(preview.removed(), preview.moved(), deleteUnnamed(plan, before, between));
    }

    /// On main, which is put back in the end: Iceberg rewrites manifests nowhere else, and those that tell of a
    /// file that is gone tell its least and greatest values, too.
    private static void makeAnew(
            Transaction transaction,
            Plan plan,
            Named named,
            Set<String> having,
            Map<TableScan.ScanFile, Optional<DataFile>> rests) {
        transaction.manageSnapshots().setCurrentSnapshot(named.snapshotId()).commit();
        OverwriteFiles overwrite = transaction.newOverwrite();
        for (TableScan.ScanFile file : named.scan().files()) {
            if (!having.contains(file.location())) continue;
            overwrite.deleteFile(plan.files.get(file.location()));
            Objects.requireNonNull(rests.get(file), file::location).ifPresent(overwrite::addFile);
        }
        overwrite.commit();
        transaction
                .rewriteManifests()
                .clusterBy(file -> 0)
                .rewriteIf(ManifestFile::hasDeletedFiles)
                .commit();
    }

    private static TableMetadata moved(
            TableMetadata base, TableMetadata staged, Map<Long, Long> replaced, Set<Long> gone) {
        TableMetadata.Builder next = TableMetadata.buildFrom(staged);
        if (!base.refs().containsKey(MAIN)) next.removeRef(MAIN);
        base.refs().forEach((ref, to) -> {
            long now = replaced.getOrDefault(to.snapshotId(), to.snapshotId());
            next.setRef(ref, SnapshotRef.builderFrom(to, now).build());
        });
        return next.removeSnapshots(List.copyOf(gone)).build();
    }

    /// What the dataset named before, and names no more.
    private long deleteUnnamed(Plan plan, NamedFiles before, Set<String> between) {
        // Under whatever name it goes by now.
        TableStore.Row row = db.read(sql -> tables.byId(sql, plan.row.id())).orElseThrow();
        NamedFiles after = NamedFiles.of(row, commits);
        String root = TableFiles.plain(warehouse.root());
        long[] files = {0};
        before.forEach(plain -> {
            if (after.contains(plain)) return;
            warehouse.delete(warehouse.root() + plain.substring(root.length()));
            files[0]++;
        });
        for (String location : between) {
            if (!after.contains(location)) warehouse.delete(location);
        }
        return files[0];
    }
}
