package io.millwright.serving.live;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Output;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Trees;
import io.millwright.runtime.format.ModelFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A model with the operators that are served most, for a server that warms up: scaled columns, a projection, a linear
/// classifier, trees, distances to centres. Its numbers mean nothing.
public final class SampleModel {
    /// How many numbers a row has.
    public static final int WIDTH = 16;

    /// What its file is called in a model's folder.
    public static final String FILE = ModelFile.NAME;

    private static final int TREES = 200;
    private static final int DEPTH = 6;

    private SampleModel() {}

    public static byte[] file() {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ModelFile.write(model(new Random(1)), out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Model model(Random random) {
        var scaled = new Preparation.Scale(
                Preparation.Scale.Form.SHIFT_FIRST,
                numbers(random, WIDTH),
                Doubles.of(random.doubles(WIDTH, 1, 2).toArray()),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                Precision.FLOAT64);
        var projected = new Estimator.Linear(matrix(random, 5, WIDTH), numbers(random, 5), Precision.FLOAT64);
        var score = new Estimator.Linear(matrix(random, 1, 5), numbers(random, 1), Precision.FLOAT64);
        var distances =
                new Estimator.Distances(matrix(random, 7, 5), Estimator.Distances.Metric.EUCLIDEAN, Precision.FLOAT64);
        var probability = new Outcome.Apply(Outcome.Apply.Function.MIRRORED_SIGMOID, Precision.FLOAT64);
        return new Model(
                List.of(Field.tensor("input", FieldType.FLOAT64, WIDTH)),
                List.of(
                        new Node("scaled", List.of("input"), scaled),
                        new Node("projected", List.of("scaled"), projected),
                        new Node("score", List.of("projected"), score),
                        new Node("above", List.of("score"), new Outcome.Threshold(0, false)),
                        new Node(
                                "label",
                                List.of("above"),
                                new Outcome.Label(new Categories.Numbers(Doubles.of(0, 1), -1))),
                        new Node("probability", List.of("score"), probability),
                        new Node("grown", List.of("input"), trees(random)),
                        new Node("distances", List.of("projected"), distances),
                        new Node("nearest", List.of("distances"), new Outcome.Pick(false))),
                List.of(
                        new Output("label", "label", FieldType.INT64, true),
                        new Output("probability", "probability", FieldType.FLOAT64, true),
                        new Output("grown", "grown", FieldType.FLOAT32, true),
                        new Output("distances", "distances", FieldType.FLOAT64, false),
                        new Output("nearest", "nearest", FieldType.INT64, true)),
                Map.of());
    }

    private static Doubles numbers(Random random, int count) {
        return Doubles.of(random.doubles(count, -1, 1).toArray());
    }

    private static Matrix matrix(Random random, int rows, int columns) {
        return Matrix.of(
                rows, columns, random.doubles((long) rows * columns, -1, 1).toArray());
    }

    /// Complete ones: node n of a tree has the children 2n + 1 and 2n + 2.
    private static Trees trees(Random random) {
        int splits = (1 << DEPTH) - 1;
        int size = 2 * splits + 1;
        int leaves = splits + 1;
        int[] roots = new int[TREES];
        int[] feature = new int[TREES * size];
        double[] threshold = new double[TREES * size];
        int[] left = new int[TREES * size];
        int[] right = new int[TREES * size];
        int[] missing = new int[TREES * size];
        int[] noCategories = new int[TREES * size];
        double[] values = new double[TREES * leaves];
        for (int tree = 0; tree < TREES; tree++) {
            roots[tree] = tree * size;
            for (int node = 0; node < size; node++) {
                int at = roots[tree] + node;
                noCategories[at] = -1;
                missing[at] = Trees.Missing.NAN_LEFT.ordinal();
                if (node < splits) {
                    feature[at] = random.nextInt(WIDTH);
                    threshold[at] = (float) random.nextGaussian();
                    left[at] = roots[tree] + 2 * node + 1;
                    right[at] = roots[tree] + 2 * node + 2;
                } else {
                    feature[at] = -1;
                    left[at] = tree * leaves + node - splits;
                    values[left[at]] = (float) random.nextGaussian();
                }
            }
        }
        return new Trees(
                WIDTH,
                Precision.FLOAT32,
                Trees.Comparison.LESS,
                Ints.of(roots),
                Ints.of(feature),
                Doubles.of(threshold),
                Ints.of(left),
                Ints.of(right),
                Ints.of(missing),
                Ints.of(noCategories),
                List.of(),
                Matrix.of(TREES * leaves, 1, values),
                Ints.of(new int[TREES]),
                Doubles.of(0),
                1,
                Precision.FLOAT32);
    }
}
