package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Need;
import io.millwright.http.PageWriter;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Names;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// MLflow's REST for runs, their params, tags, inputs and outputs.
final class MlflowRunApi {
    private static final int BATCH_LIMIT = 1000;
    private static final int BATCH_PAIRS_LIMIT = 100;
    private static final int INPUTS_LIMIT = 1000;
    /// What runs hold is read for so many of them.
    private static final int RUNS_AT_ONCE = 200;

    private final RunService runs;

    MlflowRunApi(RunService runs) {
        this.runs = runs;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("2.0")
                .post("/mlflow/runs/create", this::create)
                .get("/mlflow/runs/get", this::get)
                .post(Need.READ, "/mlflow/runs/search", this::search)
                .post("/mlflow/runs/update", this::update)
                .post(Need.MANAGE, "/mlflow/runs/delete", this::delete)
                .post(Need.MANAGE, "/mlflow/runs/restore", this::restore)
                .post("/mlflow/runs/set-tag", this::setTag)
                .post("/mlflow/runs/delete-tag", this::deleteTag)
                .post("/mlflow/runs/log-parameter", this::logParameter)
                .post("/mlflow/runs/log-batch", this::logBatch)
                .post("/mlflow/runs/log-inputs", this::logInputs)
                .post("/mlflow/runs/outputs", this::logOutputs)
                .post("/mlflow/runs/log-model", this::logModel)
                .post(Need.READ, "/mlflow/experiments/search-datasets", this::searchDatasets);
    }

    private Reply create(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        Run run = runs.create(
                MlflowExperimentApi.parseId(message.textOrEmpty("experiment_id")),
                new NewRun(
                        message.textOrEmpty("user_id"),
                        message.textOrEmpty("run_name"),
                        message.integer("start_time").orElse(0),
                        MlflowExperimentApi.uniquePairs(message, "tags")));
        return Reply.json(json -> {
            json.writeStartObject().writeName("run");
            MlflowJson.newRun(json, run);
            json.writeEndObject();
        });
    }

    private Reply get(Call call) throws IOException {
        Run run = runs.get(MlflowMessage.of(call).runId());
        return Reply.largeJson(json -> {
            json.writeStartObject().writeName("run");
            MlflowJson.run(json, run);
            json.writeEndObject();
        });
    }

    private Reply search(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        long maxResults = message.integer("max_results").orElse(1000);
        if (maxResults > 50_000) {
            throw INVALID_ARGUMENT.because("Invalid value " + maxResults
                    + " for parameter 'max_results' supplied:  Hint: Value was of type 'int'."
                    + " See the API docs for more information about request parameters.");
        }
        List<Long> experiments = MlflowExperimentApi.parseIds(message.texts("experiment_ids"));
        String filter = message.textOrEmpty("filter");
        List<String> orderBy = message.texts("order_by");
        ViewType view = message.choice("run_view_type", ViewType.class, 1).orElse(ViewType.ACTIVE_ONLY);
        return Reply.largeJson(json -> PageWriter.write(
                json,
                "runs",
                (int) Math.max(maxResults, Integer.MIN_VALUE),
                MlflowExperimentApi.pageToken(message),
                (size, token) -> runs.find(experiments, filter, orderBy, view, size, token),
                found -> writeRuns(json, found)));
    }

    private void writeRuns(JsonGenerator json, List<RunInfo> found) {
        for (int from = 0; from < found.size(); from += RUNS_AT_ONCE) {
            List<RunInfo> some = found.subList(from, Math.min(found.size(), from + RUNS_AT_ONCE));
            for (Run run : runs.withData(some)) MlflowJson.foundRun(json, run);
        }
    }

    private Reply update(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        RunInfo run = runs.update(
                message.runId(),
                message.strictChoice("status", RunStatus.class, 1),
                message.integer("end_time"),
                message.textOrEmpty("run_name"));
        return Reply.json(json -> {
            json.writeStartObject().writeName("run_info");
            MlflowJson.runInfo(json, run);
            json.writeEndObject();
        });
    }

