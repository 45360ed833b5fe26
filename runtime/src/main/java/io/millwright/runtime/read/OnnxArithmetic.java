package io.millwright.runtime.read;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Outcome.Apply.Function;
import io.millwright.runtime.Outcome.Combine.Operation;
import io.millwright.runtime.Outcome.Reduce.Reduction;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Preparation.Scale.Form;
import io.millwright.runtime.read.OnnxTranslation.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/// ONNX operators that compute with numbers: element by element, of a row, and products of matrices.
final class OnnxArithmetic {
    private OnnxArithmetic() {}

    static void register(Map<String, BiConsumer<OnnxNode, OnnxTranslation>> operators) {
        operators.put("MatMul", OnnxArithmetic::product);
        operators.put("Gemm", OnnxArithmetic::gemm);
        operators.put("Add", OnnxArithmetic::sum);
        operators.put("Sum", OnnxArithmetic::sum);
        operators.put("Sub", OnnxArithmetic::difference);
        operators.put("Mul", OnnxArithmetic::times);
        operators.put("Div", OnnxArithmetic::quotient);
        operators.put("Pow", OnnxArithmetic::power);
        operators.put("Reciprocal", OnnxArithmetic::reciprocal);
        operators.put("Clip", OnnxArithmetic::clip);
        operators.put("Less", (node, to) -> compare(node, to, false, false));
        operators.put("LessOrEqual", (node, to) -> compare(node, to, false, true));
        operators.put("Greater", (node, to) -> compare(node, to, true, false));
        operators.put("GreaterOrEqual", (node, to) -> compare(node, to, true, true));
        operators.put("Not", (node, to) -> scaled(node, to, to.numbers(node, 0), new double[] {1}, new double[] {-1}));
        operators.put("ArgMax", (node, to) -> pick(node, to, true));
        operators.put("ArgMin", (node, to) -> pick(node, to, false));
        functions().forEach((name, function) -> operators.put(name, (node, to) -> apply(node, to, function)));
        operators.put("Softmax", (node, to) -> applyToRow(node, to, Function.SOFTMAX));
        operators.put("LogSoftmax", (node, to) -> applyToRow(node, to, Function.LOG_SOFTMAX));
        operators.put("ReduceSum", (node, to) -> reduce(node, to, Reduction.SUM));
        operators.put("ReduceSumSquare", (node, to) -> reduce(node, to, Reduction.SUM_OF_SQUARES));
        operators.put("ReduceProd", (node, to) -> reduce(node, to, Reduction.PRODUCT));
        operators.put("ReduceMean", (node, to) -> reduce(node, to, Reduction.MEAN));
    }

    private static Map<String, Function> functions() {
        return Map.of(
                "Relu", Function.RELU,
                "Tanh", Function.TANH,
                "Sigmoid", Function.SIGMOID,
                "Exp", Function.EXP,
                "Log", Function.LOG,
                "Sqrt", Function.SQRT,
                "Abs", Function.ABSOLUTE,
                "Neg", Function.NEGATE,
                "Floor", Function.FLOOR,
                "Ceil", Function.CEILING);
    }

    private static void apply(OnnxNode node, OnnxTranslation to, Function function) {
        Value.Rows from = to.numbers(node, 0);
        to.emit(node, new Outcome.Apply(function, from.precision()), from.type(), from.dims(), from.source());
    }

    private static void applyToRow(OnnxNode node, OnnxTranslation to, Function function) {
        Value.Rows from = to.table(node, 0);
        requireLastAxis(node, node.integer("axis", -1));
        apply(node, to, function);
        if (from.width() == 0) throw node.unmapped("of nothing");
    }

    private static void requireLastAxis(OnnxNode node, long axis) {
        if (axis != 1 && axis != -1) throw node.unmapped("along axis " + axis);
    }

    private static void pick(OnnxNode node, OnnxTranslation to, boolean largest) {
        Value.Rows from = to.table(node, 0);
        requireLastAxis(node, node.integer("axis", 0));
        if (node.integer("select_last_index", 0) != 0) throw node.unmapped("the last of equals");
        List<Integer> dims = node.integer("keepdims", 1) == 0 ? List.of() : List.of(1);
        to.emit(node, new Outcome.Pick(largest), FieldType.INT64, dims, from.source());
    }

    private static void reduce(OnnxNode node, OnnxTranslation to, Reduction reduction) {
        Value.Rows from = to.table(node, 0);
        long[] axes = OnnxColumns.axes(node, to);
        if (axes.length != 1) throw node.unmapped("along axes " + Arrays.toString(axes));
        requireLastAxis(node, axes[0]);
        requireReal(node, from);
        List<Integer> dims = node.integer("keepdims", 1) == 0 ? List.of() : List.of(1);
        to.emit(node, new Outcome.Reduce(reduction, from.precision()), from.type(), dims, from.source());
    }

