package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Who may ask what of which dataset.
class SqlRightsTest {
    private static final TestServer SERVER = TestServer.start(Map.of("server.authentication", "on"));
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String ADMIN = SERVER.administratorToken();

    private static String ann;

    @BeforeAll
    static void start() throws Exception {
        for (String dataset : new String[] {"open.people", "closed.people"}) {
            HttpResponse<String> upload =
                    send("POST", "datasets/" + dataset + "/uploads?name=a.csv", ADMIN, "id,name\n1,Ann\n");
            String id = Json.MAPPER.readTree(upload.body()).path("upload").asString();
            assertThat(send(
                                    "POST",
                                    "datasets/" + dataset + "/versions",
                                    ADMIN,
                                    "{\"upload\":\"" + id + "\",\"mode\":\"create\"}")
                            .statusCode())
                    .isEqualTo(201);
        }
        assertThat(send("POST", "users", ADMIN, "{\"name\": \"ann\"}").statusCode())
                .isEqualTo(201);
        ann = Json.MAPPER
                .readTree(send("POST", "tokens", ADMIN, "{\"owner\": \"ann\", \"name\": \"t\"}")
                        .body())
                .path("token")
                .asString();
        HttpResponse<String> grant = send(
                "POST",
                "grants",
                ADMIN,
                "{\"subject\": \"user:ann\", \"role\": \"viewer\", \"entity\": \"namespace:open\"}");
        assertThat(grant.statusCode()).as(grant.body()).isIn(200, 201);
    }

    @AfterAll
    static void stop() {
        CLIENT.close();
        SERVER.close();
    }

    private static HttpResponse<String> send(String method, String path, String token, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(SERVER.uri().resolve("/api/millwright/v1/" + path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .header("authorization", "Bearer " + token);
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> sql(String token, String text) throws Exception {
        return send(
                "POST",
                "sql",
                token,
                Json.MAPPER.createObjectNode().put("sql", text).toString());
    }

    @Test
    void a_query_reads_only_what_its_sender_may_read() throws Exception {
        assertThat(sql(ann, "select name from open.people").statusCode()).isEqualTo(200);
        HttpResponse<String> refused = sql(ann, "select * from open.people, (select * from closed.people) c");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("closed.people").doesNotContain("Ann");
        assertThat(sql(ANONYMOUS, "select 1").statusCode()).isEqualTo(401);
    }

    private static final String ANONYMOUS = "mw_nobody";

    @Test
    void what_others_asked_is_for_who_manages_the_workspace() throws Exception {
        sql(ADMIN, "select 'a secret of the administrator'");
        sql(ann, "select 'a wish of ann'");

        assertThat(send("GET", "sql/queries", ann, "").body()).contains("wish").doesNotContain("secret");
        assertThat(send("GET", "sql/queries?of=everybody", ann, "").statusCode())
                .isEqualTo(403);
        assertThat(send("GET", "sql/queries?of=everybody", ADMIN, "").body())
                .contains("wish")
                .contains("secret");
        String id = Json.MAPPER
                .readTree(send("GET", "sql/queries", ADMIN, "").body())
                .at("/queries/0/query_id")
                .asString();
        assertThat(send("GET", "sql/queries/" + id, ann, "").statusCode()).isEqualTo(404);
        assertThat(send("DELETE", "sql/queries/" + id, ann, "").statusCode()).isEqualTo(404);
    }

    @Test
    void a_saved_query_is_changed_by_its_owner_only() throws Exception {
        assertThat(send("PUT", "sql/saved/mine", ADMIN, "{\"sql\": \"select 1\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(send("PUT", "sql/saved/mine", ann, "{\"sql\": \"select 2\"}").statusCode())
                .isEqualTo(403);
    }
}
