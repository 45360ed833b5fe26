package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import io.millwright.http.Routes;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.TestDatabases;
import io.millwright.tracking.TrackingSlice;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The stream of changes, as a browser reads it.
@Timeout(120)
class ChangesTest {
    private static final String OWN = "/api/millwright/v1";
    private static final String MLFLOW = "/api/2.0/mlflow";

    private final HttpClient client = HttpClient.newHttpClient();
    private TestServer server = TestServer.start();
    private String token = "";

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void what_is_logged_is_told_of_the_run_and_of_its_experiment() throws Exception {
        String run = newRun();
        try (EventStream stream = listen("topic=run:" + run + "&topic=experiment:0")) {
            assertThat(stream.status()).isEqualTo(200);
            assertThat(stream.header("content-type")).isEqualTo("text/event-stream");
            assertThat(stream.header("cache-control")).isEqualTo("no-store");
            assertThat(next(stream).name()).isEqualTo("ready");

            logMetric(run);

            assertThat(topics(stream, 2)).containsExactlyInAnyOrder("run:" + run, "experiment:0");
        }
        try (EventStream stream = listen("topic=run:" + run)) {
            next(stream);
            post(
                    MLFLOW + "/runs/log-parameter",
                    "{\"run_id\": \"%s\", \"key\": \"p\", \"value\": \"1\"}".formatted(run));

            assertThat(topics(stream, 1)).containsExactly("run:" + run);
        }
    }

    @Test
    void what_the_ledger_records_is_told_once_it_is_sealed() throws Exception {
        String run = newRun();
        try (EventStream stream = listen("topic=run:" + run + "&topic=experiment:0&topic=tracking")) {
            next(stream);
            post(MLFLOW + "/runs/set-tag", "{\"run_id\": \"%s\", \"key\": \"t\", \"value\": \"1\"}".formatted(run));

            assertThat(topics(stream, 3)).containsExactlyInAnyOrder("run:" + run, "experiment:0", "tracking");
        }
        try (EventStream stream = listen("topic=run:" + run)) {
            next(stream);
            send("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/a.txt", "text");

            assertThat(topics(stream, 1)).containsExactly("run:" + run);
        }
        try (EventStream stream = listen("topic=registry&topic=promotion&topic=access")) {
            next(stream);
            post(MLFLOW + "/registered-models/create", "{\"name\": \"churn\"}");
            assertThat(topics(stream, 1)).containsExactly("registry");
            send("POST", OWN + "/groups", "{\"name\": \"team\"}");
            assertThat(topics(stream, 1)).containsExactly("access");
        }
        try (EventStream stream = listen("topic=audit")) {
            next(stream);
            post(MLFLOW + "/registered-models/create", "{\"name\": \"fraud\"}");
            assertThat(topics(stream, 1)).containsExactly("audit");
        }
    }

    @Test
    void whoever_comes_back_is_told_what_it_missed() throws Exception {
        String run = newRun();
        String place;
        try (EventStream stream = listen("topic=run:" + run)) {
            next(stream);
            logMetric(run);
            place = next(stream).id();
        }
        logMetric(run);

        try (EventStream again = listen("topic=run:" + run, Map.of("last-event-id", place))) {
            assertThat(next(again).name()).isEqualTo("ready");
            assertThat(topics(again, 1)).containsExactly("run:" + run);
        }
        try (EventStream stranger = listen("topic=run:" + run, Map.of("last-event-id", "ffffffff-1"))) {
            assertThat(next(stranger).name()).isEqualTo("reset");
        }
    }

    @Test
    void a_right_that_is_taken_away_ends_the_stream() throws Exception {
        authenticate();
        String admin = token;
        post(OWN + "/users", "{\"name\": \"ann\"}");
        String grant = Json.MAPPER
                .readTree(post(
                        OWN + "/grants",
                        "{\"subject\": \"user:ann\", \"entity\": \"experiment:0\", \"role\": \"viewer\"}"))
                .path("grant_id")
                .asString();
        String anns = Json.MAPPER
                .readTree(post(OWN + "/tokens", "{\"owner\": \"ann\", \"name\": \"t\"}"))
                .path("token")
                .asString();
        token = anns;
        try (EventStream stream = listen("topic=experiment:0")) {
            assertThat(next(stream).name()).isEqualTo("ready");
            token = admin;
            assertThat(send("DELETE", OWN + "/grants/" + grant, "").statusCode())
                    .isEqualTo(204);

            assertThat(stream.next()).isNull();
        }
    }

    @Test
    void a_token_that_is_revoked_ends_the_stream() throws Exception {
        authenticate();
        String admin = token;
        var made = Json.MAPPER.readTree(post(OWN + "/tokens", "{\"owner\": \"admin\", \"name\": \"t\"}"));
        token = made.path("token").asString();
        try (EventStream stream = listen("topic=access")) {
            assertThat(next(stream).name()).isEqualTo("ready");
            token = admin;
            send("DELETE", OWN + "/tokens/" + made.path("token_id").asString(), "");

            EventStream.Message last = stream.next();
            while (last != null) last = stream.next(); // That access changed may be told first.
            assertThat(last).isNull();
        }
    }

