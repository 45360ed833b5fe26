package io.millwright.runtime.read;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Preparation.Normalize.Norm;
import io.millwright.runtime.Preparation.Scale.Form;
import io.millwright.runtime.read.OnnxTranslation.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/// ONNX operators that make features of columns.
final class OnnxPreparations {
    private static final String DEFAULT_TEXT = "_Unused";

    private OnnxPreparations() {}

    static void register(Map<String, BiConsumer<OnnxNode, OnnxTranslation>> operators) {
        operators.put("ai.onnx.ml.Imputer", OnnxPreparations::impute);
        operators.put("ai.onnx.ml.Scaler", OnnxPreparations::scale);
        operators.put("ai.onnx.ml.Normalizer", OnnxPreparations::normalize);
        operators.put("ai.onnx.ml.Binarizer", OnnxPreparations::binarize);
        operators.put("ai.onnx.ml.OneHotEncoder", OnnxPreparations::oneHot);
        operators.put("ai.onnx.ml.LabelEncoder", OnnxPreparations::encode);
    }

    private static void impute(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        boolean whole = from.type() == FieldType.INT64;
        double[] fill = whole
                ? Arrays.stream(node.integers("imputed_value_int64s"))
                        .asDoubleStream()
                        .toArray()
                : node.numbers("imputed_value_floats");
        double missing = whole ? node.integer("replaced_value_int64", 0) : node.number("replaced_value_float", 0);
        var operator = new Preparation.Impute(missing, Doubles.of(spread(node, fill, from.width())), Ints.of());
        to.emit(node, operator, from.type(), from.dims(), from.source());
    }

    private static double[] spread(OnnxNode node, double[] values, int width) {
        if (values.length == width) return values;
        if (values.length != 1) {
            throw new UnreadableModel("%s has %d numbers for %d columns, expected 1 or one for each"
                    .formatted(node.title(), values.length, width));
        }
        double[] spread = new double[width];
        Arrays.fill(spread, values[0]);
        return spread;
    }

    /// Whatever comes in is float32 first, and so is what goes out.
    private static void scale(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        var operator = new Preparation.Scale(
                Form.SHIFT_AND_MULTIPLY,
                Doubles.of(spread(node, node.numbers("offset"), from.width())),
                Doubles.of(spread(node, node.numbers("scale"), from.width())),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                Precision.FLOAT32);
        to.emit(node, operator, FieldType.FLOAT32, from.dims(), from.source());
    }

    /// The largest magnitude ONNX Runtime takes with its sign, so it is none of our norms.
    ///
    /// Squares of numbers above 1e19 overflow float32 in ONNX Runtime, which then answers NaN; ours do
    /// not.
    private static void normalize(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        Norm norm = switch (node.text("norm", "MAX")) {
            case "L1" -> Norm.L1;
            case "L2" -> Norm.L2;
            default -> throw node.unmapped("norm " + node.text("norm", "MAX"));
        };
        String single = from.type() == FieldType.FLOAT64
                ? to.step(node, "single", new Columns.Cast(FieldType.FLOAT32), from.source())
                : from.source();
        to.emit(node, new Preparation.Normalize(norm, Precision.FLOAT32), FieldType.FLOAT32, from.dims(), single);
    }

    private static void binarize(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        var operator = new Outcome.Threshold(node.number("threshold", 0), false);
        to.emit(node, operator, from.type(), from.dims(), from.source());
    }

    private static void oneHot(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.rows(node, 0);
        Categories categories = from.isText()
                ? new Categories.Texts(node.texts("cats_strings"), -1)
                : new Categories.Numbers(
                        Doubles.of(Arrays.stream(node.integers("cats_int64s"))
                                .asDoubleStream()
                                .toArray()),
                        -1);
        if (categories.size() == 0) throw node.unmapped("no categories of the type of its input");
        int unknown = node.integer("zeros", 1) == 0 ? -2 : -1;
        var column =
                new Preparation.OneHot.Indicator(categories, Ints.range(categories.size()), categories.size(), unknown);
        var operator = new Preparation.OneHot(Collections.nCopies(from.width(), column));
        List<Integer> dims = new ArrayList<>(from.dims());
        dims.add(categories.size());
        // A real number is cut to a whole one before it is looked up.
        boolean real = from.type() == FieldType.FLOAT32 || from.type() == FieldType.FLOAT64;
        String whole = real ? to.step(node, "whole", new Columns.Cast(FieldType.INT64), from.source()) : from.source();
        to.emit(node, operator, FieldType.FLOAT32, dims, whole);
    }

