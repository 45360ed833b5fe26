package io.millwright.tracking.imports;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// HTTP to one MLflow server: JSON in and out, files as streams. Tries again when the server is busy or gone for a
/// while; follows redirects to the same host only, because the credentials go along.
final class RestClient {
    static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(40_000_000) // A dataset's profile may have 16 million characters.
                            .build())
                    // Old servers write a metric that is NaN as a bare word.
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    // A connection is used again only when its answer was read to the end.
                    .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
                    .build())
            .build();

    private static final int REDIRECTS = 5;
    private static final int LONGEST_ERROR = 10_000;

    /// The server answered that it will not. Not tried again.
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        private final int status;

        Refused(int status, String message) {
            super(message);
            this.status = status;
        }

        int status() {
            return status;
        }

        /// There is no such route: an older server.
        boolean isUnknownRoute() {
            return status == 404 || status == 405 || status == 501;
        }
    }

    /// The answer was longer than asked for. Not tried again.
    static final class TooLong extends IOException {
        private static final long serialVersionUID = 1;

        TooLong(String message) {
            super(message);
        }
    }

    /// Worth another try.
    private static final class Transient extends IOException {
        private static final long serialVersionUID = 1;

        private final int status;
        private final Duration wait;

        Transient(int status, String message, Duration wait) {
            super(message);
            this.status = status;
            this.wait = wait;
        }
    }

    /// How patient to be.
    ///
    /// @param firstWait before the second try; doubled each time
    record Patience(Duration connect, Duration read, int tries, Duration firstWait) {
        static final Patience USUAL =
                new Patience(Duration.ofSeconds(10), Duration.ofSeconds(120), 7, Duration.ofMillis(500));
    }

    @FunctionalInterface
    private interface Exchange<T> {
        T with(InputStream body, long length) throws IOException;
    }

    private final URI base;
    private final @Nullable String authorization;
    private final Patience patience;
    /// A server that never answered is more likely a wrong address than a busy server.
    private volatile boolean everAnswered;

    /// @param base without credentials and without a slash at its end
    /// @param authorization the header's value, or null
    RestClient(URI base, @Nullable String authorization, Patience patience) {
        this.base = base;
        this.authorization = authorization;
        this.patience = patience;
    }

    static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
    }

    URI base() {
        return base;
    }

    /// A query, each name and value encoded.
    static String query(Map<String, String> fields) {
        StringBuilder query = new StringBuilder();
        fields.forEach((name, value) -> query.append(query.isEmpty() ? "?" : "&")
                .append(URLEncoder.encode(name, UTF_8))
                .append('=')
                .append(URLEncoder.encode(value, UTF_8)));
        return query.toString();
    }

    /// A path, each segment encoded.
    static String path(String path) {
        StringBuilder encoded = new StringBuilder();
        for (String segment : path.split("/", -1)) {
            encoded.append('/').append(URLEncoder.encode(segment, UTF_8).replace("+", "%20"));
        }
        return encoded.substring(1);
    }

    ObjectNode get(String path) throws IOException {
        return retry(() -> exchange("GET", path, null, (body, length) -> object(path, body)));
    }

    /// As [#get], but a server that fails (500) is not asked again: one on files has no other answer to what it lacks.
    ///
    /// @throws Refused then, too
    ObjectNode getUnlessItFails(String path) throws IOException {
        return retry(() -> {
            try {
                return exchange("GET", path, null, (body, length) -> object(path, body));
            } catch (Transient e) {
                if (e.status != 500) throw e;
                throw new Refused(e.status, String.valueOf(e.getMessage()));
            }
        });
    }

    ObjectNode post(String path, ObjectNode message) throws IOException {
        return post(path, message, Long.MAX_VALUE);
    }

    /// @param limit the most bytes of an answer to keep in memory
    /// @throws TooLong when there are more
    ObjectNode post(String path, ObjectNode message, long limit) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(message);
        return retry(() ->
                exchange("POST", path, bytes, (body, length) -> object(path, new LimitedStream(body, limit))));
    }

    private static ObjectNode object(String path, InputStream body) throws IOException {
        try {
            if (JSON.readTree(body) instanceof ObjectNode object) return object;
        } catch (JacksonException e) {
            throw broken(path, e);
        }
        throw new Refused(200, path + " answered no JSON object: is this an MLflow server?");
    }

    /// A body that was cut off is worth another try, one that is no JSON is not.
    private static IOException broken(String path, JacksonException e) {
        if (e.getCause() instanceof IOException cut) return cut;
        return new Refused(200, path + " answered something that is not JSON: is this an MLflow server?");
    }

    /// Walks the elements of one list of an answer without keeping them. When a try fails in the middle the next one
    /// begins again, so the consumer may see elements twice.
    ///
    /// @return the text field `next_page_token`, if any
    Optional<String> walk(String path, String list, Consumer<JsonNode> consumer) throws IOException {
        return retry(() -> exchange("GET", path, null, (body, length) -> {
            try (JsonParser parser = JSON.createParser(body)) {
                return walk(parser, list, consumer);
            } catch (JacksonException e) {
                throw broken(path, e);
            }
        }));
    }

    private static Optional<String> walk(JsonParser parser, String list, Consumer<JsonNode> consumer)
            throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) throw new IOException("expected a JSON object");
        Optional<String> next = Optional.empty();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals(list) && value == JsonToken.START_ARRAY) {
                while (parser.nextToken() != JsonToken.END_ARRAY) consumer.accept(parser.readValueAsTree());
            } else if (name.equals("next_page_token") && value == JsonToken.VALUE_STRING) {
                next = Optional.of(parser.getString()).filter(token -> !token.isEmpty());
            } else {
                parser.skipChildren();
            }
        }
        return next;
    }

    /// Opens a file. The stream fails when it ends before the length that the server named.
    InputStream open(String path) throws IOException {
        return retry(() -> {
            HttpURLConnection connection = answered("GET", path, null);
            return new WholeStream(connection.getInputStream(), connection);
        });
    }

    private <T> T exchange(String method, String path, byte @Nullable [] body, Exchange<T> exchange)
            throws IOException {
        HttpURLConnection connection = answered(method, path, body);
        try (InputStream in = new WholeStream(connection.getInputStream(), connection)) {
            T result = exchange.with(in, connection.getContentLengthLong());
            in.transferTo(OutputStream.nullOutputStream());
            return result;
        }
    }

    /// HttpURLConnection because it has what the newer client lacks: a limit on the silence in the middle of a body.
    private HttpURLConnection answered(String method, String path, byte @Nullable [] body) throws IOException {
        URI target = URI.create(base + path);
        for (int hop = 0; hop <= REDIRECTS; hop++) {
            HttpURLConnection connection = send(method, target, body);
            int status = connection.getResponseCode();
            everAnswered = true;
            if (status / 100 == 2) return connection;
            String location = connection.getHeaderField("Location");
            if (status / 100 != 3 || location == null) throw failure(target, status, connection);
            URI next = target.resolve(location);
            if (!isSameServer(next)) {
                throw new Refused(
                        status,
                        "%s redirects to another server, %s; that is not followed. Give its address with --from"
                                .formatted(target.getPath(), next.getHost()));
            }
            target = next;
        }
        throw new Refused(310, "%s redirects more than %d times".formatted(path, REDIRECTS));
    }

    private boolean isSameServer(URI next) {
        boolean sameHost = next.getHost() != null && next.getHost().equalsIgnoreCase(base.getHost());
        boolean secured = "https".equals(next.getScheme()) && "http".equals(base.getScheme());
        return sameHost && (secured || next.getScheme().equals(base.getScheme()) && next.getPort() == base.getPort());
    }

    private HttpURLConnection send(String method, URI target, byte @Nullable [] body) throws IOException {
        if (!(target.toURL().openConnection() instanceof HttpURLConnection connection)) {
            throw new IOException(target + " is no HTTP address");
        }
        connection.setRequestMethod(method);
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout((int) patience.connect().toMillis());
        connection.setReadTimeout((int) patience.read().toMillis());
        connection.setRequestProperty("User-Agent", "millwright-import");
        connection.setRequestProperty("Accept", "*/*");
        if (authorization != null) connection.setRequestProperty("Authorization", authorization);
        if (body != null) {
            connection.setRequestProperty("Content-Type", "application/json");
            connection.setDoOutput(true);
            connection.setFixedLengthStreamingMode(body.length);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
        }
        return connection;
    }

    private static IOException failure(URI target, int status, HttpURLConnection connection) throws IOException {
        String text;
        try (InputStream in = Optional.ofNullable(connection.getErrorStream())
                .orElseGet(() -> new ByteArrayInputStream(new byte[0]))) {
            text = new String(in.readNBytes(LONGEST_ERROR), UTF_8).strip();
        }
        String shown = text.startsWith("{") ? messageOf(text) : text.startsWith("<") ? "" : text;
        String message = "%s answered %d %s"
                .formatted(target.getPath(), status, shown.length() > 300 ? shown.substring(0, 300) : shown);
        if (status == 401 || status == 403) {
            message += ". Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN";
        }
        boolean busy = status == 429 || status == 408 || status >= 500 && status != 501;
        return busy ? new Transient(status, message, retryAfter(connection)) : new Refused(status, message);
    }

    private static String messageOf(String json) {
        try {
            return JSON.readTree(json).path("message").asString("");
        } catch (JacksonException e) {
            return "";
        }
    }

    private static Duration retryAfter(HttpURLConnection connection) {
        String seconds = connection.getHeaderField("Retry-After");
        boolean isNumber = seconds != null && seconds.matches("\\d{1,3}");
        return isNumber ? Duration.ofSeconds(Math.min(60, Integer.parseInt(seconds))) : Duration.ZERO;
    }

    @FunctionalInterface
    private interface Attempt<T> {
        T run() throws IOException;
    }

    private <T> T retry(Attempt<T> attempt) throws IOException {
        Duration wait = patience.firstWait();
        for (int tried = 1; ; tried++) {
            try {
                return attempt.run();
            } catch (Refused | TooLong e) {
                throw e;
            } catch (Transient e) {
                if (tried >= patience.tries()) throw new IOException(e.getMessage() + ", " + tried + " times", e);
                sleep(e.wait.compareTo(wait) > 0 ? e.wait : wait);
            } catch (IOException e) {
                if (tried >= patience.tries() || !everAnswered) throw unreachable(e);
                sleep(wait);
            }
            wait = wait.multipliedBy(2);
        }
    }

    private IOException unreachable(IOException e) {
        return new IOException(
                "%s does not answer: %s".formatted(base, e.getMessage() == null ? e.toString() : e.getMessage()), e);
    }

    private static void sleep(Duration duration) throws InterruptedIOException {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private static final class LimitedStream extends FilterInputStream {
        private final long limit;
        private long left;

        LimitedStream(InputStream in, long limit) {
            super(in);
            this.limit = limit;
            this.left = limit;
        }

        @Override
        public int read() throws IOException {
            throw new UnsupportedOperationException("read in blocks");
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            left -= Math.max(0, n);
            if (left < 0) throw new TooLong("the answer has more than " + limit + " bytes");
            return n;
        }
    }

    /// Fails at an end that comes too early; closing it before its end gives the connection up.
    private static final class WholeStream extends FilterInputStream {
        private final HttpURLConnection connection;
        private final long expected;
        private long seen;
        private boolean ended;

        WholeStream(InputStream in, HttpURLConnection connection) {
            super(in);
            this.connection = connection;
            this.expected = connection.getContentLengthLong();
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            count(b < 0 ? -1 : 1);
            return b;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            count(n);
            return n;
        }

        @Override
        public long skip(long n) throws IOException {
            long skipped = super.skip(n);
            seen += skipped;
            return skipped;
        }

        private void count(int n) throws IOException {
            if (n >= 0) {
                seen += n;
                return;
            }
            ended = true;
            if (expected >= 0 && seen < expected) {
                throw new IOException("the answer ended after %d of %d bytes".formatted(seen, expected));
            }
        }

        @Override
        public void close() throws IOException {
            super.close();
            if (!ended) connection.disconnect();
        }
    }
}
