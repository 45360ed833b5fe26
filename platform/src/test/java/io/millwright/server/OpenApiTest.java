package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.BodyKind;
import io.millwright.http.Dialect;
import io.millwright.http.Json;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class OpenApiTest {
    @Test
    void the_document_names_every_route_of_our_own_and_no_other() {
        Routes routes = new Routes();
        routes.own()
                .on("GET", "/things/{id}", BodyKind.NONE, "A thing", call -> null)
                .on("DELETE", "/things/{id}", BodyKind.NONE, "Deletes a thing", call -> null)
                .on("PUT", "/files/{*path}", BodyKind.STREAM, "Stores a file", call -> null);
        routes.mlflow("2.0").post("/mlflow/runs/create", call -> null);

        JsonNode document = OpenApi.of(routes.all());

        assertThat(operations(document))
                .containsExactly("DELETE /things/{id}", "GET /things/{id}", "PUT /files/{path}");
        assertThat(document.at("/paths/~1things~1{id}/get/parameters/0/name").asString())
                .isEqualTo("id");
        assertThat(document.at("/paths/~1files~1{path}/put/requestBody/content").has("application/octet-stream"))
                .isTrue();
    }

    @Test
    void what_the_server_serves_is_what_its_document_says() throws IOException {
        try (TestServer server = TestServer.start();
                RawHttp raw = new RawHttp(server.uri())) {
            JsonNode document =
                    Json.MAPPER.readTree(raw.send("GET /api/millwright/v1/openapi.json HTTP/1.1\r\nHost: HOST\r\n\r\n")
                            .answer()
                            .body());

            assertThat(document.path("openapi").asString()).isEqualTo("3.1.0");
            assertThat(operations(document)).contains("GET /version", "GET /openapi.json");
            for (String operation : operations(document)) {
                String[] parts = operation.split(" ");
                String target = "/api/millwright/v1" + parts[1].replaceAll("\\{[^}]*}", "x");
                var answer = raw.send("OPTIONS " + target + " HTTP/1.1\r\nHost: HOST\r\n\r\n")
                        .answer();
                assertThat(answer.headers().getOrDefault("allow", ""))
                        .as(operation)
                        .contains(parts[0]);
            }
        }
    }

    @Test
    void every_operation_has_its_own_id_a_summary_and_all_parameters_of_its_path() throws IOException {
        try (TestServer server = TestServer.start();
                RawHttp raw = new RawHttp(server.uri())) {
            JsonNode document =
                    Json.MAPPER.readTree(raw.send("GET /api/millwright/v1/openapi.json HTTP/1.1\r\nHost: HOST\r\n\r\n")
                            .answer()
                            .body());

            Set<String> ids = new TreeSet<>();
            document.path("paths")
                    .properties()
                    .forEach(path -> path.getValue().properties().forEach(operation -> {
                        JsonNode details = operation.getValue();
                        assertThat(ids.add(details.path("operationId").asString()))
                                .isTrue();
                        assertThat(details.path("summary").asString()).isNotBlank();
                        Set<String> named = details.path("parameters")
                                .valueStream()
                                .map(p -> p.path("name").asString())
                                .collect(Collectors.toSet());
                        Set<String> inPath = java.util.regex.Pattern.compile("\\{([^}]*)}")
                                .matcher(path.getKey())
                                .results()
                                .map(m -> m.group(1))
                                .collect(Collectors.toSet());
                        assertThat(named).isEqualTo(inPath);
                    }));
        }
    }

    @Test
    void a_template_of_a_rest_is_an_ordinary_one() {
        Route route =
                new Route("GET", "/api/millwright/v1/files/{*path}", Dialect.OWN, BodyKind.NONE, "", call -> null);

        assertThat(OpenApi.templateOf(route)).isEqualTo("/files/{path}");
    }

    private static Set<String> operations(JsonNode document) {
        Set<String> operations = new TreeSet<>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .propertyNames()
                        .forEach(method ->
                                operations.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey())));
        return operations;
    }
}
