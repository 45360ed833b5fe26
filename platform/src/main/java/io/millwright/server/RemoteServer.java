package io.millwright.server;

import io.millwright.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/// A running server, asked through its own API; for commands.
final class RemoteServer implements AutoCloseable {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final HttpClient client = HttpClient.newHttpClient();
    private final URI base;
    private final Map<String, String> headers = new LinkedHashMap<>();

    /// @param base scheme, host and port
    /// @param workspace null for the default one
    /// @param token of an account, null where none is needed
    RemoteServer(URI base, @Nullable String workspace, @Nullable String token) {
        if (!"http".equals(base.getScheme()) && !"https".equals(base.getScheme()) || base.getHost() == null) {
            throw new SettingValues.WrongSetting(
                    "The server is '" + base + "', expected a URL such as http://127.0.0.1:8484.");
        }
        this.base = base;
        headers.put("accept", "application/json");
        if (workspace != null) headers.put("x-mlflow-workspace", workspace);
        if (token != null) headers.put("authorization", "Bearer " + token);
    }

    /// An answer that was not the one hoped for.
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /// @param target path and query below `/api/millwright/v1`
    JsonNode get(String target) throws IOException, InterruptedException {
        return send(request(target).GET());
    }

    JsonNode post(String target, Map<String, ?> fields) throws IOException, InterruptedException {
        return send(request(target).header("content-type", "application/json").POST(json(fields)));
    }

    /// Waits for the end of an operation.
    ///
    /// @param begun as the request that began it was answered
    /// @param progress told of each change
    /// @return the operation as it ended
    JsonNode watched(JsonNode begun, Consumer<JsonNode> progress) throws IOException, InterruptedException {
        JsonNode operation = begun;
        String id = operation.path("operation_id").asString();
        Duration pause = Duration.ofMillis(20);
        JsonNode told = operation.path("progress");
        while (operation.path("state").asString().equals("running")) {
            Thread.sleep(pause);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            operation = get("/operations/" + id);
            if (!operation.path("progress").equals(told)) progress.accept(operation);
            told = operation.path("progress");
        }
        return operation;
    }

    JsonNode put(String target, Map<String, ?> fields) throws IOException, InterruptedException {
        return send(request(target).header("content-type", "application/json").PUT(json(fields)));
    }

    void delete(String target) throws IOException, InterruptedException {
        send(request(target).DELETE());
    }

    private static BodyPublisher json(Map<String, ?> fields) {
        return BodyPublishers.ofString(Json.MAPPER.writeValueAsString(fields));
    }

    /// All elements of a list, page by page.
    void forEach(String target, String list, Consumer<JsonNode> each) throws IOException, InterruptedException {
        Optional<String> token = Optional.empty();
        do {
            JsonNode page = get(token.map(t -> with(target, "page_token", t)).orElse(target));
            page.path(list).forEach(each);
            token = page.path("next_page_token").asStringOpt();
        } while (token.isPresent());
    }

    /// The body of an answer as it comes; the caller closes it.
    InputStream download(String target) throws IOException, InterruptedException {
        return stream(request(target).GET());
    }

    /// The same of a POST that may take long.
    InputStream stream(String target, Map<String, ?> fields) throws IOException, InterruptedException {
        return stream(request(target)
                .timeout(Duration.ofHours(6))
                .header("content-type", "application/json")
                .POST(json(fields)));
    }

    private InputStream stream(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<InputStream> answer = client.send(request.build(), BodyHandlers.ofInputStream());
        if (answer.statusCode() < 300) return answer.body();
        try (InputStream body = answer.body()) {
            throw refused(answer.statusCode(), new String(body.readNBytes(100_000), StandardCharsets.UTF_8));
        }
    }

    /// The target with one more query parameter.
    static String with(String target, String name, String value) {
        return target + (target.indexOf('?') < 0 ? '?' : '&') + name + '=' + quoted(value);
    }

    /// A name as it stands in a path.
    static String quoted(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /// A request that its caller completes, for [#send].
    HttpRequest.Builder request(String target) {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve("/api/millwright/v1" + target))
                .timeout(Duration.ofMinutes(2));
        headers.forEach(request::header);
        return request;
    }

    /// @return the answer's JSON; a missing node when it has no body
    JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request.build(), BodyHandlers.ofString());
        if (answer.statusCode() >= 300) throw refused(answer.statusCode(), answer.body());
        if (answer.body().isEmpty()) return MissingNode.getInstance();
        try {
            return Json.MAPPER.readTree(answer.body());
        } catch (JacksonException e) {
            throw noMillwright(answer.statusCode());
        }
    }

    private static Refused refused(int status, String body) {
        try {
            return new Refused(
                    status + ": " + Json.MAPPER.readTree(body).path("detail").asString());
        } catch (JacksonException e) {
            return noMillwright(status);
        }
    }

    private static Refused noMillwright(int status) {
        return new Refused(status + " and no JSON; is it a Millwright?");
    }

    @Override
    public void close() {
        client.close();
    }
}
