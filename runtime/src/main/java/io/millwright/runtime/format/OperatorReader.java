package io.millwright.runtime.format;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Operator;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Trees;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// Operators from JSON and tensors: the way back of [OperatorWriter].
final class OperatorReader {
    private final JsonNode from;
    private final Safetensors tensors;

    private OperatorReader(JsonNode from, Safetensors tensors) {
        this.from = from;
        this.tensors = tensors;
    }

    static Operator read(JsonNode node, Safetensors tensors) {
        return new OperatorReader(node, tensors).read();
    }

    private Operator read() {
        return switch (text("op")) {
            case "select" -> new Columns.Select(ints("columns"));
            case "concat" -> new Columns.Concat();
            case "cast" -> new Columns.Cast(FieldType.of(text("type")));
            case "impute" -> new Preparation.Impute(number("missing"), doubles("fill"), ints("indicators"));
            case "impute_text" -> new Preparation.ImputeText(text("missing"), texts(at("fill")));
            case "scale" ->
                new Preparation.Scale(
                        word("form", Preparation.Scale.Form.class),
                        doubles("offset"),
                        doubles("factor"),
                        number("low"),
                        number("high"),
                        precision("precision"));
            case "flush" -> new Preparation.Flush(number("distance"));
            case "require" -> new Preparation.Require(doubles("low"), doubles("high"), flag("missing_allowed"));
            case "normalize" ->
                new Preparation.Normalize(word("norm", Preparation.Normalize.Norm.class), precision("precision"));
            case "one_hot" -> new Preparation.OneHot(oneHot());
            case "encode" -> new Preparation.Encode(encode());
            case "bucketize" -> new Preparation.Bucketize(doubleLists("edges"), flag("on_edge_counts"));
            case "polynomial" -> new Preparation.Polynomial(integer("read"), intLists("factors"));
            case "power" -> new Preparation.Power(word("family", Preparation.Power.Family.class), doubles("lambdas"));
            case "interpolate" -> new Preparation.Interpolate(points());
            case "count_words" ->
                new Preparation.CountWords(
                        flag("lower_case"),
                        integer("shortest"),
                        integer("longest"),
                        texts(at("terms")),
                        doubles("weights"),
                        flag("binary"),
                        flag("sublinear"),
                        word("norm", Preparation.CountWords.RowNorm.class));
            case "linear" -> new Estimator.Linear(matrix("weights"), doubles("bias"), precision("precision"));
            case "distances" ->
                new Estimator.Distances(
                        matrix("centers"), word("metric", Estimator.Distances.Metric.class), precision("precision"));
            case "gaussian_likelihood" ->
                new Estimator.GaussianLikelihood(matrix("means"), matrix("variances"), doubles("log_priors"));
            case "neighbors" ->
                new Estimator.Neighbors(
                        matrix("rows"),
                        matrix("values"),
                        integer("k"),
                        flag("by_distance"),
                        word("metric", Estimator.Distances.Metric.class));
            case "support_vectors" ->
                new Estimator.SupportVectors(
                        word("kernel", Estimator.SupportVectors.Kernel.class),
                        number("gamma"),
                        number("constant"),
                        integer("degree"),
                        matrix("vectors"),
                        matrix("weights"),
                        doubles("bias"));
            case "trees" -> trees();
            case "apply" -> new Outcome.Apply(word("function", Outcome.Apply.Function.class), precision("precision"));
            case "threshold" -> new Outcome.Threshold(number("threshold"), flag("or_equal"));
            case "pick" -> new Outcome.Pick(flag("largest"));
            case "label" -> new Outcome.Label(categories(at("labels")));
            case "average" -> new Outcome.Average(doubles("weights"));
            case "sum" -> new Outcome.Sum(precision("precision"));
            case "combine" ->
                new Outcome.Combine(word("operation", Outcome.Combine.Operation.class), precision("precision"));
            case "reduce" ->
                new Outcome.Reduce(word("reduction", Outcome.Reduce.Reduction.class), precision("precision"));
            case "vote" -> new Outcome.Vote(doubles("weights"), integer("places"));
            case "one_against_one" -> new Outcome.OneAgainstOne(integer("classes"), flag("confidences"));
            default -> throw new MalformedModel("operator '%s' is not known".formatted(text("op")));
        };
    }

    private List<Preparation.OneHot.Indicator> oneHot() {
        List<Preparation.OneHot.Indicator> columns = new ArrayList<>();
        for (JsonNode column : at("columns")) {
            int[] places = new int[column.path("places").size()];
            for (int i = 0; i < places.length; i++)
                places[i] = column.path("places").path(i).asInt();
            columns.add(new Preparation.OneHot.Indicator(
                    categories(column.path("categories")),
                    Ints.of(places),
                    column.path("width").asInt(),
                    column.path("unknown").asInt()));
        }
        return columns;
    }

