package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.OAuth2Config;
import no.nav.security.mock.oauth2.http.NettyWrapper;
import no.nav.security.mock.oauth2.token.DefaultOAuth2TokenCallback;
import no.nav.security.mock.oauth2.token.OAuth2TokenProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Signing in at a real OpenID provider, as a browser does.
class OidcTest {
    private static final String OWN = "/api/millwright/v1";

    private final MockOAuth2Server provider = new MockOAuth2Server(
            new OAuth2Config(false, null, null, false, new OAuth2TokenProvider(), Set.of(), new NettyWrapper()));
    private final HttpClient client = HttpClient.newHttpClient();
    private final TestServer server = start();
    private String login = "";
    private String session = "";

    private TestServer start() {
        provider.start();
        return TestServer.start(settings(Map.of()));
    }

    private Map<String, String> settings(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(Map.of(
                "server.authentication",
                "on",
                "oidc.issuer",
                provider.issuerUrl("default").toString(),
                "oidc.client-id",
                "millwright",
                "oidc.client-secret",
                "a secret"));
        all.putAll(more);
        return all;
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        provider.shutdown();
    }

    @Test
    void a_browser_signs_in_works_and_signs_out() throws Exception {
        HttpResponse<String> back = signIn("ann", "/runs?x=1");

        assertThat(back.headers().firstValue("location")).contains("/runs?x=1");
        assertThat(back.headers().firstValue("cache-control")).contains("no-store");
        assertThat(back.headers().firstValue("set-cookie").orElseThrow())
                .startsWith("mw_session=mw_")
                .endsWith("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax");
        assertThat(json(get(OWN + "/me", session)).path("name").asString()).isEqualTo("ann");
        assertThat(json(get(OWN + "/me", session)).path("rights")).isEmpty();
        assertThat(json(get(OWN + "/me", session)).path("session").asBoolean()).isTrue();
        assertThat(json(get("/auth/session", "")).path("identity_provider").asBoolean())
                .isTrue();
        assertThat(get("/api/2.0/mlflow/experiments/search?max_results=1", session)
                        .statusCode())
                .isEqualTo(403);
        grant("ann", "viewer");
        assertThat(get("/api/2.0/mlflow/experiments/search?max_results=1", session)
                        .statusCode())
                .isEqualTo(200);

        HttpResponse<String> out =
                post("/auth/logout", session, "origin", server.uri().toString());

        assertThat(out.statusCode()).isEqualTo(204);
        assertThat(out.headers().firstValue("set-cookie").orElseThrow())
                .startsWith("mw_session=;")
                .contains("Max-Age=0");
        assertThat(get(OWN + "/me", session).statusCode()).isEqualTo(401);
    }

