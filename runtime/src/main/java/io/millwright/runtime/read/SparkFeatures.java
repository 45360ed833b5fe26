package io.millwright.runtime.read;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Stages that make columns of columns.
final class SparkFeatures {
    /// Terms a polynomial may have.
    private static final int MAX_TERMS = 1_000_000;

    private static final int MAX_DEGREE = 32;
    private static final int MAX_POLYNOMIAL_WIDTH = 2_000;

    private static final int MAX_CATEGORIES = 10_000_000;

    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private final SparkColumns columns;

    SparkFeatures(SparkColumns columns) {
        this.columns = columns;
    }

    /// A column of unknown width counts as one number: vectors come from a stage, or after a
    /// VectorSizeHint.
    void assemble(SparkStage stage) {
        String to = stage.text("outputCol");
        boolean keeps = stage.keepsInvalid();
        List<String> from = new ArrayList<>();
        int width = 0;
        boolean numbersOnly = true;
        for (String name : stage.texts("inputCols")) {
            boolean vector = columns.isVector(name);
            String node = vector ? columns.any(name, stage) : columns.number(name, keeps);
            from.add(node);
            width += columns.width(name);
            numbersOnly &= !vector;
        }
        if (keeps) {
            columns.makeVector(to, width, new Columns.Concat(), from.toArray(String[]::new));
        } else if (numbersOnly) {
            String all = columns.step(to, "all", new Columns.Concat(), from.toArray(String[]::new));
            columns.makeVector(to, width, SparkColumns.within(width, -INFINITY, INFINITY, false), all);
        } else {
            requireNumbers(stage, to, from);
            columns.makeVector(to, width, new Columns.Concat(), from.toArray(String[]::new));
        }
    }

    /// Spark refuses a missing number, but not one in a vector.
    private void requireNumbers(SparkStage stage, String to, List<String> from) {
        List<String> names = stage.texts("inputCols");
        for (int i = 0; i < names.size(); i++) {
            if (!columns.isVector(names.get(i))) {
                from.set(i, columns.require(to, from.get(i), 1, -INFINITY, INFINITY, false));
            }
        }
    }

    void sizeHint(SparkStage stage) {
        columns.vector(stage.text("inputCol"), (int) stage.number("size"));
    }

    void indexTexts(SparkStage stage) {
        boolean keeps = stage.keepsInvalid();
        List<String> inputs = stage.inputs();
        List<String> outputs = stage.outputs();
        stage.folder().row("data", row -> {
            List<List<String>> labels = row.textLists("labelsArray");
            for (int i = 0; i < inputs.size(); i++) {
                indexTexts(inputs.get(i), outputs.get(i), labels.get(i), keeps);
            }
        });
    }

    /// A column of numbers that a stage made is indexed by how Java writes them, as Spark does.
    private void indexTexts(String from, String to, List<String> labels, boolean keeps) {
        boolean texts = !columns.has(from) || columns.isText(from);
        String node = texts ? columns.text(from, keeps) : columns.number(from, keeps);
        Categories categories =
                texts ? new Categories.Texts(labels, -1) : new Categories.Numbers(Doubles.of(parsed(labels, to)), -1);
        double[] places = IntStream.range(0, labels.size()).asDoubleStream().toArray();
        List<String> known = new ArrayList<>(labels);
        if (keeps) known.add("__unknown");
        var codes = new Preparation.Encode.Codes(categories, Doubles.of(places), !keeps, labels.size());
        columns.makeIndex(to, known, new Preparation.Encode(List.of(codes)), node);
    }

    private static double[] parsed(List<String> labels, String column) {
        try {
            return labels.stream().mapToDouble(Double::parseDouble).toArray();
        } catch (NumberFormatException e) {
            throw new UnreadableModel("column '%s' indexes numbers by texts that are none".formatted(column), e);
        }
    }

