package io.millwright.runtime;

import java.util.BitSet;

/// Whether trees are trees: every walk from a root ends in a leaf, and no node is reached twice.
record TreeCheck(
        int features,
        Ints roots,
        Ints feature,
        Doubles threshold,
        Ints left,
        Ints right,
        Ints missing,
        Ints categorySplit,
        int categorySplits,
        int leaves) {

    void check() {
        int nodes = feature.size();
        BitSet seen = new BitSet(nodes);
        int[] stack = new int[64];
        int[] depths = new int[64];
        for (int tree = 0; tree < roots.size(); tree++) {
            int top = 0;
            stack[top] = roots.get(tree);
            depths[top++] = 0;
            while (top > 0) {
                int node = stack[--top];
                int depth = depths[top];
                if (node < 0 || node >= nodes) {
                    throw new IllegalArgumentException("tree %d goes to node %d of %d".formatted(tree, node, nodes));
                }
                if (seen.get(node)) {
                    throw new IllegalArgumentException(
                            "tree %d reaches node %d a second time: no tree".formatted(tree, node));
                }
                if (depth > Trees.MAX_DEPTH) {
                    throw new IllegalArgumentException("tree %d is deeper than %d".formatted(tree, Trees.MAX_DEPTH));
                }
                seen.set(node);
                if (feature.get(node) < 0) {
                    if (left.get(node) < 0 || left.get(node) >= leaves) {
                        throw new IllegalArgumentException(
                                "node %d is leaf %d of %d".formatted(node, left.get(node), leaves));
                    }
                    continue;
                }
                checkSplit(node);
                if (top + 2 > stack.length) {
                    stack = java.util.Arrays.copyOf(stack, 2 * stack.length);
                    depths = java.util.Arrays.copyOf(depths, 2 * depths.length);
                }
                stack[top] = right.get(node);
                depths[top++] = depth + 1;
                stack[top] = left.get(node);
                depths[top++] = depth + 1;
            }
        }
    }

    private void checkSplit(int node) {
        if (feature.get(node) >= features) {
            throw new IllegalArgumentException(
                    "node %d compares feature %d of %d".formatted(node, feature.get(node), features));
        }
        if (missing.get(node) < 0 || missing.get(node) >= Trees.Missing.values().length) {
            throw new IllegalArgumentException(
                    "node %d has rule %d for missing values".formatted(node, missing.get(node)));
        }
        int split = categorySplit.get(node);
        if (split < -1 || split >= categorySplits) {
            throw new IllegalArgumentException(
                    "node %d has category split %d of %d".formatted(node, split, categorySplits));
        }
        if (split < 0 && Double.isNaN(threshold.get(node))) {
            throw new IllegalArgumentException("node %d compares with NaN".formatted(node));
        }
    }
}
