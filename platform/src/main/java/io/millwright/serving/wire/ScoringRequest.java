package io.millwright.serving.wire;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;

import io.millwright.http.Json;
import io.millwright.kernel.Failure;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// Rows as MLflow's scoring server takes them: `dataframe_split`, `dataframe_records`, `instances`,
/// `inputs`, CSV. Where SageMaker's look alike they are told apart here.
///
/// Source: mlflow.org/docs/latest/ml/deployment/deploy-model-locally, "Input formats".
final class ScoringRequest {
    private static final String FORMATS = "dataframe_split, dataframe_records, instances, inputs";
    private static final int MOST_COLUMNS = 100_000;

    private final JsonParser parser;

    private ScoringRequest(JsonParser parser) {
        this.parser = parser;
    }

    /// @throws Failure MALFORMED_REQUEST, INVALID_ARGUMENT
    static Invocation json(byte[] body) {
        try (JsonParser parser = BodyParser.of(body, body.length)) {
            return new ScoringRequest(parser).read();
        } catch (JacksonException e) {
            throw Json.malformed(e) instanceof Failure failure
                    ? failure
                    : MALFORMED_REQUEST.because("The body is no JSON.");
        }
    }

    private Invocation read() {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw INVALID_ARGUMENT.because("The body is no JSON object, expected one with exactly one of %s.", FORMATS);
        }
        @Nullable Invocation rows = null;
        String params = "";
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            if (name.equals("params")) {
                params = params();
                continue;
            }
            if (!FORMATS.contains(name) || name.length() < 6) {
                parser.skipChildren();
                continue;
            }
            if (rows != null) throw INVALID_ARGUMENT.because("The body has more than one of %s.", FORMATS);
            rows = switch (name) {
                case "dataframe_split" -> new Invocation(split(), false);
                case "dataframe_records" -> new Invocation(rows(name), false);
                case "instances" -> instances();
                case "inputs" -> new Invocation(inputs(), false);
                default -> throw INVALID_ARGUMENT.because("'%s' is none of %s.", name, FORMATS);
            };
        }
        if (parser.nextToken() != null) throw INVALID_ARGUMENT.because("The body goes on after its JSON object.");
        if (rows != null) return params.isEmpty() ? rows : rows.with(params);
        throw INVALID_ARGUMENT.because("The body has none of %s, expected exactly one.", FORMATS);
    }

    /// As it was sent; empty for null.
    private String params() {
        if (parser.currentToken() == JsonToken.VALUE_NULL) return "";
        require(JsonToken.START_OBJECT, "params", "an object");
        StringWriter copied = new StringWriter();
        try (JsonGenerator json = Json.MAPPER.createGenerator(copied)) {
            json.copyCurrentStructure(parser);
        }
        return copied.toString();
    }

    private Frame split() {
        require(JsonToken.START_OBJECT, "dataframe_split", "an object with columns and data");
        List<String> names = List.of();
        @Nullable Table table = null;
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "columns" -> names = names();
                case "data" -> table = table();
                default -> parser.skipChildren();
            }
        }
        if (table == null) throw INVALID_ARGUMENT.because("'dataframe_split' has no 'data'.");
        return table.frame(names);
    }

    private List<String> names() {
        require(JsonToken.START_ARRAY, "columns", "an array of names");
        List<String> names = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            names.add(parser.getValueAsString(""));
            if (names.size() > MOST_COLUMNS) throw INVALID_ARGUMENT.because("More than %d columns.", MOST_COLUMNS);
        }
        return names;
    }

    /// Rows of values, all as long as the first.
    private Table table() {
        require(JsonToken.START_ARRAY, "data", "an array of rows");
        Table table = new Table();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            require(JsonToken.START_ARRAY, "data", "an array of rows");
            table.row(parser);
        }
        return table;
    }

    private static final class Table {
        private final List<Values> columns = new ArrayList<>();
        private int rows;

        void row(JsonParser parser) {
            if (rows > 0 && BodyParser.row(parser, columns)) {
                parser.nextToken();
                rows++;
                return;
            }
            int place = 0;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (rows == 0) {
                    columns.add(new Values("column " + place, 16));
                    if (place > MOST_COLUMNS) throw INVALID_ARGUMENT.because("More than %d columns.", MOST_COLUMNS);
                }
                if (place >= columns.size()) throw uneven(place + 1);
                columns.get(place++).add(parser);
            }
            if (place != columns.size()) throw uneven(place);
            rows++;
        }

        private Failure uneven(int got) {
            return INVALID_ARGUMENT.because("Row %d has %d values, the first has %d.", rows, got, columns.size());
        }

        Frame frame(List<String> names) {
            if (rows > 0 && !names.isEmpty() && names.size() != columns.size()) {
                throw INVALID_ARGUMENT.because(
                        "%d columns are named, the rows have %d values.", names.size(), columns.size());
            }
            List<Column> made = new ArrayList<>();
            for (int i = 0; i < columns.size(); i++) {
                Column column = columns.get(i).column(null, 1, true);
                made.add(named(names.isEmpty() ? column.name() : names.get(i), column));
            }
            return new Frame(rows, made, !names.isEmpty());
        }
    }

    private static Column named(String name, Column column) {
        return column.isText()
                ? Column.of(name, column.width(), column.isFlat(), column.texts())
                : Column.of(name, column.type(), column.width(), column.isFlat(), column.numbers());
    }

    /// Objects with a field for each column, arrays of values, or single values.
    private Frame rows(String format) {
        require(JsonToken.START_ARRAY, format, "an array of rows");
        JsonToken first = parser.nextToken();
        if (first == JsonToken.END_ARRAY) return new Frame(0, List.of());
        if (first == JsonToken.START_OBJECT) {
            parser.nextToken();
            return records(format);
        }
        return tensor(format);
    }

    /// MLflow's, or SageMaker's: those have an array or an object in their first field.
    private Invocation instances() {
        require(JsonToken.START_ARRAY, "instances", "an array of rows");
        JsonToken first = parser.nextToken();
        if (first == JsonToken.END_ARRAY) return new Invocation(new Frame(0, List.of()), false);
        if (first != JsonToken.START_OBJECT) return new Invocation(tensor("instances"), false);
        if (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            if (SageMakerRows.begins(name, parser.nextToken())) return new SageMakerRows(parser).array();
        }
        return new Invocation(records("instances"), false);
    }

    /// Standing on the first name of the first row, on its value, or on the row's end.
    private Frame records(String format) {
        Map<String, Values> columns = new LinkedHashMap<>();
        int rows = 0;
        while (true) {
            for (; parser.currentToken() != JsonToken.END_OBJECT; parser.nextToken()) {
                String name = parser.currentName();
                if (parser.currentToken() == JsonToken.PROPERTY_NAME) parser.nextToken();
                add(columns, rows, name);
            }
            rows++;
            for (Values values : columns.values()) if (values.size() < rows) values.missing();
            if (parser.nextToken() == JsonToken.END_ARRAY) break;
            require(JsonToken.START_OBJECT, format, "objects alone");
            parser.nextToken();
        }
        return new Frame(
                rows,
                columns.values().stream()
                        .map(values -> values.column(null, 1, true))
                        .toList());
    }

    private void add(Map<String, Values> columns, int rows, String name) {
        Values values = columns.get(name);
        if (values == null) {
            values = new Values(name, 16);
            columns.put(name, values);
            for (int i = 0; i < rows; i++) values.missing();
            if (columns.size() > MOST_COLUMNS) throw INVALID_ARGUMENT.because("More than %d columns.", MOST_COLUMNS);
        }
        if (values.size() > rows) throw INVALID_ARGUMENT.because("Row %d has '%s' twice.", rows, name);
        values.add(parser);
    }

    /// An array of values or of arrays of them, standing on its first value; read to its end.
    private Frame tensor(String name) {
        Values values = new Values(name, 64);
        int rows = 0;
        int width = -1;
        boolean flat = parser.currentToken() != JsonToken.START_ARRAY;
        while (parser.currentToken() != JsonToken.END_ARRAY) {
            int before = values.size();
            if (flat) values.add(parser);
            else row(values, name);
            int got = values.size() - before;
            if (width >= 0 && got != width) {
                throw INVALID_ARGUMENT.because(
                        "Row %d of '%s' has %d values, the first has %d.", rows, name, got, width);
            }
            width = got;
            rows++;
            parser.nextToken();
        }
        return new Frame(rows, List.of(values.column(null, width, flat)));
    }

    /// One row, nested as it may be.
    private void row(Values values, String name) {
        require(JsonToken.START_ARRAY, name, "arrays alone");
        if (BodyParser.numbers(parser, values)) {
            parser.nextToken();
            return;
        }
        int depth = 1;
        while (depth > 0) {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.START_ARRAY) depth++;
            else if (token == JsonToken.END_ARRAY) depth--;
            else if (token == null) throw INVALID_ARGUMENT.because("The body ends in '%s'.", name);
            else values.add(parser);
        }
    }

    /// A tensor, or columns by name.
    private Frame inputs() {
        if (parser.currentToken() != JsonToken.START_OBJECT) return rows("inputs");
        List<Column> columns = new ArrayList<>();
        int rows = -1;
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            Frame column;
            if (parser.nextToken() == JsonToken.START_ARRAY) {
                if (parser.nextToken() == JsonToken.END_ARRAY) continue;
                column = tensor(name);
            } else {
                // A single value is a row of its own.
                Values values = new Values(name, 1);
                values.add(parser);
                column = new Frame(1, List.of(values.column(null, 1, true)));
            }
            if (rows >= 0 && rows != column.rows()) {
                throw INVALID_ARGUMENT.because("'%s' has %d rows, the one before has %d.", name, column.rows(), rows);
            }
            rows = column.rows();
            columns.add(column.columns().getFirst());
            if (columns.size() > MOST_COLUMNS) throw INVALID_ARGUMENT.because("More than %d columns.", MOST_COLUMNS);
        }
        return new Frame(Math.max(0, rows), columns);
    }

    private void require(JsonToken token, String name, String expected) {
        if (parser.currentToken() != token) throw INVALID_ARGUMENT.because("'%s' is not %s.", name, expected);
    }

    /// CSV of either, see [Invocation#read].
    ///
    /// @param headless whether it is known to begin with a row
    /// @param known names of the columns that the model reads
    /// @throws Failure INVALID_ARGUMENT
    static Invocation csv(byte[] body, boolean headless, Set<String> known) {
        Csv csv = new Csv(new String(body, StandardCharsets.UTF_8));
        List<String> first = csv.line();
        if (first.isEmpty()) {
            throw INVALID_ARGUMENT.because(
                    "The CSV is empty, expected a line of column names and rows, or rows of numbers.");
        }
        boolean named = !headless && !isRow(first, known);
        List<Values> columns = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) columns.add(new Values(named ? first.get(i) : "column " + i, 16));
        int rows = 0;
        for (List<String> line = named ? csv.line() : first; !line.isEmpty(); line = csv.line()) {
            if (line.size() != first.size()) {
                throw INVALID_ARGUMENT.because(
                        "Row %d of the CSV has %d values, its first line has %d.", rows, line.size(), first.size());
            }
            for (int i = 0; i < line.size(); i++) add(columns.get(i), line.get(i));
            rows++;
        }
        List<Column> made =
                columns.stream().map(values -> values.column(null, 1, true)).toList();
        return new Invocation(new Frame(rows, made, named), !named);
    }

    /// Whether a first line is a row of numbers and not the columns' names.
    private static boolean isRow(List<String> cells, Set<String> known) {
        return !known.containsAll(cells)
                && cells.stream().anyMatch(cell -> !cell.isEmpty())
                && cells.stream().allMatch(cell -> cell.isEmpty() || isNumber(cell));
    }

    private static void add(Values values, String cell) {
        if (values.isText()) {
            if (cell.isEmpty()) values.missing();
            else values.text(cell);
            return;
        }
        switch (cell) {
            case "", "NaN", "nan" -> values.missing();
            case "inf" -> values.number(Double.POSITIVE_INFINITY);
            case "-inf" -> values.number(Double.NEGATIVE_INFINITY);
            case "True" -> values.flag(true);
            case "False" -> values.flag(false);
            default -> {
                if (!isNumber(cell)) values.text(cell);
                else if (cell.chars().allMatch(c -> c == '-' || Character.isDigit(c)))
                    values.whole(Double.parseDouble(cell));
                else values.number(Double.parseDouble(cell));
            }
        }
    }

    private static boolean isNumber(String cell) {
        char last = cell.charAt(cell.length() - 1);
        // Java would take 1d and 0x1p3 for numbers, too.
        if (!Character.isDigit(last) && last != '.' || cell.indexOf('x') >= 0 || cell.indexOf('X') >= 0) return false;
        try {
            Double.parseDouble(cell);
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
