package io.millwright.serving.log;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.lake.duck.AppendedRows;
import io.millwright.lake.tables.CommitNote;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.TableService;
import io.millwright.serving.worker.Folders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFiles;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/// Entries as rows of datasets: `predictions.churn` has a row for each row that endpoint churn was asked.
final class PredictionTables {
    static final String NAMESPACE = "predictions";
    private static final long USUAL_MEMORY = 256 << 20;

    private final TableService tables;

    PredictionTables(TableService tables) {
        this.tables = tables;
    }

    /// The dataset of an endpoint's predictions. Dots of the endpoint's name, which would part a dataset's, become `_`.
    static DatasetName dataset(String endpoint) {
        return new DatasetName(NAMESPACE, endpoint.replace('.', '_'));
    }

    /// Whether there is one.
    boolean exists(DatasetName dataset) {
        return table(dataset).isPresent();
    }

    private Optional<Table> table(DatasetName dataset) {
        try {
            return Optional.of(tables.table(dataset));
        } catch (Failure e) {
            if (e.code() == ErrorCode.NOT_FOUND) return Optional.empty();
            throw e;
        }
    }

    /// Adds entries in one commit.
    ///
    /// @param bytes they take
    /// @param note what the version says of itself
    void append(DatasetName dataset, Entries entries, long bytes, String note) {
        Optional<Table> table = table(dataset);
        Schema before = table.map(Table::schema).orElseGet(PredictionTables::fixed);
        Wanted wanted = new Wanted(before);
        entries.each(wanted::add);
        CommitNote told = new CommitNote(note, List.of());
        Path folder = tables.scratch().resolve("predictions-" + UUID.randomUUID());
        try {
            Files.createDirectories(folder);
            if (table.isEmpty()) {
                Schema schema = wanted.fresh();
                Written written = write(folder, schema, wanted, entries, bytes);
                tables.create(
                        dataset,
                        schema,
                        Map.of(),
                        told,
                        transaction -> transaction
                                .newAppend()
                                .appendFile(tables.place(transaction.table(), written.file(), written.metrics()))
                                .commit());
                return;
            }
            UpdateSchema update = table.get().updateSchema();
            wanted.addTo(update);
            Schema schema = wanted.isNew() ? update.apply() : before;
            Written written = write(folder, schema, wanted, entries, bytes);
            tables.commit(dataset, told, transaction -> {
                if (wanted.isNew()) {
                    UpdateSchema change = transaction.updateSchema();
                    wanted.addTo(change);
                    change.commit();
                }
                if (!schema.sameSchema(transaction.table().schema()))
                    throw ErrorCode.CONFLICT.because("The columns of '%s' were changed meanwhile.", dataset);
                transaction
                        .newAppend()
                        .appendFile(tables.place(transaction.table(), written.file(), written.metrics()))
                        .commit();
            });
        } catch (IOException e) {
            throw ErrorCode.UNAVAILABLE.because("Predictions cannot be written: %s. Is the disk full?", e.getMessage());
        } finally {
            Folders.remove(folder);
        }
    }

    /// Removes the files all of whose rows are older.
    ///
    /// @return how many rows are gone
    long removeBefore(DatasetName dataset, Instant before) {
        Optional<Table> table = table(dataset);
        if (table.isEmpty() || table.get().currentSnapshot() == null) return 0;
        int at = table.get().schema().findField("at").fieldId();
        long limit = before.toEpochMilli() * 1000;
        List<DataFile> old = new ArrayList<>();
        try (CloseableIterable<FileScanTask> tasks =
                table.get().newScan().includeColumnStats().planFiles()) {
            for (FileScanTask task : tasks) {
                Map<Integer, ByteBuffer> upper = task.file().upperBounds();
                ByteBuffer newest = upper == null ? null : upper.get(at);
                if (newest == null) continue;
                long micros = Conversions.fromByteBuffer(Types.TimestampType.withZone(), newest);
                if (micros < limit) old.add(task.file());
            }
        } catch (IOException e) {
            throw ErrorCode.UNAVAILABLE.because("'%s' cannot be read: %s.", dataset, e.getMessage());
        }
        if (old.isEmpty()) return 0;
        CommitNote note = new CommitNote("predictions before " + before + " removed, as the policy says", List.of());
        tables.commit(dataset, note, transaction -> {
            DeleteFiles delete = transaction.newDelete();
            old.forEach(delete::deleteFile);
            delete.commit();
        });
        return old.stream().mapToLong(DataFile::recordCount).sum();
    }

