package io.millwright.serving.predict;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Numbers and truths that are sent for categories, spelled as H2O spells them when it makes a factor of a column: 3 is
/// the level `3`, true the level `true` or `True`. Only for fields that have such levels.
final class SpelledLevels {
    private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?");
    private static final double MOST_EXACT = 1L << 53;

    private final List<Field> fields;
    private final boolean any;

    SpelledLevels(List<Field> fields) {
        this.fields = fields;
        this.any = fields.stream().anyMatch(SpelledLevels::isSpelled);
    }

    private static List<String> levels(Field field) {
        return field.categories().orElse(null) instanceof Categories.Texts texts ? texts.values() : List.of();
    }

    private static boolean isSpelled(Field field) {
        return levels(field).stream()
                .anyMatch(
                        level -> NUMBER.matcher(level).matches() || isTruth(level, "true") || isTruth(level, "false"));
    }

    private static boolean isTruth(String level, String truth) {
        return level.equalsIgnoreCase(truth);
    }

    /// The same rows, with texts for such fields.
    Frame spell(Frame rows) {
        if (!any) return rows;
        List<Column> columns = rows.columns();
        boolean named = rows.named()
                && columns.stream().anyMatch(column -> fieldOf(column.name()).isPresent());
        if (!named && columns.size() == 1 && isTable(columns.getFirst())) columns = apart(columns.getFirst());
        if (!named && columns.size() != fields.size()) return rows;
        List<Column> spelled = new ArrayList<>(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            Optional<Field> field = named ? fieldOf(column.name()) : Optional.of(fields.get(i));
            spelled.add(field.map(each -> spell(column, each)).orElse(column));
        }
        return new Frame(rows.rows(), spelled, named, rows.form(), rows.params());
    }

    private Optional<Field> fieldOf(String name) {
        return fields.stream().filter(field -> field.name().equals(name)).findFirst();
    }

    private boolean isTable(Column column) {
        return fields.size() > 1 && column.width() == fields.size() && !column.isText();
    }

    private List<Column> apart(Column table) {
        int rows = table.numbers().length / table.width();
        List<Column> columns = new ArrayList<>(table.width());
        for (int j = 0; j < table.width(); j++) {
            double[] numbers = new double[rows];
            for (int i = 0; i < rows; i++) numbers[i] = table.numbers()[i * table.width() + j];
            columns.add(Column.of(fields.get(j).name(), table.type(), 1, true, numbers));
        }
        return columns;
    }

    private static Column spell(Column column, Field field) {
        if (column.isText() || column.width() != 1 || !isSpelled(field)) return column;
        @Nullable String[] texts = new String[column.numbers().length];
        for (int i = 0; i < texts.length; i++) texts[i] = level(column.type(), column.numbers()[i], field);
        return Column.of(column.name(), 1, column.isFlat(), texts);
    }

    private static @Nullable String level(FieldType type, double value, Field field) {
        if (Double.isNaN(value)) return null;
        if (type == FieldType.BOOLEAN) {
            String truth = value == 0 ? "false" : "true";
            Optional<String> found = levels(field).stream()
                    .filter(level -> isTruth(level, truth))
                    .findFirst();
            if (found.isPresent()) return found.get();
        }
        if (value == Math.rint(value) && Math.abs(value) < MOST_EXACT) return String.valueOf((long) value);
        return type == FieldType.FLOAT32 ? String.valueOf((float) value) : String.valueOf(value);
    }
}
