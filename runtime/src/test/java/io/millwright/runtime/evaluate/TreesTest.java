package io.millwright.runtime.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Shape;
import io.millwright.runtime.Trees;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TreesTest {
    private static final double[] ODD = {
        0.0,
        -0.0,
        1e-35,
        -1e-35,
        1e-36,
        1e-300,
        1e300,
        -1e300,
        3.4e38,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Float.MAX_VALUE,
        Double.MIN_VALUE
    };

    /// The walk is five lines that can be read; the packed kernel must say the same for whatever trees
    /// and rows.
    @Test
    void packed_trees_answer_as_a_plain_walk_does() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            Trees trees = trees(random);
            assertThat(PackedTrees.fits(trees)).isTrue();
            int rows = 1 + random.nextInt(40);
            Block in = new Block(Shape.numbers(trees.features()), 40);
            for (int i = 0; i < rows * trees.features(); i++) in.numbers()[i] = value(random, trees);
            Block packed = new Block(Shape.numbers(trees.base().size()), 40);
            Block walked = new Block(Shape.numbers(trees.base().size()), 40);

            new PackedTrees(trees).bind(new Block[] {in}, packed).run(rows);
            new WalkedTrees(trees).bind(new Block[] {in}, walked).run(rows);

            assertThat(packed.numbers()).as("seed %d", seed).isEqualTo(walked.numbers());
        }
    }

    private static double value(Random random, Trees trees) {
        return switch (random.nextInt(4)) {
            case 0 -> ODD[random.nextInt(ODD.length)];
            case 1 -> trees.threshold().get(random.nextInt(trees.threshold().size()));
            case 2 ->
                Math.nextUp(
                        trees.threshold().get(random.nextInt(trees.threshold().size())));
            default -> random.nextGaussian();
        };
    }

    private static Trees trees(Random random) {
        int count = 1 + random.nextInt(random.nextBoolean() ? 20 : 80); // more than one group
        int features = 1 + random.nextInt(6);
        int width = 1 + random.nextInt(2);
        int outputs = width + random.nextInt(3);
        boolean single = random.nextBoolean();
        Nodes nodes = new Nodes();
        int[] roots = new int[count];
        int[] targets = new int[count];
        for (int i = 0; i < count; i++) {
            roots[i] = nodes.grow(random, features, 1 + random.nextInt(14), single);
            targets[i] = random.nextInt(outputs - width + 1);
        }
        double[] leaves = random.doubles((long) nodes.leaves * width)
                .map(x -> single ? (float) x : x)
                .toArray();
        int size = nodes.feature.size();
        return new Trees(
                features,
                single ? Precision.FLOAT32 : Precision.FLOAT64,
                Trees.Comparison.values()[random.nextInt(2)],
                Ints.of(roots),
                ints(nodes.feature),
                Doubles.of(nodes.threshold.stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray()),
                ints(nodes.left),
                ints(nodes.right),
                ints(nodes.missing),
                Ints.of(random.ints(size, -1, 0).toArray()),
                List.of(),
                new Matrix(nodes.leaves, width, Doubles.of(leaves)),
                Ints.of(targets),
                Doubles.of(
                        random.doubles(outputs).map(x -> single ? (float) x : x).toArray()),
                random.nextBoolean() ? 1 : count,
                single ? Precision.FLOAT32 : Precision.FLOAT64);
    }

    private static Ints ints(List<Integer> values) {
        return Ints.of(values.stream().mapToInt(Integer::intValue).toArray());
    }

    private static final class Nodes {
        private final List<Integer> feature = new java.util.ArrayList<>();
        private final List<Double> threshold = new java.util.ArrayList<>();
        private final List<Integer> left = new java.util.ArrayList<>();
        private final List<Integer> right = new java.util.ArrayList<>();
        private final List<Integer> missing = new java.util.ArrayList<>();
        private int leaves;

        int grow(Random random, int features, int depth, boolean single) {
            int node = feature.size();
            double limit = random.nextInt(8) == 0 ? ODD[random.nextInt(9)] : random.nextGaussian();
            boolean split = depth > 0 && random.nextInt(5) > 0;
            feature.add(split ? random.nextInt(features) : -1);
            // A threshold between two floats must do for float32 values, too.
            threshold.add(single && random.nextBoolean() ? (float) limit : limit);
            missing.add(random.nextInt(Trees.Missing.values().length));
            left.add(split ? 0 : leaves);
            right.add(0);
            if (split) {
                left.set(node, grow(random, features, depth - 1, single));
                right.set(node, grow(random, features, depth - 1, single));
            } else leaves++;
            return node;
        }
    }

    @Test
    void trees_that_go_in_circles_are_refused() {
        assertThatThrownBy(() -> one(new int[] {0, 0, -1}, new int[] {1, 0, 0}, new int[] {2, 2, 0}))
                .hasMessageContaining("a second time");
    }

    @Test
    void a_node_of_two_parents_is_refused() {
        assertThatThrownBy(() -> one(new int[] {0, -1, -1}, new int[] {1, 0, 1}, new int[] {1, 0, 0}))
                .hasMessageContaining("reaches node 1 a second time");
    }

    @Test
    void a_child_that_is_no_node_is_refused() {
        assertThatThrownBy(() -> one(new int[] {0, -1}, new int[] {1, 0}, new int[] {7, 0}))
                .hasMessageContaining("goes to node 7 of 2");
    }

    @Test
    void a_feature_and_a_leaf_that_are_not_there_are_refused() {
        assertThatThrownBy(() -> one(new int[] {3, -1, -1}, new int[] {1, 0, 1}, new int[] {2, 0, 0}))
                .hasMessageContaining("compares feature 3 of 1");
        assertThatThrownBy(() -> one(new int[] {0, -1, -1}, new int[] {1, 0, 5}, new int[] {2, 0, 0}))
                .hasMessageContaining("is leaf 5 of 2");
    }

    /// A chain of a million splits: neither the check nor the walk may recurse.
    @Test
    void a_tree_too_deep_to_serve_is_refused() {
        int depth = 20_000;
        int[] feature = new int[2 * depth + 1];
        int[] left = new int[feature.length];
        int[] right = new int[feature.length];
        for (int i = 0; i < depth; i++) {
            left[i] = i + 1;
            right[i] = depth + 1 + i;
        }
        for (int i = depth; i < feature.length; i++) feature[i] = -1;
        assertThatThrownBy(() -> one(feature, left, right)).hasMessageContaining("deeper than 10000");
    }

    private static Trees one(int[] feature, int[] left, int[] right) {
        int size = feature.length;
        return new Trees(
                1,
                Precision.FLOAT64,
                Trees.Comparison.LESS,
                Ints.of(0),
                Ints.of(feature),
                Doubles.of(new double[size]),
                Ints.of(left),
                Ints.of(right),
                Ints.of(new int[size]),
                Ints.of(new Random(1).ints(size, -1, 0).toArray()),
                List.of(),
                Matrix.of(2, 1, 1, 2),
                Ints.of(0),
                Doubles.of(0),
                1,
                Precision.FLOAT64);
    }
}
