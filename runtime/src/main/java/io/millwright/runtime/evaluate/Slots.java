package io.millwright.runtime.evaluate;

import io.millwright.runtime.Precision;
import io.millwright.runtime.Trees;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/// The keys of a row: for each feature, and each rule for its missing values, an int that compares as
/// its value does.
final class Slots {
    private final Trees trees;
    private final boolean single;
    private final boolean orEqual;

    /// By slot from 1 on: its feature and its rule; sorted by feature.
    private final int[] features;

    private final Trees.Missing[] rules;

    /// By slot, in float64: the thresholds its feature is compared with anywhere, rising.
    private final double[][] thresholds;

    /// By node.
    private final int[] slotOf;

    private Slots(Trees trees, long[] names, int[] slotOf, double[][] thresholdsOfFeature) {
        this.trees = trees;
        this.single = trees.input() == Precision.FLOAT32;
        this.orEqual = trees.comparison() == Trees.Comparison.LESS_OR_EQUAL;
        this.slotOf = slotOf;
        this.features = new int[names.length + 1];
        this.rules = new Trees.Missing[names.length + 1];
        this.thresholds = new double[names.length + 1][];
        for (int i = 0; i < names.length; i++) {
            features[i + 1] = (int) (names[i] / RULES);
            rules[i + 1] = Trees.Missing.of((int) (names[i] % RULES));
            thresholds[i + 1] = single ? new double[0] : thresholdsOfFeature[features[i + 1]];
        }
    }

    private static final int RULES = Trees.Missing.values().length;

    static long name(Trees trees, int node) {
        return (long) trees.feature().get(node) * RULES + trees.missing().get(node);
    }

    static Slots of(Trees trees) {
        int nodes = trees.feature().size();
        List<TreeSet<Double>> distinct = new ArrayList<>();
        for (int i = 0; i < trees.features(); i++) distinct.add(new TreeSet<>());
        TreeSet<Long> names = new TreeSet<>();
        for (int node = 0; node < nodes; node++) {
            if (trees.isLeaf(node)) continue;
            names.add(name(trees, node));
            if (trees.input() == Precision.FLOAT64) {
                distinct.get(trees.feature().get(node)).add(trees.threshold().get(node) + 0.0);
            }
        }
        long[] sorted = names.stream().mapToLong(Long::longValue).toArray();
        int[] slotOf = new int[nodes];
        for (int node = 0; node < nodes; node++) {
            if (!trees.isLeaf(node)) slotOf[node] = Arrays.binarySearch(sorted, name(trees, node)) + 1;
        }
        double[][] thresholds = distinct.stream()
                .map(each -> each.stream().mapToDouble(Double::doubleValue).toArray())
                .toArray(double[][]::new);
        return new Slots(trees, sorted, slotOf, thresholds);
    }

    /// A power of two above the last slot.
    int width() {
        return Math.max(2, Integer.highestOneBit(features.length - 1) * 2);
    }

    int of(int node) {
        return slotOf[node];
    }

    /// What a row's key must be below to go left.
    int threshold(int node) {
        double threshold = trees.threshold().get(node) + 0.0;
        if (!single) {
            int rank = Arrays.binarySearch(thresholds[slotOf[node]], threshold);
            return rank + 1;
        }
        // The largest float that is not above it: a float is <= the one exactly when it is <= the other.
        float nearest = (float) threshold;
        if (nearest > threshold) nearest = Math.nextDown(nearest);
        boolean passesEqual = orEqual || nearest < threshold;
        int key = key(nearest + 0f);
        return passesEqual ? key + 1 : key;
    }

    void fill(double[] values, int start, int[] keys) {
        if (single) {
            for (int slot = 1; slot < features.length; slot++) {
                keys[slot] = key((float) values[start + features[slot]], rules[slot]);
            }
            return;
        }
        int feature = -1;
        int rank = 0;
        for (int slot = 1; slot < features.length; slot++) {
            double value = values[start + features[slot]];
            if (features[slot] != feature) {
                feature = features[slot];
                rank = rank(thresholds[slot], Double.isNaN(value) ? 0 : value);
            }
            keys[slot] = switch (rules[slot]) {
                case IS_ZERO -> rank;
                case NAN_LEFT -> Double.isNaN(value) ? Integer.MIN_VALUE : rank;
                case NAN_RIGHT -> Double.isNaN(value) ? Integer.MAX_VALUE : rank;
                case ZERO_LEFT -> isZero(value) ? Integer.MIN_VALUE : rank;
                case ZERO_RIGHT -> isZero(value) ? Integer.MAX_VALUE : rank;
            };
        }
    }

    /// One more than the threshold it is not above, or equals if only less goes left: `rank < place +
    /// 1` says the same as
    /// the comparison with the threshold of that place.
    private int rank(double[] thresholds, double value) {
        return PreparationPlans.below(thresholds, value, !orEqual);
    }

    private static int key(float value, Trees.Missing rule) {
        return switch (rule) {
            case NAN_LEFT -> Double.isNaN(value) ? Integer.MIN_VALUE : key(value + 0f);
            case NAN_RIGHT -> Double.isNaN(value) ? Integer.MAX_VALUE : key(value + 0f);
            case IS_ZERO -> Double.isNaN(value) ? 0 : key(value + 0f);
            case ZERO_LEFT -> isZero(value) ? Integer.MIN_VALUE : key(value);
            case ZERO_RIGHT -> isZero(value) ? Integer.MAX_VALUE : key(value);
        };
    }

    static boolean isZero(double value) {
        return Double.isNaN(value) || Math.abs(value) <= Trees.Missing.NEAR_ZERO;
    }

    /// The bits of a float, turned so that they rise with it; never the largest or smallest int. Not
    /// for -0 and NaN.
    private static int key(float value) {
        int bits = Float.floatToRawIntBits(value);
        return bits ^ bits >> 31 & Integer.MAX_VALUE;
    }
}
