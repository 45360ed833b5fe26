package io.millwright.runtime.read;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Universal Binary JSON, draft 12 (ubjson.org), as XGBoost writes it: numbers big-endian, arrays of
/// one type without a marker for each value.
final class UbjsonDocument {
    private static final int MAX_DEPTH = 200;

    private final ByteBuffer bytes;

    private UbjsonDocument(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes);
    }

    static Document read(Path file) {
        return read(Files.bytes(file));
    }

    static Document read(byte[] bytes) {
        UbjsonDocument reader = new UbjsonDocument(bytes);
        try {
            return Document.of(reader.value(reader.marker(), 0));
        } catch (BufferUnderflowException e) {
            throw new UnreadableModel(
                    "the model's UBJSON ends after %d bytes, in the middle of a value".formatted(bytes.length), e);
        }
    }

    private char marker() {
        char marker = (char) bytes.get();
        while (marker == 'N') marker = (char) bytes.get();
        return marker;
    }

    private @Nullable Object value(char marker, int depth) {
        if (depth > MAX_DEPTH) throw wrong("is nested deeper than " + MAX_DEPTH);
        return switch (marker) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case 'S' -> text();
            case 'Z' -> null;
            case 'T' -> true;
            case 'F' -> false;
            default -> number(marker);
        };
    }

    private double number(char marker) {
        return switch (marker) {
            case 'i' -> bytes.get();
            case 'U' -> bytes.get() & 0xFF;
            case 'I' -> bytes.getShort();
            case 'l' -> bytes.getInt();
            case 'L' -> bytes.getLong();
            case 'd' -> bytes.getFloat();
            case 'D' -> bytes.getDouble();
            default -> throw wrong("has a value of type '%s'".formatted(marker));
        };
    }

    private static int size(char marker) {
        return switch (marker) {
            case 'i', 'U' -> 1;
            case 'I' -> 2;
            case 'l', 'd' -> 4;
            case 'L', 'D' -> 8;
            default -> 0;
        };
    }

    /// A count of bytes or values; there cannot be more of them than bytes.
    private int count() {
        double count = number(marker());
        if (!(count >= 0 && count <= bytes.remaining())) {
            throw wrong("counts %s values, with %d bytes left".formatted(count, bytes.remaining()));
        }
        return (int) count;
    }

    private String text() {
        byte[] text = new byte[count()];
        bytes.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private Map<String, @Nullable Object> object(int depth) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        int left = bytes.get(bytes.position()) == '#' ? counted() : -1;
        while (left != 0) {
            if (left < 0 && bytes.get(bytes.position()) == '}') {
                bytes.get();
                break;
            }
            String name = text();
            fields.put(name, value(marker(), depth + 1));
            if (left > 0) left--;
        }
        return fields;
    }

    private int counted() {
        bytes.get();
        return count();
    }

    private Object array(int depth) {
        char type = 0;
        if (bytes.get(bytes.position()) == '$') {
            bytes.get();
            type = marker();
            if (bytes.get(bytes.position()) != '#') throw wrong("has an array of one type without a count");
        }
        int left = bytes.get(bytes.position()) == '#' ? counted() : -1;
        if (type != 0 && size(type) > 0) return numbers(type, left);
        List<@Nullable Object> values = new ArrayList<>();
        while (left != 0) {
            char marker = type != 0 ? type : marker();
            if (left < 0 && marker == ']') break;
            values.add(value(marker, depth + 1));
            if (left > 0) left--;
        }
        if (!values.isEmpty() && values.stream().allMatch(Double.class::isInstance)) {
            return values.stream()
                    .mapToDouble(each -> each instanceof Double number ? number : Double.NaN)
                    .toArray();
        }
        return values;
    }

    private double[] numbers(char type, int count) {
        if ((long) count * size(type) > bytes.remaining()) {
            throw wrong("has an array of %d numbers, with %d bytes left".formatted(count, bytes.remaining()));
        }
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++) numbers[i] = number(type);
        return numbers;
    }

    private UnreadableModel wrong(String problem) {
        return new UnreadableModel("the model's UBJSON %s, at byte %d".formatted(problem, bytes.position()));
    }
}
