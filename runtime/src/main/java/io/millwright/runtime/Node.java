package io.millwright.runtime;

import java.util.List;

/// An operator in its place.
///
/// @param name unique in the model, and no field's
/// @param inputs names of fields, and of nodes that stand before this one
public record Node(String name, List<String> inputs, Operator operator) {
    public Node {
        inputs = List.copyOf(inputs);
        if (name.isBlank()) throw new IllegalArgumentException("a node without a name");
        if (inputs.isEmpty()) throw new IllegalArgumentException("node '%s' has no input".formatted(name));
    }
}
