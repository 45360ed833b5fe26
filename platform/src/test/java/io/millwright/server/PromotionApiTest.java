package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Promotion through the server and its commands, as one person on a laptop meets it.
class PromotionApiTest {
    private static final String OWN = "/api/millwright/v1";
    private static final String MLFLOW = "/api/2.0/mlflow";
    private static final String POLICY = """
            policy: churn
            stages:
              - dev
              - {name: production, aliases: [champion]}
            transitions:
              - {from: dev, to: production, approve: [anyone], allow-author: true, checks: [{tags: [risk]}]}
            """;

    @TempDir
    Path folder;

    private final TestServer server = TestServer.start();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void a_promotion_waits_for_whoever_may_decide_it() throws Exception {
        newVersion();
        for (String line : java.util.List.of(
                "approve: [anyone]", "approve: [ann], allow-author: true", "approve: [local], allow-author: true")) {
            own("PUT /policies/{name}", "churn", POLICY.replace("approve: [anyone], allow-author: true", line));
            JsonNode made =
                    own("POST /promotions", "", "{\"model\": \"churn\", \"version\": 1, \"alias\": \"champion\"}");
            String id = made.path("id").asString();

            assertThat(own("GET /promotions/{id}", id, "").path("may_decide").asBoolean())
                    .as(line)
                    .isEqualTo(line.contains("local"));
            assertThat(send("POST", OWN + "/promotions/" + id + "/approve", "{}")
                            .statusCode())
                    .as(line)
                    .isEqualTo(line.contains("local") ? 200 : 403);
            if (!line.contains("local")) own("POST /promotions/{id}/cancel", id, "{}");
        }
    }

    @Test
    void mlflow_s_client_is_told_which_promotion_waits_and_the_alias_stands_once_it_is_approved() throws Exception {
        own("PUT /policies/{name}", "churn", POLICY);
        newVersion();

        HttpResponse<String> answer = setAlias();
        JsonNode error = Json.MAPPER.readTree(answer.body());
        JsonNode waiting =
                own("GET /promotions", "?state=waiting&entity=model:churn", "").at("/promotions/0");
        String id = waiting.path("id").asString();
        JsonNode applied = own("POST /promotions/{id}/approve", id, "{\"message\": \"good\"}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(error.path("error_code").asString()).isEqualTo("INVALID_STATE");
        assertThat(error.path("message").asString())
                .contains("Promotion " + id)
                .contains(waiting.path("link").asString());
        assertThat(applied.path("state").asString()).isEqualTo("applied");
        assertThat(waiting.path("may_decide").asBoolean()).isTrue();
        assertThat(applied.path("may_decide").asBoolean()).isFalse();
        assertThat(applied.at("/decisions/0/message").asString()).isEqualTo("good");
        assertThat(applied.at("/evidence/checks/0/verdict").asString()).isEqualTo("passed");
        assertThat(setAlias().statusCode()).isEqualTo(200);
        assertThat(send("GET", MLFLOW + "/registered-models/alias?name=churn&alias=champion", "")
                        .body())
                .contains("\"version\":\"1\"");
    }

    @Test
    void while_it_waits_it_tells_why_the_caller_may_not_decide_it() throws Exception {
        own("PUT /policies/{name}", "churn", POLICY.replace("allow-author: true, ", ""));
        newVersion();
        String ask = "{\"model\": \"churn\", \"version\": 1, \"alias\": \"champion\"}";
        JsonNode mine = own("POST /promotions", "", ask);
        String id = mine.path("id").asString();

        assertThat(mine.path("why_not").asString()).contains("asked for by 'local'");
        assertThat(send("POST", OWN + "/promotions/" + id + "/approve", "{}").body())
                .contains(mine.path("why_not").asString());
        assertThat(own("POST /promotions/{id}/cancel", id, "{}").has("why_not")).isFalse();

        own("PUT /policies/{name}", "churn", POLICY);
        assertThat(own("POST /promotions", "", ask).has("why_not")).isFalse();
    }

    @Test
    void the_evidence_is_answered_byte_for_byte_as_it_was_hashed() throws Exception {
        own("PUT /policies/{name}", "churn", POLICY);
        newVersion();
        JsonNode made =
                own("POST /promotions", "", "{\"model\": \"churn\", \"version\": 1, \"stage\": \"production\"}");
        String id = made.path("id").asString();

        HttpResponse<byte[]> evidence = client.send(
                HttpRequest.newBuilder(server.uri().resolve(OWN + "/promotions/" + id + "/evidence"))
                        .build(),
                BodyHandlers.ofByteArray());

        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(evidence.body()));
        assertThat(made.path("evidence_sha256").asString()).isEqualTo(sha256);
        assertThat(evidence.headers().firstValue("etag")).hasValue("\"" + sha256 + "\"");
        own("GET /promotions/{id}/evidence", id, "");
        own("POST /promotions/{id}/cancel", id, "{}");
    }