    private Reply delete(Call call) {
        runs.delete(MlflowMessage.of(call).newRunId());
        return Reply.emptyJson();
    }

    private Reply restore(Call call) {
        runs.restore(MlflowMessage.of(call).newRunId());
        return Reply.emptyJson();
    }

    private Reply setTag(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        runs.setTag(message.runId(), message.requiredText("key"), message.textOrEmpty("value"));
        return Reply.emptyJson();
    }

    private Reply deleteTag(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        runs.deleteTag(message.newRunId(), message.requiredText("key"));
        return Reply.emptyJson();
    }

    private Reply logParameter(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        runs.logParam(message.runId(), message.requiredText("key"), message.textOrEmpty("value"));
        return Reply.emptyJson();
    }

    private Reply logBatch(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        String runId = message.newRunId();
        if (runId.isEmpty()) throw INVALID_ARGUMENT.because("Invalid value \"\" for parameter 'run_id' supplied.");
        List<MlflowMessage> metrics = message.messages("metrics");
        List<MlflowMessage> params = message.messages("params");
        List<MlflowMessage> tags = message.messages("tags");
        List<MetricPoint> points = new ArrayList<>(metrics.size());
        List<LoggedModelMetric> modelMetrics = new ArrayList<>();
        for (MlflowMessage metric : metrics) {
            MetricPoint point = MlflowMetricApi.point(metric);
            points.add(point);
            MlflowMetricApi.target(metric)
                    .ifPresent(target -> modelMetrics.add(new LoggedModelMetric(point, runId, target)));
        }
        for (MlflowMessage param : params) param.requiredText("key");
        for (MlflowMessage tag : tags) tag.requiredText("key");
        checkLimits(metrics.size(), params.size(), tags.size());
        Map<String, String> newTags = new LinkedHashMap<>();
        for (MlflowMessage tag : tags) newTags.put(tag.requiredText("key"), tag.textOrEmpty("value"));
        List<Batch.Param> newParams = params.stream()
                .map(param -> new Batch.Param(param.requiredText("key"), param.textOrEmpty("value")))
                .toList();
        runs.logBatch(runId, new Batch(points, newParams, newTags, modelMetrics));
        return Reply.emptyJson();
    }

    private static void checkLimits(int metrics, int params, int tags) {
        checkLimit("metrics", BATCH_LIMIT, metrics);
        checkLimit("params", BATCH_PAIRS_LIMIT, params);
        checkLimit("tags", BATCH_PAIRS_LIMIT, tags);
        checkLimit("metrics, params, and tags", BATCH_LIMIT, metrics + params + tags);
    }

    private static void checkLimit(String what, int limit, int count) {
        if (count > limit) {
            throw INVALID_ARGUMENT.because(
                    "A batch logging request can contain at most " + limit + " " + what + ". Got " + count + " " + what
                            + ". Please split up " + what + " across multiple requests and try again.");
        }
    }

    private Reply logInputs(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        String runId = message.requiredText("run_id");
        List<MlflowMessage> inputs = message.messages("datasets");
        if (inputs.size() > INPUTS_LIMIT) checkLimit("datasets", INPUTS_LIMIT, inputs.size());
        List<DatasetInput> datasets = new ArrayList<>();
        for (MlflowMessage input : inputs) datasets.add(dataset(input));
        List<String> models =
                message.messages("models").stream().map(MlflowRunApi::modelId).toList();
        runs.logInputs(runId, datasets, models);
        return Reply.emptyJson();
    }

