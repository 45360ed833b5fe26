package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Signing in on the web UI's own page, as its browser does.
class SessionTest {
    private static final String OWN = "/api/millwright/v1";
    private static final String SESSION = "/auth/session";

    private final TestServer server = TestServer.start(Map.of("server.authentication", "on"));
    private final HttpClient client = HttpClient.newHttpClient();
    private final String origin = server.uri().toString().replaceAll("/$", "");

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void somebody_signs_in_with_a_password_works_and_signs_out() throws Exception {
        newUser("ann", "correct horse");

        HttpResponse<String> opened = open(login("ann", "correct horse"));

        assertThat(opened.statusCode()).as(opened.body()).isEqualTo(200);
        assertThat(json(opened).path("name").asString()).isEqualTo("ann");
        assertThat(opened.headers().firstValue("cache-control")).contains("no-store");
        assertThat(opened.headers().firstValue("set-cookie").orElseThrow())
                .matches("mw_session=mw_[^;]{43}; Path=/; Max-Age=43(200|1\\d\\d); HttpOnly; SameSite=Lax");
        String cookie = cookie(opened);
        JsonNode me = json(get(OWN + "/me", "cookie", cookie));
        assertThat(me.path("name").asString()).isEqualTo("ann");
        assertThat(me.path("kind").asString()).isEqualTo("user");
        assertThat(me.path("session").asBoolean()).isTrue();
        assertThat(me.path("authentication").asBoolean()).isTrue();
        assertThat(me.path("has_password").asBoolean()).isTrue();
        assertThat(me.path("identity_provider").asBoolean()).isFalse();

        assertThat(post("/auth/logout", "", "cookie", cookie, "origin", origin).statusCode())
                .isEqualTo(204);
        assertThat(get(OWN + "/me", "cookie", cookie).statusCode()).isEqualTo(401);
    }

    @Test
    void a_token_opens_a_session_that_ends_with_it() throws Exception {
        HttpResponse<String> opened = open("{\"token\": \"%s\"}".formatted(server.administratorToken()));
        String cookie = cookie(opened);
        assertThat(json(get(OWN + "/me", "cookie", cookie)).path("name").asString())
                .isEqualTo("admin");

        JsonNode tokens = json(get(OWN + "/tokens", "cookie", cookie)).path("tokens");
        String first = tokens.valueStream()
                .filter(token -> !token.path("session").asBoolean())
                .findFirst()
                .orElseThrow()
                .path("token_id")
                .asString();
        HttpResponse<String> revoked = client.send(
                HttpRequest.newBuilder(server.uri().resolve(OWN + "/tokens/" + first))
                        .headers("cookie", cookie, "origin", origin)
                        .DELETE()
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(revoked.statusCode()).isEqualTo(204);
        assertThat(get(OWN + "/me", "cookie", cookie).statusCode()).isEqualTo(401);
    }

    @Test
    void what_is_wrong_is_told_and_opens_nothing() throws Exception {
        newUser("ann", "correct horse");

        HttpResponse<String> password = open(login("ann", "wrong horse"));
        HttpResponse<String> nobody = open(login("bob", "wrong horse"));
        HttpResponse<String> token = open("{\"token\": \"mw_wrong\"}");

        assertThat(password.statusCode()).isEqualTo(401);
        assertThat(json(password).path("detail").asString()).isEqualTo("The name or the password is wrong.");
        assertThat(json(nobody).path("detail")).isEqualTo(json(password).path("detail"));
        assertThat(json(token).path("detail").asString()).contains("expired or was revoked");
        for (HttpResponse<String> refused : List.of(password, nobody, token)) {
            assertThat(refused.headers().firstValue("set-cookie")).isEmpty();
            assertThat(refused.headers().firstValue("www-authenticate")).isEmpty();
        }
        for (String body : List.of("{}", "{\"username\": \"ann\"}", "{\"token\": \"x\", \"password\": \"y\"}", "[]")) {
            assertThat(open(body).statusCode()).as(body).isEqualTo(400);
        }
    }

    @Test
    void after_too_many_wrong_passwords_one_waits() throws Exception {
        newUser("ann", "correct horse");
        for (int i = 0; i < 5; i++) open(login("ann", "wrong horse"));

        HttpResponse<String> slowed = open(login("ann", "correct horse"));

        assertThat(slowed.statusCode()).isEqualTo(429);
        assertThat(json(slowed).path("detail").asString()).contains("Too many failed sign-ins");
    }

    @Test
    void whoever_is_not_signed_in_sends_no_large_body() throws Exception {
        HttpResponse<String> large = open("{\"token\": \"%s\"}".formatted("x".repeat(70_000)));
        var packed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(packed)) {
            gzip.write("{\"token\": \"%s\"}".formatted("x".repeat(1_000_000)).getBytes(StandardCharsets.UTF_8));
        }
        HttpResponse<String> bomb = send(HttpRequest.newBuilder(server.uri().resolve(SESSION))
                .headers("origin", origin, "content-encoding", "gzip")
                .POST(HttpRequest.BodyPublishers.ofByteArray(packed.toByteArray())));

        for (HttpResponse<String> refused : List.of(large, bomb)) {
            assertThat(refused.statusCode()).isEqualTo(413);
            assertThat(json(refused).path("detail").asString()).contains("not signed in");
        }
    }

