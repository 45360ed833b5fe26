package io.millwright.runtime.format;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Operator;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Trees;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Operators to JSON and tensors; [OperatorReader] is the way back.
final class OperatorWriter {
    private OperatorWriter() {}

    static void write(Operator operator, ObjectNode to, Tensors tensors) {
        switch (operator) {
            case Columns.Select(var columns) -> tensors.put(to.put("op", "select"), "columns", columns);
            case Columns.Concat() -> to.put("op", "concat");
            case Columns.Cast(var type) -> to.put("op", "cast").put("type", type.word());
            case Preparation preparation -> write(preparation, to, tensors);
            case Estimator estimator -> write(estimator, to, tensors);
            case Outcome outcome -> write(outcome, to, tensors);
        }
    }

    private static void write(Preparation operator, ObjectNode to, Tensors tensors) {
        switch (operator) {
            case Preparation.Impute(var missing, var fill, var indicators) -> {
                number(to.put("op", "impute"), "missing", missing);
                tensors.put(to, "fill", fill);
                tensors.put(to, "indicators", indicators);
            }
            case Preparation.ImputeText(var missing, var fill) ->
                texts(to.put("op", "impute_text").put("missing", missing), "fill", fill);
            case Preparation.Scale(var form, var offset, var factor, var low, var high, var precision) -> {
                to.put("op", "scale").put("form", word(form));
                tensors.put(to, "offset", offset);
                tensors.put(to, "factor", factor);
                number(to, "low", low);
                number(to, "high", high);
                precision(to, precision);
            }
            case Preparation.Flush(var distance) -> to.put("op", "flush").put("distance", distance);
            case Preparation.Require(var low, var high, var missingAllowed) -> {
                to.put("op", "require").put("missing_allowed", missingAllowed);
                tensors.put(to, "low", low);
                tensors.put(to, "high", high);
            }
            case Preparation.Normalize(var norm, var precision) ->
                precision(to.put("op", "normalize").put("norm", word(norm)), precision);
            case Preparation.OneHot(var columns) -> {
                ArrayNode list = to.put("op", "one_hot").putArray("columns");
                for (Preparation.OneHot.Indicator each : columns) {
                    ObjectNode column = list.addObject();
                    write(each.categories(), column.putObject("categories"));
                    integers(column, "places", each.places());
                    column.put("width", each.width()).put("unknown", each.unknown());
                }
            }
            case Preparation.Encode(var columns) -> {
                ArrayNode list = to.put("op", "encode").putArray("columns");
                for (Preparation.Encode.Codes each : columns) {
                    ObjectNode column = list.addObject();
                    write(each.categories(), column.putObject("categories"));
                    numbers(column, "values", each.values());
                    column.put("refuse_unknown", each.refuseUnknown());
                    number(column, "unknown", each.unknown());
                }
            }
            case Preparation.Bucketize(var edges, var onEdgeCounts) ->
                tensors.putAll(to.put("op", "bucketize").put("on_edge_counts", onEdgeCounts), "edges", edges);
            case Preparation.Polynomial(var columns, var factors) ->
                tensors.putAllInts(to.put("op", "polynomial").put("read", columns), "factors", factors);
            case Preparation.Power(var family, var lambdas) ->
                tensors.put(to.put("op", "power").put("family", word(family)), "lambdas", lambdas);
            case Preparation.Interpolate(var columns) -> {
                to.put("op", "interpolate");
                tensors.putAll(
                        to,
                        "x",
                        columns.stream().map(Preparation.Interpolate.Points::x).toList());
                tensors.putAll(
                        to,
                        "y",
                        columns.stream().map(Preparation.Interpolate.Points::y).toList());
            }
            case Preparation.CountWords words -> {
                to.put("op", "count_words");
                to.put("lower_case", words.lowerCase())
                        .put("shortest", words.shortest())
                        .put("longest", words.longest());
                texts(to, "terms", words.terms());
                tensors.put(to, "weights", words.weights());
                to.put("binary", words.binary())
                        .put("sublinear", words.sublinear())
                        .put("norm", word(words.norm()));
            }
        }
    }

