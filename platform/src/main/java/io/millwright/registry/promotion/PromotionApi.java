package io.millwright.registry.promotion;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Page;
import io.millwright.registry.promotion.Promotion.Decision;
import io.millwright.registry.promotion.Promotion.Step;
import io.millwright.registry.promotion.Promotion.Story;
import io.millwright.registry.promotion.PromotionService.Ask;
import io.millwright.search.PageToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// Millwright's own REST for promotions.
final class PromotionApi {
    private static final int USUAL_PAGE = 100;
    private static final int LARGEST_PAGE = 1_000;
    private static final Pattern ENTITY =
            Pattern.compile("model:([^/:]{1,256})|model-version:([^/:]{1,256})/(\\d{1,18})");

    private final PromotionService promotions;

    PromotionApi(PromotionService promotions) {
        this.promotions = promotions;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(Need.ALIAS, "POST", "/promotions", BodyKind.JSON, "Asks for a promotion", this::request)
                .on(Need.READ, "GET", "/promotions", BodyKind.NONE, "A page of promotions, newest first", this::list)
                .on(
                        Need.READ,
                        "GET",
                        "/promotions/{id}",
                        BodyKind.NONE,
                        "A promotion with its evidence and history",
                        this::get)
                .on(
                        Need.READ,
                        "GET",
                        "/promotions/{id}/evidence",
                        BodyKind.NONE,
                        "The evidence alone, byte for byte as it was hashed",
                        this::evidence)
                .on(
                        Need.APPROVE,
                        "POST",
                        "/promotions/{id}/approve",
                        BodyKind.JSON,
                        "Approves a promotion",
                        this::approve)
                .on(Need.APPROVE, "POST", "/promotions/{id}/reject", BodyKind.JSON, "Rejects a promotion", this::reject)
                .on(
                        Need.ALIAS,
                        "POST",
                        "/promotions/{id}/cancel",
                        BodyKind.JSON,
                        "Takes back what one asked for",
                        this::cancel)
                .on(
                        Need.ALIAS,
                        "POST",
                        "/promotions/{id}/rollback",
                        BodyKind.JSON,
                        "Gives the alias back to the version that held it before",
                        this::rollBack);
    }

    private Reply request(Call call) throws IOException {
        JsonNode body = body(call, Set.of("model", "version", "alias", "stage", "reason"));
        String model = text(body, "model");
        String alias = text(body, "alias");
        String stage = text(body, "stage");
        String reason = text(body, "reason");
        JsonNode version = body.path("version");
        if (!version.isMissingNode() && !(version.isIntegralNumber() && version.canConvertToLong()))
            throw INVALID_ARGUMENT.because("'version' is no number, expected that of a version of the model.");
        if (model.isEmpty() || version.isMissingNode() || alias.isEmpty() && stage.isEmpty())
            throw INVALID_ARGUMENT.because(
                    "Send {\"model\": \"churn\", \"version\": 4, \"alias\": \"champion\"}, or a \"stage\" in place of the"
                            + " alias, and perhaps a \"reason\".");
        Promotion made = promotions.request(new Ask(model, version.longValue(), alias, stage, reason));
        return told(made.id()).with("location", made.link());
    }

    private Reply list(Call call) throws IOException {
        Optional<PromotionState> state = call.queryValue("state")
                .map(word -> PromotionState.of(word)
                        .orElseThrow(() ->
                                INVALID_ARGUMENT.because("'state' is '%s', expected one such as waiting.", word)));
        Page<Promotion> page = promotions.list(filter(call, state), maxResults(call), before(call));
        Map<Long, String> whyNot = promotions.whyNot(page.items());
        return Reply.json(json -> {
            json.writeStartObject().writeName("promotions").writeStartArray();
            for (Promotion promotion : page.items()) {
                json.writeStartObject();
                write(json, promotion, whyNot);
                json.writeEndObject();
            }
            json.writeEndArray();
            endPage(json, page);
        });
    }

    private static PromotionFilter filter(Call call, Optional<PromotionState> state) {
        Optional<String> entity = call.queryValue("entity");
        if (entity.isEmpty()) return new PromotionFilter(Optional.empty(), Optional.empty(), state);
        Matcher matcher = ENTITY.matcher(entity.get());
        if (!matcher.matches()) {
            throw INVALID_ARGUMENT.because(
                    "'entity' is '%s', expected model:<name> or model-version:<name>/<number>.", entity.get());
        }
        Optional<String> model = Optional.ofNullable(matcher.group(1)).or(() -> Optional.ofNullable(matcher.group(2)));
        return new PromotionFilter(model, Optional.ofNullable(matcher.group(3)).map(Long::parseLong), state);
    }

    private Reply get(Call call) throws IOException {
        return told(id(call));
    }

    private Reply evidence(Call call) {
        byte[] evidence = promotions.evidence(id(call)).getBytes(StandardCharsets.UTF_8);
        String sha256 = promotions.get(id(call)).promotion().evidenceSha256();
        return new Reply(
                200,
                Map.of("content-type", "application/json", "etag", "\"" + sha256 + "\""),
                new Reply.Body.Bytes(ByteBuffer.wrap(evidence)));
    }

