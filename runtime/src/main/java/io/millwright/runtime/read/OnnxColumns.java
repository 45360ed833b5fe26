package io.millwright.runtime.read;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.read.OnnxTranslation.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/// ONNX operators that move values about.
final class OnnxColumns {
    private OnnxColumns() {}

    static void register(Map<String, BiConsumer<OnnxNode, OnnxTranslation>> operators) {
        operators.put("Cast", OnnxColumns::cast);
        operators.put("Concat", OnnxColumns::concat);
        operators.put("ai.onnx.ml.FeatureVectorizer", OnnxColumns::vectorize);
        operators.put("Identity", (node, to) -> to.alias(node, 0, to.input(node, 0)));
        operators.put("Constant", OnnxColumns::constant);
        operators.put("Reshape", OnnxColumns::reshape);
        operators.put("Flatten", OnnxColumns::flatten);
        operators.put("Squeeze", OnnxColumns::squeeze);
        operators.put("Unsqueeze", OnnxColumns::unsqueeze);
        operators.put("Shape", OnnxColumns::shape);
        operators.put("ConstantOfShape", OnnxColumns::constantOfShape);
        operators.put("Slice", OnnxColumns::slice);
        operators.put("Gather", OnnxColumns::gather);
        operators.put("ai.onnx.ml.ArrayFeatureExtractor", OnnxColumns::extract);
        operators.put("ai.onnx.ml.ZipMap", OnnxColumns::zipMap);
    }

    private static void cast(OnnxNode node, OnnxTranslation to) {
        FieldType type = OnnxTranslation.type(node, node.integer("to", 0));
        if (to.input(node, 0) instanceof Value.Constant(OnnxTensor tensor)) {
            to.alias(node, 0, new Value.Constant(cast(node, tensor, type)));
            return;
        }
        Value.Rows from = to.rows(node, 0);
        if (from.type() == type) {
            to.alias(node, 0, from);
            return;
        }
        boolean whole = from.type() == FieldType.INT64 || from.type() == FieldType.INT32;
        if (type == FieldType.TEXT && !whole) throw node.unmapped("spells numbers that are not whole");
        to.emit(node, new Columns.Cast(type), type, from.dims(), from.source());
    }

    /// Whole numbers become real ones; nothing else is asked of constants.
    private static OnnxTensor cast(OnnxNode node, OnnxTensor tensor, FieldType type) {
        boolean real = type == FieldType.FLOAT32 || type == FieldType.FLOAT64;
        boolean whole = tensor.type() == OnnxTensor.INT64 || tensor.type() == OnnxTensor.INT32;
        if (!real || !whole) throw node.unmapped("of a constant, to " + type.word());
        double[] values = tensor.numbers();
        if (type == FieldType.FLOAT32) for (int i = 0; i < values.length; i++) values[i] = (float) values[i];
        return new OnnxTensor(
                tensor.name(), (int) node.integer("to", 0), tensor.dims(), new byte[0], values, List.of());
    }

