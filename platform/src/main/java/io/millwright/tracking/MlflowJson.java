package io.millwright.tracking;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JsonGenerator;

/// Writes tracking's records as MLflow's messages: snake_case, 64-bit integers as numbers, NaN as a text, what is unset
/// or empty left out.
final class MlflowJson {
    private MlflowJson() {}

    static void experiment(JsonGenerator json, Experiment e) {
        json.writeStartObject();
        json.writeStringProperty("experiment_id", String.valueOf(e.id()));
        json.writeStringProperty("name", e.name());
        json.writeStringProperty("artifact_location", e.artifactLocation());
        json.writeStringProperty("lifecycle_stage", stage(e.deleted()));
        json.writeNumberProperty("last_update_time", e.updatedAt().toEpochMilli());
        json.writeNumberProperty("creation_time", e.createdAt().toEpochMilli());
        pairs(json, "tags", e.tags());
        json.writeStringProperty("workspace", e.workspace());
        json.writeEndObject();
    }

    static void runInfo(JsonGenerator json, RunInfo run) {
        json.writeStartObject();
        json.writeStringProperty("run_uuid", run.id());
        json.writeStringProperty("experiment_id", String.valueOf(run.experiment()));
        json.writeStringProperty("run_name", run.name());
        json.writeStringProperty("user_id", run.userId());
        json.writeStringProperty("status", run.status().name());
        json.writeNumberProperty("start_time", run.startTimeMillis());
        // MLflow takes an end time of 0 for none.
        if (run.endTimeMillis().isPresent() && run.endTimeMillis().getAsLong() != 0) {
            json.writeNumberProperty("end_time", run.endTimeMillis().getAsLong());
        }
        json.writeStringProperty("artifact_uri", run.artifactUri());
        json.writeStringProperty("lifecycle_stage", stage(run.deleted()));
        json.writeStringProperty("run_id", run.id());
        json.writeEndObject();
    }

    static void run(JsonGenerator json, Run run) {
        run(json, run, true, true);
    }

    /// A run just made has no `outputs` at all in MLflow's answer.
    static void newRun(JsonGenerator json, Run run) {
        run(json, run, false, false);
    }

    /// A run that a search found comes without its model inputs in MLflow's answer.
    static void foundRun(JsonGenerator json, Run run) {
        run(json, run, false, true);
    }

    private static void run(JsonGenerator json, Run run, boolean withModelInputs, boolean withOutputs) {
        json.writeStartObject();
        json.writeName("info");
        runInfo(json, run.info());
        json.writeName("data");
        json.writeStartObject();
        if (!run.metrics().isEmpty()) {
            json.writeName("metrics");
            json.writeStartArray();
            for (MetricPoint point : run.metrics()) metric(json, point);
            json.writeEndArray();
        }
        pairs(json, "params", run.params());
        pairs(json, "tags", run.tags());
        json.writeEndObject();
        inputs(json, run.datasets(), withModelInputs ? run.modelInputs() : List.of());
        if (withOutputs) outputs(json, run);
        json.writeEndObject();
    }

