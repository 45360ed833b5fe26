package io.millwright.runtime.read;

import io.millwright.runtime.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/// ONNX files of models of tables, as skl2onnx and onnxmltools write them.
///
/// ONNX computes in the type of its tensors, mostly float32, and the answers of record are those of ONNX
/// Runtime; ours are within 2 ulp of float32 for trees, and of sums of products within what their order
/// makes of them. A model with an operator that is none of ours is not read, and the answer names it:
/// [io.millwright.runtime.onnx.OnnxSession] runs it whole.
///
/// Where ONNX Runtime refuses to compute, ours may answer: a Binarizer makes 0 of NaN. ONNX has no
/// missing texts, so a null is a text that is no key and no category.
///
/// Maps of probabilities (ZipMap) are read as rows, in the order of their labels, which stand in
/// `about` under `labels of <output>`.
///
/// Source: onnx.ai/onnx/operators; onnxruntime's kernels where the text leaves a choice.
public final class OnnxReader {
    /// What became of a file.
    public sealed interface Reading {
        record Mapped(Model found) implements Reading {}

        /// @param unknown operators, or uses of one, that are none of ours; in the order of the graph
        record Unmapped(List<String> unknown) implements Reading {
            public Unmapped {
                unknown = List.copyOf(unknown);
            }

            @Override
            public String toString() {
                return "not all operators are known: %s; the model can be run whole by ONNX Runtime"
                        .formatted(String.join(", ", unknown));
            }
        }

        /// The model, when all its operators are ours.
        default Optional<Model> model() {
            return this instanceof Mapped(Model found) ? Optional.of(found) : Optional.empty();
        }
    }

    private static final Map<String, BiConsumer<OnnxNode, OnnxTranslation>> OPERATORS = operators();

    private OnnxReader() {}

    private static Map<String, BiConsumer<OnnxNode, OnnxTranslation>> operators() {
        Map<String, BiConsumer<OnnxNode, OnnxTranslation>> operators = new HashMap<>();
        OnnxColumns.register(operators);
        OnnxArithmetic.register(operators);
        OnnxPreparations.register(operators);
        OnnxEstimators.register(operators);
        return Map.copyOf(operators);
    }

    /// @throws UnreadableModel when it is no ONNX file, is damaged, or one that is refused
    public static Reading read(Path file) {
        return read(Files.bytes(file));
    }

    public static Reading read(byte[] bytes) {
        OnnxGraph graph = OnnxParser.parse(bytes);
        graph.requireStandardOperators();
        Set<String> unknown = new LinkedHashSet<>();
        for (OnnxNode node : graph.nodes()) if (!OPERATORS.containsKey(node.title())) unknown.add(node.title());
        if (!unknown.isEmpty()) return new Reading.Unmapped(new ArrayList<>(unknown));
        try {
            return new Reading.Mapped(translate(graph));
        } catch (OnnxUnmapped e) {
            return new Reading.Unmapped(List.of(String.valueOf(e.getMessage())));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new UnreadableModel("the model does not hold together: " + e.getMessage(), e);
        }
    }

    private static Model translate(OnnxGraph graph) {
        OnnxTranslation translation = new OnnxTranslation();
        for (OnnxGraph.Value input : graph.inputs()) translation.input(input);
        graph.initializers().forEach(translation::constant);
        for (OnnxNode node : graph.nodes()) translate(node, translation);
        for (OnnxGraph.Value output : graph.outputs()) answer(output, translation);
        translation.graph().about("library", "onnx");
        return translation.graph().build();
    }

    private static void translate(OnnxNode node, OnnxTranslation translation) {
        try {
            Optional.ofNullable(OPERATORS.get(node.title()))
                    .orElseThrow(() -> node.unmapped("none of ours"))
                    .accept(node, translation);
        } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
            throw new UnreadableModel(
                    "%s (of %s) does not hold together: %s".formatted(node.title(), node.outputs(), e.getMessage()), e);
        }
    }

    private static void answer(OnnxGraph.Value output, OnnxTranslation translation) {
        if (!(translation.value(output.name()) instanceof OnnxTranslation.Value.Rows rows)) {
            throw new OnnxUnmapped("output '%s' is constant".formatted(output.name()));
        }
        switch (rows.dims().size()) {
            case 0 -> translation.graph().column(output.name(), rows.source(), rows.type());
            case 1 -> translation.graph().rows(output.name(), rows.source(), rows.type());
            default ->
                throw new OnnxUnmapped("output '%s' has %d dimensions, not 1 or 2"
                        .formatted(output.name(), rows.dims().size() + 1));
        }
    }
}
