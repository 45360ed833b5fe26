package io.millwright.governance.oidc;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.http.Json;
import io.millwright.kernel.Failure;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Asks the identity provider. No redirect is followed, and no answer is larger or takes longer than it may.
final class ProviderHttp implements AutoCloseable {
    private static final int LARGEST_ANSWER = 256 * 1024;

    private final HttpClient http;
    private final Duration patience;

    /// @param body a JSON object
    record Answer(int status, JsonNode body) {}

    /// @param patience from the connection to the end of the answer
    ProviderHttp(Duration patience) {
        this.patience = patience;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience)
                .build();
    }

    /// @throws Failure UNAVAILABLE when the answer is not 200 with a JSON object
    JsonNode get(URI uri) {
        Answer answer = send(HttpRequest.newBuilder(uri).GET());
        if (answer.status == 200) return answer.body;
        throw unavailable(uri, "it answered " + answer.status);
    }

    /// @param headers beside the content's type
    /// @throws Failure UNAVAILABLE when the answer is no JSON object
    Answer post(URI uri, Map<String, String> form, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(encoded(form)));
        headers.forEach(request::header);
        return send(request);
    }

    /// As a form, or as the query of a URL.
    static String encoded(Map<String, String> form) {
        return form.entrySet().stream()
                .map(field -> encoded(field.getKey()) + "=" + encoded(field.getValue()))
                .collect(Collectors.joining("&"));
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private Answer send(HttpRequest.Builder builder) {
        HttpRequest request = builder.header("accept", "application/json").build();
        URI uri = request.uri();
        CompletableFuture<HttpResponse<byte[]>> sent = http.sendAsync(
                request, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), LARGEST_ANSWER));
        try {
            // Not the request's own timeout, which ends with the headers.
            return answer(uri, sent.get(patience.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            throw unavailable(uri, "it did not answer within " + patience.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw unavailable(uri, String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UNAVAILABLE.because("The server is stopping. Try again.");
        } finally {
            sent.cancel(true);
        }
    }

    private static Answer answer(URI uri, HttpResponse<byte[]> response) {
        try {
            JsonNode body = Json.MAPPER.readTree(response.body());
            if (body.isObject()) return new Answer(response.statusCode(), body);
        } catch (JacksonException e) {
            // Told below.
        }
        throw unavailable(uri, "it answered " + response.statusCode() + " without a JSON object");
    }

    static Failure unavailable(URI uri, String why) {
        return UNAVAILABLE.because(
                "The identity provider cannot be used now: %s: %s. Try again later; if it stays so, the administrator"
                        + " should check oidc.issuer and whether this server reaches it.",
                uri, why);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