    @Test
    void a_policy_has_versions_and_is_replaced_only_by_whoever_saw_the_one_in_force() throws Exception {
        own("PUT /policies/{name}", "churn", POLICY);
        String next = POLICY.replace("[risk]", "[risk, team]");

        HttpResponse<String> tried = send("PUT", OWN + "/policies/churn?dry_run=true", next, "if-match", "\"1\"");
        HttpResponse<String> taken = send("PUT", OWN + "/policies/churn", next, "if-match", "\"1\"");
        HttpResponse<String> stale = send("PUT", OWN + "/policies/churn", POLICY, "if-match", "\"1\"");
        HttpResponse<String> there = send("PUT", OWN + "/policies/churn", POLICY, "if-none-match", "*");

        assertThat(tried.headers().firstValue("etag")).hasValue("\"2\"");
        assertThat(taken.statusCode()).isEqualTo(200);
        assertThat(stale.statusCode()).isEqualTo(412);
        assertThat(stale.headers().firstValue("content-type").orElse("")).startsWith("application/problem+json");
        assertThat(there.statusCode()).isEqualTo(412);
        assertThat(own("GET /policies/{name}", "churn", "").path("version").asLong())
                .isEqualTo(2);
        assertThat(own("GET /policies", "", "").path("policies")).hasSize(1);
        JsonNode page = own("GET /policies/{name}/versions", "churn", "");
        assertThat(page.path("policies")).hasSize(2);
        own("DELETE /policies/{name}", "churn", "");
        assertThat(send("GET", OWN + "/policies/churn", "").statusCode()).isEqualTo(404);
        assertThat(send("GET", OWN + "/policies/churn/versions/1", "").statusCode())
                .isEqualTo(200);
        assertThat(send("GET", OWN + "/policies/churn/versions/x", "").statusCode())
                .isEqualTo(404);
    }

    @Test
    void what_is_wrong_is_told_in_the_dialect_of_our_own() throws Exception {
        String wrong = POLICY.replace("allow-author", "alow-author");

        HttpResponse<String> answer = send("PUT", OWN + "/policies/churn", wrong);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(Json.MAPPER.readTree(answer.body()).path("detail").asString())
                .contains("line 6, column 52: unknown key 'alow-author'")
                .contains("did you mean 'allow-author'?");
        for (String request : new String[] {
            "PUT /policies/other " + POLICY,
            "POST /promotions {}",
            "POST /promotions {\"model\": \"churn\", \"version\": \"1\", \"alias\": \"a\"}",
            "POST /promotions []",
            "POST /promotions/1/approve {\"mesage\": \"x\"}",
            "GET /promotions?page_token=x ",
            "GET /promotions?max_results=0 "
        }) {
            String[] parts = request.split(" ", 3);
            assertThat(send(parts[0], OWN + parts[1], parts[2]).statusCode())
                    .as(request)
                    .isEqualTo(400);
        }
        for (String request : new String[] {
            "POST /promotions/1/approve {}",
            "GET /promotions/x ",
            "GET /promotions/99999999999999999999 ",
            "POST /promotions {\"model\": \"none\", \"version\": 1, \"alias\": \"a\"}"
        }) {
            String[] parts = request.split(" ", 3);
            assertThat(send(parts[0], OWN + parts[1], parts[2]).statusCode())
                    .as(request)
                    .isEqualTo(404);
        }
    }

    @Test
    void the_schema_of_a_policy_is_served_to_editors() throws Exception {
        HttpResponse<String> schema = send("GET", OWN + "/schemas/promotion-policy.json", "");

        assertThat(schema.headers().firstValue("content-type")).hasValue("application/schema+json");
        assertThat(Json.MAPPER.readTree(schema.body()).at("/properties").propertyNames())
                .containsExactlyInAnyOrder(
                        "policy", "applies-to", "stages", "transitions", "freeze", "time-zone", "rollback");
    }

