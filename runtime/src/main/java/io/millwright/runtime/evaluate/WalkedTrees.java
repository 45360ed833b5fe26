package io.millwright.runtime.evaluate;

import io.millwright.runtime.Precision;
import io.millwright.runtime.Trees;
import java.util.Arrays;

/// Trees walked node by node: those with category splits, and those too large to be packed.
final class WalkedTrees implements Step.Plan {
    private final Trees model;
    private final boolean single;
    private final boolean orEqual;
    private final boolean singleSum;
    private final int[] roots;
    private final int[] feature;
    private final double[] threshold;
    private final int[] left;
    private final int[] right;
    private final Trees.Missing[] missing;
    private final int[] categorySplit;
    private final Sides[] sides;
    private final double[] leaves;
    private final int leafWidth;
    private final int[] targets;
    private final double[] base;

    private static final class Sides {
        private final int[] members;
        private final boolean membersLeft;

        /// Empty when all are.
        private final int[] known;

        Sides(Trees.CategorySplit split) {
            members = split.members().toArray();
            membersLeft = split.membersLeft();
            known = split.known().toArray();
        }
    }

    WalkedTrees(Trees model) {
        this.model = model;
        single = model.input() == Precision.FLOAT32;
        orEqual = model.comparison() == Trees.Comparison.LESS_OR_EQUAL;
        singleSum = model.sum() == Precision.FLOAT32;
        roots = model.roots().toArray();
        feature = model.feature().toArray();
        threshold = model.threshold().toArray();
        left = model.left().toArray();
        right = model.right().toArray();
        missing = Arrays.stream(model.missing().toArray())
                .mapToObj(Trees.Missing::of)
                .toArray(Trees.Missing[]::new);
        categorySplit = model.categorySplit().toArray();
        sides = model.categorySplits().stream().map(Sides::new).toArray(Sides[]::new);
        leaves = model.leaves().values().toArray();
        leafWidth = model.leaves().columns();
        targets = model.targets().toArray();
        base = model.base().toArray();
    }

    @Override
    public Step bind(Block[] in, Block out) {
        return rows -> {
            double[] from = in[0].numbers();
            double[] to = out.numbers();
            for (int row = 0; row < rows; row++) {
                int at = row * base.length;
                System.arraycopy(base, 0, to, at, base.length);
                for (int tree = 0; tree < roots.length; tree++) {
                    add(leafOf(roots[tree], from, row * model.features()), to, at + targets[tree]);
                }
                if (model.divisor() != 1) {
                    for (int i = at; i < at + base.length; i++) {
                        double value = to[i] / model.divisor();
                        to[i] = singleSum ? (float) value : value;
                    }
                }
            }
        };
    }

    private void add(int leaf, double[] to, int at) {
        for (int j = 0; j < leafWidth; j++) {
            double sum = to[at + j] + leaves[leaf * leafWidth + j];
            to[at + j] = singleSum ? (float) sum : sum;
        }
    }

    private int leafOf(int root, double[] values, int start) {
        int node = root;
        while (feature[node] >= 0) {
            double given = values[start + feature[node]];
            double value = single ? (float) given : given;
            node = goesLeft(node, value) ? left[node] : right[node];
        }
        return left[node];
    }

    private boolean goesLeft(int node, double value) {
        if (categorySplit[node] >= 0) return goesLeft(sides[categorySplit[node]], missing[node], value);
        double compared = value;
        switch (missing[node]) {
            case IS_ZERO -> compared = Double.isNaN(value) ? 0 : value;
            case NAN_LEFT -> {
                if (Double.isNaN(value)) return true;
            }
            case NAN_RIGHT -> {
                if (Double.isNaN(value)) return false;
            }
            case ZERO_LEFT -> {
                if (Slots.isZero(value)) return true;
            }
            case ZERO_RIGHT -> {
                if (Slots.isZero(value)) return false;
            }
        }
        return orEqual ? compared <= threshold[node] : compared < threshold[node];
    }

    /// Where a category goes that is missing, or was not seen: as the rule says.
    private static boolean goesLeft(Sides sides, Trees.Missing rule, double value) {
        boolean missingLeft = rule == Trees.Missing.NAN_LEFT || rule == Trees.Missing.ZERO_LEFT;
        if (Double.isNaN(value)) return missingLeft;
        // Beyond an int nothing is a category; a cast would make the largest int of it.
        int category = Math.abs(value) < Integer.MAX_VALUE ? (int) value : -1;
        if (sides.known.length > 0 && Arrays.binarySearch(sides.known, category) < 0) return missingLeft;
        return (Arrays.binarySearch(sides.members, category) >= 0) == sides.membersLeft;
    }
}
