package io.millwright.runtime.read;

import java.util.List;
import java.util.Map;
import java.util.Set;

/// What an ONNX file says, as it says it.
///
/// @param nodes in the order of the file, which must be one they can be computed in
record OnnxGraph(List<Value> inputs, List<Value> outputs, List<OnnxNode> nodes, Map<String, OnnxTensor> initializers) {

    /// Domains whose operators the ONNX standard defines.
    private static final Set<String> STANDARD = Set.of("", "ai.onnx", "ai.onnx.ml");

    OnnxGraph {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        nodes = List.copyOf(nodes);
        initializers = Map.copyOf(initializers);
    }

    /// An input or output.
    ///
    /// @param type ONNX's number of the element type; 0 for what is no tensor
    /// @param dims of each dimension its size; -1 where it has none, or a name
    record Value(String name, int type, List<Long> dims) {
        Value {
            dims = List.copyOf(dims);
        }
    }

    /// @throws UnreadableModel when an operator is none of the standard's
    void requireStandardOperators() {
        for (OnnxNode node : nodes) {
            if (!STANDARD.contains(node.domain())) {
                throw new UnreadableModel(
                        "operator '%s' is of domain '%s': custom operators run foreign code and are refused; expected ai.onnx and ai.onnx.ml"
                                .formatted(node.operator(), node.domain()));
            }
            for (OnnxGraph inner : node.graphs()) inner.requireStandardOperators();
        }
    }
}
