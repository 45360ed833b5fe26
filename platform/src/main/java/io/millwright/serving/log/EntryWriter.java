package io.millwright.serving.log;

import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Writes entries and what defines their parts as bytes, little-endian. The reader is [EntryReader].
final class EntryWriter {
    static final byte ANSWERER = 1;
    static final byte LAYOUT = 2;
    static final byte ANSWER = 3;

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle DOUBLES =
            MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes = new byte[4096];
    private int length;

    EntryWriter clear() {
        length = 0;
        return this;
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    EntryWriter answerer(int number, Answerer answerer) {
        put(ANSWERER);
        put(number);
        put(answerer.workspace());
        put(answerer.endpoint());
        put(answerer.revision());
        put(answerer.variant());
        put(answerer.model());
        put(answerer.version());
        return this;
    }

    EntryWriter layout(Layout layout) {
        put(LAYOUT);
        put(layout.number());
        put(layout.columns().size());
        for (Layout.Kept column : layout.columns()) {
            put(column.name());
            put((byte) ((column.text() ? 1 : 0) | (column.list() ? 2 : 0)));
            put(column.width());
        }
        return this;
    }

    /// @param rows absent for a shadow: its request is kept with the answer that was given
    /// @param answer absent when there was an error
    EntryWriter answer(
            int source,
            PredictionId id,
            boolean shadow,
            long nanos,
            String caller,
            String requestId,
            String error,
            int count,
            @Nullable Frame rows,
            @Nullable Layout inputs,
            @Nullable Frame answer,
            @Nullable Layout outputs) {
        put(ANSWER);
        put(source);
        put(id.high());
        put(id.low());
        put((byte) (shadow ? 1 : 0));
        put(nanos);
        put(caller);
        put(requestId);
        put(error);
        put(count);
        put(rows, inputs);
        put(answer, outputs);
        return this;
    }

    private void put(@Nullable Frame frame, @Nullable Layout layout) {
        put(layout == null ? 0 : layout.number());
        if (layout == null || frame == null) return;
        int rows = frame.rows();
        put(rows);
        for (Layout.Kept kept : layout.columns()) {
            Column column = frame.columns().get(kept.source());
            if (kept.text()) putTexts(column, kept, rows);
            else putNumbers(column, kept, rows);
        }
    }

    private void putNumbers(Column column, Layout.Kept kept, int rows) {
        double[] numbers = column.numbers();
        ensure(Math.multiplyExact(rows * kept.width(), 8));
        for (int row = 0; row < rows; row++) {
            int from = row * column.width() + kept.first();
            for (int j = 0; j < kept.width(); j++) {
                DOUBLES.set(bytes, length, numbers[from + j]);
                length += 8;
            }
        }
    }

    private void putTexts(Column column, Layout.Kept kept, int rows) {
        for (int row = 0; row < rows; row++) {
            int from = row * column.width() + kept.first();
            for (int j = 0; j < kept.width(); j++) {
                String text = column.texts()[from + j];
                if (text == null) put(-1);
                else put(text);
            }
        }
    }

    private void put(byte value) {
        ensure(1);
        bytes[length++] = value;
    }

    private void put(int value) {
        ensure(4);
        INTS.set(bytes, length, value);
        length += 4;
    }

    private void put(long value) {
        ensure(8);
        LONGS.set(bytes, length, value);
        length += 8;
    }

    /// What a text takes at most.
    static int mostBytes(String text) {
        return Math.addExact(4, Math.multiplyExact(3, text.length()));
    }

    private void put(String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        put(encoded.length);
        ensure(encoded.length);
        System.arraycopy(encoded, 0, bytes, length, encoded.length);
        length += encoded.length;
    }

    private void ensure(int more) {
        int needed = Math.addExact(length, more);
        if (needed > bytes.length)
            bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(1L << 30, 2L * bytes.length)));
    }
}
