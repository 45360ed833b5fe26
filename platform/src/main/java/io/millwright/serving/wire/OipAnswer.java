package io.millwright.serving.wire;

import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// An answer of the Open Inference Protocol.
///
/// @param body JSON, and after it the tensors that are answered as binary
/// @param jsonLength how many bytes of it are JSON; -1 when all are
public record OipAnswer(ByteBuffer body, int jsonLength) {
    private static final JsonFactory JSON = new JsonFactory();

    /// @param version which answered
    public static OipAnswer write(OipRequest request, String model, String version, Frame answer) {
        List<Column> columns = request.outputs().isEmpty()
                ? answer.columns()
                : Tensors.wanted(
                        request.outputs().stream().map(OipRequest.Wanted::name).toList(), answer);
        List<byte[]> tensors = new ArrayList<>();
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeStringProperty("model_name", model);
            json.writeStringProperty("model_version", version);
            if (!request.id().isEmpty()) json.writeStringProperty("id", request.id());
            json.writeName("outputs").writeStartArray();
            for (Column column : columns) {
                json.writeStartObject();
                json.writeStringProperty("name", column.name());
                json.writeStringProperty("datatype", Datatype.of(column.type()).name());
                json.writeName("shape").writeStartArray().writeNumber(answer.rows());
                if (!column.isFlat()) json.writeNumber(column.width());
                json.writeEndArray();
                if (isBinary(request, column.name())) {
                    byte[] bytes = bytes(column);
                    tensors.add(bytes);
                    json.writeName("parameters").writeStartObject();
                    json.writeNumberProperty("binary_data_size", bytes.length).writeEndObject();
                } else {
                    json.writeName("data");
                    JsonRows.flat(json, column);
                }
                json.writeEndObject();
            }
            json.writeEndArray().writeEndObject();
        }
        int length = out.size();
        for (byte[] tensor : tensors) out.writeBytes(tensor);
        return new OipAnswer(ByteBuffer.wrap(out.toByteArray()), tensors.isEmpty() ? -1 : length);
    }

    private static boolean isBinary(OipRequest request, String output) {
        if (request.outputs().isEmpty()) return request.binary();
        return request.outputs().stream()
                .filter(wanted -> wanted.name().equals(output))
                .findFirst()
                .flatMap(OipRequest.Wanted::binary)
                .orElse(request.binary());
    }

    static byte[] bytes(Column column) {
        if (column.isText()) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (@Nullable String text : column.texts()) {
                byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
                out.writeBytes(ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(bytes.length)
                        .array());
                out.writeBytes(bytes);
            }
            return out.toByteArray();
        }
        Datatype datatype = Datatype.of(column.type());
        ByteBuffer bytes =
                ByteBuffer.allocate(column.numbers().length * datatype.size()).order(ByteOrder.LITTLE_ENDIAN);
        if (datatype == Datatype.FP64) bytes.asDoubleBuffer().put(column.numbers());
        else for (double number : column.numbers()) datatype.write(number, bytes);
        return bytes.array();
    }
}
