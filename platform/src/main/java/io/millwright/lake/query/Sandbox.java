package io.millwright.lake.query;

import io.millwright.lake.duck.Duck;
import io.millwright.lake.duck.ParquetCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A DuckDB for one query: it sees the datasets that the query names, and can reach nothing else.
///
/// Walls stand behind each other. The process may be killed. The [Gate] lets only reading through. What is left is run
/// as the argument of
/// DuckDB's `query()`, which takes a SELECT and nothing else. And DuckDB itself is locked: the only files it can open
/// are
/// those of the datasets and one for the result, no extension, no network, no setting; files of the warehouse are
/// read-only on disk.
final class Sandbox implements AutoCloseable {
    static final String SCHEMA = "v";

    private final Duck duck;
    private final Path folder;
    private final String text;

    private Sandbox(Duck duck, Path folder, String text) {
        this.duck = duck;
        this.folder = folder;
        this.text = text;
    }

    /// Where a query may leave what does not fit into memory, and a result.
    ///
    /// @param folder of its own
    record Space(Path folder, long spillBytes) {}

    /// A column of the result.
    ///
    /// @param type as DuckDB calls it
    record Column(String name, String type) {
        /// A number that may have more digits than a double.
        boolean isExact() {
            return type.startsWith("DECIMAL") || type.endsWith("HUGEINT") || type.equals("UBIGINT");
        }

        boolean isNested() {
            return type.endsWith("]")
                    || type.startsWith("STRUCT")
                    || type.startsWith("MAP")
                    || type.startsWith("UNION")
                    || type.startsWith("ARRAY")
                    || type.startsWith("LIST")
                    || type.startsWith("VARIANT");
        }
    }

    /// Reads the rows of a result.
    @FunctionalInterface
    interface Reader<T> {
        T read(List<Column> columns, ResultSet rows) throws SQLException, IOException;
    }

    /// @param duck new; it is closed with the sandbox
    /// @param text of the query, in which the datasets are called by their place in the list
    /// @param views a query for each dataset
    /// @param files that the views read
    static Sandbox open(Duck duck, Space space, String text, List<String> views, List<Path> files) throws SQLException {
        Sandbox sandbox = new Sandbox(duck, space.folder(), text);
        try {
            duck.execute("set temp_directory = " + Duck.literal(sandbox.spill().toString()));
            duck.execute("set max_temp_directory_size = '" + space.spillBytes() / 1024 + "KiB'");
            duck.execute("create schema " + SCHEMA);
            for (int i = 0; i < views.size(); i++) {
                duck.execute("create view " + SCHEMA + "." + name(i) + " as " + views.get(i));
            }
            List<Path> open = new ArrayList<>(files);
            open.add(sandbox.result());
            duck.lockDown(open);
            return sandbox;
        } catch (SQLException | RuntimeException | Error e) {
            sandbox.close();
            throw e;
        }
    }

    static String name(int place) {
        return "t" + place;
    }

    /// A file that may be written.
    Path result() {
        return folder.resolve("result.parquet");
    }

    private Path spill() {
        return folder.resolve("spill");
    }

    /// Whether something did not fit into memory.
    boolean hasSpilled() {
        return Files.exists(spill());
    }

    long memoryBytes() {
        return duck.caps().memoryBytes();
    }

    /// @param nestedAsJson whether values with others inside come as their JSON text
    <T> T read(boolean nestedAsJson, long limit, Reader<T> reader) throws SQLException, IOException {
        String end = " from query(" + Duck.literal(text) + ")";
        try (PreparedStatement plain = duck.connection().prepareStatement("select *" + end + " limit " + limit)) {
            List<Column> columns = columns(plain.getMetaData());
            if (!nestedAsJson || columns.stream().noneMatch(Column::isNested)) return read(plain, columns, reader);
            String converted = withJson(columns, end) + " limit " + limit;
            try (PreparedStatement asJson = duck.connection().prepareStatement(converted)) {
                return read(asJson, columns, reader);
            }
        }
    }

