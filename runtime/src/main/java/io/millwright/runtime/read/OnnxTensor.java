package io.millwright.runtime.read;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// A constant of an ONNX file: its numbers or texts, whose count is that of its shape.
final class OnnxTensor {
    static final int FLOAT = 1;
    static final int INT32 = 6;
    static final int INT64 = 7;
    static final int STRING = 8;
    static final int BOOL = 9;
    static final int FLOAT16 = 10;
    static final int DOUBLE = 11;

    /// Whole numbers below this are exact in float64.
    private static final long EXACT = 1L << 53;

    private final String name;
    private final int type;
    private final List<Long> dims;
    private final byte[] raw;
    private final double[] numbers;
    private final List<String> texts;

    /// @param type ONNX's number of the element type
    /// @param raw little-endian, empty when the values lie in `numbers` or `texts`
    OnnxTensor(String name, int type, List<Long> dims, byte[] raw, double[] numbers, List<String> texts) {
        this.name = name;
        this.type = type;
        this.dims = List.copyOf(dims);
        this.raw = raw;
        this.numbers = numbers;
        this.texts = List.copyOf(texts);
        requireWhole();
    }

    static OnnxTensor ofTexts(List<String> texts) {
        return new OnnxTensor("", STRING, List.of((long) texts.size()), new byte[0], new double[0], texts);
    }

    static OnnxTensor ofNumbers(int type, double... numbers) {
        return new OnnxTensor("", type, List.of((long) numbers.length), new byte[0], numbers, List.of());
    }

    static OnnxTensor scalar(int type, double number) {
        return new OnnxTensor("", type, List.of(), new byte[0], new double[] {number}, List.of());
    }

    private void requireWhole() {
        long expected = 1;
        for (long dim : dims) {
            if (dim < 0 || dim != 0 && expected > Integer.MAX_VALUE / dim) {
                throw new UnreadableModel("tensor '%s' has shape %s, expected dimensions >= 0 of at most %d values"
                        .formatted(name, dims, Integer.MAX_VALUE));
            }
            expected *= dim;
        }
        int width = width(type);
        if (raw.length > 0 && width == 0) {
            throw new UnreadableModel(
                    "tensor '%s' has raw data of type %d, which is not read; expected float, double, integers or bool"
                            .formatted(name, type));
        }
        if (raw.length > 0 && (numbers.length > 0 || !texts.isEmpty())) {
            throw new UnreadableModel("tensor '%s' has its values twice, raw and not".formatted(name));
        }
        double held = raw.length > 0 ? (double) raw.length / width : type == STRING ? texts.size() : numbers.length;
        if (held != expected) {
            throw new UnreadableModel("tensor '%s' has shape %s, which is %d values, but holds %s: the file is damaged"
                    .formatted(name, dims, expected, held == Math.rint(held) ? String.valueOf((long) held) : held));
        }
    }

    /// Bytes of a value in raw data, 0 for a type that is not read.
    private static int width(int type) {
        return switch (type) {
            case 2, 3, BOOL -> 1;
            case 4, 5, FLOAT16, 16 -> 2;
            case FLOAT, INT32, 12 -> 4;
            case INT64, DOUBLE, 13 -> 8;
            default -> 0;
        };
    }

    String name() {
        return name;
    }

    int type() {
        return type;
    }

    List<Long> dims() {
        return dims;
    }

    int size() {
        return raw.length > 0 ? raw.length / width(type) : type == STRING ? texts.size() : numbers.length;
    }

    List<String> texts() {
        return texts;
    }

    /// @throws UnreadableModel for texts, halves, and whole numbers that float64 does not hold
    double[] numbers() {
        if (raw.length == 0) {
            if (type == FLOAT16 || type == 16) throw notRead();
            if (type == INT64) for (double each : numbers) requireExact((long) each);
            return numbers.clone();
        }
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        double[] values = new double[size()];
        for (int i = 0; i < values.length; i++) values[i] = next(buffer);
        return values;
    }

    private double next(ByteBuffer buffer) {
        return switch (type) {
            case FLOAT -> buffer.getFloat();
            case DOUBLE -> buffer.getDouble();
            case INT32 -> buffer.getInt();
            case INT64 -> requireExact(buffer.getLong());
            case BOOL -> buffer.get() == 0 ? 0 : 1;
            default -> throw notRead();
        };
    }

    private double requireExact(long value) {
        if (value >= EXACT || value <= -EXACT) {
            throw new OnnxUnmapped("tensor '%s' holds %d, beyond what float64 holds exactly".formatted(name, value));
        }
        return value;
    }

    private OnnxUnmapped notRead() {
        return new OnnxUnmapped("tensor '%s' is of type %d".formatted(name, type));
    }

    /// Whole numbers, such as positions and shapes.
    ///
    /// @throws UnreadableModel when one is none
    long[] integers() {
        double[] values = numbers();
        long[] integers = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            integers[i] = (long) values[i];
            if (integers[i] != values[i]) {
                throw new UnreadableModel("tensor '%s' holds %s, expected whole numbers".formatted(name, values[i]));
            }
        }
        return integers;
    }
}
