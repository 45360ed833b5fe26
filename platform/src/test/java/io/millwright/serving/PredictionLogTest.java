package io.millwright.serving;

import static io.millwright.serving.ServedModels.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.server.TestServer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// What was answered is found again.
class PredictionLogTest {
    private static ServedModels served;

    @BeforeAll
    static void start() {
        served = new ServedModels(TestServer.start(Map.of("serving.log-every", "1s")));
        for (int version = 1; version <= 3; version++) served.register("steps", version);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static String ask(String endpoint, double x) {
        HttpResponse<String> answer =
                served.post("/endpoints/" + endpoint + "/invocations", "{\"inputs\": {\"x\": [" + x + "]}}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.headers().firstValue("x-millwright-prediction-id").orElseThrow();
    }

    private static JsonNode story(String id) {
        return json(served.get("/api/millwright/v1/predictions/" + id));
    }

    private static JsonNode latest(String endpoint) {
        return json(served.get("/api/millwright/v1/endpoints/" + endpoint + "/predictions"));
    }

    @Test
    void an_answer_is_found_by_its_id_before_and_after_it_came_into_the_lake() {
        served.deploy("kept", "{\"model\": \"steps/2\"}");

        String id = ask("kept", 30);

        JsonNode before = story(id);
        assertThat(before.path("endpoint").asString()).isEqualTo("kept");
        assertThat(before.at("/rows/0/inputs").toString()).isEqualTo("{\"x\":30.0}");
        assertThat(before.at("/rows/0/outputs").toString()).isEqualTo("{\"prediction\":2.5}");
        assertThat(before.at("/rows/0/model").asString()).isEqualTo("steps");
        assertThat(before.at("/rows/0/version").asString()).isEqualTo("2");
        assertThat(before.at("/origin/run").asString()).hasSize(32);
        assertThat(before.at("/origin/environment").asString()).startsWith("runs:/");
        awaitInLake("kept", 1);
        // Columns of columns are profiled, too.
        JsonNode profile = json(served.get("/api/millwright/v1/datasets/predictions.kept/profile"));
        assertThat(profile.path("rows").asInt()).isEqualTo(1);
        assertThat(story(id)).isEqualTo(before);
        assertThat(latest("kept").at("/predictions/0/id").asString()).isEqualTo(id);
    }

    /// Waits until the lake has so many rows of an endpoint.
    private static void awaitInLake(String endpoint, int rows) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (rowsInLake(endpoint) < rows) {
            assertThat(System.nanoTime()).as("rows of %s in the lake", endpoint).isLessThan(deadline);
            Thread.onSpinWait();
        }
        assertThat(rowsInLake(endpoint)).isEqualTo(rows);
    }

    private static int rowsInLake(String endpoint) {
        HttpResponse<String> version = served.get("/api/millwright/v1/datasets/predictions." + endpoint + "/version");
        return version.statusCode() == 200 ? json(version).path("rows").asInt() : 0;
    }

    @Test
    void every_row_of_a_request_is_kept_and_pages_go_back() {
        served.deploy("rows", "{\"model\": \"steps/1\"}");
        HttpResponse<String> answer = served.post("/v2/models/rows/infer", """
                {"inputs": [{"name": "rows", "shape": [3, 1], "datatype": "FP64", "data": [[3], [30], [null]]}]}""");
        String many = answer.headers().firstValue("x-millwright-prediction-id").orElseThrow();
        for (int i = 0; i < 5; i++) ask("rows", i);

        JsonNode story = story(many);

        assertThat(story.path("rows").size()).isEqualTo(3);
        assertThat(story.at("/rows/1/inputs").toString()).isEqualTo("{\"rows\":30.0}");
        assertThat(story.at("/rows/2/inputs").toString()).isEqualTo("{\"rows\":null}");
        JsonNode page = json(served.get("/api/millwright/v1/endpoints/rows/predictions?limit=4"));
        assertThat(page.path("predictions").size()).isEqualTo(4);
        JsonNode rest = json(served.get("/api/millwright/v1/endpoints/rows/predictions?limit=4&page_token="
                + page.path("next_page_token").asString()));
        assertThat(rest.path("predictions").size()).isEqualTo(2);
        assertThat(rest.at("/predictions/1/id").asString()).isEqualTo(many);
    }

    @Test
    void what_is_redacted_or_off_is_not_kept() {
        served.deploy("private", "{\"model\": \"steps/1\"}");
        policy("private", "{\"redact\": [\"x\"]}");

        String redacted = ask("private", 30);
        policy("private", "{\"log\": \"off\"}");
        String off = ask("private", 30);

        assertThat(story(redacted).at("/rows/0/inputs").toString()).isEqualTo("{}");
        assertThat(story(redacted).at("/rows/0/outputs").toString()).isEqualTo("{\"prediction\":1.5}");
        assertThat(served.get("/api/millwright/v1/predictions/" + off).statusCode())
                .isEqualTo(404);
    }

    private static JsonNode policy(String endpoint, String change) {
        return json(served.send("PUT", "/api/millwright/v1/endpoints/" + endpoint + "/policy", change));
    }

    @Test
    void shadows_are_asked_the_same_and_compared() {
        served.deploy("shadowed", "{\"model\": \"steps/1\"}");
        JsonNode shadowed = served.await(served.send(
                "PUT", "/api/millwright/v1/endpoints/shadowed/shadows", "{\"models\": [\"steps/2\", \"steps/3\"]}"));
        assertThat(shadowed.path("state").asString()).as(shadowed.toString()).isEqualTo("succeeded");

        String id = ask("shadowed", 3);

        assertThat(served.predict("shadowed", 30)).isEqualTo(1.5);
        JsonNode story = story(id);
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (story.path("rows").size() < 3 && System.nanoTime() < deadline) story = story(id);
        assertThat(story.path("rows").size()).isEqualTo(3);
        assertThat(story.at("/rows/0/shadow").asBoolean()).isFalse();
        assertThat(story.at("/rows/1/shadow").asBoolean()).isTrue();
        assertThat(story.at("/rows/2/outputs/prediction").asDouble()).isEqualTo(3);
        JsonNode now = json(served.get("/api/millwright/v1/endpoints/shadowed/activity"))
                .path("now");
        assertThat(now.at("/0/role").asString()).isEqualTo("champion");
        assertThat(now.at("/1/agreement/disagreed").asInt()).isGreaterThan(0);
    }

    @Test
    void what_a_process_has_left_comes_into_the_lake_once(@TempDir Path home) {
        Map<String, String> settings = Map.of("home", home.toString(), "serving.log-every", "1h");
        String id;
        try (ServedModels before = new ServedModels(TestServer.start(settings))) {
            before.register("steps", 1);
            before.deploy("left", "{\"model\": \"steps/1\"}");
            HttpResponse<String> answer = before.post("/endpoints/left/invocations", "{\"inputs\": {\"x\": [3]}}");
            id = answer.headers().firstValue("x-millwright-prediction-id").orElseThrow();
        }

        try (ServedModels after = new ServedModels(TestServer.start(settings))) {
            JsonNode story = json(after.get("/api/millwright/v1/predictions/" + id));
            assertThat(story.path("rows").size()).isEqualTo(1);
            long deadline = System.nanoTime() + 60_000_000_000L;
            HttpResponse<String> version;
            do {
                version = after.get("/api/millwright/v1/datasets/predictions.left/version");
                assertThat(System.nanoTime()).isLessThan(deadline);
            } while (version.statusCode() == 404);
            assertThat(json(version).path("rows").asInt()).isEqualTo(1);
            assertThat(json(after.get("/api/millwright/v1/predictions/" + id))).isEqualTo(story);
        }
    }

    @Test
    void an_id_that_is_none_is_told_so() {
        HttpResponse<String> wrong = served.get("/api/millwright/v1/predictions/nonsense");

        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body()).contains("nonsense", "32 hex digits");
    }