    private <T> T read(PreparedStatement statement, List<Column> columns, Reader<T> reader)
            throws SQLException, IOException {
        ResultSet rows;
        try {
            rows = statement.executeQuery();
        } catch (SQLException e) {
            // What duckdb_jdbc 2.0.0.1 says of a result that is streamed and fails at its beginning, whatever the
            // reason.
            if (String.valueOf(e.getMessage()).contains("Invalid result set")) throw reason(e);
            throw e;
        }
        try (rows) {
            return reader.read(columns, rows);
        }
    }

    /// Has it fail once more, where the reason is told.
    private SQLException reason(SQLException unknown) {
        try (Statement statement = duck.connection().createStatement()) {
            statement.execute("explain analyze select * from query(" + Duck.literal(text) + ")");
            return unknown;
        } catch (SQLException told) {
            return told;
        }
    }

    private static List<Column> columns(ResultSetMetaData told) throws SQLException {
        List<Column> columns = new ArrayList<>();
        for (int i = 1; i <= told.getColumnCount(); i++) {
            columns.add(new Column(told.getColumnName(i), told.getColumnTypeName(i)));
        }
        return columns;
    }

    private static String withJson(List<Column> columns, String end) {
        List<String> values = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            String name = "c" + i;
            names.add(name);
            values.add(columns.get(i).isNested() ? "cast(to_json(" + name + ") as varchar)" : name);
        }
        return "select " + String.join(", ", values) + end + " as q(" + String.join(", ", names) + ")";
    }

    /// Writes the result to [#result].
    ///
    /// @param options of `COPY`, beside the format
    /// @return how many rows
    long write(long maxRows, String options) throws SQLException {
        try (Statement statement = duck.connection().createStatement()) {
            statement.execute("copy (select * from query(" + Duck.literal(text) + ") limit " + maxRows + ") to "
                    + Duck.literal(result().toString())
                    + " (format parquet, compression zstd, compression_level 1, use_tmp_file false"
                    + options + ")");
            return statement.getLargeUpdateCount();
        }
    }

    /// The columns of the result; nothing is read.
    List<Column> columns() throws SQLException {
        try (PreparedStatement plain =
                duck.connection().prepareStatement("select * from query(" + Duck.literal(text) + ")")) {
            return columns(plain.getMetaData());
        }
    }

    /// What was written to [#result].
    ///
    /// @param statistics as [ParquetCopy#statistics]
    record Stored(long rows, Map<String, Map<String, String>> statistics) {}

    /// Writes the result to [#result], each column as the type that a dataset has it in.
    ///
    /// @param casts types as DuckDB calls them, in the order of the columns
    /// @param fieldIds as `FIELD_IDS` takes them
    Stored store(List<String> names, List<String> casts, String fieldIds) throws SQLException {
        List<String> values = new ArrayList<>();
        List<String> places = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            places.add("c" + i);
            values.add("cast(c" + i + " as " + casts.get(i) + ") as " + Duck.quoted(names.get(i)));
        }
        String copy = "copy (select " + String.join(", ", values) + " from query(" + Duck.literal(text) + ") as q("
                + String.join(", ", places) + ")) to " + Duck.literal(result().toString())
                + " (format parquet, compression zstd, compression_level 1, use_tmp_file false, return_stats, field_ids "
                + fieldIds + ")";
        List<Stored> stored = duck.query(
                copy,
                row -> new Stored(row.getLong("count"), ParquetCopy.statistics(row.getObject("column_statistics"))));
        return stored.getFirst();
    }

    /// How DuckDB would go about it.
    String plan() throws SQLException {
        try (Statement statement = duck.connection().createStatement()) {
            StringBuilder plan = new StringBuilder();
            try (ResultSet rows = statement.executeQuery("explain select * from query(" + Duck.literal(text) + ")")) {
                while (rows.next()) plan.append(rows.getString(2));
            }
            return plan.toString();
        }
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
