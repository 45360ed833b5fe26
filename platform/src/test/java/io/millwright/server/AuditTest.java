package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The audit trail as an auditor asks for it: over HTTP, and with `millwright audit`.
class AuditTest {
    private final TestServer server = TestServer.start();
    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void what_was_done_is_found_by_entity_action_person_and_time() throws Exception {
        post("/api/2.0/mlflow/registered-models/create", "{\"name\": \"churn\"}");
        post("/api/2.0/mlflow/registered-models/create", "{\"name\": \"other\"}");
        post(
                "/api/2.0/mlflow/model-versions/create",
                "{\"name\": \"churn\", \"source\": \"s3://bucket/1\", \"run_id\": \"\"}");
        awaitSealed("model-version:churn/1");

        JsonNode versions =
                get("/audit/events?entity=model-version:churn/*&actor=local").path("events");
        JsonNode created = get("/audit/events?action=model.created").path("events");

        assertThat(versions).hasSize(1);
        assertThat(versions.path(0).path("action").asString()).isEqualTo("model-version.created");
        assertThat(versions.path(0).at("/payload/source").asString()).isEqualTo("s3://bucket/1");
        assertThat(created.findValuesAsString("entity")).containsExactly("model:other", "model:churn");
        assertThat(get("/audit/events?actor=nobody").path("events")).isEmpty();
        assertThat(get("/audit/events?to=2020-01-01").path("events")).isEmpty();
        assertThat(get("/audit/events?from=2020-01-01T00:00:00%2B02:00&max_results=1")
                        .path("next_page_token")
                        .asString())
                .isNotEmpty();
    }

    @Test
    void wrong_questions_are_told_what_was_expected() throws Exception {
        for (List<String> wrong : List.of(
                List.of("who=ann", "Unknown query parameter 'who', expected some of [action, actor"),
                List.of("entity=churn", "'entity' is 'churn', expected a URN such as model:churn"),
                List.of("action=deleted", "expected an action such as run.deleted"),
                List.of("request_id=a%20b", "expected what X-Request-Id told"),
                List.of("from=yesterday", "'from' is 'yesterday', expected a date such as"),
                List.of("from=2026-02-30", "'from' is '2026-02-30', expected a date such as"),
                List.of("from=2026-02-02&to=2026-01-01", "which lies before 'from'"),
                List.of("max_results=0", "'max_results' is 0, expected 1 to 1000"),
                List.of("max_results=1001", "expected 1 to 1000"),
                List.of("max_results=x", "is no number"),
                List.of("all_workspaces=yes", "neither true nor false"),
                List.of("page_token=x", "The page token is none of this list"))) {
            HttpResponse<String> answer = send("/audit/events?" + wrong.getFirst());

            assertThat(answer.statusCode()).as(wrong.getFirst()).isEqualTo(400);
            assertThat(answer.body()).contains(wrong.getLast());
        }
        assertThat(send("/audit/export?max_results=3").statusCode()).isEqualTo(400);
    }

    @Test
    void an_export_by_the_command_is_verified_without_the_server_and_is_itself_on_record() throws Exception {
        post("/api/2.0/mlflow/registered-models/create", "{\"name\": \"churn\"}");
        awaitSealed("model:churn");
        Path file = folder.resolve("churn.jsonl");

        CommandOutcome export = CommandOutcome.run(
                "audit", "--server", server.uri().toString(), "--entity", "model:churn", "--export", file.toString());
        CommandOutcome verified = CommandOutcome.run("ledger", "verify", "--export", file.toString(), "--excerpt");
        Files.writeString(file, Files.readString(file).replace("churn", "chorn"));
        CommandOutcome forged = CommandOutcome.run("ledger", "verify", "--export", file.toString(), "--excerpt");

        assertThat(export.exitCode()).as(export.err()).isZero();
        assertThat(verified.out()).contains("The export holds", "1 events proven");
        assertThat(forged.exitCode()).isEqualTo(1);
        assertThat(forged.out()).contains("BROKEN", "The export does not hold");
        awaitSealed("ledger:events");
        JsonNode exported = get("/audit/events?action=audit.exported").path("events");
        assertThat(exported).hasSize(1);
        assertThat(exported.at("/0/payload/entity").asString()).isEqualTo("model:churn");
        assertThat(exported.at("/0/payload/address").asString()).isEqualTo("127.0.0.1");
    }

