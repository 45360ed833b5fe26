package io.millwright.runtime.read;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Model;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Outcome.Apply.Function;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Trees;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// XGBoost's models in JSON and UBJSON, of version 1.7 and later.
///
/// XGBoost computes in float32: a value goes left when it is smaller than the threshold, a missing one
/// where the node says; the base score, taken through the objective's link, is the first summand and
/// the trees follow in order. Checked against the Python library (xgboost 3.2.0), values of which ours
/// are within 2 ulp of float32.
///
/// Source: "XGBoost JSON schema", xgboost.readthedocs.io/en/stable/tutorials/saving_model.html.
public final class XgboostReader {
    /// What a model is used as decides what it answers.
    public enum Use {
        /// `Booster.predict`: probabilities of a classifier.
        BOOSTER,
        /// `XGBClassifier.predict`: the class; its probabilities are the second output.
        CLASSIFIER,
        /// `XGBRegressor.predict`, `XGBRanker.predict`
        REGRESSOR
    }

    private final Document learner;
    private final Use use;

    private XgboostReader(Document learner, Use use) {
        this.learner = learner;
        this.use = use;
    }

    /// @param file JSON or UBJSON, told apart by what it begins with
    /// @throws UnreadableModel when it is none of XGBoost's, or has what is not read
    public static Model read(Path file, Use use) {
        return read(Files.bytes(file), use);
    }

    public static Model read(byte[] bytes, Use use) {
        // Both begin with {; in JSON a quote follows, after white space, and in UBJSON the type of a length.
        int at = 1;
        while (at < bytes.length && Character.isWhitespace(bytes[at])) at++;
        boolean json = bytes.length > at && (bytes[at] == '"' || bytes[at] == '}');
        Document document = json ? JsonDocument.read(bytes) : UbjsonDocument.read(bytes);
        if (!document.has("learner")) throw new UnreadableModel("the file has no 'learner': it is no model of XGBoost");
        return new XgboostReader(document.at("learner"), use).read();
    }

    private Model read() {
        Graph graph = new Graph();
        Document param = learner.at("learner_model_param");
        int features = param.integer("num_feature");
        List<String> names = learner.has("feature_names") ? learner.texts("feature_names") : List.of();
        String input = graph.features(names, features, FieldType.FLOAT32);
        String objective = learner.at("objective").text("name");
        int groups = Math.max(
                1, Math.max(param.integer("num_class"), param.has("num_target") ? param.integer("num_target") : 1));
        double[] base = base(param, objective, groups);
        Document booster = learner.at("gradient_booster");
        String margin = booster.text("name").equals("gblinear")
                ? graph.node("margin", linear(booster.at("model"), features, base), input)
                : graph.node("margin", trees(booster, features, base), input);
        answer(graph, objective, groups, margin);
        graph.about("library", "xgboost");
        graph.about("objective", objective);
        return graph.build();
    }

    /// The base score as a margin. Since 3.1 it is a list with a number for each output.
    private static double[] base(Document param, String objective, int groups) {
        String text = param.text("base_score").strip();
        if (text.startsWith("[")) text = text.substring(1, text.length() - 1);
        double[] scores;
        try {
            scores = Arrays.stream(text.split(","))
                    .mapToDouble(each -> Float.parseFloat(each.strip()))
                    .toArray();
        } catch (NumberFormatException e) {
            throw new UnreadableModel("'learner_model_param.base_score' is '%s', expected numbers".formatted(text), e);
        }
        double[] base = new double[groups];
        for (int i = 0; i < groups; i++) base[i] = margin(objective, (float) scores[scores.length == 1 ? 0 : i]);
        return base;
    }

    private static float margin(String objective, float score) {
        return switch (objective) {
            case "binary:logistic", "reg:logistic" -> (float) -Math.log(1f / score - 1f);
            case "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft" -> (float) Math.log(score);
            default -> score;
        };
    }

    private Estimator.Linear linear(Document model, int features, double[] base) {
        double[] weights = model.numbers("weights");
        int groups = base.length;
        if (weights.length != (features + 1) * groups) {
            throw new UnreadableModel(
                    "gblinear has %d weights, expected %d".formatted(weights.length, (features + 1) * groups));
        }
        double[] rows = new double[features * groups];
        double[] bias = new double[groups];
        for (int group = 0; group < groups; group++) {
            for (int i = 0; i < features; i++) rows[group * features + i] = weights[i * groups + group];
            bias[group] = (float) weights[features * groups + group] + (float) base[group];
        }
        return new Estimator.Linear(
                new Matrix(groups, features, Doubles.of(rows)), Doubles.of(bias), Precision.FLOAT32);
    }

    private Trees trees(Document booster, int features, double[] base) {
        boolean dart = booster.text("name").equals("dart");
        Document model = dart ? booster.at("gbtree").at("model") : booster.at("model");
        refuseRecoding(model);
        double[] drops = dart ? booster.numbers("weight_drop") : new double[0];
        List<Document> documents = model.documents("trees");
        int[] groups = model.integers("tree_info");
        int count = used(model, documents.size());
        TreesBuilder builder = new TreesBuilder();
        for (int i = 0; i < count; i++) {
            builder.tree(builder.size(), groups[i]);
            add(builder, documents.get(i), dart ? (float) drops[i] : 1f);
        }
        return builder.build(features, Precision.FLOAT32, Trees.Comparison.LESS, base, 1, Precision.FLOAT32);
    }

