package io.millwright.serving.truth;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.lake.Folders;
import io.millwright.lake.duck.AppendedRows;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.duck.DuckThread;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.CommitNote;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;

/// Truth as rows of datasets, `truth.churn` for endpoint churn, and what is asked of them together with its
/// predictions.
final class TruthStore {
    private static final String NAMESPACE = "truth";
    private static final int MOST_TALLIES = 1_000;
    private static final Duck.Caps CAPS = new Duck.Caps(512 << 20, 1, Optional.empty());
    private static final Schema SCHEMA = new Schema(
            Types.NestedField.required(1, "prediction_id", Types.StringType.get()),
            Types.NestedField.required(2, "row", Types.IntegerType.get()),
            Types.NestedField.required(3, "name", Types.StringType.get()),
            Types.NestedField.required(4, "value", Types.StringType.get()),
            Types.NestedField.required(5, "endpoint", Types.StringType.get()),
            Types.NestedField.optional(6, "observed_at", Types.TimestampType.withZone()),
            Types.NestedField.required(7, "recorded_at", Types.TimestampType.withZone()),
            Types.NestedField.required(8, "recorded_by", Types.StringType.get()));

    private final TableService tables;

    TruthStore(TableService tables) {
        this.tables = tables;
    }

    static DatasetName dataset(String endpoint) {
        return new DatasetName(NAMESPACE, endpoint.replace('.', '_'));
    }

