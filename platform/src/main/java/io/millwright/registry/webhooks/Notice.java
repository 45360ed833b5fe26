package io.millwright.registry.webhooks;

import io.millwright.http.Json;
import io.millwright.ledger.Event;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What webhooks are told of one event of the ledger, in MLflow's words.
///
/// @param data name, version, …; a null stands for nothing, as MLflow sends it
record Notice(WebhookEvent event, Map<String, @Nullable Object> data) {
    private static final String IS_PROMPT = "mlflow.prompt.is_prompt";
    private static final String PROMPT_TEXT = "mlflow.prompt.text";
    private static final Set<String> HIDDEN_OF_PROMPTS = Set.of(IS_PROMPT, "_mlflow_prompt_type", PROMPT_TEXT);
    /// As Python's `isoformat` writes a moment of UTC.
    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'+00:00'");

    /// Empty when webhooks are not told of such an event.
    static Optional<Notice> of(Event event) {
        if (!event.type().startsWith("model")) return Optional.empty();
        JsonNode payload = Json.MAPPER.readTree(event.payload());
        return Optional.ofNullable(
                switch (event.type()) {
                    case "model.created" -> modelCreated(event, payload);
                    case "model.tag-set" -> modelTag(WebhookAction.SET, event, payload);
                    case "model.tag-deleted" -> modelTag(WebhookAction.DELETED, event, payload);
                    case "model-version.created" -> versionCreated(event, payload);
                    case "model-version.tag-set" -> versionTag(WebhookAction.SET, event, payload);
                    case "model-version.tag-deleted" -> versionTag(WebhookAction.DELETED, event, payload);
                    case "model-version.alias-set" -> alias(WebhookAction.CREATED, event, payload);
                    case "model-version.alias-deleted" -> alias(WebhookAction.DELETED, event, payload);
                    default -> null;
                });
    }

    private static Notice modelCreated(Event event, JsonNode payload) {
        boolean prompt = payload.path("tags").path(IS_PROMPT).asString("").equalsIgnoreCase("true");
        Map<String, @Nullable Object> data = data("name", model(event));
        data.put("tags", tags(payload, prompt));
        data.put("description", payload.path("description").asString(""));
        return notice(prompt ? WebhookEntity.PROMPT : WebhookEntity.REGISTERED_MODEL, WebhookAction.CREATED, data);
    }

    /// MLflow tells of the tags of prompts, not of those of models.
    private static @Nullable Notice modelTag(WebhookAction action, Event event, JsonNode payload) {
        if (!isPrompt(payload)) return null;
        Map<String, @Nullable Object> data = data("name", model(event));
        putTag(data, action, payload);
        return notice(WebhookEntity.PROMPT_TAG, action, data);
    }

    private static Notice versionCreated(Event event, JsonNode payload) {
        boolean prompt = payload.path("tags").path(IS_PROMPT).asString("").equalsIgnoreCase("true");
        Map<String, @Nullable Object> data = data("name", model(event));
        data.put("version", version(event));
        if (prompt) {
            data.put("template", textOrNull(payload.path("tags").path(PROMPT_TEXT)));
        } else {
            data.put("source", payload.path("source").asString(""));
            data.put("run_id", textOrNull(payload.path("run")));
        }
        data.put("tags", tags(payload, prompt));
        data.put("description", textOrNull(payload.path("description")));
        return notice(prompt ? WebhookEntity.PROMPT_VERSION : WebhookEntity.MODEL_VERSION, WebhookAction.CREATED, data);
    }

    private static Notice versionTag(WebhookAction action, Event event, JsonNode payload) {
        Map<String, @Nullable Object> data = data("name", model(event));
        data.put("version", version(event));
        putTag(data, action, payload);
        WebhookEntity entity = isPrompt(payload) ? WebhookEntity.PROMPT_VERSION_TAG : WebhookEntity.MODEL_VERSION_TAG;
        return notice(entity, action, data);
    }

    private static Notice alias(WebhookAction action, Event event, JsonNode payload) {
        Map<String, @Nullable Object> data = data("name", model(event));
        data.put("alias", payload.path("alias").asString(""));
        if (action == WebhookAction.CREATED) data.put("version", version(event));
        return notice(isPrompt(payload) ? WebhookEntity.PROMPT_ALIAS : WebhookEntity.MODEL_VERSION_ALIAS, action, data);
    }

