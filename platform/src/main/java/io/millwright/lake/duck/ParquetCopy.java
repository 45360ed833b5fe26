package io.millwright.lake.duck;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;

/// What `COPY … TO` Parquet is told of Iceberg's columns, and what it tells of them.
public final class ParquetCopy {
    private ParquetCopy() {}

    /// What `RETURN_STATS` tells of the columns of one file, by the path of the column in quoted names.
    public static Map<String, Map<String, String>> statistics(Object told) {
        Map<String, Map<String, String>> all = new LinkedHashMap<>();
        for (var column : ((Map<?, ?>) told).entrySet()) {
            Map<String, String> one = new HashMap<>();
            ((Map<?, ?>) column.getValue())
                    .forEach((key, value) -> one.put(String.valueOf(key), String.valueOf(value)));
            all.put(String.valueOf(column.getKey()), one);
        }
        return all;
    }

    /// Writes the rows of a query of ours as one file of a table.
    ///
    /// @param options of the format, beside what a table needs
    /// @param file new
    public static Metrics write(Duck duck, String query, Schema schema, String options, Path file) throws SQLException {
        String copy = "copy (" + query + ") to " + Duck.literal(file.toString()) + " (format parquet, " + options
                + ", return_stats, field_ids " + fieldIds(schema) + ")";
        return duck.query(
                        copy,
                        row -> FileMetrics.of(
                                schema, row.getLong("count"), statistics(row.getObject("column_statistics"))))
                .getFirst();
    }

    /// The ids of a schema as `FIELD_IDS` takes them.
    public static String fieldIds(Schema schema) {
        return ids(schema.asStruct());
    }

    private static String ids(Types.StructType struct) {
        return struct.fields().stream()
                .map(field -> Duck.quoted(field.name()) + ": " + id(field))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String id(Types.NestedField field) {
        List<String> inner = new ArrayList<>();
        switch (field.type()) {
            case Types.StructType struct ->
                struct.fields().forEach(one -> inner.add(Duck.quoted(one.name()) + ": " + id(one)));
            case Types.ListType list -> inner.add("element: " + id(list.fields().getFirst()));
            case Types.MapType map -> {
                inner.add("key: " + id(map.fields().get(0)));
                inner.add("value: " + id(map.fields().get(1)));
            }
            default -> {
                return Integer.toString(field.fieldId());
            }
        }
        return "{__duckdb_field_id: " + field.fieldId() + ", " + String.join(", ", inner) + "}";
    }
}
