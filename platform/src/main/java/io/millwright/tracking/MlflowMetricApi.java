package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.Call;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JsonGenerator;

/// MLflow's REST for metrics.
final class MlflowMetricApi {
    private static final int BULK_RUNS = 100;
    private static final int BULK_RESULTS = 25_000;
    private static final int SAMPLE_LIMIT = 2500;
    /// A longer history is read and sent bit by bit.
    private static final int POINTS_AT_ONCE = 4095;

    private final RunService runs;

    MlflowMetricApi(RunService runs) {
        this.runs = runs;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("2.0")
                .post("/mlflow/runs/log-metric", this::logMetric)
                .get("/mlflow/metrics/get-history", this::history)
                .get("/mlflow/metrics/get-history-bulk", this::historyBulk)
                .get("/mlflow/metrics/get-history-bulk-interval", this::historyBulkInterval);
    }

    private Reply logMetric(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        String runId = message.runId();
        runs.logMetric(runId, point(message), target(message));
        return Reply.emptyJson();
    }

    static MetricPoint point(MlflowMessage metric) {
        return new MetricPoint(
                metric.requiredText("key"),
                metric.requiredNumber("value"),
                metric.requiredInteger("timestamp"),
                metric.integer("step").orElse(0));
    }

    /// The logged model that a metric also belongs to.
    static Optional<LoggedModelMetric.Target> target(MlflowMessage metric) {
        return MlflowRunApi.notEmpty(metric.text("model_id"))
                .map(model -> new LoggedModelMetric.Target(
                        model,
                        MlflowRunApi.notEmpty(metric.text("dataset_name")).orElse(null),
                        MlflowRunApi.notEmpty(metric.text("dataset_digest")).orElse(null)));
    }

    private Reply history(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        String runId = message.runId();
        String key = message.requiredText("metric_key");
        OptionalInt maxResults = message.smallInteger("max_results");
        if (maxResults.isPresent() && maxResults.getAsInt() <= 0) {
            throw INVALID_ARGUMENT.because("Invalid value " + maxResults.getAsInt()
                    + " for parameter 'max_results' supplied. It must be a positive integer.");
        }
        long most = maxResults.isPresent() ? maxResults.getAsInt() : Long.MAX_VALUE;
        Optional<String> start = MlflowExperimentApi.pageToken(message);
        return Reply.largeJson(json -> {
            MetricHistoryPage page = runs.history(runId, key, Math.min(most, POINTS_AT_ONCE), start);
            json.writeStartObject();
            if (page.size() > 0) {
                json.writeName("metrics").writeStartArray();
                writePoints(json, key, page);
                long left = most - page.size();
                while (left > 0 && page.nextToken().isPresent()) {
                    page = runs.history(runId, key, Math.min(left, POINTS_AT_ONCE), page.nextToken());
                    writePoints(json, key, page);
                    left -= page.size();
                }
                json.writeEndArray();
            }
            page.nextToken().ifPresent(token -> json.writeStringProperty("next_page_token", token));
            json.writeEndObject();
        });
    }

    private static void writePoints(JsonGenerator json, String key, MetricHistoryPage page) {
        for (int i = 0; i < page.size(); i++) {
            json.writeStartObject().writeStringProperty("key", key);
            MlflowJson.point(json, page.points().value[i], page.points().at[i], page.points().step[i]);
            json.writeEndObject();
        }
    }

    /// The web UI's route: plain numbers, and NaN as a text where MLflow writes what is no JSON.
    private Reply historyBulk(Call call) throws IOException {
        List<String> runIds = call.query().getOrDefault("run_id", List.of());
        if (runIds.isEmpty())
            throw INVALID_ARGUMENT.because("GetMetricHistoryBulk request must specify at least one run_id.");
        if (runIds.size() > BULK_RUNS) {
            throw INVALID_ARGUMENT.because("GetMetricHistoryBulk request cannot specify more than " + BULK_RUNS
                    + " run_ids. Received " + runIds.size() + " run_ids.");
        }
        String key = call.queryValue("metric_key")
                .orElseThrow(() -> INVALID_ARGUMENT.because("GetMetricHistoryBulk request must specify a metric_key."));
        int most = Math.clamp(MlflowMessage.of(call).integer("max_results").orElse(BULK_RESULTS), 0, BULK_RESULTS);
        return Reply.largeJson(json -> {
            json.writeStartObject().writeName("metrics").writeStartArray();
            int left = most;
            for (String runId : runIds.stream().sorted().distinct().toList()) {
                if (left == 0) break;
                MetricHistoryPage page = runs.history(runId, key, left, Optional.empty());
                left -= page.size();
                writeWithRun(json, runId, key, page.points(), page.size());
            }
            json.writeEndArray().writeEndObject();
        });
    }

    private Reply historyBulkInterval(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        List<String> runIds = message.texts("run_ids");
        if (runIds.isEmpty()) throw message.missing("run_ids");
        if (runIds.size() > BULK_RUNS) {
            throw INVALID_ARGUMENT.because("GetMetricHistoryBulkInterval request must specify at most " + BULK_RUNS
                    + " run_ids. Received " + runIds.size()
                    + " run_ids. See the API docs for more information about request parameters.");
        }
        String key = message.requiredText("metric_key");
        OptionalInt start = message.smallInteger("start_step");
        OptionalInt end = message.smallInteger("end_step");
        long most = message.integer("max_results").orElse(SAMPLE_LIMIT);
        if (most < 1 || most > SAMPLE_LIMIT) {
            throw INVALID_ARGUMENT.because("max_results must be between 1 and " + SAMPLE_LIMIT
                    + ". See the API docs for more information about request parameters.");
        }
        if (start.isPresent() != end.isPresent()) {
            throw INVALID_ARGUMENT.because("If either start step or end step are specified, both must be specified.");
        }
        if (start.isPresent() && start.getAsInt() > end.getAsInt()) {
            throw INVALID_ARGUMENT.because("end_step must be greater than start_step. Found start_step="
                    + start.getAsInt() + " and end_step=" + end.getAsInt() + ".");
        }
        long from = start.isPresent() ? start.getAsInt() : Long.MIN_VALUE;
        long to = end.isPresent() ? end.getAsInt() : Long.MAX_VALUE;
        List<RunService.Sample> sampled = runs.sample(runIds, key, from, to, (int) most);
        return Reply.largeJson(json -> {
            json.writeStartObject();
            if (sampled.stream().anyMatch(sample -> sample.points().size > 0)) {
                json.writeName("metrics").writeStartArray();
                for (RunService.Sample sample : sampled)
                    writeWithRun(json, sample.runId(), key, sample.points(), sample.points().size);
                json.writeEndArray();
            }
            json.writeEndObject();
        });
    }

    private static void writeWithRun(
            JsonGenerator json, String runId, String key, MetricStore.History points, int count) {
        for (int i = 0; i < count; i++) {
            json.writeStartObject().writeStringProperty("key", key);
            MlflowJson.point(json, points.value[i], points.at[i], points.step[i]);
            json.writeStringProperty("run_id", runId).writeEndObject();
        }
    }
}
