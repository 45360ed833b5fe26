package io.millwright.lake.tables;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/// What people say of a dataset: for lists and search. It lies in the table's own metadata, so every engine
/// sees it and may change it: `comment` and `owner` are properties that others use too, docs of columns stand
/// in the schema, the rest are properties of ours.
///
/// @param owners names of people or teams
/// @param tags words such as `pii`, in small letters
public record Description(String comment, List<String> owners, List<String> tags, List<Column> columns) {
    static final String COMMENT = "comment";
    static final String OWNER = "owner";
    static final String TAGS = "millwright.tags";

    /// A column, or one inside another.
    ///
    /// @param path with dots between the levels; `element`, `key` and `value` inside lists and maps
    /// @param unit as in `kg`, `USD` or `%`; may be empty
    public record Column(
            int fieldId, String path, String type, boolean required, String doc, String unit, List<String> tags) {
        public Column {
            tags = List.copyOf(tags);
        }

        String search() {
            return (path + ' ' + doc + ' ' + unit + ' ' + String.join(" ", tags)).toLowerCase(Locale.ROOT);
        }
    }

    public Description {
        owners = List.copyOf(owners);
        tags = List.copyOf(tags);
        columns = List.copyOf(columns);
    }

    static Description of(Schema schema, Map<String, String> properties) {
        List<Column> columns = new ArrayList<>();
        for (Types.NestedField field : schema.columns()) add(columns, "", field, properties);
        return new Description(
                properties.getOrDefault(COMMENT, ""),
                words(properties.get(OWNER)),
                words(properties.get(TAGS)),
                columns);
    }

    private static void add(
            List<Column> columns, String prefix, Types.NestedField field, Map<String, String> properties) {
        String path = prefix + field.name();
        Type type = field.type();
        columns.add(new Column(
                field.fieldId(),
                path,
                type.isNestedType() ? type.typeId().name().toLowerCase(Locale.ROOT) : type.toString(),
                field.isRequired(),
                field.doc() == null ? "" : field.doc(),
                properties.getOrDefault(unitProperty(field.fieldId()), ""),
                words(properties.get(tagsProperty(field.fieldId())))));
        if (!type.isNestedType()) return;
        for (Types.NestedField inside : type.asNestedType().fields()) add(columns, path + ".", inside, properties);
    }

    static String unitProperty(int fieldId) {
        return "millwright.column." + fieldId + ".unit";
    }

    static String tagsProperty(int fieldId) {
        return "millwright.column." + fieldId + ".tags";
    }

    static List<String> words(@org.jspecify.annotations.Nullable String joined) {
        if (joined == null) return List.of();
        return Arrays.stream(joined.split(","))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .distinct()
                .toList();
    }

    String search(DatasetName name) {
        return search(name, comment, String.join(",", owners), String.join(",", tags));
    }

    /// What words are looked for in.
    static String search(DatasetName name, String comment, String owners, String tags) {
        return (name + " " + comment + ' ' + owners + ' ' + tags).toLowerCase(Locale.ROOT);
    }
}
