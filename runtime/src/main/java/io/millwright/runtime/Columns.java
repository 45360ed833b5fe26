package io.millwright.runtime;

import java.util.List;

/// Operators that move values about.
public sealed interface Columns extends Operator {
    /// Some columns of its input, in this order; one may be taken twice.
    record Select(Ints columns) implements Columns {
        @Override
        public Shape shape(List<Shape> inputs) {
            Shape input = Operator.only(inputs, inputs.getFirst().kind());
            for (int i = 0; i < columns.size(); i++) {
                if (columns.get(i) < 0 || columns.get(i) >= input.width()) {
                    throw new IllegalArgumentException("selects column %d of %s".formatted(columns.get(i), input));
                }
            }
            return new Shape(input.kind(), columns.size());
        }
    }

    /// All columns of its inputs, one input after the other; all of one kind.
    record Concat() implements Columns {
        @Override
        public Shape shape(List<Shape> inputs) {
            Shape.Kind kind = inputs.getFirst().kind();
            int width = 0;
            for (Shape input : inputs) {
                if (input.kind() != kind) throw new IllegalArgumentException("joins numbers and texts");
                width = Math.addExact(width, input.width());
            }
            return new Shape(kind, width);
        }
    }

    /// Values in another type.
    ///
    /// To float32 a number is rounded to the nearest (ties to even), to an integer it is cut towards
    /// zero, to boolean it
    /// is 1 unless it is 0 (NaN stays missing in all of them). A text becomes the number it spells,
    /// NaN when it spells none. A number becomes the text Python writes: an integer without a point.
    record Cast(FieldType type) implements Columns {
        @Override
        public Shape shape(List<Shape> inputs) {
            Shape input = Operator.only(inputs, inputs.getFirst().kind());
            return new Shape(type.kind(), input.width());
        }
    }
}