    @Test
    void a_topic_needs_a_right_to_read_it() throws Exception {
        authenticate();
        String run = newRun();
        post(OWN + "/users", "{\"name\": \"ann\"}");
        post(OWN + "/grants", "{\"subject\": \"user:ann\", \"entity\": \"model:churn\", \"role\": \"viewer\"}");
        token = Json.MAPPER
                .readTree(post(OWN + "/tokens", "{\"owner\": \"ann\", \"name\": \"t\"}"))
                .path("token")
                .asString();

        for (String topic : List.of("experiment:0", "run:" + run, "access", "audit", "registry&topic=experiment:0")) {
            assertThat(send("GET", OWN + "/changes?topic=" + topic, "").statusCode())
                    .as(topic)
                    .isEqualTo(403);
        }
        try (EventStream stream = listen("topic=registry")) {
            assertThat(next(stream).name()).isEqualTo("ready");
        }
    }

    @Test
    void what_is_no_topic_is_refused() throws Exception {
        for (String query :
                List.of("", "?topic=", "?topic=runs", "?topic=experiment:x", "?topics=registry", "?topic=%00")) {
            assertThat(send("GET", OWN + "/changes" + query, "").statusCode())
                    .as(query)
                    .isEqualTo(400);
        }
        StringBuilder many = new StringBuilder("?topic=registry");
        for (int i = 0; i < 100; i++) many.append("&topic=run:").append(i);
        assertThat(send("GET", OWN + "/changes" + many, "").statusCode()).isEqualTo(400);
        for (String topic : List.of("experiment:77", "run:77")) {
            assertThat(send("GET", OWN + "/changes?topic=" + topic, "").statusCode())
                    .as(topic)
                    .isEqualTo(404);
        }
    }

    @Test
    void a_server_that_stops_ends_its_streams() throws Exception {
        try (EventStream stream = listen("topic=tracking")) {
            next(stream);

            server.close();

            assertThat(stream.next()).isNull(); // Its end, and not a broken connection.
        } finally {
            server = TestServer.start();
        }
    }

    @Test
    void a_head_tells_the_headers_and_ends() throws Exception {
        HttpResponse<String> answer = send("HEAD", OWN + "/changes?topic=registry", "");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).contains("text/event-stream");
    }

    @Test
    void a_silent_stream_shows_that_it_lives_and_there_are_only_so_many(@TempDir Path home) throws Exception {
        FakeClock clock = new FakeClock();
        Ids ids = new Ids(new Random(1));
        ChangeHub hub = new ChangeHub("0123abcd");
        try (Db db = TestDatabases.sqlite(home)) {
            new Migrator(db).migrate(Assembly.migrations());
            Ledger ledger = new Ledger(db, clock, ids);
            try (var artifacts =
                    ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(home.resolve("artifacts")))) {
                TrackingSlice tracking = TrackingSlice.wire(db, ledger, clock, ids, artifacts.service());
                Routes routes = new Routes();
                new ChangesApi(hub, tracking, Duration.ofMillis(1), 1).addRoutes(routes);
                var settings = Settings.read(SettingValues.of(Map.of("server.port", "0"), Map.of(), null))
                        .server();
                try (HttpServer alone =
                        HttpServer.start(settings, routes.all(), new ServerMetrics(), "test", Authenticator.OFF)) {
                    var uri = alone.uri().resolve(OWN + "/changes?topic=registry");
                    try (EventStream stream = EventStream.open(client, uri, Map.of())) {
                        assertThat(next(stream).name()).isEqualTo("ready");
                        assertThat(stream.nextComment()).isEqualTo(": still here");
                        try (EventStream second = EventStream.open(client, uri, Map.of())) {
                            assertThat(second.status()).isEqualTo(429);
                        }
                    }
                    while (hub.listening() > 0) Thread.onSpinWait(); // It notices that its reader went away.
                }
            }
        }
    }

    private void authenticate() {
        server.close();
        server = TestServer.start(Map.of("server.authentication", "on"));
        token = server.administratorToken();
    }

    private EventStream listen(String query) throws IOException, InterruptedException {
        return listen(query, Map.of());
    }

    private EventStream listen(String query, Map<String, String> headers) throws IOException, InterruptedException {
        Map<String, String> all = new java.util.HashMap<>(headers);
        if (!token.isEmpty()) all.put("authorization", "Bearer " + token);
        return EventStream.open(client, server.uri().resolve(OWN + "/changes?" + query), all);
    }

    private static EventStream.Message next(EventStream stream) throws IOException {
        return Objects.requireNonNull(stream.next(), "the stream ended");
    }

    /// The topics of the next changes, until there are so many different ones.
    private static Set<String> topics(EventStream stream, int count) throws IOException {
        Set<String> topics = new HashSet<>();
        while (topics.size() < count) {
            EventStream.Message message = next(stream);
            assertThat(message.name()).isEqualTo("change");
            topics.add(Json.MAPPER.readTree(message.data()).path("topic").asString());
        }
        return topics;
    }

    private String newRun() throws Exception {
        return Json.MAPPER
                .readTree(post(MLFLOW + "/runs/create", "{\"experiment_id\": \"0\"}"))
                .at("/run/info/run_id")
                .asString();
    }

    private void logMetric(String run) throws Exception {
        post(
                MLFLOW + "/runs/log-metric",
                "{\"run_id\": \"%s\", \"key\": \"loss\", \"value\": 1, \"timestamp\": 1}".formatted(run));
    }

    private String post(String target, String body) throws Exception {
        HttpResponse<String> answer = send("POST", target, body);
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 201);
        return answer.body();
    }

    private HttpResponse<String> send(String method, String target, String body) throws Exception {
        var sent = body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        var request = HttpRequest.newBuilder(server.uri().resolve(target))
                .header("content-type", "application/json")
                .method(method, sent);
        if (!token.isEmpty()) request.header("authorization", "Bearer " + token);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
