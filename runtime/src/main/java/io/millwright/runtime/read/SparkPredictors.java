package io.millwright.runtime.read;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Outcome.Apply.Function;
import io.millwright.runtime.Precision;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Stages that predict, besides trees.
final class SparkPredictors {
    /// As near as a generalized model's mean comes to the end of its range.
    private static final double NEAREST = 1e-16;

    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private final SparkColumns columns;
    private final SparkAnswers answers;

    SparkPredictors(SparkColumns columns) {
        this.columns = columns;
        this.answers = new SparkAnswers(columns);
    }

    private String features(SparkStage stage, int width) {
        return columns.vector(stage.text("featuresCol"), width);
    }

    private static Estimator.Linear linear(Matrix weights, double... bias) {
        return new Estimator.Linear(weights, Doubles.of(bias), Precision.FLOAT64);
    }

    private static Matrix row(double... weights) {
        return new Matrix(1, weights.length, Doubles.of(weights));
    }

    /// The scores of two classes are the negative margin and the margin.
    private static Estimator.Linear bothSides(double[] weights, double bias) {
        int width = weights.length;
        double[] both = new double[2 * width];
        for (int i = 0; i < width; i++) {
            both[i] = -weights[i];
            both[width + i] = weights[i];
        }
        return linear(new Matrix(2, width, Doubles.of(both)), -bias, bias);
    }

    void linearRegression(SparkStage stage) {
        stage.folder().row("data", row -> {
            double[] weights = row.vector("coefficients");
            String sum = answers.step(
                    stage, "sum", linear(row(weights), row.number("intercept")), features(stage, weights.length));
            answers.number(stage, sum, FieldType.FLOAT64);
        });
    }

    void generalizedLinear(SparkStage stage) {
        stage.folder().row("data", row -> {
            double[] weights = row.vector("coefficients");
            String link = answers.step(
                    stage, "link", linear(row(weights), row.number("intercept")), features(stage, weights.length));
            if (!stage.column("offsetCol").isEmpty()) {
                link = answers.step(
                        stage,
                        "offset",
                        new Outcome.Sum(Precision.FLOAT64),
                        link,
                        columns.number(stage.column("offsetCol"), true));
            }
            answers.number(stage, projected(stage, mean(stage, link)), FieldType.FLOAT64);
            if (!stage.column("linkPredictionCol").isEmpty()) {
                columns.answer(stage.column("linkPredictionCol"), "link", link, 1, false, FieldType.FLOAT64);
            }
        });
    }

    /// The inverse of the link.
    private String mean(SparkStage stage, String from) {
        return switch (link(stage)) {
            case "identity" -> from;
            case "log" -> answers.apply(stage, "mean", Function.EXP, from);
            case "inverse" -> answers.apply(stage, "mean", Function.RECIPROCAL, from);
            case "logit" -> answers.apply(stage, "mean", Function.SIGMOID, from);
            case "sqrt" -> answers.apply(stage, "mean", Function.SQUARE, from);
            case "inverse sqrt" ->
                answers.apply(
                        stage, "mean", Function.RECIPROCAL, answers.apply(stage, "square", Function.SQUARE, from));
            case "cloglog" -> {
                String power = answers.apply(stage, "power", Function.EXP, from);
                String negative = answers.apply(stage, "negative", Function.NEGATE, power);
                String rest = answers.apply(stage, "rest", Function.EXP, negative);
                yield answers.step(stage, "mean", SparkAnswers.scale(1, -1, 1, -INFINITY, INFINITY), rest);
            }
            default -> throw stage.refused("has the link %s, which no operator computes".formatted(link(stage)));
        };
    }

    private static String family(SparkStage stage) {
        String family = stage.text("family").toLowerCase(Locale.ROOT);
        if (!family.equals("tweedie")) return family;
        double power = stage.number("variancePower");
        return power == 0 ? "gaussian" : power == 1 ? "poisson" : power == 2 ? "gamma" : "tweedie";
    }

