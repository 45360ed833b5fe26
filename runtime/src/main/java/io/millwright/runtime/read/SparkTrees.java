package io.millwright.runtime.read;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Outcome.Apply.Function;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Trees;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Decision trees, forests and boosted trees.
final class SparkTrees {
    private static final int MAX_CATEGORIES = 1_000_000;

    private final SparkColumns columns;
    private final SparkAnswers answers;

    SparkTrees(SparkColumns columns) {
        this.columns = columns;
        this.answers = new SparkAnswers(columns);
    }

    /// @param statistics of the training rows in it: of a classifier, so many of each class
    /// @param split its categories on the left, or its threshold
    /// @param categories -1 for a threshold
    private record Node(
            int id,
            double prediction,
            Doubles statistics,
            int left,
            int right,
            int feature,
            Doubles split,
            int categories) {
        static Node of(SparkRow row) {
            SparkRow split = row.row("split");
            return new Node(
                    row.integer("id"),
                    row.number("prediction"),
                    Doubles.of(row.numbers("impurityStats")),
                    row.integer("leftChild"),
                    row.integer("rightChild"),
                    split.integer("featureIndex"),
                    Doubles.of(split.numbers("leftCategoriesOrThreshold")),
                    split.integer("numCategories"));
        }

        boolean isLeaf() {
            return left < 0;
        }
    }

    /// What a leaf adds.
    @FunctionalInterface
    private interface Leaf {
        double[] of(int tree, Node node);
    }

    void classifyingTree(SparkStage stage) {
        int classes = stage.metadata().integer("numClasses");
        classify(stage, classes, trees(stage, single(stage), classes, 1, (_, node) -> node.statistics.toArray()));
    }

    /// Each tree votes with the shares of the classes in its leaf.
    void classifyingForest(SparkStage stage) {
        int classes = stage.metadata().integer("numClasses");
        classify(
                stage,
                classes,
                trees(stage, several(stage), classes, 1, (_, node) -> shares(node.statistics.toArray())));
    }

    private static double[] shares(double[] statistics) {
        double total = 0;
        for (double each : statistics) total += each;
        double[] shares = new double[statistics.length];
        for (int i = 0; i < shares.length; i++) shares[i] = total == 0 ? 0 : statistics[i] / total;
        return shares;
    }

    private void classify(SparkStage stage, int classes, String raw) {
        answers.classes(stage, classes, raw, answers.apply(stage, "probabilities", Function.SHARE, raw));
    }

    /// The loss of boosting counts a margin twice.
    void classifyingBoost(SparkStage stage) {
        String margin = boosted(stage);
        String negative = answers.apply(stage, "negative", Function.NEGATE, margin);
        String raw = answers.step(stage, "raw", new Columns.Concat(), negative, margin);
        answers.classes(stage, 2, raw, answers.twoProbabilities(stage, raw, 2));
    }

    void regressionBoost(SparkStage stage) {
        answers.number(stage, boosted(stage), FieldType.FLOAT64);
    }

    private String boosted(SparkStage stage) {
        Map<Integer, Double> weights = new TreeMap<>();
        stage.folder().rows("treesMetadata", row -> weights.put(row.integer("_1"), row.number("_3")));
        double[] byTree =
                weights.values().stream().mapToDouble(Double::doubleValue).toArray();
        List<List<Node>> several = several(stage);
        if (byTree.length != several.size()) {
            throw new UnreadableModel("%d trees have %d weights".formatted(several.size(), byTree.length));
        }
        return trees(stage, several, 1, 1, (tree, node) -> new double[] {node.prediction * byTree[tree]});
    }

    void regressionTree(SparkStage stage) {
        stage.refuseColumn("varianceCol");
        String sum = trees(stage, single(stage), 1, 1, (_, node) -> new double[] {node.prediction});
        answers.number(stage, sum, FieldType.FLOAT64);
    }

    void regressionForest(SparkStage stage) {
        List<List<Node>> forest = several(stage);
        String mean = trees(stage, forest, 1, forest.size(), (_, node) -> new double[] {node.prediction});
        answers.number(stage, mean, FieldType.FLOAT64);
    }

    private static List<List<Node>> single(SparkStage stage) {
        List<Node> nodes = new ArrayList<>();
        stage.folder().rows("data", row -> nodes.add(Node.of(row)));
        return List.of(nodes);
    }

    private static List<List<Node>> several(SparkStage stage) {
        Map<Integer, List<Node>> trees = new TreeMap<>();
        stage.folder()
                .rows(
                        "data",
                        row -> trees.computeIfAbsent(row.integer("treeID"), _ -> new ArrayList<>())
                                .add(Node.of(row.row("nodeData"))));
        if (trees.size() != stage.metadata().integer("numTrees")) {
            throw new UnreadableModel("%d trees are there, expected %d"
                    .formatted(trees.size(), stage.metadata().integer("numTrees")));
        }
        return List.copyOf(trees.values());
    }

    private String trees(SparkStage stage, List<List<Node>> trees, int outputs, double divisor, Leaf leaf) {
        stage.refuseColumn("leafCol");
        TreesBuilder builder = new TreesBuilder(outputs);
        for (int tree = 0; tree < trees.size(); tree++) {
            List<Node> nodes = trees.get(tree);
            nodes.sort(Comparator.comparingInt(Node::id));
            int first = builder.size();
            builder.tree(first, 0);
            for (int i = 0; i < nodes.size(); i++) {
                Node node = nodes.get(i);
                if (node.id != i) throw new UnreadableModel("tree %d lacks node %d".formatted(tree, i));
                if (node.isLeaf()) builder.leaf(leaf(stage, outputs, leaf.of(tree, node)));
                else split(builder, node, first);
            }
        }
        int features = stage.metadata().integer("numFeatures");
        Trees all = builder.build(
                features,
                Precision.FLOAT64,
                Trees.Comparison.LESS_OR_EQUAL,
                new double[outputs],
                divisor,
                Precision.FLOAT64);
        return answers.step(stage, "trees", all, columns.vector(stage.text("featuresCol"), features));
    }

    private static double[] leaf(SparkStage stage, int outputs, double[] values) {
        if (values.length != outputs) {
            throw new UnreadableModel(
                    "%s has a leaf of %d numbers, expected %d".formatted(stage.type(), values.length, outputs));
        }
        return values;
    }

    /// A missing value is above every threshold. One that is none of the categories goes where the
    /// larger number of them goes.
    private static void split(TreesBuilder builder, Node node, int first) {
        int left = first + node.left;
        int right = first + node.right;
        if (node.categories < 0) {
            builder.split(node.feature, node.split.get(0), left, right, Trees.Missing.NAN_RIGHT);
            return;
        }
        if (node.categories > MAX_CATEGORIES) {
            throw new UnreadableModel(
                    "a split of %d categories, at most %d are read".formatted(node.categories, MAX_CATEGORIES));
        }
        Set<Integer> onLeft = new HashSet<>();
        for (double category : node.split.toArray()) onLeft.add((int) category);
        boolean membersLeft = node.split.size() <= node.categories / 2;
        int[] members = membersLeft
                ? onLeft.stream().mapToInt(Integer::intValue).sorted().toArray()
                : IntStream.range(0, node.categories)
                        .filter(each -> !onLeft.contains(each))
                        .toArray();
        builder.split(
                node.feature,
                new Trees.CategorySplit(Ints.of(members), membersLeft, Ints.of()),
                left,
                right,
                membersLeft ? Trees.Missing.NAN_RIGHT : Trees.Missing.NAN_LEFT);
    }
}
