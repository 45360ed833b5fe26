package io.millwright.runtime.read;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/// JSON with its arrays of numbers as arrays of numbers, which a model's file is full of.
final class JsonDocument {
    /// NaN and Infinity are written by XGBoost and by Python.
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private JsonDocument() {}

    static Document read(byte[] bytes) {
        try (JsonParser parser = JSON.createParser(tools.jackson.core.ObjectReadContext.empty(), bytes)) {
            parser.nextToken();
            return Document.of(value(parser));
        } catch (JacksonException e) {
            throw new UnreadableModel("the model is no JSON: " + e.getOriginalMessage(), e);
        }
    }

    static Document read(Path file) {
        return read(Files.bytes(file));
    }

    private static @Nullable Object value(JsonParser parser) {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case null, default -> null;
        };
    }

    private static Map<String, @Nullable Object> object(JsonParser parser) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            fields.put(name, value(parser));
        }
        return fields;
    }

    /// Numbers as long as all are; booleans count as 0 and 1 among numbers alone.
    private static Object array(JsonParser parser) {
        double[] numbers = new double[16];
        int count = 0;
        JsonToken token = parser.nextToken();
        while (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
            if (count == numbers.length) numbers = Arrays.copyOf(numbers, 2 * count);
            numbers[count++] = parser.getDoubleValue();
            token = parser.nextToken();
        }
        if (token == JsonToken.END_ARRAY) return Arrays.copyOf(numbers, count);
        List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < count; i++) values.add(numbers[i]);
        for (; token != JsonToken.END_ARRAY; token = parser.nextToken()) values.add(value(parser));
        return values;
    }
}
