package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.BodyKind;
import io.millwright.http.Dialect;
import io.millwright.http.Handler;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.RequestContext;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The server with routes made for each behaviour, without a database.
class HttpServerTest {
    private static final int LARGE = 30_000_000;

    private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicLong produced = new AtomicLong();
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer server;

    @BeforeEach
    void start() {
        Routes routes = new Routes();
        post(routes, "/api/2.0/echo", BodyKind.JSON, call -> Reply.text(200, new String(call.body(), UTF_8)));
        post(routes, "/api/2.0/length", BodyKind.JSON, call -> Reply.text(200, String.valueOf(call.body().length)));
        post(routes, "/api/2.0/stream", BodyKind.STREAM, call -> Reply.text(200, String.valueOf(count(call.stream()))));
        post(routes, "/api/2.0/stream-and-tell", BodyKind.STREAM, call -> {
            try {
                seen.add("read " + count(call.stream()));
            } catch (IOException e) {
                seen.add("broken");
                throw e;
            }
            return Reply.text(200, "ok");
        });
        post(routes, "/api/2.0/stream-late", BodyKind.STREAM, call -> {
            seen.add("begun");
            await(release);
            return Reply.text(200, String.valueOf(count(call.stream())));
        });
        get(
                routes,
                "/api/2.0/large",
                call -> new Reply(
                        200,
                        Map.of("content-type", "application/octet-stream"),
                        new Reply.Body.Channel(endless(), LARGE)));
        get(
                routes,
                "/api/2.0/short",
                call -> new Reply(
                        200,
                        Map.of(),
                        new Reply.Body.Channel(Channels.newChannel(new ByteArrayInputStream(new byte[1000])), 2000)));
        get(routes, "/api/2.0/text", call -> Reply.text(200, "abc ".repeat(2000)));
        get(routes, "/api/2.0/much", call -> Reply.text(200, "0123456789".repeat(1_000_000)));
        get(routes, "/api/2.0/slow", call -> {
            seen.add("begun");
            await(release);
            return Reply.text(200, "late");
        });
        get(
                routes,
                "/api/2.0/feed",
                call -> Reply.feed("text/plain", feed -> {
                    feed.send("one ");
                    await(release);
                    feed.send("two");
                }));
        get(
                routes,
                "/api/2.0/feed-that-waits",
                call -> Reply.feed("text/plain", feed -> {
                    try {
                        feed.send("begun"); // Its reader may be faster than its return.
                        new CountDownLatch(1).await();
                    } finally {
                        seen.add("open " + feed.isOpen());
                    }
                }));
        get(
                routes,
                "/api/2.0/feed-of-much",
                call -> Reply.feed("text/plain", feed -> {
                    try {
                        while (true) feed.send("0123456789".repeat(10_000));
                    } catch (IOException e) {
                        seen.add("dropped");
                        throw e;
                    }
                }));
        get(routes, "/api/2.0/feed-of-nothing", call -> Reply.feed("text/plain", feed -> {}));
        get(
                routes,
                "/api/2.0/feed-that-fails",
                call -> Reply.feed("text/plain", feed -> {
                    throw ErrorCode.NOT_FOUND.because("no such feed");
                }));
        get(routes, "/api/2.0/context", call -> {
            RequestContext context = RequestContext.current();
            return Reply.text(
                    200,
                    context.requestId() + " " + context.workspace() + " "
                            + context.principal().name());
        });
        get(
                routes,
                "/api/2.0/items/{id}/parts/{part}",
                call -> Reply.text(200, call.pathVariable("id") + "|" + call.pathVariable("part")));
        get(routes, "/api/2.0/files/{*path}", call -> Reply.text(200, call.pathVariable("path")));
        get(routes, "/api/2.0/query", call -> Reply.text(200, call.query().toString()));
        get(routes, "/api/2.0/bug", call -> {
            throw new IllegalStateException("secret");
        });
        get(routes, "/api/2.0/no-memory", call -> {
            throw new OutOfMemoryError("test");
        });
        get(routes, "/api/2.0/failure", call -> {
            throw ErrorCode.NOT_FOUND.because("no such %s", "thing");
        });
        get(routes, "/api/millwright/v1/failure", call -> {
            throw ErrorCode.NOT_FOUND.because("no such %s", "thing");
        });
        ServerSettings settings = Settings.read(SettingValues.of(
                        Map.of(
                                "server.port",
                                "0",
                                "server.request-timeout",
                                "2s",
                                "server.idle-timeout",
                                "2s",
                                "server.max-body-size",
                                "1MB",
                                "server.max-upload-size",
                                "50MB",
                                "server.max-connections",
                                "1500"),
                        Map.of(),
                        null))
                .server();
        server = HttpServer.start(settings, routes.all(), new ServerMetrics(), "test-machine", Authenticator.OFF);
    }

