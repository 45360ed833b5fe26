package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Routes;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The web UI's files, served from `ui-test/` of the tests' class path.
class UiRoutesTest {
    private static final String SCRIPT = "/ui/assets/app-Ab_1-x.js";
    private static final String PAGE = "<!doctype html>";
    private static HttpServer server;
    private static HttpServer bare;
    private static HttpClient client;

    @BeforeAll
    static void start() {
        server = serve("ui-test/");
        bare = serve("there-is-no-such-folder/");
        client = HttpClient.newHttpClient();
    }

    private static HttpServer serve(String root) {
        Routes routes = new Routes();
        new UiRoutes(root).addRoutes(routes);
        var settings = Settings.read(SettingValues.of(Map.of("server.port", "0"), Map.of(), null))
                .server();
        return HttpServer.start(settings, routes.all(), new ServerMetrics(), "test", Authenticator.OFF);
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
        bare.close();
    }

    @Test
    void every_address_of_the_ui_is_its_page() throws Exception {
        for (String path : List.of("/ui/", "/ui/index.html", "/ui/experiments/7", "/ui/runs/x/metrics?theme=dark")) {
            HttpResponse<String> answer = get(path);
            assertThat(answer.statusCode()).as(path).isEqualTo(200);
            assertThat(answer.body()).as(path).startsWith(PAGE);
            assertThat(header(answer, "content-type")).isEqualTo("text/html; charset=utf-8");
            assertThat(header(answer, "cache-control")).isEqualTo("no-cache");
        }
        HttpResponse<String> dotted = get("/ui/models/bert.v2", "accept", "text/html,*/*");
        assertThat(dotted.body()).startsWith(PAGE);
        HttpResponse<String> bareUi = get("/ui");
        assertThat(bareUi.statusCode()).isEqualTo(302);
        assertThat(header(bareUi, "location")).isEqualTo("/ui/");
    }

    @Test
    void assets_are_kept_for_good_and_have_their_types() throws Exception {
        HttpResponse<String> script = get(SCRIPT);
        assertThat(script.body()).isEqualTo("console.log(\"plain\");\n");
        assertThat(header(script, "content-type")).isEqualTo("text/javascript; charset=utf-8");
        assertThat(header(script, "cache-control")).isEqualTo("public, max-age=31536000, immutable");
        assertThat(header(script, "x-content-type-options")).isEqualTo("nosniff");
        assertThat(header(get("/ui/assets/app-9.css"), "content-type")).isEqualTo("text/css; charset=utf-8");
        assertThat(header(get("/ui/favicon.svg"), "content-type")).isEqualTo("image/svg+xml");
        assertThat(header(get("/ui/favicon.svg"), "cache-control")).isEqualTo("no-cache");
    }

    @Test
    void a_packed_twin_is_sent_to_whoever_takes_it() throws Exception {
        HttpResponse<String> brotli = get(SCRIPT, "accept-encoding", "gzip, deflate, br;q=1.0");
        assertThat(brotli.body()).isEqualTo("brotli, as it were\n");
        assertThat(header(brotli, "content-encoding")).isEqualTo("br");
        assertThat(header(brotli, "content-type")).isEqualTo("text/javascript; charset=utf-8");
        HttpResponse<String> gzip = get(SCRIPT, "accept-encoding", "br;q=0, gzip");
        assertThat(gzip.body()).isEqualTo("gzip, as it were\n");
        assertThat(header(gzip, "content-encoding")).isEqualTo("gzip");
        HttpResponse<String> plain = get(SCRIPT, "accept-encoding", "br;q=0.000, gzip ; q=0, zstd");
        assertThat(plain.body()).startsWith("console");
        assertThat(List.of(brotli, gzip, plain))
                .allMatch(answer -> header(answer, "vary").equals("accept-encoding"));
        for (String twin : List.of(SCRIPT + ".br", SCRIPT + ".gz")) {
            assertThat(get(twin).statusCode()).as(twin).isEqualTo(404);
        }
    }