    // ---------------------------------------------------------------- canaries

    @Test
    void a_canary_within_its_guards_goes_up_and_replaces_the_champion() {
        served.deploy("rising", "{\"model\": \"steps/1\"}");
        startCanary(
                "rising",
                "{\"model\": \"steps/2\", \"steps\": [50, 100], \"hold_seconds\": 1,"
                        + " \"least_requests\": 5, \"guards\": \"errors<50%\"}");

        JsonNode last = askUntilDecided("rising");

        assertThat(last.at("/revision/variants").size()).isEqualTo(1);
        assertThat(last.at("/revision/variants/0/version").asString()).isEqualTo("2");
        assertThat(served.predict("rising", 3)).isEqualTo(2);
    }

    @Test
    void a_canary_that_disagrees_is_rolled_back() {
        served.deploy("falling", "{\"model\": \"steps/1\"}");
        startCanary(
                "falling",
                "{\"model\": \"steps/2\", \"steps\": [50, 100], \"hold_seconds\": 600,"
                        + " \"least_requests\": 5, \"guards\": \"disagreement<3%\"}");

        JsonNode last = askUntilDecided("falling");

        assertThat(last.at("/revision/variants").size()).isEqualTo(1);
        assertThat(last.at("/revision/variants/0/version").asString()).isEqualTo("1");
        assertThat(served.predict("falling", 3)).isEqualTo(1);
    }

    private static void startCanary(String endpoint, String body) {
        JsonNode started = served.await(served.post("/api/millwright/v1/endpoints/" + endpoint + "/canary", body));
        assertThat(started.path("state").asString()).as(started.toString()).isEqualTo("succeeded");
    }

    private static JsonNode askUntilDecided(String endpoint) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (true) {
            ask(endpoint, 3);
            JsonNode now = json(served.get("/api/millwright/v1/endpoints/" + endpoint));
            if (!now.path("revision").has("canary")) return now;
            assertThat(System.nanoTime()).as(now.toString()).isLessThan(deadline);
        }
    }
}