    private static void putTag(Map<String, @Nullable Object> data, WebhookAction action, JsonNode payload) {
        data.put("key", payload.path("key").asString(""));
        if (action == WebhookAction.SET) data.put("value", payload.path("value").asString(""));
    }

    private static boolean isPrompt(JsonNode payload) {
        return payload.path("prompt").asBoolean(false);
    }

    private static @Nullable String textOrNull(JsonNode node) {
        return node.isString() && !node.stringValue().isEmpty() ? node.stringValue() : null;
    }

    private static Map<String, String> tags(JsonNode payload, boolean prompt) {
        Map<String, String> tags = new LinkedHashMap<>();
        payload.path("tags").properties().forEach(tag -> {
            if (!prompt || !HIDDEN_OF_PROMPTS.contains(tag.getKey())) {
                tags.put(tag.getKey(), tag.getValue().asString(""));
            }
        });
        return tags;
    }

    /// From `model:name` or `model-version:name/3`; a name holds neither sign.
    private static String model(Event event) {
        String urn = event.entity();
        int slash = urn.indexOf('/');
        return urn.substring(urn.indexOf(':') + 1, slash < 0 ? urn.length() : slash);
    }

    private static String version(Event event) {
        return event.entity().substring(event.entity().indexOf('/') + 1);
    }

    private static Map<String, @Nullable Object> data(String key, String value) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        data.put(key, value);
        return data;
    }

    private static Notice notice(WebhookEntity entity, WebhookAction action, Map<String, @Nullable Object> data) {
        return new Notice(new WebhookEvent(entity, action), data);
    }

    /// What the test call sends: made-up values, as in MLflow.
    static Notice sample(WebhookEvent event) {
        String kind = event.entity().word().startsWith("prompt") ? "prompt" : "model";
        Map<String, @Nullable Object> data = data("name", "example_" + kind);
        switch (event.entity()) {
            case REGISTERED_MODEL -> described(data, "registered model");
            case PROMPT -> described(data, "prompt");
            case MODEL_VERSION -> {
                data.put("version", "1");
                data.put("source", "models:/123");
                data.put("run_id", "abcd1234abcd5678");
                described(data, "model version");
            }
            case PROMPT_VERSION -> {
                data.put("version", "1");
                data.put("template", "Hello {{name}}!");
                described(data, "prompt version");
            }
            case PROMPT_TAG -> sampleTag(data, event.action());
            case MODEL_VERSION_TAG, PROMPT_VERSION_TAG -> {
                data.put("version", "1");
                sampleTag(data, event.action());
            }
            case MODEL_VERSION_ALIAS, PROMPT_ALIAS -> {
                data.put("alias", "example_alias");
                if (event.action() == WebhookAction.CREATED) data.put("version", "1");
            }
            case BUDGET_POLICY -> sampleBudget(data);
        }
        return new Notice(event, data);
    }

    private static void described(Map<String, @Nullable Object> data, String what) {
        data.put("tags", Map.of("example_key", "example_value"));
        data.put("description", "An example " + what);
    }

    private static void sampleTag(Map<String, @Nullable Object> data, WebhookAction action) {
        data.put("key", "example_key");
        if (action == WebhookAction.SET) data.put("value", "example_value");
    }

    private static void sampleBudget(Map<String, @Nullable Object> data) {
        data.clear();
        data.put("budget_policy_id", "bp-abc123");
        data.put("budget_unit", "USD");
        data.put("budget_amount", 100.0);
        data.put("current_spend", 105.5);
        data.put("duration_unit", "MONTHS");
        data.put("duration_value", 1);
        data.put("target_scope", "ENDPOINT");
        data.put("workspace", "default");
        data.put("target_value", "ep-abc123");
        data.put("window_start", 1_704_067_200_000L);
    }

    /// The body of a delivery.
    ///
    /// @param at when it happened
    String body(Instant at) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("entity", event.entity().word());
        body.put("action", event.action().word());
        body.put("timestamp", MOMENT.format(at.atOffset(ZoneOffset.UTC)));
        body.put("data", data);
        return Json.MAPPER.writeValueAsString(body);
    }
}