    private record Written(Path file, Metrics metrics) {}

    private static Written write(Path folder, Schema schema, Wanted wanted, Entries entries, long bytes)
            throws IOException {
        Path file = folder.resolve("rows.parquet");
        try (AppendedRows rows = AppendedRows.of(schema, Math.max(USUAL_MEMORY, 8 * bytes), folder.resolve("spill"))) {
            wanted.arrange(schema);
            entries.each(entry -> {
                wanted.take(entry);
                for (int row = 0; row < entry.rows(); row++) wanted.write(rows, entry, row);
            });
            return new Written(file, rows.toParquet(file));
        } catch (SQLException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Schema fixed() {
        return new Schema(
                Types.NestedField.required(1, "prediction_id", Types.StringType.get()),
                Types.NestedField.required(2, "row", Types.IntegerType.get()),
                Types.NestedField.required(3, "at", Types.TimestampType.withZone()),
                Types.NestedField.required(4, "endpoint", Types.StringType.get()),
                Types.NestedField.required(5, "revision", Types.IntegerType.get()),
                Types.NestedField.required(6, "variant", Types.StringType.get()),
                Types.NestedField.required(7, "model", Types.StringType.get()),
                Types.NestedField.required(8, "version", Types.StringType.get()),
                Types.NestedField.required(9, "shadow", Types.BooleanType.get()),
                Types.NestedField.optional(10, "micros", Types.DoubleType.get()),
                Types.NestedField.optional(11, "caller", Types.StringType.get()),
                Types.NestedField.optional(12, "request_id", Types.StringType.get()),
                Types.NestedField.optional(13, "error", Types.StringType.get()));
    }

    /// The columns that entries need, beside those that a table has.
    private static final class Wanted {
        private final Schema before;
        private final Group inputs;
        private final Group outputs;
        private List<Types.NestedField> columns = List.of();

        Wanted(Schema before) {
            this.before = before;
            this.inputs = new Group("inputs", before);
            this.outputs = new Group("outputs", before);
        }

        void add(Entry entry) {
            entry.inputs().forEach(inputs::add);
            entry.outputs().forEach(outputs::add);
        }

        boolean isNew() {
            return !inputs.added.isEmpty() || !outputs.added.isEmpty();
        }

        void addTo(UpdateSchema update) {
            inputs.addTo(update);
            outputs.addTo(update);
        }

        Schema fresh() {
            List<Types.NestedField> fields = new ArrayList<>(before.columns());
            inputs.struct(100).ifPresent(fields::add);
            outputs.struct(1_000_000).ifPresent(fields::add);
            int[] last = {0};
            return TypeUtil.assignFreshIds(new Schema(fields), () -> ++last[0]);
        }

        /// @param schema of the rows that are written
        void arrange(Schema schema) {
            columns = schema.columns();
            inputs.arrange(schema);
            outputs.arrange(schema);
        }

        /// The rows written next are this entry's.
        void take(Entry entry) {
            inputs.take(entry.inputs());
            outputs.take(entry.outputs());
        }

        void write(AppendedRows rows, Entry entry, int row) throws SQLException {
            Answerer answerer = entry.answerer();
            rows.begin();
            for (Types.NestedField column : columns) {
                switch (column.name()) {
                    case "prediction_id" -> rows.text(entry.id().toString());
                    case "row" -> rows.integer(row);
                    case "at" -> rows.time(entry.at());
                    case "endpoint" -> rows.text(answerer.endpoint());
                    case "revision" -> rows.integer(answerer.revision());
                    case "variant" -> rows.text(answerer.variant());
                    case "model" -> rows.text(answerer.model());
                    case "version" -> rows.text(answerer.version());
                    case "shadow" -> rows.bool(entry.shadow());
                    case "micros" -> rows.number(entry.micros());
                    case "caller" -> rows.text(entry.caller());
                    case "request_id" -> rows.text(entry.requestId());
                    case "error" -> rows.text(entry.error().isEmpty() ? null : entry.error());
                    case "inputs" -> inputs.write(rows, row);
                    case "outputs" -> outputs.write(rows, row);
                    default -> rows.missing(column.type()); // Somebody has added it.
                }
            }
            rows.end();
        }
    }

    /// The fields of one struct. A value keeps its name; where a field of that name has another type, or differs only
    /// in
    /// case, it gets another one.
    private static final class Group {
        private final String name;
        private final boolean isNew;
        private final Map<String, Type> fields = new LinkedHashMap<>();
        private final Map<String, Type> added = new LinkedHashMap<>();
        private final Map<String, String> names = new LinkedHashMap<>();
        private final Set<String> taken = new HashSet<>();

        /// Columns are told apart as objects, which is fast.
        private final IdentityHashMap<Entry.Column, Integer> places = new IdentityHashMap<>();

        private List<Types.NestedField> order = List.of();
        private Entry.@Nullable Values[] now = {};
        private boolean isThere;

        Group(String name, Schema before) {
            this.name = name;
            Types.NestedField struct = before.findField(name);
            this.isNew = struct == null;
            if (struct != null) {
                for (Types.NestedField field : struct.type().asStructType().fields()) {
                    fields.put(field.name(), field.type());
                    taken.add(field.name().toLowerCase(Locale.ROOT));
                }
            }
        }

        void add(Entry.Values values) {
            String key = key(values.column());
            if (names.containsKey(key)) return;
            String wanted = values.name().replace('.', '_');
            if (wanted.isEmpty()) wanted = "value";
            Type type = type(values.column());
            String name = wanted;
            for (int i = 2; ; i++) {
                Type there = fields.get(name);
                if (there != null && same(there, type)) break;
                if (there == null && taken.add(name.toLowerCase(Locale.ROOT))) {
                    fields.put(name, type);
                    added.put(name, type);
                    break;
                }
                name = wanted + "_" + i;
            }
            names.put(key, name);
        }

        private static String key(Entry.Column column) {
            return (column.text() ? "t" : "n") + (column.list() ? "l" : "v") + column.name();
        }

        private static Type type(Entry.Column column) {
            Type one = column.text() ? Types.StringType.get() : Types.DoubleType.get();
            return column.list() ? Types.ListType.ofOptional(1, one) : one;
        }

        private static boolean same(Type one, Type other) {
            if (one.isListType() && other.isListType())
                return one.asListType().elementType().equals(other.asListType().elementType());
            return one.equals(other);
        }

        /// @param from ids that are given anew later
        Optional<Types.NestedField> struct(int from) {
            if (fields.isEmpty()) return Optional.empty();
            List<Types.NestedField> all = new ArrayList<>();
            int[] next = {from};
            fields.forEach((field, type) -> {
                Type own = type.isListType()
                        ? Types.ListType.ofOptional(++next[0], type.asListType().elementType())
                        : type;
                all.add(Types.NestedField.optional(++next[0], field, own));
            });
            return Optional.of(Types.NestedField.optional(++next[0], name, Types.StructType.of(all)));
        }

        void addTo(UpdateSchema update) {
            if (added.isEmpty()) return;
            if (isNew) struct(1_000_000).ifPresent(field -> update.addColumn(name, field.type()));
            else added.forEach((field, type) -> update.addColumn(name, field, type));
        }

        /// Finds the place that each column has in a schema's struct.
        void arrange(Schema schema) {
            Types.NestedField struct = schema.findField(name);
            order = struct == null ? List.of() : struct.type().asStructType().fields();
            now = new Entry.Values[order.size()];
        }

        /// The rows written next are of these.
        void take(List<Entry.Values> values) {
            isThere = !values.isEmpty();
            Arrays.fill(now, null);
            for (Entry.Values each : values) now[places.computeIfAbsent(each.column(), this::place)] = each;
        }

        private int place(Entry.Column column) {
            String field = names.get(key(column));
            for (int i = 0; i < order.size(); i++) if (order.get(i).name().equals(field)) return i;
            throw new IllegalStateException("%s has no field for '%s'".formatted(name, column.name()));
        }

        void write(AppendedRows rows, int row) throws SQLException {
            rows.bool(isThere);
            for (int i = 0; i < now.length; i++) {
                Entry.Values values = now[i];
                if (values == null || row >= values.rows()) rows.nothing();
                else write(rows, values, row);
            }
        }

        private static void write(AppendedRows rows, Entry.Values values, int row) throws SQLException {
            int width = values.column().width();
            @Nullable String @Nullable [] texts = values.texts();
            if (values.column().list()) {
                if (texts != null) rows.texts(texts, row * width, width);
                else rows.numbers(values.numbers(), row * width, width);
            } else if (texts != null) {
                rows.text(texts[row * width]);
            } else {
                rows.number(values.numbers()[row * width]);
            }
        }
    }
}