    @Test
    void a_session_is_a_token_that_its_owner_can_revoke() throws Exception {
        signIn("ann", "/");
        String id = json(get(OWN + "/tokens", session)).at("/tokens/0/token_id").asString();

        HttpResponse<String> revoked = client.send(
                request(OWN + "/tokens/" + id, session)
                        .header("origin", server.uri().toString())
                        .DELETE()
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(revoked.statusCode()).isEqualTo(204);
        assertThat(get(OWN + "/me", session).statusCode()).isEqualTo(401);
    }

    @Test
    void the_same_person_comes_back_as_the_same_user() throws Exception {
        signIn("ann", "/");
        grant("ann", "viewer");
        signIn("ann", "/");

        assertThat(json(get(OWN + "/me", session)).path("rights")).hasSize(1);
    }

    @Test
    void a_cookie_changes_something_only_for_a_page_of_this_server() throws Exception {
        signIn("ann", "/");
        String tokens = OWN + "/tokens";
        String own = server.uri().toString();

        assertThat(post(tokens, session, "origin", own).statusCode()).isEqualTo(201);
        assertThat(post(tokens, session, "sec-fetch-site", "same-origin").statusCode())
                .isEqualTo(201);
        assertThat(post(tokens, session).statusCode()).isEqualTo(403);
        assertThat(post(tokens, session, "origin", "null").statusCode()).isEqualTo(403);
        assertThat(post(tokens, session, "origin", "https://evil.example").statusCode())
                .isEqualTo(403);
        for (String site : List.of("cross-site", "same-site", "none")) {
            assertThat(post(tokens, session, "sec-fetch-site", site).statusCode())
                    .as(site)
                    .isEqualTo(403);
        }
        assertThat(post("/auth/logout", session).statusCode()).isEqualTo(403);
        assertThat(get(OWN + "/me", session).statusCode()).isEqualTo(200);
        assertThat(post(tokens, "", "authorization", "Bearer " + session.substring("mw_session=".length()))
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void a_header_wins_over_the_cookie() throws Exception {
        signIn("ann", "/");

        HttpResponse<String> me = client.send(
                request(OWN + "/me", session)
                        .header("authorization", "Bearer " + server.administratorToken())
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(json(me).path("name").asString()).isEqualTo("admin");
        assertThat(get(OWN + "/me", "mw_session=nonsense").statusCode()).isEqualTo(401);
    }

    @Test
    void an_answer_counts_once_and_in_the_browser_that_asked() throws Exception {
        URI callback = providersAnswer("ann", "/");
        String browser = login;

        assertThat(get(target(callback), "").statusCode()).isEqualTo(400);
        assertThat(get(target(callback), browser).statusCode()).isEqualTo(400);

        URI another = providersAnswer("ann", "/");
        assertThat(get(target(another), login).statusCode()).isEqualTo(302);
        HttpResponse<String> again = get(target(another), login);
        assertThat(again.statusCode()).isEqualTo(400);
        assertThat(again.headers().firstValue("content-type")).contains("application/problem+json");
        assertThat(again.headers().firstValue("set-cookie")).isEmpty();
        assertThat(json(again).path("detail").asString()).contains("/auth/oidc/login");
    }

    @Test
    void two_logins_may_be_under_way_in_one_browser() throws Exception {
        URI first = providersAnswer("ann", "/");
        URI second = providersAnswer("ann", "/second");

        assertThat(get(target(first), login).statusCode()).isEqualTo(302);
        assertThat(get(target(second), login).headers().firstValue("location")).contains("/second");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "//evil.example",
                "/\\evil.example",
                "\\/evil.example",
                "/\t/evil.example",
                "/a\r\nset-cookie: x=y",
                "javascript:alert(1)",
                "runs",
                "",
                "/<script>",
                "/ü"
            })
    void it_leads_back_to_this_server_only(String path) throws Exception {
        HttpResponse<String> answer = get("/auth/oidc/login?return=" + URLEncoder.encode(path, UTF_8), "");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer).path("detail").asString()).contains("'return'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "?code=x",
                "?state=x&code=x",
                "?state=sssssssssssssssssssssssssssssssssssssssssss",
                "?state=sssssssssssssssssssssssssssssssssssssssssss&code=x&error=y"
            })
    void what_is_no_answer_is_refused(String query) throws Exception {
        assertThat(get("/auth/oidc/callback" + query, "").statusCode()).isEqualTo(400);
    }

    @Test
    void what_the_provider_says_instead_of_letting_somebody_in_is_told_and_kept() throws Exception {
        URI callback = providersAnswer("ann", "/");
        String state = callback.getQuery().replaceAll(".*state=([A-Za-z0-9_-]{43}).*", "$1");

        HttpResponse<String> answer =
                get("/auth/oidc/callback?state=" + state + "&error=access_denied&error_description=not+yours", login);

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(json(answer).path("detail").asString()).contains("access_denied: not yours");
        String request = answer.headers().firstValue("x-request-id").orElseThrow();
        assertThat(ledger())
                .contains("sign-in.failed " + request)
                .contains("access_denied")
                .contains("127.0.0.1");
    }

    @Test
    void what_happened_stands_in_the_ledger_without_secrets() throws Exception {
        HttpResponse<String> back = signIn("ann", "/");
        post("/auth/logout", session, "origin", server.uri().toString());

        String request = back.headers().firstValue("x-request-id").orElseThrow();
        assertThat(ledger())
                .contains("user.created " + request)
                .contains("sign-in.succeeded " + request)
                .contains("token.revoked")
                .doesNotContain(session.substring("mw_session=".length()))
                .doesNotContain("a secret");
    }

    @Test
    void behind_a_proxy_with_https_the_cookies_are_secure_and_the_provider_is_told_its_address() throws Exception {
        try (TestServer proxied = TestServer.start(settings(Map.of("server.trust-proxy", "true")));
                RawHttp raw = new RawHttp(proxied.uri())) {
            RawHttp.Answer answer = raw.send("GET /auth/oidc/login HTTP/1.1\r\nHost: mw.localhost\r\n"
                            + "X-Forwarded-Proto: https\r\n\r\n")
                    .answer();

            assertThat(answer.headers().get("location"))
                    .contains("redirect_uri=https%3A%2F%2Fmw.localhost%2Fauth%2Foidc%2Fcallback");
            assertThat(answer.headers().get("set-cookie")).endsWith("; Secure");
        }
        String set = "https://mlops.example.org/auth/oidc/callback";
        try (TestServer known = TestServer.start(settings(Map.of("oidc.redirect-url", set)));
                RawHttp raw = new RawHttp(known.uri())) {
            RawHttp.Answer answer = raw.send("GET /auth/oidc/login HTTP/1.1\r\nHost: HOST\r\n\r\n")
                    .answer();

            assertThat(answer.headers().get("location")).contains(URLEncoder.encode(set, UTF_8));
            assertThat(answer.headers().get("set-cookie")).endsWith("; Secure");
        }
    }

    @Test
    void while_the_provider_is_away_the_server_says_so_and_starts() throws Exception {
        URI callback = providersAnswer("ann", "/");
        provider.shutdown();

        HttpResponse<String> ending = get(target(callback), login);
        assertThat(ending.statusCode()).isEqualTo(503);
        assertThat(json(ending).path("detail").asString()).contains("identity provider");
        try (TestServer fresh = TestServer.start(settings(Map.of()))) {
            HttpResponse<String> beginning = client.send(
                    HttpRequest.newBuilder(fresh.uri().resolve("/auth/oidc/login"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(beginning.statusCode()).isEqualTo(503);
            assertThat(json(beginning).path("code").asString()).isEqualTo("UNAVAILABLE");
        }
    }

    @Test
    void without_a_provider_nobody_signs_in_there_and_everybody_signs_out() throws Exception {
        try (TestServer alone = TestServer.start(Map.of("server.authentication", "on"));
                RawHttp raw = new RawHttp(alone.uri())) {
            RawHttp.Answer answer = raw.send("GET /auth/oidc/login HTTP/1.1\r\nHost: HOST\r\n\r\n")
                    .answer();
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.text()).contains("oidc.issuer");
            assertThat(raw.post("/auth/logout", "").answer().status()).isEqualTo(204);
        }
    }

    /// Goes through the provider as a browser does; its cookie is [#session] afterwards.
    private HttpResponse<String> signIn(String name, String returnTo) throws Exception {
        HttpResponse<String> back = get(target(providersAnswer(name, returnTo)), login);
        assertThat(back.statusCode()).as(back.body()).isEqualTo(302);
        session = cookie(back);
        return back;
    }

    /// Where the provider sends a browser that began a login and signed in there.
    private URI providersAnswer(String name, String returnTo) throws Exception {
        provider.enqueueCallback(new DefaultOAuth2TokenCallback(
                "default",
                "subject of " + name,
                "JWT",
                List.of("millwright"),
                Map.of("preferred_username", name),
                3600));
        HttpResponse<String> begun = get("/auth/oidc/login?return=" + URLEncoder.encode(returnTo, UTF_8), login);
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(302);
        login = cookie(begun);
        HttpResponse<String> there = client.send(
                HttpRequest.newBuilder(URI.create(
                                begun.headers().firstValue("location").orElseThrow()))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(there.statusCode()).as(there.body()).isEqualTo(302);
        return URI.create(there.headers().firstValue("location").orElseThrow());
    }

    private static String target(URI uri) {
        return uri.getRawPath() + "?" + uri.getRawQuery();
    }

    private static String cookie(HttpResponse<String> answer) {
        return answer.headers().firstValue("set-cookie").orElseThrow().split(";")[0];
    }

    private void grant(String user, String role) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(server.uri().resolve(OWN + "/grants"))
                .header("authorization", "Bearer " + server.administratorToken())
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"subject\": \"user:%s\", \"entity\": \"workspace:default\", \"role\": \"%s\"}"
                                .formatted(user, role)))
                .build();
        assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(201);
    }

    private HttpResponse<String> get(String target, String cookie) throws Exception {
        return client.send(request(target, cookie).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String target, String cookie, String... headers) throws Exception {
        HttpRequest.Builder request = request(target, cookie)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"name\": \"made by a page\"}"));
        if (headers.length > 0) request.headers(headers);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String target, String cookie) {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri().resolve(target));
        return cookie.isEmpty() ? request : request.header("cookie", cookie);
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return Json.MAPPER.readTree(answer.body());
    }

    private String ledger() throws Exception {
        var text = new StringBuilder();
        try (var connection = java.sql.DriverManager.getConnection(
                        "jdbc:sqlite:" + server.home().resolve("millwright.db"));
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select type, request_id, payload from ledger_events order by seq")) {
            while (rows.next()) {
                text.append("%s %s %s%n".formatted(rows.getString(1), rows.getString(2), rows.getString(3)));
            }
        }
        return text.toString();
    }
}
