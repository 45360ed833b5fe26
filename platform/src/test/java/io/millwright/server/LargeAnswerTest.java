package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.client.WebClient;
import io.millwright.http.BodyKind;
import io.millwright.http.Dialect;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.kernel.ErrorCode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// JSON answers that are written while they are sent.
class LargeAnswerTest {
    private static final int MANY = 1_000_000;

    private final BlockingQueue<Integer> ended = new LinkedBlockingQueue<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private HttpServer server;

    @BeforeEach
    void start() {
        List<Route> routes = new ArrayList<>();
        routes.add(numbers("/api/2.0/few", 10, -1));
        routes.add(numbers("/api/2.0/many", MANY, -1));
        routes.add(numbers("/api/2.0/few-then-failure", 10, 5));
        routes.add(numbers("/api/2.0/many-then-failure", MANY, MANY / 2));
        ServerSettings settings = Settings.read(
                        SettingValues.of(Map.of("server.port", "0", "server.idle-timeout", "2s"), Map.of(), null))
                .server();
        server = HttpServer.start(settings, routes, new ServerMetrics(), "test-machine", Authenticator.OFF);
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    private Route numbers(String path, int count, int failAt) {
        return new Route(
                "GET",
                path,
                Dialect.MLFLOW,
                BodyKind.NONE,
                "",
                call -> Reply.largeJson(json -> {
                    int i = 0;
                    try {
                        json.writeStartArray();
                        for (; i < count; i++) {
                            if (i == failAt) throw ErrorCode.NOT_FOUND.because("gone");
                            json.writeNumber(i);
                        }
                        json.writeEndArray();
                    } finally {
                        ended.add(i);
                    }
                }));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(server.uri().resolve(path));
    }

    @Test
    void a_small_one_comes_with_its_length() throws Exception {
        var answer = client.send(request("/api/2.0/few").build(), BodyHandlers.ofString());

        assertThat(answer.body()).isEqualTo("[0,1,2,3,4,5,6,7,8,9]");
        assertThat(answer.headers().firstValueAsLong("content-length")).hasValue(21);
    }

    @Test
    void a_large_one_comes_whole_packed_or_not() throws Exception {
        HttpRequest.Builder request = request("/api/2.0/many");
        var plain = client.send(request.build(), BodyHandlers.ofString());
        var packed = client.send(request.header("Accept-Encoding", "gzip").build(), BodyHandlers.ofByteArray());

        assertThat(packed.headers().firstValue("content-encoding")).hasValue("gzip");
        try (var unpacked = new GZIPInputStream(new ByteArrayInputStream(packed.body()))) {
            assertThat(new String(unpacked.readAllBytes(), UTF_8)).isEqualTo(plain.body());
        }
        assertWhole(plain.body());
        assertWhole(WebClient.of("h2c://127.0.0.1:" + server.port())
                .blocking()
                .get("/api/2.0/many")
                .contentUtf8());
    }

    private static void assertWhole(String numbers) {
        assertThat(numbers.split("[\\[,\\]]")).hasSize(MANY + 1).endsWith("999998", "999999");
    }

    @Test
    void a_failure_before_the_first_piece_is_told_as_any_other() throws Exception {
        var answer = client.send(request("/api/2.0/few-then-failure").build(), BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).contains("RESOURCE_DOES_NOT_EXIST", "gone");
    }

    @Test
    void a_failure_after_it_breaks_the_answer_off() {
        HttpRequest request = request("/api/2.0/many-then-failure").build();

        assertThatThrownBy(() -> client.send(request, BodyHandlers.ofString())).isInstanceOf(IOException.class);
    }

    @Test
    void head_gets_the_headers_alone() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            for (String path : new String[] {"/api/2.0/many", "/api/2.0/few"}) {
                var answer = raw.send("HEAD " + path + " HTTP/1.1\r\nHost: HOST\r\n\r\n")
                        .answer(false);
                assertThat(answer.status()).isEqualTo(200);
            }
        }
    }

    @Test
    void a_reader_who_stalls_stops_the_writing_and_is_left() throws Exception {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("GET /api/2.0/many HTTP/1.1\r\nHost: HOST\r\n\r\n");

            assertThat(ended.poll(30, TimeUnit.SECONDS)).isLessThan(MANY);
        }
    }
}
