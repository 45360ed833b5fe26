package io.millwright.tracking.imports;

import io.millwright.tracking.DatasetInput;
import io.millwright.tracking.Experiment;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.LoggedModelMetric;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunInfo;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// MLflow's answers as tracking's records. What a version does not send is absent; numbers may come as texts.
final class RestMessages {
    private final ImportNotes notes;

    RestMessages(ImportNotes notes) {
        this.notes = notes;
    }

    Experiment experiment(JsonNode json) throws IOException {
        return new Experiment(
                SourceIds.experiment(text(json, "experiment_id")),
                "",
                text(json, "name"),
                ArtifactUri.keptLocation(text(json, "artifact_location")),
                text(json, "lifecycle_stage").equals("deleted"),
                time(json, "creation_time"),
                time(json, "last_update_time"),
                pairs(json.path("tags")));
    }

    SourceRun run(JsonNode json) throws IOException {
        JsonNode info = json.path("info");
        JsonNode data = json.path("data");
        String id = SourceIds.run(text(info, "run_id").isEmpty() ? text(info, "run_uuid") : text(info, "run_id"));
        Map<String, String> tags = pairs(data.path("tags"));
        new OldFields(tags, id, notes)
                .sourceType(nullable(info, "source_type"))
                .sourceName(nullable(info, "source_name"))
                .sourceVersion(nullable(info, "source_version"))
                .entryPoint(nullable(info, "entry_point_name"));
        String name = text(info, "run_name").isEmpty() ? text(info, "name") : text(info, "run_name");
        RunInfo run = new RunInfo(
                0,
                id,
                SourceIds.experiment(text(info, "experiment_id")),
                name.isEmpty() ? tags.getOrDefault("mlflow.runName", "") : name,
                text(info, "user_id"),
                SourceIds.status(text(info, "status")),
                number(info, "start_time").orElse(0),
                number(info, "end_time"),
                text(info, "lifecycle_stage").equals("deleted"),
                text(info, "artifact_uri"));
        List<MetricPoint> latest = new ArrayList<>();
        for (JsonNode metric : data.path("metrics")) latest.add(point(text(metric, "key"), metric));
        List<DatasetInput> datasets = new ArrayList<>();
        for (JsonNode input : json.path("inputs").path("dataset_inputs")) datasets.add(dataset(input));
        List<String> modelInputs = new ArrayList<>();
        for (JsonNode input : json.path("inputs").path("model_inputs")) modelInputs.add(text(input, "model_id"));
        List<Run.ModelOutput> outputs = new ArrayList<>();
        for (JsonNode output : json.path("outputs").path("model_outputs")) {
            outputs.add(new Run.ModelOutput(
                    text(output, "model_id"), number(output, "step").orElse(0)));
        }
        return new SourceRun(
                new Run(run, latest, pairs(data.path("params")), tags, datasets, modelInputs, outputs), "");
    }

    private static DatasetInput dataset(JsonNode input) {
        JsonNode dataset = input.path("dataset");
        return new DatasetInput(
                text(dataset, "name"),
                text(dataset, "digest"),
                text(dataset, "source_type"),
                text(dataset, "source"),
                nullable(dataset, "schema"),
                nullable(dataset, "profile"),
                pairs(input.path("tags")));
    }

    static MetricPoint point(String key, JsonNode metric) {
        JsonNode value = metric.path("value");
        double number = value.isString() ? MetricLine.number(value.stringValue()) : value.doubleValue(Double.NaN);
        return new MetricPoint(
                key,
                number,
                number(metric, "timestamp").orElse(0),
                number(metric, "step").orElse(0));
    }

    static LoggedModel loggedModel(JsonNode json) throws IOException {
        JsonNode info = json.path("info");
        JsonNode data = json.path("data");
        String id = SourceIds.loggedModel(text(info, "model_id"));
        List<LoggedModelMetric> metrics = new ArrayList<>();
        for (JsonNode metric : data.path("metrics")) {
            LoggedModelMetric.Target target = new LoggedModelMetric.Target(
                    id, nullable(metric, "dataset_name"), nullable(metric, "dataset_digest"));
            metrics.add(new LoggedModelMetric(point(text(metric, "key"), metric), text(metric, "run_id"), target));
        }
        return new LoggedModel(
                id,
                SourceIds.experiment(text(info, "experiment_id")),
                text(info, "name"),
                emptyToNull(nullable(info, "model_type")),
                emptyToNull(nullable(info, "source_run_id")),
                SourceIds.modelStatus(text(info, "status")),
                emptyToNull(nullable(info, "status_message")),
                text(info, "artifact_uri"),
                time(info, "creation_timestamp_ms"),
                time(info, "last_updated_timestamp_ms"),
                false,
                pairs(info.path("tags")),
                pairs(data.path("params")),
                metrics);
    }

    private static @Nullable String emptyToNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    private static Map<String, String> pairs(JsonNode list) {
        Map<String, String> pairs = new HashMap<>();
        for (JsonNode pair : list) pairs.put(text(pair, "key"), text(pair, "value"));
        return pairs;
    }

    static String text(JsonNode json, String name) {
        String text = nullable(json, name);
        return text == null ? "" : text;
    }

    private static @Nullable String nullable(JsonNode json, String name) {
        JsonNode value = json.path(name);
        return value.isMissingNode() || value.isNull() ? null : value.asString("");
    }

    static OptionalLong number(JsonNode json, String name) {
        JsonNode value = json.path(name);
        if (value.isNumber()) return OptionalLong.of(value.longValue());
        if (!value.isString()) return OptionalLong.empty();
        try {
            return OptionalLong.of(Long.parseLong(value.stringValue()));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private static Instant time(JsonNode json, String name) {
        return Instant.ofEpochMilli(number(json, name).orElse(0));
    }
}
