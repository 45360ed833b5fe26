package io.millwright.lake.ingest;

import static io.millwright.kernel.ErrorCode.CONFLICT;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.Folders;
import io.millwright.lake.duck.DuckThread;
import io.millwright.lake.ingest.Mapping.Incoming;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.CommitNote;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.DatasetVersion;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/// Files that become versions of datasets.
final class IngestService {
    /// Each may take all the memory of [IngestSettings] and every core.
    private static final int AT_ONCE = 2;

    private final TableService tables;
    private final Uploads uploads;
    private final IngestSettings settings;
    private final Semaphore turns = new Semaphore(AT_ONCE, true);

    IngestService(TableService tables, Uploads uploads, IngestSettings settings) {
        this.tables = tables;
        this.uploads = uploads;
        this.settings = settings;
    }

    /// What was found out about an upload.
    ///
    /// @param diff to the dataset; absent when there is none yet
    record View(
            String id,
            FileKind kind,
            List<Source.Column> columns,
            Opened.Sample sample,
            List<Problem> problems,
            Optional<SchemaDiff> diff) {}

    enum Mode {
        CREATE,
        APPEND,
        OVERWRITE
    }

    /// @param branch empty for `main`
    record Commit(
            String upload,
            Mode mode,
            Mapping mapping,
            boolean evolve,
            boolean allowEmpty,
            String message,
            String branch) {}

    View upload(DatasetName dataset, String name, Map<String, List<String>> options, InputStream in, long length)
            throws IOException {
        requireWrite(dataset);
        FileOptions.parse(options); // What is misspelt is told before the body is read.
        Uploads.Upload upload = uploads.take(dataset, name, options, in, length);
        try {
            return DuckThread.call("ingest", () -> view(dataset, upload));
        } catch (RuntimeException e) {
            uploads.remove(upload); // It cannot be read at all.
            throw e;
        }
    }

    View view(DatasetName dataset, String id) {
        requireWrite(dataset);
        Uploads.Upload upload = uploads.find(dataset, id);
        return DuckThread.call("ingest", () -> view(dataset, upload));
    }

    private View view(DatasetName dataset, Uploads.Upload upload) {
        turns.acquireUninterruptibly();
        try (Opened file = open(upload)) {
            Opened.Sample sample = file.sample();
            List<Source.Column> columns = file.source().columns();
            List<Problem> problems = new ArrayList<>(Mapping.problemsOf(columns));
            problems.addAll(sample.problems());
            Optional<SchemaDiff> diff = existing(dataset).map(table -> {
                List<Incoming> incoming = new ArrayList<>();
                for (int i = 0; i < columns.size(); i++) {
                    incoming.add(new Incoming(
                            i, columns.get(i).name(), columns.get(i).type(), false, false));
                }
                return compared(dataset, table, file, incoming);
            });
            return new View(upload.id(), file.source().kind(), columns, sample, problems, diff);
        } finally {
            turns.release();
        }
    }

