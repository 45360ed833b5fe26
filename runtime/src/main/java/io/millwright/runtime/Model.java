package io.millwright.runtime;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a trained model computes: inputs, operators in the order they are computed, outputs.
///
/// A node reads only what stands before it, so a model cannot go in circles.
///
/// @param outputs the first is what the source library's `predict` answers
/// @param about where it came from, in words: `library`, `library-version`, `class`
public record Model(List<Field> inputs, List<Node> nodes, List<Output> outputs, Map<String, String> about) {
    public Model {
        inputs = List.copyOf(inputs);
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
        about = Map.copyOf(about);
        if (inputs.isEmpty()) throw new IllegalArgumentException("a model without an input");
        if (outputs.isEmpty()) throw new IllegalArgumentException("a model without an output");
        Map<String, Shape> shapes = shapes(inputs, nodes);
        Map<String, Output> named = new HashMap<>();
        for (Output output : outputs) {
            if (named.put(output.name(), output) != null) {
                throw new IllegalArgumentException("two outputs are named '%s'".formatted(output.name()));
            }
            Shape shape = shapes.get(output.source());
            if (shape == null) {
                throw new IllegalArgumentException(
                        "output '%s' is of '%s', which is no field or node".formatted(output.name(), output.source()));
            }
            if (shape.kind() != output.type().kind() || output.column() && shape.width() != 1) {
                throw new IllegalArgumentException("output '%s' is %s of type %s, but '%s' has %s"
                        .formatted(
                                output.name(),
                                output.column() ? "a column" : "rows",
                                output.type().word(),
                                output.source(),
                                shape));
            }
        }
    }

    /// What flows out of each field and then of each node, in their order.
    public List<Shape> shapes() {
        return List.copyOf(shapes(inputs, nodes).values());
    }

    /// How many values a row one of its outputs has.
    public int width(Output output) {
        Shape shape = shapes(inputs, nodes).get(output.source());
        if (shape == null || !outputs.contains(output))
            throw new IllegalArgumentException("no output '%s'".formatted(output.name()));
        return shape.width();
    }

    private static Map<String, Shape> shapes(List<Field> inputs, List<Node> nodes) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (Field field : inputs) {
            if (shapes.put(field.name(), field.shape()) != null) {
                throw new IllegalArgumentException("two inputs are named '%s'".formatted(field.name()));
            }
        }
        for (Node node : nodes) {
            List<Shape> in = new ArrayList<>(node.inputs().size());
            for (String name : node.inputs()) {
                Shape shape = shapes.get(name);
                if (shape == null) {
                    throw new IllegalArgumentException(
                            "node '%s' reads '%s', which does not stand before it".formatted(node.name(), name));
                }
                in.add(shape);
            }
            Shape out;
            try {
                out = node.operator().shape(in);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("node '%s': %s".formatted(node.name(), e.getMessage()), e);
            }
            if (shapes.put(node.name(), out) != null) {
                throw new IllegalArgumentException("two nodes or inputs are named '%s'".formatted(node.name()));
            }
        }
        return shapes;
    }
}
