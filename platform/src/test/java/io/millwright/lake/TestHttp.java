package io.millwright.lake;

import io.millwright.http.Call;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Calls the routes of an api without a socket, as the server would: finds the route, decodes its variables
/// once, tells failures in the route's dialect.
final class TestHttp {
    private final Routes routes;

    TestHttp(Routes routes) {
        this.routes = routes;
    }

    /// What a client sees.
    record Answer(int status, Map<String, String> headers, String body) {
        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    Answer get(String target, String... headers) {
        return send("GET", target, new byte[0], headers);
    }

    Answer put(String target, String body) {
        return send("PUT", target, body.getBytes(StandardCharsets.UTF_8));
    }

    Answer post(String target, String json) {
        return send("POST", target, json.getBytes(StandardCharsets.UTF_8), "content-type", "application/json");
    }

    Answer send(String method, String target, byte[] body, String... headers) {
        String path = target.split("\\?", 2)[0];
        for (Route route : routes.all()) {
            Matcher match = pattern(route.path()).matcher(path);
            if (!route.method().equals(method) || !match.matches()) continue;
            Map<String, String> named = new HashMap<>();
            for (int i = 0; i < headers.length; i += 2) named.put(headers[i].toLowerCase(Locale.ROOT), headers[i + 1]);
            return answer(route, new TestCall(match, method, target, body, named));
        }
        throw new AssertionError("no route for " + method + " " + path);
    }

    private static Pattern pattern(String path) {
        return Pattern.compile(path.replaceAll("\\{\\*(\\w+)}", "(?<$1>.+)")
                .replaceAll("\\{(\\w+)_(\\w+)}", "(?<$1$2>[^/]+)")
                .replaceAll("\\{(\\w+)}", "(?<$1>[^/]+)"));
    }

    private static Answer answer(Route route, Call call) {
        Reply reply;
        try {
            reply = route.handler().handle(call);
            if (reply.body() instanceof Reply.Body.Stream(var writer, var _)) {
                ByteArrayOutputStream written = new ByteArrayOutputStream();
                writer.write(written);
                reply = new Reply(
                        reply.status(), reply.headers(), new Reply.Body.Bytes(ByteBuffer.wrap(written.toByteArray())));
            }
        } catch (Failure failure) {
            reply = route.dialect().render(failure, "test");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return new Answer(reply.status(), reply.headers(), read(reply.body()));
    }

    private static String read(Reply.Body body) {
        return switch (body) {
            case Reply.Body.Bytes(var bytes) ->
                StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
            case Reply.Body.Channel(var channel, long length) -> {
                try (InputStream in = Channels.newInputStream(channel)) {
                    yield new String(in.readNBytes(Math.toIntExact(length)), StandardCharsets.UTF_8);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
            case Reply.Body.Stream _, Reply.Body.Feed _ -> throw new IllegalStateException("is written by now");
        };
    }

    private static final class TestCall implements Call {
        private final Matcher match;
        private final String method;
        private final String target;
        private final byte[] body;
        private final Map<String, String> headers;

        TestCall(Matcher match, String method, String target, byte[] body, Map<String, String> headers) {
            this.match = match;
            this.method = method;
            this.target = target;
            this.body = body;
            this.headers = headers;
        }

        @Override
        public RequestContext asOfNow() {
            return RequestContext.current();
        }

        @Override
        public String method() {
            return method;
        }

        @Override
        public byte[] body() {
            return body;
        }

        @Override
        public String rawPath() {
            return target.split("\\?", 2)[0];
        }

        @Override
        public String pathVariable(String name) {
            return decoded(match.group(name.replace("_", "")));
        }

        private static String decoded(String text) {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        }

        @Override
        public Map<String, List<String>> query() {
            Map<String, List<String>> query = new LinkedHashMap<>();
            if (target.contains("?")) {
                for (String pair : target.split("\\?", 2)[1].split("&", -1)) {
                    String[] words = pair.split("=", 2);
                    query.put(decoded(words[0]), List.of(decoded(words[1])));
                }
            }
            return query;
        }

        @Override
        public Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
        }

        @Override
        public URI origin() {
            return URI.create("http://mlflow.example:5000");
        }

        @Override
        public InputStream stream() {
            return new ByteArrayInputStream(body);
        }

        @Override
        public long contentLength() {
            return body.length;
        }
    }
}