    private static DatasetInput dataset(MlflowMessage input) {
        MlflowMessage dataset = input.message("dataset").orElseThrow(() -> input.missing("dataset"));
        Map<String, String> tags = MlflowExperimentApi.uniquePairs(input, "tags");
        tags.forEach((key, value) -> {
            Names.limited("key", 255, key);
            Names.limited("value", 500, value);
        });
        return new DatasetInput(
                Names.limited("name", 500, dataset.requiredText("name")),
                Names.limited("digest", 36, dataset.textOrEmpty("digest")),
                dataset.textOrEmpty("source_type"),
                Names.limited("source", 65_535, dataset.textOrEmpty("source")),
                dataset.text("schema")
                        .map(text -> Names.limited("schema", 1_048_575, text))
                        .orElse(null),
                dataset.text("profile")
                        .map(text -> Names.limited("profile", 16_777_215, text))
                        .orElse(null),
                tags);
    }

    private Reply logOutputs(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        String runId = message.requiredText("run_id");
        if (!message.has("models")) throw message.missing("models");
        runs.logOutputs(
                runId,
                message.messages("models").stream()
                        .map(model -> new Run.ModelOutput(
                                modelId(model), model.integer("step").orElse(0)))
                        .toList());
        return Reply.emptyJson();
    }

    private static String modelId(MlflowMessage model) {
        return Names.limited("model_id", Names.KEY_LIMIT, model.requiredText("model_id"));
    }

    private static final List<String> MODEL_FIELDS = List.of("artifact_path", "flavors", "utc_time_created", "run_id");

    /// Appends a model to the list in the tag `mlflow.log-model.history`, as clients before 3.x expect it.
    private Reply logModel(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        String runId = message.newRunId();
        String text = message.requiredText("model_json");
        ObjectNode model;
        try {
            model = (ObjectNode) Json.MAPPER.readTree(text);
        } catch (JacksonException | ClassCastException e) {
            throw INVALID_ARGUMENT.because("Malformed model info. \n "
                    + (text.length() > 1000 ? text.substring(0, 1000) + "…" : text) + " \n is not a valid JSON.");
        }
        List<String> missing = MODEL_FIELDS.stream()
                .filter(field -> !model.has(field))
                .map(Names::quote)
                .toList();
        if (!missing.isEmpty())
            throw INVALID_ARGUMENT.because(
                    "Model json is missing mandatory fields: {" + String.join(", ", missing) + "}");
        ObjectNode entry = Json.MAPPER.createObjectNode();
        for (String field : List.of("run_id", "artifact_path", "utc_time_created", "model_uuid", "flavors")) {
            JsonNode value = model.get(field);
            entry.set(field, value == null ? Json.MAPPER.nullNode() : value); // Only model_uuid may be missing here.
        }
        runs.editTag(runId, "mlflow.log-model.history", old -> {
            ArrayNode history = old.map(t -> Json.MAPPER.readTree(t))
                    .filter(JsonNode::isArray)
                    .map(ArrayNode.class::cast)
                    .orElseGet(Json.MAPPER::createArrayNode);
            return history.add(entry).toString();
        });
        return Reply.emptyJson();
    }

    private Reply searchDatasets(Call call) throws IOException {
        List<String> ids = MlflowMessage.of(call).texts("experiment_ids");
        if (ids.isEmpty())
            throw INVALID_ARGUMENT.because("SearchDatasets request must specify at least one experiment_id.");
        if (ids.size() > 20) {
            throw INVALID_ARGUMENT.because(
                    "SearchDatasets request cannot specify more than 20 experiment_ids. Received " + ids.size()
                            + " experiment_ids.");
        }
        List<RunStore.DatasetSummary> summaries = runs.searchDatasets(MlflowExperimentApi.parseIds(ids));
        return Reply.json(json -> {
            json.writeStartObject();
            if (!summaries.isEmpty()) {
                json.writeName("dataset_summaries").writeStartArray();
                for (RunStore.DatasetSummary summary : summaries) {
                    json.writeStartObject();
                    json.writeStringProperty("experiment_id", String.valueOf(summary.experiment()));
                    json.writeStringProperty("name", summary.name());
                    json.writeStringProperty("digest", summary.digest());
                    summary.context().ifPresent(context -> json.writeStringProperty("context", context));
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        });
    }

    static Optional<String> notEmpty(Optional<String> text) {
        return text.filter(t -> !t.isEmpty());
    }
}
