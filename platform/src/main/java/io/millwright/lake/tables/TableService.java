package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionField;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.expressions.Binder;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.SnapshotUtil;

/// Datasets and their versions: what others of the process ask, in the workspace of the request in hand and
/// with the rights of its principal.
public final class TableService {
    private static final int PAGE = 200;
    private static final int MOST_WORDS = 8;

    private final Db db;
    private final TableCommits commits;
    private final CatalogChanges changes;
    private final Warehouse warehouse;
    private final TableStore tables = new TableStore();

    TableService(Db db, TableCommits commits, CatalogChanges changes, Warehouse warehouse) {
        this.db = db;
        this.commits = commits;
        this.changes = changes;
        this.warehouse = warehouse;
    }

    /// Those the principal may read, in the order of their names.
    ///
    /// @param search words that must all stand in what is said of it: names, columns, docs, units, owners,
    ///     tags
    /// @param namespace only those in it, at any depth; empty for all
    /// @param after the last one of the page before; empty for the first
    public List<Dataset.Row> list(String search, String namespace, String after, int most) {
        String workspace = workspace();
        List<String> words = Arrays.stream(search.toLowerCase(Locale.ROOT).split("\\s+"))
                .filter(word -> !word.isEmpty())
                .toList();
        for (String word : words) {
            if (word.codePoints().anyMatch(Character::isLetterOrDigit)) continue;
            throw INVALID_ARGUMENT.because("'search' has '%s', expected words with a letter or a digit.", word);
        }
        if (words.size() > MOST_WORDS) {
            throw INVALID_ARGUMENT.because("%d words are searched for, expected at most %d.", words.size(), MOST_WORDS);
        }
        if (!namespace.isEmpty()) DatasetName.checkNamespace(namespace);
        List<Dataset.Row> found = new ArrayList<>();
        String fromNamespace = "";
        String fromName = "";
        if (!after.isEmpty()) {
            DatasetName last = DatasetName.parse(after);
            fromNamespace = last.namespace();
            fromName = last.name();
        }
        while (true) {
            String namespaceAfter = fromNamespace;
            String nameAfter = fromName;
            List<TableStore.Row> page =
                    db.read(sql -> tables.page(sql, workspace, namespaceAfter, nameAfter, words, PAGE));
            for (TableStore.Row row : page) {
                if (!isIn(row.name(), namespace) || !allows(Right.READ, row.name())) continue;
                found.add(listed(row, words));
                if (found.size() == most) return found;
            }
            if (page.size() < PAGE) return found;
            fromNamespace = page.getLast().name().namespace();
            fromName = page.getLast().name().name();
        }
    }

    private static boolean isIn(DatasetName name, String namespace) {
        return namespace.isEmpty()
                || name.namespace().equals(namespace)
                || name.namespace().startsWith(namespace + ".");
    }

    private Dataset.Row listed(TableStore.Row row, List<String> words) {
        return db.read(sql -> new Dataset.Row(
                row.name(),
                row.id(),
                row.mainSnapshot().flatMap(id -> tables.versionOf(sql, row.id(), id)),
                row.comment(),
                Description.words(row.owners()),
                Description.words(row.tags()),
                row.changedAt(),
                words.stream()
                        .flatMap(word -> tables.columnsWith(sql, row.id(), word, 3).stream())
                        .distinct()
                        .limit(5)
                        .toList()));
    }

    /// The namespaces that the principal may read something in.
    public List<String> namespaces() {
        return changes.namespaces(workspace()).stream()
                .filter(name -> RequestContext.current()
                        .allows(Right.READ, "namespace:" + name, DatasetName.parentsOf(name, false)))
                .toList();
    }

    public Dataset get(DatasetName name) {
        require(Right.READ, name);
        TableStore.Row row = row(name);
        Table table = load(name);
        List<Dataset.Ref> refs = new ArrayList<>();
        for (var ref : table.refs().entrySet()) {
            SnapshotRef to = ref.getValue();
            refs.add(new Dataset.Ref(
                    ref.getKey(),
                    to.isBranch(),
                    to.snapshotId(),
                    versionOf(row, to.snapshotId()).map(DatasetVersion::number)));
        }
        refs.sort(java.util.Comparator.comparing(Dataset.Ref::name));
        List<String> partitions = new ArrayList<>();
        for (PartitionField field : table.spec().fields()) {
            String source = table.schema().findColumnName(field.sourceId());
            String transform = field.transform().toString();
            partitions.add(transform.equals("identity") ? source : transform + "(" + source + ")");
        }
        return new Dataset(
                name,
                row.id(),
                row.location(),
                current(row, table),
                table.schema(),
                partitions,
                table.properties(),
                refs,
                Description.of(table.schema(), table.properties()),
                row.createdAt(),
                row.changedAt());
    }

