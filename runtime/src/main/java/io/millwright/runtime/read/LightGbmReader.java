package io.millwright.runtime.read;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Model;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Outcome.Apply.Function;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Trees;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// LightGBM's models in its text format, versions 3 and 4.
///
/// LightGBM computes in float64: a value goes left when it is at most the threshold; each node says
/// whether NaN, or zero, is a missing value and where it goes. Checked against the Python library
/// (lightgbm 4.7.0), whose values are ours to the bit but for the last place of an exponential.
///
/// Source: the text its `Booster.save_model` writes, and lightgbm.readthedocs.io on missing values and
/// categories.
public final class LightGbmReader {
    private static final int CATEGORICAL = 1;
    private static final int DEFAULT_LEFT = 2;

    private final Map<String, String> header;
    private final List<Map<String, String>> trees;
    private final String pandasCategories;

    private LightGbmReader(Map<String, String> header, List<Map<String, String>> trees, String pandasCategories) {
        this.header = header;
        this.trees = trees;
        this.pandasCategories = pandasCategories;
    }

    /// @throws UnreadableModel when it is none of LightGBM's, or has what is not read
    public static Model read(Path file) {
        return read(Files.text(file));
    }

    public static Model read(byte[] bytes) {
        return read(new String(bytes, StandardCharsets.UTF_8));
    }

