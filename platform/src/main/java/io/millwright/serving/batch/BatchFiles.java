package io.millwright.serving.batch;

import io.millwright.kernel.Failure;
import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.duck.ParquetCopy;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import io.millwright.serving.predict.InputPolicy;
import io.millwright.serving.predict.Predictor;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;

/// A Parquet file of rows made one of the same rows with answers beside them.
final class BatchFiles {
    private static final int AT_ONCE = 8_192;
    private static final long MEMORY = 1L << 30;

    private BatchFiles() {}

    /// @param schema of the file
    record Predicted(Path file, Schema schema, Metrics metrics, long rows) {}

    /// @param rows of the schema
    /// @param folder for what is made
    static Predicted predict(Path rows, Path folder, Schema schema, Predictor predictor, LongConsumer told)
            throws IOException {
        try (Duck answers = Duck.open(new Duck.Caps(MEMORY, 1, Optional.of(folder.resolve("spill"))))) {
            long count = 0;
            List<Column> shape = List.of();
            try (Duck reader = Duck.openStreaming(new Duck.Caps(MEMORY / 2, 1, Optional.empty()));
                    Statement statement = reader.connection().createStatement();
                    ResultSet result = statement.executeQuery(query(rows, predictor.inputs()))) {
                DuckDBAppender appender = null;
                for (Frame frame = next(result, predictor.inputs());
                        frame.rows() > 0;
                        frame = next(result, predictor.inputs())) {
                    Frame answer = answer(predictor, frame, count);
                    if (appender == null) {
                        shape = answer.columns();
                        answers.execute(table(shape));
                        appender = answers.connection().createAppender(null, null, "answers");
                    }
                    append(appender, answer);
                    count += frame.rows();
                    told.accept(count);
                }
                if (appender != null) appender.close();
            }
            return joined(answers, rows, folder, schema, shape, count);
        } catch (SQLException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Frame answer(Predictor predictor, Frame frame, long before) {
        try {
            return predictor.predict(frame, InputPolicy.DEFAULT).answer();
        } catch (Failure e) {
            if (before == 0) throw e;
            throw e.code().because("In the rows from " + before + " on: " + e.message());
        }
    }

    private static String query(Path rows, List<Field> fields) {
        String columns = fields.stream()
                .map(field -> "cast(" + Duck.quoted(field.name()) + " as "
                        + (field.type() == FieldType.TEXT ? "varchar" : "double") + ")")
                .collect(Collectors.joining(", "));
        return "select " + columns + " from read_parquet(" + Duck.literal(rows.toString()) + ")";
    }

    private static Frame next(ResultSet result, List<Field> fields) throws SQLException {
        double[][] numbers = new double[fields.size()][];
        @Nullable String[][] texts = new String[fields.size()][];
        for (int i = 0; i < fields.size(); i++) {
            boolean text = fields.get(i).type() == FieldType.TEXT;
            numbers[i] = new double[text ? 0 : AT_ONCE];
            texts[i] = new String[text ? AT_ONCE : 0];
        }
        int count = 0;
        while (count < AT_ONCE && result.next()) {
            for (int i = 0; i < fields.size(); i++) {
                if (texts[i].length > 0) {
                    texts[i][count] = result.getString(i + 1);
                } else {
                    double number = result.getDouble(i + 1);
                    numbers[i][count] = result.wasNull() ? Double.NaN : number;
                }
            }
            count++;
        }
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            Field field = fields.get(i);
            columns.add(
                    texts[i].length > 0
                            ? Column.of(field.name(), 1, true, java.util.Arrays.copyOf(texts[i], count))
                            : Column.of(
                                    field.name(), field.type(), 1, true, java.util.Arrays.copyOf(numbers[i], count)));
        }
        return new Frame(count, columns);
    }

    private static String table(List<Column> shape) {
        List<String> columns = new ArrayList<>();
        for (int i = 0; i < shape.size(); i++) {
            for (int j = 0; j < shape.get(i).width(); j++)
                columns.add("a" + i + "_" + j + " " + ColumnTypes.duck(type(shape.get(i))));
        }
        return "create table answers (" + String.join(", ", columns) + ")";
    }

    private static Type type(Column column) {
        if (column.isText()) return Types.StringType.get();
        return switch (column.type()) {
            case INT64, INT32 -> Types.LongType.get();
            case BOOLEAN -> Types.BooleanType.get();
            default -> Types.DoubleType.get();
        };
    }

    private static void append(DuckDBAppender appender, Frame answer) throws SQLException {
        for (int row = 0; row < answer.rows(); row++) {
            appender.beginRow();
            for (Column column : answer.columns()) {
                for (int j = 0; j < column.width(); j++) append(appender, column, row * column.width() + j);
            }
            appender.endRow();
        }
    }

    private static void append(DuckDBAppender appender, Column column, int at) throws SQLException {
        if (column.isText()) {
            String text = column.texts()[at];
            if (text == null) appender.appendNull();
            else appender.append(text);
            return;
        }
        double number = column.numbers()[at];
        switch (column.type()) {
            case INT64, INT32 -> {
                if (Double.isNaN(number)) appender.appendNull();
                else appender.append((long) number);
            }
            case BOOLEAN -> appender.append(number != 0);
            default -> appender.append(number);
        }
    }

    /// Names of the answers' columns, none of them twice.
    private static List<String> names(Schema schema, List<Column> shape) {
        Set<String> taken = schema.columns().stream()
                .map(field -> field.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(HashSet::new));
        List<String> names = new ArrayList<>();
        for (Column column : shape) {
            for (int j = 0; j < column.width(); j++) {
                String wanted =
                        (column.name().isEmpty() ? "prediction" : column.name().replace('.', '_'))
                                + (column.width() == 1 ? "" : "_" + j);
                String name = wanted;
                for (int i = 2; !taken.add(name.toLowerCase(Locale.ROOT)); i++) name = wanted + "_" + i;
                names.add(name);
            }
        }
        return names;
    }

    private static Predicted joined(Duck answers, Path rows, Path folder, Schema schema, List<Column> shape, long count)
            throws SQLException {
        List<Types.NestedField> fields = new ArrayList<>(schema.columns());
        List<String> selected = new ArrayList<>();
        for (Types.NestedField field : schema.columns()) selected.add("r." + Duck.quoted(field.name()));
        List<String> names = names(schema, shape);
        int at = 0;
        for (int i = 0; i < shape.size(); i++) {
            for (int j = 0; j < shape.get(i).width(); j++) {
                String name = names.get(at++);
                fields.add(Types.NestedField.optional(1_000_000 + at, name, type(shape.get(i))));
                selected.add("a.a" + i + "_" + j + " as " + Duck.quoted(name));
            }
        }
        int[] last = {0};
        Schema whole = TypeUtil.assignFreshIds(new Schema(fields), () -> ++last[0]);
        Path file = folder.resolve("predicted.parquet");
        Metrics metrics = ParquetCopy.write(
                answers,
                "select " + String.join(", ", selected) + " from read_parquet(" + Duck.literal(rows.toString())
                        + ") r positional join answers a",
                whole,
                "compression zstd",
                file);
        return new Predicted(file, whole, metrics, count);
    }
}
