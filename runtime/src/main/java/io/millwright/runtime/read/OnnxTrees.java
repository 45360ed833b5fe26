package io.millwright.runtime.read;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Trees;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// The trees in the attributes of a TreeEnsembleClassifier or TreeEnsembleRegressor.
///
/// A node says how it compares; all are made to say it one way. NaN compares as false, so that it goes
/// where the condition does not hold unless the node tracks missing values.
final class OnnxTrees {
    /// Numbers of leaves that add several each.
    private static final long MAX_LEAVES = 1 << 28;

    private final OnnxNode node;
    private final long[] trees;
    private final long[] ids;
    private final long[] features;
    private final List<String> modes;
    private final double[] thresholds;
    private final long[] whenTrue;
    private final long[] whenFalse;
    private final long[] missingTrue;

    /// By tree and its node: the place in the attributes.
    private final Map<Long, Integer> places = new HashMap<>();

    private final Weights weights;

    /// What leaves add, one number each.
    ///
    /// @param places the leaf's place in the attributes
    /// @param outputs what it is added to
    private record Weights(Ints places, Ints outputs, Doubles values) {
        double smallest() {
            return Arrays.stream(values.toArray()).min().orElse(0);
        }
    }

    /// @param prefix of the attributes of leaves: `class` or `target`
    OnnxTrees(OnnxNode node, String prefix) {
        this.node = node;
        trees = node.integers("nodes_treeids");
        ids = node.integers("nodes_nodeids");
        features = node.integers("nodes_featureids");
        modes = node.texts("nodes_modes");
        thresholds = node.numbersOrTensor("nodes_values");
        whenTrue = node.integers("nodes_truenodeids");
        whenFalse = node.integers("nodes_falsenodeids");
        missingTrue = node.has("nodes_missing_value_tracks_true")
                ? node.integers("nodes_missing_value_tracks_true")
                : new long[trees.length];
        for (int length : new int[] {
            ids.length,
            features.length,
            modes.size(),
            thresholds.length,
            whenTrue.length,
            whenFalse.length,
            missingTrue.length
        }) {
            if (length != trees.length) throw damaged("%d nodes and %d".formatted(trees.length, length));
        }
        for (int i = 0; i < trees.length; i++) {
            if (places.put(key(trees[i], ids[i]), i) != null) {
                throw damaged("two nodes %d in tree %d".formatted(ids[i], trees[i]));
            }
        }
        weights = weights(prefix);
    }

    private UnreadableModel damaged(String what) {
        return new UnreadableModel("%s has %s: the file is damaged".formatted(node.title(), what));
    }

    private long key(long tree, long id) {
        if (tree < 0 || tree > Integer.MAX_VALUE || id < 0 || id > Integer.MAX_VALUE) {
            throw damaged("node %d of tree %d".formatted(id, tree));
        }
        return tree << 32 | id;
    }

    private int place(long tree, long id) {
        Integer place = places.get(key(tree, id));
        if (place == null) throw damaged("no node %d in tree %d, which another goes to".formatted(id, tree));
        return place;
    }

    private Weights weights(String prefix) {
        long[] ofTree = node.integers(prefix + "_treeids");
        long[] ofNode = node.integers(prefix + "_nodeids");
        long[] outputs = node.integers(prefix + "_ids");
        double[] values = node.numbersOrTensor(prefix + "_weights");
        if (ofNode.length != ofTree.length || outputs.length != ofTree.length || values.length != ofTree.length) {
            throw damaged("%d weights of %d leaves".formatted(values.length, ofTree.length));
        }
        int[] at = new int[values.length];
        for (int i = 0; i < at.length; i++) {
            at[i] = place(ofTree[i], ofNode[i]);
            if (!modes.get(at[i]).equals("LEAF")) throw node.unmapped("a split with a weight");
        }
        return new Weights(
                Ints.of(at),
                Ints.of(Arrays.stream(outputs).mapToInt(Math::toIntExact).toArray()),
                Doubles.of(values));
    }

    /// The outputs that leaves add to, rising.
    SortedSet<Integer> outputs() {
        TreeSet<Integer> outputs = new TreeSet<>();
        for (int output : weights.outputs().toArray()) outputs.add(output);
        return outputs;
    }

    /// Whether no leaf adds less than 0.
    boolean allPositive() {
        return weights.smallest() >= 0;
    }

