package io.millwright.runtime.read;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads ONNX's Protocol Buffers without generated classes: only the fields a reader needs, numbered
/// as in onnx.proto3 of ONNX 1.22, and everything else skipped.
///
/// Values that lie in other files (external data) are refused, and so are sparse tensors: a file has to
/// be whole. Graphs may lie in each other, but not deep.
final class OnnxParser {
    private static final int MAX_DEPTH = 16;

    private final CodedInputStream stream;
    private int depth;

    private OnnxParser(byte[] bytes) throws IOException {
        stream = CodedInputStream.newInstance(bytes);
        // Without an outermost limit a message that ends with the file, too early, passes for whole.
        int _ = stream.pushLimit(bytes.length);
    }

    /// @throws UnreadableModel when it is no ONNX file, or a damaged one
    static OnnxGraph parse(byte[] bytes) {
        try {
            return new OnnxParser(bytes).model();
        } catch (IOException e) {
            throw new UnreadableModel(
                    "the file is no ONNX model, or is cut off: " + e.getMessage()
                            + " Export it again, and copy it whole.",
                    e);
        }
    }

    private OnnxGraph model() throws IOException {
        List<OnnxGraph> graphs = new ArrayList<>();
        boolean[] operators = new boolean[1];
        message(field -> {
            switch (field) {
                case 7 -> graphs.add(nested(this::graph));
                case 8 -> {
                    operators[0] = true;
                    return false;
                }
                case 25 ->
                    throw new UnreadableModel(
                            "the file defines functions of its own, which are not read; inline them (onnx.inliner) first");
                default -> {
                    return false;
                }
            }
            return true;
        });
        if (graphs.size() != 1 || !operators[0]) {
            throw new UnreadableModel("the file is no ONNX model: %d graphs and %s operator set, expected 1 and some"
                    .formatted(graphs.size(), operators[0] ? "an" : "no"));
        }
        return graphs.getFirst();
    }

    private OnnxGraph graph() throws IOException {
        List<OnnxNode> nodes = new ArrayList<>();
        Map<String, OnnxTensor> initializers = new LinkedHashMap<>();
        List<OnnxGraph.Value> inputs = new ArrayList<>();
        List<OnnxGraph.Value> outputs = new ArrayList<>();
        message(field -> {
            switch (field) {
                case 1 -> nodes.add(nested(this::node));
                case 5 -> {
                    OnnxTensor tensor = nested(this::tensor);
                    if (initializers.put(tensor.name(), tensor) != null) {
                        throw new UnreadableModel("two initializers are named '%s'".formatted(tensor.name()));
                    }
                }
                case 11 -> inputs.add(nested(this::value));
                case 12 -> outputs.add(nested(this::value));
                case 15 -> throw sparse();
                default -> {
                    return false;
                }
            }
            return true;
        });
        inputs.removeIf(each -> initializers.containsKey(each.name()));
        return new OnnxGraph(inputs, outputs, nodes, initializers);
    }

    private OnnxNode node() throws IOException {
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        String[] words = {"", "", ""};
        Map<String, OnnxNode.Attribute> attributes = new HashMap<>();
        message(field -> {
            switch (field) {
                case 1 -> inputs.add(stream.readStringRequireUtf8());
                case 2 -> outputs.add(stream.readStringRequireUtf8());
                case 3 -> words[0] = stream.readStringRequireUtf8();
                case 4 -> words[1] = stream.readStringRequireUtf8();
                case 5 -> nested(() -> attribute(attributes));
                case 7 -> words[2] = stream.readStringRequireUtf8();
                default -> {
                    return false;
                }
            }
            return true;
        });
        return new OnnxNode(words[0], words[2], words[1], inputs, outputs, attributes);
    }

    private boolean attribute(Map<String, OnnxNode.Attribute> attributes) throws IOException {
        String[] name = {""};
        Numbers numbers = new Numbers();
        Numbers integers = new Numbers();
        List<String> texts = new ArrayList<>();
        List<OnnxTensor> tensors = new ArrayList<>();
        List<OnnxGraph> graphs = new ArrayList<>();
        message(field -> {
            switch (field) {
                case 1 -> name[0] = stream.readStringRequireUtf8();
                case 2, 7 -> repeated(WireFormat.WIRETYPE_FIXED32, () -> numbers.addBits(stream.readFloat()));
                case 3, 8 -> repeated(WireFormat.WIRETYPE_VARINT, () -> integers.add(stream.readInt64()));
                case 4, 9 -> texts.add(stream.readBytes().toStringUtf8());
                case 5, 10 -> tensors.add(nested(this::tensor));
                case 6, 11 -> graphs.add(nested(this::graph));
                case 22, 23 -> throw sparse();
                default -> {
                    return false;
                }
            }
            return true;
        });
        var attribute = new OnnxNode.Attribute(numbers.doubles(), integers.longs(), texts, tensors, graphs);
        if (attributes.put(name[0], attribute) != null) {
            throw new UnreadableModel("a node has two attributes '%s'".formatted(name[0]));
        }
        return true;
    }

