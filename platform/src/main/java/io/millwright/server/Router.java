package io.millwright.server;

import static io.millwright.kernel.ErrorCode.METHOD_NOT_ALLOWED;
import static io.millwright.kernel.ErrorCode.NO_SUCH_ROUTE;

import io.millwright.http.Route;
import io.millwright.kernel.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Finds the route of a request: literal paths by one look-up, patterns one after the other.
///
/// Paths are compared as sent, still percent-encoded, so that `%2F` inside a variable does not divide it.
final class Router {
    /// What was found: a route with the raw values of its variables, or why there is none.
    sealed interface Match {
        record Found(Endpoint endpoint, Map<String, String> rawVariables) implements Match {}

        /// @param allow the methods that this path does serve; empty when it serves none
        record Missing(Failure failure, String allow) implements Match {}
    }

    /// A route as it is served, with its measurements beside it.
    record Endpoint(Route route, ServerMetrics.PerRoute metrics) {}

    private final Map<String, Map<String, Endpoint>> literal = new HashMap<>();
    private final List<Pattern> patterns = new ArrayList<>();

    Router(List<Route> routes, ServerMetrics metrics) {
        Map<String, Pattern> byPath = new HashMap<>();
        for (Route route : routes) {
            Endpoint endpoint = new Endpoint(route, metrics.route(route.method(), route.path()));
            Map<String, Endpoint> methods;
            if (route.path().indexOf('{') < 0) {
                methods = literal.computeIfAbsent(route.path(), path -> new HashMap<>(4));
            } else {
                Pattern pattern = byPath.computeIfAbsent(route.path(), Pattern::of);
                if (!patterns.contains(pattern)) patterns.add(pattern);
                methods = pattern.methods;
            }
            if (methods.putIfAbsent(route.method(), endpoint) != null) {
                throw new IllegalStateException("two routes for " + route.method() + " " + route.path());
            }
        }
        // The longer the literal beginning, the more special the pattern.
        patterns.sort((a, b) -> Integer.compare(b.prefix.length(), a.prefix.length()));
    }

    Match match(String method, String path) {
        Map<String, Endpoint> methods = literal.get(path);
        if (methods != null) return found(method, path, methods, Map.of());
        Match missing = null;
        for (Pattern pattern : patterns) {
            Map<String, String> variables = pattern.match(path);
            if (variables == null) continue;
            Match match = found(method, path, pattern.methods, variables);
            if (match instanceof Match.Found) return match;
            if (missing == null) missing = match;
        }
        return missing != null
                ? missing
                : new Match.Missing(
                        NO_SUCH_ROUTE.because("There is no endpoint " + shortened(path)
                                + ". Check the path; /api/millwright/v1/openapi.json lists Millwright's own."),
                        "");
    }

    private static Match found(
            String method, String path, Map<String, Endpoint> methods, Map<String, String> variables) {
        Endpoint endpoint = methods.get(method);
        // HEAD is a GET whose body stays here.
        if (endpoint == null && method.equals("HEAD")) endpoint = methods.get("GET");
        if (endpoint != null) return new Match.Found(endpoint, variables);
        Set<String> allowed = new LinkedHashSet<>(new TreeMap<>(methods).keySet());
        if (allowed.contains("GET")) allowed.add("HEAD");
        allowed.add("OPTIONS");
        String allow = String.join(", ", allowed);
        return new Match.Missing(
                METHOD_NOT_ALLOWED.because("Method " + method + " is not allowed on " + shortened(path)
                        + ", expected one of " + allow + "."),
                allow);
    }

    private static String shortened(String path) {
        return path.length() <= 200 ? path : path.substring(0, 200) + "…";
    }

    /// Segments of a path of which some are variables.
    private static final class Pattern {
        private final String prefix;
        private final String[] segments;
        private final Map<String, Endpoint> methods = new HashMap<>(4);

        private Pattern(String prefix, String[] segments) {
            this.prefix = prefix;
            this.segments = segments;
        }

        static Pattern of(String path) {
            String prefix = path.substring(0, path.indexOf('{'));
            String[] segments = path.substring(prefix.length()).split("/", -1);
            for (int i = 0; i < segments.length - 1; i++) {
                if (segments[i].startsWith("{*")) throw new IllegalArgumentException(path + ": {*…} stands at the end");
            }
            return new Pattern(prefix, segments);
        }

        /// The raw values of the variables, or null when the path is another.
        @Nullable
        Map<String, String> match(String path) {
            if (!path.startsWith(prefix)) return null;
            Map<String, String> variables = new HashMap<>(4);
            int at = prefix.length();
            for (int i = 0; i < segments.length; i++) {
                String segment = segments[i];
                if (segment.startsWith("{*")) {
                    variables.put(segment.substring(2, segment.length() - 1), path.substring(at));
                    return variables;
                }
                int end = path.indexOf('/', at);
                boolean last = i == segments.length - 1;
                if (last != end < 0) return null;
                String value = path.substring(at, last ? path.length() : end);
                if (segment.startsWith("{")) {
                    if (value.isEmpty()) return null;
                    variables.put(segment.substring(1, segment.length() - 1), value);
                } else if (!segment.equals(value)) {
                    return null;
                }
                at = end + 1;
            }
            return variables;
        }

        @Override
        public String toString() {
            return prefix + Arrays.toString(segments);
        }
    }
}
