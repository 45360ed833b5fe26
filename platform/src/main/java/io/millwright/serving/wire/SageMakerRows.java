package io.millwright.serving.wire;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;

import io.millwright.http.Json;
import io.millwright.kernel.Failure;
import io.millwright.serving.predict.Frame;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// Rows as SageMaker's algorithms take them in JSON: each an object `{"features": […]}` or `{"data":
/// {"features": {"values": […]}}}`.
///
/// Source: docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html, "Common request formats for all
/// algorithms".
final class SageMakerRows {
    /// A row's fields, as far as they are looked at. `configuration` is not.
    private static final Set<String> FIELDS = Set.of("features", "data");

    private final JsonParser parser;
    private final Values values = new Values("features", 64);
    private int rows;
    private int width = -1;

    SageMakerRows(JsonParser parser) {
        this.parser = parser;
    }

    /// Whether a row that has this field, whose value the parser stands on, is SageMaker's: MLflow takes
    /// neither arrays nor objects there.
    static boolean begins(String field, JsonToken value) {
        return (FIELDS.contains(field) || field.equals("configuration"))
                && (value == JsonToken.START_ARRAY || value == JsonToken.START_OBJECT);
    }

    /// A row on each line.
    static Invocation lines(byte[] body) {
        try (JsonParser parser = BodyParser.of(body, body.length)) {
            SageMakerRows rows = new SageMakerRows(parser);
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token != JsonToken.START_OBJECT) {
                    throw INVALID_ARGUMENT.because(
                            "Row %d is no JSON object, expected one with 'features' on each line.", rows.rows);
                }
                parser.nextToken();
                rows.row();
            }
            return rows.invocation();
        } catch (JacksonException e) {
            throw Json.malformed(e) instanceof Failure failure
                    ? failure
                    : MALFORMED_REQUEST.because("The body is no JSON Lines.");
        }
    }

    /// The rest of an array of rows, standing on the value of the first one's first field.
    Invocation array() {
        fieldsFromValue();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT)
                throw INVALID_ARGUMENT.because("Row %d of 'instances' is no object, as the first is.", rows);
            parser.nextToken();
            row();
        }
        return invocation();
    }

    private Invocation invocation() {
        return new Invocation(
                rows == 0
                        ? Frame.unnamed(0, List.of())
                        : Frame.unnamed(rows, List.of(values.column(null, width, false))),
                true);
    }

    /// One row, standing on its first name or its end.
    private void row() {
        if (parser.currentToken() == JsonToken.PROPERTY_NAME) {
            parser.nextToken();
            fieldsFromValue();
        } else {
            end(values.size());
        }
    }

    private void fieldsFromValue() {
        int before = values.size();
        boolean found = false;
        do {
            if (!FIELDS.contains(parser.currentName())) {
                parser.skipChildren();
                continue;
            }
            if (found) throw INVALID_ARGUMENT.because("Row %d has its features twice.", rows);
            found = true;
            if (parser.currentName().equals("features")) vector();
            else data();
        } while (nextValue());
        if (!found) throw lacking();
        end(before);
    }

    private boolean nextValue() {
        if (parser.nextToken() != JsonToken.PROPERTY_NAME) return false;
        parser.nextToken();
        return true;
    }

    private Failure lacking() {
        return INVALID_ARGUMENT.because(
                "Row %d has no features, expected {\"features\": […]} or {\"data\": {\"features\": {\"values\": […]}}}.",
                rows);
    }

    private void end(int before) {
        int got = values.size() - before;
        if (got == 0) throw lacking();
        if (width >= 0 && got != width)
            throw INVALID_ARGUMENT.because("Row %d has %d features, the first has %d.", rows, got, width);
        width = got;
        rows++;
    }

    private void data() {
        if (parser.currentToken() != JsonToken.START_OBJECT)
            throw INVALID_ARGUMENT.because("'data' of row %d is no object, expected {\"features\": …}.", rows);
        boolean found = false;
        while (nextValue()) {
            if (!parser.currentName().equals("features")) {
                throw INVALID_ARGUMENT.because(
                        "'data' of row %d has '%s', expected 'features' alone.", rows, parser.currentName());
            }
            if (found) throw INVALID_ARGUMENT.because("Row %d has its features twice.", rows);
            found = true;
            vector();
        }
    }

    /// An array of values, or an object whose `values` is one.
    private void vector() {
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            values();
            return;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT)
            throw INVALID_ARGUMENT.because("'features' of row %d is neither an array nor an object.", rows);
        boolean found = false;
        while (nextValue()) {
            switch (parser.currentName()) {
                case "values" -> {
                    if (found || parser.currentToken() != JsonToken.START_ARRAY)
                        throw INVALID_ARGUMENT.because("'values' of row %d are not one array.", rows);
                    found = true;
                    values();
                }
                case "keys" -> {
                    if (parser.currentToken() != JsonToken.START_ARRAY || parser.nextToken() != JsonToken.END_ARRAY) {
                        throw INVALID_ARGUMENT.because(
                                "Row %d has 'keys': sparse vectors are not read. Send all values.", rows);
                    }
                }
                default -> parser.skipChildren();
            }
        }
    }

    private void values() {
        while (parser.nextToken() != JsonToken.END_ARRAY) values.add(parser);
    }
}
