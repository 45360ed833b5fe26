package io.millwright.registry;

import io.millwright.http.Reply;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JsonGenerator;

/// Writes the registry's records as MLflow's messages.
final class RegistryJson {
    private RegistryJson() {}

    static Reply model(RegisteredModel model) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("registered_model");
            model(json, model);
            json.writeEndObject();
        });
    }

    static Reply version(ModelVersion version) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("model_version");
            version(json, version);
            json.writeEndObject();
        });
    }

    static void model(JsonGenerator json, RegisteredModel model) {
        json.writeStartObject();
        json.writeStringProperty("name", model.name());
        json.writeNumberProperty("creation_timestamp", model.createdAt().toEpochMilli());
        json.writeNumberProperty("last_updated_timestamp", model.updatedAt().toEpochMilli());
        if (!model.description().isEmpty()) json.writeStringProperty("description", model.description());
        versions(json, "latest_versions", model.latestVersions());
        tags(json, model.tags());
        if (!model.aliases().isEmpty()) {
            json.writeName("aliases").writeStartArray();
            new TreeMap<>(model.aliases())
                    .forEach((alias, version) -> json.writeStartObject()
                            .writeStringProperty("alias", alias)
                            .writeStringProperty("version", String.valueOf(version))
                            .writeEndObject());
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    /// Nothing when there are none.
    static void versions(JsonGenerator json, String field, List<ModelVersion> versions) {
        if (versions.isEmpty()) return;
        json.writeName(field).writeStartArray();
        for (ModelVersion version : versions) version(json, version);
        json.writeEndArray();
    }

    static void version(JsonGenerator json, ModelVersion version) {
        json.writeStartObject();
        json.writeStringProperty("name", version.model());
        json.writeStringProperty("version", String.valueOf(version.number()));
        json.writeNumberProperty("creation_timestamp", version.createdAt().toEpochMilli());
        json.writeNumberProperty("last_updated_timestamp", version.updatedAt().toEpochMilli());
        json.writeStringProperty("current_stage", version.stage().label());
        if (version.description() != null) json.writeStringProperty("description", version.description());
        json.writeStringProperty("source", version.source());
        json.writeStringProperty("run_id", version.run());
        json.writeStringProperty("status", "READY");
        tags(json, version.tags());
        json.writeStringProperty("run_link", version.runLink());
        if (!version.aliases().isEmpty()) {
            json.writeName("aliases").writeStartArray();
            version.aliases().forEach(json::writeString);
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void tags(JsonGenerator json, Map<String, String> tags) {
        if (tags.isEmpty()) return;
        json.writeName("tags").writeStartArray();
        new TreeMap<>(tags)
                .forEach((key, value) -> json.writeStartObject()
                        .writeStringProperty("key", key)
                        .writeStringProperty("value", value)
                        .writeEndObject());
        json.writeEndArray();
    }
}
