package io.millwright.serving.predict;

import io.millwright.runtime.FieldType;
import io.millwright.runtime.Shape;
import org.jspecify.annotations.Nullable;

/// Values of one name for the rows of a request or an answer, row after row. Its arrays are not
/// copied: whoever makes one hands them over.
public final class Column {
    private static final double[] NO_NUMBERS = {};
    private static final @Nullable String[] NO_TEXTS = {};

    private final String name;
    private final FieldType type;
    private final int width;
    private final boolean flat;
    private final double[] numbers;
    private final @Nullable String[] texts;

    private Column(String name, FieldType type, int width, boolean flat, double[] numbers, @Nullable String[] texts) {
        this.name = name;
        this.type = type;
        this.width = width;
        this.flat = flat;
        this.numbers = numbers;
        this.texts = texts;
    }

    /// @param width values a row
    /// @param flat whether it has one value a row and shape `[rows]`, not `[rows, width]`
    public static Column of(String name, FieldType type, int width, boolean flat, double[] numbers) {
        return new Column(name, type, width, flat, numbers, NO_TEXTS);
    }

    public static Column of(String name, int width, boolean flat, @Nullable String[] texts) {
        return new Column(name, FieldType.TEXT, width, flat, NO_NUMBERS, texts);
    }

    public String name() {
        return name;
    }

    public FieldType type() {
        return type;
    }

    public int width() {
        return width;
    }

    public boolean isFlat() {
        return flat;
    }

    public boolean isText() {
        return type.kind() == Shape.Kind.TEXTS;
    }

    /// Value `j` of row `i` at `i * width + j`; NaN is missing. Empty when it has texts.
    public double[] numbers() {
        return numbers;
    }

    /// Null is missing. Empty when it has numbers.
    public @Nullable String[] texts() {
        return texts;
    }
}
