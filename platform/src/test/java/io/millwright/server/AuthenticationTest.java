package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Signing in and rights through the server, as clients meet them.
class AuthenticationTest {
    private static final String OWN = "/api/millwright/v1";
    private static final String MLFLOW = "/api/2.0/mlflow";

    private final TestServer server = TestServer.start(Map.of("server.authentication", "on"));
    private final HttpClient client = HttpClient.newHttpClient();
    private final String admin = "Bearer " + server.administratorToken();

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void a_refused_sign_in_is_told_in_the_dialect_of_its_route() throws Exception {
        HttpResponse<String> mlflow = send("GET", MLFLOW + "/runs/get?run_id=x", null, "");
        HttpResponse<String> own = send("GET", OWN + "/me", "Bearer mw_wrong", "");

        assertThat(mlflow.statusCode()).isEqualTo(401);
        assertThat(json(mlflow).path("error_code").asString()).isEqualTo("UNAUTHENTICATED");
        assertThat(mlflow.headers().firstValue("www-authenticate").orElseThrow())
                .startsWith("Basic");
        assertThat(own.statusCode()).isEqualTo(401);
        assertThat(own.headers().firstValue("content-type")).contains("application/problem+json");
        assertThat(own.body()).doesNotContain("mw_wrong");
    }

    @Test
    void bearer_and_basic_lead_to_the_same_user() throws Exception {
        String token = newUser("ann", "correct horse");

        for (String shown : List.of(
                "Bearer " + token,
                "bearer " + token,
                basic("ann", "correct horse"),
                basic("__token__", token),
                basic("", token))) {
            assertThat(json(send("GET", OWN + "/me", shown, "")).path("name").asString())
                    .isEqualTo("ann");
        }
        assertThat(send("GET", OWN + "/me", basic("ann", "wrong horse"), "").statusCode())
                .isEqualTo(401);
    }

    @Test
    void a_token_in_the_url_is_refused_and_written_nowhere() throws Exception {
        String token = newUser("ann", "");
        for (String query : List.of("token=" + token, "access_token=x", "max_results=" + token)) {
            HttpResponse<String> answer = send("GET", MLFLOW + "/experiments/search?" + query, admin, "");

            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains("in the URL").doesNotContain(token);
        }
    }

    @Test
    void a_revoked_token_ends_with_its_answer() throws Exception {
        String token = newUser("ann", "");
        assertThat(send("GET", OWN + "/me", "Bearer " + token, "").statusCode()).isEqualTo(200);
        String id = json(send("GET", OWN + "/tokens", "Bearer " + token, ""))
                .at("/tokens/0/token_id")
                .asString();

        assertThat(send("DELETE", OWN + "/tokens/" + id, "Bearer " + token, "").statusCode())
                .isEqualTo(204);

        assertThat(send("GET", OWN + "/me", "Bearer " + token, "").statusCode()).isEqualTo(401);
    }

    @Test
    void what_a_check_of_the_ledger_found_is_told_to_administrators_alone() throws Exception {
        String maintainer = "Bearer " + newUser("ann", "");
        grant("user:ann", "workspace:default", "role", "maintainer");
        String head = "{\"head\": \"%s\"}".formatted("ab".repeat(32));
        String operation = OWN + "/operations/"
                + json(send("POST", OWN + "/audit/verify", admin, head))
                        .path("operation_id")
                        .asString();
        Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
        while (json(send("GET", operation, admin, "")).path("state").asString().equals("running")) {
            assertThat(Instant.now()).isBefore(deadline);
        }

        JsonNode counted = json(send("GET", operation, maintainer, "")).path("result");
        JsonNode told = json(send("GET", operation, admin, "")).path("result");

        assertThat(counted.path("finding_count").asInt()).isEqualTo(1);
        assertThat(counted.path("findings")).isEmpty();
        assertThat(told.path("findings")).hasSize(1);
    }

    @Test
    void a_viewer_reads_and_a_contributor_writes() throws Exception {
        String viewer = "Bearer " + newUser("ann", "");
        String contributor = "Bearer " + newUser("bob", "");
        grant("user:ann", "workspace:default", "role", "viewer");
        grant("user:bob", "workspace:default", "role", "contributor");

        String experiment = newExperiment(contributor, "churn");
        String run = newRun(contributor, experiment);

        assertThat(send("GET", MLFLOW + "/runs/get?run_id=" + run, viewer, "").statusCode())
                .isEqualTo(200);
        HttpResponse<String> refused = logMetric(viewer, run);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(json(refused).path("error_code").asString()).isEqualTo("PERMISSION_DENIED");
        assertThat(logMetric(contributor, run).statusCode()).isEqualTo(200);
    }