    @Test
    void the_commands_apply_a_policy_and_walk_a_promotion_through() throws Exception {
        Path file = Files.writeString(folder.resolve("churn-policy.yaml"), POLICY);
        Path wrong = Files.writeString(folder.resolve("wrong.yaml"), POLICY.replace("tags", "tag"));

        assertThat(run(1, "policy", "check", wrong.toString())).contains("line 6, column 82: unknown key 'tag'");
        assertThat(run(0, "policy", "check", file.toString())).contains("churn is well; applied, version 1");
        assertThat(run(0, "policy", "apply", "--replaces", "0", file.toString()))
                .contains("churn version 1 is in force");
        assertThat(run(1, "policy", "apply", "--replaces", "7", file.toString()))
                .contains("version 1 is in force");
        assertThat(run(0, "policy", "show", "churn")).contains(POLICY);
        assertThat(run(0, "policy", "show")).contains("churn");
        newVersion();
        setAlias();
        newVersion();
        assertThat(run(0, "promotions", "list", "--state", "waiting", "--model", "churn"))
                .contains("churn version 1: dev -> production (champion), asked by local");
        assertThat(run(0, "promotions", "approve", "1", "-m", "good")).contains("1      applied");
        assertThat(run(1, "promotions", "reject", "1")).contains("409: Promotion 1 is applied");
        send(
                "POST",
                MLFLOW + "/registered-models/alias",
                "{\"name\": \"churn\", \"alias\": \"champion\", \"version\": \"2\"}");
        assertThat(run(0, "promotions", "approve", "2")).contains("applied");
        assertThat(run(0, "promotions", "rollback", "2", "-m", "worse")).contains("3      applied");
        assertThat(run(0, "promotions", "show", "2")).contains("superseded").contains("check tags risk: passed");
        assertThat(run(0, "promotions", "show", "2", "--evidence")).startsWith("{\"alias\":\"champion\",");
    }

    private void newVersion() throws Exception {
        send("POST", MLFLOW + "/registered-models/create", "{\"name\": \"churn\"}");
        HttpResponse<String> made = send(
                "POST",
                MLFLOW + "/model-versions/create",
                "{\"name\": \"churn\", \"source\": \"s3://bucket/a\", \"tags\": [{\"key\": \"risk\", \"value\": \"low\"}]}");
        assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
    }

    private HttpResponse<String> setAlias() throws Exception {
        return send(
                "POST",
                MLFLOW + "/registered-models/alias",
                "{\"name\": \"churn\", \"alias\": \"champion\", \"version\": \"1\"}");
    }

    /// What the command printed, to whichever stream.
    private String run(int exitCode, String group, String command, String... arguments) {
        String[] all = new String[arguments.length + 4];
        all[0] = group;
        all[1] = command;
        all[2] = "--server";
        all[3] = server.uri().toString();
        System.arraycopy(arguments, 0, all, 4, arguments.length);
        PrintStream out = System.out;
        PrintStream err = System.err;
        var captured = new ByteArrayOutputStream();
        try (var stream = new PrintStream(captured, true, StandardCharsets.UTF_8)) {
            System.setOut(stream);
            System.setErr(stream);
            assertThat(Main.run(all))
                    .as(captured.toString(StandardCharsets.UTF_8))
                    .isEqualTo(exitCode);
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        return captured.toString(StandardCharsets.UTF_8);
    }

    /// A good answer of our own API, which is as the OpenAPI document says.
    ///
    /// @param rest what stands for the variable in the path, or the query
    private JsonNode own(String operation, String rest, String body) throws Exception {
        String[] parts = operation.split(" ");
        String path = rest.startsWith("?") ? parts[1] + rest : parts[1].replaceAll("\\{[^}]*}", rest);
        HttpResponse<String> answer = send(parts[0], OWN + path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode json = Json.MAPPER.readTree(answer.body());
        JsonNode document =
                Json.MAPPER.readTree(send("GET", OWN + "/openapi.json", "").body());
        JsonNode schema = document.path("paths")
                .path(parts[1])
                .path(parts[0].toLowerCase(Locale.ROOT))
                .at("/responses/200/content/application~1json/schema");
        assertThat(new JsonSchema(document).violations(schema, json))
                .as(operation)
                .isEmpty();
        return json;
    }

    private HttpResponse<String> send(String method, String target, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri().resolve(target))
                .header("content-type", target.contains("/policies/") ? "application/yaml" : "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (headers.length > 0) request.headers(headers);
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