    private OnnxTensor tensor() throws IOException {
        Numbers dims = new Numbers();
        Numbers whole = new Numbers();
        Numbers numbers = new Numbers();
        List<String> texts = new ArrayList<>();
        String[] name = {""};
        int[] type = {0};
        byte[][] raw = {new byte[0]};
        boolean[] external = {false};
        message(field -> {
            switch (field) {
                case 1 -> repeated(WireFormat.WIRETYPE_VARINT, () -> dims.add(stream.readInt64()));
                case 2 -> type[0] = stream.readInt32();
                case 4 -> repeated(WireFormat.WIRETYPE_FIXED32, () -> numbers.addBits(stream.readFloat()));
                case 5, 7, 11 -> repeated(WireFormat.WIRETYPE_VARINT, () -> whole.add(stream.readInt64()));
                case 6 -> texts.add(stream.readBytes().toStringUtf8());
                case 8 -> name[0] = stream.readStringRequireUtf8();
                case 9 -> raw[0] = stream.readByteArray();
                case 10 -> repeated(WireFormat.WIRETYPE_FIXED64, () -> numbers.addBits(stream.readDouble()));
                case 13 -> {
                    external[0] = true;
                    return false;
                }
                case 14 -> external[0] |= stream.readEnum() != 0;
                default -> {
                    return false;
                }
            }
            return true;
        });
        if (external[0]) {
            throw new UnreadableModel(
                    "tensor '%s' has its values in another file (external data), which is refused; save the model whole (onnx.save_model(…, save_as_external_data=False))"
                            .formatted(name[0]));
        }
        double[] values = whole.size == 0 ? numbers.doubles() : whole.asDoubles();
        return new OnnxTensor(name[0], type[0], dims.list(), raw[0], values, texts);
    }

    private OnnxGraph.Value value() throws IOException {
        String[] name = {""};
        int[] type = {0};
        List<Long> dims = new ArrayList<>();
        message(field -> switch (field) {
            case 1 -> {
                name[0] = stream.readStringRequireUtf8();
                yield true;
            }
            case 2 -> only(1, () -> tensorType(type, dims));
            default -> false;
        });
        return new OnnxGraph.Value(name[0], type[0], dims);
    }

    private boolean tensorType(int[] type, List<Long> dims) throws IOException {
        return message(field -> switch (field) {
            case 1 -> {
                type[0] = stream.readInt32();
                yield true;
            }
            case 2 ->
                only(1, () -> {
                    long[] size = {-1};
                    message(inner -> {
                        if (inner != 1) return false;
                        size[0] = stream.readInt64();
                        return true;
                    });
                    return dims.add(size[0]);
                });
            default -> false;
        });
    }

    /// A message of which one field is read, a message itself.
    private boolean only(int number, Body<Boolean> body) throws IOException {
        return nested(() -> message(field -> field == number && nested(body)));
    }

    private static UnreadableModel sparse() {
        return new UnreadableModel("the model holds sparse tensors, which are not read; store them dense");
    }

    /// Reads a field that is known, and says whether it is.
    @FunctionalInterface
    private interface Fields {
        boolean read(int number) throws IOException;
    }

    @FunctionalInterface
    private interface Body<T> {
        T read() throws IOException;
    }

    private interface Element {
        void read() throws IOException;
    }

    private boolean message(Fields fields) throws IOException {
        for (int tag = stream.readTag(); tag != 0; tag = stream.readTag()) {
            if (!fields.read(WireFormat.getTagFieldNumber(tag))) stream.skipField(tag);
        }
        return true;
    }

    private <T> T nested(Body<T> body) throws IOException {
        requireType(WireFormat.WIRETYPE_LENGTH_DELIMITED);
        if (++depth > 4 * MAX_DEPTH) {
            throw new UnreadableModel("graphs lie in each other deeper than " + MAX_DEPTH);
        }
        int limit = stream.pushLimit(stream.readRawVarint32());
        T read = body.read();
        stream.checkLastTagWas(0);
        stream.popLimit(limit);
        depth--;
        return read;
    }

    private void requireType(int expected) {
        int got = WireFormat.getTagWireType(stream.getLastTag());
        if (got != expected) {
            throw new UnreadableModel("field %d has wire type %d, expected %d: the file is no ONNX model"
                    .formatted(WireFormat.getTagFieldNumber(stream.getLastTag()), got, expected));
        }
    }

    /// One of a list, or, packed, all of it.
    private void repeated(int wireType, Element element) throws IOException {
        if (WireFormat.getTagWireType(stream.getLastTag()) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
            requireType(wireType);
            element.read();
            return;
        }
        int limit = stream.pushLimit(stream.readRawVarint32());
        while (stream.getBytesUntilLimit() > 0) element.read();
        stream.popLimit(limit);
    }

    /// A list that grows; whole numbers as they are, others by their bits.
    private static final class Numbers {
        private long[] values = new long[4];
        private int size;

        void add(long value) {
            if (size == values.length) values = Arrays.copyOf(values, 2 * size);
            values[size++] = value;
        }

        void addBits(double value) {
            add(Double.doubleToRawLongBits(value));
        }

        long[] longs() {
            return Arrays.copyOf(values, size);
        }

        double[] asDoubles() {
            return Arrays.stream(longs()).asDoubleStream().toArray();
        }

        double[] doubles() {
            return Arrays.stream(longs()).mapToDouble(Double::longBitsToDouble).toArray();
        }

        List<Long> list() {
            return Arrays.stream(longs()).boxed().toList();
        }
    }
}
