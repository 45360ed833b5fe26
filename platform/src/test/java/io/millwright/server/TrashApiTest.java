package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The trash through the server, as clients see it.
class TrashApiTest {
    private static final String OWN = "/api/millwright/v1";
    private static final String MLFLOW = "/api/2.0/mlflow";

    private final TestServer server = TestServer.start();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void a_collection_is_an_operation_that_is_watched_to_its_end() throws Exception {
        String run = newRun("default", "0");
        put("default", run, "twelve bytes");
        post("default", MLFLOW + "/runs/delete", "{\"run_id\": \"%s\"}".formatted(run));

        HttpResponse<String> begun = send("default", "POST", OWN + "/trash/collect", "{}");
        JsonNode ended =
                awaitEnd("default", begun.headers().firstValue("location").orElseThrow());

        assertThat(begun.statusCode()).isEqualTo(202);
        assertThat(ended.path("state").asString()).isEqualTo("succeeded");
        assertThat(ended.at("/progress/things").asLong()).isEqualTo(1);
        assertThat(ended.at("/result/things").asLong()).isEqualTo(1);
        assertThat(ended.at("/result/freed_bytes").asLong()).isEqualTo(12);
        assertThat(stored()).isZero();
        assertThat(send("default", "GET", MLFLOW + "/runs/get?run_id=" + run, "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(get("default", OWN + "/trash").path("items")).isEmpty();
    }

    @Test
    void a_dry_run_changes_nothing_and_says_what_would_be_freed() throws Exception {
        String run = newRun("default", "0");
        put("default", run, "twelve bytes");
        post("default", MLFLOW + "/runs/delete", "{\"run_id\": \"%s\"}".formatted(run));

        JsonNode ended = collect("default", "{\"dry_run\": true}");
        JsonNode tooYoung = collect("default", "{\"dry_run\": true, \"older_than\": \"P1D\"}");

        assertThat(ended.at("/result/freed_bytes").asLong()).isEqualTo(12);
        assertThat(tooYoung.at("/result/things").asLong()).isZero();
        assertThat(stored()).isEqualTo(12);
        JsonNode item = get("default", OWN + "/trash").at("/items/0");
        assertThat(item.path("id").asString()).isEqualTo(run);
        assertThat(item.path("kind").asString()).isEqualTo("run");
        assertThat(item.path("own_bytes").asLong()).isEqualTo(12);
        assertThat(get("default", OWN + "/trash?older_than=P1D").path("items")).isEmpty();
        post("default", MLFLOW + "/runs/restore", "{\"run_id\": \"%s\"}".formatted(run));
    }

    @Test
    void the_trash_and_the_space_report_come_in_pages() throws Exception {
        List<String> experiments = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            String experiment = newExperiment("default", "e" + i);
            experiments.add(experiment);
            newRun("default", experiment);
            post("default", MLFLOW + "/experiments/delete", "{\"experiment_id\": \"%s\"}".formatted(experiment));
        }

        List<String> trash = pages(OWN + "/trash?max_results=3", "items", "id");
        List<String> space = pages(OWN + "/space?max_results=2", "experiments", "experiment_id");

        assertThat(trash).hasSize(10).doesNotHaveDuplicates().containsAll(experiments);
        assertThat(space).hasSize(6).doesNotHaveDuplicates().containsAll(experiments);
    }

    @Test
    void each_workspace_has_its_own_trash_unless_all_are_asked_for() throws Exception {
        String theirs = newRun("team", newExperiment("team", "theirs"));
        String mine = newRun("default", "0");
        post("team", MLFLOW + "/runs/delete", "{\"run_id\": \"%s\"}".formatted(theirs));
        post("default", MLFLOW + "/runs/delete", "{\"run_id\": \"%s\"}".formatted(mine));

        assertThat(ids(get("team", OWN + "/trash"))).containsExactly(theirs);
        assertThat(ids(get("team", OWN + "/trash?all_workspaces=true"))).containsExactlyInAnyOrder(theirs, mine);
        assertThat(get("default", OWN + "/space").path("experiments")).hasSize(1);
        assertThat(get("default", OWN + "/space?all_workspaces=true").path("experiments"))
                .hasSize(2);
        assertThat(collect("default", "{}").at("/result/things").asLong()).isEqualTo(1);
        assertThat(collect("default", "{\"all_workspaces\": true}")
                        .at("/result/things")
                        .asLong())
                .isEqualTo(1);
        assertThat(send("team", "GET", MLFLOW + "/runs/get?run_id=" + theirs, "")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void chosen_things_are_taken_away_and_what_was_not_there_is_told() throws Exception {
        String chosen = newRun("default", "0");
        String other = newRun("default", "0");
        for (String run : List.of(chosen, other)) {
            post("default", MLFLOW + "/runs/delete", "{\"run_id\": \"%s\"}".formatted(run));
        }

        JsonNode ended = collect("default", "{\"items\": [\"run:%s\", \"experiment:7\"]}".formatted(chosen));

        assertThat(ended.at("/result/things").asLong()).isEqualTo(1);
        assertThat(ended.at("/result/left").valueStream().map(JsonNode::asString))
                .containsExactly("experiment:7");
        JsonNode left = get("default", OWN + "/trash?kind=run").at("/items/0");
        assertThat(left.path("id").asString()).isEqualTo(other);
        assertThat(left.path("deleted_at").asString()).isNotEmpty();
        assertThat(left.path("deleted_by").asString()).isEqualTo("local");
        assertThat(left.path("experiment_name").asString()).isEqualTo("Default");
        assertThat(left.path("with_experiment").asBoolean()).isFalse();
        assertThat(get("default", OWN + "/trash?kind=experiment").path("items")).isEmpty();
    }

    @Test
    void a_logged_model_is_restored() throws Exception {
        String model = post("default", MLFLOW + "/logged-models", "{\"experiment_id\": \"0\", \"name\": \"m\"}")
                .at("/model/info/model_id")
                .asString();
        good(send("default", "DELETE", MLFLOW + "/logged-models/" + model, ""));
        assertThat(ids(get("default", OWN + "/trash"))).containsExactly(model);

        HttpResponse<String> restored = send("default", "POST", OWN + "/logged-models/" + model + "/restore", "");

        assertThat(restored.statusCode()).isEqualTo(204);
        assertThat(get("default", OWN + "/trash").path("items")).isEmpty();
        assertThat(send("default", "POST", OWN + "/logged-models/m-none/restore", "")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void an_operation_is_known_in_its_workspace_only() throws Exception {
        String location = send("team", "POST", OWN + "/trash/collect", "{}")
                .headers()
                .firstValue("location")
                .orElseThrow();

        assertThat(awaitEnd("team", location).path("state").asString()).isEqualTo("succeeded");
        for (String unknown : List.of(location, OWN + "/operations/0123", location + "/cancel")) {
            String method = unknown.endsWith("/cancel") ? "POST" : "GET";
            HttpResponse<String> answer = send("default", method, unknown, "");
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(Json.MAPPER.readTree(answer.body()).path("code").asString())
                    .isEqualTo("NOT_FOUND");
        }
    }

    @Test
    void what_is_not_understood_is_refused_and_deletes_nothing() throws Exception {
        String run = newRun("default", "0");
        post("default", MLFLOW + "/runs/delete", "{\"run_id\": \"%s\"}".formatted(run));

        for (String body : List.of(
                "[]",
                "{\"dryrun\": true}",
                "{\"dry_run\": \"yes\"}",
                "{\"older_than\": 30}",
                "{\"items\": []}",
                "{\"items\": \"run:1\"}",
                "{\"items\": [\"model:churn\"]}",
                "{\"items\": [\"experiment:x\"]}",
                "{\"older_than\": \"30d\"}",
                "{\"older_than\": \"-P1D\"}")) {
            HttpResponse<String> answer = send("default", "POST", OWN + "/trash/collect", body);
            assertThat(answer.statusCode()).as(body).isEqualTo(400);
            assertThat(Json.MAPPER.readTree(answer.body()).path("code").asString())
                    .isEqualTo("INVALID_ARGUMENT");
        }
        for (String query : List.of(
                "max_results=0",
                "max_results=1001",
                "max_results=x",
                "page_token=%21",
                "page_token=WzAsMSwieCIsMV0", // [0,1,"x",1]: an experiment's id is a number
                "page_token=WzksMSwieCIsMV0", // [9,1,"x",1]: there are four parts
                "all_workspaces=maybe",
                "kind=model",
                "kinds=run",
                "older_than=soon")) {
            assertThat(send("default", "GET", OWN + "/trash?" + query, "").statusCode())
                    .as(query)
                    .isEqualTo(400);
        }
        assertThat(send("default", "GET", OWN + "/space?page_token=WyJ4Il0", "").statusCode())
                .isEqualTo(400);
        post("default", MLFLOW + "/runs/restore", "{\"run_id\": \"%s\"}".formatted(run));
    }

    private String newExperiment(String workspace, String name) throws Exception {
        return post(workspace, MLFLOW + "/experiments/create", "{\"name\": \"%s\"}".formatted(name))
                .path("experiment_id")
                .asString();
    }

    private String newRun(String workspace, String experiment) throws Exception {
        return post(workspace, MLFLOW + "/runs/create", "{\"experiment_id\": \"%s\"}".formatted(experiment))
                .at("/run/info/run_id")
                .asString();
    }

    private void put(String workspace, String run, String content) throws Exception {
        String path = "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/model.bin";
        assertThat(send(workspace, "PUT", path, content).statusCode()).isEqualTo(200);
    }

    private JsonNode collect(String workspace, String body) throws Exception {
        return awaitEnd(
                workspace,
                send(workspace, "POST", OWN + "/trash/collect", body)
                        .headers()
                        .firstValue("location")
                        .orElseThrow());
    }

    private JsonNode awaitEnd(String workspace, String location) throws Exception {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(60));
        while (true) {
            JsonNode operation = get(workspace, location);
            if (!operation.path("state").asString().equals("running")) return operation;
            assertThat(Instant.now()).as("the end of %s", operation).isBefore(deadline);
        }
    }

    private List<String> pages(String target, String list, String id) throws Exception {
        List<String> all = new ArrayList<>();
        String token = "";
        do {
            JsonNode page = get("default", target + (token.isEmpty() ? "" : "&page_token=" + token));
            page.path(list).forEach(one -> all.add(one.path(id).asString()));
            token = page.path("next_page_token").asString("");
        } while (!token.isEmpty());
        return all;
    }

    private static List<String> ids(JsonNode page) {
        return page.path("items")
                .valueStream()
                .map(one -> one.path("id").asString())
                .toList();
    }

    private long stored() throws Exception {
        try (var files = Files.walk(server.home().resolve("artifacts/blobs"))) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private JsonNode get(String workspace, String target) throws Exception {
        return good(send(workspace, "GET", target, ""));
    }

    private JsonNode post(String workspace, String target, String body) throws Exception {
        return good(send(workspace, "POST", target, body));
    }

    private static JsonNode good(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body());
    }

    private HttpResponse<String> send(String workspace, String method, String target, String body) throws Exception {
        var sent = body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        return client.send(
                HttpRequest.newBuilder(server.uri().resolve(target))
                        .header("content-type", "application/json")
                        .header("x-mlflow-workspace", workspace)
                        .method(method, sent)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