    @Test
    void only_a_page_of_this_server_opens_a_session() throws Exception {
        newUser("ann", "correct horse");
        String body = login("ann", "correct horse");

        assertThat(post(SESSION, body, "sec-fetch-site", "same-origin").statusCode())
                .isEqualTo(200);
        assertThat(post(SESSION, body).statusCode()).isEqualTo(403);
        assertThat(post(SESSION, body, "origin", "null").statusCode()).isEqualTo(403);
        assertThat(post(SESSION, body, "origin", "https://evil.example").statusCode())
                .isEqualTo(403);
        for (String site : List.of("cross-site", "same-site", "none")) {
            assertThat(post(SESSION, body, "sec-fetch-site", site).statusCode())
                    .as(site)
                    .isEqualTo(403);
        }
    }

    @Test
    void signing_in_again_ends_the_session_before() throws Exception {
        newUser("ann", "correct horse");
        String first = cookie(open(login("ann", "correct horse")));

        String second = cookie(post(SESSION, login("ann", "correct horse"), "origin", origin, "cookie", first));

        assertThat(get(OWN + "/me", "cookie", first).statusCode()).isEqualTo(401);
        assertThat(get(OWN + "/me", "cookie", second).statusCode()).isEqualTo(200);
    }

    @Test
    void a_browser_asks_for_no_password_of_its_own_when_a_script_of_ours_is_refused() throws Exception {
        for (List<String> ours : List.of(
                List.of("x-requested-with", "millwright-ui"),
                List.of("accept", "text/event-stream"),
                List.of("sec-fetch-site", "same-origin", "sec-fetch-mode", "cors"))) {
            assertThat(challenge(get(OWN + "/me", ours.toArray(String[]::new))))
                    .as(ours.toString())
                    .startsWith("Bearer")
                    .doesNotContain("Basic");
        }
        for (List<String> others : List.of(
                List.of("accept", "*/*"),
                List.of("sec-fetch-site", "same-origin", "sec-fetch-mode", "navigate"),
                List.of("sec-fetch-site", "cross-site", "sec-fetch-mode", "no-cors"))) {
            assertThat(challenge(get(OWN + "/me", others.toArray(String[]::new))))
                    .as(others.toString())
                    .startsWith("Basic");
        }
    }

