package io.millwright.lake.ingest;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.duck.FileMetrics;
import io.millwright.lake.duck.ParquetCopy;
import io.millwright.lake.ingest.Mapping.Incoming;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/// One file being read, in a DuckDB of its own.
final class Opened implements AutoCloseable {
    private static final int SAMPLE_ROWS = 20_000;
    private static final int SAMPLE_VALUES = 2_000_000;
    private static final int SHOWN_ROWS = 20;
    private static final int SHOWN_COLUMNS = 100;
    private static final int COMPARED_VALUES = 5_000;
    /// Large enough to read well, small enough that many readers find work.
    private static final String FILE_SIZE = "256MB";

    private final Duck duck;
    private final Path file;
    private final String name;
    private final Source source;

    private Opened(Duck duck, Path file, String name, Source source) {
        this.duck = duck;
        this.file = file;
        this.name = name;
        this.source = source;
    }

    /// The beginning of a file.
    ///
    /// @param rows how many were looked at
    /// @param preview texts of the first rows and columns
    record Sample(long rows, List<List<@Nullable String>> preview, List<Problem> problems) {}

    /// A finished Parquet file.
    record Written(Path path, long rows, Metrics metrics) {}

    static Opened open(Duck.Caps caps, Path file, String name, FileOptions options) {
        try {
            if (Files.size(file) == 0)
                throw INVALID_ARGUMENT.because("'%s' is empty: it has no header and no row.", name);
            Duck duck = Duck.open(caps);
            try {
                return new Opened(duck, file, name, Source.open(duck, file, name, options));
            } catch (SQLException | IOException | RuntimeException e) {
                duck.close();
                throw e;
            }
        } catch (SQLException e) {
            throw Told.of(e, file, name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Source source() {
        return source;
    }

    Sample sample() {
        List<Source.Column> columns = source.columns();
        Map<Integer, org.apache.iceberg.types.Type> types = new HashMap<>();
        List<String> values = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            types.put(i, columns.get(i).type());
            values.add(source.value(i, columns.get(i).type()) + " as " + CsvSource.column(i));
        }
        Source.Read read = source.read(types);
        int rows = Math.max(100, Math.min(SAMPLE_ROWS, SAMPLE_VALUES / Math.max(1, columns.size())));
        try {
            duck.execute("create or replace temp table sample as select " + String.join(", ", values) + " from "
                    + read.relation() + " limit " + rows);
            long count = duck.query("select count(*) from sample", row -> row.getLong(1))
                    .getFirst();
            return new Sample(count, preview(columns.size()), rejected(read));
        } catch (SQLException e) {
            return new Sample(0, List.of(), List.of(Told.problem(e, file, name)));
        }
    }

    private List<List<@Nullable String>> preview(int columns) throws SQLException {
        int shown = Math.min(columns, SHOWN_COLUMNS);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < shown; i++) texts.add("left(cast(" + CsvSource.column(i) + " as varchar), 200)");
        return duck.query("select " + String.join(", ", texts) + " from sample limit " + SHOWN_ROWS, row -> {
            List<@Nullable String> cells = new ArrayList<>();
            for (int i = 1; i <= shown; i++) cells.add(row.getString(i));
            return cells;
        });
    }

    /// Some values of a column as texts; after [#sample].
    List<String> values(Incoming column) {
        return texts(CsvSource.column(column.position()), "sample");
    }

    /// Some values of a table's column.
    List<String> values(Path data, String column) {
        return texts(Duck.quoted(column), "read_parquet(" + Duck.literal(data.toString()) + ")");
    }

    private List<String> texts(String column, String from) {
        try {
            return duck.query(
                    "select distinct left(cast(" + column + " as varchar), 100) from (select " + column + " from "
                            + from + " limit " + COMPARED_VALUES + ") where " + column + " is not null",
                    row -> row.getString(1));
        } catch (SQLException e) {
            return List.of(); // An older file calls it otherwise: names and places are compared alone.
        }
    }

    private List<Problem> rejected(Source.Read read) throws SQLException {
        if (read.rejects().isEmpty()) return List.of();
        return duck.query(
                "select line, column_idx, error_type, error_message from " + read.rejects()
                        + " order by line, column_idx limit " + Problem.MOST,
                row -> {
                    int column = row.getInt(2);
                    boolean named =
                            row.getString(3).equals("CAST") || row.getString(3).equals("INVALID ENCODING");
                    String called =
                            named && column >= 1 && column <= source.columns().size()
                                    ? source.columns().get(column - 1).name()
                                    : "";
                    String what = row.getString(4).replaceFirst("^Error when converting column \"[^\"]*\"\\. ", "");
                    return new Problem(Optional.of(row.getLong(1)), called, advised(what));
                });
    }

    private static String advised(String what) {
        if (what.contains("not utf-8"))
            return "these bytes are no UTF-8; say the encoding of the file, such as latin-1";
        boolean comma = what.matches("Could not convert string \"-?[\\d.]*\\d,\\d+\" to '(DOUBLE|FLOAT|DECIMAL.*)'.*");
        return comma ? what + "; is the decimal sign a comma? Say decimal=," : what;
    }

    /// Writes the file as Parquet of a schema, all of it or nothing.
    ///
    /// @param folder new; its content is the caller's in every case
    /// @param columns which column of the file a field takes; fields without one get no value
    List<Written> write(Path folder, Schema schema, List<Incoming> columns) {
        Map<String, Incoming> byName = columns.stream().collect(Collectors.toMap(Incoming::name, column -> column));
        Map<Integer, org.apache.iceberg.types.Type> types = new HashMap<>();
        List<String> values = new ArrayList<>();
        for (Types.NestedField field : schema.columns()) {
            Incoming column = byName.get(field.name());
            if (column != null) types.put(column.position(), field.type());
            String value = column == null
                    ? "cast(null as " + ColumnTypes.duck(field.type()) + ")"
                    : source.value(column.position(), field.type());
            values.add(value + " as " + Duck.quoted(field.name()));
        }
        Source.Read read = source.read(types);
        String copy = "copy (select " + String.join(", ", values) + " from " + read.relation() + ") to "
                + Duck.literal(folder.toString())
                + " (format parquet, compression zstd, compression_level 1, return_stats, file_size_bytes '"
                + FILE_SIZE + "', field_ids " + ParquetCopy.fieldIds(schema) + ")";
        try {
            List<Written> written = duck.query(copy, row -> {
                Map<String, Map<String, String>> statistics =
                        ParquetCopy.statistics(row.getObject("column_statistics"));
                long rows = row.getLong("count");
                return new Written(Path.of(row.getString("filename")), rows, FileMetrics.of(schema, rows, statistics));
            });
            refuse(rejected(read));
            refuse(missingValues(schema, written));
            return written.stream().filter(one -> one.rows() > 0).toList();
        } catch (SQLException e) {
            throw Told.of(e, file, name);
        }
    }

    private void refuse(List<Problem> problems) {
        if (problems.isEmpty()) return;
        throw INVALID_ARGUMENT.because(
                "'" + name + "' has lines that cannot be read; nothing was committed:" + Problem.text(problems));
    }

    private static List<Problem> missingValues(Schema schema, List<Written> written) {
        List<Problem> problems = new ArrayList<>();
        for (Types.NestedField field : schema.columns()) {
            long nulls = written.stream()
                    .mapToLong(one -> one.metrics().nullValueCounts().getOrDefault(field.fieldId(), 0L))
                    .sum();
            if (field.isRequired() && nulls > 0) {
                problems.add(new Problem(
                        Optional.empty(), field.name(), nulls + " rows have no value, and the dataset requires one"));
            }
        }
        return problems;
    }

    @Override
    public void close() {
        try {
            duck.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
