package io.millwright.runtime.read;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Model;
import io.millwright.runtime.Operator;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Shape;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The columns of a data frame on its way through a pipeline. A column that is read and was not made is
/// an input of the model.
final class SparkColumns {
    /// @param node what computes it
    /// @param vector whether it is a vector, be it of one number
    /// @param labels what its numbers stand for, if they are indexes; empty when that is not known
    private record Column(String node, Shape shape, boolean vector, List<String> labels) {}

    private record Answer(String name, String node, FieldType type, boolean column) {}

    private static final int MAX_WIDTH = 1 << 24;

    private final Graph graph = new Graph();
    private final Map<String, Column> columns = new LinkedHashMap<>();
    private final Set<String> made = new HashSet<>();
    private final Set<String> read = new HashSet<>();

    /// The prediction and what belongs to it, by column.
    private final Map<String, Answer> answers = new LinkedHashMap<>();

    boolean has(String column) {
        return columns.containsKey(column);
    }

    boolean isText(String column) {
        return has(column) && column(column).shape.kind() == Shape.Kind.TEXTS;
    }

    boolean isVector(String column) {
        return has(column) && column(column).vector;
    }

    private Column column(String name) {
        Column column = columns.get(name);
        if (column == null) throw new IllegalStateException(name);
        return column;
    }

    int width(String column) {
        return column(column).shape.width();
    }

    List<String> labels(String column) {
        return column(column).labels;
    }

    /// The node of a column of numbers.
    ///
    /// @param missingAllowed whether the stage can use a missing one
    String number(String column, boolean missingAllowed) {
        if (!has(column)) field(column, FieldType.FLOAT64, missingAllowed);
        return read(column, Shape.numbers(1));
    }

    /// The node of a column of texts.
    String text(String column, boolean missingAllowed) {
        if (!has(column)) field(column, FieldType.TEXT, missingAllowed);
        return read(column, Shape.texts(1));
    }

    private void field(String name, FieldType type, boolean missingAllowed) {
        Field open = Field.column(name, type);
        Field field = new Field(name, type, 1, missingAllowed, open.unit(), open.range(), open.categories());
        columns.put(name, new Column(graph.field(field), field.shape(), false, List.of()));
    }

    /// The node of a vector of so many numbers.
    String vector(String column, int width) {
        if (!has(column)) {
            if (width < 1 || width > MAX_WIDTH) {
                throw new UnreadableModel(
                        "vector column '%s' has %d numbers, expected 1 to %d".formatted(column, width, MAX_WIDTH));
            }
            Field field = Field.tensor(column, FieldType.FLOAT64, width);
            columns.put(column, new Column(graph.field(field), field.shape(), true, List.of()));
        }
        return read(column, Shape.numbers(width));
    }

    /// The node of a vector, or a number, whose width an earlier stage tells.
    String any(String column, SparkStage stage) {
        if (!has(column)) {
            throw new UnreadableModel(
                    "how wide vector column '%s' is, which %s reads, the pipeline does not tell; put a VectorAssembler or a VectorSizeHint before it"
                            .formatted(column, stage.type()));
        }
        return read(column, column(column).shape);
    }

    private String read(String name, Shape expected) {
        Column column = column(name);
        if (!column.shape.equals(expected)) {
            throw new UnreadableModel(
                    "column '%s' has %s, and a stage reads %s of it".formatted(name, column.shape, expected));
        }
        read.add(name);
        return column.node;
    }

    /// Adds a step on the way to a column.
    String step(String column, String what, Operator operator, String... from) {
        return graph.node(column + "." + what, operator, from);
    }

    /// Adds a column of one number a row.
    String makeNumber(String column, Operator operator, String... from) {
        return make(column, Shape.numbers(1), false, List.of(), operator, from);
    }

    /// Adds a column of indexes into labels.
    String makeIndex(String column, List<String> labels, Operator operator, String... from) {
        return make(column, Shape.numbers(1), false, labels, operator, from);
    }

    String makeText(String column, Operator operator, String... from) {
        return make(column, Shape.texts(1), false, List.of(), operator, from);
    }

    String makeVector(String column, int width, Operator operator, String... from) {
        return make(column, Shape.numbers(width), true, List.of(), operator, from);
    }

    private String make(
            String column, Shape shape, boolean vector, List<String> labels, Operator operator, String... from) {
        String node = graph.node(column, operator, from);
        put(column, new Column(node, shape, vector, labels));
        made.add(column);
        return node;
    }

    private void put(String name, Column column) {
        if (columns.put(name, column) != null) {
            throw new UnreadableModel("two stages make column '%s', or one makes what it reads".formatted(name));
        }
    }

    /// Adds a step that refuses what the stage of a column refuses.
    String require(String column, String node, int width, double low, double high, boolean missingAllowed) {
        return step(column, "required", within(width, low, high, missingAllowed), node);
    }

    static Preparation.Require within(int width, double low, double high, boolean missingAllowed) {
        double[] lows = new double[width];
        double[] highs = new double[width];
        Arrays.fill(lows, low);
        Arrays.fill(highs, high);
        return new Preparation.Require(Doubles.of(lows), Doubles.of(highs), missingAllowed);
    }

    /// A new prediction: what an earlier one answered stays a column.
    void beginAnswer() {
        answers.clear();
    }

    /// @param column empty when the stage makes none of it
    /// @param as the output's name
    void answer(String column, String as, String node, int width, boolean vector, FieldType type) {
        if (!column.isEmpty()) {
            put(column, new Column(node, Shape.numbers(width), vector, List.of()));
            made.add(column);
        }
        answers.put(column.isEmpty() ? "\0" + as : column, new Answer(as, node, type, !vector));
    }

    Model build(SparkStage model) {
        for (Answer each : answers.values()) {
            if (each.column) graph.column(each.name, each.node, each.type);
            else graph.rows(each.name, each.node, each.type);
        }
        columns.forEach((name, column) -> {
            if (!made.contains(name) || read.contains(name) || answers.containsKey(name)) return;
            FieldType type = column.shape.kind() == Shape.Kind.TEXTS ? FieldType.TEXT : FieldType.FLOAT64;
            if (column.vector) graph.rows(name, column.node, type);
            else graph.column(name, column.node, type);
        });
        graph.about("library", "spark");
        graph.about("library-version", model.metadata().text("sparkVersion"));
        graph.about("class", model.metadata().text("class"));
        return graph.build();
    }
}
