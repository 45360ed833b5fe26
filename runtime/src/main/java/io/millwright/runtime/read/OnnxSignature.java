package io.millwright.runtime.read;

import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What an ONNX file takes and answers, and that it is fit to be run: it is whole (nothing lies in
/// another file) and has only operators of the ONNX standard.
///
/// @param inputs as wide as all dimensions after the first together
public record OnnxSignature(List<Field> inputs, List<Answer> outputs) {
    /// @param type of its values
    /// @param labels of a map from label to number (skl2onnx's ZipMap), in the order of its row; empty
    /// for a tensor
    public record Answer(String name, FieldType type, List<String> labels) {
        public Answer {
            labels = List.copyOf(labels);
        }
    }

    public OnnxSignature {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /// @throws UnreadableModel when it is no ONNX file, or one that is refused
    public static OnnxSignature read(Path file) {
        return read(Files.bytes(file));
    }

    public static OnnxSignature read(byte[] bytes) {
        OnnxGraph graph = OnnxParser.parse(bytes);
        graph.requireStandardOperators();
        List<Answer> answers = new ArrayList<>();
        for (OnnxGraph.Value output : graph.outputs()) answers.add(answer(graph, output));
        try {
            return new OnnxSignature(
                    graph.inputs().stream().map(OnnxSignature::field).toList(), answers);
        } catch (OnnxUnmapped | IllegalArgumentException e) {
            throw new UnreadableModel(String.valueOf(e.getMessage()), e);
        }
    }

    private static Answer answer(OnnxGraph graph, OnnxGraph.Value output) {
        Optional<OnnxNode> map = graph.nodes().stream()
                .filter(node ->
                        node.operator().equals("ZipMap") && node.outputs().contains(output.name()))
                .findFirst();
        if (map.isPresent()) return new Answer(output.name(), FieldType.FLOAT32, labels(map.get()));
        FieldType type = type(output.type())
                .orElseThrow(() -> new UnreadableModel(
                        "output '%s' is of element type %d; expected a tensor of float, double, int32, int64, bool or string"
                                .formatted(output.name(), output.type())));
        return new Answer(output.name(), type, List.of());
    }

    /// The labels of a ZipMap as texts.
    static List<String> labels(OnnxNode map) {
        List<String> labels = new ArrayList<>(map.texts("classlabels_strings"));
        for (long each : map.integers("classlabels_int64s")) labels.add(String.valueOf(each));
        return labels;
    }

    static Field field(OnnxGraph.Value input) {
        FieldType type = type(input.type())
                .orElseThrow(() -> new OnnxUnmapped(
                        "input '%s' is of element type %d; known are float, double, int32, int64, bool and string"
                                .formatted(input.name(), input.type())));
        if (input.dims().isEmpty()) {
            throw new OnnxUnmapped("input '%s' has no dimension that counts rows".formatted(input.name()));
        }
        long width = 1;
        for (long dim : input.dims().subList(1, input.dims().size())) {
            if (dim < 1 || width > Integer.MAX_VALUE / dim) {
                throw new OnnxUnmapped("input '%s' has shape %s; expected every dimension but the first to be fixed"
                        .formatted(input.name(), input.dims()));
            }
            width *= dim;
        }
        return Field.tensor(input.name(), type, (int) width);
    }

    static Optional<FieldType> type(int number) {
        return switch (number) {
            case OnnxTensor.FLOAT -> Optional.of(FieldType.FLOAT32);
            case OnnxTensor.DOUBLE -> Optional.of(FieldType.FLOAT64);
            case OnnxTensor.INT64 -> Optional.of(FieldType.INT64);
            case OnnxTensor.INT32 -> Optional.of(FieldType.INT32);
            case OnnxTensor.BOOL -> Optional.of(FieldType.BOOLEAN);
            case OnnxTensor.STRING -> Optional.of(FieldType.TEXT);
            default -> Optional.empty();
        };
    }
}