    private static void write(Estimator operator, ObjectNode to, Tensors tensors) {
        switch (operator) {
            case Estimator.Linear(var weights, var bias, var precision) -> {
                tensors.put(to.put("op", "linear"), "weights", weights);
                tensors.put(to, "bias", bias);
                precision(to, precision);
            }
            case Estimator.Distances(var centers, var metric, var precision) -> {
                tensors.put(to.put("op", "distances").put("metric", word(metric)), "centers", centers);
                precision(to, precision);
            }
            case Estimator.GaussianLikelihood(var means, var variances, var logPriors) -> {
                tensors.put(to.put("op", "gaussian_likelihood"), "means", means);
                tensors.put(to, "variances", variances);
                tensors.put(to, "log_priors", logPriors);
            }
            case Estimator.Neighbors(var rows, var values, var k, var byDistance, var metric) -> {
                tensors.put(to.put("op", "neighbors"), "rows", rows);
                tensors.put(to, "values", values);
                to.put("k", k).put("by_distance", byDistance).put("metric", word(metric));
            }
            case Estimator.SupportVectors(
                    var kernel,
                    var gamma,
                    var constant,
                    var degree,
                    var vectors,
                    var weights,
                    var bias) -> {
                to.put("op", "support_vectors").put("kernel", word(kernel));
                to.put("gamma", gamma).put("constant", constant).put("degree", degree);
                tensors.put(to, "vectors", vectors);
                tensors.put(to, "weights", weights);
                tensors.put(to, "bias", bias);
            }
            case Trees trees -> write(trees, to.put("op", "trees"), tensors);
        }
    }

    private static void write(Trees trees, ObjectNode to, Tensors tensors) {
        to.put("features", trees.features())
                .put("input", word(trees.input()))
                .put("comparison", word(trees.comparison()));
        tensors.put(to, "roots", trees.roots());
        tensors.put(to, "feature", trees.feature());
        tensors.put(to, "threshold", trees.threshold());
        tensors.put(to, "left", trees.left());
        tensors.put(to, "right", trees.right());
        tensors.put(to, "missing", trees.missing());
        tensors.put(to, "category_split", trees.categorySplit());
        tensors.putAllInts(
                to,
                "split_members",
                trees.categorySplits().stream()
                        .map(Trees.CategorySplit::members)
                        .toList());
        tensors.putAllInts(
                to,
                "split_known",
                trees.categorySplits().stream().map(Trees.CategorySplit::known).toList());
        tensors.put(
                to,
                "split_members_left",
                Ints.of(trees.categorySplits().stream()
                        .mapToInt(each -> each.membersLeft() ? 1 : 0)
                        .toArray()));
        tensors.put(to, "leaves", trees.leaves());
        tensors.put(to, "targets", trees.targets());
        tensors.put(to, "base", trees.base());
        to.put("divisor", trees.divisor()).put("sum", word(trees.sum()));
    }

    private static void write(Outcome operator, ObjectNode to, Tensors tensors) {
        switch (operator) {
            case Outcome.Apply(var function, var precision) ->
                precision(to.put("op", "apply").put("function", word(function)), precision);
            case Outcome.Threshold(var threshold, var orEqual) ->
                number(to.put("op", "threshold").put("or_equal", orEqual), "threshold", threshold);
            case Outcome.Pick(var largest) -> to.put("op", "pick").put("largest", largest);
            case Outcome.Label(var labels) ->
                write(labels, to.put("op", "label").putObject("labels"));
            case Outcome.Average(var weights) -> tensors.put(to.put("op", "average"), "weights", weights);
            case Outcome.Sum(var precision) -> precision(to.put("op", "sum"), precision);
            case Outcome.Combine(var operation, var precision) ->
                precision(to.put("op", "combine").put("operation", word(operation)), precision);
            case Outcome.Reduce(var reduction, var precision) ->
                precision(to.put("op", "reduce").put("reduction", word(reduction)), precision);
            case Outcome.Vote(var weights, var places) ->
                tensors.put(to.put("op", "vote").put("places", places), "weights", weights);
            case Outcome.OneAgainstOne(var classes, var confidences) ->
                to.put("op", "one_against_one").put("classes", classes).put("confidences", confidences);
        }
    }

    static void write(Categories categories, ObjectNode to) {
        switch (categories) {
            case Categories.Texts texts -> texts(to, "texts", texts.values());
            case Categories.Numbers numbers -> numbers(to, "numbers", numbers.values());
        }
        to.put("missing_at", categories.missingAt());
    }

    private static void precision(ObjectNode to, Precision precision) {
        to.put("precision", word(precision));
    }

    private static void texts(ObjectNode to, String name, List<String> values) {
        ArrayNode list = to.putArray(name);
        values.forEach(list::add);
    }

    private static void integers(ObjectNode to, String name, Ints values) {
        ArrayNode list = to.putArray(name);
        for (int i = 0; i < values.size(); i++) list.add(values.get(i));
    }

    private static void numbers(ObjectNode to, String name, Doubles values) {
        ArrayNode list = to.putArray(name);
        for (int i = 0; i < values.size(); i++) {
            if (Double.isFinite(values.get(i))) list.add(values.get(i));
            else list.add(spelled(values.get(i)));
        }
    }

    /// JSON has no word for what is not finite; it becomes a text.
    private static void number(ObjectNode to, String name, double value) {
        if (Double.isFinite(value)) to.put(name, value);
        else to.put(name, spelled(value));
    }

    private static String spelled(double value) {
        return Double.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