    void textOfIndex(SparkStage stage) {
        String from = stage.text("inputCol");
        String node = columns.any(from, stage);
        List<String> labels = stage.has("labels") ? stage.texts("labels") : List.of();
        if (labels.isEmpty()) labels = columns.labels(from);
        if (labels.isEmpty()) {
            throw stage.refused("has no labels, and column '%s' is no StringIndexer's".formatted(from));
        }
        String checked =
                columns.require(stage.text("outputCol"), node, columns.width(from), 0, labels.size() - 1, false);
        columns.makeText(stage.text("outputCol"), new Outcome.Label(new Categories.Texts(labels, -1)), checked);
    }

    void oneHot(SparkStage stage) {
        boolean keeps = stage.keepsInvalid();
        boolean drops = stage.flag("dropLast");
        List<String> inputs = stage.inputs();
        List<String> outputs = stage.outputs();
        stage.folder().row("data", row -> {
            int[] sizes = row.integers("categorySizes");
            for (int i = 0; i < inputs.size(); i++) {
                String node = columns.number(inputs.get(i), keeps);
                Preparation.OneHot.Indicator indicator = indicator(sizes[i], drops, keeps);
                columns.makeVector(outputs.get(i), indicator.width(), new Preparation.OneHot(List.of(indicator)), node);
            }
        });
    }

    /// A value that is invalid counts as one category more when it is kept; the last one has no place
    /// when it is dropped.
    private static Preparation.OneHot.Indicator indicator(int size, boolean drops, boolean keeps) {
        if (size < 1 || size > MAX_CATEGORIES) {
            throw new UnreadableModel("%d categories, expected 1 to %d".formatted(size, MAX_CATEGORIES));
        }
        int width = size + (keeps ? 1 : 0) - (drops ? 1 : 0);
        int[] places =
                IntStream.range(0, size).map(each -> each < width ? each : -1).toArray();
        double[] categories = IntStream.range(0, size).asDoubleStream().toArray();
        int unknown = !keeps ? -2 : size < width ? size : -1;
        return new Preparation.OneHot.Indicator(
                new Categories.Numbers(Doubles.of(categories), -1), Ints.of(places), width, unknown);
    }

    void impute(SparkStage stage) {
        double missing = stage.number("missingValue");
        List<String> inputs = stage.inputs();
        List<String> outputs = stage.outputs();
        stage.folder().row("data", row -> {
            for (int i = 0; i < inputs.size(); i++) {
                Doubles fill = Doubles.of(row.number(inputs.get(i)));
                String node = columns.number(inputs.get(i), true);
                // Whatever else is a missing value, null is.
                if (!Double.isNaN(missing)) {
                    node = columns.step(
                            outputs.get(i), "null", new Preparation.Impute(Double.NaN, fill, Ints.of()), node);
                }
                columns.makeNumber(outputs.get(i), new Preparation.Impute(missing, fill, Ints.of()), node);
            }
        });
    }

    void bucketize(SparkStage stage) {
        boolean keeps = stage.keepsInvalid();
        List<double[]> splits =
                stage.set("inputCols") ? stage.numberLists("splitsArray") : List.of(stage.numbers("splits"));
        List<String> inputs = stage.inputs();
        List<String> outputs = stage.outputs();
        for (int i = 0; i < inputs.size(); i++) bucketize(inputs.get(i), outputs.get(i), splits.get(i), keeps);
    }

    /// The last bucket has its upper end; a missing value that is kept has a bucket after it.
    private void bucketize(String from, String to, double[] splits, boolean keeps) {
        int last = splits.length - 1;
        if (last < 1) throw new UnreadableModel("column '%s' has %d splits".formatted(to, splits.length));
        String node = columns.number(from, keeps);
        if (!keeps || splits[0] != -INFINITY || splits[last] != INFINITY) {
            node = columns.require(to, node, 1, splits[0], splits[last], keeps);
        }
        var bucketize = new Preparation.Bucketize(List.of(Doubles.of(Arrays.copyOfRange(splits, 1, last))), true);
        if (keeps) {
            String bucket = columns.step(to, "bucket", bucketize, node);
            columns.makeNumber(to, new Preparation.Impute(Double.NaN, Doubles.of(last), Ints.of()), bucket);
        } else {
            columns.makeNumber(to, bucketize, node);
        }
    }

