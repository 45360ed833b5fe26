package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Server-sent events as a browser reads them.
final class EventStream implements AutoCloseable {
    private final HttpResponse<InputStream> answer;
    private final BufferedReader lines;
    /// Comments seen so far.
    final List<String> comments = new ArrayList<>();

    record Message(String id, String name, String data) {}

    private EventStream(HttpResponse<InputStream> answer) {
        this.answer = answer;
        this.lines = new BufferedReader(new InputStreamReader(answer.body(), UTF_8));
    }

    static EventStream open(HttpClient client, URI uri, Map<String, String> headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).version(HttpClient.Version.HTTP_1_1);
        headers.forEach(request::header);
        return new EventStream(client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream()));
    }

    int status() {
        return answer.statusCode();
    }

    String header(String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    /// The next one; null when the stream has come to its regular end.
    @Nullable
    Message next() throws IOException {
        String id = "";
        String name = "";
        String data = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("id: ")) id = line.substring(4);
            else if (line.startsWith("event: ")) name = line.substring(7);
            else if (line.startsWith("data: ")) data = line.substring(6);
            else if (line.startsWith(":")) comments.add(line);
            else if (line.isEmpty() && data != null) return new Message(id, name, data);
        }
        return null;
    }

    String nextComment() throws IOException {
        int before = comments.size();
        while (comments.size() == before) {
            String line = lines.readLine();
            if (line == null) return "";
            if (line.startsWith(":")) comments.add(line);
        }
        return comments.getLast();
    }

    @Override
    public void close() throws IOException {
        answer.body().close();
    }
}
