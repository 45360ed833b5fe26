package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/// Every way to break a JSON body, sent to every kind of route: an answer of the client's fault or, where MLflow is
/// lenient, a good one; never a 500, always the route's own shape.
class BrokenJsonTest {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private record Body(String contentType, String contentEncoding, byte[] bytes) {
        static Body of(String text) {
            return new Body("application/json", "", text.getBytes(UTF_8));
        }
    }

    /// One good message with all fields that the routes below read, to break one thing at a time.
    private static final String GOOD =
            "\"run_id\": \"RUN\", \"experiment_id\": \"0\", \"key\": \"k\", \"value\": 1.5, \"timestamp\": 1, \"step\": 0";

    private static Map<String, Body> bodies() {
        Map<String, Body> all = new LinkedHashMap<>();
        all.put("empty", Body.of(""));
        all.put("blank", Body.of(" \r\n\t"));
        all.put("null", Body.of("null"));
        all.put("true", Body.of("true"));
        all.put("a number", Body.of("17"));
        all.put("a text", Body.of("\"text\""));
        all.put("a text that holds JSON", Body.of("\"{\\\"experiment_id\\\": \\\"0\\\"}\""));
        all.put("a text that holds a text that holds JSON", Body.of("\"\\\"{}\\\"\""));
        all.put("an array", Body.of("[{" + GOOD + "}]"));
        all.put("an empty array", Body.of("[]"));
        all.put("an empty object", Body.of("{}"));
        all.put("cut off", Body.of("{" + GOOD));
        all.put("cut off in a text", Body.of("{\"run_id\": \"ab"));
        all.put("cut off in an escape", Body.of("{\"run_id\": \"\\u00"));
        all.put("something behind", Body.of("{" + GOOD + "} x"));
        all.put("two objects", Body.of("{" + GOOD + "}{}"));
        all.put("a comma too many", Body.of("{" + GOOD + ",}"));
        all.put("single quotes", Body.of("{'run_id': 'a'}"));
        all.put("no quotes", Body.of("{run_id: a}"));
        all.put("a comment", Body.of("{/* */" + GOOD + "}"));
        all.put("deep arrays", Body.of("{\"tags\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}"));
        all.put("deep objects", Body.of("{\"tags\": " + "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000) + "}"));
        all.put("deep and cut off", Body.of("[".repeat(1_000_000)));
        all.put("a key twice", Body.of("{" + GOOD + ", \"key\": \"other\", \"run_id\": \"x\"}"));
        all.put(
                "mixed case keys",
                Body.of("{\"RUN_ID\": \"a\", \"Run_Id\": \"b\", \"runId\": \"c\", \"run_id\": \"d\"}"));
        all.put(
                "both spellings",
                Body.of(
                        "{\"experimentId\": \"0\", \"experiment_id\": \"0\", \"runId\": \"RUN\", \"run_id\": \"RUN\"}"));
        all.put("an integer over 64 bits", Body.of("{" + GOOD + ", \"timestamp\": 9223372036854775808}"));
        all.put("a long integer", Body.of("{" + GOOD + ", \"step\": " + "9".repeat(5000) + "}"));
        all.put("a huge exponent", Body.of("{" + GOOD + ", \"timestamp\": 1e999999999}"));
        all.put("a huge value", Body.of("{" + GOOD + ", \"value\": 1e400}"));
        all.put("a tiny value", Body.of("{" + GOOD + ", \"value\": 1e-999999999}"));
        all.put("a fraction for an integer", Body.of("{" + GOOD + ", \"step\": 1.5}"));
        all.put("NaN", Body.of("{" + GOOD + ", \"value\": NaN}"));
        all.put("NaN as text", Body.of("{" + GOOD + ", \"value\": \"NaN\", \"timestamp\": \"NaN\"}"));
        all.put("minus Infinity", Body.of("{" + GOOD + ", \"value\": -Infinity}"));
        all.put("a leading zero", Body.of("{" + GOOD + ", \"step\": 007}"));
        all.put("a hexadecimal number", Body.of("{" + GOOD + ", \"step\": 0x10}"));
        all.put(
                "nulls where absent is meant",
                Body.of(
                        "{\"run_id\": null, \"experiment_id\": null, \"name\": null, \"key\": null, \"value\": null, \"timestamp\": null, \"tags\": null, \"metrics\": null, \"max_results\": null}"));
        all.put(
                "nulls inside lists",
                Body.of(
                        "{" + GOOD
                                + ", \"tags\": [null], \"metrics\": [null], \"params\": [null], \"experiment_ids\": [null], \"order_by\": [null]}"));
        all.put(
                "numbers for texts",
                Body.of(
                        "{\"run_id\": 1, \"experiment_id\": 0, \"name\": 3, \"key\": 4, \"value\": 1, \"timestamp\": 1, \"filter\": 5, \"page_token\": 6}"));
        all.put(
                "texts for lists",
                Body.of(
                        "{" + GOOD
                                + ", \"tags\": \"a\", \"metrics\": \"b\", \"params\": \"c\", \"experiment_ids\": \"0\", \"order_by\": \"x\"}"));
        all.put(
                "objects for everything",
                Body.of(
                        "{\"run_id\": {}, \"experiment_id\": {}, \"name\": {}, \"key\": {}, \"value\": {}, \"timestamp\": {}, \"tags\": {}, \"metrics\": {}, \"params\": {}, \"experiment_ids\": {}, \"max_results\": {}, \"filter\": {}}"));
        all.put(
                "lists for everything",
                Body.of(
                        "{\"run_id\": [], \"experiment_id\": [], \"name\": [], \"key\": [], \"value\": [], \"timestamp\": [], \"tags\": [[]], \"metrics\": [[]], \"params\": [[]], \"experiment_ids\": [[]], \"max_results\": [], \"filter\": []}"));
        all.put(
                "a NUL in a text",
                Body.of("{" + GOOD + ", \"key\": \"a\\u0000b\", \"name\": \"a\\u0000b\", \"run_name\": \"\\u0000\"}"));
        all.put("half a surrogate pair", Body.of("{" + GOOD + ", \"key\": \"\\ud800\", \"name\": \"\\udc00x\"}"));
        all.put("a control character", Body.of("{\"name\": \"a\u0001b\n\"}"));
        all.put("an unknown escape", Body.of("{\"name\": \"\\x41\"}"));
        all.put("not UTF-8", new Body("application/json", "", new byte[] {
            '{', '"', 'n', 'a', 'm', 'e', '"', ':', '"', (byte) 0xff, (byte) 0xfe, '"', '}'
        }));
        all.put("overlong UTF-8", new Body("application/json", "", new byte[] {
            '{', '"', 'a', '"', ':', '"', (byte) 0xc0, (byte) 0x80, '"', '}'
        }));
        all.put("UTF-16", new Body("application/json", "", "{\"name\": \"x\"}".getBytes(UTF_16)));
        all.put("a byte order mark", Body.of("\ufeff{" + GOOD + "}"));
        all.put(
                "another charset",
                new Body(
                        "application/json; charset=iso-8859-1",
                        "",
                        "{\"name\": \"\u00e4\"}".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)));
        all.put("a form", new Body("application/x-www-form-urlencoded", "", "run_id=a&key=b".getBytes(UTF_8)));
        all.put("no content type", new Body("", "", ("{" + GOOD + "}").getBytes(UTF_8)));
        all.put("a wrong content type", new Body("text/plain", "", ("{" + GOOD + "}").getBytes(UTF_8)));
        all.put(
                "a malformed content type",
                new Body("application/json;;charset", "", ("{" + GOOD + "}").getBytes(UTF_8)));
        all.put("gzip", new Body("application/json", "gzip", gzip("{" + GOOD + "}")));
        all.put("gzip that does not say so", new Body("application/json", "", gzip("{" + GOOD + "}")));
        all.put("said to be gzip", new Body("application/json", "gzip", ("{" + GOOD + "}").getBytes(UTF_8)));
        all.put(
                "cut off gzip",
                new Body("application/json", "gzip", java.util.Arrays.copyOf(gzip("{" + GOOD + "}"), 20)));
        all.put("an unknown encoding", new Body("application/json", "br", ("{" + GOOD + "}").getBytes(UTF_8)));
        all.put("a wide object", Body.of("{" + "\"a\":1,".repeat(100_000) + GOOD + "}"));
        all.put("many keys", Body.of(wide()));
        all.put("a wide array", Body.of("{\"tags\": [" + "{},".repeat(100_000) + "{}], " + GOOD + "}"));
        all.put(
                "a long text",
                Body.of("{\"name\": \"" + "x".repeat(1_000_000) + "\", \"key\": \"" + "y".repeat(100_000)
                        + "\", \"filter\": \"" + "(".repeat(100_000) + "\"}"));
        all.put(
                "keys as paths",
                Body.of("{" + GOOD + ", \"key\": \"../../etc/passwd\", \"path\": \"../../etc/passwd\"}"));
        all.put(
                "keys that mean something elsewhere",
                Body.of(
                        "{\"__proto__\": {\"a\": 1}, \"@class\": \"java.net.URL\", \"$ref\": \"#\", \"constructor\": 1}"));
        all.put(
                "numbers as texts",
                Body.of(
                        "{\"run_id\": \"RUN\", \"experiment_id\": \"0\", \"key\": \"k\", \"value\": \"1.5d\", \"timestamp\": \"0x1\", \"step\": \" 1\"}"));
        return all;
    }