    private Optional<DatasetVersion> current(TableStore.Row row, Table table) {
        Snapshot snapshot = table.currentSnapshot();
        return snapshot == null ? Optional.empty() : versionOf(row, snapshot.snapshotId());
    }

    Optional<DatasetVersion> versionOf(TableStore.Row row, long snapshotId) {
        return db.read(sql -> tables.versionOf(sql, row.id(), snapshotId));
    }

    /// Latest first.
    ///
    /// @param below the number of the last one of the page before
    public List<DatasetVersion> versions(DatasetName name, int below, int most) {
        require(Right.READ, name);
        TableStore.Row row = row(name);
        return db.read(sql -> tables.versions(sql, row.id(), below, most));
    }

    /// @throws io.millwright.kernel.Failure NOT_FOUND when there is no such version; WRONG_STATE when its
    ///     files are gone
    public DatasetVersion version(DatasetName name, At at) {
        return versionIfAny(name, at)
                .orElseThrow(() -> NOT_FOUND.because("'%s' has no version yet. Append to it first.", name));
    }

    /// The same, absent when nothing was committed yet.
    public Optional<DatasetVersion> versionIfAny(DatasetName name, At at) {
        require(Right.READ, name);
        TableStore.Row row = row(name);
        return snapshot(row, load(name), at)
                .map(snapshot -> versionOf(row, snapshot.snapshotId()).orElseThrow(() -> noVersion(name, at)));
    }

    /// What the dataset is called by stores, whatever its name.
    public String id(DatasetName name) {
        require(Right.READ, name);
        return row(name).id();
    }

    /// What differs between two versions of a dataset.
    public VersionDiff diff(DatasetName name, At from, At to) {
        DatasetVersion before = version(name, from);
        DatasetVersion after = version(name, to);
        Table table = load(name);
        return VersionDiff.of(before, schemaAt(table, before), after, schemaAt(table, after));
    }

    private static Schema schemaAt(Table table, DatasetVersion version) {
        Snapshot snapshot = table.snapshot(version.snapshotId());
        if (snapshot == null) throw WRONG_STATE.because("Version %d was removed meanwhile.", version.number());
        return schemaOf(snapshot, table);
    }

    public TableScan scan(DatasetName name, At at) {
        return scan(name, at, schema -> Expressions.alwaysTrue());
    }

    /// What to read for a version.
    ///
    /// @param filter over the version's columns, leaves files out that cannot hold a row it is true for; the
    ///     rows are for the caller to filter
    public TableScan scan(DatasetName name, At at, Function<Schema, Expression> filter) {
        require(Right.READ, name);
        TableStore.Row row = row(name);
        Table table = load(name);
        Optional<Snapshot> found = snapshot(row, table, at);
        if (found.isEmpty()) {
            return new TableScan(name, row.id(), Optional.empty(), table.schema(), List.of(), 0, 0, 0);
        }
        Snapshot snapshot = found.get();
        Schema schema = at instanceof At.Latest ? table.schema() : schemaOf(snapshot, table);
        Expression asked = filter.apply(schema);
        boolean known = namesStand(asked, schema, SnapshotUtil.schemaFor(table, snapshot.snapshotId()));
        return scan(name, row.id(), table, snapshot, schema, known ? asked : Expressions.alwaysTrue());
    }

    /// Iceberg knows columns by the names they had when the snapshot was made.
    private static boolean namesStand(Expression filter, Schema now, Schema then) {
        return Binder.boundReferences(now.asStruct(), List.of(filter), true).stream()
                .allMatch(id -> {
                    Types.NestedField field = then.findField(id);
                    return field != null
                            && field.name().equals(now.findField(id).name())
                            && field.type().equals(now.findField(id).type());
                });
    }

