package io.millwright.serving;

import static io.millwright.serving.ServedModels.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Output;
import io.millwright.runtime.Precision;
import io.millwright.server.TestServer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Endpoints of a whole server, over HTTP.
class ServingTest {
    private static ServedModels served;

    @BeforeAll
    static void start() {
        served = new ServedModels(TestServer.start());
        for (int version = 1; version <= 4; version++) served.register("steps", version);
        served.deploy("asked", "{\"model\": \"steps/1\"}");
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    @Test
    void a_deployed_version_answers_and_tells_what_it_takes() {
        JsonNode deployed = served.deploy("first", "{\"model\": \"models:/steps/2\"}");

        assertThat(deployed.path("state").asString()).as(deployed.toString()).isEqualTo("succeeded");
        assertThat(deployed.at("/result/models/0/inputs/0/name").asString()).isEqualTo("x");
        assertThat(served.predict("first", 3)).isEqualTo(2);
        assertThat(served.predict("first", 30)).isEqualTo(2.5);
        JsonNode metadata = json(served.get("/v2/models/first"));
        assertThat(metadata.at("/inputs/0/datatype").asString()).isEqualTo("FP32");
        assertThat(metadata.at("/versions/0").asString()).isEqualTo("2");
        assertThat(served.get("/v2/models/first/ready").statusCode()).isEqualTo(200);
        assertThat(served.get("/v2/models/first/versions/9/ready").statusCode()).isEqualTo(404);
    }

    @Test
    void what_cannot_be_loaded_changes_nothing() {
        served.deploy("kept", "{\"model\": \"steps/1\"}");

        JsonNode failed = served.deploy("kept", "{\"model\": \"steps/99\"}");

        assertThat(failed.path("state").asString()).isEqualTo("failed");
        assertThat(failed.toString()).contains("99");
        assertThat(served.predict("kept", 3)).isEqualTo(1);
        assertThat(json(served.get("/api/millwright/v1/endpoints/kept"))
                        .at("/revision/number")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void a_version_is_tried_on_its_input_example_before_it_answers() {
        String rows = "{\"dataframe_split\": {\"columns\": [\"x\"], \"data\": [[3], [30]]}}";
        String answers = "model.millwright.safetensors.answers.json";
        served.register("tried", 1, Map.of("serving_input_example.json", rows));
        served.register(
                "tried", 2, Map.of("serving_input_example.json", rows, answers, "{\"predictions\": [2, 2.5000001]}"));
        served.register("tried", 3, Map.of("serving_input_example.json", rows, answers, "{\"predictions\": [3, 3.6]}"));
        served.register("tried", 4, Map.of("serving_input_example.json", "{\"inputs\": {\"y\": [\"a\"]}}"));

        JsonNode answered = served.deploy("tried", "{\"model\": \"tried/1\"}");
        JsonNode compared = served.deploy("tried", "{\"model\": \"tried/2\"}");
        JsonNode differs = served.deploy("tried", "{\"model\": \"tried/3\"}");
        JsonNode refuses = served.deploy("tried", "{\"model\": \"tried/4\"}");

        assertThat(answered.at("/result/models/0/example").asString()).isEqualTo("answered");
        assertThat(compared.at("/result/models/0/example").asString()).isEqualTo("compared");
        assertThat(differs.toString()).contains("value 1", "3.5", "3.6");
        assertThat(refuses.toString()).contains("does not answer the input example");
        assertThat(served.predict("tried", 3)).isEqualTo(2);
    }

    @Test
    void an_endpoint_of_an_old_name_is_another_one() {
        served.deploy("again", "{\"model\": \"steps/1\"}");
        served.deploy("again", "{\"model\": \"steps/2\"}");
        served.send("DELETE", "/api/millwright/v1/endpoints/again", "");

        JsonNode made = served.deploy("again", "{\"model\": \"steps/3\"}");

        assertThat(made.at("/result/revision/number").asInt()).isEqualTo(1);
        assertThat(served.predict("again", 3)).isEqualTo(3);
    }

    @Test
    void requests_are_shared_out_by_weight() {
        served.deploy("shared", "{\"model\": \"steps/1\"}");
        served.deploy("shared", "{\"model\": \"steps/2\", \"weight\": 25}");
        json(served.send(
                "PUT", "/api/millwright/v1/endpoints/shared/traffic", "{\"weights\": {\"v1\": 75, \"v2\": 25}}"));

        Map<Double, Integer> counts = new HashMap<>();
        for (int i = 0; i < 2_000; i++) counts.merge(served.predict("shared", 3), 1, Integer::sum);

        // Within six standard deviations of 500 of 2,000.
        assertThat(counts.get(2.0)).isBetween(380, 620);
        assertThat(counts.get(1.0) + counts.get(2.0)).isEqualTo(2_000);
    }

    @Test
    void a_sticky_caller_keeps_to_a_variant_and_moves_only_when_weights_make_them() {
        served.deploy("sticky", "{\"model\": \"steps/1\"}");
        served.deploy("sticky", "{\"model\": \"steps/2\", \"weight\": 10}");
        setSticky(90, 10);
        Map<Integer, Double> before = answers();
        assertThat(answers()).isEqualTo(before);

        setSticky(60, 40);
        Map<Integer, Double> after = answers();

        int moved = 0;
        for (int key = 0; key < 500; key++) {
            // Version 2 gained: nobody leaves it.
            if (before.get(key) == 2.0) assertThat(after.get(key)).isEqualTo(2.0);
            if (!before.get(key).equals(after.get(key))) moved++;
        }
        assertThat(moved).isBetween(90, 220);
    }

    private static void setSticky(int first, int second) {
        json(served.send(
                "PUT",
                "/api/millwright/v1/endpoints/sticky/traffic",
                "{\"weights\": {\"v1\": %d, \"v2\": %d}, \"sticky\": \"x\"}".formatted(first, second)));
    }

    private static Map<Integer, Double> answers() {
        Map<Integer, Double> answers = new HashMap<>();
        for (int key = 0; key < 500; key++) answers.put(key, Math.floor(served.predict("sticky", key)));
        return answers;
    }

    @Test
    void an_endpoint_goes_back_to_the_revision_before() {
        served.deploy("back", "{\"model\": \"steps/1\"}");
        served.deploy("back", "{\"model\": \"steps/2\"}");
        assertThat(served.predict("back", 3)).isEqualTo(2);

        JsonNode ended = served.await(served.post("/api/millwright/v1/endpoints/back/rollback", "{}"));

        assertThat(ended.path("state").asString()).isEqualTo("succeeded");
        assertThat(served.predict("back", 3)).isEqualTo(1);
        JsonNode revisions = json(served.get("/api/millwright/v1/endpoints/back/revisions"));
        assertThat(revisions.path("revisions").size()).isEqualTo(3);
    }

    @Test
    void a_deleted_endpoint_answers_no_more() {
        served.deploy("gone", "{\"model\": \"steps/1\"}");

        assertThat(served.send("DELETE", "/api/millwright/v1/endpoints/gone", "")
                        .statusCode())
                .isEqualTo(204);

        assertThat(served.post("/endpoints/gone/invocations", "{\"inputs\": {\"x\": [1]}}")
                        .statusCode())
                .isEqualTo(404);
    }

    /// No request fails and none is answered by a version that was not routed, however often the
    /// routing changes.
    @Test
    void switching_under_load_fails_no_request() throws Exception {
        served.deploy("busy", "{\"model\": \"steps/1\"}");
        AtomicBoolean stop = new AtomicBoolean();
        Set<Double> seen = ConcurrentHashMap.newKeySet();
        List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            callers.add(Thread.ofVirtual().start(() -> {
                while (!stop.get()) {
                    try {
                        seen.add(served.predict("busy", 3));
                    } catch (Throwable e) {
                        failures.add(e);
                        return;
                    }
                }
            }));
        }

        for (int i = 0; i < 30; i++) {
            int version = 2 + i % 3;
            assertThat(served.deploy("busy", "{\"model\": \"steps/" + version + "\"}")
                            .path("state")
                            .asString())
                    .isEqualTo("succeeded");
            // Whoever asks now is answered by the new one alone.
            assertThat(served.predict("busy", 3)).isEqualTo(version);
        }
        stop.set(true);
        for (Thread caller : callers) caller.join();

        assertThat(failures).isEmpty();
        assertThat(seen).isSubsetOf(1.0, 2.0, 3.0, 4.0).contains(2.0, 3.0, 4.0);
    }

    @Test
    void an_endpoint_answers_again_after_a_restart(@TempDir Path home) {
        Map<String, String> settings = Map.of("home", home.toString());
        try (ServedModels before = new ServedModels(TestServer.start(settings))) {
            before.register("steps", 1);
            before.deploy("durable", "{\"model\": \"steps\"}");
        }

        try (ServedModels after = new ServedModels(TestServer.start(settings))) {
            long deadline = System.nanoTime() + 20_000_000_000L;
            while (after.get("/v2/models/durable/ready").statusCode() != 200 && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            assertThat(after.predict("durable", 3)).isEqualTo(1);
        }
    }

    // ---------------------------------------------------------------- the Open Inference Protocol

    @Test
    void tensors_are_answered_in_their_order() {
        JsonNode answer = infer("""
                {"id": "7", "inputs": [{"name": "x", "shape": [3], "datatype": "FP64", "data": [3, 30, null]}]}""");

        assertThat(answer.path("id").asString()).isEqualTo("7");
        assertThat(answer.path("model_version").asString()).isEqualTo("1");
        assertThat(answer.at("/outputs/0").toString())
                .isEqualTo("{\"name\":\"prediction\",\"datatype\":\"FP32\",\"shape\":[3],\"data\":[1.0,1.5,1.5]}");
    }

    @Test
    void a_tensor_without_the_models_names_is_taken_by_place_and_may_be_nested() {
        JsonNode answer = infer("""
                {"inputs": [{"name": "rows", "shape": [2, 1], "datatype": "FP32", "data": [[3], [30]]}]}""");

        assertThat(answer.at("/outputs/0/data").toString()).isEqualTo("[1.0,1.5]");
    }

    @Test
    void a_column_that_nobody_reads_is_told_of() {
        var answer = served.post("/v2/models/asked/infer", """
                {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [3]},
                            {"name": "z", "shape": [1], "datatype": "FP64", "data": [1]}]}""");

        assertThat(json(answer).at("/outputs/0/data").toString()).isEqualTo("[1.0]");
        assertThat(answer.headers().firstValue("x-millwright-warnings")).hasValue("extra-column;column=\"z\";count=1");
        assertThat(answer.headers().firstValue("x-millwright-model-version")).hasValue("1");
    }

    @Test
    void the_shape_of_an_output_of_several_values_is_told() {
        Estimator.Linear projection =
                new Estimator.Linear(Matrix.of(2, 3, 1, 0, 0, 0, 1, 1), Doubles.of(0, 1), Precision.FLOAT64);
        served.register(
                "plane",
                new Model(
                        List.of(Field.tensor("point", FieldType.FLOAT64, 3)),
                        List.of(new Node("projection", List.of("point"), projection)),
                        List.of(new Output("projection", "projection", FieldType.FLOAT64, false)),
                        Map.of()));
        served.deploy("plane", "{\"model\": \"plane\"}");

        assertThat(json(served.get("/v2/models/plane")).at("/outputs/0/shape").toString())
                .isEqualTo("[-1,2]");
    }

    private static JsonNode infer(String body) {
        return json(served.post("/v2/models/asked/infer", body));
    }

    @Test
    void binary_tensors_are_read_and_written() {
        String header = """
                {"inputs": [{"name": "x", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": 16}}],
                 "outputs": [{"name": "prediction", "parameters": {"binary_data": true}}]}""";
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        byte[] body = ByteBuffer.allocate(json.length + 16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(json)
                .putDouble(3)
                .putDouble(30)
                .array();

        var answer = served.post(
                "/v2/models/asked/infer",
                "application/octet-stream",
                body,
                "Inference-Header-Content-Length",
                String.valueOf(json.length));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        int length = Integer.parseInt(
                answer.headers().firstValue("inference-header-content-length").orElseThrow());
        assertThat(answer.body().substring(0, length)).contains("\"binary_data_size\":8");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {                                                                                             | JSON
            []                                                                                            | no JSON object
            {}                                                                                            | no 'inputs'
            {"inputs": []}                                                                                | empty
            {"inputs": [3]}                                                                               | no object
            {"inputs": [{"shape": [1], "datatype": "FP64", "data": [1]}]}                                 | no 'name'
            {"inputs": [{"name": "x", "datatype": "FP64", "data": [1]}]}                                  | no 'shape'
            {"inputs": [{"name": "x", "shape": [1], "data": [1]}]}                                        | no 'datatype'
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64"}]}                                 | no 'data'
            {"inputs": [{"name": "x", "shape": [1], "datatype": "DOUBLE", "data": [1]}]}                  | 'DOUBLE'
            {"inputs": [{"name": "x", "shape": [2], "datatype": "FP64", "data": [1]}]}                    | has 1 values, its shape [2] wants 2
            {"inputs": [{"name": "x", "shape": [-1], "datatype": "FP64", "data": [1]}]}                   | 0 to 2147483647
            {"inputs": [{"name": "x", "shape": [9223372036854775807], "datatype": "FP64", "data": [1]}]}  | 0 to 2147483647
            {"inputs": [{"name": "x", "shape": [2147483647, 2147483647, 2147483647], "datatype": "FP64", "data": [1]}]} | 2^31
            {"inputs": [{"name": "x", "shape": [], "datatype": "FP64", "data": [1]}]}                     | empty
            {"inputs": [{"name": "x", "shape": [1], "datatype": "BYTES", "data": ["a"]}]}                 | texts
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": ["a"]}]}                  | text
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [{}]}]}                   | object
            {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1, 2]}]}              | 2 values a row
            {"inputs": [{"name": "y", "shape": [1], "datatype": "FP64", "data": [1]}, {"name": "z", "shape": [1], "datatype": "FP64", "data": [1]}]} | reads 'x'
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}, {"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}]} | Two inputs
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}, {"name": "z", "shape": [2], "datatype": "FP64", "data": [1, 2]}]} | has 2 rows
            {"inputs": [{"name": "x", "shape": [1], "datatype": "INT64", "data": [9007199254740993]}]}    | 2^53
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}], "outputs": [{"name": "nope"}]} | no output 'nope'
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "parameters": {"binary_data_size": 8}}]} | 0 bytes are left
            {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}]} x                  | JSON
            """)
    void a_malformed_request_is_told_what_is_wrong(String body, String told) {
        var answer = served.post("/v2/models/asked/infer", body);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(ServedModels.JSON.readTree(answer.body()).path("error").asString())
                .contains(told);
    }

    // ---------------------------------------------------------------- MLflow's scoring server

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"dataframe_split": {"columns": ["x"], "data": [[3], [30]]}}
            {"dataframe_split": {"index": [7, 8], "columns": ["x"], "data": [[3], [30]]}}
            {"dataframe_records": [{"x": 3}, {"x": 30}]}
            {"instances": [{"x": 3}, {"x": 30}]}
            {"instances": [3, 30]}
            {"instances": [[3], [30]]}
            {"inputs": [[3], [30]]}
            {"inputs": {"x": [3, 30]}}
            {"inputs": {"x": [[3], [30]]}, "params": {}}
            """)
    void every_format_of_the_scoring_server_is_read(String body) {
        JsonNode answer = json(served.post("/endpoints/asked/invocations", body));

        assertThat(answer.toString()).isEqualTo("{\"predictions\":[1.0,1.5]}");
    }

    @Test
    void csv_has_its_names_in_the_first_line() {
        var answer = served.post(
                "/endpoints/asked/invocations",
                "text/csv",
                "x\r\n3\r\n\"30\"\r\n\r\n".getBytes(StandardCharsets.UTF_8));

        assertThat(json(answer).toString()).isEqualTo("{\"predictions\":[1.0,1.5]}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            [1]                                                            | exactly one of
            {}                                                             | none of
            {"inputs": [1], "instances": [1]}                              | more than one
            {"dataframe_split": [1]}                                       | not an object
            {"dataframe_split": {"columns": ["x"]}}                        | no 'data'
            {"dataframe_split": {"columns": ["x", "y"], "data": [[1]]}}    | 2 columns are named
            {"dataframe_split": {"columns": ["x"], "data": [[1], [1, 2]]}} | Row 1 has 2 values
            {"dataframe_records": [{"x": 1}, 2]}                           | objects alone
            {"inputs": [[1], [1, 2]]}                                      | Row 1 of 'inputs' has 2 values
            {"inputs": ["a"]}                                              | texts
            {"inputs": [1, "a"]}                                           | numbers and texts
            """)
    void a_malformed_scoring_request_is_told_what_is_wrong(String body, String told) {
        var answer = served.post("/endpoints/asked/invocations", body);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(ServedModels.JSON.readTree(answer.body()).path("message").asString())
                .contains(told);
    }

    @Test
    void another_content_type_is_refused_as_the_scoring_server_does() {
        var answer = served.post("/endpoints/asked/invocations", "text/plain", new byte[] {1});

        assertThat(answer.statusCode()).isEqualTo(415);
        assertThat(answer.body())
                .contains("only supports the following content types")
                .contains("text/plain");
    }
}
