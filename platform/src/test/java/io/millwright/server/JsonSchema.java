package io.millwright.server;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// As much of JSON Schema as our OpenAPI document uses; a word it does not know fails the test.
final class JsonSchema {
    private final JsonNode document;
    private final List<String> wrong = new ArrayList<>();

    /// @param document in which `$ref` points
    JsonSchema(JsonNode document) {
        this.document = document;
    }

    /// What of the value is not as the schema says.
    List<String> violations(JsonNode schema, JsonNode value) {
        check("", schema, value);
        return wrong;
    }

    private void check(String at, JsonNode schema, JsonNode value) {
        for (var word : schema.properties()) {
            JsonNode said = word.getValue();
            switch (word.getKey()) {
                case "$ref" -> check(at, document.at(said.asString().substring(1)), value);
                case "type" ->
                    require(
                            said.isArray()
                                    ? said.valueStream().anyMatch(type -> isOf(type.asString(), value))
                                    : isOf(said.asString(), value),
                            at + " is " + value + ", not of type " + said);
                case "enum" -> require(said.valueStream().anyMatch(value::equals), at + " is " + value);
                case "minimum" -> require(value.asLong() >= said.asLong(), at + " is " + value);
                case "required" -> {
                    // Of what is no object it says nothing.
                    if (!value.isObject()) break;
                    said.valueStream().forEach(name -> require(value.has(name.asString()), at + " lacks " + name));
                }
                case "properties" ->
                    said.properties().forEach(property -> {
                        JsonNode inner = value.path(property.getKey());
                        if (!inner.isMissingNode()) check(at + "/" + property.getKey(), property.getValue(), inner);
                    });
                case "additionalProperties" ->
                    value.properties().forEach(property -> {
                        if (schema.path("properties").has(property.getKey())) return;
                        if (said.isObject()) check(at + "/" + property.getKey(), said, property.getValue());
                        else require(said.booleanValue(), at + " has " + property.getKey());
                    });
                case "items" -> value.valueStream().forEach(item -> check(at + "/[]", said, item));
                case "format" -> require(isOfFormat(said.asString(), value.asString()), at + " is " + value);
                case "description", "default" -> {}
                default -> throw new IllegalArgumentException("unknown word " + word.getKey());
            }
        }
    }

    private static boolean isOf(String type, JsonNode value) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isString();
            case "integer" -> value.isIntegralNumber();
            case "number" -> value.isNumber();
            case "null" -> value.isNull();
            case "boolean" -> value.isBoolean();
            default -> false;
        };
    }

    private static boolean isOfFormat(String format, String text) {
        try {
            if (format.equals("date-time")) java.time.Instant.parse(text);
            if (format.equals("duration")) java.time.Duration.parse(text);
            return true;
        } catch (java.time.format.DateTimeParseException e) {
            return false;
        }
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) wrong.add(otherwise);
    }
}
