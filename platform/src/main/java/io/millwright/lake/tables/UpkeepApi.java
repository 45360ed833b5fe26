package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Operations;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import java.io.IOException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Millwright's own REST for what keeps the lake in order, and for what keeps versions from it.
final class UpkeepApi {
    private static final String PINS = "/datasets/{dataset}/pins";

    private final Upkeep upkeep;
    private final PinService pins;
    private final Operations operations;

    UpkeepApi(Upkeep upkeep, PinService pins, Operations operations) {
        this.upkeep = upkeep;
        this.pins = pins;
        this.operations = operations;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.MANAGE,
                        "POST",
                        "/datasets/{dataset}/expire",
                        BodyKind.JSON,
                        "Begins to remove old versions that nothing pins; answers with an operation",
                        this::expire)
                .on(
                        Need.MANAGE,
                        "POST",
                        "/lake/collect",
                        BodyKind.JSON,
                        "Begins to remove old versions, dropped datasets and orphaned files; answers with an operation",
                        this::collect)
                .on(Need.READ, "GET", PINS, BodyKind.NONE, "What keeps versions from being removed", this::list)
                .on(Need.WRITE, "POST", PINS, BodyKind.JSON, "Keeps a version, or all, from being removed", this::pin)
                .on(Need.WRITE, "DELETE", PINS, BodyKind.NONE, "Takes a pin away", this::unpin);
    }

    private Reply expire(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("older_than", "keep_last", "dry_run"));
        JsonNode last = body.path("keep_last");
        if (!last.isMissingNode() && !(last.isInt() && last.intValue() >= 1)) {
            throw INVALID_ARGUMENT.because("'keep_last' is %s, expected a number from 1 on.", last);
        }
        Optional<Integer> keepLast = last.isMissingNode() ? Optional.empty() : Optional.of(last.intValue());
        var keep = new Upkeep.Keep(duration(body), keepLast);
        boolean dryRun = Json.flag(body, "dry_run");
        DatasetName name = DatasetName.parse(call.pathVariable("dataset"));
        TableService.require(Right.MANAGE, name);
        return operations.start("dataset-expiry", progress -> {
            Upkeep.Expiry expiry = upkeep.expire(name, keep, dryRun);
            ObjectNode result = Json.MAPPER
                    .createObjectNode()
                    .put("dataset", name.toString())
                    .put("dry_run", dryRun);
            ArrayNode versions = result.putArray("versions");
            expiry.versions().forEach(versions::add);
            return result.put("pinned", expiry.pinned()).put("files", expiry.files());
        });
    }

    private Reply collect(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("older_than", "dry_run", "all_workspaces"));
        Duration age = duration(body).orElse(Duration.ZERO);
        boolean dryRun = Json.flag(body, "dry_run");
        Optional<String> workspace = Json.flag(body, "all_workspaces")
                ? Optional.empty()
                : Optional.of(RequestContext.current().workspace());
        return operations.start("lake-collection", progress -> {
            long[] done = {0};
            Upkeep.Report report =
                    upkeep.collect(workspace, age, dryRun, dataset -> progress.tell("datasets", ++done[0]));
            ObjectNode result = Json.MAPPER
                    .createObjectNode()
                    .put("dry_run", dryRun)
                    .put("datasets", report.datasets())
                    .put("versions", report.versions())
                    .put("files", report.files())
                    .put("bytes", report.bytes())
                    .put("orphans", report.orphans())
                    .put("orphan_bytes", report.orphanBytes());
            ArrayNode left = result.putArray("left");
            report.left().forEach(left::add);
            return result;
        });
    }

    private Reply list(Call call) throws IOException {
        Query.of(call);
        List<Pin> all = pins.pins(DatasetName.parse(call.pathVariable("dataset")));
        return Reply.json(json -> {
            json.writeStartObject().writeName("pins").writeStartArray();
            for (Pin pin : all) write(json, pin);
            json.writeEndArray().writeEndObject();
        });
    }

    private Reply pin(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("version", "kind", "holder", "reason"));
        Optional<At> at = version(body);
        Optional<String> kind = Json.textIfGiven(body, "kind");
        Optional<String> holder = Json.textIfGiven(body, "holder");
        String reason = Json.textIfGiven(body, "reason").orElse("");
        Pin pin = pins.pin(
                DatasetName.parse(call.pathVariable("dataset")),
                at,
                kind.orElseThrow(() -> missing("kind")),
                holder.orElseThrow(() -> missing("holder")),
                reason);
        return Reply.json(201, "application/json", json -> write(json, pin));
    }

    private Reply unpin(Call call) {
        Query query = Query.of(call, "version", "kind", "holder");
        String kind = query.text("kind").orElseThrow(() -> missing("kind"));
        String holder = query.text("holder").orElseThrow(() -> missing("holder"));
        Optional<At> at = query.text("version").map(At::version);
        pins.unpin(DatasetName.parse(call.pathVariable("dataset")), at, kind, holder);
        return Reply.noContent(204);
    }

    private static void write(JsonGenerator json, Pin pin) {
        json.writeStartObject();
        pin.snapshotId().ifPresent(id -> json.writeStringProperty("snapshot_id", Long.toString(id)));
        json.writeStringProperty("kind", pin.kind())
                .writeStringProperty("holder", pin.holder())
                .writeStringProperty("reason", pin.reason())
                .writeStringProperty("created_by", pin.actor())
                .writeStringProperty("created_at", pin.createdAt().toString())
                .writeEndObject();
    }

    private static Optional<At> version(JsonNode body) {
        JsonNode version = body.path("version");
        if (version.isIntegralNumber()) return Optional.of(At.version(version.asString()));
        return Json.textIfGiven(body, "version").map(At::version);
    }

    private static Optional<Duration> duration(JsonNode body) {
        Optional<String> text = Json.textIfGiven(body, "older_than");
        try {
            Optional<Duration> duration = text.map(Duration::parse);
            if (duration.filter(Duration::isNegative).isEmpty()) return duration;
        } catch (DateTimeParseException e) {
            // Told below, like a negative one.
        }
        throw INVALID_ARGUMENT.because(
                "'older_than' is '%s', expected an ISO 8601 duration such as P30D or PT12H.", text.orElseThrow());
    }

    private static RuntimeException missing(String field) {
        return INVALID_ARGUMENT.because("'%s' is missing, expected a text.", field);
    }
}
