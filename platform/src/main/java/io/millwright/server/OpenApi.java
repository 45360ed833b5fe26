package io.millwright.server;

import io.millwright.http.BodyKind;
import io.millwright.http.Dialect;
import io.millwright.http.Json;
import io.millwright.http.Route;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The OpenAPI 3.1 document of Millwright's own routes, made from the routes themselves.
final class OpenApi {
    private static final String PREFIX = "/api/millwright/v1";

    private OpenApi() {}

    static ObjectNode of(List<Route> routes) {
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
                describe(item.putObject(route.method().toLowerCase(Locale.ROOT)), route);
            }
        }
        components(document.putObject("components"));
        return document;
    }

    /// The path below the server's URL; a rest of a path is an ordinary parameter here, which OpenAPI has no word for.
    static String templateOf(Route route) {
        return route.path().substring(PREFIX.length()).replace("{*", "{");
    }

    private static void describe(ObjectNode operation, Route route) {
        operation.put("operationId", operationId(route));
        operation.put("summary", route.summary());
        ArrayNode parameters = Json.MAPPER.createArrayNode();
        for (String segment : route.path().split("/")) {
            if (!segment.startsWith("{")) continue;
            ObjectNode parameter = parameters.addObject();
            parameter.put("name", segment.replaceAll("[{*}]", ""));
            parameter.put("in", "path");
            parameter.put("required", true);
            if (segment.startsWith("{*")) parameter.put("description", "The rest of the path, slashes included.");
            parameter.putObject("schema").put("type", "string");
        }
        if (!parameters.isEmpty()) operation.set("parameters", parameters);
        if (!route.method().equals("GET") && route.body() != BodyKind.NONE) {
            String type = route.body() == BodyKind.JSON ? "application/json" : "application/octet-stream";
            ObjectNode schema = operation
                    .putObject("requestBody")
                    .putObject("content")
                    .putObject(type)
                    .putObject("schema");
            if (route.body() == BodyKind.JSON) schema.put("type", "object");
        }
        ObjectNode responses = operation.putObject("responses");
        ObjectNode good = responses.putObject("2XX");
        good.put("description", "Done");
        good.putObject("content").putObject("application/json").putObject("schema");
        responses.putObject("default").put("$ref", "#/components/responses/Problem");
    }

    private static String operationId(Route route) {
        StringBuilder id = new StringBuilder(route.method().toLowerCase(Locale.ROOT));
        for (String word : templateOf(route).split("[^A-Za-z0-9]+")) {
            if (!word.isEmpty())
                id.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
        }
        return id.toString();
    }

    private static void components(ObjectNode components) {
        ObjectNode problem = components.putObject("schemas").putObject("Problem");
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