    private static void requireReal(OnnxNode node, Value.Rows rows) {
        if (rows.type() != FieldType.FLOAT32 && rows.type() != FieldType.FLOAT64) {
            throw node.unmapped("of type " + rows.type().word());
        }
    }

    private static void product(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        requireReal(node, from);
        OnnxTensor matrix = to.constant(node, 1);
        if (matrix.dims().size() > 2 || matrix.dims().isEmpty()) throw node.unmapped("with " + matrix.dims());
        boolean vector = matrix.dims().size() == 1;
        int outputs = vector ? 1 : Math.toIntExact(matrix.dims().get(1));
        Matrix weights = weights(node, matrix, from.width(), outputs, false, 1);
        to.emit(
                node,
                new Estimator.Linear(weights, Doubles.of(new double[outputs]), from.precision()),
                from.type(),
                vector ? List.of() : List.of(outputs),
                from.source());
    }

    /// @param rowsAreOutputs whether the tensor has a row for each output, as [Estimator.Linear] has
    private static Matrix weights(
            OnnxNode node, OnnxTensor tensor, int inputs, int outputs, boolean rowsAreOutputs, double times) {
        if (tensor.size() != (long) inputs * outputs
                || tensor.dims().getFirst() != (rowsAreOutputs ? outputs : inputs)) {
            throw new UnreadableModel("%s multiplies %d numbers a row with a matrix of shape %s"
                    .formatted(node.title(), inputs, tensor.dims()));
        }
        double[] values = tensor.numbers();
        double[] weights = new double[values.length];
        for (int output = 0; output < outputs; output++) {
            for (int i = 0; i < inputs; i++) {
                weights[output * inputs + i] =
                        times * values[rowsAreOutputs ? output * inputs + i : i * outputs + output];
            }
        }
        return new Matrix(outputs, inputs, Doubles.of(weights));
    }

    private static void gemm(OnnxNode node, OnnxTranslation to) {
        Value.Rows from = to.table(node, 0);
        requireReal(node, from);
        OnnxTensor matrix = to.constant(node, 1);
        if (matrix.dims().size() != 2 || node.integer("transA", 0) != 0) throw node.unmapped("turned");
        boolean transposed = node.integer("transB", 0) != 0;
        int outputs = Math.toIntExact(matrix.dims().get(transposed ? 0 : 1));
        Matrix weights = weights(node, matrix, from.width(), outputs, transposed, node.number("alpha", 1));
        double beta = node.number("beta", 1);
        boolean adds = node.hasInput(2) && beta != 0;
        if (adds && to.input(node, 2) instanceof Value.Rows added) {
            if (beta != 1) throw node.unmapped("beta is " + beta);
            String product = to.step(node, "product", linear(weights, new double[outputs], from), from.source());
            String widened = to.widened(node, added, outputs);
            to.emit(node, new Outcome.Sum(from.precision()), from.type(), List.of(outputs), product, widened);
            return;
        }
        double[] bias = adds ? spread(node, to.constant(node, 2), outputs) : new double[outputs];
        for (int i = 0; i < outputs; i++) bias[i] *= beta;
        to.emit(node, linear(weights, bias, from), from.type(), List.of(outputs), from.source());
    }

    private static Estimator.Linear linear(Matrix weights, double[] bias, Value.Rows from) {
        return new Estimator.Linear(weights, Doubles.of(bias), from.precision());
    }

    /// A constant as one number for each column.
    private static double[] spread(OnnxNode node, OnnxTensor tensor, int width) {
        List<Long> dims = tensor.dims();
        boolean isRow = dims.stream().limit(Math.max(0, dims.size() - 1)).allMatch(dim -> dim == 1);
        if (!isRow || dims.size() > 2 || tensor.size() != 1 && width != 1 && tensor.size() != width) {
            throw node.unmapped("a constant of shape %s for rows of %d".formatted(dims, width));
        }
        double[] values = tensor.numbers();
        if (values.length != 1) return values;
        double[] spread = new double[width];
        Arrays.fill(spread, values[0]);
        return spread;
    }