    @Test
    void how_to_sign_in_is_told_to_anybody() throws Exception {
        JsonNode told = json(get(SESSION));

        assertThat(told.path("authentication").asBoolean()).isTrue();
        assertThat(told.path("identity_provider").asBoolean()).isFalse();
        try (TestServer open = TestServer.start();
                RawHttp raw = new RawHttp(open.uri())) {
            RawHttp.Answer answer =
                    raw.send("GET /auth/session HTTP/1.1\r\nHost: HOST\r\n\r\n").answer();
            assertThat(answer.text()).contains("\"authentication\":false");
            String body = "{\"token\": \"x\"}";
            answer = raw.send(
                            "POST /auth/session HTTP/1.1\r\nHost: HOST\r\nSec-Fetch-Site: same-origin\r\nContent-Length: %d\r\n\r\n%s"
                                    .formatted(body.length(), body))
                    .answer();
            assertThat(answer.status()).isEqualTo(409);
            assertThat(answer.text()).contains("server.authentication");
        }
    }

    @Test
    void what_somebody_may_do_to_a_run_is_explained_through_its_experiment() throws Exception {
        newUser("ann", "correct horse");
        String admin = "Bearer " + server.administratorToken();
        String run = json(post("/api/2.0/mlflow/runs/create", "{\"experiment_id\": \"0\"}", "authorization", admin))
                .at("/run/info/run_id")
                .asString();
        post(
                OWN + "/grants",
                "{\"subject\": \"user:ann\", \"entity\": \"experiment:0\", \"role\": \"contributor\"}",
                "authorization",
                admin);
        String cookie = cookie(open(login("ann", "correct horse")));

        JsonNode why = json(get(OWN + "/access/explain?entity=run:" + run, "cookie", cookie));

        assertThat(why.path("principal").asString()).isEqualTo("user:ann");
        assertThat(why.at("/parents/0").asString()).isEqualTo("experiment:0");
        assertThat(why.at("/rights/1/right").asString()).isEqualTo("write");
        assertThat(why.at("/rights/1/allowed").asBoolean()).isTrue();
        assertThat(why.at("/rights/1/given_by/0/entity").asString()).isEqualTo("experiment:0");
        assertThat(get(OWN + "/access/explain?principal=ann&entity=run:none", "authorization", admin)
                        .statusCode())
                .isEqualTo(404);
        assertThat(get(OWN + "/access/explain?principal=ann&entity=nothing", "authorization", admin)
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void behind_a_proxy_with_https_the_cookie_is_secure() throws Exception {
        try (TestServer proxied =
                        TestServer.start(Map.of("server.authentication", "on", "server.trust-proxy", "true"));
                RawHttp raw = new RawHttp(proxied.uri())) {
            String body = "{\"token\": \"%s\"}".formatted(proxied.administratorToken());
            RawHttp.Answer answer = raw.send(
                            "POST /auth/session HTTP/1.1\r\nHost: mw.localhost\r\nOrigin: https://mw.localhost\r\nX-Forwarded-Proto: https\r\nContent-Length: %d\r\n\r\n%s"
                                    .formatted(body.length(), body))
                    .answer();

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.headers().get("set-cookie")).endsWith("; Secure");
        }
    }

    private void newUser(String name, String password) throws Exception {
        HttpResponse<String> made = post(
                OWN + "/users", userBody(name, password), "authorization", "Bearer " + server.administratorToken());
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    }

    private static String userBody(String name, String password) {
        return "{\"name\": \"%s\", \"password\": \"%s\"}".formatted(name, password);
    }

    private static String login(String name, String password) {
        return "{\"username\": \"%s\", \"password\": \"%s\"}".formatted(name, password);
    }

    private HttpResponse<String> open(String body) throws Exception {
        return post(SESSION, body, "origin", origin);
    }

    private HttpResponse<String> get(String target, String... headers) throws Exception {
        return send(HttpRequest.newBuilder(server.uri().resolve(target)), headers);
    }

    private HttpResponse<String> post(String target, String body, String... headers) throws Exception {
        return send(
                HttpRequest.newBuilder(server.uri().resolve(target))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)),
                headers);
    }

    private HttpResponse<String> send(HttpRequest.Builder request, String... headers) throws Exception {
        if (headers.length > 0) request.headers(headers);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String challenge(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(401);
        return answer.headers().firstValue("www-authenticate").orElseThrow();
    }

    private static String cookie(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.headers().firstValue("set-cookie").orElseThrow().split(";")[0];
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return Json.MAPPER.readTree(answer.body());
    }
}
