package io.millwright.serving;

import static io.millwright.serving.ServedModels.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.server.TestServer;
import io.millwright.serving.predict.Mojos;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Models of H2O from the registry to the answer.
class MojoServingTest {
    private static final String OURS = "flavors:\n  h2o_mojo: {data: model.zip, h2o_version: 3.46.0.11}\n";
    private static final String MLFLOWS = "flavors:\n  h2o: {data: model.h2o, h2o_version: 3.46.0.11}\n";
    private static final String EXAMPLE = """
            {"dataframe_split": {"columns": ["age", "bmi", "bp", "s5", "weight", "sex"],
                                 "data": [[51, 31.5, 93, 5.2523, "very heavy, more", 1], [null, 25.7, 93, 4.61015, null, 2]]}}""";

    private static ServedModels served;

    @BeforeAll
    static void start() {
        served = new ServedModels(TestServer.start());
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode deploy(String name) {
        return served.deploy(name, "{\"model\": \"" + name + "\"}");
    }

    @Test
    void a_mojo_is_deployed_tried_on_its_example_and_answers() {
        served.register(
                "boosted",
                Map.of(
                        "MLmodel", bytes(OURS),
                        "model.zip", Mojos.zip("gbm_binomial"),
                        "serving_input_example.json", bytes(EXAMPLE)));

        assertThat(deploy("boosted").path("state").asString()).isEqualTo("succeeded");

        JsonNode first =
                json(served.post("/endpoints/boosted/invocations", EXAMPLE)).at("/predictions/0");
        assertThat(first.path("predict").asString()).isEqualTo("yes");
        assertThat(first.path("yes").asDouble()).isEqualTo(0.6229989527325501);
        assertThat(first.propertyNames()).containsExactly("predict", "no", "yes");
        assertThat(json(served.get("/v2/models/boosted")).path("platform").asString())
                .isEqualTo("millwright_h2o mojo");
    }

    @Test
    void a_mojo_beside_h2o_s_own_model_is_found() {
        served.register(
                "beside",
                Map.of(
                        "MLmodel", bytes(MLFLOWS),
                        "model.h2o/h2o.yaml", bytes("model_file: kmeans_1"),
                        "KMeans_model_1.zip", Mojos.zip("kmeans")));

        assertThat(deploy("beside").path("state").asString()).isEqualTo("succeeded");

        JsonNode first =
                json(served.post("/endpoints/beside/invocations", EXAMPLE)).at("/predictions/0");
        assertThat(first.path("cluster").isIntegralNumber()).isTrue();
        assertThat(first.path("distances").size()).isEqualTo(3);
    }

    @Test
    void what_cannot_be_served_says_why() {
        served.register("binary", Map.of("MLmodel", bytes(MLFLOWS), "model.h2o/h2o.yaml", bytes("model_file: gbm_1")));
        served.register("torn", Map.of("MLmodel", bytes(OURS), "model.zip", bytes("PK torn")));
        served.register("other", Map.of("MLmodel", bytes(OURS), "model.zip", Mojos.zip("glrm")));

        assertThat(deploy("binary").toString()).contains("failed", "no MOJO lies beside", "model.zip, mojo.zip");
        assertThat(deploy("torn").toString()).contains("failed", "'model.zip' is no zip file");
        assertThat(deploy("other").toString()).contains("failed", "'Generalized Low Rank Modeling'");
    }
}
