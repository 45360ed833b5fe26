package io.millwright.runtime.read;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Estimator.SupportVectors.Kernel;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Operator;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Outcome.Apply.Function;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Preparation.Scale.Form;
import io.millwright.runtime.read.OnnxTranslation.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.function.BiConsumer;

/// ONNX operators that hold what was learnt. What the standard leaves open is done as ONNX Runtime does.
final class OnnxEstimators {
    private static final long MAX_WEIGHTS = 1 << 28;

    private OnnxEstimators() {}

    static void register(Map<String, BiConsumer<OnnxNode, OnnxTranslation>> operators) {
        operators.put("ai.onnx.ml.LinearRegressor", OnnxEstimators::linearRegressor);
        operators.put("ai.onnx.ml.LinearClassifier", OnnxEstimators::linearClassifier);
        operators.put("ai.onnx.ml.TreeEnsembleRegressor", OnnxEstimators::treeRegressor);
        operators.put("ai.onnx.ml.TreeEnsembleClassifier", OnnxEstimators::treeClassifier);
        operators.put("ai.onnx.ml.SVMRegressor", OnnxEstimators::vectorRegressor);
        operators.put("ai.onnx.ml.SVMClassifier", OnnxEstimators::vectorClassifier);
    }

    /// The labels of a classifier, and their type.
    private record Labels(Categories categories, FieldType type) {
        static Labels of(OnnxNode node) {
            for (String name : List.of("classlabels_ints", "classlabels_int64s")) {
                if (node.has(name)) {
                    double[] numbers =
                            Arrays.stream(node.integers(name)).asDoubleStream().toArray();
                    return new Labels(new Categories.Numbers(Doubles.of(numbers), -1), FieldType.INT64);
                }
            }
            return new Labels(new Categories.Texts(node.texts("classlabels_strings"), -1), FieldType.TEXT);
        }

        int count() {
            return categories.size();
        }
    }

    private static void emitLabel(OnnxNode node, OnnxTranslation to, Labels labels, Operator choice, String scores) {
        String place = to.step(node, "place", choice, scores);
        to.emit(node, 0, new Outcome.Label(labels.categories()), labels.type(), List.of(), place);
    }

    private static Estimator.Linear linear(OnnxNode node, int width, int outputs) {
        double[] weights = node.numbers("coefficients");
        double[] bias = node.numbers("intercepts");
        if (weights.length != (long) width * outputs || bias.length != outputs && bias.length != 0) {
            throw new UnreadableModel("%s has %d coefficients and %d intercepts, expected %d x %d and %d"
                    .formatted(node.title(), weights.length, bias.length, outputs, width, outputs));
        }
        return new Estimator.Linear(
                new Matrix(outputs, width, Doubles.of(weights)),
                Doubles.of(bias.length == 0 ? new double[outputs] : bias),
                Precision.FLOAT32);
    }

    private static void requireNoTransform(OnnxNode node) {
        String transform = node.text("post_transform", "NONE");
        if (!transform.equals("NONE")) throw node.unmapped("post_transform " + transform);
    }

    private static void linearRegressor(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        int targets = Math.toIntExact(node.integer("targets", 1));
        requireNoTransform(node);
        to.emit(node, linear(node, from.width(), targets), FieldType.FLOAT32, List.of(targets), from.source());
    }

    private static void linearClassifier(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        Labels labels = Labels.of(node);
        int classes = labels.count();
        if (node.numbers("intercepts").length != classes || classes < 2) {
            throw node.unmapped("%d intercepts for %d labels".formatted(node.numbers("intercepts").length, classes));
        }
        String scores = to.step(node, "scores", linear(node, from.width(), classes), from.source());
        // ONNX Runtime begins with the first score and takes the next when that is larger, which NaN never is.
        double[] fill = new double[classes];
        Arrays.fill(fill, 1, classes, Double.NEGATIVE_INFINITY);
        fill[0] = Double.POSITIVE_INFINITY;
        String compared =
                to.step(node, "compared", new Preparation.Impute(Double.NaN, Doubles.of(fill), Ints.of()), scores);
        emitLabel(node, to, labels, new Outcome.Pick(true), compared);
        transform(node, to, classes, scores, Precision.FLOAT32);
    }