    @Test
    void what_one_request_did_is_found_by_its_id() throws Exception {
        post("/api/2.0/mlflow/registered-models/create", "{\"name\": \"churn\"}");
        post("/api/2.0/mlflow/registered-models/create", "{\"name\": \"other\"}");
        awaitSealed("model:other");
        String request = get("/audit/events?entity=model:churn")
                .at("/events/0/request_id")
                .asString();

        assertThat(get("/audit/events?request_id=" + request).findValuesAsString("entity"))
                .containsExactly("model:churn");
        assertThat(CommandOutcome.run("audit", "--server", server.uri().toString(), "--request", request)
                        .out()
                        .lines())
                .singleElement()
                .asString()
                .contains("model:churn");
    }

    @Test
    void the_chain_is_checked_and_that_stands_on_record() throws Exception {
        post("/api/2.0/mlflow/registered-models/create", "{\"name\": \"churn\"}");
        awaitSealed("model:churn");
        JsonNode before = get("/audit/chain");
        assertThat(before.path("last_block").asLong()).isPositive();
        assertThat(before.has("last_check")).isFalse();

        JsonNode held = verified("{}");
        JsonNode kept =
                verified("{\"head\": \"%s\"}".formatted(before.path("head").asString()));
        JsonNode cutOff = verified("{\"head\": \"%s\"}".formatted("ab".repeat(32)));

        assertThat(held.at("/result/holds").asBoolean()).isTrue();
        assertThat(held.at("/progress/blocks").asLong()).isPositive();
        assertThat(kept.at("/result/holds").asBoolean()).isTrue();
        assertThat(cutOff.at("/result/holds").asBoolean()).isFalse();
        assertThat(cutOff.at("/result/findings/0").asString()).contains("cut off or rewritten");
        JsonNode after = get("/audit/chain");
        assertThat(after.at("/last_check/by").asString()).isEqualTo("local");
        assertThat(after.at("/last_check/findings").asLong()).isEqualTo(1);
        assertThat(after.at("/last_check/blocks").asLong())
                .isBetween(
                        before.path("last_block").asLong(),
                        after.path("last_block").asLong());
        assertThat(send("/audit/events?action=audit.verified").statusCode()).isEqualTo(200);
    }

    private JsonNode verified(String body) throws Exception {
        HttpResponse<String> begun = client.send(
                HttpRequest.newBuilder(server.uri().resolve("/api/millwright/v1/audit/verify"))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        String id = Json.MAPPER.readTree(begun.body()).path("operation_id").asString();
        Instant deadline = Instant.now().plus(Duration.ofSeconds(20));
        while (true) {
            JsonNode operation = get("/operations/" + id);
            if (!operation.path("state").asString().equals("running")) return operation;
            assertThat(Instant.now()).as("the end of %s", operation).isBefore(deadline);
        }
    }

    @Test
    void the_command_prints_a_line_each_and_says_when_there_is_more() throws Exception {
        for (int i = 0; i < 4; i++) {
            post("/api/2.0/mlflow/registered-models/create", "{\"name\": \"m%d\"}".formatted(i));
        }
        awaitSealed("model:m3");
        String url = server.uri().toString();

        CommandOutcome two =
                CommandOutcome.run("audit", "--server", url, "--action", "model.*", "--limit", "2", "--since", "1h");
        CommandOutcome all =
                CommandOutcome.run("audit", "--server", url, "--action", "model.*", "--limit", "0", "--json");
        CommandOutcome wrong = CommandOutcome.run("audit", "--server", url, "--since", "1h", "--from", "2020-01-01");

        assertThat(two.out().lines()).hasSize(2).allMatch(line -> line.contains("model.created"));
        assertThat(two.err()).contains("there is more");
        assertThat(all.out().lines()).hasSize(4);
        assertThat(Json.MAPPER
                        .readTree(all.out().lines().findFirst().orElseThrow())
                        .path("entity")
                        .asString())
                .isEqualTo("model:m3");
        assertThat(wrong.exitCode()).isEqualTo(2);
    }

    private void awaitSealed(String entity) throws Exception {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(20));
        while (get("/audit/events?entity=" + entity).path("events").isEmpty()) {
            assertThat(Instant.now()).as("sealed").isBefore(deadline);
            Thread.onSpinWait();
        }
    }

    private void post(String path, String body) throws Exception {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(server.uri().resolve(path))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private JsonNode get(String target) throws Exception {
        HttpResponse<String> answer = send(target);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body());
    }

    private HttpResponse<String> send(String target) throws Exception {
        return client.send(
                HttpRequest.newBuilder(server.uri().resolve("/api/millwright/v1" + target))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
