package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.millwright.http.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Webhooks through the whole server, to a real receiver on this machine.
class WebhookServerTest {
    private static final Map<String, String> LOCAL =
            Map.of("webhooks.allow-http", "true", "webhooks.allowed-ranges", "127.0.0.0/8", "webhooks.timeout", "5s");

    private record Got(Headers headers, String body) {}

    private final List<Got> got = new CopyOnWriteArrayList<>();
    private final CountDownLatch never = new CountDownLatch(1);
    private final HttpClient client = HttpClient.newHttpClient();
    private com.sun.net.httpserver.HttpServer receiver;
    private volatile HttpHandler answer = exchange -> reply(exchange, 200, "thanks");

    @BeforeEach
    void listen() throws IOException {
        receiver =
                com.sun.net.httpserver.HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        receiver.createContext("/", exchange -> {
            got.add(new Got(
                    exchange.getRequestHeaders(),
                    new String(exchange.getRequestBody().readAllBytes(), UTF_8)));
            answer.handle(exchange);
        });
        receiver.start();
    }

    @AfterEach
    void stop() {
        never.countDown();
        receiver.stop(0);
        client.close();
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private String url() {
        return "http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook?a=b";
    }

    private HttpResponse<String> send(TestServer server, String method, String path, String body) {
        try {
            return client.send(
                    HttpRequest.newBuilder(URI.create(server.uri() + path))
                            .header("Content-Type", "application/json")
                            .method(method, BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode good(TestServer server, String method, String path, String body) {
        var response = send(server, method, path, body);
        assertThat(response.statusCode()).as(response.body()).isBetween(200, 299);
        return Json.MAPPER.readTree(response.body());
    }

    private String webhook(TestServer server) {
        return good(
                        server,
                        "POST",
                        "/api/2.0/mlflow/webhooks",
                        ("{\"name\":\"w\",\"url\":\"%s\",\"secret\":\"s\","
                                        + "\"events\":[{\"entity\":\"REGISTERED_MODEL\",\"action\":\"CREATED\"}]}")
                                .formatted(url()))
                .at("/webhook/webhook_id")
                .asString();
    }

    private JsonNode tried(TestServer server) {
        return good(server, "POST", "/api/2.0/mlflow/webhooks/" + webhook(server) + "/test", "{}")
                .path("result");
    }

    private JsonNode delivery(TestServer server, String webhook) {
        return good(server, "GET", "/api/millwright/v1/webhooks/" + webhook + "/deliveries", "")
                .at("/deliveries/0");
    }

    @Test
    void a_model_that_is_made_is_told_and_the_log_says_so() {
        try (TestServer server = TestServer.start(LOCAL)) {
            String webhook = webhook(server);
            good(server, "POST", "/api/2.0/mlflow/registered-models/create", "{\"name\":\"churn\"}");
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (!delivery(server, webhook).path("state").asString("").equals("delivered")) {
                assertThat(System.nanoTime()).as("waited in vain").isLessThan(deadline);
                LockSupport.parkNanos(5_000_000);
            }

            Got first = got.getFirst();
            assertThat(first.body()).contains("\"entity\":\"registered_model\"", "\"name\":\"churn\"");
            assertThat(first.headers().getFirst("X-MLflow-Signature")).startsWith("v1,");
            JsonNode delivery = delivery(server, webhook);
            assertThat(delivery.path("delivery_id").asString())
                    .isEqualTo(first.headers().getFirst("X-MLflow-Delivery-Id"));
            assertThat(delivery.at("/attempts/0/response_body").asString()).isEqualTo("thanks");

            JsonNode document = good(server, "GET", "/api/millwright/v1/openapi.json", "");
            assertThat(new JsonSchema(document).violations(document.at("/components/schemas/Delivery"), delivery))
                    .isEmpty();

            String path = "/api/millwright/v1/webhooks/" + webhook + "/deliveries/"
                    + delivery.path("delivery_id").asString() + "/redeliver";
            assertThat(send(server, "POST", path, "").statusCode()).isEqualTo(202);
        }
    }

    @Test
    void a_test_call_tells_the_answer() {
        try (TestServer server = TestServer.start(LOCAL)) {
            JsonNode result = tried(server);

            assertThat(result.toString())
                    .isEqualTo("{\"success\":true,\"response_status\":200,\"response_body\":\"thanks\"}");
            assertThat(got.getFirst().headers().getFirst("Host"))
                    .isEqualTo("127.0.0.1:" + receiver.getAddress().getPort());
            assertThat(got.getFirst().headers().getFirst("Content-Type")).isEqualTo("application/json");
        }
    }

    @Test
    void a_redirect_is_not_followed() {
        answer = exchange -> {
            exchange.getResponseHeaders().add("Location", url() + "&second");
            reply(exchange, 307, "");
        };
        try (TestServer server = TestServer.start(LOCAL)) {
            assertThat(tried(server).path("response_status").asInt()).isEqualTo(307);
            assertThat(got).hasSize(1);
        }
    }

    @Test
    void of_an_endless_answer_only_the_beginning_is_read() {
        answer = exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] piece = "x".repeat(8192).getBytes(UTF_8);
            while (true) exchange.getResponseBody().write(piece);
        };
        try (TestServer server = TestServer.start(LOCAL)) {
            JsonNode result = tried(server);

            assertThat(result.path("success").asBoolean()).isTrue();
            assertThat(result.path("response_body").asString()).hasSizeBetween(1, 16_384);
        }
    }

    @Test
    void a_receiver_that_says_nothing_is_given_up() {
        answer = exchange -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        try (TestServer server = TestServer.start(Map.of(
                "webhooks.allow-http",
                "true",
                "webhooks.allowed-ranges",
                "127.0.0.0/8",
                "webhooks.timeout",
                "300ms"))) {
            JsonNode result = tried(server);

            assertThat(result.path("success").asBoolean()).isFalse();
            assertThat(result.path("error_message").asString()).contains("Timeout");
        }
    }

    @Test
    void a_receiver_that_is_not_there_is_told() {
        try (TestServer server = TestServer.start(LOCAL)) {
            receiver.stop(0);

            assertThat(tried(server).path("error_message").asString()).contains("no connection");
        }
    }

    @Test
    void this_machine_is_not_reached_unless_it_is_allowed() {
        String body = "{\"name\":\"w\",\"url\":\"https://localhost:%d/\",\"events\":[{\"entity\":1,\"action\":1}]}"
                .formatted(receiver.getAddress().getPort());
        try (TestServer server = TestServer.start()) {
            var response = send(server, "POST", "/api/2.0/mlflow/webhooks", body);

            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(response.body()).contains("non-public IP address");
        }
    }
}
