package io.millwright.registry;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A name under which versions of one model are kept. A prompt is one, too, with a tag that says so.
///
/// @param description empty when there is none
/// @param updatedAt when it or the set or a stage of its versions last changed
/// @param aliases each with the number of the version it stands for
/// @param latestVersions the newest in each stage, without their aliases
public record RegisteredModel(
        String name,
        String description,
        Instant createdAt,
        Instant updatedAt,
        Map<String, String> tags,
        Map<String, Long> aliases,
        List<ModelVersion> latestVersions) {
    static final String PROMPT_TAG = "mlflow.prompt.is_prompt";

    public RegisteredModel {
        tags = Map.copyOf(tags);
        aliases = Map.copyOf(aliases);
        latestVersions = List.copyOf(latestVersions);
    }

    public boolean isPrompt() {
        return isPrompt(tags);
    }

    static boolean isPrompt(Map<String, String> tags) {
        return tags.getOrDefault(PROMPT_TAG, "false").equalsIgnoreCase("true");
    }

    /// What an event about a model or something below it tells: also that the model is a prompt, where it is one.
    static Map<String, Object> told(boolean prompt, Map<String, ?> what) {
        Map<String, Object> told = new LinkedHashMap<>(what);
        if (prompt) told.put("prompt", true);
        return told;
    }

    public String urn() {
        return urn(name);
    }

    static String urn(String name) {
        return "model:" + name;
    }
}
