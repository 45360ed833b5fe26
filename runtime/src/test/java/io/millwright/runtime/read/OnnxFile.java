package io.millwright.runtime.read;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/// Writes ONNX files by hand, sound and damaged ones: one input 'X' of two float32 a row, one output 'Y'.
final class OnnxFile {
    private final List<byte[]> nodes = new ArrayList<>();
    private final List<byte[]> tensors = new ArrayList<>();
    private boolean operatorSet = true;

    /// Writes the fields of a message.
    @FunctionalInterface
    interface Fields {
        void write(CodedOutputStream to) throws IOException;
    }

    static byte[] message(Fields fields) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            CodedOutputStream to = CodedOutputStream.newInstance(bytes);
            fields.write(to);
            to.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void put(CodedOutputStream to, int field, byte[] message) throws IOException {
        to.writeBytes(field, ByteString.copyFrom(message));
    }

    OnnxFile node(String domain, String operator, List<String> inputs, String output, byte[]... attributes) {
        nodes.add(message(to -> {
            for (String input : inputs) to.writeString(1, input);
            to.writeString(2, output);
            to.writeString(4, operator);
            for (byte[] attribute : attributes) put(to, 5, attribute);
            to.writeString(7, domain);
        }));
        return this;
    }

    /// A float32 tensor with so many values, whatever its shape says.
    OnnxFile tensor(String name, int values, long... dims) {
        return tensor(to -> {
            for (long dim : dims) to.writeInt64(1, dim);
            to.writeInt32(2, OnnxTensor.FLOAT);
            to.writeString(8, name);
            put(to, 9, new byte[4 * values]);
        });
    }

    OnnxFile tensor(Fields fields) {
        tensors.add(message(fields));
        return this;
    }

    OnnxFile withoutOperatorSet() {
        operatorSet = false;
        return this;
    }

    static byte[] attribute(String name, Fields value) {
        return message(to -> {
            to.writeString(1, name);
            value.write(to);
        });
    }

    static byte[] numbers(String name, float... values) {
        return attribute(name, to -> {
            for (float value : values) to.writeFloat(7, value);
            to.writeEnum(20, 6);
        });
    }

    byte[] graph() {
        return message(to -> {
            for (byte[] node : nodes) put(to, 1, node);
            for (byte[] tensor : tensors) put(to, 5, tensor);
            put(to, 11, table("X"));
            put(to, 12, table("Y"));
        });
    }

    private static byte[] table(String name) {
        byte[] shape = message(to -> {
            put(to, 1, message(dim -> dim.writeString(2, "rows")));
            put(to, 1, message(dim -> dim.writeInt64(1, 2)));
        });
        byte[] tensor = message(to -> {
            to.writeInt32(1, OnnxTensor.FLOAT);
            put(to, 2, shape);
        });
        return message(to -> {
            to.writeString(1, name);
            put(to, 2, message(type -> put(type, 1, tensor)));
        });
    }

    byte[] bytes() {
        return message(to -> {
            to.writeInt64(1, 9);
            put(to, 7, graph());
            if (!operatorSet) return;
            for (String domain : List.of("", "ai.onnx.ml")) {
                put(to, 8, message(set -> {
                    set.writeString(1, domain);
                    set.writeInt64(2, domain.isEmpty() ? 18 : 3);
                }));
            }
        });
    }
}
