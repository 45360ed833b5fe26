package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.lake.Sweep;
import java.io.IOException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// Millwright's own REST for the trash and for space.
final class TrashApi {
    private static final int PAGE = 1000;

    private final TrashService trash;

    TrashApi(TrashService trash) {
        this.trash = trash;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        "GET",
                        "/trash",
                        BodyKind.NONE,
                        "What lies in the trash, and what taking it away would free",
                        this::list)
                .on(
                        "POST",
                        "/trash/collect",
                        BodyKind.JSON,
                        "Takes away what has been in the trash long enough",
                        this::collect)
                .on("GET", "/space", BodyKind.NONE, "What each experiment keeps", this::space);
    }

    private Reply list(Call call) throws IOException {
        Duration olderThan =
                call.queryValue("older_than").map(TrashApi::duration).orElse(Duration.ZERO);
        return reply(trash.collect(request(olderThan, false, true), purged -> {}));
    }

    private Reply collect(Call call) throws IOException {
        JsonNode body = call.body().length == 0 ? Json.MAPPER.createObjectNode() : Json.parse(call.body());
        if (!body.isObject())
            throw INVALID_ARGUMENT.because(
                    "The body is not a JSON object. Send {\"older_than\": \"P30D\", \"keep_artifacts\": false, \"dry_run\": false}, each optional.");
        JsonNode olderThan = body.path("older_than");
        if (!olderThan.isMissingNode() && !olderThan.isString())
            throw INVALID_ARGUMENT.because("'older_than' is no text, expected an ISO 8601 duration such as \"P30D\".");
        return reply(trash.collect(
                request(
                        olderThan.isString() ? duration(olderThan.stringValue()) : Duration.ZERO,
                        flag(body, "keep_artifacts"),
                        flag(body, "dry_run")),
                purged -> {}));
    }

    private static TrashService.Request request(Duration olderThan, boolean keepArtifacts, boolean dryRun) {
        return new TrashService.Request(ExperimentService.workspace(), olderThan, keepArtifacts, dryRun);
    }

    private static boolean flag(JsonNode body, String name) {
        JsonNode flag = body.path(name);
        if (flag.isMissingNode()) return false;
        if (!flag.isBoolean()) throw INVALID_ARGUMENT.because("'" + name + "' is neither true nor false.");
        return flag.booleanValue();
    }

    private static Duration duration(String text) {
        try {
            Duration duration = Duration.parse(text);
            if (!duration.isNegative() && duration.compareTo(Duration.ofDays(36_500)) < 0) return duration;
        } catch (DateTimeParseException e) {
            // Told below, like a negative one.
        }
        throw INVALID_ARGUMENT.because(
                "'older_than' is no duration of up to 100 years: expected ISO 8601, such as P30D or PT12H.");
    }

    private static Reply reply(TrashService.Report report) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("items").writeStartArray();
            for (TrashService.Purged one : report.purged()) {
                json.writeStartObject();
                json.writeStringProperty("kind", one.kind());
                json.writeStringProperty("id", one.id());
                json.writeStringProperty("name", one.name());
                json.writeNumberProperty("files", one.files());
                json.writeNumberProperty("bytes", one.bytes());
                json.writeBooleanProperty("artifacts_elsewhere", one.artifactsElsewhere());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberProperty("bytes", report.bytes());
            if (report.sweep().isPresent()) sweep(json, report.sweep().get());
            json.writeEndObject();
        });
    }

    private static void sweep(JsonGenerator json, Sweep sweep) {
        json.writeName("orphans").writeStartObject();
        json.writeNumberProperty("count", sweep.blobs() + sweep.strays());
        json.writeNumberProperty("bytes", sweep.bytes());
        json.writeNumberProperty("stale_uploads", sweep.uploads());
        json.writeEndObject();
    }

    private Reply space(Call call) throws IOException {
        long after;
        try {
            after = Long.parseLong(call.queryValue("after").orElse("-1"));
        } catch (NumberFormatException e) {
            throw INVALID_ARGUMENT.because("'after' is no number, expected the next_after of the page before.");
        }
        List<TrashService.Usage> usage = trash.usage(ExperimentService.workspace(), after, PAGE + 1);
        List<TrashService.Usage> page = usage.subList(0, Math.min(PAGE, usage.size()));
        return Reply.json(json -> {
            json.writeStartObject().writeName("experiments").writeStartArray();
            for (TrashService.Usage one : page) {
                json.writeStartObject();
                json.writeStringProperty("experiment_id", String.valueOf(one.experiment()));
                json.writeStringProperty("name", one.name());
                json.writeBooleanProperty("deleted", one.deleted());
                json.writeNumberProperty("runs", one.runs());
                json.writeNumberProperty("deleted_runs", one.deletedRuns());
                json.writeNumberProperty("metrics", one.metrics());
                json.writeNumberProperty("files", one.files());
                json.writeNumberProperty("bytes", one.bytes());
                json.writeEndObject();
            }
            json.writeEndArray();
            if (usage.size() > PAGE)
                json.writeStringProperty(
                        "next_after", String.valueOf(page.getLast().experiment()));
            json.writeEndObject();
        });
    }
}
