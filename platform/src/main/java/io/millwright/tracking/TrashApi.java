package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Operations;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Page;
import io.millwright.lake.Sweep;
import java.io.IOException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Millwright's own REST for the trash and for space.
final class TrashApi {
    private static final int USUAL_PAGE = 100;
    private static final Set<String> COLLECT_FIELDS =
            Set.of("items", "older_than", "keep_artifacts", "dry_run", "all_workspaces");
    private static final int MOST_ITEMS = 1000;
    private static final Pattern ITEM =
            Pattern.compile("(experiment:\\d{1,18}|(run|logged-model):[A-Za-z0-9_.-]{1,64})");
    private static final Map<String, Optional<TrashService.Kind>> KINDS = Map.of(
            "experiment", Optional.of(TrashService.Kind.EXPERIMENT),
            "run", Optional.of(TrashService.Kind.RUN),
            "logged-model", Optional.of(TrashService.Kind.LOGGED_MODEL));

    private final TrashService trash;
    private final LoggedModelService loggedModels;
    private final Operations operations;

    TrashApi(TrashService trash, LoggedModelService loggedModels, Operations operations) {
        this.trash = trash;
        this.loggedModels = loggedModels;
        this.operations = operations;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.MANAGE,
                        "GET",
                        "/trash",
                        BodyKind.NONE,
                        "A page of what lies in the trash, and what taking each thing away would free",
                        this::list)
                .on(
                        Need.MANAGE,
                        "POST",
                        "/trash/collect",
                        BodyKind.JSON,
                        "Begins to take away what has been in the trash long enough; answers with an operation",
                        this::collect)
                .on(
                        Need.MANAGE,
                        "POST",
                        "/logged-models/{model_id}/restore",
                        BodyKind.NONE,
                        "Takes a logged model back out of the trash",
                        this::restore)
                .on(Need.MANAGE, "GET", "/space", BodyKind.NONE, "A page of what each experiment keeps", this::space);
    }

    private Reply list(Call call) throws IOException {
        Duration olderThan =
                call.queryValue("older_than").map(TrashApi::duration).orElse(Duration.ZERO);
        Optional<TrashService.Kind> kind = Query.of(
                        call, "kind", "older_than", "all_workspaces", "max_results", "page_token")
                .choice("kind", Optional.empty(), KINDS);
        Page<TrashService.InTrash> page =
                trash.list(workspace(call), kind, olderThan, maxResults(call), call.queryValue("page_token"));
        return Reply.json(json -> {
            json.writeStartObject().writeName("items").writeStartArray();
            for (TrashService.InTrash one : page.items()) write(json, one);
            json.writeEndArray();
            endPage(json, page);
        });
    }

    private static void write(JsonGenerator json, TrashService.InTrash item) {
        TrashService.Purged what = item.what();
        json.writeStartObject();
        json.writeStringProperty("kind", what.kind().word());
        json.writeStringProperty("workspace", what.workspace());
        json.writeStringProperty("id", what.id());
        json.writeStringProperty("name", what.name());
        json.writeStringProperty("experiment_id", String.valueOf(item.experiment()));
        json.writeStringProperty("experiment_name", item.experimentName());
        json.writeBooleanProperty("with_experiment", item.withExperiment());
        item.deletedAt().ifPresent(at -> json.writeStringProperty("deleted_at", at.toString()));
        item.deletedBy().ifPresent(by -> json.writeStringProperty("deleted_by", by));
        json.writeNumberProperty("files", what.files());
        json.writeNumberProperty("bytes", what.bytes());
        json.writeNumberProperty("own_bytes", what.freedBytes());
        json.writeBooleanProperty("artifacts_elsewhere", what.artifactsElsewhere());
        json.writeEndObject();
    }

    private Reply restore(Call call) {
        loggedModels.restore(call.pathVariable("model_id"));
        return Reply.noContent(204);
    }

    private Reply collect(Call call) throws IOException {
        JsonNode body = call.body().length == 0 ? Json.MAPPER.createObjectNode() : Json.parse(call.body());
        if (!body.isObject())
            throw INVALID_ARGUMENT.because(
                    "The body is not a JSON object. Send {\"older_than\": \"P30D\", \"keep_artifacts\": false, \"dry_run\": false}, each optional.");
        for (String field : body.propertyNames()) {
            // What is misspelt here would delete more than was meant.
            if (!COLLECT_FIELDS.contains(field))
                throw INVALID_ARGUMENT.because("Unknown field '%s', expected one of %s.", field, COLLECT_FIELDS);
        }
        JsonNode olderThan = body.path("older_than");
        if (!olderThan.isMissingNode() && !olderThan.isString())
            throw INVALID_ARGUMENT.because("'older_than' is no text, expected an ISO 8601 duration such as \"P30D\".");
        var request = new TrashService.Request(
                Json.flag(body, "all_workspaces") ? null : ExperimentService.workspace(),
                olderThan.isString() ? duration(olderThan.stringValue()) : Duration.ZERO,
                Json.flag(body, "keep_artifacts"),
                Json.flag(body, "dry_run"),
                items(body));
        return operations.start("trash-collection", progress -> run(request, progress));
    }

    private JsonNode run(TrashService.Request request, Operations.Progress progress) {
        long[] sums = new long[3];
        TrashService.Report report = trash.collect(request, purged -> {
            progress.tell("things", ++sums[0]);
            progress.tell("files", sums[1] += purged.files());
            progress.tell("bytes", sums[2] += purged.bytes());
        });
        ObjectNode result = Json.MAPPER
                .createObjectNode()
                .put("dry_run", request.dryRun())
                .put("things", report.things())
                .put("files", report.files())
                .put("bytes", report.bytes())
                .put("freed_bytes", report.freedBytes());
        ArrayNode left = result.putArray("left");
        report.left().forEach(left::add);
        report.sweep().ifPresent(sweep -> describe(sweep, result.putObject("sweep")));
        return result;
    }

    private static void describe(Sweep sweep, ObjectNode json) {
        json.put("contents", sweep.blobs() + sweep.strays());
        json.put("uploads", sweep.uploads());
        json.put("bytes", sweep.bytes());
    }

    private Reply space(Call call) throws IOException {
        Page<TrashService.Usage> page = trash.usage(workspace(call), maxResults(call), call.queryValue("page_token"));
        return Reply.json(json -> {
            json.writeStartObject().writeName("experiments").writeStartArray();
            for (TrashService.Usage one : page.items()) {
                json.writeStartObject();
                json.writeStringProperty("experiment_id", String.valueOf(one.experiment()));
                json.writeStringProperty("workspace", one.workspace());
                json.writeStringProperty("name", one.name());
                json.writeBooleanProperty("deleted", one.deleted());
                json.writeNumberProperty("runs", one.runs());
                json.writeNumberProperty("deleted_runs", one.deletedRuns());
                json.writeNumberProperty("metrics", one.metrics());
                json.writeNumberProperty("files", one.files());
                json.writeNumberProperty("bytes", one.bytes());
                json.writeNumberProperty("own_bytes", one.ownBytes());
                json.writeEndObject();
            }
            json.writeEndArray();
            endPage(json, page);
        });
    }

    private static void endPage(JsonGenerator json, Page<?> page) {
        page.nextToken().ifPresent(token -> json.writeStringProperty("next_page_token", token));
        json.writeEndObject();
    }

    /// Null for all.
    private static @Nullable String workspace(Call call) {
        return switch (call.queryValue("all_workspaces").orElse("false")) {
            case "true" -> null;
            case "false" -> ExperimentService.workspace();
            default -> throw INVALID_ARGUMENT.because("'all_workspaces' is neither true nor false.");
        };
    }

    private static int maxResults(Call call) {
        try {
            return call.queryValue("max_results").map(Integer::parseInt).orElse(USUAL_PAGE);
        } catch (NumberFormatException e) {
            throw INVALID_ARGUMENT.because("'max_results' is no number, expected 1 to %d.", TrashService.LARGEST_PAGE);
        }
    }

    /// Empty for everything; an empty list would mean it too, and is surely none that somebody chose.
    private static Set<String> items(JsonNode body) {
        JsonNode items = body.path("items");
        if (items.isMissingNode()) return Set.of();
        boolean isWell = items.isArray() && !items.isEmpty() && items.size() <= MOST_ITEMS;
        Set<String> named = new HashSet<>();
        for (JsonNode item : items) {
            isWell &= item.isString() && ITEM.matcher(item.stringValue()).matches();
            if (isWell) named.add(item.stringValue());
        }
        if (isWell) return named;
        throw INVALID_ARGUMENT.because(
                "'items' is no list of 1 to %d things such as \"run:8f0c…\", \"experiment:7\" or \"logged-model:m-1…\"."
                        + " Leave it out to take everything.",
                MOST_ITEMS);
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
}
