package io.millwright.serving.wire;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.serving.predict.Column;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What an input of the Open Inference Protocol says of itself, checked, over REST and gRPC alike; makes a column of
/// its values.
///
/// @param shape the first extent counts the rows
/// @param width values a row
/// @param count values in all
record Tensor(String name, Datatype datatype, List<Long> shape, int width, long count) {
    private static final int MOST_EXTENTS = 8;

    Tensor {
        shape = List.copyOf(shape);
    }

    /// @param datatype empty when the request does not say
    /// @param shape null when the request does not say
    /// @throws Failure INVALID_ARGUMENT
    static Tensor of(String name, String datatype, long @Nullable [] shape) {
        if (name.isEmpty()) throw INVALID_ARGUMENT.because("An input has no 'name'.");
        if (shape == null) throw INVALID_ARGUMENT.because("Input '%s' has no 'shape'.", name);
        if (datatype.isEmpty()) throw INVALID_ARGUMENT.because("Input '%s' has no 'datatype'.", name);
        if (shape.length == 0) throw wrongShape(name, "empty");
        if (shape.length > MOST_EXTENTS) throw wrongShape(name, "longer than " + MOST_EXTENTS);
        for (long extent : shape) {
            if (extent < 0 || extent > Integer.MAX_VALUE) throw wrongShape(name, "not of 0 to 2147483647");
        }
        long width = 1;
        for (int i = 1; i < shape.length; i++) {
            width *= shape[i];
            if (width > Integer.MAX_VALUE) throw wrongShape(name, "larger than 2^31");
        }
        return new Tensor(
                name, Datatype.of(datatype), Arrays.stream(shape).boxed().toList(), (int) width, shape[0] * width);
    }

    static Failure wrongShape(String input, String what) {
        return INVALID_ARGUMENT.because("The shape of input '%s' is %s, expected one such as [1, 4].", input, what);
    }

    int rows() {
        return shape.getFirst().intValue();
    }

    private boolean isFlat() {
        return shape.size() == 1;
    }

    /// @throws Failure INVALID_ARGUMENT when the shape wants another number of values
    void requireCount(long got) {
        if (got == count) return;
        throw INVALID_ARGUMENT.because(
                "Input '%s' has %d values, its shape [%s] wants %d.",
                name, got, shape.stream().map(String::valueOf).collect(Collectors.joining(", ")), count);
    }

    /// @param numbers handed over
    Column column(double[] numbers) {
        requireCount(numbers.length);
        return Column.of(name, datatype.type(), width, isFlat(), numbers);
    }

    /// @param texts handed over
    Column column(@Nullable String[] texts) {
        requireCount(texts.length);
        return Column.of(name, width, isFlat(), texts);
    }

    Column column(Values data) {
        requireCount(data.size());
        if (data.isText() != (datatype == Datatype.BYTES) && count > 0) {
            throw INVALID_ARGUMENT.because(
                    "The data of input '%s' is %s, its datatype is %s.",
                    name, data.isText() ? "text" : "numbers", datatype);
        }
        Column column = data.column(datatype.type(), width, isFlat());
        if (datatype == Datatype.FP32 || datatype == Datatype.FP16) {
            double[] numbers = column.numbers();
            for (int i = 0; i < numbers.length; i++) numbers[i] = datatype.rounded(numbers[i]);
        }
        return column;
    }

    /// @param raw the values and nothing else: little-endian, one row after the other, each text with its length of
    /// four bytes before it
    Column column(ByteBuffer raw) {
        ByteBuffer bytes = raw.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (datatype == Datatype.BYTES) return column(texts(bytes));
        requireCount(bytes.remaining() / datatype.size());
        if (bytes.remaining() % datatype.size() != 0) {
            throw INVALID_ARGUMENT.because(
                    "Input '%s' has %d bytes, expected a multiple of %d: so many has a value of %s.",
                    name, bytes.remaining(), datatype.size(), datatype);
        }
        double[] numbers = new double[(int) count];
        if (datatype == Datatype.FP64) bytes.asDoubleBuffer().get(numbers);
        else for (int i = 0; i < numbers.length; i++) numbers[i] = datatype.read(bytes);
        return column(numbers);
    }

    private @Nullable String[] texts(ByteBuffer bytes) {
        // Each has at least the four bytes of its length.
        if (count > bytes.remaining() / 4) requireCount(bytes.remaining() / 4);
        @Nullable String[] texts = new String[(int) count];
        for (int i = 0; i < texts.length; i++) {
            int length = bytes.remaining() < 4 ? -1 : bytes.getInt();
            if (length < 0 || length > bytes.remaining()) {
                throw INVALID_ARGUMENT.because("The binary data of input '%s' ends in value %d.", name, i);
            }
            byte[] text = new byte[length];
            bytes.get(text);
            texts[i] = new String(text, StandardCharsets.UTF_8);
        }
        if (bytes.hasRemaining()) requireCount(count + 1);
        return texts;
    }
}
