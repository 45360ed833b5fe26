package io.millwright.server;

import io.millwright.http.Json;
import io.millwright.ledger.Event;
import io.millwright.server.ChangeHub.Topic;
import io.millwright.tracking.RunService;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// Which topics an event of the ledger changes.
final class EventTopics {
    private static final Pattern RUN_ARTIFACT = Pattern.compile("artifact:[^/]+/([0-9a-f]{32})/.*", Pattern.DOTALL);

    private final RunService runs;
    private final Consumer<Topic> changed;

    EventTopics(RunService runs, Consumer<Topic> changed) {
        this.runs = runs;
        this.changed = changed;
    }

    void accept(List<Event> events) {
        Set<String> runIds = new HashSet<>();
        for (Event event : events) {
            if (kind(event).equals("run")) runIds.add(id(event));
        }
        Map<String, Long> experiments = runs.experimentsOf(runIds);
        Set<Topic> topics = new LinkedHashSet<>();
        for (Event event : events) {
            for (String name : names(event, experiments)) topics.add(new Topic(event.workspace(), name));
            topics.add(new Topic(event.workspace(), ChangesApi.AUDIT));
            if (isAccess(event)) topics.add(ChangesApi.ACCESS);
        }
        topics.forEach(changed);
    }

    private static List<String> names(Event event, Map<String, Long> experiments) {
        String id = id(event);
        return switch (kind(event)) {
            case "run" -> {
                Long experiment = experiments.get(id);
                // A run that was taken away for good is not found any more, but its event names the experiment.
                String of = experiment != null ? experiment.toString() : experimentIn(event);
                yield List.of("tracking", "run:" + id, "experiment:" + of);
            }
            case "experiment" -> List.of("tracking", "experiment:" + id);
            case "view" -> List.of("experiment:" + experimentIn(event));
            case "logged-model" -> List.of("tracking", "experiment:" + experimentIn(event));
            case "artifact" -> {
                Matcher ofRun = RUN_ARTIFACT.matcher(event.entity());
                yield ofRun.matches() ? List.of("run:" + ofRun.group(1)) : List.of();
            }
            case "model", "model-version" -> List.of("registry");
            case "promotion", "promotion-policy" -> List.of("promotion");
            case "dataset", "namespace" -> List.of("lake");
            default -> List.of();
        };
    }

    private static boolean isAccess(Event event) {
        return switch (kind(event)) {
            case "user", "service-account", "group", "grant", "token" -> true;
            default -> false;
        };
    }

    private static String experimentIn(Event event) {
        JsonNode experiment = Json.MAPPER.readTree(event.payload()).path("experiment");
        return experiment.asString("");
    }

    private static String kind(Event event) {
        return event.type().substring(0, Math.max(0, event.type().indexOf('.')));
    }

    private static String id(Event event) {
        return event.entity().substring(event.entity().indexOf(':') + 1);
    }
}
