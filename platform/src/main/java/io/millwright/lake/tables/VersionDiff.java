package io.millwright.lake.tables;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/// What differs between two versions of a dataset, beside their values.
///
/// @param schemaBefore of `from`
public record VersionDiff(
        DatasetVersion from, DatasetVersion to, Schema schemaBefore, Schema schemaAfter, List<Column> columns) {
    public VersionDiff {
        columns = List.copyOf(columns);
    }

    /// How a column changed.
    public enum Change {
        ADDED,
        REMOVED,
        RENAMED,
        RETYPED,
        REQUIRED,
        OPTIONAL
    }

    /// One change of one column.
    ///
    /// @param path what it is called in `to`, or was in `from` when it is gone
    /// @param before a name or a type; empty for an added one
    /// @param after the same; empty for a removed one
    public record Column(int fieldId, Change change, String path, String before, String after) {}

    static VersionDiff of(DatasetVersion from, Schema before, DatasetVersion to, Schema after) {
        Map<Integer, Types.NestedField> old = new LinkedHashMap<>(TypeUtil.indexById(before.asStruct()));
        Map<Integer, Types.NestedField> now = new LinkedHashMap<>(TypeUtil.indexById(after.asStruct()));
        List<Column> columns = new ArrayList<>();
        for (int id : before.idToName().keySet().stream().sorted().toList()) {
            Types.NestedField was = Objects.requireNonNull(old.get(id));
            String path = name(before, id);
            Types.NestedField is = now.get(id);
            if (is == null) columns.add(new Column(id, Change.REMOVED, path, type(was), ""));
            else compare(columns, id, was, path, is, name(after, id));
        }
        for (int id : after.idToName().keySet().stream().sorted().toList()) {
            if (!old.containsKey(id)) {
                Types.NestedField is = Objects.requireNonNull(now.get(id));
                columns.add(new Column(id, Change.ADDED, name(after, id), "", type(is)));
            }
        }
        return new VersionDiff(from, to, before, after, columns);
    }

    private static void compare(
            List<Column> columns, int id, Types.NestedField was, String before, Types.NestedField is, String after) {
        if (!before.equals(after)) columns.add(new Column(id, Change.RENAMED, after, before, after));
        if (was.type().isPrimitiveType() && !type(was).equals(type(is))) {
            columns.add(new Column(id, Change.RETYPED, after, type(was), type(is)));
        }
        if (was.isRequired() != is.isRequired()) {
            Change change = is.isRequired() ? Change.REQUIRED : Change.OPTIONAL;
            columns.add(new Column(id, change, after, type(was), type(is)));
        }
    }

    private static String name(Schema schema, int id) {
        return Objects.requireNonNull(schema.findColumnName(id));
    }

    private static String type(Types.NestedField field) {
        return field.type().toString();
    }
}