    /// Whether each output gets a number whatever leaf a row comes to.
    boolean reachesAll(int outputs) {
        Map<Long, Integer> leaves = new HashMap<>();
        for (int i = 0; i < trees.length; i++) if (modes.get(i).equals("LEAF")) leaves.merge(trees[i], 1, Integer::sum);
        Map<Long, Integer> reached = new HashMap<>();
        for (int i = 0; i < weights.places().size(); i++) {
            reached.merge(key(trees[weights.places().get(i)], weights.outputs().get(i)), 1, Integer::sum);
        }
        TreeSet<Integer> sure = new TreeSet<>();
        reached.forEach((key, count) -> {
            if (count.equals(leaves.get(key >>> 32))) sure.add(key.intValue());
        });
        return sure.size() == outputs;
    }

    /// Leaves are added in the precision values are compared in.
    ///
    /// @param all outputs, the sums of which begin with 0; when there is one, all leaves add to it
    Trees build(int width, int all, Precision input, double divisor) {
        Optional<Map<Long, Integer>> targets = all == 1 ? Optional.of(Map.of()) : targets();
        int leafWidth = targets.isPresent() ? 1 : all;
        if (all < 1 || all > OnnxTranslation.MAX_WIDTH || (long) leafWidth * trees.length > MAX_LEAVES) {
            throw node.unmapped("%d outputs of %d nodes".formatted(all, trees.length));
        }
        double[][] leaves = new double[trees.length][];
        for (int i = 0; i < weights.places().size(); i++) {
            int place = weights.places().get(i);
            if (leaves[place] == null) leaves[place] = new double[leafWidth];
            int output = all == 1 ? 0 : weights.outputs().get(i);
            if (output < 0 || output >= all) throw damaged("a weight of output %d of %d".formatted(output, all));
            leaves[place][targets.isPresent() ? 0 : output] += weights.values().get(i);
        }
        TreesBuilder builder = new TreesBuilder(leafWidth);
        boolean less = comparesLess();
        for (int i = 0; i < trees.length; i++) {
            if (i == 0 || trees[i] != trees[i - 1]) {
                builder.tree(i, targets.isPresent() ? targets.get().getOrDefault(trees[i], 0) : 0);
            }
            if (modes.get(i).equals("LEAF")) builder.leaf(leaves[i] == null ? new double[leafWidth] : leaves[i]);
            else split(builder, i, less, input);
        }
        Trees.Comparison comparison = less ? Trees.Comparison.LESS : Trees.Comparison.LESS_OR_EQUAL;
        return builder.build(width, input, comparison, new double[all], divisor, input);
    }

    /// The one output that all leaves of a tree add to, by tree; empty when a tree has several.
    private Optional<Map<Long, Integer>> targets() {
        Map<Long, Integer> targets = new HashMap<>();
        for (int i = 0; i < weights.places().size(); i++) {
            Integer before = targets.put(
                    trees[weights.places().get(i)], weights.outputs().get(i));
            if (before != null && before != weights.outputs().get(i)) return Optional.empty();
        }
        return Optional.of(targets);
    }

    /// Whether every split asks for less, or for its opposite: then nothing has to be moved.
    private boolean comparesLess() {
        return modes.stream()
                .filter(mode -> !mode.equals("LEAF"))
                .allMatch(mode -> mode.equals("BRANCH_LT") || mode.equals("BRANCH_GTE"));
    }

    private void split(TreesBuilder builder, int i, boolean less, Precision input) {
        int holds = place(trees[i], whenTrue[i]);
        int fails = place(trees[i], whenFalse[i]);
        String mode = modes.get(i);
        boolean swapped = mode.equals("BRANCH_GTE") || mode.equals("BRANCH_GT");
        boolean orEqual = mode.equals("BRANCH_LEQ") || mode.equals("BRANCH_GT");
        if (!swapped && !orEqual && !mode.equals("BRANCH_LT")) throw node.unmapped("mode " + mode);
        double threshold = orEqual || less ? thresholds[i] : below(thresholds[i], input);
        boolean missingLeft = (missingTrue[i] != 0) != swapped;
        builder.split(
                Math.toIntExact(features[i]),
                threshold,
                swapped ? fails : holds,
                swapped ? holds : fails,
                missingLeft ? Trees.Missing.NAN_LEFT : Trees.Missing.NAN_RIGHT);
    }

    /// What is below a number is at most the one before it.
    private double below(double threshold, Precision input) {
        if (threshold == Double.NEGATIVE_INFINITY) throw node.unmapped("a threshold nothing is below");
        return input == Precision.FLOAT32 ? Math.nextDown((float) threshold) : Math.nextDown(threshold);
    }

    /// Numbers that are added in the end, one for each output; none when not given.
    static double[] base(OnnxNode node) {
        return node.numbersOrTensor("base_values");
    }

    static int count(OnnxNode node) {
        List<Long> distinct = new ArrayList<>();
        for (long tree : node.integers("nodes_treeids")) {
            if (distinct.isEmpty() || distinct.getLast() != tree) distinct.add(tree);
        }
        return distinct.size();
    }
}