    long bytes(DatasetName dataset, String id) {
        try {
            return Files.size(uploads.find(dataset, id).file());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Makes an upload a version; it is gone then. After a failure it is still there, and the
    /// dataset as it was.
    ///
    /// @return absent when the file had no row
    Optional<DatasetVersion> commit(DatasetName dataset, Commit commit) {
        requireWrite(dataset);
        return DuckThread.call("ingest", () -> committed(dataset, commit));
    }

    private Optional<DatasetVersion> committed(DatasetName dataset, Commit commit) {
        Uploads.Upload upload = uploads.find(dataset, commit.upload());
        Optional<Table> table = existing(dataset);
        if (commit.mode() == Mode.CREATE && table.isPresent()) {
            throw NAME_TAKEN.because(
                    "The dataset '%s' exists. Append to it, overwrite it, or choose another name.", dataset);
        }
        if (commit.mode() != Mode.CREATE && table.isEmpty()) {
            throw NOT_FOUND.because(
                    "There is no dataset '%s'. Create it with mode 'create' (millwright data add).", dataset);
        }
        Path folder = tables.scratch().resolve("ingest-" + UUID.randomUUID());
        turns.acquireUninterruptibly();
        try (Opened file = open(upload)) {
            List<Incoming> columns = commit.mapping().apply(file.source().columns());
            Optional<DatasetVersion> version = table.isPresent()
                    ? change(dataset, table.get(), file, columns, folder, commit)
                    : create(dataset, file, columns, folder, commit);
            uploads.remove(upload);
            return version;
        } finally {
            turns.release();
            Folders.remove(folder);
        }
    }

    private Optional<DatasetVersion> create(
            DatasetName dataset, Opened file, List<Incoming> columns, Path folder, Commit commit) {
        if (!commit.branch().isEmpty()) {
            throw INVALID_ARGUMENT.because("A new dataset begins on main, not on the branch '%s'.", commit.branch());
        }
        List<Types.NestedField> fields = new ArrayList<>();
        for (Incoming column : columns) {
            // Ids of nested types are the next ones after all that are given here.
            fields.add(Types.NestedField.optional(1_000_000 + column.position(), column.name(), column.type()));
        }
        int[] last = {0};
        Schema schema = TypeUtil.assignFreshIds(new Schema(distinct(fields)), () -> ++last[0]);
        List<Opened.Written> written = written(file, folder, schema, columns, commit);
        tables.create(dataset, schema, Map.of(), new CommitNote(commit.message(), List.of()), transaction -> {
            requireSame(schema, transaction.table().schema());
            if (!written.isEmpty()) append(transaction, written, "");
        });
        return written.isEmpty() ? Optional.empty() : Optional.of(tables.version(dataset, new At.Latest()));
    }

    /// Ids that inference gave inside columns may meet between columns.
    private static List<Types.NestedField> distinct(List<Types.NestedField> fields) {
        int[] next = {0};
        List<Types.NestedField> result = new ArrayList<>();
        for (Types.NestedField field : fields) {
            Schema alone = TypeUtil.assignFreshIds(new Schema(List.of(field)), () -> ++next[0]);
            result.add(alone.columns().getFirst());
        }
        return result;
    }

    private Optional<DatasetVersion> change(
            DatasetName dataset, Table table, Opened file, List<Incoming> columns, Path folder, Commit commit) {
        file.sample();
        SchemaDiff diff = compared(dataset, table, file, columns);
        if (!diff.allows(commit.evolve())) {
            throw WRONG_STATE.because("The file does not have the columns of '" + dataset + "'; nothing was committed:"
                    + diff.text() + diff.advice());
        }
        UpdateSchema planned = evolve(table.updateSchema(), diff);
        Schema schema = diff.isEmpty() ? table.schema() : planned.apply();
        List<Opened.Written> written = written(file, folder, schema, columns, commit);
        return tables.commit(dataset, new CommitNote(commit.message(), List.of()), transaction -> {
            if (!diff.isEmpty()) evolve(transaction.updateSchema(), diff).commit();
            requireSame(schema, transaction.table().schema());
            if (commit.mode() == Mode.OVERWRITE) overwrite(transaction, written, commit.branch());
            else if (!written.isEmpty()) append(transaction, written, commit.branch());
        });
    }

    private static List<Opened.Written> written(
            Opened file, Path folder, Schema schema, List<Incoming> columns, Commit commit) {
        List<Opened.Written> written = file.write(folder, schema, columns);
        if (written.isEmpty() && !commit.allowEmpty()) {
            throw INVALID_ARGUMENT.because(
                    "The file has no row, only the names of %d columns. Say allow_empty to commit it nevertheless.",
                    columns.size());
        }
        return written;
    }

    private static UpdateSchema evolve(UpdateSchema update, SchemaDiff diff) {
        diff.added().forEach(column -> update.addColumn(column.name(), column.type()));
        for (SchemaDiff.Retyped column : diff.retyped()) {
            update.updateColumn(column.name(), column.file().asPrimitiveType());
        }
        for (Types.NestedField field : diff.missing()) {
            if (field.isRequired()) update.makeColumnOptional(field.name());
        }
        return update;
    }

    /// Files carry field ids: what was written for one schema must not be committed under another.
    private static void requireSame(Schema planned, Schema now) {
        if (planned.sameSchema(now)) return;
        throw CONFLICT.because(
                "The dataset's columns were changed meanwhile, and nothing was committed. Send it again.");
    }

    private void append(Transaction transaction, List<Opened.Written> written, String branch) {
        AppendFiles append = transaction.newAppend();
        for (Opened.Written one : written)
            append.appendFile(tables.place(transaction.table(), one.path(), one.metrics()));
        if (!branch.isEmpty()) append.toBranch(branch);
        append.commit();
    }

    private void overwrite(Transaction transaction, List<Opened.Written> written, String branch) {
        OverwriteFiles overwrite = transaction.newOverwrite().overwriteByRowFilter(Expressions.alwaysTrue());
        for (Opened.Written one : written)
            overwrite.addFile(tables.place(transaction.table(), one.path(), one.metrics()));
        if (!branch.isEmpty()) overwrite.toBranch(branch);
        overwrite.commit();
    }

    private SchemaDiff compared(DatasetName dataset, Table table, Opened file, List<Incoming> columns) {
        SchemaDiff diff = SchemaDiff.of(table.schema(), columns, file.source().kind());
        if (diff.added().isEmpty() || diff.missing().isEmpty()) return diff;
        TableScan scan = tables.scan(dataset, new At.Latest());
        if (scan.files().isEmpty()) {
            return diff.with(Renames.find(diff, table.schema(), field -> List.of(), file::values));
        }
        TableScan.ScanFile first = scan.files().getFirst();
        try (TableService.LocalFile data = tables.local(scan, first.location(), first.bytes())) {
            return diff.with(
                    Renames.find(diff, table.schema(), field -> file.values(data.path(), field.name()), file::values));
        }
    }

    private Optional<Table> existing(DatasetName dataset) {
        try {
            return Optional.of(tables.table(dataset));
        } catch (Failure e) {
            if (e.code() == NOT_FOUND) return Optional.empty();
            throw e;
        }
    }

    private Opened open(Uploads.Upload upload) {
        return Opened.open(settings.caps(), upload.file(), upload.name(), FileOptions.parse(upload.options()));
    }

    private static void requireWrite(DatasetName dataset) {
        RequestContext.current().require(Right.WRITE, dataset.urn(), dataset.parents());
    }
}
