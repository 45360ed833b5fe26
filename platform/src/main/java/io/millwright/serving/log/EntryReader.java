package io.millwright.serving.log;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/// Reads the records of one segment, in their order.
final class EntryReader {
    private final Map<Integer, Answerer> answerers = new HashMap<>();
    private final Map<Integer, List<Entry.Column>> layouts = new HashMap<>();

    /// @param wanted entries it is false for are not read further
    /// @return the entry; empty when it is not wanted, or the record only defines what later ones use
    Optional<Entry> read(ByteBuffer record, BiPredicate<PredictionId, Answerer> wanted) {
        try {
            return switch (record.get()) {
                case EntryWriter.ANSWERER -> {
                    int number = record.getInt();
                    answerers.put(
                            number,
                            new Answerer(
                                    text(record),
                                    text(record),
                                    record.getInt(),
                                    text(record),
                                    text(record),
                                    text(record)));
                    yield Optional.empty();
                }
                case EntryWriter.LAYOUT -> {
                    int number = record.getInt();
                    int count = record.getInt();
                    List<Entry.Column> columns = new ArrayList<>();
                    for (int i = 0; i < count; i++) {
                        String name = text(record);
                        byte flags = record.get();
                        columns.add(new Entry.Column(name, (flags & 1) != 0, (flags & 2) != 0, record.getInt()));
                    }
                    layouts.put(number, columns);
                    yield Optional.empty();
                }
                case EntryWriter.ANSWER -> answer(record, wanted);
                default -> Optional.empty();
            };
        } catch (BufferUnderflowException e) {
            throw new IllegalStateException("a record of the prediction log ends early", e);
        }
    }

    private Optional<Entry> answer(ByteBuffer record, BiPredicate<PredictionId, Answerer> wanted) {
        Answerer answerer = answerers.get(record.getInt());
        PredictionId id = new PredictionId(record.getLong(), record.getLong());
        if (answerer == null || !wanted.test(id, answerer)) return Optional.empty();
        boolean shadow = record.get() == 1;
        double micros = record.getLong() / 1e3;
        String caller = text(record);
        String requestId = text(record);
        String error = text(record);
        int rows = record.getInt();
        List<Entry.Values> inputs = values(record);
        List<Entry.Values> outputs = values(record);
        Instant at = id.at();
        return Optional.of(
                new Entry(id, at, answerer, shadow, micros, caller, requestId, error, rows, inputs, outputs));
    }

    private List<Entry.Values> values(ByteBuffer record) {
        int layout = record.getInt();
        if (layout == 0) return List.of();
        List<Entry.Column> columns = layouts.get(layout);
        if (columns == null) throw new IllegalStateException("a record of the prediction log has no layout " + layout);
        int rows = record.getInt();
        List<Entry.Values> values = new ArrayList<>();
        for (Entry.Column column : columns) {
            int count = Math.multiplyExact(rows, column.width());
            double[] numbers = new double[column.text() ? 0 : count];
            for (int i = 0; i < numbers.length; i++) numbers[i] = record.getDouble();
            @Nullable String[] texts = null;
            if (column.text()) {
                texts = new String[count];
                for (int i = 0; i < count; i++) texts[i] = textOrNull(record);
            }
            values.add(new Entry.Values(column, rows, numbers, texts));
        }
        return values;
    }

    private static String text(ByteBuffer record) {
        String text = textOrNull(record);
        return text == null ? "" : text;
    }

    private static @Nullable String textOrNull(ByteBuffer record) {
        int length = record.getInt();
        if (length < 0) return null;
        if (length > record.remaining()) throw new BufferUnderflowException();
        byte[] bytes = new byte[length];
        record.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