    private static String link(SparkStage stage) {
        boolean tweedie = stage.text("family").equalsIgnoreCase("tweedie");
        if (!tweedie && stage.has("link")) return stage.text("link").toLowerCase(Locale.ROOT);
        if (tweedie && stage.has("linkPower")) return power(stage.number("linkPower"));
        return switch (family(stage)) {
            case "gaussian" -> "identity";
            case "binomial" -> "logit";
            case "poisson" -> "log";
            case "gamma" -> "inverse";
            default -> power(1 - stage.number("variancePower"));
        };
    }

    private static String power(double power) {
        if (power == 0) return "log";
        if (power == 1) return "identity";
        if (power == -1) return "inverse";
        if (power == 0.5) return "sqrt";
        return power == -0.5 ? "inverse sqrt" : "power " + power;
    }

    /// The mean kept within what its family may have.
    private String projected(SparkStage stage, String mean) {
        double low = family(stage).equals("gaussian") ? -Double.MAX_VALUE : NEAREST;
        double high = family(stage).equals("binomial") ? 1 - NEAREST : Double.MAX_VALUE;
        return answers.step(stage, "projected", SparkAnswers.scale(1, 1, 0, low, high), mean);
    }

    void logisticRegression(SparkStage stage) {
        stage.folder().row("data", row -> {
            Matrix weights = row.matrix("coefficientMatrix");
            double[] bias = row.vector("interceptVector");
            String from = features(stage, weights.columns());
            if (row.flag("isMultinomial")) {
                String raw = answers.step(stage, "raw", linear(weights, bias), from);
                String probabilities = answers.apply(stage, "probabilities", Function.SOFTMAX, raw);
                answers.classes(stage, weights.rows(), raw, probabilities);
                return;
            }
            String raw = answers.step(stage, "raw", bothSides(weights.values().toArray(), bias[0]), from);
            String probabilities = answers.twoProbabilities(stage, raw, 1);
            // Spark compares the score, unless it was told to make none.
            double threshold = threshold(stage);
            String prediction = stage.column("rawPredictionCol").isEmpty()
                    ? answers.above(stage, probabilities, threshold)
                    : answers.above(stage, raw, Math.log(threshold / (1 - threshold)));
            answers.answer(stage, 2, prediction, raw, probabilities);
        });
    }

    private static double threshold(SparkStage stage) {
        if (!stage.set("thresholds")) return stage.number("threshold");
        double[] thresholds = stage.numbers("thresholds");
        return 1 / (1 + thresholds[0] / thresholds[1]);
    }

    void linearSupportVectors(SparkStage stage) {
        stage.folder().row("data", row -> {
            double[] weights = row.vector("coefficients");
            String raw = answers.step(
                    stage, "raw", bothSides(weights, row.number("intercept")), features(stage, weights.length));
            answers.number(stage, answers.above(stage, raw, stage.number("threshold")), FieldType.FLOAT64);
            answers.raw(stage, 2, raw);
        });
    }

    void naiveBayes(SparkStage stage) {
        stage.folder().row("data", row -> {
            double[] priors = row.vector("pi");
            Matrix theta = row.matrix("theta");
            String from = features(stage, theta.columns());
            String kind = stage.text("modelType");
            String raw = switch (kind) {
                case "gaussian" -> answers.step(stage, "raw", gaussian(priors, theta, row.matrix("sigma")), from);
                case "multinomial" ->
                    answers.step(stage, "raw", linear(theta, priors), inRange(stage, from, theta, INFINITY));
                case "complement" -> {
                    String sums = answers.step(
                            stage,
                            "sums",
                            linear(theta, new double[priors.length]),
                            inRange(stage, from, theta, INFINITY));
                    yield answers.apply(stage, "raw", Function.LOG_SOFTMAX, sums);
                }
                case "bernoulli" ->
                    answers.step(stage, "raw", bernoulli(priors, theta), inRange(stage, from, theta, 1));
                default -> throw stage.refused("has modelType '%s'".formatted(kind));
            };
            String probabilities = answers.apply(stage, "probabilities", Function.SOFTMAX, raw);
            answers.classes(stage, priors.length, raw, probabilities);
        });
    }