    /// The second output of a classifier: its scores, transformed, in float32.
    private static void transform(OnnxNode node, OnnxTranslation to, int width, String scores, Precision precision) {
        switch (node.text("post_transform", "NONE")) {
            case "NONE" -> emitSingle(node, 1, to, width, scores, precision);
            case "LOGISTIC" -> transform(node, to, Function.MIRRORED_SIGMOID, width, scores, precision);
            case "SOFTMAX" -> transform(node, to, Function.SOFTMAX, width, scores, precision);
            default -> throw node.unmapped("post_transform " + node.text("post_transform", "NONE"));
        }
    }

    private static void transform(
            OnnxNode node, OnnxTranslation to, Function function, int width, String scores, Precision precision) {
        String transformed = to.step(node, "transformed", new Outcome.Apply(function, precision), scores);
        emitSingle(node, 1, to, width, transformed, precision);
    }

    /// What was computed, as an output in float32.
    private static void emitSingle(
            OnnxNode node, int output, OnnxTranslation to, int width, String from, Precision precision) {
        if (precision == Precision.FLOAT32) {
            to.alias(node, output, new Value.Rows(from, FieldType.FLOAT32, List.of(width)));
            return;
        }
        to.emit(node, output, new Columns.Cast(FieldType.FLOAT32), FieldType.FLOAT32, List.of(width), from);
    }

    /// The sums of trees, with the base values added last.
    private static String sums(
            OnnxNode node, OnnxTranslation to, OnnxTrees trees, Value.Rows from, int outputs, double divisor) {
        Precision precision = precision(from);
        String sums = to.step(node, "sums", trees.build(from.width(), outputs, precision, divisor), from.source());
        double[] base = OnnxTrees.base(node);
        if (Arrays.stream(base).allMatch(each -> each == 0)) return sums;
        double[] ones = new double[outputs];
        Arrays.fill(ones, 1);
        return to.step(node, "shifted", scale(base, ones, precision), sums);
    }

    /// Trees of float64 rows are compared and added in float64, all others in float32.
    private static Precision precision(Value.Rows from) {
        return from.type() == FieldType.FLOAT64 ? Precision.FLOAT64 : Precision.FLOAT32;
    }

    private static Preparation.Scale scale(double[] offset, double[] factor, Precision precision) {
        return new Preparation.Scale(
                Form.SCALE_FIRST,
                Doubles.of(offset),
                Doubles.of(factor),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                precision);
    }

    private static void treeRegressor(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        requireNoTransform(node);
        int targets = Math.toIntExact(node.integer("n_targets", 1));
        requireBase(node, targets);
        double divisor = switch (node.text("aggregate_function", "SUM")) {
            case "SUM" -> 1;
            case "AVERAGE" -> OnnxTrees.count(node);
            default -> throw node.unmapped("aggregate_function " + node.text("aggregate_function", ""));
        };
        String sums = sums(node, to, new OnnxTrees(node, "target"), from, targets, divisor);
        emitSingle(node, 0, to, targets, sums, precision(from));
    }

    private static void requireBase(OnnxNode node, int outputs) {
        int given = OnnxTrees.base(node).length;
        if (given != 0 && given != outputs) {
            throw node.unmapped("%d base values for %d outputs".formatted(given, outputs));
        }
    }

