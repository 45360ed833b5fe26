package io.millwright.runtime;

import java.util.List;

/// Operators that make answers of scores.
public sealed interface Outcome extends Operator {
    /// A function of each number, or of each row.
    record Apply(Function function, Precision precision) implements Outcome {
        public enum Function {
            /// `1 / (1 + exp(-x))`
            SIGMOID,
            /// `1 / (1 + exp(-x))` from 0 on, and 1 less that of `-x` below: both sides rounded alike
            MIRRORED_SIGMOID,
            /// `exp(x - max) / sum exp(x - max)` of the row
            SOFTMAX,
            /// `x - max - log sum exp(x - max)` of the row
            LOG_SOFTMAX,
            EXP,
            /// `2^x`
            EXP2,
            EXPM1,
            LOG,
            LOG2,
            LOG10,
            LOG1P,
            SQRT,
            SQUARE,
            ABSOLUTE,
            NEGATE,
            RECIPROCAL,
            TANH,
            /// `max(0, x)`; NaN stays NaN
            RELU,
            FLOOR,
            CEILING,
            /// `1 - x, x`: one number a row becomes two
            COMPLEMENT_AND_SELF,
            /// Each divided by the row's sum; a row of sum 0 becomes equal shares.
            SHARE
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            Shape input = Operator.only(inputs, Shape.Kind.NUMBERS);
            if (function != Function.COMPLEMENT_AND_SELF) return input;
            if (input.width() != 1) throw new IllegalArgumentException("reads 1 number a row, got " + input.width());
            return Shape.numbers(2);
        }
    }

    /// 1 where a number is above a threshold, 0 elsewhere (NaN is not above).
    ///
    /// @param orEqual whether one equal to it is 1, too
    record Threshold(double threshold, boolean orEqual) implements Outcome {
        @Override
        public Shape shape(List<Shape> inputs) {
            return Operator.only(inputs, Shape.Kind.NUMBERS);
        }
    }

    /// The place of a row's largest or smallest number; the first of equals, and of the first NaN if
    /// there is one.
    record Pick(boolean largest) implements Outcome {
        @Override
        public Shape shape(List<Shape> inputs) {
            if (Operator.only(inputs, Shape.Kind.NUMBERS).width() == 0)
                throw new IllegalArgumentException("picks of nothing");
            return Shape.numbers(1);
        }
    }

    /// The label that stands in a place.
    record Label(Categories labels) implements Outcome {
        @Override
        public Shape shape(List<Shape> inputs) {
            Operator.numbers(inputs, 1);
            return new Shape(labels.kind(), 1);
        }
    }

    /// The weighed mean of inputs of one shape, number by number: `sum w x / sum w`.
    record Average(Doubles weights) implements Outcome {
        @Override
        public Shape shape(List<Shape> inputs) {
            return sameNumbers(inputs, weights.size());
        }
    }

    /// The sum of inputs of one shape, number by number, from the first to the last.
    record Sum(Precision precision) implements Outcome {
        @Override
        public Shape shape(List<Shape> inputs) {
            return sameNumbers(inputs, inputs.size());
        }
    }

    /// Two inputs of one shape, number by number: `first operation second`.
    record Combine(Operation operation, Precision precision) implements Outcome {
        public enum Operation {
            MINUS,
            TIMES,
            DIVIDED_BY
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            return sameNumbers(inputs, 2);
        }
    }

    /// All numbers of a row made into one; of a row without numbers the sum is 0, the product 1.
    record Reduce(Reduction reduction, Precision precision) implements Outcome {
        public enum Reduction {
            SUM,
            SUM_OF_SQUARES,
            PRODUCT,
            /// The sum divided by how many there are; NaN for none
            MEAN
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            Operator.only(inputs, Shape.Kind.NUMBERS);
            return Shape.numbers(1);
        }
    }

    /// The place most inputs name, by weight; the smallest of equals.
    ///
    /// @param places how many there are
    record Vote(Doubles weights, int places) implements Outcome {
        @Override
        public Shape shape(List<Shape> inputs) {
            if (sameNumbers(inputs, weights.size()).width() != 1)
                throw new IllegalArgumentException("votes with one number");
            return Shape.numbers(1);
        }
    }

    /// One-against-one decisions of a support vector machine made into votes for each class.
    ///
    /// @param classes how many; decisions are in the order 0-1, 0-2 … 1-2 …, above 0 for the first of
    /// the two
    /// @param confidences whether a class's sum of decisions, scaled to less than a third, is added to
    /// its votes, as
    ///     scikit-learn's `decision_function` does
    record OneAgainstOne(int classes, boolean confidences) implements Outcome {
        @Override
        public Shape shape(List<Shape> inputs) {
            Operator.numbers(inputs, classes * (classes - 1) / 2);
            return Shape.numbers(classes);
        }
    }

    private static Shape sameNumbers(List<Shape> inputs, int count) {
        if (inputs.size() != count) {
            throw new IllegalArgumentException("reads %d inputs, got %d".formatted(count, inputs.size()));
        }
        for (Shape input : inputs) {
            if (!input.equals(inputs.getFirst()) || input.kind() != Shape.Kind.NUMBERS) {
                throw new IllegalArgumentException("reads inputs of one shape, got " + inputs);
            }
        }
        return inputs.getFirst();
    }
}