    private String inRange(SparkStage stage, String from, Matrix theta, double high) {
        return columns.require(stage.text("featuresCol"), from, theta.columns(), 0, high, true);
    }

    /// Spark leaves the constant of the density out, and so its score is that much larger.
    private static Estimator.GaussianLikelihood gaussian(double[] priors, Matrix means, Matrix variances) {
        double constant = 0.5 * means.columns() * Math.log(2 * Math.PI);
        double[] larger = Arrays.stream(priors).map(each -> each + constant).toArray();
        return new Estimator.GaussianLikelihood(means, variances, Doubles.of(larger));
    }

    /// The logarithm of a feature's probability where it is 1, and of the rest where it is 0.
    private static Estimator.Linear bernoulli(double[] priors, Matrix theta) {
        double[] weights = theta.values().toArray();
        double[] bias = priors.clone();
        for (int i = 0; i < weights.length; i++) {
            double absent = Math.log1p(-Math.exp(weights[i]));
            weights[i] -= absent;
            bias[i / theta.columns()] += absent;
        }
        return linear(new Matrix(theta.rows(), theta.columns(), Doubles.of(weights)), bias);
    }

    void kMeans(SparkStage stage) {
        Map<Integer, double[]> byPlace = new TreeMap<>();
        stage.folder().rows("data", row -> byPlace.put(row.integer("clusterIdx"), row.vector("clusterCenter")));
        List<double[]> centers = List.copyOf(byPlace.values());
        int width = centers.isEmpty() ? 0 : centers.getFirst().length;
        double[] all = new double[centers.size() * width];
        for (int i = 0; i < centers.size(); i++) {
            if (centers.get(i).length != width) throw new UnreadableModel("center %d has another width".formatted(i));
            System.arraycopy(centers.get(i), 0, all, i * width, width);
        }
        boolean cosine = stage.text("distanceMeasure").equals("cosine");
        var metric = cosine ? Estimator.Distances.Metric.COSINE : Estimator.Distances.Metric.SQUARED_EUCLIDEAN;
        String distances = answers.step(
                stage,
                "distances",
                new Estimator.Distances(new Matrix(centers.size(), width, Doubles.of(all)), metric, Precision.FLOAT64),
                features(stage, width));
        answers.number(stage, answers.step(stage, "nearest", new Outcome.Pick(false), distances), FieldType.INT32);
        String told = cosine ? distances : answers.apply(stage, "roots", Outcome.Apply.Function.SQRT, distances);
        answers.distances(centers.size(), told);
    }

    /// Weights lie layer after layer: those from the first input to each output, then from the second
    /// … and then the biases.
    void perceptron(SparkStage stage) {
        int[] layers = stage.integers("layers");
        stage.folder().row("data", row -> {
            double[] all = row.vector("weights");
            String node = features(stage, layers[0]);
            int at = 0;
            for (int layer = 1; layer < layers.length; layer++) {
                int in = layers[layer - 1];
                int out = layers[layer];
                int end = Math.addExact(at, Math.multiplyExact(Math.addExact(in, 1), out));
                if (end > all.length)
                    throw new UnreadableModel("the network lacks weights of layer %d".formatted(layer));
                double[] weights = new double[in * out];
                for (int i = 0; i < weights.length; i++) weights[i] = all[at + i % in * out + i / in];
                double[] bias = Arrays.copyOfRange(all, at + in * out, end);
                at = end;
                node = answers.step(stage, "layer", linear(new Matrix(out, in, Doubles.of(weights)), bias), node);
                if (layer < layers.length - 1) node = answers.apply(stage, "sigmoid", Function.SIGMOID, node);
            }
            if (at != all.length) {
                throw new UnreadableModel("the network has %d weights, expected %d".formatted(all.length, at));
            }
            String probabilities = answers.apply(stage, "probabilities", Function.SOFTMAX, node);
            answers.classes(stage, layers[layers.length - 1], node, probabilities);
        });
    }
}