    @Test
    void whoever_makes_an_experiment_or_a_model_may_delete_it_at_once() throws Exception {
        String bob = "Bearer " + newUser("bob", "");
        grant("user:bob", "workspace:default", "role", "contributor");
        String own = newExperiment(bob, "bob's");
        String others = newExperiment(admin, "the admin's");

        assertThat(post(bob, "/experiments/delete", "{\"experiment_id\": \"%s\"}".formatted(own)))
                .isEqualTo(200);
        assertThat(post(bob, "/experiments/delete", "{\"experiment_id\": \"%s\"}".formatted(others)))
                .isEqualTo(403);
        assertThat(post(bob, "/registered-models/create", "{\"name\": \"m\"}")).isEqualTo(200);
        assertThat(send("DELETE", MLFLOW + "/registered-models/delete", bob, "{\"name\": \"m\"}")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void a_grant_on_one_experiment_opens_its_runs_and_artifacts_and_no_others() throws Exception {
        String mine = newExperiment(admin, "mine");
        String others = newExperiment(admin, "others");
        String run = newRun(admin, mine);
        String other = newRun(admin, others);
        put(admin, mine, run);
        put(admin, others, other);
        String ann = "Bearer " + newUser("ann", "");
        grant("user:ann", "experiment:" + mine, "role", "contributor");

        assertThat(names(ann)).containsExactly("mine");
        assertThat(runsFound(ann, mine, others)).containsExactly(run);
        assertThat(logMetric(ann, run).statusCode()).isEqualTo(200);
        assertThat(logMetric(ann, other).statusCode()).isEqualTo(403);
        assertThat(get(ann, artifact(mine, run))).isEqualTo(200);
        assertThat(get(ann, artifact(others, other))).isEqualTo(403);
        assertThat(get(ann, "/get-artifact?run_id=" + other + "&path=a.txt")).isEqualTo(403);
        assertThat(get(ann, "/api/2.0/mlflow-artifacts/artifacts?path=")).isEqualTo(403);
        assertThat(get(ann, MLFLOW + "/experiments/get-by-name?experiment_name=others"))
                .isEqualTo(404);
        assertThat(post(ann, "/experiments/create", "{\"name\": \"new\"}")).isEqualTo(403);
    }

    @Test
    void parts_of_an_upload_are_sent_and_seen_by_whoever_may_write_to_its_path() throws Exception {
        String mine = newExperiment(admin, "mine");
        String others = newExperiment(admin, "others");
        String ann = "Bearer " + newUser("ann", "");
        String bob = "Bearer " + newUser("bob", "");
        grant("user:ann", "experiment:" + mine, "role", "contributor");
        grant("user:bob", "experiment:" + others, "role", "contributor");
        HttpResponse<String> begun = send(
                "POST",
                "/api/2.0/mlflow-artifacts/mpu/create/" + mine + "/" + newRun(admin, mine) + "/artifacts",
                ann,
                "{\"path\": \"m.bin\", \"num_parts\": 1}");
        String id = json(begun).path("upload_id").asString();
        String part = "/api/2.0/mlflow-artifacts/mpu/part/" + id + "/1";

        assertThat(send("PUT", part, bob, "changed").statusCode()).isEqualTo(403);
        assertThat(get(bob, OWN + "/uploads/" + id)).isEqualTo(403);

        assertThat(send("PUT", part, ann, "content").statusCode()).isEqualTo(200);
        assertThat(get(ann, OWN + "/uploads/" + id)).isEqualTo(200);
    }

    @Test
    void a_denial_hides_what_the_workspace_shows() throws Exception {
        String secret = newExperiment(admin, "secret");
        String open = newExperiment(admin, "open");
        String hiddenRun = newRun(admin, open);
        String shownRun = newRun(admin, open);
        String secretRun = newRun(admin, secret);
        post(admin, "/registered-models/create", "{\"name\": \"hidden\"}");
        post(admin, "/registered-models/create", "{\"name\": \"shown\"}");
        String ann = "Bearer " + newUser("ann", "");
        grant("user:ann", "workspace:default", "role", "maintainer");
        grant("user:ann", "experiment:" + secret, "deny", "read");
        grant("user:ann", "run:" + hiddenRun, "deny", "read");
        grant("user:ann", "model:hidden", "deny", "read");

        assertThat(names(ann)).contains("open").doesNotContain("secret");
        assertThat(runsFound(ann, secret, open)).containsExactly(shownRun);
        assertThat(get(ann, MLFLOW + "/runs/get?run_id=" + secretRun)).isEqualTo(403);
        assertThat(get(ann, MLFLOW + "/registered-models/get?name=hidden")).isEqualTo(403);
        assertThat(StreamSupport.stream(
                                json(send("GET", MLFLOW + "/registered-models/search", ann, ""))
                                        .path("registered_models")
                                        .spliterator(),
                                false)
                        .map(model -> model.path("name").asString()))
                .containsExactly("shown");
        assertThat(get(ann, OWN + "/trash")).isEqualTo(403);
    }

    @Test
    void a_page_stays_full_when_something_on_it_is_hidden() throws Exception {
        String ann = "Bearer " + newUser("ann", "");
        grant("user:ann", "workspace:default", "role", "viewer");
        for (int i = 0; i < 6; i++) {
            String experiment = newExperiment(admin, "e" + i);
            if (i % 2 == 0) grant("user:ann", "experiment:" + experiment, "deny", "read");
        }

        JsonNode page = json(send("GET", MLFLOW + "/experiments/search?max_results=3", ann, ""));

        assertThat(page.path("experiments")).hasSize(3);
    }

    @Test
    void refusals_and_sign_ins_stand_in_the_ledger() throws Exception {
        String ann = "Bearer " + newUser("ann", "");
        send("GET", OWN + "/me", basic("ann", "no password"), "");
        post(ann, "/experiments/create", "{\"name\": \"x\"}");

        assertThat(ledger())
                .contains("sign-in.failed principal:ann")
                .contains("sign-in.succeeded principal:ann")
                .contains("access.refused principal:ann")
                .contains("127.0.0.1")
                .doesNotContain(ann.substring(7))
                .doesNotContain("no password");
    }

    private String ledger() throws Exception {
        var text = new StringBuilder();
        try (var connection = java.sql.DriverManager.getConnection(
                        "jdbc:sqlite:" + server.home().resolve("millwright.db"));
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select type, entity, payload from ledger_events order by seq")) {
            while (rows.next()) {
                text.append("%s %s %s%n".formatted(rows.getString(1), rows.getString(2), rows.getString(3)));
            }
        }
        return text.toString();
    }

    private String newUser(String name, String password) throws Exception {
        String body = password.isEmpty()
                ? "{\"name\": \"%s\"}".formatted(name)
                : "{\"name\": \"%s\", \"password\": \"%s\"}".formatted(name, password);
        assertThat(send("POST", OWN + "/users", admin, body).statusCode()).isEqualTo(201);
        return json(send("POST", OWN + "/tokens", admin, "{\"owner\": \"%s\", \"name\": \"t\"}".formatted(name)))
                .path("token")
                .asString();
    }

    private void grant(String subject, String entity, String kind, String what) throws Exception {
        HttpResponse<String> answer = send(
                "POST",
                OWN + "/grants",
                admin,
                "{\"subject\": \"%s\", \"entity\": \"%s\", \"%s\": \"%s\"}".formatted(subject, entity, kind, what));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    }

    private String newExperiment(String as, String name) throws Exception {
        HttpResponse<String> answer =
                send("POST", MLFLOW + "/experiments/create", as, "{\"name\": \"%s\"}".formatted(name));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer).path("experiment_id").asString();
    }

    private String newRun(String as, String experiment) throws Exception {
        HttpResponse<String> answer =
                send("POST", MLFLOW + "/runs/create", as, "{\"experiment_id\": \"%s\"}".formatted(experiment));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer).at("/run/info/run_id").asString();
    }