    private static void concat(OnnxNode node, OnnxTranslation to) {
        List<Value.Rows> parts = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) parts.add(to.rows(node, i));
        long axis = node.integer("axis", 1);
        List<Integer> dims = new ArrayList<>(parts.getFirst().dims());
        for (Value.Rows part : parts) {
            // Only along the last axis, those between it and the rows being 1, do rows stand one behind the other.
            boolean last = axis == -1 || axis == part.dims().size();
            boolean flat = !part.dims().isEmpty() && part.width() == part.dims().getLast();
            if (!last || !flat || part.dims().size() != dims.size()) throw node.unmapped("along axis " + axis);
        }
        dims.set(dims.size() - 1, width(parts));
        if (parts.size() == 1) {
            to.alias(node, 0, parts.getFirst());
            return;
        }
        to.emit(node, new Columns.Concat(), parts.getFirst().type(), dims, sources(parts));
    }

    private static void vectorize(OnnxNode node, OnnxTranslation to) {
        List<Value.Rows> parts = new ArrayList<>();
        long[] widths = node.integers("inputdimensions");
        for (int i = 0; i < node.inputs().size(); i++) {
            Value.Rows part = to.numbers(node, i);
            if (part.type() == FieldType.FLOAT64) throw node.unmapped("of float64");
            if (i < widths.length && widths[i] != part.width()) {
                throw node.unmapped("cuts input %d of width %d to %d".formatted(i, part.width(), widths[i]));
            }
            parts.add(part);
        }
        String joined = parts.size() == 1
                ? parts.getFirst().source()
                : to.step(node, "joined", new Columns.Concat(), sources(parts));
        to.emit(node, new Columns.Cast(FieldType.FLOAT32), FieldType.FLOAT32, List.of(width(parts)), joined);
    }

    private static int width(List<Value.Rows> parts) {
        return parts.stream().mapToInt(Value.Rows::width).reduce(0, Math::addExact);
    }

    private static String[] sources(List<Value.Rows> parts) {
        return parts.stream().map(Value.Rows::source).toArray(String[]::new);
    }

    private static void constant(OnnxNode node, OnnxTranslation to) {
        Optional<OnnxTensor> tensor = node.tensor("value");
        if (tensor.isPresent()) to.alias(node, 0, new Value.Constant(tensor.get()));
        else if (node.has("value_float"))
            constant(node, to, OnnxTensor.scalar(OnnxTensor.FLOAT, node.number("value_float", 0)));
        else if (node.has("value_int"))
            constant(node, to, OnnxTensor.scalar(OnnxTensor.INT64, node.integer("value_int", 0)));
        else if (node.has("value_floats"))
            constant(node, to, OnnxTensor.ofNumbers(OnnxTensor.FLOAT, node.numbers("value_floats")));
        else if (node.has("value_ints")) {
            double[] values =
                    Arrays.stream(node.integers("value_ints")).asDoubleStream().toArray();
            constant(node, to, OnnxTensor.ofNumbers(OnnxTensor.INT64, values));
        } else if (node.has("value_strings")) constant(node, to, OnnxTensor.ofTexts(node.texts("value_strings")));
        else throw node.unmapped("a value of another kind");
    }

    private static void constant(OnnxNode node, OnnxTranslation to, OnnxTensor tensor) {
        to.alias(node, 0, new Value.Constant(tensor));
    }

    /// Rows stay rows: the first dimension is the count of rows, whether it is said to be -1 or 0.
    private static void reshape(OnnxNode node, OnnxTranslation to) {
        long[] shape = to.constant(node, 1).integers();
        Value.Rows from = to.rows(node, 0);
        boolean keepsRows = shape.length > 0 && (shape[0] == -1 || shape[0] == 0 && node.integer("allowzero", 0) == 0);
        if (!keepsRows) throw node.unmapped("to shape " + Arrays.toString(shape));
        List<Integer> dims = new ArrayList<>();
        int free = -1;
        int known = 1;
        for (int i = 1; i < shape.length; i++) {
            boolean copies = shape[i] == 0 && i - 1 < from.dims().size();
            int dim = copies ? from.dims().get(i - 1) : Math.toIntExact(shape[i]);
            if (dim == -1) free = i - 1;
            else known = Math.multiplyExact(known, dim);
            dims.add(dim);
        }
        if (free >= 0 && shape[0] == 0 && known > 0) {
            dims.set(free, from.width() / known);
            known *= dims.get(free);
        }
        if (known != from.width()) {
            throw node.unmapped("%s values a row to shape %s".formatted(from.dims(), Arrays.toString(shape)));
        }
        to.alias(node, 0, from.as(dims));
    }

    private static void flatten(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.rows(node, 0);
        if (node.integer("axis", 1) != 1) throw node.unmapped("at axis " + node.integer("axis", 1));
        to.alias(node, 0, from.as(List.of(from.width())));
    }

    private static void squeeze(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.rows(node, 0);
        long[] axes = axes(node, to);
        if (axes.length == 0) throw node.unmapped("of whatever is 1, the count of rows, too");
        int rank = from.dims().size() + 1;
        Set<Integer> dropped = new HashSet<>();
        for (long axis : axes) dropped.add(place(node, axis, rank));
        List<Integer> dims = new ArrayList<>();
        for (int i = 0; i < from.dims().size(); i++) {
            if (!dropped.contains(i)) dims.add(from.dims().get(i));
            else if (from.dims().get(i) != 1)
                throw node.unmapped("of a dimension of " + from.dims().get(i));
        }
        to.alias(node, 0, from.as(dims));
    }

    private static void unsqueeze(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.rows(node, 0);
        List<Integer> dims = new ArrayList<>(from.dims());
        long[] axes = axes(node, to);
        int rank = dims.size() + 1 + axes.length;
        int[] sorted = Arrays.stream(axes)
                .mapToInt(axis -> place(node, axis, rank))
                .sorted()
                .toArray();
        for (int place : sorted) dims.add(place, 1);
        to.alias(node, 0, from.as(dims));
    }

    /// Axes are an attribute up to operator set 12 and an input from 13 on.
    static long[] axes(OnnxNode node, OnnxTranslation to) {
        if (node.has("axes")) return node.integers("axes");
        return to.optionalConstant(node, 1).map(OnnxTensor::integers).orElse(new long[0]);
    }

    /// The place in the dimensions of a row of an axis, which counts the dimension of rows as 0.
    private static int place(OnnxNode node, long axis, int rank) {
        long place = (axis < 0 ? axis + rank : axis) - 1;
        if (place < 0 || place >= rank - 1) throw node.unmapped("along axis " + axis);
        return (int) place;
    }

    private static void shape(OnnxNode node, OnnxTranslation to) {
        if (node.has("start") || node.has("end")) throw node.unmapped("a part of a shape");
        to.alias(node, 0, new Value.ShapeOf(to.rows(node, 0)));
    }

    /// Rows of ones, which is what an empty product is.
    private static void constantOfShape(OnnxNode node, OnnxTranslation to) {
        if (!(to.input(node, 0) instanceof Value.ShapeOf(Value.Rows rows))) throw node.unmapped("of another shape");
        OnnxTensor value = node.tensor("value").orElse(OnnxTensor.scalar(OnnxTensor.FLOAT, 0));
        if (value.size() != 1 || value.numbers()[0] != 1 || rows.isText()) throw node.unmapped("of what is not 1");
        var ones = new Preparation.Polynomial(rows.width(), Collections.nCopies(rows.width(), Ints.of()));
        to.emit(node, ones, OnnxTranslation.type(node, value.type()), rows.dims(), rows.source());
    }

    private static void slice(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.rows(node, 0);
        long[] starts = to.constant(node, 1).integers();
        long[] ends = to.constant(node, 2).integers();
        long[] axes = to.optionalConstant(node, 3).map(OnnxTensor::integers).orElse(new long[] {0});
        long step =
                to.optionalConstant(node, 4).map(steps -> steps.integers()[0]).orElse(1L);
        boolean columns = axes.length == 1
                && (axes[0] == 1 || axes[0] == -1)
                && from.dims().size() == 1;
        if (!columns || step != 1) throw node.unmapped("along axes %s".formatted(Arrays.toString(axes)));
        int first = bound(starts[0], from.width());
        int end = Math.max(first, bound(ends[0], from.width()));
        int[] selected = IntStream.range(first, end).toArray();
        to.emit(node, new Columns.Select(Ints.of(selected)), from.type(), List.of(selected.length), from.source());
    }

    /// A negative bound counts from the end; one outside is moved to the end it is beyond.
    private static int bound(long bound, int width) {
        return (int) Math.clamp(bound < 0 ? bound + width : bound, 0, (long) width);
    }

    private static void gather(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.rows(node, 0);
        OnnxTensor indices = to.constant(node, 1);
        long axis = node.integer("axis", 0);
        if (from.dims().size() != 1 || axis != 1 && axis != -1) throw node.unmapped("along axis " + axis);
        if (indices.dims().size() > 1) throw node.unmapped("a matrix of indices");
        int[] columns = columns(indices, from.width());
        List<Integer> dims = indices.dims().isEmpty() ? List.of() : List.of(columns.length);
        to.emit(node, new Columns.Select(Ints.of(columns)), from.type(), dims, from.source());
    }

    /// A negative index counts from the end.
    private static int[] columns(OnnxTensor indices, int width) {
        return Arrays.stream(indices.integers())
                .mapToInt(index -> Math.toIntExact(index < 0 ? index + width : index))
                .toArray();
    }

    private static void extract(OnnxNode node, OnnxTranslation to) {
        if (to.input(node, 0) instanceof Value.Constant(OnnxTensor labels)) {
            extractLabel(node, to, labels);
            return;
        }
        Value.Rows from = to.rows(node, 0);
        if (from.dims().size() != 1) throw node.unmapped("of no matrix");
        int[] columns = columns(to.constant(node, 1), from.width());
        to.emit(node, new Columns.Select(Ints.of(columns)), from.type(), List.of(columns.length), from.source());
    }

    /// A label for each row, which ONNX lays out as `[1, rows]`; a Reshape to `[-1]` or a Cast follows.
    private static void extractLabel(OnnxNode node, OnnxTranslation to, OnnxTensor labels) {
        Value.Rows places = to.numbers(node, 1);
        if (places.width() != 1) throw node.unmapped("several of a constant");
        Categories categories = labels.type() == OnnxTensor.STRING
                ? new Categories.Texts(labels.texts(), -1)
                : new Categories.Numbers(Doubles.of(labels.numbers()), -1);
        FieldType type = OnnxTranslation.type(node, labels.type());
        to.emit(node, new Outcome.Label(categories), type, List.of(), places.source());
    }

    private static void zipMap(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        List<String> labels = OnnxSignature.labels(node);
        if (labels.size() != from.width()) {
            throw new UnreadableModel("ZipMap has %d labels for %d numbers".formatted(labels.size(), from.width()));
        }
        to.graph().about("labels of " + node.outputs().getFirst(), String.join(", ", labels));
        to.alias(node, 0, from);
    }
}
