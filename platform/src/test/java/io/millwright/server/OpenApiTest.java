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
                String target = path(parts[1].replaceAll("\\{[^}]*}", "x"));
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
                                .filter(p -> p.path("in").asString().equals("path"))
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
    void each_route_and_no_other_has_its_details() throws IOException {
        try (TestServer server = TestServer.start();
                RawHttp raw = new RawHttp(server.uri())) {
            Set<String> described =
                    new TreeSet<>(OpenApi.details().path("operations").propertyNames());

            assertThat(described).isEqualTo(operations(document(raw)));
        }
    }

    @Test
    void every_answer_is_as_its_schema_says() throws IOException {
        try (TestServer server = TestServer.start();
                RawHttp raw = new RawHttp(server.uri())) {
            JsonNode document = document(raw);
            String run = answer(raw, "POST", "/api/2.0/mlflow/runs/create", "{\"experiment_id\": \"0\"}")
                    .at("/run/info/run_id")
                    .asString();
            answer(raw, "PUT", "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/a", "content");
            answer(raw, "POST", "/api/2.0/mlflow/runs/delete", "{\"run_id\": \"" + run + "\"}");
            answer(raw, "POST", "/api/2.0/mlflow/runs/create", "{\"experiment_id\": \"0\"}");
            answer(
                    raw,
                    "POST",
                    "/api/2.0/mlflow/runs/create",
                    "{\"experiment_id\": \"0\", \"tags\": [{\"key\": \"team\", \"value\": \"risk\"}]}");
            String live = answer(raw, "POST", "/api/2.0/mlflow/runs/create", "{\"experiment_id\": \"0\"}")
                    .at("/run/info/run_id")
                    .asString();
            answer(
                    raw,
                    "POST",
                    "/api/2.0/mlflow/runs/log-batch",
                    "{\"run_id\": \"" + live
                            + "\", \"metrics\": [{\"key\": \"loss\", \"value\": \"NaN\", \"timestamp\": 1, \"step\": 1}],"
                            + " \"params\": [{\"key\": \"lr\", \"value\": \"0.1\"}]}");
            JsonNode upload = answer(
                    raw, "POST", "/api/2.0/mlflow-artifacts/mpu/create/0/x", "{\"path\": \"m.bin\", \"num_parts\": 2}");
            String part = java.net
                    .URI
                    .create(upload.at("/credentials/0/url").asString())
                    .getPath();
            answer(raw, "PUT", part, "part");
            String operation = own(raw, document, "POST /trash/collect", "", "{\"dry_run\": true}")
                    .path("operation_id")
                    .asString();

            own(raw, document, "GET /version", "", "");
            own(raw, document, "GET /openapi.json", "", "");
            assertThat(own(raw, document, "GET /trash", "?max_results=1", "").path("items"))
                    .hasSize(1);
            assertThat(own(raw, document, "GET /space", "?all_workspaces=true", "")
                            .path("experiments"))
                    .isNotEmpty();
            assertThat(own(raw, document, "GET /runs/recent", "?status=RUNNING", "")
                            .path("runs"))
                    .isNotEmpty();
            own(raw, document, "GET /audit/events", "?max_results=1", "");
            own(raw, document, "GET /me", "", "");
            own(raw, document, "POST /users", "", "{\"name\": \"ann\"}");
            answer(raw, "PUT", "/api/millwright/v1/users/ann/password", "{\"password\": \"correct horse\"}");
            answer(raw, "POST", "/api/millwright/v1/groups", "{\"name\": \"risk\"}");
            answer(raw, "PUT", "/api/millwright/v1/groups/risk/members/ann", "");
            own(raw, document, "POST /tokens", "", "{\"name\": \"t\", \"owner\": \"ann\"}");
            own(
                    raw,
                    document,
                    "POST /grants",
                    "",
                    "{\"subject\": \"group:risk\", \"entity\": \"experiment:0\", \"role\": \"viewer\"}");
            assertThat(own(raw, document, "GET /users", "?max_results=1", "").path("accounts"))
                    .hasSize(1);
            assertThat(own(raw, document, "GET /groups", "", "").path("groups")).hasSize(1);
            assertThat(own(raw, document, "GET /tokens", "?all_owners=true", "").path("tokens"))
                    .hasSize(1);
            assertThat(own(raw, document, "GET /grants", "", "").path("grants")).hasSize(1);
            own(raw, document, "GET /access/explain", "?principal=ann&entity=run:" + live, "");
            own(raw, document, "GET /audit/chain", "", "");
            own(raw, document, "POST /audit/verify", "", "{}");
            own(raw, document, "GET /settings", "", "");
            answer(
                    raw,
                    "POST",
                    "/api/2.0/mlflow/webhooks",
                    "{\"name\": \"w\", \"url\": \"https://93.184.215.14/\","
                            + " \"events\": [{\"entity\": \"REGISTERED_MODEL\", \"action\": \"CREATED\"}]}");
            assertThat(own(raw, document, "GET /webhooks", "?max_results=1", "").path("webhooks"))
                    .hasSize(1);
            JsonNode table = own(
                    raw,
                    document,
                    "GET /experiments/{experiment_id}/runs",
                    "0?column=metrics.loss&column=params.lr&max_results=2",
                    "");
            assertThat(table.path("rows")).hasSize(2);
            assertThat(own(raw, document, "GET /experiments/{experiment_id}/run-columns", "0", "")
                            .path("metrics"))
                    .isNotEmpty();
            own(raw, document, "GET /experiments/{experiment_id}/run-count", "0?count_to=1", "");
            assertThat(own(
                                    raw,
                                    document,
                                    "GET /experiments/{experiment_id}/run-groups",
                                    "0?by=params.lr&column=metrics.loss",
                                    "")
                            .path("groups"))
                    .hasSize(2);
            String view = "{\"name\": \"mine\", \"state\": \"order=start_time\", \"pinned\": true}";
            own(raw, document, "POST /experiments/{experiment_id}/views", "0", view);
            assertThat(own(raw, document, "GET /experiments/{experiment_id}/views", "0", "")
                            .path("views"))
                    .hasSize(1);
            assertThat(own(raw, document, "GET /metric-series", "?key=loss&run=" + live, "")
                            .path("series"))
                    .isNotEmpty();
            answer(raw, "POST", "/iceberg/v1/default/namespaces", "{\"namespace\": [\"census\"]}");
            answer(
                    raw,
                    "POST",
                    "/iceberg/v1/default/namespaces/census/tables",
                    "{\"name\": \"people\", \"schema\": {\"type\": \"struct\", \"fields\": [{\"id\": 1, \"name\":"
                            + " \"year\", \"type\": \"int\", \"required\": false}]}}");
            String said = "{\"comment\": \"who\", \"owners\": [\"ann\"], \"columns\": {\"year\": {\"unit\": \"a\"}}}";
            own(raw, document, "PATCH /datasets/{dataset}", "census.people", said);
            assertThat(own(raw, document, "GET /datasets", "?search=year", "").path("datasets"))
                    .hasSize(1);
            assertThat(own(raw, document, "GET /datasets/{dataset}", "census.people", "")
                            .at("/columns/0/unit")
                            .asString())
                    .isEqualTo("a");
            own(raw, document, "GET /datasets/{dataset}/versions", "census.people", "");
            own(raw, document, "GET /namespaces", "", "");
            answer(
                    raw,
                    "POST",
                    "/api/v1/lineage/batch",
                    "[{\"eventTime\": \"2026-05-03T12:00:00Z\", \"producer\": \"https://x\", \"job\": {\"namespace\": \"n\","
                            + " \"name\": \"j\"}, \"inputs\": [{\"namespace\": \"n\", \"name\": \"a\"}]}]");
            assertThat(own(raw, document, "GET /lineage", "?node=external:n/a", "")
                            .path("edges"))
                    .hasSize(1);
            assertThat(own(raw, document, "GET /lineage/impact", "?node=external:n/a", "")
                            .path("groups"))
                    .hasSize(1);
            own(raw, document, "GET /lineage/provenance", "?node=job:n/j&depth=2&at=2026-05-04", "");
            own(raw, document, "GET /operations/{operation_id}", operation, "");
            own(raw, document, "POST /operations/{operation_id}/cancel", operation, "");
            JsonNode parts = own(
                    raw,
                    document,
                    "GET /uploads/{upload_id}",
                    upload.path("upload_id").asString(),
                    "");
            assertThat(parts.path("parts")).hasSize(1);
            assertThat(parts.path("missing")).hasSize(1);
        }
    }

    @Test
    void every_parameter_and_field_is_read_and_a_wrong_one_refused() throws IOException {
        try (TestServer server = TestServer.start();
                RawHttp raw = new RawHttp(server.uri())) {
            JsonNode document = document(raw);
            for (var operation : OpenApi.details().path("operations").properties()) {
                String[] parts = operation.getKey().split(" ");
                for (String name : operation.getValue().path("query").propertyNames()) {
                    var answer = raw.send("%s %s?%s=%%21%%21 HTTP/1.1\r\nHost: HOST\r\n\r\n"
                                    .formatted(parts[0], path(parts[1]), name))
                            .answer();
                    assertThat(answer.status())
                            .as(operation.getKey() + " " + name)
                            .isEqualTo(400);
                }
                String request = operation.getValue().path("request").asString("");
                JsonNode fields = document.at("/components/schemas/" + request + "/properties");
                for (String name : fields.propertyNames()) {
                    var answer = ask(raw, parts, "{\"" + name + "\": [1]}");
                    assertThat(answer.status())
                            .as(operation.getKey() + " " + name)
                            .isEqualTo(400);
                    assertThat(answer.text()).contains("'" + name + "'");
                }
                if (!request.isEmpty()) {
                    assertThat(ask(raw, parts, "{\"unheard_of\": 1}").status()).isEqualTo(400);
                }
            }
        }
    }

    /// Where an operation of the document is served; what browsers are sent to is not below the others.
    private static String path(String template) {
        return template.startsWith("/auth/") ? template : "/api/millwright/v1" + template;
    }

    private static RawHttp.Answer ask(RawHttp raw, String[] operation, String body) throws IOException {
        return raw.send("%s %s HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                        .formatted(operation[0], path(operation[1].replaceAll("\\{[^}]*}", "x")), body.length(), body))
                .answer();
    }

    private static JsonNode document(RawHttp raw) throws IOException {
        return answer(raw, "GET", "/api/millwright/v1/openapi.json", "");
    }

    private static JsonNode answer(RawHttp raw, String method, String path, String body) throws IOException {
        var answer = raw.send(
                        "%s %s HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                                .formatted(method, path, body.length(), body))
                .answer();
        assertThat(answer.status()).as(answer.text()).isBetween(200, 299);
        return Json.MAPPER.readTree(answer.body());
    }

    /// The answer of one operation, which is as the document says.
    ///
    /// @param rest what stands for the variable of the path, and the query
    private static JsonNode own(RawHttp raw, JsonNode document, String operation, String rest, String body)
            throws IOException {
        String[] parts = operation.split(" ");
        int question = rest.indexOf('?') < 0 ? rest.length() : rest.indexOf('?');
        String path = parts[1].replaceAll("\\{[^}]*}", rest.substring(0, question)) + rest.substring(question);
        JsonNode answer = answer(raw, parts[0], "/api/millwright/v1" + path, body);
        JsonNode responses = document.path("paths")
                .path(parts[1])
                .path(parts[0].toLowerCase(java.util.Locale.ROOT))
                .path("responses");
        JsonNode schema = responses
                .path(responses.propertyNames().iterator().next())
                .path("content")
                .path("application/json")
                .path("schema");
        assertThat(schema.isObject()).as(operation).isTrue();
        assertThat(new JsonSchema(document).violations(schema, answer))
                .as(operation)
                .isEmpty();
        return answer;
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
