package io.millwright.lineage;

import io.millwright.http.Json;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.tables.TableService;
import io.millwright.ledger.Event;
import io.millwright.tracking.DatasetInput;
import io.millwright.tracking.ExperimentService;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunService;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The ledger's events as OpenLineage 2-0-2 tells them: each commit to a dataset, and each run that
/// ends. The same event gives the same text, with the same run id, however often it is read.
final class CollectorEvents {
    private static final String PRODUCER = "urn:millwright";
    private static final String SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
    private static final String FACETS = "https://openlineage.io/spec/facets/";
    private static final Pattern HEX = Pattern.compile("(.{8})(.{4})(.{4})(.{4})(.{12})");

    private final String namespace;
    private final TableService tables;
    private final RunService runs;
    private final ExperimentService experiments;

    CollectorEvents(String namespace, TableService tables, RunService runs, ExperimentService experiments) {
        this.namespace = namespace;
        this.tables = tables;
        this.runs = runs;
        this.experiments = experiments;
    }

    /// @return empty when there is nothing to tell
    Optional<String> of(Event event) {
        return switch (event.type()) {
            case "dataset.committed" -> Optional.of(committed(event));
            case "run.updated" -> ended(event);
            default -> Optional.empty();
        };
    }

    private String committed(Event event) {
        String dataset = name(event);
        JsonNode payload = Json.MAPPER.readTree(event.payload());
        UUID run = UUID.nameUUIDFromBytes(event.id().getBytes(StandardCharsets.UTF_8));
        ObjectNode told = event("COMPLETE", event.at(), run.toString(), "commit " + dataset);
        ArrayNode inputs = told.putArray("inputs");
        for (JsonNode input : payload.path("inputs")) {
            ObjectNode read = dataset(
                    inputs.addObject(),
                    OpenLineageFacts.OURS,
                    input.path("dataset").asString(""));
            version(read, input.path("snapshot_id").asString(""));
        }
        ObjectNode output = dataset(told.putArray("outputs").addObject(), OpenLineageFacts.OURS, dataset);
        version(output, payload.path("snapshot_id").asString(""));
        ObjectNode statistics = facet(
                output.putObject("outputFacets"),
                "outputStatistics",
                "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet");
        statistics.put("rowCount", payload.path("added_rows").asLong(0));
        return told.toString();
    }

    private Optional<String> ended(Event event) {
        String status = Json.MAPPER.readTree(event.payload()).path("status").asString("");
        String type = switch (status) {
            case "FINISHED" -> "COMPLETE";
            case "FAILED" -> "FAIL";
            case "KILLED" -> "ABORT";
            default -> "";
        };
        Matcher id = HEX.matcher(name(event));
        if (type.isEmpty() || !id.matches()) return Optional.empty();
        RequestContext context = new RequestContext(event.requestId(), Principal.SYSTEM, event.workspace());
        try {
            return Optional.of(context.call(() -> ended(event, type, id.replaceAll("$1-$2-$3-$4-$5"))));
        } catch (Failure e) {
            if (e.code() == ErrorCode.NOT_FOUND) return Optional.empty(); // It was removed meanwhile.
            throw e;
        }
    }

    private String ended(Event event, String type, String id) {
        Run run = runs.get(name(event));
        String experiment = experiments.get(run.info().experiment()).name();
        ObjectNode told = event(type, event.at(), id, "experiment " + experiment);
        ArrayNode inputs = told.putArray("inputs");
        Datasets datasets = new Datasets(tables, event.workspace(), event.requestId());
        for (DatasetInput input : run.datasets()) {
            MlflowInput read = MlflowInput.of(input);
            Optional<Datasets.Found> found = datasets.find(read, event.at());
            ObjectNode node = inputs.addObject();
            if (found.isEmpty()) {
                dataset(node, read.namespace(), read.name());
            } else {
                dataset(node, OpenLineageFacts.OURS, found.get().name().toString());
                found.get().snapshot().ifPresent(snapshot -> version(node, Long.toString(snapshot)));
            }
        }
        for (String model : run.modelInputs())
            dataset(inputs.addObject(), OpenLineageFacts.OURS, "logged-model:" + model);
        ArrayNode outputs = told.putArray("outputs");
        for (Run.ModelOutput output : run.modelOutputs()) {
            dataset(outputs.addObject(), OpenLineageFacts.OURS, "logged-model:" + output.modelId());
        }
        return told.toString();
    }

    private ObjectNode event(String type, Instant at, String run, String job) {
        ObjectNode event = Json.MAPPER.createObjectNode();
        event.put("eventType", type);
        event.put("eventTime", at.toString());
        event.put("producer", PRODUCER);
        event.put("schemaURL", SPEC);
        event.putObject("run").put("runId", run);
        event.putObject("job").put("namespace", namespace).put("name", job);
        return event;
    }

    private static ObjectNode dataset(ObjectNode dataset, String namespace, String name) {
        return dataset.put("namespace", namespace).put("name", name);
    }

    private static void version(ObjectNode dataset, String snapshot) {
        ObjectNode facets = dataset.putObject("facets");
        facet(facets, "version", "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet")
                .put("datasetVersion", snapshot);
    }

    private static ObjectNode facet(ObjectNode facets, String name, String schema) {
        return facets.putObject(name).put("_producer", PRODUCER).put("_schemaURL", FACETS + schema);
    }

    private static String name(Event event) {
        return event.entity().substring(event.entity().indexOf(':') + 1);
    }
}
