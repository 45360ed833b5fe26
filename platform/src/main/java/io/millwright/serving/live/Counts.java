package io.millwright.serving.live;

import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What a canary has done, added up over servers.
public final class Counts {
    private static final JsonMapper JSON = new JsonMapper();

    long answered;
    long failed;
    long compared;
    long disagreed;
    final Latencies latencies = new Latencies();
    final Distribution champion = new Distribution();
    final Distribution canary = new Distribution();

    public static Counts of(Tally tally) {
        Counts counts = new Counts();
        counts.answered = tally.answered();
        counts.failed = tally.failed();
        for (int i = 0; i < Latencies.CLASSES; i++) {
            if (tally.latencies.count(i) > 0) counts.latencies.add(i, tally.latencies.count(i));
        }
        tally.agreement.addTo(counts);
        return counts;
    }

    /// Adds what [#toString] has written.
    public void add(String written) {
        JsonNode json = JSON.readTree(written);
        answered += json.path("answered").asLong();
        failed += json.path("failed").asLong();
        compared += json.path("compared").asLong();
        disagreed += json.path("disagreed").asLong();
        for (Map.Entry<String, JsonNode> each : json.path("latencies").properties())
            latencies.add(Integer.parseInt(each.getKey()), each.getValue().asLong());
        add(json.path("champion"), champion);
        add(json.path("canary"), canary);
    }

    private static void add(JsonNode json, Distribution to) {
        for (Map.Entry<String, JsonNode> each : json.path("classes").properties())
            to.add(each.getKey(), each.getValue().asLong());
        for (Map.Entry<String, JsonNode> each : json.path("numbers").properties())
            to.add(Integer.parseInt(each.getKey()), each.getValue().asLong());
    }

    /// As JSON.
    @Override
    public String toString() {
        ObjectNode json = JSON.createObjectNode();
        json.put("answered", answered).put("failed", failed);
        json.put("compared", compared).put("disagreed", disagreed);
        ObjectNode times = json.putObject("latencies");
        for (int i = 0; i < Latencies.CLASSES; i++)
            if (latencies.count(i) > 0) times.put(String.valueOf(i), latencies.count(i));
        write(champion, json.putObject("champion"));
        write(canary, json.putObject("canary"));
        return JSON.writeValueAsString(json);
    }

    private static void write(Distribution from, ObjectNode to) {
        ObjectNode classes = to.putObject("classes");
        from.classes().forEach(classes::put);
        ObjectNode numbers = to.putObject("numbers");
        from.numbers().forEach((place, count) -> numbers.put(String.valueOf(place), count));
    }

    public long answered() {
        return answered;
    }

    public long failed() {
        return failed;
    }

    public long compared() {
        return compared;
    }

    public long disagreed() {
        return disagreed;
    }

    /// Milliseconds.
    public double p99() {
        return latencies.quantile(0.99);
    }

    public double shift() {
        return Distribution.distance(champion, canary);
    }
}
