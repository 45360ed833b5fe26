package io.millwright.lineage;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.lake.tables.At;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/// Millwright's own REST for lineage.
final class LineageApi {
    private static final int DEPTH_OF_GRAPH = 3;
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

    private final LineageService lineage;

    LineageApi(LineageService lineage) {
        this.lineage = lineage;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(Need.READ, "GET", "/lineage", BodyKind.NONE, "What stands around a node of the graph", this::graph)
                .on(
                        Need.READ,
                        "GET",
                        "/lineage/impact",
                        BodyKind.NONE,
                        "What was made of it: what breaks if it changes",
                        call -> write(lineage.impact(question(call)), "impact"))
                .on(
                        Need.READ,
                        "GET",
                        "/lineage/provenance",
                        BodyKind.NONE,
                        "What it was made of: where it comes from",
                        call -> write(lineage.provenance(question(call)), "provenance"));
    }

    private static LineageService.Question question(Call call) {
        Query query = Query.of(call, "node", "depth", "at", "max_results");
        return question(query, LineageService.DEEPEST);
    }

    private static LineageService.Question question(Query query, int usualDepth) {
        String node = query.text("node")
                .orElseThrow(() ->
                        INVALID_ARGUMENT.because("'node' is missing, expected a URN such as dataset:census.people."));
        return new LineageService.Question(
                node,
                query.number("depth", usualDepth, 1, LineageService.DEEPEST),
                query.text("at").map(LineageApi::time),
                query.number("max_results", 1000, 1, 10_000));
    }

    private static Instant time(String text) {
        At.Time time = At.time(text);
        if (time.at().isBefore(LATEST)) return time.at();
        throw INVALID_ARGUMENT.because("'at' is '%s', expected a time before %s.", text, LATEST);
    }

    private Reply graph(Call call) throws IOException {
        Query query = Query.of(call, "node", "direction", "depth", "at", "max_results");
        LineageService.Direction direction = query.choice(
                "direction",
                LineageService.Direction.BOTH,
                Map.of(
                        "up",
                        LineageService.Direction.UP,
                        "down",
                        LineageService.Direction.DOWN,
                        "both",
                        LineageService.Direction.BOTH));
        Graph graph = lineage.graph(question(query, DEPTH_OF_GRAPH), direction);
        return Reply.json(json -> {
            json.writeStartObject()
                    .writeStringProperty("node", graph.node())
                    .writeName("nodes")
                    .writeStartArray();
            for (Graph.Point point : graph.nodes()) {
                json.writeStartObject()
                        .writeStringProperty("urn", point.urn())
                        .writeStringProperty("kind", point.kind().word())
                        .writeNumberProperty("distance", point.distance())
                        .writeEndObject();
            }
            json.writeEndArray().writeName("edges").writeStartArray();
            for (Graph.Line line : graph.edges()) write(json, line);
            json.writeEndArray()
                    .writeNumberProperty("hidden", graph.hidden())
                    .writeBooleanProperty("truncated", graph.truncated())
                    .writeEndObject();
        });
    }

    private static void write(JsonGenerator json, Graph.Line line) {
        json.writeStartObject()
                .writeStringProperty("from", line.from())
                .writeStringProperty("to", line.to())
                .writeStringProperty("kind", line.kind().word())
                .writeStringProperty("first_seen", line.firstSeen().toString())
                .writeStringProperty("last_seen", line.lastSeen().toString());
        line.endedAt().ifPresent(at -> json.writeStringProperty("ended_at", at.toString()));
        if (!line.detail().isEmpty()) json.writeStringProperty("detail", line.detail());
        json.writeStringProperty("said_by", line.actor())
                .writeStringProperty("said_in", line.said())
                .writeStringProperty("request_id", line.requestId())
                .writeEndObject();
    }

    private static Reply write(Reach reach, String question) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject()
                    .writeStringProperty("node", reach.node())
                    .writeStringProperty("question", question)
                    .writeName("counts")
                    .writeStartObject();
            reach.counts().forEach((kind, count) -> json.writeNumberProperty(kind.word(), count));
            json.writeEndObject().writeName("groups").writeStartArray();
            for (NodeKind kind : reach.counts().keySet()) group(json, kind, reach);
            json.writeEndArray()
                    .writeNumberProperty("hidden", reach.hidden())
                    .writeNumberProperty("edges_walked", reach.edges())
                    .writeBooleanProperty("truncated", reach.truncated())
                    .writeEndObject();
        });
    }

    private static void group(JsonGenerator json, NodeKind kind, Reach reach) {
        json.writeStartObject()
                .writeStringProperty("kind", kind.word())
                .writeName("nodes")
                .writeStartArray();
        for (Reach.Item item : reach.items()) {
            if (item.kind() != kind) continue;
            json.writeStartObject()
                    .writeStringProperty("urn", item.urn())
                    .writeNumberProperty("distance", item.distance())
                    .writeName("path")
                    .writeStartArray();
            item.path().forEach(json::writeString);
            json.writeEndArray().writeEndObject();
        }
        json.writeEndArray().writeEndObject();
    }
}
