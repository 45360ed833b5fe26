package io.millwright.runtime.read;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Operator;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Outcome.Apply.Function;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import java.util.Arrays;

/// What predicting stages make of their scores.
final class SparkAnswers {
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private final SparkColumns columns;

    SparkAnswers(SparkColumns columns) {
        this.columns = columns;
    }

    /// A step of a stage that predicts.
    String step(SparkStage stage, String what, Operator operator, String... from) {
        String column = stage.column("predictionCol");
        return columns.step(column.isEmpty() ? "prediction" : column, what, operator, from);
    }

    String apply(SparkStage stage, String what, Function function, String from) {
        return step(stage, what, new Outcome.Apply(function, Precision.FLOAT64), from);
    }

    /// Each number times a factor, and then an offset added.
    static Preparation.Scale scale(int width, double factor, double offset, double low, double high) {
        double[] factors = new double[width];
        double[] offsets = new double[width];
        Arrays.fill(factors, factor);
        Arrays.fill(offsets, offset);
        return new Preparation.Scale(
                Preparation.Scale.Form.SCALE_FIRST,
                Doubles.of(offsets),
                Doubles.of(factors),
                low,
                high,
                Precision.FLOAT64);
    }

    /// One number is all it answers.
    void number(SparkStage stage, String node, FieldType type) {
        columns.beginAnswer();
        columns.answer(stage.column("predictionCol"), "prediction", node, 1, false, type);
    }

    /// The class of the largest score, or, with thresholds, of the largest quotient of probability and
    /// threshold.
    void classes(SparkStage stage, int classes, String raw, String probabilities) {
        String from = raw;
        if (stage.has("thresholds")) {
            double[] thresholds = stage.numbers("thresholds");
            var scale = new Preparation.Scale(
                    Preparation.Scale.Form.SHIFT_FIRST,
                    Doubles.of(new double[thresholds.length]),
                    Doubles.of(thresholds),
                    Double.NEGATIVE_INFINITY,
                    Double.POSITIVE_INFINITY,
                    Precision.FLOAT64);
            String quotients = step(stage, "quotients", scale, probabilities);
            double[] never = new double[thresholds.length];
            Arrays.fill(never, Double.NEGATIVE_INFINITY);
            // Nothing of a threshold of nothing is no class.
            from = step(
                    stage, "comparable", new Preparation.Impute(Double.NaN, Doubles.of(never), Ints.of()), quotients);
        }
        answer(stage, classes, step(stage, "class", new Outcome.Pick(true), from), raw, probabilities);
    }

    /// The probabilities of two classes from the score of the first: `1 / (1 + exp(-factor x))`.
    String twoProbabilities(SparkStage stage, String raw, double factor) {
        String first = step(stage, "first", new Columns.Select(Ints.of(0)), raw);
        if (factor != 1) first = step(stage, "scaled", scale(1, factor, 0, -INFINITY, INFINITY), first);
        String probability = apply(stage, "probability", Function.SIGMOID, first);
        String both = apply(stage, "both", Function.COMPLEMENT_AND_SELF, probability);
        return step(stage, "probabilities", new Columns.Select(Ints.of(1, 0)), both);
    }

    /// 1 where what stands in the second place is above a threshold.
    String above(SparkStage stage, String two, double threshold) {
        String second = step(stage, "second", new Columns.Select(Ints.of(1)), two);
        return step(stage, "class", new Outcome.Threshold(threshold, false), second);
    }

    void answer(SparkStage stage, int classes, String prediction, String raw, String probabilities) {
        number(stage, prediction, FieldType.FLOAT64);
        columns.answer(
                stage.column("probabilityCol"), "probabilities", probabilities, classes, true, FieldType.FLOAT64);
        raw(stage, classes, raw);
    }

    void raw(SparkStage stage, int classes, String raw) {
        columns.answer(stage.column("rawPredictionCol"), "raw", raw, classes, true, FieldType.FLOAT64);
    }

    /// How far each centre is, which Spark keeps to itself.
    void distances(int centers, String node) {
        columns.answer("", "distances", node, centers, true, FieldType.FLOAT64);
    }
}
