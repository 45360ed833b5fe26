package io.millwright.runtime.format;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Ints;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Named arrays of numbers, and words about them, in the file format of the same name: eight bytes
/// with the length of a JSON header, the header (for each array its type, shape and place), the arrays
/// in little-endian.
///
/// Source: github.com/huggingface/safetensors, "Format".
final class Safetensors {
    static final JsonMapper JSON = new JsonMapper();
    private static final String METADATA = "__metadata__";
    private static final int MAX_HEADER = 100_000_000;

    private final Map<String, String> metadata;
    private final Map<String, Tensor> tensors;

    /// @param bytes of the array, in little-endian
    private record Tensor(Type type, ByteBuffer bytes) {}

    private enum Type {
        F64(8),
        I32(4),
        U8(1);

        private final int size;

        Type(int size) {
            this.size = size;
        }
    }

    private Safetensors(Map<String, String> metadata, Map<String, Tensor> tensors) {
        this.metadata = metadata;
        this.tensors = tensors;
    }

    static Safetensors empty() {
        return new Safetensors(new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    Map<String, String> metadata() {
        return metadata;
    }

    void put(String name, Doubles values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.size(); i++) bytes.putDouble(values.get(i));
        tensors.put(name, new Tensor(Type.F64, bytes.flip()));
    }

    void put(String name, Ints values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.size(); i++) bytes.putInt(values.get(i));
        tensors.put(name, new Tensor(Type.I32, bytes.flip()));
    }

    Doubles doubles(String name) {
        ByteBuffer bytes = bytes(name, Type.F64);
        double[] values = new double[bytes.remaining() / 8];
        bytes.asDoubleBuffer().get(values);
        return Doubles.of(values);
    }

    Ints ints(String name) {
        ByteBuffer bytes = bytes(name, Type.I32);
        int[] values = new int[bytes.remaining() / 4];
        bytes.asIntBuffer().get(values);
        return Ints.of(values);
    }

    byte[] bytes(String name) {
        ByteBuffer bytes = bytes(name, Type.U8);
        byte[] values = new byte[bytes.remaining()];
        bytes.get(values);
        return values;
    }

    private ByteBuffer bytes(String name, Type type) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) throw new MalformedModel("the file has no tensor '%s'".formatted(name));
        if (tensor.type() != type) {
            throw new MalformedModel("tensor '%s' is %s, expected %s".formatted(name, tensor.type(), type));
        }
        return tensor.bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    void write(OutputStream out) throws IOException {
        ObjectNode header = JSON.createObjectNode();
        ObjectNode words = header.putObject(METADATA);
        metadata.forEach(words::put);
        long offset = 0;
        for (Map.Entry<String, Tensor> each : tensors.entrySet()) {
            Tensor tensor = each.getValue();
            ObjectNode entry = header.putObject(each.getKey());
            entry.put("dtype", tensor.type().name());
            entry.putArray("shape").add(tensor.bytes().remaining() / tensor.type().size);
            entry.putArray("data_offsets")
                    .add(offset)
                    .add(offset += tensor.bytes().remaining());
        }
        byte[] text = JSON.writeValueAsBytes(header);
        // The arrays begin at a multiple of eight; blanks after the header are allowed.
        int padded = (text.length + 7) / 8 * 8;
        out.write(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded)
                .array());
        out.write(text);
        out.write(" ".repeat(padded - text.length).getBytes(StandardCharsets.US_ASCII));
        for (Tensor tensor : tensors.values()) out.write(tensor.bytes().array());
    }

    static Safetensors read(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (file.length < 8)
            throw new MalformedModel("the file has %d bytes: it is no safetensors file".formatted(file.length));
        long length = bytes.getLong();
        if (length < 2 || length > Math.min(MAX_HEADER, bytes.remaining())) {
            throw new MalformedModel("the header has %d bytes, with %d left: it is no safetensors file"
                    .formatted(length, bytes.remaining()));
        }
        JsonNode header = header(file, (int) length);
        ByteBuffer data = bytes.slice(8 + (int) length, file.length - 8 - (int) length);
        Safetensors read = empty();
        for (Map.Entry<String, JsonNode> each : header.properties()) {
            if (each.getKey().equals(METADATA)) {
                for (Map.Entry<String, JsonNode> word : each.getValue().properties()) {
                    read.metadata.put(word.getKey(), word.getValue().asString(""));
                }
            } else {
                read.tensors.put(each.getKey(), tensor(each.getKey(), each.getValue(), data));
            }
        }
        return read;
    }

    private static JsonNode header(byte[] file, int length) {
        try {
            JsonNode header = JSON.readTree(file, 8, length);
            if (header.isObject()) return header;
        } catch (JacksonException e) {
            throw new MalformedModel("the header is no JSON: it is no safetensors file", e);
        }
        throw new MalformedModel("the header is no JSON object: it is no safetensors file");
    }

    private static Tensor tensor(String name, JsonNode entry, ByteBuffer data) {
        Type type;
        try {
            type = Type.valueOf(entry.path("dtype").asString(""));
        } catch (IllegalArgumentException e) {
            throw new MalformedModel(
                    "tensor '%s' has dtype %s, expected F64, I32 or U8".formatted(name, entry.path("dtype")), e);
        }
        long start = entry.path("data_offsets").path(0).asLong(-1);
        long end = entry.path("data_offsets").path(1).asLong(-1);
        if (start < 0 || end < start || end > data.limit()) {
            throw new MalformedModel(
                    "tensor '%s' lies at %s of %d bytes".formatted(name, entry.path("data_offsets"), data.limit()));
        }
        long size = type.size;
        for (JsonNode dimension : Objects.requireNonNull(entry.path("shape"))) {
            long extent = dimension.asLong(-1);
            if (extent < 0 || extent > Integer.MAX_VALUE) throw wrongShape(name, entry, end - start);
            size = Math.multiplyExact(size, extent);
            if (size > Integer.MAX_VALUE) throw wrongShape(name, entry, end - start);
        }
        if (size != end - start) throw wrongShape(name, entry, end - start);
        return new Tensor(type, data.slice((int) start, (int) size));
    }

    private static MalformedModel wrongShape(String name, JsonNode entry, long bytes) {
        return new MalformedModel("tensor '%s' has shape %s of %s, which %d bytes are not"
                .formatted(name, entry.path("shape"), entry.path("dtype").asString(""), bytes));
    }
}
