package io.millwright.runtime;

import java.util.List;

/// One step of what a model computes, with the numbers it was fitted to.
///
/// Operators are values without behaviour, so that an evaluator, a writer of another language and an
/// auditor read the same thing. Each says in its own words what it computes, in which precision, and
/// what a missing value does. Unless it
/// says otherwise an operator reads one input, a missing number (NaN) makes what is computed of it
/// NaN, and sums are taken from left to right.
public sealed interface Operator permits Columns, Preparation, Estimator, Outcome {
    /// What comes out when this goes in.
    ///
    /// @throws IllegalArgumentException when this may not go in
    Shape shape(List<Shape> inputs);

    /// The only input, which must be of that kind.
    static Shape only(List<Shape> inputs, Shape.Kind kind) {
        if (inputs.size() != 1) throw new IllegalArgumentException("reads 1 input, got " + inputs.size());
        Shape input = inputs.getFirst();
        if (input.kind() != kind) {
            throw new IllegalArgumentException(
                    "reads %s, got %s".formatted(kind == Shape.Kind.NUMBERS ? "numbers" : "texts", input));
        }
        return input;
    }

    /// The only input, so many numbers a row.
    static Shape numbers(List<Shape> inputs, int width) {
        Shape input = only(inputs, Shape.Kind.NUMBERS);
        if (input.width() != width) {
            throw new IllegalArgumentException("reads %d numbers a row, got %d".formatted(width, input.width()));
        }
        return input;
    }
}
