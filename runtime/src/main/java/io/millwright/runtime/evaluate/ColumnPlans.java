package io.millwright.runtime.evaluate;

import io.millwright.runtime.Columns;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Shape;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

final class ColumnPlans {
    private ColumnPlans() {}

    static Step.Plan select(Columns.Select select) {
        int[] columns = select.columns().toArray();
        return (in, out) -> {
            Block from = in[0];
            int width = from.width();
            boolean texts = from.shape().kind() == Shape.Kind.TEXTS;
            return rows -> {
                if (texts) gather(from.texts(), out.texts(), columns, width, rows);
                else gather(from.numbers(), out.numbers(), columns, width, rows);
            };
        };
    }

    private static void gather(double[] from, double[] to, int[] columns, int width, int rows) {
        int at = 0;
        for (int row = 0; row < rows; row++) {
            int start = row * width;
            for (int column : columns) to[at++] = from[start + column];
        }
    }

    private static void gather(@Nullable String[] from, @Nullable String[] to, int[] columns, int width, int rows) {
        int at = 0;
        for (int row = 0; row < rows; row++) {
            int start = row * width;
            for (int column : columns) to[at++] = from[start + column];
        }
    }

    static Step concat(Block[] in, Block out) {
        boolean texts = out.shape().kind() == Shape.Kind.TEXTS;
        int width = out.width();
        return rows -> {
            int offset = 0;
            for (Block from : in) {
                Object source = texts ? from.texts() : from.numbers();
                Object target = texts ? out.texts() : out.numbers();
                int each = from.width();
                if (each == 1 && !texts) {
                    double[] numbers = from.numbers();
                    double[] to = out.numbers();
                    for (int row = 0, at = offset; row < rows; row++, at += width) to[at] = numbers[row];
                } else {
                    for (int row = 0; row < rows; row++) {
                        System.arraycopy(source, row * each, target, row * width + offset, each);
                    }
                }
                offset += each;
            }
        };
    }

    static Step.Plan cast(Columns.Cast cast) {
        FieldType type = cast.type();
        return (in, out) -> {
            Block from = in[0];
            int width = from.width();
            boolean fromTexts = from.shape().kind() == Shape.Kind.TEXTS;
            if (type == FieldType.TEXT) {
                return rows -> {
                    for (int i = 0; i < rows * width; i++) {
                        out.texts()[i] = fromTexts ? from.texts()[i] : spelled(from.numbers()[i]);
                    }
                };
            }
            DoubleUnaryOperator round = rounding(type);
            return rows -> {
                double[] to = out.numbers();
                for (int i = 0; i < rows * width; i++) {
                    to[i] = round.applyAsDouble(fromTexts ? number(from.texts()[i]) : from.numbers()[i]);
                }
            };
        };
    }

    private static DoubleUnaryOperator rounding(FieldType type) {
        return switch (type) {
            case FLOAT64, TEXT -> value -> value;
            case FLOAT32 -> value -> (float) value;
            case INT64, INT32 -> value -> value < 0 ? Math.ceil(value) : Math.floor(value);
            case BOOLEAN -> value -> Double.isNaN(value) ? value : value == 0 ? 0 : 1;
        };
    }

    private static double number(@Nullable String text) {
        if (text == null) return Double.NaN;
        try {
            return Double.parseDouble(text.strip());
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static @Nullable String spelled(double value) {
        if (Double.isNaN(value)) return null;
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