    private static void sum(OnnxNode node, OnnxTranslation to) {
        if (node.inputs().size() == 2) {
            Optional<Operand> operand = operand(node, to);
            if (operand.isPresent()) {
                double[] constant = operand.get().constant().toArray();
                scaled(node, to, operand.get().rows(), constant, filled(constant.length, 1));
                return;
            }
        }
        List<Value.Rows> parts = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) parts.add(to.numbers(node, i));
        combine(node, to, parts, new Outcome.Sum(parts.getFirst().precision()));
    }

    /// One operand that is constant, spread to the columns of the other.
    ///
    /// @param constantFirst whether it is the first of the two
    private record Operand(Value.Rows rows, Doubles constant, boolean constantFirst) {}

    /// Empty when no operand is constant.
    private static Optional<Operand> operand(OnnxNode node, OnnxTranslation to) {
        boolean first = to.input(node, 0) instanceof Value.Constant;
        if (!first && !(to.input(node, 1) instanceof Value.Constant)) return Optional.empty();
        OnnxTensor tensor = to.constant(node, first ? 0 : 1);
        Value.Rows rows = to.numbers(node, first ? 1 : 0);
        // What has but one dimension, that of rows, takes a constant for rows of its own: only a single number fits.
        if (rows.dims().size() > 1 || rows.dims().isEmpty() && tensor.size() != 1) {
            throw node.unmapped("of %s values a row and a constant of shape %s".formatted(rows.dims(), tensor.dims()));
        }
        return Optional.of(new Operand(rows, Doubles.of(spread(node, tensor, rows.width())), first));
    }

    private static void combine(OnnxNode node, OnnxTranslation to, List<Value.Rows> parts, Outcome operator) {
        int width = parts.stream().mapToInt(Value.Rows::width).max().orElse(0);
        Value.Rows widest = parts.getFirst();
        for (Value.Rows part : parts) {
            if (part.width() != width && part.width() != 1
                    || part.dims().size() != widest.dims().size()) {
                throw node.unmapped("of %s and %s values a row".formatted(widest.dims(), part.dims()));
            }
            if (part.width() == width && widest.width() != width) widest = part;
        }
        if (widest.dims().size() > 1) throw node.unmapped("of rows of " + widest.dims());
        String[] sources =
                parts.stream().map(part -> to.widened(node, part, width)).toArray(String[]::new);
        to.emit(node, operator, widest.type(), widest.dims(), sources);
    }

    /// `rows * factor + offset`.
    private static void scaled(OnnxNode node, OnnxTranslation to, Value.Rows rows, double[] offset, double[] factor) {
        scale(node, to, rows, Form.SCALE_FIRST, offset, factor);
    }

    private static void scale(
            OnnxNode node, OnnxTranslation to, Value.Rows rows, Form form, double[] offset, double[] factor) {
        int width = Math.max(rows.width(), offset.length);
        if (rows.type() == FieldType.BOOLEAN && !node.operator().equals("Not")) throw node.unmapped("of booleans");
        double[] offsets = offset.length == width ? offset : filled(width, offset[0]);
        double[] factors = factor.length == width ? factor : filled(width, factor[0]);
        var operator = new Preparation.Scale(
                form,
                Doubles.of(offsets),
                Doubles.of(factors),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                rows.precision());
        List<Integer> dims = rows.width() == width ? rows.dims() : List.of(width);
        to.emit(node, operator, rows.type(), dims, to.widened(node, rows, width));
    }

    private static double[] filled(int width, double value) {
        double[] values = new double[width];
        Arrays.fill(values, value);
        return values;
    }

    private static void difference(OnnxNode node, OnnxTranslation to) {
        Optional<Operand> operand = operand(node, to);
        if (operand.isEmpty()) {
            combine(
                    node,
                    to,
                    List.of(to.numbers(node, 0), to.numbers(node, 1)),
                    new Outcome.Combine(Operation.MINUS, to.numbers(node, 0).precision()));
            return;
        }
        double[] constant = operand.get().constant().toArray();
        boolean first = operand.get().constantFirst();
        if (!first) for (int i = 0; i < constant.length; i++) constant[i] = -constant[i];
        scaled(node, to, operand.get().rows(), constant, filled(constant.length, first ? -1 : 1));
    }

    private static void times(OnnxNode node, OnnxTranslation to) {
        Optional<Operand> operand = operand(node, to);
        if (operand.isEmpty()) {
            combine(
                    node,
                    to,
                    List.of(to.numbers(node, 0), to.numbers(node, 1)),
                    new Outcome.Combine(Operation.TIMES, to.numbers(node, 0).precision()));
            return;
        }
        double[] constant = operand.get().constant().toArray();
        scaled(node, to, operand.get().rows(), new double[constant.length], constant);
    }

    private static void quotient(OnnxNode node, OnnxTranslation to) {
        requireReal(node, to.numbers(node, to.input(node, 0) instanceof Value.Constant ? 1 : 0));
        Optional<Operand> operand = operand(node, to);
        if (operand.isEmpty()) {
            Precision precision = to.numbers(node, 0).precision();
            combine(
                    node,
                    to,
                    List.of(to.numbers(node, 0), to.numbers(node, 1)),
                    new Outcome.Combine(Operation.DIVIDED_BY, precision));
            return;
        }
        double[] constant = operand.get().constant().toArray();
        Value.Rows rows = operand.get().rows();
        if (!operand.get().constantFirst()) {
            scale(node, to, rows, Form.SHIFT_FIRST, new double[constant.length], constant);
            return;
        }
        if (Arrays.stream(constant).anyMatch(each -> each != 1)) throw node.unmapped("of a constant that is not 1");
        reciprocal(node, to, rows, constant.length);
    }

    private static void reciprocal(OnnxNode node, OnnxTranslation to) {
        apply(node, to, Function.RECIPROCAL);
    }

    private static void reciprocal(OnnxNode node, OnnxTranslation to, Value.Rows rows, int width) {
        List<Integer> dims = rows.width() == width ? rows.dims() : List.of(width);
        to.emit(
                node,
                new Outcome.Apply(Function.RECIPROCAL, rows.precision()),
                rows.type(),
                dims,
                to.widened(node, rows, width));
    }

    private static void power(OnnxNode node, OnnxTranslation to) {
        OnnxTensor exponent = to.constant(node, 1);
        if (exponent.size() != 1) throw node.unmapped("to several exponents");
        double by = exponent.numbers()[0];
        if (by == 2) apply(node, to, Function.SQUARE);
        else if (by == 0.5) apply(node, to, Function.SQRT);
        else if (by == 1) to.alias(node, 0, to.numbers(node, 0));
        else throw node.unmapped("to the power of " + by);
    }

    /// Bounds are attributes up to operator set 10 and inputs from 11 on.
    private static void clip(OnnxNode node, OnnxTranslation to) {
        Value.Rows rows = to.numbers(node, 0);
        double low = node.number("min", bound(node, to, 1, Double.NEGATIVE_INFINITY));
        double high = node.number("max", bound(node, to, 2, Double.POSITIVE_INFINITY));
        var operator = new Preparation.Scale(
                Form.SCALE_FIRST,
                Doubles.of(new double[rows.width()]),
                Doubles.of(filled(rows.width(), 1)),
                low,
                high,
                rows.precision());
        to.emit(node, operator, rows.type(), rows.dims(), rows.source());
    }

    private static double bound(OnnxNode node, OnnxTranslation to, int input, double otherwise) {
        Optional<OnnxTensor> bound = to.optionalConstant(node, input);
        if (bound.isEmpty()) return otherwise;
        if (bound.get().size() != 1)
            throw node.unmapped("a bound of shape " + bound.get().dims());
        return bound.get().numbers()[0];
    }

    /// Less is more with both sides negated; NaN is neither.
    private static void compare(OnnxNode node, OnnxTranslation to, boolean greater, boolean orEqual) {
        Optional<Operand> operand = operand(node, to);
        if (operand.isEmpty()) throw node.unmapped("of two computed values");
        Value.Rows rows = operand.get().rows();
        double[] constant = operand.get().constant().toArray();
        double bound = constant[0];
        if (Arrays.stream(constant).anyMatch(each -> each != bound)) {
            compareEach(node, to, rows, constant, greater != operand.get().constantFirst(), orEqual);
            return;
        }
        boolean asked = greater != operand.get().constantFirst();
        String compared = asked
                ? rows.source()
                : to.step(node, "negated", new Outcome.Apply(Function.NEGATE, rows.precision()), rows.source());
        to.emit(node, new Outcome.Threshold(asked ? bound : -bound, orEqual), FieldType.BOOLEAN, rows.dims(), compared);
    }

    /// With a number of its own for each column: a difference of two numbers is 0 only when they are equal.
    private static void compareEach(
            OnnxNode node, OnnxTranslation to, Value.Rows rows, double[] constant, boolean greater, boolean orEqual) {
        if (Arrays.stream(constant).anyMatch(Double::isInfinite)) throw node.unmapped("with infinity");
        int width = Math.max(constant.length, rows.width());
        double sign = greater ? 1 : -1;
        double[] offset = Arrays.stream(constant).map(each -> -sign * each).toArray();
        var operator = new Preparation.Scale(
                Form.SCALE_FIRST,
                Doubles.of(offset),
                Doubles.of(filled(width, sign)),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                rows.precision());
        String difference = to.step(node, "difference", operator, to.widened(node, rows, width));
        List<Integer> dims = rows.width() == width ? rows.dims() : List.of(width);
        to.emit(node, new Outcome.Threshold(0, orEqual), FieldType.BOOLEAN, dims, difference);
    }
}