    private static String wide() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < 50_000; i++)
            text.append("\"k").append(i).append("\":").append(i).append(',');
        return text.append(GOOD).append('}').toString();
    }

    private static byte[] gzip(String text) {
        var out = new ByteArrayOutputStream();
        try (var packer = new GZIPOutputStream(out)) {
            packer.write(text.getBytes(UTF_8));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /// A route of each kind: creating, updating, batches, searches, deleting, artifacts, Millwright's own.
    private static final List<String> ROUTES = List.of(
            "POST /api/2.0/mlflow/experiments/create",
            "POST /api/2.0/mlflow/experiments/search",
            "POST /api/2.0/mlflow/experiments/update",
            "POST /api/2.0/mlflow/experiments/delete",
            "POST /api/2.0/mlflow/experiments/set-experiment-tag",
            "GET /api/2.0/mlflow/experiments/get",
            "POST /api/2.0/mlflow/runs/create",
            "POST /api/2.0/mlflow/runs/update",
            "POST /api/2.0/mlflow/runs/delete",
            "POST /api/2.0/mlflow/runs/search",
            "POST /api/2.0/mlflow/runs/log-metric",
            "POST /api/2.0/mlflow/runs/log-parameter",
            "POST /api/2.0/mlflow/runs/set-tag",
            "POST /api/2.0/mlflow/runs/delete-tag",
            "POST /api/2.0/mlflow/runs/log-batch",
            "POST /api/2.0/mlflow/runs/log-model",
            "POST /api/2.0/mlflow/runs/log-inputs",
            "POST /ajax-api/2.0/mlflow/runs/search",
            "POST /api/2.0/mlflow/logged-models",
            "POST /api/2.0/mlflow/logged-models/search",
            "PATCH /api/2.0/mlflow/logged-models/m-0",
            "PATCH /api/2.0/mlflow/logged-models/m-0/tags",
            "DELETE /api/2.0/mlflow/logged-models/m-0",
            "POST /api/2.0/mlflow-artifacts/mpu/create/some/path",
            "POST /api/2.0/mlflow-artifacts/mpu/complete/some/path",
            "POST /api/2.0/mlflow-artifacts/mpu/abort/some/path",
            "POST /api/2.0/mlflow/experiments/restore",
            "POST /api/2.0/mlflow/experiments/delete-experiment-tag",
            "POST /api/2.0/mlflow/experiments/search-datasets",
            "POST /api/2.0/mlflow/runs/restore",
            "POST /api/2.0/mlflow/runs/outputs",
            "GET /api/2.0/mlflow/runs/get",
            "GET /api/2.0/mlflow/metrics/get-history",
            "GET /api/2.0/mlflow/artifacts/list",
            "POST /api/2.0/mlflow/logged-models/m-0/params",
            "POST /api/millwright/v1/trash/collect",
            "POST /api/millwright/v1/promotions",
            "PUT /api/millwright/v1/policies/x",
            "POST /api/2.0/nowhere",
            "POST /api/millwright/v1/nowhere");

    @TestFactory
    Stream<DynamicTest> no_broken_body_is_an_internal_error() throws IOException {
        String run = run();
        return bodies().entrySet().stream()
                .map(body -> DynamicTest.dynamicTest(body.getKey(), () -> sendToAll(body.getValue(), run)));
    }

    private static String run() throws IOException {
        try (RawHttp raw = new RawHttp(server.uri())) {
            JsonNode created =
                    Json.MAPPER.readTree(raw.post("/api/2.0/mlflow/runs/create", "{\"experiment_id\": \"0\"}")
                            .answer()
                            .body());
            return created.at("/run/info/run_id").asString();
        }
    }

    private static void sendToAll(Body body, String run) throws IOException {
        byte[] bytes = body.contentEncoding.isEmpty() && body.bytes.length < 1000
                ? new String(body.bytes, java.nio.charset.StandardCharsets.ISO_8859_1)
                        .replace("RUN", run)
                        .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)
                : body.bytes;
        List<String> wrong = new ArrayList<>();
        for (String route : ROUTES) {
            try (RawHttp raw = new RawHttp(server.uri())) {
                raw.send(route + " HTTP/1.1\r\nHost: HOST\r\n"
                        + (body.contentType.isEmpty() ? "" : "Content-Type: " + body.contentType + "\r\n")
                        + (body.contentEncoding.isEmpty() ? "" : "Content-Encoding: " + body.contentEncoding + "\r\n")
                        + "Content-Length: " + bytes.length + "\r\n\r\n");
                raw.send(bytes);
                var answer = raw.answer();
                if (answer.status() >= 500 || !hasShapeOf(route, answer))
                    wrong.add(route + " -> " + answer.status() + " " + answer.text());
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static boolean hasShapeOf(String route, RawHttp.Answer answer) {
        JsonNode json = Json.MAPPER.readTree(answer.body());
        if (answer.status() < 400) return json.isObject();
        return route.contains("/api/millwright/")
                ? json.hasNonNull("code") && json.hasNonNull("detail") && json.hasNonNull("request_id")
                : json.hasNonNull("error_code") && json.hasNonNull("message");
    }
}