    private Reply approve(Call call) throws IOException {
        String message = text(body(call, Set.of("message")), "message");
        return told(promotions.approve(id(call), message).id());
    }

    private Reply reject(Call call) throws IOException {
        String message = text(body(call, Set.of("message")), "message");
        return told(promotions.reject(id(call), message).id());
    }

    private Reply cancel(Call call) throws IOException {
        String message = text(body(call, Set.of("message")), "message");
        return told(promotions.cancel(id(call), message).id());
    }

    private Reply rollBack(Call call) throws IOException {
        String reason = text(body(call, Set.of("reason")), "reason");
        Promotion made = promotions.rollBack(id(call), reason);
        return told(made.id()).with("location", made.link());
    }

    private Reply told(long id) throws IOException {
        Story story = promotions.get(id);
        Map<Long, String> whyNot = promotions.whyNot(List.of(story.promotion()));
        return Reply.json(json -> {
            json.writeStartObject();
            write(json, story.promotion(), whyNot);
            json.writeName("decisions").writeStartArray();
            for (Decision decision : story.decisions()) {
                json.writeStartObject()
                        .writeStringProperty("principal", decision.principal())
                        .writeStringProperty("verdict", decision.verdict())
                        .writeStringProperty("message", decision.message())
                        .writeStringProperty("at", decision.at().toString())
                        .writeEndObject();
            }
            json.writeEndArray().writeName("history").writeStartArray();
            for (Step step : story.history()) {
                json.writeStartObject()
                        .writeStringProperty("state", step.state().word())
                        .writeStringProperty("actor", step.actor())
                        .writeStringProperty("note", step.note())
                        .writeStringProperty("at", step.at().toString())
                        .writeEndObject();
            }
            json.writeEndArray();
            whyNot.values().forEach(reason -> json.writeStringProperty("why_not", reason));
            if (!story.promotion().evidenceSha256().isEmpty()) {
                json.writeName("evidence").writeRawValue(promotions.evidence(id));
            }
            json.writeEndObject();
        });
    }

    private void write(JsonGenerator json, Promotion promotion, Map<Long, String> whyNot) {
        json.writeNumberProperty("id", promotion.id())
                .writeStringProperty("kind", promotion.kind().word())
                .writeStringProperty("state", promotion.state().word())
                .writeStringProperty("note", promotion.note())
                .writeStringProperty("model", promotion.model())
                .writeNumberProperty("version", promotion.version())
                .writeStringProperty("from", promotion.from())
                .writeStringProperty("to", promotion.to())
                .writeStringProperty("alias", promotion.alias())
                .writeStringProperty("policy", promotion.policy())
                .writeNumberProperty("policy_version", promotion.policyVersion())
                .writeStringProperty("requester", promotion.requester())
                .writeStringProperty("author", promotion.author())
                .writeStringProperty("reason", promotion.reason())
                .writeNumberProperty("holder", promotion.holder())
                .writeStringProperty("requested_at", promotion.requestedAt().toString())
                .writeStringProperty("changed_at", promotion.changedAt().toString())
                .writeStringProperty("expires_at", promotion.expiresAt().toString())
                .writeStringProperty("evidence_sha256", promotion.evidenceSha256())
                .writeStringProperty("link", promotion.link())
                .writeBooleanProperty("may_decide", promotions.mayDecide(promotion, whyNot));
    }

    private static long id(Call call) {
        String id = call.pathVariable("id");
        if (!id.matches("\\d{1,18}")) throw NOT_FOUND.because("'%s' is no promotion, expected its number.", id);
        return Long.parseLong(id);
    }

    private static JsonNode body(Call call, Set<String> fields) {
        JsonNode body = call.body().length == 0 ? Json.MAPPER.createObjectNode() : Json.parse(call.body());
        if (!body.isObject()) throw INVALID_ARGUMENT.because("The body is not a JSON object.");
        for (String field : body.propertyNames()) {
            if (!fields.contains(field))
                throw INVALID_ARGUMENT.because(
                        "Unknown field '%s', expected one of %s.", field, List.copyOf(new java.util.TreeSet<>(fields)));
        }
        return body;
    }

    private static String text(JsonNode body, String field) {
        JsonNode text = body.path(field);
        if (text.isMissingNode()) return "";
        if (!text.isString()) throw INVALID_ARGUMENT.because("'" + field + "' is no text.");
        return text.stringValue();
    }

    static int maxResults(Call call) {
        String text = call.queryValue("max_results").orElse(String.valueOf(USUAL_PAGE));
        int most = text.matches("\\d{1,6}") ? Integer.parseInt(text) : 0;
        if (most >= 1 && most <= LARGEST_PAGE) return most;
        throw INVALID_ARGUMENT.because("'max_results' is '%s', expected 1 to %d.", text, LARGEST_PAGE);
    }

    /// The number below which the page begins.
    static long before(Call call) {
        return call.queryValue("page_token")
                .map(token -> (Long) PageToken.decode(token, Long.class).getFirst())
                .orElse(Long.MAX_VALUE);
    }

    static void endPage(JsonGenerator json, Page<?> page) {
        page.nextToken()
                .ifPresent(last ->
                        json.writeStringProperty("next_page_token", PageToken.encode(List.of(Long.parseLong(last)))));
        json.writeEndObject();
    }
}
