package io.millwright.server;

import io.millwright.server.GoldenFile.Exchange;
import io.millwright.server.GoldenFile.Request;
import io.millwright.server.GoldenFile.Response;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Plays one [GoldenFile] against a server and tells every difference.
///
/// Equality is exact: status, named headers, and for JSON every field and the kind of every number (`1.0` is not `1`).
/// Lists named `tags`, and `params` and `metrics` inside `data`, have no order in MLflow and are compared sorted by
/// key. Placeholders are those of `peers/golden/README.md`.
final class GoldenReplay implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(unique|any:\\w+|[a-z]+\\.\\d+)}");
    private static final Pattern REPEAT = Pattern.compile("\\$\\{repeat (\\d+)\\|([^|]*)\\|([^|}]*)}");
    private static final Map<String, String> FORMS =
            Map.of("run", "[0-9a-f]{32}", "model", "m-[0-9a-f]{32}", "experiment", "[0-9]+");
    private static final Comparator<JsonNode> BY_KEY =
            Comparator.comparing(element -> List.of("key", "step", "timestamp", "value").stream()
                    .map(field -> expand(element.path(field).asString("")))
                    .collect(Collectors.joining("\0")));

    private final URI server;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Map<String, String> values = new HashMap<>();

    /// One place where the answer is not what the file says.
    record Mismatch(String file, String title, String where, String got, String expected) {
        @Override
        public String toString() {
            return "%s: %s: %s%n    got      %s%n    expected %s"
                    .formatted(file, title, where, cut(got), cut(expected));
        }

        private static String cut(String text) {
            return text.length() <= 600 ? text : text.substring(0, 600) + "…";
        }
    }

    GoldenReplay(URI server) {
        this.server = server;
        values.put(
                "unique", HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()));
    }

    List<Mismatch> play(GoldenFile file) {
        var mismatches = new ArrayList<Mismatch>();
        for (Exchange exchange : file.exchanges()) {
            var found = new Findings(file.name(), exchange.title(), mismatches);
            String unknown = unknownPlaceholder(exchange.request());
            if (!unknown.isEmpty()) {
                found.add("request", "not sent", unknown + " to be captured before");
                continue;
            }
            try {
                check(exchange, send(exchange.request()), found);
            } catch (IOException e) {
                found.add("response", "none: " + e.getMessage(), "an answer");
            }
        }
        return mismatches;
    }

    @Override
    public void close() {
        client.close();
    }

    /// What the request needs and no answer has given; empty if nothing.
    private String unknownPlaceholder(Request request) {
        return PLACEHOLDER
                .matcher(request.target() + request.headers() + request.body())
                .results()
                .filter(found -> !values.containsKey(found.group(1)))
                .map(MatchResult::group)
                .findFirst()
                .orElse("");
    }

    private HttpResponse<String> send(Request request) throws IOException {
        String target = fill(request.target(), value -> URLEncoder.encode(value, StandardCharsets.UTF_8));
        String body = fill(request.body(), UnaryOperator.identity());
        var builder = HttpRequest.newBuilder(URI.create(server.toString().replaceAll("/$", "") + target))
                .timeout(Duration.ofSeconds(60))
                .method(request.method(), body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!body.isEmpty() && !request.headers().containsKey("Content-Type")) {
            builder.header("Content-Type", "application/json");
        }
        request.headers().forEach((name, value) -> {
            if (!value.isEmpty()) {
                builder.header(name, fill(value, UnaryOperator.identity()));
            }
        });
        try {
            return client.send(builder.build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + target, e);
        }
    }

    private void check(Exchange exchange, HttpResponse<String> actual, Findings found) {
        Response expected = exchange.response();
        if (actual.statusCode() != expected.status()) {
            found.add("status", actual.statusCode() + " " + actual.body(), String.valueOf(expected.status()));
        }
        expected.headers().forEach((name, value) -> {
            String got = actual.headers().firstValue(name).orElse("");
            boolean agrees =
                    name.equals("Content-Type") ? matches(mediaType(value), mediaType(got)) : matches(value, got);
            if (!agrees) {
                found.add("header " + name, got, value);
            }
        });
        if (!expected.isJson() || expected.body().isEmpty()) {
            if (!matches(expected.body(), GoldenFile.withoutOuterLineEnds(actual.body()))) {
                found.add("body", actual.body(), expected.body());
            }
            return;
        }
        try {
            JsonNode answer = JSON.readTree(actual.body());
            boolean whole = exchange.only().isEmpty() || actual.statusCode() >= 400;
            compare("$", JSON.readTree(expected.body()), whole ? answer : reduced(answer, exchange.only()), found);
        } catch (JacksonException e) {
            found.add("body", actual.body(), "JSON");
        }
    }

    void compare(String path, JsonNode expected, JsonNode actual, Findings found) {
        if (expected.isObject() && actual.isObject()) {
            var names = new TreeSet<>(expected.propertyNames());
            names.addAll(actual.propertyNames());
            for (String name : names) {
                String here = path + "." + name;
                if (!actual.has(name)) {
                    found.add(here, "nothing", expected.get(name).toString());
                } else if (!expected.has(name)) {
                    found.add(here, actual.get(name).toString(), "nothing");
                } else {
                    compare(here, ordered(here, expected.get(name)), ordered(here, actual.get(name)), found);
                }
            }
        } else if (expected.isArray() && actual.isArray()) {
            if (expected.size() != actual.size()) {
                found.add(path, actual.size() + " elements: " + actual, expected.size() + " elements: " + expected);
            }
            for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
                compare("%s[%d]".formatted(path, i), expected.get(i), actual.get(i), found);
            }
        } else if (!matchesLeaf(expected, actual)) {
            found.add(path, actual.toString(), withValues(expected));
        }
    }

    private static JsonNode reduced(JsonNode value, List<List<String>> paths) {
        if (value.isArray()) {
            var list = JSON.createArrayNode();
            value.forEach(element -> list.add(reduced(element, paths)));
            return list;
        }
        if (!value.isObject()) {
            return value;
        }
        var object = JSON.createObjectNode();
        value.forEachEntry((name, field) -> {
            var rest = paths.stream()
                    .filter(path -> path.getFirst().equals(name))
                    .map(path -> path.subList(1, path.size()))
                    .toList();
            if (!rest.isEmpty()) {
                object.set(name, rest.contains(List.<String>of()) ? field : reduced(field, rest));
            }
        });
        return object;
    }

    private static JsonNode ordered(String path, JsonNode list) {
        boolean unordered = path.endsWith(".tags") || path.endsWith(".data.params") || path.endsWith(".data.metrics");
        if (!unordered || !list.isArray()) {
            return list;
        }
        var sorted = JSON.createArrayNode();
        list.valueStream().sorted(BY_KEY).forEach(sorted::add);
        return sorted;
    }

    private boolean matchesLeaf(JsonNode expected, JsonNode actual) {
        if (expected.isIntegralNumber()) {
            return actual.isIntegralNumber() && expected.bigIntegerValue().equals(actual.bigIntegerValue());
        }
        if (!expected.isString()) {
            return expected.equals(actual);
        }
        String text = expected.stringValue();
        return switch (text) {
            case "${any:millis}" ->
                actual.isIntegralNumber() && String.valueOf(actual.longValue()).length() == 13;
            case "${any:number}" -> actual.isNumber();
            default -> {
                boolean captured = PLACEHOLDER.matcher(text).matches() && !text.startsWith("${any:");
                yield actual.isString()
                        ? matches(text, actual.stringValue())
                        : captured && actual.isNumber() && matches(text, actual.asString());
            }
        };
    }

    /// Whether the text agrees; captures what is new only when it does.
    private boolean matches(String expected, String actual) {
        var pattern = new StringBuilder();
        var captured = new ArrayList<String>();
        String text = expand(expected);
        Matcher found = PLACEHOLDER.matcher(text);
        int last = 0;
        while (found.find()) {
            String name = found.group(1);
            pattern.append(Pattern.quote(text.substring(last, found.start())));
            last = found.end();
            if (name.startsWith("any:")) {
                pattern.append(".*");
            } else if (values.containsKey(name)) {
                pattern.append(Pattern.quote(values.get(name)));
            } else if (captured.contains(name)) {
                pattern.append("\\").append(captured.indexOf(name) + 1);
            } else {
                captured.add(name);
                pattern.append("(")
                        .append(FORMS.getOrDefault(kind(name), ".+?"))
                        .append(")");
            }
        }
        pattern.append(Pattern.quote(text.substring(last)));
        Matcher matcher = Pattern.compile(pattern.toString(), Pattern.DOTALL).matcher(actual);
        if (!matcher.matches()) {
            return false;
        }
        for (int i = 0; i < captured.size(); i++) {
            values.put(captured.get(i), matcher.group(i + 1));
        }
        return true;
    }

    private String fill(String text, UnaryOperator<String> encode) {
        return PLACEHOLDER
                .matcher(expand(text))
                .replaceAll(found ->
                        Matcher.quoteReplacement(encode.apply(values.getOrDefault(found.group(1), found.group()))));
    }

    /// The expected value for a reader: with what was captured, where something was.
    private String withValues(JsonNode expected) {
        return PLACEHOLDER
                .matcher(expected.toString())
                .replaceAll(found -> Matcher.quoteReplacement(values.getOrDefault(found.group(1), found.group())));
    }

    private static String expand(String text) {
        return REPEAT.matcher(text).replaceAll(found -> Matcher.quoteReplacement(repeated(found)));
    }

    private static String repeated(MatchResult found) {
        return IntStream.range(0, Integer.parseInt(found.group(1)))
                .mapToObj(i -> found.group(2).replace("#", String.valueOf(i)))
                .collect(Collectors.joining(found.group(3)));
    }

    private static String kind(String name) {
        return name.substring(0, name.indexOf('.'));
    }

    private static String mediaType(String value) {
        return value.replace(" ", "").toLowerCase(Locale.ROOT);
    }

    /// Collects mismatches of one exchange.
    record Findings(String file, String title, List<Mismatch> all) {
        void add(String where, String got, String expected) {
            all.add(new Mismatch(file, title, where, got, expected));
        }
    }
}
