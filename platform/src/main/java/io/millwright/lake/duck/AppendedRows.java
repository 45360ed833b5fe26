package io.millwright.lake.duck;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;

/// Rows that are given value by value and become a Parquet file of a table. Values come in the order of the schema's
/// columns; those of a struct one after the other, behind a boolean that says whether there is a struct.
///
/// @implNote DuckDB holds a row group in memory while it writes, so they are small. It takes values three times as fast
/// for a column as for a field of a struct, and both ways faster than from JSON.
public final class AppendedRows implements AutoCloseable {
    private final Schema schema;
    private final Duck duck;
    private final DuckDBAppender appender;
    private boolean closed;

    private AppendedRows(Schema schema, Duck duck, DuckDBAppender appender) {
        this.schema = schema;
        this.duck = duck;
        this.appender = appender;
    }

    /// @param schema of plain columns, lists of them, and structs of both
    /// @param spill a folder for what is above the memory; whoever names it also empties it
    public static AppendedRows of(Schema schema, long memory, Path spill) throws SQLException {
        Duck duck = Duck.open(new Duck.Caps(memory, 1, Optional.of(spill)));
        try {
            List<String> columns = new ArrayList<>();
            for (Types.NestedField field : schema.columns()) {
                if (field.type() instanceof Types.StructType struct) {
                    columns.add("boolean");
                    struct.fields().forEach(inner -> columns.add(ColumnTypes.duck(inner.type())));
                } else {
                    columns.add(ColumnTypes.duck(field.type()));
                }
            }
            List<String> defined = new ArrayList<>();
            for (int i = 0; i < columns.size(); i++) defined.add("c" + i + " " + columns.get(i));
            duck.execute("create table appended (" + String.join(", ", defined) + ")");
            return new AppendedRows(schema, duck, duck.connection().createAppender(null, null, "appended"));
        } catch (SQLException e) {
            duck.close();
            throw e;
        }
    }

    public AppendedRows begin() throws SQLException {
        appender.beginRow();
        return this;
    }

    public AppendedRows end() throws SQLException {
        appender.endRow();
        return this;
    }

    public AppendedRows nothing() throws SQLException {
        appender.appendNull();
        return this;
    }

    /// As [#nothing], for a column that may be a struct.
    public AppendedRows missing(Type type) throws SQLException {
        if (type instanceof Types.StructType struct) {
            bool(false);
            for (int i = 0; i < struct.fields().size(); i++) nothing();
            return this;
        }
        return nothing();
    }

    public AppendedRows bool(boolean value) throws SQLException {
        appender.append(value);
        return this;
    }

    public AppendedRows integer(int value) throws SQLException {
        appender.append(value);
        return this;
    }

    /// NaN is a null.
    public AppendedRows number(double value) throws SQLException {
        if (Double.isNaN(value)) appender.appendNull();
        else appender.append(value);
        return this;
    }

    public AppendedRows text(@Nullable String value) throws SQLException {
        if (value == null) appender.appendNull();
        else appender.append(value);
        return this;
    }

    public AppendedRows time(Instant at) throws SQLException {
        appender.appendEpochMicros(ChronoUnit.MICROS.between(Instant.EPOCH, at));
        return this;
    }

    /// A list; NaN is a null.
    public AppendedRows numbers(double[] from, int first, int count) throws SQLException {
        double[] values = Arrays.copyOfRange(from, first, first + count);
        boolean[] nulls = new boolean[count];
        for (int i = 0; i < count; i++) nulls[i] = Double.isNaN(values[i]);
        appender.append(values, nulls);
        return this;
    }

    /// A list.
    public AppendedRows texts(@Nullable String[] from, int first, int count) throws SQLException {
        appender.append(Arrays.asList(Arrays.copyOfRange(from, first, first + count)));
        return this;
    }

    /// Writes all rows; none can be added after.
    ///
    /// @param file new
    public Metrics toParquet(Path file) throws SQLException {
        closed = true;
        appender.close();
        int[] next = {0};
        List<String> columns = new ArrayList<>();
        for (Types.NestedField field : schema.columns())
            columns.add(selected(field.type(), next) + " as " + Duck.quoted(field.name()));
        return ParquetCopy.write(
                duck,
                "select " + String.join(", ", columns) + " from appended",
                schema,
                "compression zstd, compression_level 1, row_group_size 32768",
                file);
    }

    private static String selected(Type type, int[] next) {
        String column = "c" + next[0]++;
        if (!(type instanceof Types.StructType struct)) return column;
        List<String> fields = new ArrayList<>();
        for (Types.NestedField inner : struct.fields()) fields.add(Duck.quoted(inner.name()) + " := c" + next[0]++);
        return "case when " + column + " then struct_pack(" + String.join(", ", fields) + ") end";
    }

    @Override
    public void close() throws SQLException {
        try (duck) {
            if (!closed) appender.close();
        }
    }
}