    private static void treeClassifier(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        Labels labels = Labels.of(node);
        int classes = labels.count();
        OnnxTrees trees = new OnnxTrees(node, "class");
        if (classes == 2) {
            twoClasses(node, to, from, labels, trees);
            return;
        }
        requireBase(node, classes);
        if (classes < 2 || OnnxTrees.base(node).length == 0 && !trees.reachesAll(classes)) {
            throw node.unmapped("classes that leaves give no number");
        }
        String sums = sums(node, to, trees, from, classes, 1);
        emitLabel(node, to, labels, new Outcome.Pick(true), sums);
        transform(node, to, classes, sums, precision(from));
    }

    /// Two classes with one score between them: the second class is chosen above 0.5 when no leaf is
    /// negative, and above 0 otherwise.
    private static void twoClasses(OnnxNode node, OnnxTranslation to, Value.Rows from, Labels labels, OnnxTrees trees) {
        SortedSet<Integer> outputs = trees.outputs();
        if (outputs.size() != 1) throw node.unmapped("two classes with a score each");
        requireBase(node, 1);
        boolean ofSecond = outputs.first() == 1;
        if (ofSecond && OnnxTrees.base(node).length != 0) throw node.unmapped("a base value of class 0");
        String score = sums(node, to, trees, from, 1, 1);
        boolean positive = trees.allPositive();
        emitLabel(node, to, labels, new Outcome.Threshold(positive ? 0.5 : 0, false), score);
        String transform = node.text("post_transform", "NONE");
        if (!transform.equals("NONE") && !transform.equals("LOGISTIC")) {
            throw node.unmapped("post_transform %s of one score".formatted(transform));
        }
        Precision precision = precision(from);
        if (positive && !ofSecond && transform.equals("NONE")) {
            transform(node, to, Function.COMPLEMENT_AND_SELF, 2, score, precision);
            return;
        }
        // Leaves that say they are the second class's leave the first at 0; others make it the opposite.
        double[] signs = {ofSecond ? 0 : -1, 1};
        String both = to.step(node, "both", new Columns.Select(Ints.of(0, 0)), score);
        transform(node, to, 2, to.step(node, "margins", scale(new double[2], signs, precision), both), precision);
    }

    private static Kernel kernel(OnnxNode node) {
        return switch (node.text("kernel_type", "LINEAR")) {
            case "LINEAR" -> Kernel.LINEAR;
            case "RBF" -> Kernel.RBF;
            case "POLY" -> Kernel.POLYNOMIAL;
            case "SIGMOID" -> Kernel.SIGMOID;
            default -> throw node.unmapped("kernel " + node.text("kernel_type", ""));
        };
    }

    private static Estimator.SupportVectors vectors(OnnxNode node, int width, Matrix weights, double[] bias) {
        double[] vectors = node.numbers("support_vectors");
        double[] parameters = node.numbers("kernel_params");
        if (parameters.length != 3) throw node.unmapped("%d kernel parameters".formatted(parameters.length));
        if (parameters[2] != Math.rint(parameters[2])) throw node.unmapped("a degree of " + parameters[2]);
        return new Estimator.SupportVectors(
                kernel(node),
                parameters[0],
                parameters[1],
                (int) parameters[2],
                new Matrix(vectors.length / width, width, Doubles.of(vectors)),
                weights,
                Doubles.of(bias));
    }

    private static void vectorRegressor(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        requireNoTransform(node);
        int count = Math.toIntExact(node.integer("n_supports", 0));
        double[] weights = node.numbers("coefficients");
        double[] rho = node.numbers("rho");
        if (node.integer("one_class", 0) != 0 || count == 0 || rho.length != 1) {
            throw node.unmapped("one class, or no support vectors");
        }
        var operator = vectors(node, from.width(), new Matrix(1, count, Doubles.of(weights)), rho);
        String exact = to.step(node, "exact", operator, from.source());
        to.emit(node, new Columns.Cast(FieldType.FLOAT32), FieldType.FLOAT32, List.of(1), exact);
    }