    private static void get(Routes routes, String path, Handler handler) {
        routes.add(new Route("GET", path, Dialect.ofPath(path), BodyKind.NONE, "", handler));
    }

    private static void post(Routes routes, String path, BodyKind body, Handler handler) {
        routes.add(new Route("POST", path, Dialect.ofPath(path), body, "", handler));
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) throw new IllegalStateException("never released");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long count(InputStream in) throws IOException {
        byte[] piece = new byte[10_000];
        long count = 0;
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) count += n;
        return count;
    }

    /// Zeros without end; counts how many were taken.
    private ReadableByteChannel endless() {
        return new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer target) {
                int n = target.remaining();
                target.put(new byte[n]);
                produced.addAndGet(n);
                return n;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {
                seen.add("source closed");
            }
        };
    }

    @Test
    @Timeout(60)
    void a_feed_is_sent_as_it_is_written() throws Exception {
        var answer = client.send(request("/api/2.0/feed").build(), BodyHandlers.ofInputStream());
        try (InputStream body = answer.body()) {
            assertThat(new String(body.readNBytes(4), UTF_8)).isEqualTo("one ");
            release.countDown();
            assertThat(new String(body.readAllBytes(), UTF_8)).isEqualTo("two");
        }
        var nothing = client.send(request("/api/2.0/feed-of-nothing").build(), BodyHandlers.ofString());
        assertThat(nothing.statusCode()).isEqualTo(200);
        assertThat(nothing.body()).isEmpty();
    }

    @Test
    void a_feed_that_fails_before_it_begins_is_a_failure() throws Exception {
        var answer = client.send(request("/api/2.0/feed-that-fails").build(), BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).contains("no such feed");
    }

    @Test
    @Timeout(60)
    void a_feed_whose_client_leaves_is_woken() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("GET /api/2.0/feed-that-waits HTTP/1.1\r\nHost: HOST\r\n\r\n");
            assertThat(raw.answer(false).status()).isEqualTo(200);
        }

        assertThat(seen.take()).isEqualTo("open false");
    }

    @Test
    @Timeout(60)
    void a_feed_whose_client_takes_nothing_is_dropped() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("GET /api/2.0/feed-of-much HTTP/1.1\r\nHost: HOST\r\n\r\n");

            assertThat(seen.take()).isEqualTo("dropped");
        }
    }

    @Test
    @Timeout(60)
    void a_server_that_stops_ends_its_feeds() throws Exception {
        var answer = client.send(request("/api/2.0/feed-that-waits").build(), BodyHandlers.ofInputStream());
        try (InputStream body = answer.body()) {
            assertThat(body.readNBytes(5)).hasSize(5);

            server.close();

            assertThat(seen.take()).isEqualTo("open false");
            assertThat(body.readAllBytes()).isEmpty(); // Its end, and not a broken connection.
        }
    }

    @AfterEach
    void stop() {
        release.countDown();
        client.close();
        server.close();
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void a_body_goes_in_and_an_answer_comes_out_on_both_versions_of_http(HttpClient.Version version) throws Exception {
        if (version != HttpClient.Version.HTTP_1_1 && version != HttpClient.Version.HTTP_2) return;
        var request = request("/api/2.0/echo")
                .version(version)
                .POST(HttpRequest.BodyPublishers.ofString("{\"ä\": 1}"))
                .build();

        for (int i = 0; i < 3; i++) {
            var answer = client.send(request, BodyHandlers.ofString());

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.version()).isEqualTo(version);
            assertThat(answer.body()).isEqualTo("{\"ä\": 1}");
        }
    }

    @Test
    void every_answer_carries_the_headers_that_protect_a_browser() throws Exception {
        for (String path : new String[] {"/api/2.0/text", "/api/2.0/failure", "/nowhere", "/api/2.0/bug"}) {
            var headers = get(path).headers().map();

            assertThat(headers).containsKeys("x-request-id", "referrer-policy");
            assertThat(headers.get("x-content-type-options")).containsExactly("nosniff");
            assertThat(headers.get("x-frame-options")).containsExactly("SAMEORIGIN");
            assertThat(headers.get("content-security-policy").getFirst()).startsWith("default-src 'none'");
            assertThat(headers).doesNotContainKey("server");
        }
    }

    @Test
    void a_failure_is_told_in_the_dialect_of_its_route() throws Exception {
        assertThat(get("/api/2.0/failure").body())
                .isEqualTo("{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"no such thing\"}");
        assertThat(get("/api/millwright/v1/failure").body())
                .contains("\"code\":\"NOT_FOUND\"", "\"detail\":\"no such thing\"");
        assertThat(get("/api/millwright/v1/failure").headers().firstValue("content-type"))
                .contains("application/problem+json");
    }

    @Test
    void a_bug_is_an_internal_error_whose_text_stays_here() throws Exception {
        var answer = get("/api/2.0/bug");

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("INTERNAL_ERROR").doesNotContain("secret");
        assertThat(answer.body())
                .contains(answer.headers().firstValue("x-request-id").orElseThrow());
    }

    @Test
    void a_request_that_exhausts_the_memory_is_told_to_come_back() throws Exception {
        var answer = get("/api/2.0/no-memory");

        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("retry-after")).contains("1");
        assertThat(get("/api/2.0/text").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"abc-1_2.Z, true", "a b, false", "'a\"b', false", "ä, false"})
    void a_plain_request_id_of_the_client_is_kept(String id, boolean kept) throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            var answer = raw.send("GET /api/2.0/context HTTP/1.1\r\nHost: HOST\r\nX-Request-Id: " + id + "\r\n\r\n")
                    .answer();

            assertThat(answer.headers().get("x-request-id").equals(id)).isEqualTo(kept);
            assertThat(answer.text()).startsWith(answer.headers().get("x-request-id") + " default local");
        }
    }

    @ParameterizedTest
    @CsvSource({"team-1, 200", "default, 200", "Team, 400", "-team, 400", "team-, 400", "a/b, 400", "a_b, 400"})
    void the_workspace_is_bound_when_its_name_is_valid(String workspace, int status) throws Exception {
        var answer = client.send(
                request("/api/2.0/context")
                        .header("X-MLFLOW-WORKSPACE", workspace)
                        .build(),
                BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(status);
        if (status == 200) assertThat(answer.body()).endsWith(" " + workspace + " local");
        else assertThat(answer.body()).contains("INVALID_PARAMETER_VALUE");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "/api/2.0/items/a%2Fb/parts/%C3%A4+ a/b|ä+",
                "/api/2.0/items/a;x=1/parts/b a;x=1|b",
                "/api/2.0/files/a/b%20c//d a/b,c//d",
                "/api/2.0/files/%252e%252e %2e%2e",
                "/api/2.0/query?a=1&b=%26+x&a=2&c&=d {a=[1,,2],,b=[&,x],,c=[],,=[d]}",
            })
    void paths_and_queries_are_decoded_once(String target, String expected) throws Exception {
        assertThat(get(target).body().replace(' ', ',')).isEqualTo(expected);
    }

    @Test
    void an_unknown_path_is_404_and_a_wrong_method_405() throws Exception {
        assertThat(get("/api/2.0/items/a/parts").statusCode()).isEqualTo(404);
        assertThat(get("/api/2.0/items//parts/b").statusCode()).isEqualTo(404);
        assertThat(get("/api/2.0/text/").statusCode()).isEqualTo(404);
        var wrong = client.send(request("/api/2.0/text").DELETE().build(), BodyHandlers.ofString());
        assertThat(wrong.statusCode()).isEqualTo(405);
        assertThat(wrong.headers().firstValue("allow")).contains("GET, HEAD, OPTIONS");
    }

    @Test
    void head_is_get_without_its_body() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            for (String path : new String[] {"/api/2.0/text", "/api/2.0/large", "/api/2.0/much"}) {
                var answer = raw.send("HEAD " + path + " HTTP/1.1\r\nHost: HOST\r\n\r\n")
                        .answer(false);

                assertThat(answer.status()).isEqualTo(200);
                assertThat(Integer.parseInt(answer.headers().get("content-length")))
                        .isGreaterThan(1000);
            }
            assertThat(raw.send("GET /api/2.0/context HTTP/1.1\r\nHost: HOST\r\n\r\n")
                            .answer()
                            .status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "raw deflate", "x-gzip", "identity"})
    void a_packed_body_is_unpacked(String encoding) throws Exception {
        byte[] body = "{\"a\": 1}".repeat(1000).getBytes(UTF_8);
        var request = request("/api/2.0/length")
                .header("Content-Encoding", encoding.replace("raw ", ""))
                .POST(HttpRequest.BodyPublishers.ofByteArray(packed(encoding, body)))
                .build();

        assertThat(client.send(request, BodyHandlers.ofString()).body()).isEqualTo("8000");
    }

    @Test
    void a_packed_stream_is_unpacked_and_must_be_whole() throws Exception {
        byte[] packed = packed("gzip", new byte[5_000_000]);

        assertThat(sendPacked("/api/2.0/stream", packed).body()).isEqualTo("5000000");
        assertThat(sendPacked("/api/2.0/stream", Arrays.copyOf(packed, packed.length - 20))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void a_bomb_is_refused_at_the_cap_and_not_unpacked() throws Exception {
        byte[] bomb = packed("gzip", new byte[50_000_000]);
        assertThat(bomb).hasSizeLessThan(100_000);

        var answer = sendPacked("/api/2.0/length", bomb);

        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains("more than 1000000", "server.max-body-size");
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, gzip", "nonsense"})
    void an_unknown_encoding_is_refused(String encoding) throws Exception {
        var request = request("/api/2.0/echo")
                .header("Content-Encoding", encoding)
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build();

        assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, 200", "application/json; charset=utf-8, 200", "application/json;charset=\"UTF-8\", 200",
        "application/json; charset=iso-8859-1, 400", "application/json; charset=utf-16, 400",
                "application/json; x=1; charset=latin1, 400"
    })
    void only_utf8_is_taken(String type, int status) throws Exception {
        var request = request("/api/2.0/echo")
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build();

        assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(status);
    }

    @Test
    void an_answer_is_packed_when_its_client_takes_that() throws Exception {
        var answer = client.send(
                request("/api/2.0/text")
                        .header("Accept-Encoding", "deflate, gzip")
                        .build(),
                BodyHandlers.ofByteArray());

        assertThat(answer.headers().firstValue("content-encoding")).contains("gzip");
        assertThat(answer.body()).hasSizeLessThan(1000);
        assertThat(new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes())
                .hasSize(8000);
        assertThat(get("/api/2.0/text").headers().firstValue("content-encoding"))
                .isEmpty();
        assertThat(client.send(
                                request("/api/2.0/text")
                                        .header("Accept-Encoding", "gzip;q=0")
                                        .build(),
                                BodyHandlers.ofByteArray())
                        .body())
                .hasSize(8000);
    }

    @Test
    void what_does_not_shrink_is_packed_rightly_too() throws Exception {
        byte[] noise = new byte[900_000];
        new Random(1).nextBytes(noise);
        String text = java.util.Base64.getEncoder().encodeToString(noise).substring(0, 900_000);
        var request = request("/api/2.0/echo")
                .header("Accept-Encoding", "gzip")
                .POST(HttpRequest.BodyPublishers.ofString(text))
                .build();

        byte[] packed = client.send(request, BodyHandlers.ofByteArray()).body();

        assertThat(new String(new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes(), UTF_8))
                .isEqualTo(text);
    }

    @Test
    void large_bodies_stream_both_ways() throws Exception {
        var up = request("/api/2.0/stream")
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[LARGE]))
                .build();

        assertThat(client.send(up, BodyHandlers.ofString()).body()).isEqualTo(String.valueOf(LARGE));
        assertThat(client.send(request("/api/2.0/large").build(), BodyHandlers.ofByteArray())
                        .body())
                .hasSize(LARGE);
        assertThat(client.send(request("/api/2.0/much").build(), BodyHandlers.ofByteArray())
                        .body())
                .hasSize(10_000_000);
        assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("source closed");
    }

    @Test
    void a_stream_larger_than_the_cap_is_refused_announced_or_not() throws Exception {
        byte[] body = new byte[51_000_000];
        var announced = request("/api/2.0/stream")
                .version(HttpClient.Version.HTTP_1_1)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        var chunked = request("/api/2.0/stream")
                .version(HttpClient.Version.HTTP_1_1)
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                .build();

        assertThat(client.send(announced, BodyHandlers.ofString()).statusCode()).isEqualTo(413);
        assertThat(client.send(chunked, BodyHandlers.ofString()).statusCode()).isEqualTo(413);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 1000\r\n\r\nabc",
                "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nab"
            })
    void a_body_that_breaks_off_is_never_taken_for_whole(String rest) throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("POST /api/2.0/stream-and-tell HTTP/1.1\r\nHost: HOST\r\n" + rest);
        }

        assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("broken");
    }

    @Test
    void a_chunk_that_is_none_breaks_the_body_off() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send(
                    "POST /api/2.0/stream-and-tell HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n");

            assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("broken");
        }
    }

    @Test
    void a_sender_who_stalls_is_told_so_and_left() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("POST /api/2.0/stream HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1000\r\n\r\nabc");

            var answer = raw.answer();

            assertThat(answer.status()).isEqualTo(400); // MLflow's client would repeat after a 408.
            assertThat(answer.text()).contains("too slowly");
            assertThat(raw.isClosedByServer()).isTrue();
        }
    }

    @Test
    void a_sender_who_stalls_in_a_small_body_is_told_so_and_left() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("POST /api/2.0/echo HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1000\r\n\r\nabc");

            var answer = raw.answer();

            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.text()).contains("did not arrive within 2 s");
            assertThat(raw.isClosedByServer()).isTrue();
        }
    }

    @Test
    void a_sender_who_stalls_in_the_headers_is_left() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("GET /api/2.0/text HTTP/1.1\r\nHost: HO");

            assertThat(raw.isClosedByServer()).isTrue();
        }
    }

    @Test
    void a_reader_who_stalls_does_not_make_the_server_produce_and_is_left() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("GET /api/2.0/large HTTP/1.1\r\nHost: HOST\r\n\r\n");

            assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("source closed");
            assertThat(produced.get()).isLessThan(LARGE); // What the system's buffers hold, not all of it.
        }
    }

    @Test
    void a_sender_whose_reader_waits_is_held_back() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("POST /api/2.0/stream-late HTTP/1.1\r\nHost: HOST\r\nContent-Length: " + LARGE + "\r\n\r\n");
            assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("begun");
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    raw.send(new byte[LARGE]);
                    seen.add("sent");
                } catch (IOException e) {
                    seen.add(e.toString());
                }
            });

            // The whole does not fit into the buffers between the two, so it cannot be sent before the reader reads.
            assertThat(seen.poll(500, TimeUnit.MILLISECONDS)).isNull();
            release.countDown();

            assertThat(raw.answer().text()).isEqualTo(String.valueOf(LARGE));
            sender.join();
        }
    }

    @Test
    void a_source_that_ends_early_breaks_the_answer_off() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("GET /api/2.0/short HTTP/1.1\r\nHost: HOST\r\n\r\n");

            org.assertj.core.api.Assertions.assertThatThrownBy(raw::answer).isInstanceOf(IOException.class);
        }
    }

    @Test
    void a_request_that_takes_too_long_is_answered_in_its_dialect() throws Exception {
        var answer = get("/api/2.0/slow");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("retry-after")).contains("1");
        assertThat(answer.body()).contains("TEMPORARILY_UNAVAILABLE", "not answered within 2 s");
    }

    @Test
    void nobody_is_kept_longer_than_a_proxy_waits() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            var late = raw.send(
                            "GET /api/2.0/slow HTTP/1.1\r\nHost: HOST\r\nX-Envoy-Expected-Rq-Timeout-Ms: 50\r\n\r\n")
                    .answer();
            var wrong = raw.send(
                            "GET /api/2.0/text HTTP/1.1\r\nHost: HOST\r\nX-Envoy-Expected-Rq-Timeout-Ms: soon\r\n\r\n")
                    .answer();

            assertThat(late.status()).isEqualTo(503);
            assertThat(late.text()).contains("within its deadline, 50 ms");
            assertThat(wrong.status()).isEqualTo(400);
            assertThat(wrong.text()).contains("x-envoy-expected-rq-timeout-ms is 'soon', expected milliseconds");
        }
    }

    @Test
    void requests_on_one_connection_are_answered_in_order() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("POST /api/2.0/echo HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n\r\n1"
                    + "POST /api/2.0/echo HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n2\r\n0\r\n\r\n"
                    + "GET /nowhere HTTP/1.1\r\nHost: HOST\r\n\r\n"
                    + "POST /api/2.0/echo HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n\r\n3");

            assertThat(raw.answer().text()).isEqualTo("1");
            assertThat(raw.answer().text()).isEqualTo("2");
            assertThat(raw.answer().status()).isEqualTo(404);
            assertThat(raw.answer().text()).isEqualTo("3");
        }
    }

    @Test
    void a_body_nobody_reads_does_not_disturb_the_next_request() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("POST /nowhere HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\n\r\nGET /"
                    + "GET /api/2.0/context HTTP/1.1\r\nHost: HOST\r\n\r\n");

            assertThat(raw.answer().status()).isEqualTo(404);
            assertThat(raw.answer().status()).isEqualTo(200);
        }
    }

    private HttpRequest.Builder request(String target) {
        return HttpRequest.newBuilder(URI.create(server.uri() + target));
    }

    private HttpResponse<String> get(String target) throws Exception {
        return client.send(request(target).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> sendPacked(String path, byte[] packed) throws Exception {
        return client.send(
                request(path)
                        .header("Content-Encoding", "gzip")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(packed))
                        .build(),
                BodyHandlers.ofString());
    }

    private static byte[] packed(String encoding, byte[] body) throws IOException {
        var out = new ByteArrayOutputStream();
        var raw = new java.util.zip.Deflater(9, true);
        try (var packer = switch (encoding) {
            case "gzip", "x-gzip" -> new GZIPOutputStream(out);
            case "deflate" -> new DeflaterOutputStream(out);
            case "raw deflate" -> new DeflaterOutputStream(out, raw);
            default -> out;
        }) {
            packer.write(body);
        }
        raw.end();
        return out.toByteArray();
    }
}
