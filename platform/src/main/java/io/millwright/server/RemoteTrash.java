package io.millwright.server;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/// The trash of a running server, through its own API.
///
/// @param allWorkspaces instead of the one that the server was asked in
record RemoteTrash(RemoteServer server, boolean allWorkspaces) {
    void forEachItem(Duration olderThan, Consumer<JsonNode> item) throws IOException, InterruptedException {
        server.forEach("/trash?older_than=" + olderThan + everywhere(), "items", item);
    }

    void forEachExperiment(Consumer<JsonNode> experiment) throws IOException, InterruptedException {
        server.forEach("/space?max_results=1000" + everywhere(), "experiments", experiment);
    }

    private String everywhere() {
        return allWorkspaces ? "&all_workspaces=true" : "";
    }

    /// Has the trash collected and watches until it is done.
    ///
    /// @param progress told of each change of the operation
    /// @return its result
    JsonNode collect(Duration olderThan, boolean keepArtifacts, boolean dryRun, Consumer<JsonNode> progress)
            throws IOException, InterruptedException {
        JsonNode operation = server.post(
                "/trash/collect",
                Map.of(
                        "older_than", olderThan.toString(),
                        "keep_artifacts", keepArtifacts,
                        "dry_run", dryRun,
                        "all_workspaces", allWorkspaces));
        return watched(operation, progress);
    }

    /// The same for the lake.
    JsonNode collectLake(Duration olderThan, boolean dryRun) throws IOException, InterruptedException {
        JsonNode operation = server.post(
                "/lake/collect",
                Map.of("older_than", olderThan.toString(), "dry_run", dryRun, "all_workspaces", allWorkspaces));
        return watched(operation, progress -> {});
    }

    private JsonNode watched(JsonNode begun, Consumer<JsonNode> progress) throws IOException, InterruptedException {
        JsonNode operation = server.watched(begun, progress);
        JsonNode told = operation.path("progress");
        if (operation.path("state").asString().equals("succeeded")) return operation.path("result");
        throw new RemoteServer.Refused(
                "the collection " + operation.path("state").asString() + " after "
                        + told.path("things").asLong() + " things: "
                        + operation.at("/error/detail").asString("somebody cancelled it"));
    }
}
