package io.millwright.serving.predict;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.evaluate.Block;
import io.millwright.serving.predict.InputPolicy.Problem;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Some rows of a request put into the block of one field, value by value as the policy has it.
///
/// @param known the texts the field may hold; empty when any will do
/// @param start the first row
/// @param count how many rows
record Filling(Field field, Set<String> known, InputWarnings warnings, Block block, int start, int count) {

    /// As JSON, and with what people add to it: a plus, a point at an end, blanks around it.
    private static final Pattern NUMBER =
            Pattern.compile("\\s*[+-]?+(?:\\d++\\.?+\\d*+|\\.\\d++)(?:[eE][+-]?+\\d++)?+\\s*");

    void put(InputBinding.Source source) {
        int width = field.width();
        if (source.columns().isEmpty()) {
            Arrays.fill(block.numbers(), 0, Math.min(count * width, block.numbers().length), Double.NaN);
            Arrays.fill(block.texts(), 0, Math.min(count * width, block.texts().length), null);
            return;
        }
        if (source.columns().size() > 1) {
            for (int j = 0; j < width; j++) put(source.columns().get(j), 0, 1, j);
            return;
        }
        Column column = source.columns().getFirst();
        if (width == column.width() && !column.isText() && !isText()) {
            System.arraycopy(column.numbers(), start * width, block.numbers(), 0, count * width);
            check();
            return;
        }
        for (int j = 0; j < width; j++) put(column, source.first() + j, column.width(), j);
    }

    private boolean isText() {
        return field.type() == FieldType.TEXT;
    }

    private boolean isWhole() {
        return field.type() == FieldType.INT64 || field.type() == FieldType.INT32;
    }

    /// One column of numbers or texts into one place of the field.
    private void put(Column column, int from, int step, int to) {
        for (int row = 0; row < count; row++) {
            int at = (start + row) * step + from;
            int place = row * field.width() + to;
            if (isText()) block.texts()[place] = text(column, at, start + row);
            else if (column.isText()) block.numbers()[place] = number(column, column.texts()[at], start + row);
            else block.numbers()[place] = number(column.numbers()[at], start + row);
        }
    }

    /// Numbers that lie in the block already.
    private void check() {
        if (!isWhole() && field.missingAllowed() && field.range().isEmpty() && !warnings.looksForMissing()) return;
        for (int i = 0; i < count * field.width(); i++) number(block.numbers()[i], start + i / field.width());
    }

    private @Nullable String text(Column column, int at, int row) {
        // A column of nothing but missing values is of numbers.
        if (!column.isText() && !Double.isNaN(column.numbers()[at])) throw wrongType(column);
        @Nullable String value = column.isText() ? column.texts()[at] : null;
        if (value == null) {
            missing(row);
        } else if (!known.isEmpty()
                && !known.contains(value)
                && warnings.refuses(Problem.UNSEEN_CATEGORY, name(), row)) {
            throw InputWarnings.refused(name(), row, "'" + value + "' is none of the values the model knows");
        }
        return value;
    }

    /// A text where a number belongs.
    private double number(Column column, @Nullable String text, int row) {
        if (text == null) return number(Double.NaN, row);
        if (warnings.refuses(Problem.WRONG_TYPE, name(), row)) throw wrongType(column);
        if (!NUMBER.matcher(text).matches())
            throw InputWarnings.refused(name(), row, "'" + shortened(text) + "' is no number");
        return number(Double.parseDouble(text), row);
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    private double number(double value, int row) {
        if (Double.isNaN(value)) {
            missing(row);
            return value;
        }
        if (isWhole() && value != Math.rint(value)) {
            throw InputWarnings.refused(name(), row, value + " is no whole number");
        }
        if (field.range().isPresent() && !field.range().get().contains(value)) {
            Field.Range range = field.range().get();
            if (warnings.refuses(Problem.OUT_OF_RANGE, name(), row)) {
                throw InputWarnings.refused(
                        name(), row, "%s lies outside %s to %s".formatted(value, range.low(), range.high()));
            }
        }
        return value;
    }

    private void missing(int row) {
        if (!field.missingAllowed() || warnings.refuses(Problem.MISSING_VALUE, name(), row)) {
            throw InputWarnings.refused(name(), row, "a value is missing");
        }
    }

    private String name() {
        return field.name();
    }

    private Failure wrongType(Column column) {
        return INVALID_ARGUMENT.because(
                "Column '%s' has %s, the model reads %s for '%s'.",
                column.name(), column.isText() ? "texts" : "numbers", isText() ? "texts" : "numbers", name());
    }
}