    @Test
    void what_a_browser_has_is_not_sent_again() throws Exception {
        String tag = header(get(SCRIPT), "etag");

        HttpResponse<String> same = get(SCRIPT, "if-none-match", "W/\"other\", " + tag);
        assertThat(same.statusCode()).isEqualTo(304);
        assertThat(same.body()).isEmpty();
        assertThat(header(same, "etag")).isEqualTo(tag);
        assertThat(get(SCRIPT, "if-none-match", "W/\"other\"").statusCode()).isEqualTo(200);
        assertThat(header(get("/ui/"), "etag")).isNotEmpty().isNotEqualTo(tag);
    }

    @Test
    void a_head_tells_what_a_get_would() throws Exception {
        HttpResponse<String> head = send("HEAD", server, SCRIPT);

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(header(head, "content-length")).isEqualTo("22");
        assertThat(header(head, "etag")).isEqualTo(header(get(SCRIPT), "etag"));
    }

    @Test
    void the_pages_run_no_script_but_their_own() throws Exception {
        for (String path : List.of("/ui/", SCRIPT)) {
            HttpResponse<String> answer = get(path);
            assertThat(answer.headers().allValues("content-security-policy"))
                    .as(path)
                    .singleElement()
                    .asString()
                    .contains("script-src 'self';", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe", "*");
            assertThat(header(answer, "x-frame-options")).isEqualTo("DENY");
        }
    }

    @Test
    void nothing_else_is_a_file() throws Exception {
        for (String path : List.of(
                "/ui/assets/",
                "/ui/assets/gone-1.js",
                "/ui/assets/gone",
                "/ui/gone.js",
                "/ui/notes.md",
                "/ui/.hidden.js",
                "/ui/assets/%2e%2e/index.html",
                "/ui/%2e%2e%2fopenapi%2fv1.json",
                "/ui/..%2fopenapi/v1.json",
                "/ui/assets/..%5cindex.html",
                "/ui//etc/passwd.txt",
                "/ui/assets%00/app-9.css",
                "/ui/C:/x.js",
                "/ui/index.html%00.js")) {
            HttpResponse<String> answer = get(path);
            assertThat(answer.statusCode()).as(path).isIn(400, 404);
            assertThat(answer.body()).as(path).doesNotContain("openapi\"", "doctype", "body{}");
        }
        try (RawHttp raw = new RawHttp(server.uri())) {
            var answer = raw.send("GET /ui/../openapi/v1.json HTTP/1.1\r\nHost: HOST\r\n\r\n")
                    .answer();
            assertThat(answer.status()).isIn(400, 404);
        }
    }

    @Test
    void a_build_without_the_ui_says_so() throws Exception {
        for (String path : List.of("/ui/", "/ui/experiments/7")) {
            HttpResponse<String> answer = send("GET", bare, path);
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body()).contains("has no web UI", "mvn package");
        }
    }

    @Test
    void a_browser_that_asks_for_the_root_is_led_to_the_ui() throws Exception {
        try (TestServer whole = TestServer.start()) {
            var request = HttpRequest.newBuilder(whole.uri().resolve("/"));
            HttpResponse<String> other = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            HttpResponse<String> browser = client.send(
                    request.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(other.statusCode()).isEqualTo(200);
            assertThat(other.body()).contains("\"tracking\"", "/ui/");
            assertThat(browser.statusCode()).isEqualTo(302);
            assertThat(header(browser, "location")).isEqualTo("/ui/");
            assertThat(header(browser, "vary")).isEqualTo("accept");
        }
    }

    private static String header(HttpResponse<String> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    private static HttpResponse<String> get(String path, String... headers) throws Exception {
        return send("GET", server, path, headers);
    }

    private static HttpResponse<String> send(String method, HttpServer of, String path, String... headers)
            throws Exception {
        var request =
                HttpRequest.newBuilder(of.uri().resolve(path)).method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) request.headers(headers);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