    private List<Preparation.Encode.Codes> encode() {
        List<Preparation.Encode.Codes> columns = new ArrayList<>();
        for (JsonNode column : at("columns")) {
            columns.add(new Preparation.Encode.Codes(
                    categories(column.path("categories")),
                    numbers(column.path("values")),
                    column.path("refuse_unknown").asBoolean(false),
                    number(column.path("unknown"))));
        }
        return columns;
    }

    private List<Preparation.Interpolate.Points> points() {
        List<Doubles> x = doubleLists("x");
        List<Doubles> y = doubleLists("y");
        if (x.size() != y.size()) throw new MalformedModel("%d columns of x, %d of y".formatted(x.size(), y.size()));
        List<Preparation.Interpolate.Points> points = new ArrayList<>();
        for (int i = 0; i < x.size(); i++) points.add(new Preparation.Interpolate.Points(x.get(i), y.get(i)));
        return points;
    }

    private Trees trees() {
        List<Ints> members = intLists("split_members");
        List<Ints> known = intLists("split_known");
        Ints membersLeft = ints("split_members_left");
        if (known.size() != members.size() || membersLeft.size() != members.size()) {
            throw new MalformedModel("the lists of category splits are not of one length");
        }
        List<Trees.CategorySplit> splits = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            splits.add(new Trees.CategorySplit(members.get(i), membersLeft.get(i) != 0, known.get(i)));
        }
        return new Trees(
                integer("features"),
                precision("input"),
                word("comparison", Trees.Comparison.class),
                ints("roots"),
                ints("feature"),
                doubles("threshold"),
                ints("left"),
                ints("right"),
                ints("missing"),
                ints("category_split"),
                splits,
                matrix("leaves"),
                ints("targets"),
                doubles("base"),
                number("divisor"),
                precision("sum"));
    }

    static Categories categories(JsonNode from) {
        int missingAt = from.path("missing_at").asInt(-1);
        if (from.has("texts")) return new Categories.Texts(texts(from.path("texts")), missingAt);
        if (from.has("numbers")) return new Categories.Numbers(numbers(from.path("numbers")), missingAt);
        throw new MalformedModel("categories without 'texts' or 'numbers'");
    }

    private JsonNode at(String name) {
        JsonNode value = from.get(name);
        if (value == null)
            throw new MalformedModel(
                    "operator '%s' has no '%s'".formatted(from.path("op").asString(""), name));
        return value;
    }

    private String text(String name) {
        return at(name).asString("");
    }

    private boolean flag(String name) {
        return at(name).asBoolean(false);
    }

    private int integer(String name) {
        if (!at(name).isInt())
            throw new MalformedModel("'%s' is %s, expected a whole number".formatted(name, at(name)));
        return at(name).asInt();
    }

    private double number(String name) {
        return number(at(name));
    }

    private static double number(JsonNode value) {
        if (value.isNumber()) return value.asDouble();
        return switch (value.asString("")) {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> throw new MalformedModel("'%s' is no number".formatted(value));
        };
    }

    private static Doubles numbers(JsonNode list) {
        double[] values = new double[list.size()];
        for (int i = 0; i < values.length; i++) values[i] = number(list.path(i));
        return Doubles.of(values);
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>(list.size());
        for (JsonNode each : list) texts.add(each.asString(""));
        return texts;
    }

    private Doubles doubles(String name) {
        return tensors.doubles(text(name));
    }

    private Ints ints(String name) {
        return tensors.ints(text(name));
    }

    private Matrix matrix(String name) {
        return new Matrix(integer(name + "_rows"), integer(name + "_columns"), doubles(name));
    }

    private List<Doubles> doubleLists(String name) {
        double[] values = doubles(name).toArray();
        List<Doubles> lists = new ArrayList<>();
        int start = 0;
        for (int end : ends(name, values.length)) {
            lists.add(Doubles.of(Arrays.copyOfRange(values, start, end)));
            start = end;
        }
        return lists;
    }

    private List<Ints> intLists(String name) {
        int[] values = ints(name).toArray();
        List<Ints> lists = new ArrayList<>();
        int start = 0;
        for (int end : ends(name, values.length)) {
            lists.add(Ints.of(Arrays.copyOfRange(values, start, end)));
            start = end;
        }
        return lists;
    }

    private int[] ends(String name, int size) {
        int[] ends = ints(name + "_ends").toArray();
        int last = 0;
        for (int end : ends) {
            if (end < last || end > size) {
                throw new MalformedModel("a list of '%s' ends at %d, after %d, of %d".formatted(name, end, last, size));
            }
            last = end;
        }
        return ends;
    }

    private Precision precision(String name) {
        return word(name, Precision.class);
    }

    private <E extends Enum<E>> E word(String name, Class<E> type) {
        String word = text(name);
        for (E each : type.getEnumConstants()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(word)) return each;
        }
        throw new MalformedModel("'%s' is '%s', expected one of %s"
                .formatted(
                        name,
                        word,
                        Arrays.stream(type.getEnumConstants())
                                .map(each -> each.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "))));
    }
}