    void binarize(SparkStage stage) {
        List<String> inputs = stage.inputs();
        List<String> outputs = stage.outputs();
        double[] thresholds =
                stage.set("inputCols") && stage.set("thresholds") ? stage.numbers("thresholds") : new double[0];
        for (int i = 0; i < inputs.size(); i++) {
            String from = inputs.get(i);
            double threshold = thresholds.length > 0 ? thresholds[i] : stage.number("threshold");
            Outcome.Threshold above = new Outcome.Threshold(threshold, false);
            if (columns.isVector(from)) {
                columns.makeVector(outputs.get(i), columns.width(from), above, columns.any(from, stage));
            } else {
                columns.makeNumber(outputs.get(i), above, columns.number(from, true));
            }
        }
    }

    void polynomial(SparkStage stage) {
        String from = stage.text("inputCol");
        String node = columns.any(from, stage);
        int width = columns.width(from);
        double degree = stage.number("degree");
        if (degree > MAX_DEGREE || width > MAX_POLYNOMIAL_WIDTH) {
            throw stage.refused("is of degree %s and of %d columns; up to %d and %d are read"
                    .formatted(degree, width, MAX_DEGREE, MAX_POLYNOMIAL_WIDTH));
        }
        List<Ints> terms = new ArrayList<>();
        addTerms(width - 1, (int) degree, new int[0], terms);
        // The first is the constant, which Spark leaves out.
        terms.removeFirst();
        columns.makeVector(stage.text("outputCol"), terms.size(), new Preparation.Polynomial(width, terms), node);
    }

    /// Powers of the last column outermost, and products from the last column to the first.
    private static void addTerms(int last, int degree, int[] factors, List<Ints> terms) {
        if (terms.size() > MAX_TERMS) {
            throw new UnreadableModel("PolynomialExpansion makes more than %d terms".formatted(MAX_TERMS));
        }
        if (degree == 0 || last < 0) {
            terms.add(Ints.of(factors));
            return;
        }
        int[] more = factors;
        for (int power = 0; power <= degree; power++) {
            addTerms(last - 1, degree - power, more, terms);
            more = Arrays.copyOf(more, more.length + 1);
            more[more.length - 1] = last;
        }
    }

    void project(SparkStage stage) {
        stage.folder().row("data", row -> {
            Matrix components = row.matrix("pc");
            double[] weights = new double[components.rows() * components.columns()];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = components.get(i % components.rows(), i / components.rows());
            }
            int count = components.columns();
            var linear = new Estimator.Linear(
                    new Matrix(count, components.rows(), Doubles.of(weights)),
                    Doubles.of(new double[count]),
                    Precision.FLOAT64);
            String node = columns.vector(stage.text("inputCol"), components.rows());
            columns.makeVector(stage.text("outputCol"), count, linear, node);
        });
    }

    void slice(SparkStage stage) {
        if (stage.has("names") && !stage.texts("names").isEmpty()) {
            throw stage.refused("picks by names, which are not in its folder; pick by indices");
        }
        select(stage, stage.text("inputCol"), stage.integers("indices"));
    }

    void selectFeatures(SparkStage stage) {
        stage.folder().row("data", row -> {
            int[] selected = row.integers("selectedFeatures");
            Arrays.sort(selected);
            select(stage, stage.text("featuresCol"), selected);
        });
    }

    private void select(SparkStage stage, String from, int[] selected) {
        String node = columns.any(from, stage);
        columns.makeVector(stage.text("outputCol"), selected.length, new Columns.Select(Ints.of(selected)), node);
    }
}
