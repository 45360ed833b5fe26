package io.millwright.serving.wire;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.runtime.FieldType;
import java.nio.ByteBuffer;

/// The tensor types of the Open Inference Protocol.
///
/// Source: kserve.github.io/website/docs/reference/inference-protocol/v2, "Tensor Data Types".
enum Datatype {
    BOOL(1, FieldType.BOOLEAN),
    UINT8(1, FieldType.INT32),
    UINT16(2, FieldType.INT32),
    UINT32(4, FieldType.INT64),
    UINT64(8, FieldType.INT64),
    INT8(1, FieldType.INT32),
    INT16(2, FieldType.INT32),
    INT32(4, FieldType.INT32),
    INT64(8, FieldType.INT64),
    FP16(2, FieldType.FLOAT32),
    FP32(4, FieldType.FLOAT32),
    FP64(8, FieldType.FLOAT64),
    /// Texts, each with its length before it.
    BYTES(0, FieldType.TEXT);

    private static final long MOST_EXACT = 1L << 53;

    private final int size;
    private final FieldType type;

    Datatype(int size, FieldType type) {
        this.size = size;
        this.type = type;
    }

    /// Bytes of one value; 0 for texts.
    int size() {
        return size;
    }

    FieldType type() {
        return type;
    }

    static Datatype of(String word) {
        for (Datatype each : values()) {
            if (each.name().equals(word)) return each;
        }
        throw INVALID_ARGUMENT.because(
                "The datatype is '%s', expected one of BOOL, UINT8 to UINT64, INT8 to INT64, FP16, FP32, FP64 and BYTES.",
                word);
    }

    static Datatype of(FieldType type) {
        return switch (type) {
            case FLOAT64 -> FP64;
            case FLOAT32 -> FP32;
            case INT64 -> INT64;
            case INT32 -> INT32;
            case BOOLEAN -> BOOL;
            case TEXT -> BYTES;
        };
    }

    /// The next value of little-endian bytes.
    double read(ByteBuffer bytes) {
        return switch (this) {
            case BOOL -> bytes.get() == 0 ? 0 : 1;
            case UINT8 -> bytes.get() & 0xFF;
            case UINT16 -> bytes.getShort() & 0xFFFF;
            case UINT32 -> bytes.getInt() & 0xFFFFFFFFL;
            case INT8 -> bytes.get();
            case INT16 -> bytes.getShort();
            case INT32 -> bytes.getInt();
            case UINT64 -> unsigned(bytes.getLong());
            case INT64 -> whole(bytes.getLong());
            case FP16 -> Float.float16ToFloat(bytes.getShort());
            case FP32 -> bytes.getFloat();
            case FP64 -> bytes.getDouble();
            case BYTES -> throw new IllegalStateException("texts are no numbers");
        };
    }

    static double whole(long value) {
        if (-MOST_EXACT <= value && value <= MOST_EXACT) return value;
        throw rounded(Long.toString(value));
    }

    static double unsigned(long value) {
        if (0 <= value && value <= MOST_EXACT) return value;
        throw rounded(Long.toUnsignedString(value));
    }

    private static Failure rounded(String value) {
        return INVALID_ARGUMENT.because(
                "A value is %s: whole numbers beyond 2^53 are not taken, because they would be rounded.", value);
    }

    void write(double value, ByteBuffer bytes) {
        switch (this) {
            case BOOL -> bytes.put((byte) (value == 0 ? 0 : 1));
            case UINT8, INT8 -> bytes.put((byte) value);
            case UINT16, INT16 -> bytes.putShort((short) value);
            case UINT32 -> bytes.putInt((int) (long) value);
            case INT32 -> bytes.putInt((int) value);
            case UINT64, INT64 -> bytes.putLong((long) value);
            case FP16 -> bytes.putShort(Float.floatToFloat16((float) value));
            case FP32 -> bytes.putFloat((float) value);
            case FP64 -> bytes.putDouble(value);
            case BYTES -> throw new IllegalStateException("texts are no numbers");
        }
    }

    /// A JSON number as a value of this type: what a float32 tensor holds is rounded to float32.
    double rounded(double value) {
        return this == FP32 || this == FP16 ? (float) value : value;
    }
}
