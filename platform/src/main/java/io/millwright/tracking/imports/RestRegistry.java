package io.millwright.tracking.imports;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The registered models and webhooks of a running MLflow server.
final class RestRegistry implements SourceRegistry {
    private static final String API = "/api/2.0/mlflow";
    private static final String PROMPT_FILTER = "tags.`mlflow.prompt.is_prompt` = 'true'";
    private static final int MODELS = 100;
    private static final int VERSIONS = 200;
    private static final int WEBHOOKS = 100;

    private final RestClient http;
    private final ImportNotes notes;

    RestRegistry(RestClient http, ImportNotes notes) {
        this.http = http;
        this.notes = notes;
    }

    @Override
    public void models(MlflowSource.Visitor<SourceModel> visitor) throws IOException {
        try {
            search("", visitor);
        } catch (RestClient.Refused e) {
            // A server on files of old has none, and one may keep them from this user.
            if (!e.isUnknownRoute() && e.status() != 403) throw e;
            notes.leftOut("registered models, which the server does not show", String.valueOf(e.getMessage()));
            return;
        }
        try {
            search(PROMPT_FILTER, visitor); // Found only when they are asked for.
        } catch (RestClient.Refused e) {
            if (e.status() != 400) throw e; // Before 2.21 there were none, and the filter was wrong.
        }
    }

    private void search(String filter, MlflowSource.Visitor<SourceModel> visitor) throws IOException {
        Optional<String> token = Optional.empty();
        do {
            Map<String, String> fields = fields(MODELS, token);
            if (!filter.isEmpty()) fields.put("filter", filter);
            JsonNode page = http.get(API + "/registered-models/search" + RestClient.query(fields));
            for (JsonNode found : page.path("registered_models")) visitor.visit(model(found));
            token = nextPage(page);
        } while (token.isPresent());
    }

    /// The search leaves aliases out.
    private SourceModel model(JsonNode found) throws IOException {
        String name = RestMessages.text(found, "name");
        JsonNode whole = http.get(API + "/registered-models/get" + RestClient.query(Map.of("name", name)))
                .path("registered_model");
        Map<String, Long> aliases = new HashMap<>();
        for (JsonNode alias : whole.path("aliases")) {
            aliases.put(alias.path("alias").asString(""), alias.path("version").asLong(0));
        }
        return new SourceModel(
                name,
                whole.path("description").asString(""),
                time(whole, "creation_timestamp"),
                time(whole, "last_updated_timestamp"),
                tags(whole),
                aliases);
    }

    @Override
    public void versions(SourceModel model, MlflowSource.Visitor<SourceVersion> visitor) throws IOException {
        String filter = "name = " + quoted(model.name());
        boolean prompt =
                model.tags().getOrDefault("mlflow.prompt.is_prompt", "").equalsIgnoreCase("true");
        if (prompt) filter += " and " + PROMPT_FILTER;
        Optional<String> token = Optional.empty();
        do {
            Map<String, String> fields = fields(VERSIONS, token);
            fields.put("filter", filter);
            JsonNode page = http.get(API + "/model-versions/search" + RestClient.query(fields));
            for (JsonNode found : page.path("model_versions")) visitor.visit(version(model.name(), found));
            token = nextPage(page);
        } while (token.isPresent());
    }

    private SourceVersion version(String model, JsonNode found) throws IOException {
        String source = found.path("source").asString("");
        String number = RestMessages.text(found, "version");
        String location = source.startsWith("models:") ? location(model, number).orElse(source) : source;
        return new SourceVersion(
                model,
                Long.parseLong(number),
                found.path("description").asStringOpt().orElse(null),
                found.path("current_stage").asString("None"),
                source,
                location,
                found.path("run_id").asString(""),
                found.path("run_link").asString(""),
                found.path("model_id").asStringOpt().filter(id -> !id.isEmpty()).orElse(null),
                time(found, "creation_timestamp"),
                time(found, "last_updated_timestamp"),
                tags(found));
    }

    private Optional<String> location(String model, String number) throws IOException {
        String query = RestClient.query(Map.of("name", model, "version", number));
        return http.get(API + "/model-versions/get-download-uri" + query)
                .path("artifact_uri")
                .asStringOpt();
    }

    @Override
    public void webhooks(MlflowSource.Visitor<SourceWebhook> visitor) throws IOException {
        Optional<String> token = Optional.empty();
        do {
            JsonNode page;
            try {
                page = http.getUnlessItFails(API + "/webhooks" + RestClient.query(fields(WEBHOOKS, token)));
            } catch (RestClient.Refused e) {
                if (e.isUnknownRoute()) return; // Before 3.3 there were none.
                if (e.status() != 403 && e.status() != 500) throw e;
                notes.leftOut("webhooks, which the server does not show", String.valueOf(e.getMessage()));
                return;
            }
            for (JsonNode found : page.path("webhooks")) visitor.visit(webhook(found));
            token = nextPage(page);
        } while (token.isPresent());
    }

    private static SourceWebhook webhook(JsonNode found) throws IOException {
        List<String> events = new ArrayList<>();
        for (JsonNode event : found.path("events")) {
            events.add(event.path("entity").asString("") + "."
                    + event.path("action").asString(""));
        }
        return new SourceWebhook(
                found.path("webhook_id").asString(""),
                found.path("name").asString(""),
                found.path("description").asString(""),
                found.path("url").asString(""),
                events,
                found.path("status").asString("ACTIVE").equals("ACTIVE"),
                true,
                time(found, "creation_timestamp"),
                time(found, "last_updated_timestamp"));
    }

    /// In MLflow's grammar a text holds one kind of quote only.
    private static String quoted(String name) {
        return name.indexOf('\'') < 0 ? "'" + name + "'" : "\"" + name + "\"";
    }

    private static Map<String, String> fields(int maxResults, Optional<String> token) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("max_results", String.valueOf(maxResults));
        token.ifPresent(value -> fields.put("page_token", value));
        return fields;
    }

    private static Optional<String> nextPage(JsonNode page) {
        return Optional.of(page.path("next_page_token").asString("")).filter(token -> !token.isEmpty());
    }

    private static Instant time(JsonNode json, String field) throws IOException {
        return Instant.ofEpochMilli(RestMessages.number(json, field).orElse(0));
    }

    private static Map<String, String> tags(JsonNode json) {
        Map<String, String> tags = new HashMap<>();
        for (JsonNode tag : json.path("tags")) {
            tags.put(tag.path("key").asString(""), tag.path("value").asString(""));
        }
        return tags;
    }
}
