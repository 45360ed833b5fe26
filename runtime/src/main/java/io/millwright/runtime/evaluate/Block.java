package io.millwright.runtime.evaluate;

import io.millwright.runtime.Shape;
import org.jspecify.annotations.Nullable;

/// The values of one field or node for the rows of a batch, row after row.
public final class Block {
    private static final double[] NO_NUMBERS = {};
    private static final @Nullable String[] NO_TEXTS = {};

    private final Shape shape;
    private final double[] numbers;
    private final @Nullable String[] texts;

    public Block(Shape shape, int rows) {
        this.shape = shape;
        int size = Math.multiplyExact(shape.width(), rows);
        this.numbers = shape.kind() == Shape.Kind.NUMBERS ? new double[size] : NO_NUMBERS;
        this.texts = shape.kind() == Shape.Kind.TEXTS ? new String[size] : NO_TEXTS;
    }

    public Shape shape() {
        return shape;
    }

    public int width() {
        return shape.width();
    }

    /// The numbers themselves, not a copy: value `j` of row `i` at `i * width + j`. NaN is missing.
    /// Empty when it has texts.
    public double[] numbers() {
        return numbers;
    }

    /// The texts themselves, not a copy; null is missing. Empty when it has numbers.
    public @Nullable String[] texts() {
        return texts;
    }
}
