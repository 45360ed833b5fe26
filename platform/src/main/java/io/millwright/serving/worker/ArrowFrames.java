package io.millwright.serving.worker;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.runtime.FieldType;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/// Rows as Arrow's vectors, and back. A column of shape `[rows, n]` is a list of n for each row.
final class ArrowFrames {
    private ArrowFrames() {}

    /// @param told metadata of the schema
    /// @return to be closed by the caller
    static VectorSchemaRoot write(Frame frame, Map<String, String> told, BufferAllocator memory) {
        List<Field> fields = frame.columns().stream().map(ArrowFrames::field).toList();
        VectorSchemaRoot root = VectorSchemaRoot.create(new Schema(fields, told), memory);
        try {
            for (int i = 0; i < fields.size(); i++)
                fill(root.getVector(i), frame.columns().get(i), frame.rows());
            root.setRowCount(frame.rows());
            return root;
        } catch (RuntimeException e) {
            root.close();
            throw e;
        }
    }

    private static Field field(Column column) {
        if (column.width() < 1) throw INVALID_ARGUMENT.because("Column '%s' has no values.", column.name());
        if (column.isFlat()) return Field.nullable(column.name(), type(column.type()));
        return new Field(
                column.name(),
                org.apache.arrow.vector.types.pojo.FieldType.nullable(new ArrowType.FixedSizeList(column.width())),
                List.of(Field.nullable("item", type(column.type()))));
    }

    private static ArrowType type(FieldType type) {
        return switch (type) {
            case FLOAT64 -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
            case FLOAT32 -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
            case INT64 -> new ArrowType.Int(64, true);
            case INT32 -> new ArrowType.Int(32, true);
            case BOOLEAN -> ArrowType.Bool.INSTANCE;
            case TEXT -> ArrowType.Utf8.INSTANCE;
        };
    }

    private static void fill(FieldVector vector, Column column, int rows) {
        if (vector instanceof FixedSizeListVector list) {
            list.setInitialCapacity(rows);
            list.allocateNew();
            fillValues(list.getDataVector(), column, Math.multiplyExact(rows, column.width()));
            for (int row = 0; row < rows; row++) list.setNotNull(row);
            list.setValueCount(rows);
        } else {
            fillValues(vector, column, rows);
        }
    }

    /// What is not set is null.
    private static void fillValues(FieldVector vector, Column column, int count) {
        vector.setInitialCapacity(count);
        vector.allocateNew();
        double[] numbers = column.numbers();
        switch (vector) {
            case Float8Vector doubles -> {
                for (int i = 0; i < count; i++) doubles.set(i, numbers[i]);
            }
            case Float4Vector floats -> {
                for (int i = 0; i < count; i++) floats.set(i, (float) numbers[i]);
            }
            case BigIntVector longs -> {
                for (int i = 0; i < count; i++) if (!Double.isNaN(numbers[i])) longs.set(i, (long) numbers[i]);
            }
            case IntVector ints -> {
                for (int i = 0; i < count; i++) if (!Double.isNaN(numbers[i])) ints.set(i, (int) numbers[i]);
            }
            case BitVector bits -> {
                for (int i = 0; i < count; i++) if (!Double.isNaN(numbers[i])) bits.set(i, numbers[i] != 0 ? 1 : 0);
            }
            case VarCharVector texts -> {
                for (int i = 0; i < count; i++) {
                    String text = column.texts()[i];
                    if (text != null) texts.setSafe(i, text.getBytes(StandardCharsets.UTF_8));
                }
            }
            default -> throw new IllegalStateException("no values are sent as " + vector.getMinorType());
        }
        vector.setValueCount(count);
    }

    /// @throws IOException for what no worker of ours sends
    static Frame read(VectorSchemaRoot root, Frame.Form form) throws IOException {
        List<Column> columns = new ArrayList<>();
        for (FieldVector vector : root.getFieldVectors()) columns.add(read(vector, root.getRowCount()));
        if (columns.isEmpty()) throw new IOException("an answer without columns");
        return new Frame(root.getRowCount(), columns, form);
    }

    private static Column read(FieldVector vector, int rows) throws IOException {
        boolean flat = !(vector instanceof FixedSizeListVector);
        int width = vector instanceof FixedSizeListVector list ? list.getListSize() : 1;
        FieldVector values = vector instanceof FixedSizeListVector list ? list.getDataVector() : vector;
        int count = Math.multiplyExact(rows, width);
        // A list of no rows has no vector of its own kind yet.
        if (values.getValueCount() < count) {
            throw new IOException("%d values, expected %d".formatted(values.getValueCount(), count));
        }
        String name = vector.getName();
        if (values instanceof VarCharVector texts) return Column.of(name, width, flat, texts(texts, count));
        double[] numbers = new double[count];
        Arrays.fill(numbers, Double.NaN);
        FieldType type = switch (values) {
            case Float8Vector doubles -> {
                for (int i = 0; i < count; i++) if (!doubles.isNull(i)) numbers[i] = doubles.get(i);
                yield FieldType.FLOAT64;
            }
            case Float4Vector floats -> {
                for (int i = 0; i < count; i++) if (!floats.isNull(i)) numbers[i] = floats.get(i);
                yield FieldType.FLOAT32;
            }
            case BigIntVector longs -> {
                for (int i = 0; i < count; i++) if (!longs.isNull(i)) numbers[i] = longs.get(i);
                yield FieldType.INT64;
            }
            case IntVector ints -> {
                for (int i = 0; i < count; i++) if (!ints.isNull(i)) numbers[i] = ints.get(i);
                yield FieldType.INT32;
            }
            case BitVector bits -> {
                for (int i = 0; i < count; i++) if (!bits.isNull(i)) numbers[i] = bits.get(i);
                yield FieldType.BOOLEAN;
            }
            default -> throw new IOException("values of type " + values.getMinorType());
        };
        return Column.of(name, type, width, flat, numbers);
    }

    private static @Nullable String[] texts(VarCharVector vector, int count) {
        @Nullable String[] texts = new String[count];
        for (int i = 0; i < count; i++) {
            if (!vector.isNull(i)) texts[i] = new String(vector.get(i), StandardCharsets.UTF_8);
        }
        return texts;
    }
}