    private HttpResponse<String> logMetric(String as, String run) throws Exception {
        return send(
                "POST",
                MLFLOW + "/runs/log-metric",
                as,
                "{\"run_id\": \"%s\", \"key\": \"auc\", \"value\": 0.5, \"timestamp\": 1}".formatted(run));
    }

    private void put(String as, String experiment, String run) throws Exception {
        assertThat(send("PUT", artifact(experiment, run), as, "content").statusCode())
                .isEqualTo(200);
    }

    private static String artifact(String experiment, String run) {
        return "/api/2.0/mlflow-artifacts/artifacts/" + experiment + "/" + run + "/artifacts/a.txt";
    }

    private List<String> names(String as) throws Exception {
        return StreamSupport.stream(
                        json(send("GET", MLFLOW + "/experiments/search?max_results=100", as, ""))
                                .path("experiments")
                                .spliterator(),
                        false)
                .map(experiment -> experiment.path("name").asString())
                .toList();
    }

    private List<String> runsFound(String as, String... experiments) throws Exception {
        JsonNode found = json(send(
                "POST",
                MLFLOW + "/runs/search",
                as,
                "{\"experiment_ids\": [\"%s\"]}".formatted(String.join("\", \"", experiments))));
        return StreamSupport.stream(found.path("runs").spliterator(), false)
                .map(run -> run.at("/info/run_id").asString())
                .toList();
    }

    private int get(String as, String target) throws Exception {
        return send("GET", target, as, "").statusCode();
    }

    private int post(String as, String path, String body) throws Exception {
        return send("POST", MLFLOW + path, as, body).statusCode();
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return Json.MAPPER.readTree(answer.body());
    }

    private static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
    }

    private HttpResponse<String> send(String method, String target, @Nullable String authorization, String body)
            throws Exception {
        boolean reading = method.equals("GET");
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri().resolve(target))
                .method(
                        method,
                        reading ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (!reading) request.header("content-type", "application/json");
        if (authorization != null) request.header("authorization", authorization);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