    /// What stands on one side of a LabelEncoder.
    private record Side(FieldType type, List<String> texts, Doubles numbers) {
        int size() {
            return type == FieldType.TEXT ? texts.size() : numbers.size();
        }
    }

    private static Optional<Side> side(OnnxNode node, String name) {
        Optional<OnnxTensor> tensor = node.tensor(name + "_tensor");
        if (tensor.isPresent()) {
            FieldType type = OnnxTranslation.type(node, tensor.get().type());
            boolean text = type == FieldType.TEXT;
            return Optional.of(new Side(
                    type,
                    tensor.get().texts(),
                    text ? Doubles.of() : Doubles.of(tensor.get().numbers())));
        }
        if (node.has(name + "_strings")) {
            return Optional.of(new Side(FieldType.TEXT, node.texts(name + "_strings"), Doubles.of()));
        }
        if (node.has(name + "_int64s")) {
            double[] whole = Arrays.stream(node.integers(name + "_int64s"))
                    .asDoubleStream()
                    .toArray();
            return Optional.of(new Side(FieldType.INT64, List.of(), Doubles.of(whole)));
        }
        if (node.has(name + "_floats")) {
            return Optional.of(new Side(FieldType.FLOAT32, List.of(), Doubles.of(node.numbers(name + "_floats"))));
        }
        return Optional.empty();
    }

    private static void encode(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.rows(node, 0);
        if (node.has("classes_strings")) {
            encodeClasses(node, to, from);
            return;
        }
        Side keys = side(node, "keys").orElseThrow(() -> node.unmapped("without keys"));
        Side values = side(node, "values").orElseThrow(() -> node.unmapped("without values"));
        if (keys.size() != values.size()) {
            throw new UnreadableModel("LabelEncoder has %d keys and %d values".formatted(keys.size(), values.size()));
        }
        encode(node, to, from, keys, values);
    }

    /// Of operator set 1: places of texts, and texts of places.
    private static void encodeClasses(OnnxNode node, OnnxTranslation to, Value.Rows from) {
        List<String> texts = node.texts("classes_strings");
        double[] places = new double[texts.size()];
        for (int i = 0; i < places.length; i++) places[i] = i;
        Side ofTexts = new Side(FieldType.TEXT, texts, Doubles.of());
        Side ofPlaces = new Side(FieldType.INT64, List.of(), Doubles.of(places));
        encode(node, to, from, from.isText() ? ofTexts : ofPlaces, from.isText() ? ofPlaces : ofTexts);
    }

    private static void encode(OnnxNode node, OnnxTranslation to, Value.Rows from, Side keys, Side values) {
        if (from.isText() != (keys.type() == FieldType.TEXT))
            throw node.unmapped("keys of another type than its input");
        // Whether NaN finds itself changed from one version of the operator to another.
        if (Arrays.stream(keys.numbers().toArray()).anyMatch(Double::isNaN)) throw node.unmapped("NaN among its keys");
        Categories categories = categories(keys);
        if (values.type() == FieldType.TEXT) {
            encodeToText(node, to, from, categories, values);
            return;
        }
        var codes = new Preparation.Encode.Codes(categories, values.numbers(), false, otherwise(node, values.type()));
        var operator = new Preparation.Encode(Collections.nCopies(from.width(), codes));
        to.emit(node, operator, values.type(), from.dims(), from.source());
    }

    private static Categories categories(Side keys) {
        if (keys.type() == FieldType.TEXT) return new Categories.Texts(keys.texts(), -1);
        return new Categories.Numbers(keys.numbers(), -1);
    }

    private static double otherwise(OnnxNode node, FieldType type) {
        Optional<OnnxTensor> tensor = node.tensor("default_tensor");
        if (tensor.isPresent()) return tensor.get().numbers()[0];
        return type == FieldType.INT64 ? node.integer("default_int64", -1) : node.number("default_float", -0.0);
    }

    private static void encodeToText(
            OnnxNode node, OnnxTranslation to, Value.Rows from, Categories categories, Side values) {
        if (from.width() != 1) throw node.unmapped("several texts a row");
        List<String> labels = new ArrayList<>(values.texts());
        labels.add(node.tensor("default_tensor")
                .map(tensor -> tensor.texts().getFirst())
                .orElse(node.text("default_string", DEFAULT_TEXT)));
        double[] places = new double[values.size()];
        for (int i = 0; i < places.length; i++) places[i] = i;
        var codes = new Preparation.Encode.Codes(categories, Doubles.of(places), false, places.length);
        String place = to.step(node, "place", new Preparation.Encode(List.of(codes)), from.source());
        to.emit(node, new Outcome.Label(new Categories.Texts(labels, -1)), FieldType.TEXT, from.dims(), place);
    }
}