    /// Classes by decisions of one against one, without probabilities.
    private static void vectorClassifier(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        requireNoTransform(node);
        Labels labels = Labels.of(node);
        int classes = labels.count();
        if (node.numbers("prob_a").length > 0) throw node.unmapped("probabilities (prob_a)");
        int[] counts = Arrays.stream(node.integers("vectors_per_class"))
                .mapToInt(Math::toIntExact)
                .toArray();
        if (classes < 2 || counts.length != classes) throw node.unmapped("%d classes".formatted(classes));
        boolean positive = Arrays.stream(node.numbers("coefficients")).allMatch(each -> each >= 0);
        if (classes == 2 && positive) throw node.unmapped("two classes and no negative coefficient");
        var operator = vectors(node, from.width(), pairWeights(node, counts), node.numbers("rho"));
        String exact = to.step(node, "exact", operator, from.source());
        String decisions = to.step(node, "decisions", new Columns.Cast(FieldType.FLOAT32), exact);
        String firsts = to.step(node, "firsts", new Outcome.Threshold(0, false), decisions);
        String votes = to.step(node, "votes", votes(classes), firsts);
        emitLabel(node, to, labels, new Outcome.Pick(true), votes);
        if (classes > 2) {
            int pairs = classes * (classes - 1) / 2;
            to.alias(node, 1, new Value.Rows(decisions, FieldType.FLOAT32, List.of(pairs)));
            return;
        }
        // The one decision is above 0 for the first class, but comes out as the second's score.
        String both = to.step(node, "both", new Columns.Select(Ints.of(0, 0)), decisions);
        var mirrored = scale(new double[2], new double[] {-1, 1}, Precision.FLOAT32);
        to.emit(node, 1, mirrored, FieldType.FLOAT32, List.of(2), both);
    }

    /// For each pair of classes the weight of each vector: of a vector of class i against class j it
    /// stands in row j - 1 of the coefficients when i is the first of the two, and in row j otherwise.
    private static Matrix pairWeights(OnnxNode node, int[] counts) {
        int classes = counts.length;
        long sum = Arrays.stream(counts).asLongStream().sum();
        double[] coefficients = node.numbers("coefficients");
        if (Arrays.stream(counts).anyMatch(each -> each < 0) || coefficients.length != (classes - 1) * sum) {
            throw new UnreadableModel("%s has %d coefficients for %d classes of %d support vectors"
                    .formatted(node.title(), coefficients.length, classes, sum));
        }
        if (classes * sum * classes > MAX_WEIGHTS) throw node.unmapped("%d classes".formatted(classes));
        int all = Math.toIntExact(sum);
        int[] starts = new int[classes];
        for (int i = 1; i < classes; i++) starts[i] = starts[i - 1] + counts[i - 1];
        double[] weights = new double[classes * (classes - 1) / 2 * all];
        int pair = 0;
        for (int first = 0; first < classes; first++) {
            for (int second = first + 1; second < classes; second++, pair++) {
                System.arraycopy(
                        coefficients,
                        (second - 1) * all + starts[first],
                        weights,
                        pair * all + starts[first],
                        counts[first]);
                System.arraycopy(
                        coefficients,
                        first * all + starts[second],
                        weights,
                        pair * all + starts[second],
                        counts[second]);
            }
        }
        return new Matrix(pair, all, Doubles.of(weights));
    }

    /// Of each pair, 1 is a vote for the first and 0 one for the second.
    private static Estimator.Linear votes(int classes) {
        int pairs = classes * (classes - 1) / 2;
        double[] weights = new double[classes * pairs];
        double[] bias = new double[classes];
        int pair = 0;
        for (int first = 0; first < classes; first++) {
            for (int second = first + 1; second < classes; second++, pair++) {
                weights[first * pairs + pair] = 1;
                weights[second * pairs + pair] = -1;
                bias[second]++;
            }
        }
        return new Estimator.Linear(
                new Matrix(classes, pairs, Doubles.of(weights)), Doubles.of(bias), Precision.FLOAT64);
    }
}
