package io.millwright.runtime.read;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Operator;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An ONNX graph in the course of being made a model: what each of its values has become.
final class OnnxTranslation {
    /// What an ONNX value has become.
    sealed interface Value {
        record Constant(OnnxTensor tensor) implements Value {}

        /// The shape of rows, their count included.
        record ShapeOf(Rows rows) implements Value {}

        /// What a field or node holds for each row.
        ///
        /// @param dims of the tensor, without the first, which counts rows: none for a column
        record Rows(String source, FieldType type, List<Integer> dims) implements Value {
            public Rows {
                dims = List.copyOf(dims);
            }

            int width() {
                return dims.stream().reduce(1, Math::multiplyExact);
            }

            boolean isText() {
                return type.kind() == Shape.Kind.TEXTS;
            }

            /// ONNX computes in the type of its tensors. Whole numbers are exact in float64.
            Precision precision() {
                return type == FieldType.FLOAT32 ? Precision.FLOAT32 : Precision.FLOAT64;
            }

            Rows as(List<Integer> dims) {
                return new Rows(source, type, dims);
            }
        }
    }

    /// Wider a row is not: small files can ask for much memory.
    static final int MAX_WIDTH = 1 << 20;

    private final Graph graph = new Graph();
    private final Map<String, Value> values = new HashMap<>();

    Graph graph() {
        return graph;
    }

    void input(OnnxGraph.Value input) {
        Field field = OnnxSignature.field(input);
        if (input.dims().size() > 2) {
            throw new OnnxUnmapped("input '%s' has %d dimensions, not 1 or 2"
                    .formatted(input.name(), input.dims().size()));
        }
        put(
                input.name(),
                new Value.Rows(
                        graph.field(field),
                        field.type(),
                        input.dims().size() == 1 ? List.of() : List.of(field.width())));
    }

    void constant(String name, OnnxTensor tensor) {
        put(name, new Value.Constant(tensor));
    }

    private void put(String name, Value value) {
        if (value instanceof Value.Rows rows && rows.width() > MAX_WIDTH) {
            throw new OnnxUnmapped(
                    "'%s' has %d values a row, at most %d are computed".formatted(name, rows.width(), MAX_WIDTH));
        }
        if (values.put(name, value) != null) {
            throw new UnreadableModel(
                    "two values of the graph are named '%s', expected each name once".formatted(name));
        }
    }

    Value value(String name) {
        Value value = values.get(name);
        if (value == null) {
            throw new UnreadableModel(
                    "a node reads '%s', which nothing before it makes: the graph goes in a circle or is out of order"
                            .formatted(name));
        }
        return value;
    }

    Value input(OnnxNode node, int index) {
        if (!node.hasInput(index)) {
            throw new UnreadableModel("%s has %d inputs, expected one more"
                    .formatted(node.title(), node.inputs().size()));
        }
        return value(node.inputs().get(index));
    }

    Value.Rows rows(OnnxNode node, int index) {
        if (input(node, index) instanceof Value.Rows rows) return rows;
        throw node.unmapped("input %d is constant".formatted(index));
    }

    Value.Rows numbers(OnnxNode node, int index) {
        Value.Rows rows = rows(node, index);
        if (rows.isText()) throw node.unmapped("input %d is of texts".formatted(index));
        return rows;
    }

    /// Numbers in one row for each row: a tensor of shape `[rows, width]`.
    Value.Rows table(OnnxNode node, int index) {
        Value.Rows rows = numbers(node, index);
        if (rows.dims().size() != 1) throw node.unmapped("input %d is no matrix".formatted(index));
        return rows;
    }

    OnnxTensor constant(OnnxNode node, int index) {
        if (input(node, index) instanceof Value.Constant(OnnxTensor tensor)) return tensor;
        throw node.unmapped("input %d is computed, not constant".formatted(index));
    }

    Optional<OnnxTensor> optionalConstant(OnnxNode node, int index) {
        return node.hasInput(index) ? Optional.of(constant(node, index)) : Optional.empty();
    }

    /// Adds an operator that makes the node's only output.
    void emit(OnnxNode node, Operator operator, FieldType type, List<Integer> dims, String... from) {
        emit(node, 0, operator, type, dims, from);
    }

    /// Adds an operator that makes the node's output of that number; no more than computed when the
    /// graph does not ask for it.
    void emit(OnnxNode node, int output, Operator operator, FieldType type, List<Integer> dims, String... from) {
        if (output >= node.outputs().size() || node.outputs().get(output).isEmpty()) return;
        String name = node.outputs().get(output);
        put(name, new Value.Rows(graph.node(name, operator, from), type, dims));
    }

    /// The node's output of that number is what another value is already.
    void alias(OnnxNode node, int output, Value value) {
        if (output >= node.outputs().size() || node.outputs().get(output).isEmpty()) return;
        put(node.outputs().get(output), value);
    }

    /// Adds an operator on the way to an output.
    String step(OnnxNode node, String suffix, Operator operator, String... from) {
        return graph.node(node.outputs().getFirst() + "_" + suffix, operator, from);
    }

    /// Rows of one number made rows of so many equal ones.
    String widened(OnnxNode node, Value.Rows rows, int width) {
        if (rows.width() == width) return rows.source();
        return step(node, "widened", new Columns.Select(Ints.of(new int[width])), rows.source());
    }

    /// @throws OnnxUnmapped for a type we do not have
    static FieldType type(OnnxNode node, long number) {
        return OnnxSignature.type((int) number).orElseThrow(() -> node.unmapped("element type %d".formatted(number)));
    }
}
