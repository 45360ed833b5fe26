package io.millwright.serving.endpoints;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.serving.predict.InputPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Setups as JSON: in the database, in the ledger's events and in our API.
public final class SetupJson {
    /// What a policy has.
    public static final List<String> POLICY = List.of(
            "log",
            "sample",
            "when_full",
            "redact",
            "retention_days",
            "tolerance",
            "most_at_once",
            "sleep_after_seconds",
            "batch_rows",
            "input");

    private SetupJson() {}

    public static void write(List<Variant> variants, ArrayNode to) {
        for (Variant variant : variants) {
            to.addObject()
                    .put("name", variant.name())
                    .put("model", variant.model())
                    .put("version", variant.version())
                    .put("weight", variant.weight());
        }
    }

    public static List<Variant> variants(JsonNode list) {
        List<Variant> variants = new ArrayList<>();
        for (JsonNode each : list) {
            variants.add(new Variant(
                    each.path("name").asString(""),
                    each.path("model").asString(""),
                    each.path("version").asString(""),
                    each.path("weight").asInt()));
        }
        return variants;
    }

    public static void write(Policy policy, ObjectNode to) {
        to.put("log", word(policy.log()));
        to.put("sample", policy.sample());
        to.put("when_full", word(policy.whenFull()));
        ArrayNode redact = to.putArray("redact");
        policy.redact().forEach(redact::add);
        to.put("retention_days", policy.retentionDays());
        to.put("tolerance", policy.tolerance());
        to.put("most_at_once", policy.mostAtOnce());
        to.put("sleep_after_seconds", policy.sleepAfterSeconds());
        to.put("batch_rows", policy.batchRows());
        ObjectNode input = to.putObject("input");
        for (InputPolicy.Problem problem : InputPolicy.Problem.values())
            input.put(problem.word(), policy.input().on(problem).word());
    }

    public static void write(Canary canary, ObjectNode to) {
        to.put("variant", canary.variant()).put("champion", canary.champion());
        ArrayNode steps = to.putArray("steps");
        canary.steps().forEach(steps::add);
        to.put("step", canary.step());
        to.put("hold_seconds", canary.holdSeconds());
        to.put("least_requests", canary.leastRequests());
        to.put("guards", canary.guards().toString());
    }

    /// @param json as [#write] makes it; an empty object for none
    static Optional<Canary> canary(JsonNode json) {
        if (json.isEmpty()) return Optional.empty();
        List<Integer> steps = new ArrayList<>();
        for (JsonNode each : json.path("steps")) steps.add(each.asInt());
        return Optional.of(new Canary(
                json.path("variant").asString(""),
                json.path("champion").asString(""),
                steps,
                json.path("step").asInt(),
                json.path("hold_seconds").asInt(),
                json.path("least_requests").asInt(),
                Guards.parse(json.path("guards").asString(""))));
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /// A policy with some fields given anew.
    ///
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT
    public static Policy changed(Policy policy, JsonNode changes) {
        for (String field : changes.propertyNames()) {
            if (!POLICY.contains(field))
                throw INVALID_ARGUMENT.because("'policy' has no '%s', only %s.", field, POLICY);
        }
        return new Policy(
                one(Policy.Log.class, changes, "log", policy.log()),
                changes.has("sample") ? number(changes, "sample") : policy.sample(),
                one(Policy.WhenFull.class, changes, "when_full", policy.whenFull()),
                changes.has("redact") ? texts(changes, "redact") : policy.redact(),
                changes.has("retention_days") ? whole(changes, "retention_days") : policy.retentionDays(),
                changes.has("tolerance") ? number(changes, "tolerance") : policy.tolerance(),
                changes.has("most_at_once") ? whole(changes, "most_at_once") : policy.mostAtOnce(),
                changes.has("sleep_after_seconds") ? whole(changes, "sleep_after_seconds") : policy.sleepAfterSeconds(),
                changes.has("batch_rows") ? whole(changes, "batch_rows") : policy.batchRows(),
                changes.has("input") ? input(policy.input(), changes.path("input")) : policy.input());
    }

    private static InputPolicy input(InputPolicy policy, JsonNode changes) {
        if (!changes.isObject())
            throw INVALID_ARGUMENT.because(
                    "'input' is no object, expected actions such as {\"extra-column\": \"error\"}.");
        InputPolicy changed = policy;
        for (Map.Entry<String, JsonNode> each : changes.properties()) {
            changed = changed.with(
                    InputPolicy.Problem.of(each.getKey()),
                    InputPolicy.Action.of(each.getValue().asString("")));
        }
        return changed;
    }

    private static <E extends Enum<E>> E one(Class<E> of, JsonNode changes, String field, E otherwise) {
        if (!changes.has(field)) return otherwise;
        String text = changes.path(field).isString() ? changes.path(field).asString() : "";
        for (E each : of.getEnumConstants()) if (word(each).equals(text)) return each;
        throw INVALID_ARGUMENT.because(
                "'%s' is %s, expected one of %s.",
                field,
                changes.path(field),
                java.util.Arrays.stream(of.getEnumConstants())
                        .map(SetupJson::word)
                        .toList());
    }

    private static double number(JsonNode changes, String field) {
        if (changes.path(field).isNumber()) return changes.path(field).asDouble();
        throw INVALID_ARGUMENT.because("'%s' is no number.", field);
    }

    private static int whole(JsonNode changes, String field) {
        if (changes.path(field).isInt()) return changes.path(field).asInt();
        throw INVALID_ARGUMENT.because("'%s' is no whole number.", field);
    }

    private static List<String> texts(JsonNode changes, String field) {
        List<String> texts = new ArrayList<>();
        if (!changes.path(field).isArray()) throw INVALID_ARGUMENT.because("'%s' is no array of texts.", field);
        for (JsonNode each : changes.path(field)) {
            if (!each.isString()) throw INVALID_ARGUMENT.because("'%s' has an entry that is no text.", field);
            texts.add(each.asString());
        }
        return texts;
    }
}