    private static Model read(String text) {
        Map<String, String> header = new HashMap<>();
        List<Map<String, String>> trees = new ArrayList<>();
        Map<String, String> current = header;
        String pandasCategories = "null";
        boolean ended = false;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            if (line.startsWith("Tree=")) {
                current = new HashMap<>();
                trees.add(current);
            } else if (line.equals("end of trees")) ended = true;
            else if (line.startsWith("pandas_categorical:")) pandasCategories = line.substring(line.indexOf(':') + 1);
            else if (!ended) {
                int equals = line.indexOf('=');
                current.put(
                        equals < 0 ? line.strip() : line.substring(0, equals),
                        equals < 0 ? "" : line.substring(equals + 1));
            }
        }
        if (!header.containsKey("tree") || !header.containsKey("max_feature_idx")) {
            throw new UnreadableModel(
                    "the text does not begin as a model of LightGBM does ('tree', 'max_feature_idx=…')");
        }
        if (!ended) throw new UnreadableModel("the model's text ends before 'end of trees': it was cut off");
        return new LightGbmReader(header, trees, pandasCategories).read();
    }

    private Model read() {
        Graph graph = new Graph();
        int features = (int) headerNumber("max_feature_idx") + 1;
        int groups = (int) headerNumber("num_tree_per_iteration");
        // Its rows leave out what is so near to zero, also where zero is no missing value.
        String input = graph.node("flushed", new Preparation.Flush(Trees.Missing.NEAR_ZERO), features(graph, features));
        TreesBuilder builder = new TreesBuilder();
        for (int i = 0; i < trees.size(); i++) {
            builder.tree(builder.size(), i % groups);
            add(builder, trees.get(i), i);
        }
        double divisor = header.containsKey("average_output") ? Math.max(1, trees.size() / groups) : 1;
        Trees all = builder.build(
                features,
                Precision.FLOAT64,
                Trees.Comparison.LESS_OR_EQUAL,
                new double[groups],
                divisor,
                Precision.FLOAT64);
        answer(graph, groups, graph.node("raw", all, input));
        graph.about("library", "lightgbm");
        graph.about("objective", objective()[0]);
        return graph.build();
    }

    private String[] objective() {
        return header.getOrDefault("objective", "custom").strip().split(" ");
    }

    private double headerNumber(String name) {
        String text = header.get(name);
        try {
            if (text != null) return Double.parseDouble(text.strip());
        } catch (NumberFormatException e) {
            throw new UnreadableModel("'%s' of the model is '%s', expected a number".formatted(name, text), e);
        }
        throw new UnreadableModel("the model has no '%s'".formatted(name));
    }

    /// Columns by name; those that were categories of pandas are texts or numbers, numbered as they
    /// were in training.
    private String features(Graph graph, int count) {
        List<String> names =
                List.of(header.getOrDefault("feature_names", "").strip().split(" "));
        if (names.size() != count) {
            throw new UnreadableModel("the model has %d names for %d features".formatted(names.size(), count));
        }
        List<Categories> categories = pandasCategories();
        if (categories.isEmpty()) {
            boolean unnamed = true;
            for (int i = 0; i < count; i++) unnamed &= names.get(i).equals("Column_" + i);
            return graph.features(unnamed ? List.of() : names, count, FieldType.FLOAT64);
        }
        String[] infos = header.getOrDefault("feature_infos", "").strip().split(" ");
        long categorical = Stream.of(infos)
                .filter(each -> !each.startsWith("[") && !each.equals("none"))
                .count();
        if (infos.length != count || categorical != categories.size()) {
            throw new UnreadableModel(
                    "the model names categories of %d columns of a data frame, and uses %d: which is which"
                                    .formatted(categories.size(), categorical)
                            + " cannot be told; serve it in a Python worker");
        }
        String[] columns = new String[count];
        int next = 0;
        for (int i = 0; i < count; i++) {
            boolean isCategory = !infos[i].startsWith("[") && !infos[i].equals("none");
            if (!isCategory) {
                columns[i] = graph.field(Field.column(names.get(i), FieldType.FLOAT64));
                continue;
            }
            Categories known = categories.get(next++);
            FieldType type = known instanceof Categories.Texts ? FieldType.TEXT : FieldType.FLOAT64;
            String field = graph.field(Field.column(names.get(i), type));
            Doubles codes = Doubles.of(codes(known.size()));
            columns[i] = graph.node(
                    names.get(i) + "_code",
                    new Preparation.Encode(List.of(new Preparation.Encode.Codes(known, codes, false, Double.NaN))),
                    field);
        }
        return graph.node("features", new Columns.Concat(), columns);
    }

    private static double[] codes(int count) {
        double[] codes = new double[count];
        for (int i = 0; i < count; i++) codes[i] = i;
        return codes;
    }

    private List<Categories> pandasCategories() {
        if (pandasCategories.isBlank() || pandasCategories.strip().equals("null")) return List.of();
        Document document =
                JsonDocument.read(("{\"lists\":" + pandasCategories + "}").getBytes(StandardCharsets.UTF_8));
        return document.categories("lists");
    }

    private void add(TreesBuilder builder, Map<String, String> tree, int number) {
        if (!tree.getOrDefault("is_linear", "0").equals("0")) {
            throw new UnreadableModel(
                    "trees with linear models in their leaves are not read; serve the model in a Python worker");
        }
        int leaves = (int) numbers(tree, "num_leaves", number)[0];
        double[] values = numbers(tree, "leaf_value", number);
        int first = builder.size();
        if (leaves <= 1) {
            builder.leaf(values[0]);
            return;
        }
        double[] feature = numbers(tree, "split_feature", number);
        double[] threshold = numbers(tree, "threshold", number);
        double[] decision = numbers(tree, "decision_type", number);
        double[] left = numbers(tree, "left_child", number);
        double[] right = numbers(tree, "right_child", number);
        int splits = leaves - 1;
        if (feature.length != splits
                || threshold.length != splits
                || decision.length != splits
                || left.length != splits
                || right.length != splits
                || values.length != leaves) {
            throw new UnreadableModel("tree %d has %d leaves, and arrays of another length".formatted(number, leaves));
        }
        for (int node = 0; node < splits; node++) {
            int kind = (int) decision[node];
            int goLeft = first + child((int) left[node], splits);
            int goRight = first + child((int) right[node], splits);
            if ((kind & CATEGORICAL) != 0) {
                var split = new Trees.CategorySplit(categories(tree, (int) threshold[node], number), true, Ints.of());
                builder.split((int) feature[node], split, goLeft, goRight, Trees.Missing.NAN_RIGHT);
            } else {
                builder.split((int) feature[node], threshold[node], goLeft, goRight, missing(kind));
            }
        }
        for (double value : values) builder.leaf(value);
    }

    /// A child below 0 is a leaf: -1 the first. Leaves are put after the splits.
    private static int child(int number, int splits) {
        return number >= 0 ? number : splits + ~number;
    }

    private static Trees.Missing missing(int decision) {
        boolean left = (decision & DEFAULT_LEFT) != 0;
        return switch (decision >> 2 & 3) {
            case 1 -> left ? Trees.Missing.ZERO_LEFT : Trees.Missing.ZERO_RIGHT;
            case 2 -> left ? Trees.Missing.NAN_LEFT : Trees.Missing.NAN_RIGHT;
            default -> Trees.Missing.IS_ZERO;
        };
    }

    /// A set of categories is a run of words of 32 bits.
    private static Ints categories(Map<String, String> tree, int set, int number) {
        double[] starts = numbers(tree, "cat_boundaries", number);
        double[] words = numbers(tree, "cat_threshold", number);
        int[] members = new int[32 * (int) (starts[set + 1] - starts[set])];
        int count = 0;
        for (int word = (int) starts[set]; word < starts[set + 1]; word++) {
            long bits = (long) words[word];
            for (int bit = 0; bit < 32; bit++) {
                if ((bits >> bit & 1) != 0) members[count++] = (word - (int) starts[set]) * 32 + bit;
            }
        }
        return Ints.of(Arrays.copyOf(members, count));
    }

    private static double[] numbers(Map<String, String> tree, String name, int number) {
        String text = tree.get(name);
        if (text == null) throw new UnreadableModel("tree %d has no '%s'".formatted(number, name));
        try {
            return Stream.of(text.strip().split(" "))
                    .mapToDouble(LightGbmReader::number)
                    .toArray();
        } catch (NumberFormatException e) {
            throw new UnreadableModel("'%s' of tree %d has a value that is no number".formatted(name, number), e);
        }
    }

    /// Numbers as C++ prints them.
    private static double number(String text) {
        return switch (text) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan", "-nan" -> Double.NaN;
            default -> Double.parseDouble(text);
        };
    }

    private void answer(Graph graph, int groups, String raw) {
        String[] objective = objective();
        switch (objective[0]) {
            case "binary", "multiclassova" ->
                numbers(graph, groups, sigmoid(graph, parameter(objective, "sigmoid", 1), raw, groups));
            case "cross_entropy", "xentropy" -> numbers(graph, groups, sigmoid(graph, 1, raw, groups));
            case "cross_entropy_lambda", "xentlambda" -> {
                String exponential = graph.node("exponential", apply(Function.EXP), raw);
                numbers(graph, groups, graph.node("lambda", apply(Function.LOG1P), exponential));
            }
            case "multiclass", "softmax" -> numbers(graph, groups, graph.node("softmax", apply(Function.SOFTMAX), raw));
            case "poisson", "gamma", "tweedie" ->
                numbers(graph, groups, graph.node("exponential", apply(Function.EXP), raw));
            case "regression", "regression_l2", "regression_l1", "huber", "fair", "quantile", "mape" -> {
                if (List.of(objective).contains("sqrt")) {
                    throw new UnreadableModel("reg_sqrt is not read; serve the model in a Python worker");
                }
                numbers(graph, groups, raw);
            }
            // A custom objective's raw score is all its booster answers, too.
            case "lambdarank", "rank_xendcg", "custom", "none" -> numbers(graph, groups, raw);
            default ->
                throw new UnreadableModel(
                        "objective '%s' is not known, so what the trees' sum means is not either; serve the model in a Python worker"
                                .formatted(objective[0]));
        }
    }

    private static Outcome.Apply apply(Function function) {
        return new Outcome.Apply(function, Precision.FLOAT64);
    }

    private static String sigmoid(Graph graph, double steepness, String raw, int groups) {
        String scaled = raw;
        if (steepness != 1) {
            double[] factors = new double[groups];
            Arrays.fill(factors, steepness);
            scaled = graph.node(
                    "scaled",
                    new Preparation.Scale(
                            Preparation.Scale.Form.SCALE_FIRST,
                            Doubles.of(new double[groups]),
                            Doubles.of(factors),
                            Double.NEGATIVE_INFINITY,
                            Double.POSITIVE_INFINITY,
                            Precision.FLOAT64),
                    raw);
        }
        return graph.node("probability", apply(Function.SIGMOID), scaled);
    }

    private static double parameter(String[] objective, String name, double otherwise) {
        for (String each : objective) {
            if (each.startsWith(name + ":")) return Double.parseDouble(each.substring(name.length() + 1));
        }
        return otherwise;
    }

    private static void numbers(Graph graph, int groups, String source) {
        if (groups == 1) graph.column("prediction", source, FieldType.FLOAT64);
        else graph.rows("prediction", source, FieldType.FLOAT64);
    }
}
