package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What no well-behaved client sends, on real sockets. Never a 500, always the shape the route's clients parse.
class BadInputTest {
    private static final String CREATE = "/api/2.0/mlflow/experiments/create";

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("server.idle-timeout", "20s"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static RawHttp connect() throws IOException {
        return new RawHttp(server.uri());
    }

    private static RawHttp.Answer answerTo(String request) throws IOException {
        try (RawHttp raw = connect()) {
            return raw.send(request).answer();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
                "transfer-encoding:chunked\r\nCONTENT-LENGTH:2\r\n",
                "Content-Length: 2\r\nContent-Length: 3\r\n",
                "Content-Length: 2, 3\r\n",
                "Content-Length: -1\r\n",
                "Content-Length: abc\r\n",
                "Content-Length: +2\r\n",
                "Content-Length : 2\r\n",
                "Content-Length: 99999999999999999999\r\n",
                "Transfer-Encoding: gzip, chunked\r\n",
                "Transfer-Encoding: identity\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            })
    void ambiguous_framing_is_refused_and_the_connection_closed(String framing) throws IOException {
        try (RawHttp raw = connect()) {
            raw.send("POST " + CREATE + " HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n" + framing
                    + "\r\n{}");

            assertThat(raw.answer().status()).isEqualTo(400);
            assertThat(raw.isClosedByServer()).isTrue();
        }
    }

    @Test
    void a_smuggled_request_is_not_answered() throws IOException {
        try (RawHttp raw = connect()) {
            raw.send("POST " + CREATE
                    + " HTTP/1.1\r\nHost: HOST\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "0\r\n\r\nGET /version HTTP/1.1\r\nHost: HOST\r\n\r\n");

            var answer = raw.answer();

            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.text())
                    .contains("\"error_code\":\"BAD_REQUEST\"", "both Content-Length and Transfer-Encoding");
            assertThat(raw.isClosedByServer()).isTrue();
        }
    }

    @Test
    void the_second_request_of_a_connection_is_looked_at_too() throws IOException {
        try (RawHttp raw = connect()) {
            raw.post(
                    CREATE,
                    "{\"name\": \"with Content-Length: 1 and Transfer-Encoding: chunked in it"
                            + ThreadLocalRandom.current().nextLong() + "\"}");
            assertThat(raw.answer().status()).isEqualTo(200);
            raw.send("POST " + CREATE + " HTTP/1.1\r\nHost: HOST\r\nTransfer-");
            raw.send("Encoding: chunked\r\nContent-Le");
            raw.send("ngth: 2\r\n\r\n{}");

            assertThat(raw.answer().status()).isEqualTo(400);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.evil.example",
                "127.0.0.1.evil.example",
                "evil.example:80",
                "localhost.evil.example",
                "8.8.8.8",
                "127.1",
                "[::1",
                "a b",
                "x^y.localhost",
                "x{y}.localhost",
                "x%41.localhost",
                "a|b.localhost"
            })
    void a_foreign_host_is_refused(String host) throws IOException {
        for (String path : new String[] {"/health", "/version", CREATE, "/api/millwright/v1/version"}) {
            var answer = answerTo("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");

            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.text()).contains("Host header");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Host: HOST\r\nHost: HOST\r\n",
                "Host: HOST\r\nHost: evil.example\r\n",
                "X-Forwarded-Host: HOST\r\n"
            })
    void there_is_one_host_header(String headers) throws IOException {
        var answer = answerTo("GET /api/2.0/mlflow/experiments/get?experiment_id=0 HTTP/1.1\r\n" + headers + "\r\n");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("\"error_code\"", "Host header");
    }

    @ParameterizedTest
    @CsvSource({
        "Origin: http://evil.example, 403", "Origin: null, 403", "Origin: http://localhost:3000, 403",
        "Sec-Fetch-Site: cross-site, 403", "Sec-Fetch-Site: same-origin, 400", "Origin: http://HOST, 400",
    })
    void a_page_of_another_origin_may_not_change_anything(String header, int status) throws IOException {
        var answer = answerTo("POST " + CREATE + " HTTP/1.1\r\nHost: HOST\r\n" + header
                + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");

        assertThat(answer.status()).isEqualTo(status);
        if (status == 403) assertThat(answer.text()).contains("PERMISSION_DENIED", "Cross-origin request blocked");
    }

    @Test
    void a_page_of_another_origin_may_ask_what_it_cannot_read_anyway() throws IOException {
        assertThat(answerTo("GET /version HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.example\r\n\r\n")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void oversized_headers_are_refused() throws IOException {
        assertThat(answerTo("GET /version HTTP/1.1\r\nHost: HOST\r\nX: " + "x".repeat(70_000) + "\r\n\r\n")
                        .status())
                .isEqualTo(431);
        assertThat(answerTo("GET /version HTTP/1.1\r\nHost: HOST\r\n" + "X: 123456789\r\n".repeat(7000) + "\r\n")
                        .status())
                .isEqualTo(431);
        assertThat(answerTo("GET /version?" + "x".repeat(70_000) + " HTTP/1.1\r\nHost: HOST\r\n\r\n")
                        .status())
                .isEqualTo(414);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET",
                "GET /version",
                "GET /version HTTP/9.9",
                "G\u0000T /version HTTP/1.1",
                "\u0016\u0003\u0001\u0002\u0000\u0001",
                "GET http://127.0.0.1/version HTTP/1.1",
                "CONNECT example.org:443 HTTP/1.1",
                "BREW /version HTTP/1.1",
                "TRACE /version HTTP/1.1",
                "GET version HTTP/1.1",
                "GET * HTTP/1.1",
                "get /version HTTP/1.1",
            })
    void a_line_that_is_no_request_gets_an_error_or_nothing(String line) throws IOException {
        try (RawHttp raw = connect()) {
            raw.send(line + "\r\nHost: HOST\r\n\r\n");
            raw.closeOutput();

            assertThat(raw.answer().status()).isBetween(400, 499);
        } catch (java.io.EOFException | SocketException e) {
            // Left without an answer: fine for what is not HTTP.
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Na me: x",
                "Name",
                ": x",
                "Name: x\u0000y",
                "Name\u0000: x",
                " folded: x",
                "X-MLFLOW-WORKSPACE: a/b",
                "X-MLFLOW-WORKSPACE: ../x"
            })
    void a_malformed_header_is_refused(String header) throws IOException {
        assertThat(answerTo("GET /version HTTP/1.1\r\nHost: HOST\r\n" + header + "\r\n\r\n")
                        .status())
                .isIn(400, 403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%",
                "%2",
                "%zz",
                "%c3",
                "%c3%28",
                "%ff%fe",
                "%ed%a0%80",
                "%00",
                "a%00b",
                "a%0d%0aX:y",
                "..",
                "../x",
                "%2e%2e/x",
                "..%2fx",
                "%2e%2e%2fx",
                "%252e%252e%252fx",
                "x/../../y",
                "..\\x",
                "..%5cx",
                "%c0%ae%c0%ae/x",
                "....//x",
                "/etc/passwd",
                "//etc/passwd",
                "%2fetc%2fpasswd",
                "C:%5Cx",
                "x;/../y",
                "%u002e%u002e/x",
                ".",
                "./x",
                "x//y",
                "~root/x",
                "\u00e4",
                "x\ty",
            })
    void no_spelling_of_a_path_is_an_internal_error_or_leaves_the_root(String path) throws IOException {
        for (String prefix : List.of(
                "/",
                "/api/2.0/mlflow-artifacts/artifacts/",
                "/api/2.0/mlflow/logged-models/",
                "/api/2.0/mlflow/runs/",
                "/api/2.0/mlflow-artifacts/artifacts?path=",
                "/api/2.0/mlflow/experiments/get?experiment_id=")) {
            for (String method : List.of("GET", "PUT", "DELETE", "POST")) {
                var answer = answerTo(method + " " + prefix + path
                        + " HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");

                assertThat(answer.status()).as(method + " " + prefix + path).isLessThan(500);
                assertThat(answer.text()).doesNotContain("root:");
                if (answer.status() >= 400 && prefix.startsWith("/api/"))
                    assertThat(answer.text()).startsWith("{\"error_code\":");
            }
        }
        assertThat(server.home().getParent().resolve("x")).doesNotExist();
    }

    @Test
    void a_body_of_100_megabytes_is_refused_before_it_is_read() throws IOException {
        try (RawHttp raw = connect()) {
            raw.send("POST " + CREATE
                    + " HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n");

            var answer = raw.answer();

            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.text()).contains("104857600", "20000000", "server.max-body-size");
        }
    }

    @Test
    void a_body_of_100_megabytes_that_does_not_say_so_is_refused_at_the_cap() throws IOException {
        String megabyte = "100000\r\n" + "x".repeat(1 << 20) + "\r\n";
        try (RawHttp raw = connect()) {
            raw.send(
                    "POST " + CREATE
                            + " HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 100; i++) raw.send(megabyte);
            raw.send("0\r\n\r\n");

            assertThat(raw.answer().status()).isEqualTo(413);
        }
        assertThat(answerTo("GET /metrics HTTP/1.1\r\nHost: HOST\r\n\r\n").text())
                .contains("millwright_http_body_bytes 0.0");
    }

    @Test
    void many_large_bodies_at_once_do_not_fill_the_memory() throws Exception {
        List<RawHttp> senders = new ArrayList<>();
        try {
            byte[] most = new byte[15_000_000];
            java.util.Arrays.fill(most, (byte) ' ');
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                RawHttp raw = connect();
                senders.add(raw);
                // All but the end, so that all are held at once.
                raw.send(
                        "POST " + CREATE
                                + " HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 15000002\r\n\r\n");
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        raw.send(most);
                        raw.send("{}");
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }));
            }

            for (RawHttp raw : senders) {
                var answer = raw.answer();
                assertThat(answer.status()).as(answer.text()).isIn(400, 429);
            }
            for (Thread thread : threads) thread.join();
        } finally {
            for (RawHttp raw : senders) raw.close();
        }
        assertThat(answerTo("GET /health HTTP/1.1\r\nHost: HOST\r\n\r\n").status())
                .isEqualTo(200);
    }

