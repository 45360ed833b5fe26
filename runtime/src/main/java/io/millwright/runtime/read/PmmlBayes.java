package io.millwright.runtime.read;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.read.PmmlColumns.Column;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// NaiveBayesModel: logarithms of what its page multiplies.
///
/// A missing category is left out, as the page has it; a missing number is refused.
final class PmmlBayes {
    private final PmmlColumns columns;
    private final Graph graph;

    PmmlBayes(PmmlColumns columns) {
        this.columns = columns;
        this.graph = columns.graph();
    }

    PmmlAnswer naiveBayes(PmmlElement model) {
        model.allow("MiningSchema", "Output", "LocalTransformations", "BayesInputs", "BayesOutput");
        double threshold = model.number("threshold");
        List<PmmlElement> counts =
                model.only("BayesOutput").only("TargetValueCounts").all("TargetValueCount");
        List<String> classes = counts.stream().map(each -> each.text("value")).toList();
        double[] priors = counts.stream()
                .mapToDouble(each -> Math.log(each.number("count")))
                .toArray();
        List<String> sums = new ArrayList<>();
        List<PmmlElement> gaussian = new ArrayList<>();
        for (PmmlElement input : model.only("BayesInputs").all("BayesInput")) {
            input.allow("PairCounts", "TargetValueStats");
            if (input.child("TargetValueStats").isPresent()) gaussian.add(input);
            else sums.add(discrete(input, classes, threshold));
        }
        sums.add(0, numbers(gaussian, classes, priors, threshold, sums));
        String all = sums.size() == 1
                ? sums.getFirst()
                : graph.node("likelihoods", new Outcome.Sum(Precision.FLOAT64), sums.toArray(String[]::new));
        String probabilities = graph.node("probabilities", PmmlReader.apply(Outcome.Apply.Function.SOFTMAX), all);
        return new PmmlAnswer.Classes(
                classes, probabilities, graph.node("class", new Outcome.Pick(true), probabilities));
    }

    /// For each class the logarithm of a category's share of it; of a share of nothing that of the
    /// threshold.
    private String discrete(PmmlElement input, List<String> classes, double threshold) {
        Column column = columns.column(input.text("fieldName"));
        List<String> known = column.categories().orElseThrow(() -> input.unread("of a number with PairCounts"));
        columns.take(2L * classes.size() * known.size());
        double[] weights = new double[Math.multiplyExact(classes.size(), known.size())];
        double[][] counts = new double[known.size()][classes.size()];
        for (PmmlElement pair : input.all("PairCounts")) {
            int code = column.code(pair.text("value"));
            for (PmmlElement each : pair.only("TargetValueCounts").all("TargetValueCount")) {
                int place = classes.indexOf(each.text("value"));
                if (place < 0) throw each.unread("of a value that is no class");
                if (code >= 0) counts[code][place] = each.number("count");
            }
        }
        for (int place = 0; place < classes.size(); place++) {
            int target = place;
            double total =
                    Arrays.stream(counts).mapToDouble(each -> each[target]).sum();
            for (int code = 0; code < known.size(); code++) {
                double share = counts[code][place] / total;
                weights[place * known.size() + code] = Math.log(share > 0 ? share : threshold);
            }
        }
        int[] places = new int[known.size() + 1];
        for (int i = 0; i < known.size(); i++) places[i] = i;
        places[known.size()] = -1;
        var indicator = new Preparation.OneHot.Indicator(
                PmmlExpressions.codes(known.size()), Ints.of(places), known.size(), -1);
        String which =
                graph.node(input.text("fieldName") + "_is", new Preparation.OneHot(List.of(indicator)), column.node());
        return graph.node(
                input.text("fieldName") + "_likelihood",
                new Estimator.Linear(
                        new Matrix(classes.size(), known.size(), Doubles.of(weights)),
                        Doubles.of(new double[classes.size()]),
                        Precision.FLOAT64),
                which);
    }

    /// The priors, and the densities of the numbers if there are any.
    private String numbers(
            List<PmmlElement> inputs, List<String> classes, double[] priors, double threshold, List<String> others) {
        if (inputs.isEmpty()) {
            if (others.isEmpty()) throw new UnreadableModel("PMML's NaiveBayesModel reads no field");
            double[] none = new double[priors.length];
            return graph.node("priors", scale(priors, none, Double.NEGATIVE_INFINITY), others.getFirst());
        }
        List<String> densities = new ArrayList<>();
        for (PmmlElement input : inputs) densities.add(density(input, classes, threshold));
        double[] one = new double[priors.length];
        Arrays.fill(one, 1);
        densities.set(0, graph.node("priors", scale(priors, one, Double.NEGATIVE_INFINITY), densities.getFirst()));
        return densities.size() == 1
                ? densities.getFirst()
                : graph.node("densities", new Outcome.Sum(Precision.FLOAT64), densities.toArray(String[]::new));
    }

    /// For each class the logarithm of a number's density, or of the threshold where that is larger.
    private String density(PmmlElement input, List<String> classes, double threshold) {
        double[] means = new double[classes.size()];
        double[] variances = new double[means.length];
        for (PmmlElement each : input.only("TargetValueStats").all("TargetValueStat")) {
            int place = classes.indexOf(each.text("value"));
            if (place < 0) throw each.unread("of a value that is no class");
            PmmlElement distribution = each.child("GaussianDistribution")
                    .orElseThrow(() -> each.unread("with another distribution than Gauss's"));
            means[place] = distribution.number("mean");
            variances[place] = distribution.number("variance");
        }
        String name = input.text("fieldName");
        String present = graph.node(
                name + "_present",
                new Preparation.Require(
                        Doubles.of(Double.NEGATIVE_INFINITY), Doubles.of(Double.POSITIVE_INFINITY), false),
                columns.number(name).node());
        String density = graph.node(
                name + "_density",
                new Estimator.GaussianLikelihood(
                        new Matrix(means.length, 1, Doubles.of(means)),
                        new Matrix(means.length, 1, Doubles.of(variances)),
                        Doubles.of(new double[means.length])),
                present);
        double[] one = new double[means.length];
        Arrays.fill(one, 1);
        return graph.node(name + "_bounded", scale(new double[one.length], one, Math.log(threshold)), density);
    }

    private static Preparation.Scale scale(double[] offset, double[] factor, double low) {
        return new Preparation.Scale(
                Preparation.Scale.Form.SCALE_FIRST,
                Doubles.of(offset),
                Doubles.of(factor),
                low,
                Double.POSITIVE_INFINITY,
                Precision.FLOAT64);
    }
}
