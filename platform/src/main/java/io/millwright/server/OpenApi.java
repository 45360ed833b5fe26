package io.millwright.server;

import io.millwright.http.BodyKind;
import io.millwright.http.Dialect;
import io.millwright.http.Json;
import io.millwright.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The OpenAPI 3.1 document of Millwright's own routes, made from the routes themselves and from
/// `openapi/v1.json`, which says what their queries, bodies and answers hold.
final class OpenApi {
    private static final String PREFIX = "/api/millwright/v1";

    private OpenApi() {}

    /// What routes cannot tell about themselves: `operations` by `METHOD /path`, and `schemas`.
    static JsonNode details() {
        try (InputStream in = Objects.requireNonNull(OpenApi.class.getResourceAsStream("/openapi/v1.json"))) {
            return Json.MAPPER.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ObjectNode of(List<Route> routes) {
        return of(routes, details());
    }

    static ObjectNode of(List<Route> routes, JsonNode details) {
        ObjectNode document = Json.MAPPER.createObjectNode();
        document.put("openapi", "3.1.0");
        ObjectNode info = document.putObject("info");
        info.put("title", "Millwright");
        info.put("version", Version.MILLWRIGHT);
        info.put(
                "description",
                "Millwright's own API. What MLflow's protocol covers is served under /api/2.0 and /api/3.0.");
        info.putObject("license").put("name", "Apache-2.0").put("identifier", "Apache-2.0");
        document.putArray("servers").addObject().put("url", PREFIX);
        ObjectNode paths = document.putObject("paths");
        for (Route route : routes) {
            if (route.dialect() == Dialect.OWN) {
                String path = templateOf(route);
                ObjectNode item = paths.get(path) instanceof ObjectNode known ? known : paths.putObject(path);
                describe(
                        item.putObject(route.method().toLowerCase(Locale.ROOT)),
                        route,
                        details.path("operations").path(route.method() + " " + path));
            }
        }
        components(document.putObject("components"), details.path("schemas"));
        return document;
    }

    /// The path below the server's URL, which is another for what browsers are sent to; a rest of a path is an ordinary
    /// parameter here, which OpenAPI has no word for.
    static String templateOf(Route route) {
        String path = route.path();
        return (path.startsWith(PREFIX) ? path.substring(PREFIX.length()) : path).replace("{*", "{");
    }

    private static void describe(ObjectNode operation, Route route, JsonNode details) {
        operation.put("operationId", operationId(route));
        operation.put("summary", route.summary());
        if (!route.path().startsWith(PREFIX))
            operation.putArray("servers").addObject().put("url", "/");
        ArrayNode parameters = Json.MAPPER.createArrayNode();
        for (String segment : route.path().split("/")) {
            if (segment.startsWith("{")) pathParameter(parameters.addObject(), segment);
        }
        details.path("query").properties().forEach(query -> {
            ObjectNode parameter =
                    parameters.addObject().put("name", query.getKey()).put("in", "query");
            query.getValue().properties().forEach(entry -> parameter.set(entry.getKey(), entry.getValue()));
        });
        if (!parameters.isEmpty()) operation.set("parameters", parameters);
        if (route.body() == BodyKind.STREAM) {
            content(operation.putObject("requestBody"), "application/octet-stream");
        } else if (details.has("request")) {
            reference(content(operation.putObject("requestBody"), "application/json"), details.path("request"));
        } else if (details.has("requestType")) {
            content(
                    operation.putObject("requestBody"),
                    details.path("requestType").asString());
        }
        ObjectNode responses = operation.putObject("responses");
        ObjectNode good = responses.putObject(details.path("status").asString("200"));
        good.put("description", "Done");
        if (details.has("response")) reference(content(good, "application/json"), details.path("response"));
        responses.putObject("default").put("$ref", "#/components/responses/Problem");
    }

    private static void pathParameter(ObjectNode parameter, String segment) {
        parameter.put("name", segment.replaceAll("[{*}]", ""));
        parameter.put("in", "path");
        parameter.put("required", true);
        if (segment.startsWith("{*")) parameter.put("description", "The rest of the path, slashes included.");
        parameter.putObject("schema").put("type", "string");
    }

    private static ObjectNode content(ObjectNode of, String type) {
        return of.putObject("content").putObject(type);
    }

    private static void reference(ObjectNode media, JsonNode schema) {
        media.putObject("schema").put("$ref", "#/components/schemas/" + schema.asString());
    }

    private static String operationId(Route route) {
        StringBuilder id = new StringBuilder(route.method().toLowerCase(Locale.ROOT));
        for (String word : templateOf(route).split("[^A-Za-z0-9]+")) {
            if (!word.isEmpty())
                id.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
        }
        return id.toString();
    }

    private static void components(ObjectNode components, JsonNode schemas) {
        ObjectNode all = components.putObject("schemas");
        schemas.properties().forEach(schema -> all.set(schema.getKey(), schema.getValue()));
        ObjectNode problem = all.putObject("Problem");
        problem.put("type", "object");
        problem.put("description", "Problem details, RFC 9457, with the code of Millwright's catalogue.");
        ObjectNode properties = problem.putObject("properties");
        for (String text : List.of("type", "title", "detail", "code", "request_id"))
            properties.putObject(text).put("type", "string");
        properties.putObject("status").put("type", "integer");
        problem.putArray("required")
                .add("type")
                .add("title")
                .add("status")
                .add("detail")
                .add("code")
                .add("request_id");
        ObjectNode response = components.putObject("responses").putObject("Problem");
        response.put("description", "What went wrong, what was expected and what to do next");
        response.putObject("content")
                .putObject("application/problem+json")
                .putObject("schema")
                .put("$ref", "#/components/schemas/Problem");
    }
}
