package io.millwright.runtime.read;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Trees;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Gathers nodes into [Trees]. A leaf adds one number, or as many as are said at first.
final class TreesBuilder {
    private final int leafWidth;
    private int nodes;
    private int[] feature = new int[1024];
    private double[] threshold = new double[1024];
    private int[] left = new int[1024];
    private int[] right = new int[1024];
    private int[] missing = new int[1024];
    private int[] categorySplit = new int[1024];
    private final List<Trees.CategorySplit> categorySplits = new ArrayList<>();
    private double[] leaves = new double[1024];
    private int leafCount;
    private int[] roots = new int[64];
    private int[] targets = new int[64];
    private int trees;

    TreesBuilder() {
        this(1);
    }

    TreesBuilder(int leafWidth) {
        this.leafWidth = leafWidth;
    }

    /// Nodes so far: the number of the next one.
    int size() {
        return nodes;
    }

    /// @param root the node it begins at, which may be added later
    /// @param target the output its leaves are added to
    void tree(int root, int target) {
        if (trees == roots.length) {
            roots = Arrays.copyOf(roots, 2 * trees);
            targets = Arrays.copyOf(targets, 2 * trees);
        }
        roots[trees] = root;
        targets[trees++] = target;
    }

    void split(int feature, double threshold, int left, int right, Trees.Missing missing) {
        node(feature, threshold, left, right, missing, -1);
    }

    void split(int feature, Trees.CategorySplit split, int left, int right, Trees.Missing missing) {
        categorySplits.add(split);
        node(feature, 0, left, right, missing, categorySplits.size() - 1);
    }

    void leaf(double... values) {
        int start = leafCount * leafWidth;
        if (start + leafWidth > leaves.length) leaves = Arrays.copyOf(leaves, 2 * leaves.length + leafWidth);
        System.arraycopy(values, 0, leaves, start, leafWidth);
        node(-1, 0, leafCount++, 0, Trees.Missing.IS_ZERO, -1);
    }

    private void node(int feature, double threshold, int left, int right, Trees.Missing missing, int categorySplit) {
        if (nodes == this.feature.length) grow();
        this.feature[nodes] = feature;
        this.threshold[nodes] = threshold;
        this.left[nodes] = left;
        this.right[nodes] = right;
        this.missing[nodes] = missing.ordinal();
        this.categorySplit[nodes++] = categorySplit;
    }

    private void grow() {
        int size = 2 * nodes;
        feature = Arrays.copyOf(feature, size);
        threshold = Arrays.copyOf(threshold, size);
        left = Arrays.copyOf(left, size);
        right = Arrays.copyOf(right, size);
        missing = Arrays.copyOf(missing, size);
        categorySplit = Arrays.copyOf(categorySplit, size);
    }

    Trees build(
            int features, Precision input, Trees.Comparison comparison, double[] base, double divisor, Precision sum) {
        return new Trees(
                features,
                input,
                comparison,
                Ints.of(Arrays.copyOf(roots, trees)),
                Ints.of(Arrays.copyOf(feature, nodes)),
                Doubles.of(Arrays.copyOf(threshold, nodes)),
                Ints.of(Arrays.copyOf(left, nodes)),
                Ints.of(Arrays.copyOf(right, nodes)),
                Ints.of(Arrays.copyOf(missing, nodes)),
                Ints.of(Arrays.copyOf(categorySplit, nodes)),
                categorySplits,
                new Matrix(leafCount, leafWidth, Doubles.of(Arrays.copyOf(leaves, leafCount * leafWidth))),
                Ints.of(Arrays.copyOf(targets, trees)),
                Doubles.of(base),
                divisor,
                sum);
    }
}
