package io.millwright.runtime;

import java.util.List;

/// Decision trees whose leaves are added up: boosting, forests, ranking, isolation.
///
/// All trees lie in the same arrays. At a split a row goes left when its value compares so with the
/// threshold (or belongs
/// to the category split); where it goes when the value is missing the node says. A leaf adds its
/// numbers.
///
/// @param features numbers a row
/// @param input in which precision a value is compared: it is rounded to it first
/// @param comparison how a value compares with the threshold of a split to go left
/// @param roots the node each tree begins at
/// @param feature by node, the feature a split compares; -1 for a leaf
/// @param threshold by node; not looked at for a leaf and a category split
/// @param left by node: the node a row goes to; for a leaf, its row in `leaves`
/// @param right by node: the node a row goes to otherwise
/// @param missing by node: the [Missing] rule's ordinal
/// @param categorySplit by node: the place in `categorySplits`, -1 for a threshold
/// @param leaves what each leaf adds, a row for each leaf
/// @param targets by tree: the output its leaf's first number is added to
/// @param base by output, what the sum begins with
/// @param divisor what the sum is divided by in the end: 1, or the number of trees
/// @param sum in which precision leaves are added
public record Trees(
        int features,
        Precision input,
        Comparison comparison,
        Ints roots,
        Ints feature,
        Doubles threshold,
        Ints left,
        Ints right,
        Ints missing,
        Ints categorySplit,
        List<CategorySplit> categorySplits,
        Matrix leaves,
        Ints targets,
        Doubles base,
        double divisor,
        Precision sum)
        implements Estimator {
    /// What is below what is on the left.
    public enum Comparison {
        LESS,
        LESS_OR_EQUAL
    }

    /// What a missing value does at a split.
    public enum Missing {
        /// NaN is taken for 0.
        IS_ZERO,
        NAN_LEFT,
        NAN_RIGHT,
        /// NaN and what is within 1e-35 of 0 is missing.
        ZERO_LEFT,
        ZERO_RIGHT;

        /// A zero for rules that ask for one (LightGBM's kZeroThreshold, a float32).
        public static final double NEAR_ZERO = 1e-35f;

        private static final Missing[] ALL = values();

        public static Missing of(int ordinal) {
            return ALL[ordinal];
        }
    }

    /// A split by categories, which are whole numbers; a value is cut towards zero before it is looked
    /// up.
    ///
    /// @param members the categories of one side, rising
    /// @param membersLeft whether that side is the left
    /// @param known categories that were seen in training, rising: others are missing values. Empty
    /// when all were
    public record CategorySplit(Ints members, boolean membersLeft, Ints known) {}

    /// Deeper than this no tree is; a walk through a deeper one would take too long to serve.
    public static final int MAX_DEPTH = 10_000;

    public Trees {
        categorySplits = List.copyOf(categorySplits);
        int nodes = feature.size();
        if (threshold.size() != nodes
                || left.size() != nodes
                || right.size() != nodes
                || missing.size() != nodes
                || categorySplit.size() != nodes) {
            throw new IllegalArgumentException("trees whose arrays are not of one length (%d nodes)".formatted(nodes));
        }
        if (roots.size() != targets.size()) {
            throw new IllegalArgumentException("%d trees, %d targets".formatted(roots.size(), targets.size()));
        }
        if (divisor == 0 || Double.isNaN(divisor)) throw new IllegalArgumentException("a divisor of " + divisor);
        for (int tree = 0; tree < targets.size(); tree++) {
            if (targets.get(tree) < 0 || targets.get(tree) + leaves.columns() > base.size()) {
                throw new IllegalArgumentException("tree %d adds to output %d of %d, %d wide"
                        .formatted(tree, targets.get(tree), base.size(), leaves.columns()));
            }
        }
        new TreeCheck(
                        features,
                        roots,
                        feature,
                        threshold,
                        left,
                        right,
                        missing,
                        categorySplit,
                        categorySplits.size(),
                        leaves.rows())
                .check();
    }

    public boolean isLeaf(int node) {
        return feature.get(node) < 0;
    }

    @Override
    public Shape shape(List<Shape> inputs) {
        Operator.numbers(inputs, features);
        return Shape.numbers(base.size());
    }
}
