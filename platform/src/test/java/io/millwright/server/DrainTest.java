package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Stopping as SIGTERM does.
class DrainTest {
    private static final int CLIENTS = 16;

    @Test
    void no_accepted_request_stays_unanswered_when_the_server_stops_under_load() throws Exception {
        TestServer server = TestServer.start();
        AtomicInteger answered = new AtomicInteger();
        AtomicInteger told = new AtomicInteger();
        AtomicInteger lost = new AtomicInteger();
        CountDownLatch busy = new CountDownLatch(CLIENTS * 20);
        List<Thread> clients = new ArrayList<>();
        for (int c = 0; c < CLIENTS; c++) {
            clients.add(Thread.ofVirtual().start(() -> {
                try (RawHttp raw = new RawHttp(server.uri())) {
                    while (true) {
                        // A client that gets "Connection: close" sends nothing more on it, so nothing may be lost.
                        raw.post("/api/2.0/mlflow/experiments/search", "{\"max_results\": 1}");
                        RawHttp.Answer answer = raw.answer();
                        assertThat(answer.status()).isEqualTo(200);
                        answered.incrementAndGet();
                        busy.countDown();
                        if ("close".equals(answer.headers().get("connection"))) {
                            told.incrementAndGet();
                            return;
                        }
                    }
                } catch (IOException | AssertionError e) {
                    lost.incrementAndGet();
                }
            }));
        }
        busy.await();

        server.close();

        for (Thread client : clients) client.join();
        assertThat(lost).hasValue(0);
        assertThat(told).hasValue(CLIENTS);
        assertThatThrownBy(() -> new RawHttp(server.uri()).close()).isInstanceOf(IOException.class);
    }

    @Test
    void a_request_whose_body_is_still_coming_is_answered() throws Exception {
        TestServer server = TestServer.start();
        try (RawHttp raw = new RawHttp(server.uri())) {
            String body = "{\"max_results\": 1}";
            raw.send(
                    "POST /api/2.0/mlflow/experiments/search HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: "
                            + body.length() + "\r\n\r\n" + body.substring(0, 5));
            while (!metrics(server).contains("millwright_http_requests_in_flight 2"))
                Thread.onSpinWait(); // It and this one.
            Thread stop = Thread.ofVirtual().start(server::close);
            while (accepts(server)) Thread.onSpinWait();
            raw.send(body.substring(5));

            assertThat(raw.answer().status()).isEqualTo(200);
            stop.join();
        }
    }

    private static String metrics(TestServer server) throws IOException {
        try (var in = server.uri().resolve("/metrics").toURL().openStream()) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private static boolean accepts(TestServer server) {
        try (RawHttp raw = new RawHttp(server.uri())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    @Timeout(60)
    void a_sender_that_stalls_does_not_hold_the_stop_up_and_leaves_nothing(@TempDir Path home) throws Exception {
        var settings = Map.of("home", home.toString());
        TestServer server = TestServer.start(settings);
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send(
                    "PUT /api/2.0/mlflow-artifacts/artifacts/half.bin HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1000\r\n\r\n");
            raw.send("half");
            while (!metrics(server).contains("millwright_http_requests_in_flight 2")) Thread.onSpinWait();

            server.close();

            assertThat(raw.isClosedByServer()).isTrue();
        }
        try (TestServer again = TestServer.start(settings);
                RawHttp raw = new RawHttp(again.uri())) {
            var answer = raw.send("GET /api/2.0/mlflow-artifacts/artifacts/half.bin HTTP/1.1\r\nHost: HOST\r\n\r\n")
                    .answer();
            assertThat(answer.status()).isEqualTo(404);
        }
    }

    @Test
    void an_idle_connection_is_closed_and_does_not_hold_the_stop_up() throws Exception {
        TestServer server = TestServer.start();
        try (RawHttp raw = new RawHttp(server.uri())) {
            assertThat(raw.send("GET /version HTTP/1.1\r\nHost: HOST\r\n\r\n")
                            .answer()
                            .status())
                    .isEqualTo(200);

            server.close();

            assertThat(raw.isClosedByServer()).isTrue();
        }
    }

    @Test
    void what_was_answered_before_the_stop_is_there_after_the_next_start(@TempDir Path home) throws Exception {
        var settings = Map.of("home", home.toString());
        AtomicBoolean stopping = new AtomicBoolean();
        List<String> created = new ArrayList<>();
        TestServer server = TestServer.start(settings);
        Thread stop = Thread.ofVirtual().unstarted(() -> {
            stopping.set(true);
            server.close();
        });
        try (RawHttp raw = new RawHttp(server.uri())) {
            for (int i = 0; ; i++) {
                if (i == 50) stop.start();
                raw.post("/api/2.0/mlflow/experiments/create", "{\"name\": \"e" + i + "\"}");
                if (raw.answer().status() == 200) created.add("e" + i);
            }
        } catch (EOFException | SocketException e) {
            assertThat(stopping).isTrue();
        }
        stop.join();

        try (TestServer again = TestServer.start(settings);
                RawHttp raw = new RawHttp(again.uri())) {
            for (String name : created) {
                var answer = raw.send("GET /api/2.0/mlflow/experiments/get-by-name?experiment_name=" + name
                                + " HTTP/1.1\r\nHost: HOST\r\n\r\n")
                        .answer();
                assertThat(answer.status()).as(name).isEqualTo(200);
            }
        }
        assertThat(created).hasSizeGreaterThanOrEqualTo(50);
    }
}
