package io.millwright.serving.wire;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.runtime.FieldType;
import io.millwright.serving.predict.Column;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;

/// Values of JSON as they come, numbers or texts, in an array that grows.
final class Values {
    /// From it on a float64 does not hold every whole number.
    private static final double MOST_EXACT = 1L << 53;

    private final String name;
    private double[] numbers;
    private @Nullable String @Nullable [] texts;
    private int size;
    private boolean whole = true;
    private boolean flags = true;

    Values(String name, int expected) {
        this.name = name;
        this.numbers = new double[Math.max(4, expected)];
    }

    int size() {
        return size;
    }

    /// How far it was filled at a time.
    record Mark(int size, boolean whole, boolean flags) {}

    Mark mark() {
        return new Mark(size, whole, flags);
    }

    /// Forgets the numbers that came since.
    void reset(Mark mark) {
        size = mark.size;
        whole = mark.whole;
        flags = mark.flags;
    }

    /// Adds the value the parser stands on.
    void add(JsonParser parser) {
        switch (parser.currentToken()) {
            case VALUE_NUMBER_INT -> {
                double number = parser.getDoubleValue();
                if (Math.abs(number) >= MOST_EXACT) {
                    throw INVALID_ARGUMENT.because(
                            "'%s' has %s as value %d: whole numbers from 2^53 on are not taken, because they would be rounded."
                                    + " Send it as a text.",
                            name, parser.getString(), size);
                }
                whole(number);
            }
            case VALUE_NUMBER_FLOAT -> number(parser.getDoubleValue());
            case VALUE_TRUE -> flag(true);
            case VALUE_FALSE -> flag(false);
            case VALUE_NULL -> missing();
            case VALUE_STRING -> text(parser.getString());
            default -> throw INVALID_ARGUMENT.because("'%s' has an object or array as value %d.", name, size);
        }
    }

    void missing() {
        if (texts != null) text(null);
        else put(Double.NaN);
    }

    /// One that is known to be whole.
    void whole(double value) {
        flags = false;
        put(value);
    }

    void flag(boolean value) {
        put(value ? 1 : 0);
    }

    /// One that has a fraction, or may have.
    void number(double value) {
        whole = false;
        flags = false;
        put(value);
    }

    private void put(double value) {
        if (texts != null) throw mixed();
        if (size == numbers.length) numbers = Arrays.copyOf(numbers, 2 * size);
        numbers[size++] = value;
    }

    void text(@Nullable String value) {
        @Nullable String[] all = texts;
        if (all == null) {
            for (int i = 0; i < size; i++) if (!Double.isNaN(numbers[i])) throw mixed();
            all = new String[numbers.length];
        }
        if (size == all.length) all = Arrays.copyOf(all, 2 * size);
        all[size++] = value;
        texts = all;
    }

    private Failure mixed() {
        return INVALID_ARGUMENT.because("'%s' has numbers and texts, value %d is of the other kind.", name, size);
    }

    boolean isText() {
        return texts != null;
    }

    /// @param type of the numbers; absent to have the narrowest they fit
    Column column(@Nullable FieldType type, int width, boolean flat) {
        if (texts != null) return Column.of(name, width, flat, Arrays.copyOf(texts, size));
        FieldType told = type != null
                ? type
                : size > 0 && flags ? FieldType.BOOLEAN : whole ? FieldType.INT64 : FieldType.FLOAT64;
        return Column.of(name, told, width, flat, size == numbers.length ? numbers : Arrays.copyOf(numbers, size));
    }
}