    /// The classes of scikit-learn's interface stop at the best iteration, `Booster.predict` does not.
    private int used(Document model, int trees) {
        if (use == Use.BOOSTER
                || !learner.has("attributes")
                || !learner.at("attributes").has("best_iteration")) return trees;
        int best = learner.at("attributes").integer("best_iteration");
        int[] starts = model.integers("iteration_indptr");
        return best + 1 < starts.length ? starts[best + 1] : trees;
    }

    private static void refuseRecoding(Document model) {
        if (model.has("cats") && !model.at("cats").documents("enc").isEmpty()) {
            throw new UnreadableModel(
                    "the model was trained on a data frame with text categories, which XGBoost numbers by"
                            + " a table of its own; number them yourself before training, or serve it in a Python worker");
        }
    }

    private static void add(TreesBuilder builder, Document tree, float weight) {
        if (tree.at("tree_param").has("size_leaf_vector")
                && tree.at("tree_param").integer("size_leaf_vector") > 1) {
            throw new UnreadableModel(
                    "trees with several targets in a leaf (multi_output_tree) are not read; serve the model in a Python worker");
        }
        int[] left = tree.integers("left_children");
        int[] right = tree.integers("right_children");
        int[] feature = tree.integers("split_indices");
        double[] condition = tree.numbers("split_conditions");
        double[] missingLeft = tree.numbers("default_left");
        Map<Integer, int[]> categories = categories(tree);
        int first = builder.size();
        for (int node = 0; node < left.length; node++) {
            if (left[node] < 0) {
                builder.leaf(weight * (float) condition[node]);
                continue;
            }
            Trees.Missing missing = missingLeft[node] != 0 ? Trees.Missing.NAN_LEFT : Trees.Missing.NAN_RIGHT;
            int[] members = categories.get(node);
            if (members == null) {
                builder.split(feature[node], (float) condition[node], first + left[node], first + right[node], missing);
            } else {
                var split = new Trees.CategorySplit(Ints.of(members), false, Ints.of());
                builder.split(feature[node], split, first + left[node], first + right[node], missing);
            }
        }
    }

    private static Map<Integer, int[]> categories(Document tree) {
        if (!tree.has("categories_nodes")) return Map.of();
        int[] nodes = tree.integers("categories_nodes");
        int[] all = tree.integers("categories");
        int[] starts = tree.integers("categories_segments");
        int[] sizes = tree.integers("categories_sizes");
        Map<Integer, int[]> categories = new HashMap<>();
        for (int i = 0; i < nodes.length; i++) {
            int[] members = Arrays.copyOfRange(all, starts[i], starts[i] + sizes[i]);
            Arrays.sort(members);
            categories.put(nodes[i], members);
        }
        return categories;
    }

    private void answer(Graph graph, String objective, int groups, String margin) {
        switch (objective) {
            case "binary:logistic", "reg:logistic" -> {
                String probability =
                        graph.node("probability", new Outcome.Apply(Function.SIGMOID, Precision.FLOAT32), margin);
                if (use == Use.CLASSIFIER) classify(graph, probability);
                else numbers(graph, groups, probability);
            }
            case "multi:softprob", "multi:softmax" -> {
                String probabilities =
                        graph.node("softmax", new Outcome.Apply(Function.SOFTMAX, Precision.FLOAT32), margin);
                if (use == Use.CLASSIFIER || objective.equals("multi:softmax")) {
                    String label =
                            graph.node("class", new Outcome.Pick(true), use == Use.CLASSIFIER ? probabilities : margin);
                    graph.column(
                            use == Use.CLASSIFIER ? "label" : "prediction",
                            label,
                            use == Use.CLASSIFIER ? FieldType.INT64 : FieldType.FLOAT32);
                }
                if (use == Use.CLASSIFIER || objective.equals("multi:softprob")) {
                    graph.rows("probabilities", probabilities, FieldType.FLOAT32);
                }
            }
            case "binary:hinge" -> numbers(graph, groups, graph.node("class", new Outcome.Threshold(0, false), margin));
            case "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft" ->
                numbers(
                        graph,
                        groups,
                        graph.node("exponential", new Outcome.Apply(Function.EXP, Precision.FLOAT32), margin));
            case "reg:squarederror",
                    "reg:linear",
                    "reg:squaredlogerror",
                    "reg:pseudohubererror",
                    "reg:absoluteerror",
                    "reg:quantileerror",
                    "reg:expectileerror",
                    "binary:logitraw",
                    "rank:pairwise",
                    "rank:ndcg",
                    "rank:map" -> numbers(graph, groups, margin);
            default ->
                throw new UnreadableModel(
                        "objective '%s' is not known, so what the trees' sum means is not either; serve the model in a Python worker"
                                .formatted(objective));
        }
    }

    private static void classify(Graph graph, String probability) {
        String label = graph.node("class", new Outcome.Threshold(0.5, false), probability);
        String both = graph.node(
                "probabilities", new Outcome.Apply(Function.COMPLEMENT_AND_SELF, Precision.FLOAT32), probability);
        graph.column("label", label, FieldType.INT64);
        graph.rows("probabilities", both, FieldType.FLOAT32);
    }

    private static void numbers(Graph graph, int groups, String source) {
        if (groups == 1) graph.column("prediction", source, FieldType.FLOAT32);
        else graph.rows("prediction", source, FieldType.FLOAT32);
    }
}
