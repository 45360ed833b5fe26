package io.millwright.registry;

import io.millwright.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/// Under which names a logged model is registered: a tag of it, which MLflow's clients and pages read.
final class Registrations {
    static final String TAG = "mlflow.modelVersions";

    private Registrations() {}

    /// The tag's value with one more version.
    ///
    /// @param old a JSON list; what a client wrote there instead is replaced
    static String and(Optional<String> old, String model, long number) {
        List<JsonNode> all = new ArrayList<>();
        old.ifPresent(text -> {
            if (parsed(text) instanceof ArrayNode list) list.forEach(all::add);
        });
        all.add(Json.MAPPER.createObjectNode().put("name", model).put("version", number));
        return all.stream().map(Registrations::spaced).collect(Collectors.joining(", ", "[", "]"));
    }

    /// With blanks, as MLflow writes it.
    private static String spaced(JsonNode entry) {
        if (!entry.isObject()) return entry.toString();
        return entry.properties().stream()
                .map(field -> Json.MAPPER.writeValueAsString(field.getKey()) + ": " + field.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static JsonNode parsed(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            return Json.MAPPER.missingNode();
        }
    }
}
