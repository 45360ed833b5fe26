package io.millwright.lake;

import io.millwright.http.Json;
import io.millwright.server.TestServer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// A server with datasets that queries read.
public final class LakeServer implements AutoCloseable {
    private static final String API = "/api/millwright/v1/";

    public final TestServer server;
    public final HttpClient client = HttpClient.newHttpClient();

    public LakeServer(TestServer server) {
        this.server = server;
    }

    public record Answer(int status, JsonNode body) {
        public String detail() {
            return body.path("detail").asString("");
        }

        /// Rows with blanks between values and a bar between rows.
        public String rows() {
            return body.path("rows")
                    .valueStream()
                    .map(row -> row.valueStream()
                            .map(value -> value.isString() ? value.stringValue() : value.toString())
                            .collect(Collectors.joining(" ")))
                    .collect(Collectors.joining("|"));
        }
    }

    public HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(server.uri().resolve(API + path));
    }

    public Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request.build(), BodyHandlers.ofString());
        String body = answer.body();
        return new Answer(answer.statusCode(), Json.MAPPER.readTree(body.isEmpty() ? "{}" : body));
    }

    public Answer sql(String text) throws IOException, InterruptedException {
        return send(post("sql", Json.MAPPER.createObjectNode().put("sql", text)));
    }

    public HttpRequest.Builder post(String path, JsonNode body) {
        return to(path).header("content-type", "application/json").POST(BodyPublishers.ofString(body.toString()));
    }

    public HttpResponse<byte[]> bytes(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofByteArray());
    }

    /// Begins an operation and waits for its end.
    public JsonNode operate(String path, JsonNode body) throws Exception {
        Answer begun = send(post(path, body));
        if (begun.status() != 202) throw new AssertionError(begun.toString());
        String id = begun.body().path("operation_id").asString();
        for (long end = System.nanoTime() + Duration.ofSeconds(60).toNanos(); System.nanoTime() < end; ) {
            JsonNode now = send(to("operations/" + id).GET()).body();
            if (!now.path("state").asString().equals("running")) return now;
            Thread.sleep(20);
        }
        throw new AssertionError("not within a minute");
    }

    /// Makes a version of a file.
    public void commit(String dataset, String mode, String name, byte[] file, String... options) throws Exception {
        Answer upload =
                send(to("datasets/" + dataset + "/uploads?name=" + name).POST(BodyPublishers.ofByteArray(file)));
        if (upload.status() != 201) throw new AssertionError(upload.toString());
        var body = Json.MAPPER
                .createObjectNode()
                .put("upload", upload.body().path("upload").asString())
                .put("mode", mode);
        Arrays.stream(options).forEach(option -> body.put(option, true));
        Answer commit = send(post("datasets/" + dataset + "/versions", body));
        if (commit.status() != 201) throw new AssertionError(commit.toString());
    }

    public void commit(String dataset, String mode, String csv, String... options) throws Exception {
        commit(dataset, mode, "a.csv", csv.getBytes(StandardCharsets.UTF_8), options);
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
