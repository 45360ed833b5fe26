package io.millwright.serving;

import static io.millwright.serving.ServedModels.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Output;
import io.millwright.runtime.Precision;
import io.millwright.server.TestServer;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// `/invocations` with what SageMaker's algorithms take and answer.
class SageMakerTest {
    private static final String LINES = "application/jsonlines";
    private static ServedModels served;

    @BeforeAll
    static void start() {
        served = new ServedModels(TestServer.start());
        served.register("steps", 1);
        served.register("pca", pca());
        served.register("kmeans", kMeans());
        served.register("sum", sum());
        for (String name : List.of("steps", "pca", "kmeans", "sum")) {
            JsonNode deployed = served.deploy(name, "{\"model\": \"" + name + "\"}");
            assertThat(deployed.path("state").asString())
                    .as(deployed.toString())
                    .isEqualTo("succeeded");
        }
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    /// (x, y, z) to (x, y + z + 1).
    private static Model pca() {
        Estimator.Linear projection =
                new Estimator.Linear(Matrix.of(2, 3, 1, 0, 0, 0, 1, 1), Doubles.of(0, 1), Precision.FLOAT64);
        return new Model(
                List.of(Field.tensor("point", FieldType.FLOAT64, 3)),
                List.of(new Node("projection", List.of("point"), projection)),
                List.of(new Output("features", "projection", FieldType.FLOAT64, false)),
                Map.of());
    }

    /// Centres (0, 0) and (10, 0), of two columns.
    private static Model kMeans() {
        Estimator.Distances distances = new Estimator.Distances(
                Matrix.of(2, 2, 0, 0, 10, 0), Estimator.Distances.Metric.EUCLIDEAN, Precision.FLOAT64);
        return new Model(
                List.of(Field.column("a", FieldType.FLOAT64), Field.column("b", FieldType.FLOAT64)),
                List.of(
                        new Node("joined", List.of("a", "b"), new Columns.Concat()),
                        new Node("apart", List.of("joined"), distances),
                        new Node("nearest", List.of("apart"), new Outcome.Pick(false))),
                List.of(
                        new Output("label", "nearest", FieldType.INT64, true),
                        new Output("distances", "apart", FieldType.FLOAT64, false)),
                Map.of());
    }

    /// The sum of the columns 0 and 1, which pandas would have named so.
    private static Model sum() {
        return new Model(
                List.of(Field.column("0", FieldType.FLOAT64), Field.column("1", FieldType.FLOAT64)),
                List.of(new Node("sum", List.of("0", "1"), new Outcome.Sum(Precision.FLOAT64))),
                List.of(new Output("prediction", "sum", FieldType.FLOAT64, true)),
                Map.of());
    }

    private static HttpResponse<String> ask(String endpoint, String type, String body, String... headers) {
        return served.post(
                "/endpoints/" + endpoint + "/invocations", type, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"instances\": [{\"features\": [1, 2, 3]}, {\"features\": [4, 5, 6]}]}",
                "{\"instances\": [{\"data\": {\"features\": {\"values\": [1, 2, 3]}}}, {\"features\": [4, 5, 6]}]}",
                "{\"instances\": [{\"configuration\": {}, \"data\": {\"features\": [1, 2, 3]}},"
                        + " {\"features\": {\"keys\": [], \"shape\": [3], \"values\": [4, 5, 6]}}]}"
            })
    void a_projection_is_answered_as_pca_does(String body) {
        assertThat(json(ask("pca", "application/json", body)).toString())
                .isEqualTo("{\"projections\":[{\"projection\":[1.0,6.0]},{\"projection\":[4.0,12.0]}]}");
    }

    @Test
    void json_lines_are_read_and_answered() {
        String body = "{\"features\": [1, 2, 3]}\n\n{\"data\": {\"features\": {\"values\": [4, 5, 6]}}}\n";

        HttpResponse<String> answer = ask("pca", LINES, body, "accept", LINES);

        assertThat(answer.headers().firstValue("content-type").orElse("")).startsWith(LINES);
        assertThat(answer.body()).isEqualTo("{\"projection\":[1.0,6.0]}\n{\"projection\":[4.0,12.0]}\n");
        assertThat(answer.headers().firstValue("x-millwright-model-version")).hasValue("1");
    }

    @Test
    void a_clustering_is_answered_as_k_means_does() {
        String csv = "3,4\n10,1\n";

        assertThat(json(ask("kmeans", "text/csv", csv)).toString())
                .isEqualTo("{\"predictions\":[{\"closest_cluster\":0.0,\"distance_to_cluster\":5.0},"
                        + "{\"closest_cluster\":1.0,\"distance_to_cluster\":1.0}]}");
        assertThat(ask("kmeans", "text/csv; label_size=0", csv, "accept", LINES).body())
                .isEqualTo("{\"closest_cluster\":0.0,\"distance_to_cluster\":5.0}\n"
                        + "{\"closest_cluster\":1.0,\"distance_to_cluster\":1.0}\n");
        assertThat(ask("kmeans", "text/csv", csv, "accept", "text/csv").body()).isEqualTo("0.0,5.0\n1.0,1.0\n");
        assertThat(json(ask("kmeans", LINES, "{\"features\": [3, null]}")).toString())
                .isEqualTo("{\"predictions\":[{\"closest_cluster\":0.0,\"distance_to_cluster\":null}]}");
    }

    @Test
    void what_is_no_clustering_and_no_projection_answers_its_predictions() {
        String body = "{\"instances\": [{\"features\": [3]}, {\"features\": [30]}]}";

        assertThat(json(ask("steps", "application/json", body)).toString()).isEqualTo("{\"predictions\":[1.0,1.5]}");
        assertThat(ask("steps", "application/json", body, "accept", "text/csv").body())
                .isEqualTo("1.0\n1.5\n");
        assertThat(ask("steps", "application/json", body, "accept", LINES).body())
                .isEqualTo("{\"prediction\":1.0}\n{\"prediction\":1.5}\n");
    }

    @Test
    void mlflows_formats_keep_mlflows_answer() {
        assertThat(json(ask("pca", "application/json", "{\"instances\": [[1, 2, 3]]}", "accept", LINES))
                        .toString())
                .isEqualTo("{\"predictions\":[[1.0,6.0]]}");
        assertThat(json(ask("kmeans", "text/csv", "b,a\n4,3\n")).toString()).isEqualTo("{\"predictions\":[0]}");
    }

    /// A line of numbers is names where the model has such names.
    @Test
    void a_first_line_of_numbers_is_a_row_unless_it_names_columns() {
        assertThat(json(ask("sum", "text/csv", "1,0\n5,7\n")).toString()).isEqualTo("{\"predictions\":[12.0]}");
        assertThat(json(ask("sum", "text/csv;label_size=0", "1,0\n5,7\n")).toString())
                .isEqualTo("{\"predictions\":[1.0,12.0]}");
        assertThat(json(ask("sum", "text/csv", "1,2\n5,7\n")).toString()).isEqualTo("{\"predictions\":[3.0,12.0]}");
        assertThat(json(ask("sum", "text/csv", "1.5,\n")).toString()).isEqualTo("{\"predictions\":[null]}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            application/json      | {"instances": [{"features": [1, 2, 3]}, {"features": [1]}]}    | Row 1 has 1 features
            application/json      | {"instances": [{"features": [1, 2, 3]}, [1, 2, 3]]}            | no object
            application/json      | {"instances": [{"features": [1, 2, 3]}, {}]}                   | Row 1 has no features
            application/json      | {"instances": [{"features": []}]}                              | no features
            application/json      | {"instances": [{"features": [1], "data": {"features": [2]}}]}  | twice
            application/json      | {"instances": [{"data": {"image": [2]}}]}                      | 'image'
            application/json      | {"instances": [{"data": [1]}]}                                 | 'data' of row 0
            application/json      | {"instances": [{"data": {"features": 3}}]}                     | neither
            application/json      | {"instances": [{"features": {"values": 3}}]}                   | 'values'
            application/json      | {"instances": [{"features": {"keys": [1], "values": [3]}}]}    | sparse
            application/json      | {"instances": [{"features": [[1, 2, 3]]}]}                     | array
            application/json      | {"instances": [{"features": [1, 2, 3, 4]}]}                    | 4 values
            application/jsonlines | [1, 2, 3]                                                      | no JSON object
            application/jsonlines | {"features": [1, 2, 3]} x                                      | JSON
            application/jsonlines | {"features": [1, 2                                             | JSON
            text/csv; label_size=1 | 1,2,3                                                         | label_size=1
            text/csv              | 1,2                                                            | 'column 1'
            """)
    void a_malformed_request_is_told_what_is_wrong(String type, String body, String told) {
        HttpResponse<String> answer = ask("pca", type, body);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(ServedModels.JSON.readTree(answer.body()).path("message").asString())
                .contains(told);
    }

    @Test
    void an_answer_in_another_type_is_refused() {
        HttpResponse<String> answer =
                ask("pca", LINES, "{\"features\": [1, 2, 3]}", "accept", "application/x-recordio-protobuf");

        assertThat(answer.statusCode()).isEqualTo(406);
        assertThat(answer.body()).contains("application/jsonlines");
    }
}