    private static void inputs(JsonGenerator json, List<DatasetInput> datasets, List<String> models) {
        json.writeName("inputs");
        json.writeStartObject();
        if (!datasets.isEmpty()) {
            json.writeName("dataset_inputs");
            json.writeStartArray();
            for (DatasetInput dataset : datasets) dataset(json, dataset);
            json.writeEndArray();
        }
        if (!models.isEmpty()) {
            json.writeName("model_inputs");
            json.writeStartArray();
            for (String model : models)
                json.writeStartObject().writeStringProperty("model_id", model).writeEndObject();
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void dataset(JsonGenerator json, DatasetInput dataset) {
        json.writeStartObject();
        pairs(json, "tags", dataset.tags());
        json.writeName("dataset");
        json.writeStartObject();
        json.writeStringProperty("name", dataset.name());
        json.writeStringProperty("digest", dataset.digest());
        json.writeStringProperty("source_type", dataset.sourceType());
        json.writeStringProperty("source", dataset.source());
        if (dataset.schema() != null) json.writeStringProperty("schema", dataset.schema());
        if (dataset.profile() != null) json.writeStringProperty("profile", dataset.profile());
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void outputs(JsonGenerator json, Run run) {
        json.writeName("outputs");
        json.writeStartObject();
        if (!run.modelOutputs().isEmpty()) {
            json.writeName("model_outputs");
            json.writeStartArray();
            for (Run.ModelOutput output : run.modelOutputs()) {
                json.writeStartObject()
                        .writeStringProperty("model_id", output.modelId())
                        .writeNumberProperty("step", output.step())
                        .writeEndObject();
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    static void metric(JsonGenerator json, MetricPoint point) {
        json.writeStartObject();
        json.writeStringProperty("key", point.key());
        point(json, point.value(), point.timestampMillis(), point.step());
        json.writeEndObject();
    }

    static void point(JsonGenerator json, double value, long timestampMillis, long step) {
        json.writeName("value");
        if (Double.isNaN(value)) json.writeString("NaN");
        else json.writeNumber(value);
        json.writeNumberProperty("timestamp", timestampMillis);
        json.writeNumberProperty("step", step);
    }

    static void loggedModel(JsonGenerator json, LoggedModel model) {
        json.writeStartObject();
        json.writeName("info");
        json.writeStartObject();
        json.writeStringProperty("model_id", model.id());
        json.writeStringProperty("experiment_id", String.valueOf(model.experiment()));
        json.writeStringProperty("name", model.name());
        json.writeNumberProperty("creation_timestamp_ms", model.createdAt().toEpochMilli());
        json.writeNumberProperty("last_updated_timestamp_ms", model.updatedAt().toEpochMilli());
        json.writeStringProperty("artifact_uri", model.artifactUri());
        json.writeStringProperty("status", model.status().name());
        if (model.modelType() != null) json.writeStringProperty("model_type", model.modelType());
        if (model.sourceRun() != null) json.writeStringProperty("source_run_id", model.sourceRun());
        if (model.statusMessage() != null) json.writeStringProperty("status_message", model.statusMessage());
        pairs(json, "tags", model.tags());
        json.writeEndObject();
        json.writeName("data");
        json.writeStartObject();
        pairs(json, "params", model.params());
        if (!model.metrics().isEmpty()) {
            json.writeName("metrics");
            json.writeStartArray();
            for (LoggedModelMetric metric : model.metrics()) modelMetric(json, metric);
            json.writeEndArray();
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void modelMetric(JsonGenerator json, LoggedModelMetric metric) {
        json.writeStartObject();
        json.writeStringProperty("key", metric.point().key());
        point(
                json,
                metric.point().value(),
                metric.point().timestampMillis(),
                metric.point().step());
        LoggedModelMetric.Target target = metric.target();
        if (target.datasetName() != null) json.writeStringProperty("dataset_name", target.datasetName());
        if (target.datasetDigest() != null) json.writeStringProperty("dataset_digest", target.datasetDigest());
        json.writeStringProperty("model_id", target.modelId());
        json.writeStringProperty("run_id", metric.runId());
        json.writeEndObject();
    }

    /// Ordered by key, so that the same thing is always the same text.
    private static void pairs(JsonGenerator json, String name, Map<String, String> pairs) {
        if (pairs.isEmpty()) return;
        json.writeName(name);
        json.writeStartArray();
        new TreeMap<>(pairs)
                .forEach((key, value) -> json.writeStartObject()
                        .writeStringProperty("key", key)
                        .writeStringProperty("value", value)
                        .writeEndObject());
        json.writeEndArray();
    }

    static String stage(boolean deleted) {
        return deleted ? "deleted" : "active";
    }
}