    @Test
    void a_thousand_idle_connections_do_not_keep_others_out() throws IOException {
        List<RawHttp> idle = new ArrayList<>();
        try {
            for (int i = 0; i < 1000; i++) {
                RawHttp raw = connect();
                idle.add(raw);
                if (i % 2 == 0) raw.send("GET /version HTTP/1.1\r\nHo"); // Some have begun.
            }

            assertThat(answerTo("GET /health HTTP/1.1\r\nHost: HOST\r\n\r\n").status())
                    .isEqualTo(200);
            assertThat(idle.get(998).send("st: HOST\r\n\r\n").answer().status()).isEqualTo(200);
        } finally {
            for (RawHttp raw : idle) raw.close();
        }
    }

    static Stream<String> noise() {
        return Stream.iterate(1, i -> i + 1).limit(30).map(seed -> {
            var random = new java.util.Random(seed);
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(2000); i >= 0; i--)
                text.append(
                        (char) (random.nextInt(4) == 0 ? "\r\n :/".charAt(random.nextInt(5)) : random.nextInt(256)));
            return text.toString();
        });
    }

    @ParameterizedTest
    @MethodSource("noise")
    void noise_ends_in_an_error_and_the_server_lives_on(String noise) throws IOException {
        try (RawHttp raw = connect()) {
            raw.send(noise);
            raw.closeOutput();
            assertThat(raw.answer().status()).isBetween(400, 499);
        } catch (java.io.EOFException | SocketException e) {
            // Closed without an answer.
        }

        assertThat(answerTo("GET /version HTTP/1.1\r\nHost: HOST\r\n\r\n").status())
                .isEqualTo(200);
    }

    @Test
    void http_1_0_is_served_without_a_host() throws IOException {
        try (RawHttp raw = new RawHttp(URI.create(server.uri().toString()))) {
            assertThat(raw.send("GET /version HTTP/1.0\r\n\r\n").answer().text())
                    .isEqualTo("3.17.2");
            assertThat(raw.isClosedByServer()).isTrue();
        }
    }
}
