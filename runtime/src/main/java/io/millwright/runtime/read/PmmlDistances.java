package io.millwright.runtime.read;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// ClusteringModel with centres, as k-means makes it.
final class PmmlDistances {
    private final PmmlColumns columns;
    private final Graph graph;

    PmmlDistances(PmmlColumns columns) {
        this.columns = columns;
        this.graph = columns.graph();
    }

    PmmlAnswer clustering(PmmlElement model) {
        model.allow(
                "MiningSchema",
                "Output",
                "LocalTransformations",
                "ComparisonMeasure",
                "ClusteringField",
                "MissingValueWeights",
                "Cluster");
        if (!model.text("modelClass").equals("centerBased"))
            throw model.unread("with modelClass='%s'".formatted(model.text("modelClass")));
        PmmlElement measure = model.only("ComparisonMeasure");
        if (!measure.text("kind").equals("distance"))
            throw measure.unread("with kind='%s'".formatted(measure.text("kind")));
        measure.require("compareFunction", "absDiff");
        List<String> nodes = new ArrayList<>();
        for (PmmlElement field : model.all("ClusteringField")) {
            field.require("isCenterField", "true");
            field.require("compareFunction", "absDiff");
            if (field.number("fieldWeight", 1) != 1) throw field.unread("with a weight");
            if (!field.children().isEmpty()) throw field.unread("with comparisons of its own");
            nodes.add(columns.number(field.text("field")).node());
        }
        int width = nodes.size();
        List<String> names = new ArrayList<>();
        List<double[]> centers = new ArrayList<>();
        for (PmmlElement cluster : model.all("Cluster")) {
            double[] center = cluster.only("Array").numbers();
            if (center.length != width) throw cluster.unread("with a centre of %d numbers".formatted(center.length));
            centers.add(center);
            names.add(cluster.text("id", String.valueOf(centers.size())));
        }
        String features = present(nodes);
        double[] all = centers.stream().flatMapToDouble(Arrays::stream).toArray();
        String distances = graph.node(
                "distances",
                new Estimator.Distances(
                        new Matrix(centers.size(), width, Doubles.of(all)), metric(measure), Precision.FLOAT64),
                features);
        return new PmmlAnswer.Clusters(names, distances, graph.node("nearest", new Outcome.Pick(false), distances));
    }

    /// PMML weighs distances anew for what is missing; here it is refused.
    private String present(List<String> nodes) {
        double[] low = new double[nodes.size()];
        double[] high = new double[nodes.size()];
        Arrays.fill(low, Double.NEGATIVE_INFINITY);
        Arrays.fill(high, Double.POSITIVE_INFINITY);
        String all = graph.node("features", new Columns.Concat(), nodes.toArray(String[]::new));
        return graph.node("present", new Preparation.Require(Doubles.of(low), Doubles.of(high), false), all);
    }

    private static Estimator.Distances.Metric metric(PmmlElement measure) {
        for (PmmlElement each : measure.children()) {
            switch (each.name()) {
                case "euclidean" -> {
                    return Estimator.Distances.Metric.EUCLIDEAN;
                }
                case "squaredEuclidean" -> {
                    return Estimator.Distances.Metric.SQUARED_EUCLIDEAN;
                }
                case "cityBlock" -> {
                    return Estimator.Distances.Metric.MANHATTAN;
                }
                case "Extension" -> {}
                default -> throw each.unread("as a measure");
            }
        }
        throw measure.unread("without a measure");
    }
}
