package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Operations;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Event;
import io.millwright.ledger.EventFilter;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.LedgerVerifier;
import io.millwright.ledger.RecordedEvent;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Millwright's own REST for the audit trail.
final class AuditApi {
    private static final int USUAL_PAGE = 100;
    private static final Set<String> FILTERS =
            Set.of("actor", "entity", "action", "request_id", "from", "to", "workspace", "all_workspaces");
    private static final Pattern ACTOR = Pattern.compile("[\\p{L}\\p{N} ._@+:/-]{1,256}");
    private static final Pattern ENTITY = Pattern.compile("[a-z-]+:.+|[a-z-]+:?\\*", Pattern.DOTALL);
    private static final Pattern ACTION = Pattern.compile("[a-z-]+\\.[a-z-]+|[a-z-]+\\.?[a-z-]*\\*");
    private static final Pattern REQUEST = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern HEAD = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern WORKSPACE = Pattern.compile("[a-z0-9-]{1,63}");
    private static final Set<String> PAGING = Set.of("max_results", "page_token");

    private final AuditService audit;
    private final Operations operations;

    AuditApi(AuditService audit, Operations operations) {
        this.audit = audit;
        this.operations = operations;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.AUDIT,
                        "GET",
                        "/audit/events",
                        BodyKind.NONE,
                        "A page of what was done, newest first, by person, entity, action and time",
                        this::events)
                .on(
                        Need.AUDIT,
                        "GET",
                        "/audit/export",
                        BodyKind.NONE,
                        "The same as lines of JSON with the proof of each event's place in the chain",
                        this::export)
                .on(
                        Need.AUDIT,
                        "GET",
                        "/audit/chain",
                        BodyKind.NONE,
                        "Where the chain stands, and when all of it was last checked",
                        this::chain)
                .on(
                        Need.AUDIT,
                        "POST",
                        "/audit/verify",
                        BodyKind.JSON,
                        "Begins to check the whole chain; answers with an operation",
                        this::verify);
    }

    private Reply events(Call call) throws IOException {
        EventFilter filter = filter(call, true);
        Page<RecordedEvent> page = audit.events(filter, maxResults(call), call.queryValue("page_token"));
        return Reply.json(json -> {
            json.writeStartObject().writeName("events").writeStartArray();
            for (RecordedEvent one : page.items()) write(json, one);
            json.writeEndArray();
            page.nextToken().ifPresent(token -> json.writeStringProperty("next_page_token", token));
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, RecordedEvent recorded) {
        Event event = recorded.event();
        json.writeStartObject();
        json.writeStringProperty("id", event.id());
        json.writeStringProperty("at", event.at().toString());
        json.writeStringProperty("actor", event.actor());
        json.writeStringProperty("request_id", event.requestId());
        json.writeStringProperty("workspace", event.workspace());
        json.writeStringProperty("action", event.type());
        json.writeStringProperty("entity", event.entity());
        json.writeName("payload").writeRawValue(event.payload());
        json.writeNumberProperty("block", recorded.block());
        json.writeNumberProperty("position", recorded.position());
        json.writeEndObject();
    }

    private Reply export(Call call) {
        EventFilter filter = filter(call, false);
        audit.beginExport(filter);
        return Reply.jsonLines(lines -> audit.export(filter, lines::line))
                .with("content-disposition", "attachment; filename=\"audit.jsonl\"");
    }

    private Reply chain(Call call) throws IOException {
        AuditService.Status status = audit.chain();
        Ledger.Chain chain = status.chain();
        return Reply.json(json -> {
            json.writeStartObject();
            json.writeNumberProperty("last_block", chain.lastBlock());
            json.writeStringProperty("head", chain.head());
            chain.sealedAt().ifPresent(at -> json.writeStringProperty("sealed_at", at.toString()));
            json.writeNumberProperty("pruned_blocks", chain.prunedBlocks());
            json.writeNumberProperty("unsealed_events", chain.unsealedEvents());
            status.lastCheck().ifPresent(check -> write(json, check));
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, AuditService.Check check) {
        json.writeName("last_check").writeStartObject();
        json.writeStringProperty("at", check.at().toString());
        json.writeStringProperty("by", check.by());
        json.writeNumberProperty("blocks", check.blocks());
        json.writeNumberProperty("events", check.events());
        json.writeStringProperty("head", check.head());
        json.writeNumberProperty("findings", check.findings());
        json.writeEndObject();
    }

    private Reply verify(Call call) throws IOException {
        Optional<String> head =
                head(call.body().length == 0 ? Json.MAPPER.createObjectNode() : Json.parse(call.body()));
        return operations.start("ledger-verification", progress -> verify(head, progress), this::told);
    }

    private JsonNode verify(Optional<String> head, Operations.Progress progress) {
        LedgerVerifier.Report report = audit.verify(head, (blocks, events) -> {
            progress.tell("blocks", blocks);
            progress.tell("events", events);
        });
        ObjectNode result = Json.MAPPER
                .createObjectNode()
                .put("holds", report.holds())
                .put("blocks", report.blocks())
                .put("events", report.events())
                .put("pruned_events", report.prunedEvents())
                .put("unsealed_events", report.unsealedEvents())
                .put("head", report.head())
                .put("finding_count", report.findings().size());
        ArrayNode findings = result.putArray("findings");
        report.findings().forEach(findings::add);
        return result;
    }

    /// What of a check's result whoever reads it may know.
    private JsonNode told(JsonNode result) {
        if (audit.mayReadFindings()) return result;
        ObjectNode counted = (ObjectNode) result.deepCopy();
        counted.putArray("findings");
        return counted;
    }

    private static Optional<String> head(JsonNode body) {
        if (!body.isObject())
            throw INVALID_ARGUMENT.because("The body is not a JSON object, expected {\"head\": \"HEX\"}.");
        for (String field : body.propertyNames()) {
            if (!field.equals("head")) throw INVALID_ARGUMENT.because("Unknown field '%s', expected 'head'.", field);
        }
        JsonNode head = body.path("head");
        if (head.isMissingNode()) return Optional.empty();
        if (head.isString() && HEAD.matcher(head.stringValue()).matches()) return Optional.of(head.stringValue());
        throw INVALID_ARGUMENT.because(
                "'head' is no head of a chain, expected the 64 hex digits that an earlier check has told.");
    }

    /// A misspelt filter would show more than was asked for.
    private static EventFilter filter(Call call, boolean paged) {
        for (String name : call.query().keySet()) {
            if (!FILTERS.contains(name) && !(paged && PAGING.contains(name))) {
                Set<String> known = new TreeSet<>(FILTERS);
                if (paged) known.addAll(PAGING);
                throw INVALID_ARGUMENT.because("Unknown query parameter '%s', expected some of %s.", name, known);
            }
        }
        return new EventFilter(
                workspace(call),
                like(call, "actor", ACTOR, "a name such as ann"),
                like(call, "entity", ENTITY, "a URN such as model:churn or model-version:churn/*"),
                like(call, "action", ACTION, "an action such as run.deleted or model-version.*"),
                like(call, "request_id", REQUEST, "what X-Request-Id told"),
                call.queryValue("from").map(text -> instant("from", text)).orElse(EventFilter.ALL.from()),
                call.queryValue("to").map(text -> instant("to", text)).orElse(EventFilter.ALL.to()));
    }

    /// Empty for all.
    private static String workspace(Call call) {
        String named = like(call, "workspace", WORKSPACE, "a workspace's name");
        String here = named.isEmpty() ? RequestContext.current().workspace() : named;
        return switch (call.queryValue("all_workspaces").orElse("false")) {
            case "true" -> "";
            case "false" -> here;
            default -> throw INVALID_ARGUMENT.because("'all_workspaces' is neither true nor false.");
        };
    }

    /// Of what cannot be, nothing would be found, which looks like an answer.
    private static String like(Call call, String name, Pattern pattern, String expected) {
        String text = call.queryValue(name).orElse("");
        if (text.isEmpty() || pattern.matcher(text).matches()) return text;
        throw INVALID_ARGUMENT.because("'%s' is '%s', expected %s.", name, text, expected);
    }

    private static int maxResults(Call call) {
        try {
            return call.queryValue("max_results").map(Integer::parseInt).orElse(USUAL_PAGE);
        } catch (NumberFormatException e) {
            throw INVALID_ARGUMENT.because("'max_results' is no number, expected 1 to %d.", AuditService.LARGEST_PAGE);
        }
    }

    private static Instant instant(String name, String text) {
        try {
            return text.indexOf('T') < 0
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw INVALID_ARGUMENT.because(
                    "'%s' is '%s', expected a date such as 2026-05-03 (its first moment in UTC) or a time such as"
                            + " 2026-05-03T09:30:00Z.",
                    name, text);
        }
    }
}
