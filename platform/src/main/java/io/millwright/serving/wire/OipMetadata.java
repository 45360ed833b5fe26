package io.millwright.serving.wire;

import io.millwright.runtime.Field;
import io.millwright.runtime.Output;
import io.millwright.serving.oip.ModelMetadataResponse;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a model takes and answers, as the Open Inference Protocol tells it.
public final class OipMetadata {
    private OipMetadata() {}

    public static void write(Field field, ObjectNode to) {
        to.put("name", field.name()).put("datatype", Datatype.of(field.type()).name());
        ArrayNode shape = to.putArray("shape").add(-1);
        if (field.width() > 1) shape.add(field.width());
    }

    /// @param width values a row; -1 when it is not known
    public static void write(Output output, int width, ObjectNode to) {
        to.put("name", output.name()).put("datatype", Datatype.of(output.type()).name());
        ArrayNode shape = to.putArray("shape").add(-1);
        if (!output.column()) shape.add(width);
    }

    public static ModelMetadataResponse.TensorMetadata message(Field field) {
        var message = ModelMetadataResponse.TensorMetadata.newBuilder()
                .setName(field.name())
                .setDatatype(Datatype.of(field.type()).name())
                .addShape(-1);
        if (field.width() > 1) message.addShape(field.width());
        return message.build();
    }

    /// @param width values a row; -1 when it is not known
    public static ModelMetadataResponse.TensorMetadata message(Output output, int width) {
        var message = ModelMetadataResponse.TensorMetadata.newBuilder()
                .setName(output.name())
                .setDatatype(Datatype.of(output.type()).name())
                .addShape(-1);
        if (!output.column()) message.addShape(width);
        return message.build();
    }
}
