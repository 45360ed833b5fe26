package io.millwright.runtime.onnx;

import java.util.List;

/// The values of one input or output, row after row.
///
/// Whole numbers are in float64, too, exact up to 2^53.
public final class OnnxValues {
    private final int width;
    private final double[] numbers;
    private final List<String> texts;

    private OnnxValues(int width, double[] numbers, List<String> texts) {
        this.width = width;
        this.numbers = numbers;
        this.texts = texts;
    }

    /// @param numbers kept, not copied; value `j` of row `i` at `i * width + j`. NaN is missing
    public static OnnxValues numbers(int width, double... numbers) {
        return new OnnxValues(width, numbers, List.of());
    }

    public static OnnxValues texts(int width, List<String> texts) {
        return new OnnxValues(width, new double[0], List.copyOf(texts));
    }

    /// Values a row.
    public int width() {
        return width;
    }

    /// The numbers themselves, not a copy. Empty when it has texts.
    public double[] numbers() {
        return numbers;
    }

    /// Empty when it has numbers.
    public List<String> texts() {
        return texts;
    }
}