    /// The files that a version brought.
    public TableScan scanOfAdded(DatasetName name, At.Snapshot at) {
        require(Right.READ, name);
        TableStore.Row row = row(name);
        Table table = load(name);
        Snapshot snapshot = snapshot(row, table, at).orElseThrow();
        List<TableScan.ScanFile> files = new ArrayList<>();
        IcebergFailures.told(() -> {
            SnapshotChanges changes =
                    SnapshotChanges.builderFor(table).snapshot(snapshot).build();
            changes.addedDataFiles().forEach(file -> files.add(scanFile(file, List.of())));
            return files;
        });
        TableScan none = new TableScan(
                name, row.id(), versionOf(row, snapshot.snapshotId()), schemaOf(snapshot, table), List.of(), 0, 0, 0);
        return none.of(files);
    }

    /// What to read of a version that may never become one.
    public TableScan scan(CommitGuard.Candidate candidate) {
        return scan(
                candidate.dataset(),
                candidate.tableId(),
                candidate.table(),
                candidate.snapshot(),
                candidate.table().schema(),
                Expressions.alwaysTrue());
    }

    private TableScan scan(
            DatasetName name, String id, Table table, Snapshot snapshot, Schema schema, Expression filter) {
        List<TableScan.ScanFile> files = new ArrayList<>();
        IcebergFailures.told(() -> {
            try (CloseableIterable<FileScanTask> tasks = table.newScan()
                    .useSnapshot(snapshot.snapshotId())
                    .filter(filter)
                    .planFiles()) {
                for (FileScanTask task : tasks) files.add(scanFile(task));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return files;
        });
        long rows = files.stream().mapToLong(TableScan.ScanFile::rows).sum();
        long bytes = files.stream().mapToLong(TableScan.ScanFile::bytes).sum();
        Optional<DatasetVersion> version = db.read(sql -> tables.versionOf(sql, id, snapshot.snapshotId()));
        long inAll = version.map(DatasetVersion::files).filter(n -> n >= 0).orElse((long) files.size());
        return new TableScan(name, id, version, schema, files, rows, bytes, inAll);
    }

    /// The version's own; writers of format version 1 did not say which it is.
    private static Schema schemaOf(Snapshot snapshot, Table table) {
        Integer id = snapshot.schemaId();
        Schema schema = id == null ? null : table.schemas().get(id);
        return schema == null ? table.schema() : schema;
    }

    private static TableScan.ScanFile scanFile(FileScanTask task) {
        List<TableScan.Delete> deletes = new ArrayList<>();
        for (DeleteFile delete : task.deletes()) {
            deletes.add(delete(delete));
        }
        return scanFile(task.file(), deletes);
    }

    private static TableScan.Delete delete(DeleteFile file) {
        String location = file.location();
        long bytes = file.fileSizeInBytes();
        long rows = file.recordCount();
        if (file.content() == FileContent.EQUALITY_DELETES) {
            return new TableScan.Equality(location, bytes, rows, file.equalityFieldIds());
        }
        return file.format() == FileFormat.PUFFIN
                ? new TableScan.Vector(location, bytes, rows, file.copy())
                : new TableScan.Positions(location, bytes, rows);
    }

    static TableScan.ScanFile scanFile(DataFile file, List<TableScan.Delete> deletes) {
        return new TableScan.ScanFile(
                file.location(), file.format().name(), file.recordCount(), file.fileSizeInBytes(), deletes);
    }

    /// What was kept beside a data file; see [#keepBeside].
    public Optional<byte[]> keptBeside(TableScan scan, TableScan.ScanFile file) {
        InputFile kept = besideOf(scan, file);
        if (!kept.exists()) return Optional.empty();
        try (InputStream in = kept.newStream()) {
            return Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw FolderWarehouse.missing(kept.location());
        }
    }

    public boolean isKeptBeside(TableScan scan, TableScan.ScanFile file) {
        return besideOf(scan, file).exists();
    }

    private InputFile besideOf(TableScan scan, TableScan.ScanFile file) {
        TableStore.Row row = placeOf(scan);
        return commits.files(row.location()).newInputFile(NamedFiles.beside(row.location(), file.location()));
    }

    /// Keeps bytes beside a data file; they go when it goes.
    public void keepBeside(TableScan scan, TableScan.ScanFile file, byte[] bytes) {
        TableStore.Row row = placeOf(scan);
        TableFiles own = commits.files(row.location());
        String beside = NamedFiles.beside(row.location(), file.location());
        try (OutputStream out = own.newOutputFile(beside).createOrOverwrite()) {
            out.write(bytes);
        } catch (IOException e) {
            throw FolderWarehouse.unwritable(e);
        }
        // Its data may have been erased meanwhile.
        if (!own.newInputFile(file.location()).exists()) own.deleteFile(beside);
    }

    private TableStore.Row placeOf(TableScan scan) {
        return db.read(sql -> tables.byId(sql, scan.tableId()))
                .orElseThrow(() -> NOT_FOUND.because("'%s' was removed for good meanwhile.", scan.dataset()));
    }

    /// Makes a file of a scan readable on this machine; to be closed when it was read.
    ///
    /// @throws io.millwright.kernel.Failure UNAVAILABLE when it is missing, or has another size than when it
    ///     was written
    public LocalFile local(TableScan scan, String location, long bytes) {
        TableStore.Row row = placeOf(scan);
        Warehouse.Lease lease = commits.files(row.location()).local(location, bytes);
        try {
            long found = Files.size(lease.path());
            if (found != bytes) throw altered(scan.dataset(), location, found, bytes);
        } catch (IOException e) {
            lease.close();
            throw FolderWarehouse.missing(location);
        } catch (RuntimeException e) {
            lease.close();
            throw e;
        }
        return new LocalFile(lease);
    }

    private static RuntimeException altered(DatasetName name, String location, long found, long expected) {
        return io.millwright.kernel.ErrorCode.UNAVAILABLE.because(
                "The file %s of '%s' was altered: it has %d bytes, expected %d. Restore it from a backup, or roll the dataset"
                        + " back to a version without it.",
                location.substring(location.lastIndexOf('/') + 1), name, found, expected);
    }

    /// A data file on this machine, readable until it is closed.
    public static final class LocalFile implements AutoCloseable {
        private final Warehouse.Lease lease;

        LocalFile(Warehouse.Lease lease) {
            this.lease = lease;
        }

        public Path path() {
            return lease.path();
        }

        @Override
        public void close() {
            lease.close();
        }
    }

    private Optional<Snapshot> snapshot(TableStore.Row row, Table table, At at) {
        return switch (at) {
            case At.Latest() -> Optional.ofNullable(table.currentSnapshot());
            case At.Version(int number) -> {
                DatasetVersion version = db.read(sql -> tables.version(sql, row.id(), number))
                        .orElseThrow(() -> noVersion(row.name(), at));
                Snapshot snapshot = table.snapshot(version.snapshotId());
                if (snapshot == null) throw expired(row.name(), version);
                yield Optional.of(snapshot);
            }
            case At.Snapshot(long id) ->
                Optional.of(Optional.ofNullable(table.snapshot(id)).orElseThrow(() -> noVersion(row.name(), at)));
            case At.Ref(String ref) ->
                Optional.of(Optional.ofNullable(table.refs().get(ref))
                        .map(to -> table.snapshot(to.snapshotId()))
                        .orElseThrow(() -> noVersion(row.name(), at)));
            case At.Time(Instant time) -> Optional.of(asOf(row.name(), table, time, at));
        };
    }

    private static Snapshot asOf(DatasetName name, Table table, Instant time, At at) {
        try {
            return table.snapshot(SnapshotUtil.snapshotIdAsOfTime(table, time.toEpochMilli()));
        } catch (IllegalArgumentException e) {
            throw noVersion(name, at);
        }
    }

    private static RuntimeException noVersion(DatasetName name, At at) {
        return NOT_FOUND.because("'%s' has no %s. See ./millwright data versions %s.", name, at.describe(), name);
    }

    private static RuntimeException expired(DatasetName name, DatasetVersion version) {
        return WRONG_STATE.because(
                "Version %d of '%s' was removed, by retention or by an erasure, and its files with it.",
                version.number(), name);
    }

    /// Makes a table, with what the body puts into it, in one commit; and its namespace, if there is none.
    ///
    /// @param body may append files and change properties
    public DatasetName create(
            DatasetName name,
            Schema schema,
            Map<String, String> properties,
            CommitNote note,
            Consumer<Transaction> body) {
        String workspace = workspace();
        RequestContext.current()
                .require(Right.WRITE, "namespace:" + name.namespace(), DatasetName.parentsOf(name.namespace(), false));
        IcebergFailures.told(() -> {
            changes.ensureNamespace(workspace, name.namespace());
            Transaction transaction = catalog()
                    .buildTable(name.identifier(), schema)
                    .withProperties(properties)
                    .createTransaction();
            return note.call(() -> {
                body.accept(transaction);
                transaction.commitTransaction();
                return 0;
            });
        });
        return name;
    }

    /// Changes a table in one commit, tried again when others come first.
    ///
    /// @return the version that came of it; empty when it made none
    public Optional<DatasetVersion> commit(DatasetName name, CommitNote note, Consumer<Transaction> body) {
        require(Right.WRITE, name);
        TableStore.Row row = row(name);
        int before = db.read(sql -> tables.lastNumber(sql, row.id()));
        IcebergFailures.told(() -> note.call(() -> {
            Transaction transaction = load(name).newTransaction();
            body.accept(transaction);
            transaction.commitTransaction();
            return 0;
        }));
        String request = RequestContext.current().requestId();
        return db.read(sql -> tables.versions(sql, row.id(), Integer.MAX_VALUE, 50)).stream()
                .filter(version ->
                        version.number() > before && version.requestId().equals(request))
                .findFirst();
    }

    /// The table as Iceberg has it; to read it, or for [#place].
    public Table table(DatasetName name) {
        require(Right.READ, name);
        row(name);
        return load(name);
    }

    /// The names of those in the trash, the one dropped last first.
    public List<DatasetName> dropped() {
        return db.read(sql -> tables.dropped(sql, workspace(), 200)).stream()
                .map(TableStore.Row::name)
                .filter(name -> allows(Right.MANAGE, name))
                .toList();
    }

    /// A folder for data files before they are placed.
    public Path scratch() {
        return warehouse.scratch();
    }

    /// Moves a finished Parquet file of [#scratch] into the table's folder, where nobody sees it before a
    /// commit names it.
    ///
    /// @param table the one it is for, or a transaction's
    public DataFile place(Table table, Path written, Metrics metrics) {
        if (table.spec().isPartitioned()) {
            throw INVALID_ARGUMENT.because(
                    "'%s' is partitioned, and Millwright writes tables that are not. Append with Spark or pyiceberg.",
                    table.name());
        }
        try {
            long bytes = Files.size(written);
            String location = table.locationProvider().newDataLocation(UUID.randomUUID() + ".parquet");
            if (!commits.files(table.location()).isOwn(location)) throw FolderWarehouse.outside(location);
            warehouse.place(written, location);
            return DataFiles.builder(table.spec())
                    .withPath(location)
                    .withFormat(FileFormat.PARQUET)
                    .withFileSizeInBytes(bytes)
                    .withMetrics(metrics)
                    .build();
        } catch (IOException e) {
            throw FolderWarehouse.unwritable(e);
        }
    }

    /// To the trash; [#restore] brings it back.
    public void drop(DatasetName name) {
        require(Right.MANAGE, name);
        if (!changes.drop(workspace(), name)) throw noTable(name);
    }

    public void restore(DatasetName name) {
        require(Right.MANAGE, name);
        IcebergFailures.told(() -> {
            changes.restore(workspace(), name);
            return 0;
        });
    }

    public void rename(DatasetName from, DatasetName to) {
        require(Right.MANAGE, from);
        RequestContext.current()
                .require(Right.WRITE, "namespace:" + to.namespace(), DatasetName.parentsOf(to.namespace(), false));
        IcebergFailures.told(() -> {
            changes.rename(workspace(), from, to);
            return 0;
        });
    }

    LakeCatalog catalog() {
        return new LakeCatalog(workspace(), commits, changes);
    }

    /// See [TableCommits#publishAll].
    void publishAll(List<TableCommits.Change> all) {
        commits.publishAll(all);
    }

    private Table load(DatasetName name) {
        return IcebergFailures.told(() -> {
            Table table = catalog().loadTable(name.identifier());
            if (table instanceof BaseTable) return table;
            throw noTable(name);
        });
    }

    private TableStore.Row row(DatasetName name) {
        return commits.row(name);
    }

    static RuntimeException noTable(DatasetName name) {
        return NOT_FOUND.because("There is no dataset '%s'. See ./millwright data list.", name);
    }

    private static boolean allows(Right right, DatasetName name) {
        return RequestContext.current().allows(right, name.urn(), name.parents());
    }

    static void require(Right right, DatasetName name) {
        RequestContext.current().require(right, name.urn(), name.parents());
    }

    private static String workspace() {
        return RequestContext.current().workspace();
    }
}
