package io.millwright.serving;

import static io.millwright.serving.ServedModels.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.server.TestServer;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Truth comes late, is corrected, and tells variants apart.
class TruthTest {
    private static ServedModels served;

    @BeforeAll
    static void start() {
        served = new ServedModels(TestServer.start());
        for (int version = 1; version <= 2; version++) served.register("steps", version);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static String ask(String endpoint, String body) {
        HttpResponse<String> answer = served.post("/endpoints/" + endpoint + "/invocations", body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.headers().firstValue("x-millwright-prediction-id").orElseThrow();
    }

    private static JsonNode tell(String endpoint, String body) {
        return json(served.post("/api/millwright/v1/endpoints/" + endpoint + "/truth", body));
    }

    private static JsonNode truth(String id) {
        return json(served.get("/api/millwright/v1/predictions/" + id)).path("truth");
    }

    @Test
    void truth_is_found_beside_its_prediction_and_corrections_come_after_it() {
        served.deploy("late", "{\"model\": \"steps/1\"}");
        String id = ask("late", "{\"inputs\": {\"x\": [3]}}");

        JsonNode first = tell(
                "late",
                "{\"rows\": [{\"prediction_id\": \"" + id
                        + "\", \"at\": \"2026-05-03T12:00:00Z\", \"values\": {\"churned\": true, \"why\": \"price\"}}]}");
        JsonNode second =
                tell("late", "{\"rows\": [{\"prediction_id\": \"" + id + "\", \"values\": {\"churned\": 0}}]}");

        assertThat(first.path("recorded").asInt()).isEqualTo(1);
        assertThat(second.path("recorded").asInt()).isEqualTo(1);
        JsonNode told = truth(id);
        assertThat(told.size()).isEqualTo(3);
        assertThat(told.at("/0/observed_at").asString()).isEqualTo("2026-05-03T12:00:00Z");
        assertThat(told.at("/2/name").asString()).isEqualTo("churned");
        assertThat(told.at("/2/value").asString()).isEqualTo("0.0");
    }

    @Test
    void a_prediction_is_found_by_key_and_time() {
        served.deploy("keyed", "{\"model\": \"steps/1\"}");
        String id = ask("keyed", "{\"dataframe_records\": [{\"x\": 3, \"customer\": \"c17\"}]}");
        ask("keyed", "{\"dataframe_records\": [{\"x\": 3, \"customer\": \"c18\"}]}");

        JsonNode told = tell(
                "keyed",
                "{\"key\": \"customer\", \"rows\": ["
                        + "{\"key\": \"c17\", \"values\": {\"churned\": 1}}, {\"key\": \"nobody\", \"values\": {\"churned\": 1}},"
                        + "{\"key\": \"c18\", \"at\": \"2020-01-01T00:00:00Z\", \"values\": {\"churned\": 1}}]}");

        assertThat(told.path("recorded").asInt()).isEqualTo(1);
        assertThat(told.path("unmatched").toString()).isEqualTo("[1,2]");
        assertThat(truth(id).at("/0/value").asString()).isEqualTo("1.0");
    }

    @Test
    void variants_are_compared_by_the_truth() {
        served.deploy("compared", "{\"model\": \"steps/1\"}");
        served.deploy("compared", "{\"model\": \"steps/2\", \"weight\": 100}");
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            rows.add("{\"prediction_id\": \"" + ask("compared", "{\"inputs\": {\"x\": [3]}}")
                    + "\", \"values\": {\"value\": 1}}");
        }
        tell("compared", "{\"rows\": [" + String.join(",", rows) + "]}");

        JsonNode compared = json(served.get("/api/millwright/v1/endpoints/compared/comparison"
                + "?truth=value&first=v1&second=v2&measure=accuracy"));

        assertThat(compared.at("/first/mean").asDouble()).isEqualTo(1);
        assertThat(compared.at("/second/mean").asDouble()).isEqualTo(0);
        assertThat(compared.at("/first/count").asInt()
                        + compared.at("/second/count").asInt())
                .isEqualTo(150);
        assertThat(compared.path("difference").asDouble()).isEqualTo(-1);
        assertThat(compared.path("decided").asBoolean()).isTrue();

        // What is told again is the same truth.
        tell("compared", "{\"rows\": [" + rows.getFirst() + "]}");
        JsonNode known =
                json(served.get("/api/millwright/v1/endpoints/compared/truth")).path("truth");
        assertThat(known)
                .hasSize(2)
                .allMatch(each -> each.path("name").asString().equals("value"));
        assertThat(known.path(0).path("rows").asInt()
                        + known.path(1).path("rows").asInt())
                .isEqualTo(150);
        assertThat(List.of(
                        known.at("/0/variant").asString(),
                        known.at("/1/variant").asString()))
                .containsExactlyInAnyOrder("v1", "v2");
    }

    @Test
    void what_nobody_told_anything_of_has_no_truth() {
        served.deploy("untold", "{\"model\": \"steps/1\"}");
        ask("untold", "{\"inputs\": {\"x\": [3]}}");

        assertThat(json(served.get("/api/millwright/v1/endpoints/untold/truth")).path("truth"))
                .isEmpty();
        assertThat(served.get("/api/millwright/v1/endpoints/nowhere/truth").statusCode())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"rows": []}                                                                | no array with entries
            {"rows": [3]}                                                               | Entry 0 of 'rows' is no object
            {"rows": [{"values": {"a": 1}}]}                                            | neither 'prediction_id' nor 'key'
            {"rows": [{"prediction_id": "x", "values": {"a": 1}}]}                      | 32 hex digits
            {"rows": [{"key": "c17", "values": {"a": 1}}]}                              | 'key' names no input
            {"rows": [{"key": "c17", "values": {}}]}                                    | 0 'values'
            {"rows": [{"key": "c17", "values": {"a": [1]}}]}                            | no number, text or flag
            {"rows": [{"key": "c17", "at": "yesterday", "values": {"a": 1}}]}           | no time such as
            {"rows": [{"key": "c17", "row": -1, "values": {"a": 1}}]}                   | no whole number from 0
            {"rows": [{"key": "c17", "vales": {"a": 1}}]}                               | has 'vales'
            """)
    void what_is_wrong_is_told(String body, String told) {
        served.deploy("wrong", "{\"model\": \"steps/1\"}");

        HttpResponse<String> answer = served.post("/api/millwright/v1/endpoints/wrong/truth", body);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.body()).contains(told);
    }

    // ---------------------------------------------------------------- batches

    @Test
    void a_dataset_is_predicted_into_another_and_its_lineage_is_told() {
        JsonNode made = json(served.post(
                "/api/millwright/v1/sql/store",
                "{\"sql\": \"select range as id, cast(range as double) / 1000 as x, 'row ' || range as name from range(20000)\","
                        + " \"dataset\": \"batch.rows\"}"));
        assertThat(made.path("rows").asInt()).isEqualTo(20_000);

        JsonNode done = predict("{\"model\": \"steps/2\", \"input\": \"batch.rows\", \"output\": \"batch.scores\"}");

        assertThat(done.path("state").asString()).as(done.toString()).isEqualTo("succeeded");
        assertThat(done.at("/result/rows").asInt()).isEqualTo(20_000);
        HttpResponse<String> rows = served.post(
                "/api/millwright/v1/sql",
                "{\"sql\": \"select count(*) as n, sum(prediction) as s, count(*) filter (prediction = case when x < 10 then 2 else"
                        + " 2.5 end) as good, max(name) as name from batch.scores\", \"format\": \"jsonl\"}");
        assertThat(rows.body()).contains("20000", "row 9999").contains("\"s\":45000");
        JsonNode again = predict("{\"model\": \"steps/2\", \"input\": \"batch.rows\", \"output\": \"batch.scores\"}");
        assertThat(again.toString()).contains("exists");
        JsonNode over = predict(
                "{\"model\": \"steps/1\", \"input\": \"batch.rows\", \"output\": \"batch.scores\", \"overwrite\": true}");
        assertThat(over.at("/result/number").asInt()).as(over.toString()).isEqualTo(2);
        JsonNode lacks = predict("{\"model\": \"steps/2\", \"input\": \"batch.scores\", \"output\": \"batch.rows\"}");
        assertThat(lacks.toString()).contains("exists");
    }

    private static JsonNode predict(String body) {
        return served.await(served.post("/api/millwright/v1/predictions", body));
    }
}