    /// Adds all of them in one commit.
    void add(String endpoint, List<Truth> all) {
        DatasetName dataset = dataset(endpoint);
        Path folder = tables.scratch().resolve("truth-" + UUID.randomUUID());
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve("rows.parquet");
            CommitNote note = new CommitNote("truth of " + endpoint, List.of());
            boolean isNew = scan(dataset, schema -> Expressions.alwaysFalse()).isEmpty();
            DuckThread.call("truth", () -> {
                Metrics metrics = write(endpoint, all, folder.resolve("spill"), file);
                if (isNew) {
                    tables.create(
                            dataset,
                            SCHEMA,
                            Map.of(),
                            note,
                            transaction -> transaction
                                    .newAppend()
                                    .appendFile(tables.place(transaction.table(), file, metrics))
                                    .commit());
                } else {
                    tables.commit(
                            dataset,
                            note,
                            transaction -> transaction
                                    .newAppend()
                                    .appendFile(tables.place(transaction.table(), file, metrics))
                                    .commit());
                }
                return 0;
            });
        } catch (IOException e) {
            throw ErrorCode.UNAVAILABLE.because("Truth cannot be written: %s. Is the disk full?", e.getMessage());
        } finally {
            Folders.remove(folder);
        }
    }

    private static Metrics write(String endpoint, List<Truth> all, Path spill, Path file) throws IOException {
        try (AppendedRows rows = AppendedRows.of(SCHEMA, CAPS.memoryBytes(), spill)) {
            for (Truth each : all) {
                rows.begin()
                        .text(each.predictionId())
                        .integer(each.row())
                        .text(each.name())
                        .text(each.value())
                        .text(endpoint)
                        .time(each.observedAt())
                        .time(each.recordedAt())
                        .text(each.recordedBy())
                        .end();
            }
            return rows.toParquet(file);
        } catch (SQLException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private Optional<TableScan> scan(DatasetName dataset, Function<Schema, Expression> filter) {
        try {
            return Optional.of(tables.scan(dataset, new At.Latest(), filter));
        } catch (Failure e) {
            if (e.code() == ErrorCode.NOT_FOUND) return Optional.empty();
            throw e;
        }
    }

    /// What was told of an answer's rows, oldest first.
    List<Truth> of(String endpoint, String predictionId) {
        Optional<TableScan> scan = scan(dataset(endpoint), schema -> Expressions.equal("prediction_id", predictionId));
        if (scan.isEmpty()) return List.of();
        return asked(
                List.of(scan.get()),
                (duck, files) -> duck.query(
                        "select prediction_id, row, name, value, epoch_ms(observed_at), epoch_ms(recorded_at), recorded_by from "
                                + files.getFirst() + " where prediction_id = " + Duck.literal(predictionId)
                                + " order by recorded_at, row limit 10000",
                        row -> new Truth(
                                row.getString(1),
                                row.getInt(2),
                                row.getString(3),
                                row.getString(4),
                                Instant.ofEpochMilli(row.getLong(5)),
                                Instant.ofEpochMilli(row.getLong(6)),
                                row.getString(7))));
    }

    /// A prediction, by the value of one of its inputs.
    record Keyed(String key, Instant at, String predictionId, int row) {}

    /// Predictions whose input has one of these values, within a span of time.
    ///
    /// @param predictions the dataset of the endpoint's
    List<Keyed> keyed(
            DatasetName predictions, String endpoint, String input, Collection<String> keys, Instant from, Instant to) {
        Optional<TableScan> scan = scan(
                predictions,
                schema -> Expressions.and(
                        Expressions.greaterThanOrEqual("at", from.toEpochMilli() * 1000),
                        Expressions.lessThanOrEqual("at", to.toEpochMilli() * 1000)));
        if (scan.isEmpty()) return List.of();
        String key = "to_json(inputs)->>"
                + Duck.literal("$.\"" + input.replace('.', '_').replace("\"", "") + "\"");
        String wanted = keys.stream().map(Duck::literal).collect(Collectors.joining(", "));
        return asked(
                List.of(scan.get()),
                (duck, files) -> duck.query(
                        "select " + key + " as k, epoch_ms(\"at\"), prediction_id, \"row\" from " + files.getFirst()
                                + " where not shadow and endpoint = " + Duck.literal(endpoint) + " and k in (" + wanted
                                + ")",
                        row -> new Keyed(
                                row.getString(1),
                                Instant.ofEpochMilli(row.getLong(2)),
                                row.getString(3),
                                row.getInt(4))));
    }

    /// What was told of whose answers.
    ///
    /// @param predictions the dataset of the endpoint's
    List<TruthService.Tally> tally(DatasetName predictions, String endpoint) {
        return askedOfBoth(
                predictions,
                endpoint,
                (duck, files) -> duck.query(
                        "with told as (select prediction_id, row, name, max(recorded_at) as last from " + files.get(1)
                                + " group by all), given as (select prediction_id, row, variant from " + files.get(0)
                                + " where not shadow and endpoint = " + Duck.literal(endpoint)
                                + ") select name, variant, count(*) as rows, epoch_ms(max(last)) from told"
                                + " join given using (prediction_id, row) group by name, variant"
                                + " order by name, rows desc, variant limit " + MOST_TALLIES,
                        row -> new TruthService.Tally(
                                row.getString(1),
                                row.getString(2),
                                row.getLong(3),
                                Instant.ofEpochMilli(row.getLong(4)))));
    }

    /// An answer and its truth.
    record Joined(String variant, String answer, String truth) {}

    /// Answers of which a truth is known, in the order it was first told.
    ///
    /// @param output which of the model's; empty for the first
    List<Joined> joined(DatasetName predictions, String endpoint, String name, String output) {
        String answer = output.isEmpty()
                ? "json_extract_string(to_json(outputs), '$.\"' || json_keys(to_json(outputs))[1] || '\"')"
                : "to_json(outputs)->>"
                        + Duck.literal("$.\"" + output.replace('.', '_').replace("\"", "") + "\"");
        return askedOfBoth(
                predictions,
                endpoint,
                (duck, files) -> duck.query(
                        "with told as (select prediction_id, row, min(recorded_at) as first, arg_max(value, recorded_at) as value"
                                + " from " + files.get(1) + " where name = " + Duck.literal(name)
                                + " group by prediction_id, row), given as (select prediction_id, row, variant, "
                                + answer
                                + " as answer from " + files.get(0) + " where not shadow and endpoint = "
                                + Duck.literal(endpoint)
                                + ") select variant, answer, value from given join told using (prediction_id, row)"
                                + " where answer is not null order by first, prediction_id, row",
                        row -> new Joined(row.getString(1), row.getString(2), row.getString(3))));
    }

    private interface Question<T> {
        /// @param files a relation for each scan
        List<T> ask(Duck duck, List<String> files) throws SQLException;
    }

    /// Asks all predictions and all truth of an endpoint, in this order; nothing while one of them is not there.
    private <T> List<T> askedOfBoth(DatasetName predictions, String endpoint, Question<T> question) {
        Optional<TableScan> asked = scan(predictions, schema -> Expressions.alwaysTrue());
        Optional<TableScan> known = scan(dataset(endpoint), schema -> Expressions.alwaysTrue());
        if (asked.isEmpty() || known.isEmpty()) return List.of();
        return asked(List.of(asked.get(), known.get()), question);
    }

    private <T> List<T> asked(List<TableScan> scans, Question<T> question) {
        return DuckThread.call("truth", () -> {
            List<TableService.LocalFile> held = new ArrayList<>();
            try (Duck duck = Duck.open(CAPS)) {
                List<String> relations = new ArrayList<>();
                for (TableScan scan : scans) {
                    if (scan.files().isEmpty()) return List.<T>of();
                    List<String> files = new ArrayList<>();
                    for (TableScan.ScanFile file : scan.files()) {
                        TableService.LocalFile local = tables.local(scan, file.location(), file.bytes());
                        held.add(local);
                        files.add("select " + columns(scan) + " from read_parquet("
                                + Duck.literal(local.path().toString()) + ")");
                    }
                    relations.add("(" + String.join(" union all ", files) + ")");
                }
                return question.ask(duck, relations);
            } catch (SQLException e) {
                throw ErrorCode.UNAVAILABLE.because(
                        "'%s' cannot be read: %s", scans.getFirst().dataset(), String.valueOf(e.getMessage()));
            } finally {
                held.forEach(TableService.LocalFile::close);
            }
        });
    }

    /// Structs have the fields they had when their file was written: they are told as JSON.
    private static String columns(TableScan scan) {
        return scan.schema().columns().stream()
                .map(field -> field.type().isStructType()
                        ? "to_json(" + Duck.quoted(field.name()) + ") as " + Duck.quoted(field.name())
                        : Duck.quoted(field.name()))
                .collect(Collectors.joining(", "));
    }
}
