package io.millwright.runtime.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millwright.runtime.Model;
import io.millwright.runtime.evaluate.Batch;
import io.millwright.runtime.evaluate.Evaluator;
import io.millwright.runtime.format.ModelFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// PMML files that nyoka exported, of real data, answered as their libraries do and as pmml4s does
/// (`peers/parity/make_pmml_fixtures.py` makes them).
class PmmlParityTest {
    private static final JsonMapper JSON = new JsonMapper();

    /// nyoka writes down one regression for each class, where scikit-learn has one of all classes;
    /// PMML's densities have a smallest one.
    private static final Set<String> OTHERWISE = Set.of("multinomial", "bayes");

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(PmmlParityTest.class.getResourceAsStream("/pmml/" + name), name)) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "linear",
                "linear_scaled",
                "linear_min_max",
                "logistic",
                "multinomial",
                "tree",
                "regression_tree",
                "forest",
                "regression_forest",
                "boosting",
                "regression_boosting",
                "xgboost",
                "xgboost_regression",
                "lightgbm",
                "lightgbm_regression",
                "kmeans",
                "bayes",
                "perceptron",
                "perceptron_regression",
                "vectors"
            })
    void what_nyoka_exports_is_answered_as_its_library_and_pmml4s_do(String name) throws IOException {
        byte[] file = resource(name + ".pmml");
        JsonNode told = JSON.readTree(resource(name + ".json"));
        Model model = PmmlReader.read(file);
        // A model goes through our own file unchanged.
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        ModelFile.write(model, written);
        assertThat(ModelFile.read(written.toByteArray())).isEqualTo(model);
        var theirs = org.pmml4s.model.Model.fromBytes(file);
        Evaluator evaluator = Evaluator.of(model);
        Batch batch = evaluator.batch(1);

        double toLibrary = 0;
        double toPmml4s = 0;
        for (int row = 0; row < told.path("rows").size(); row++) {
            Map<String, Object> values = new HashMap<>();
            for (int i = 0; i < told.path("names").size(); i++) {
                values.put(
                        told.path("names").path(i).asString(),
                        told.path("rows").path(row).path(i).asDouble());
            }
            for (int i = 0; i < model.inputs().size(); i++)
                batch.input(i).numbers()[0] =
                        (double) values.get(model.inputs().get(i).name());
            evaluator.evaluate(batch, 1);
            Map<String, Object> their = theirs.predict(values);
            if (told.has("predictions")) {
                double ours = batch.output(0).numbers()[0];
                toLibrary = Math.max(
                        toLibrary,
                        apart(ours, told.path("predictions").path(row).asDouble()));
                toPmml4s = Math.max(toPmml4s, apart(ours, number(their, "predicted")));
                continue;
            }
            boolean clusters = model.outputs().getFirst().name().equals("cluster");
            String label = batch.output(0).texts()[0];
            assertThat(String.valueOf(their.get(clusters ? "cluster" : "predicted_target")))
                    .as("row %d", row)
                    .isEqualTo(label);
            for (int i = 0; i < batch.output(1).width(); i++) {
                double ours = batch.output(1).numbers()[i];
                toPmml4s =
                        Math.max(toPmml4s, apart(ours, number(their, clusters ? "affinity(" + i : "probability_" + i)));
                if (!clusters && !OTHERWISE.contains(name)) {
                    toLibrary = Math.max(
                            toLibrary,
                            apart(
                                    ours,
                                    told.path("probabilities").path(row).path(i).asDouble()));
                }
            }
            if (!OTHERWISE.contains(name))
                assertThat(label).isEqualTo(told.path("labels").path(row).asString());
        }
        System.out.printf("%s: %.1e from its library, %.1e from pmml4s%n", name, toLibrary, toPmml4s);
        assertThat(toLibrary).isCloseTo(0, within(1e-6));
        assertThat(toPmml4s).isCloseTo(0, within(1e-9));
    }

    /// The only value whose name has this in it.
    private static double number(Map<String, Object> answer, String name) {
        List<Object> found = answer.entrySet().stream()
                .filter(each -> each.getKey().contains(name))
                .map(Map.Entry::getValue)
                .toList();
        assertThat(found).as("%s of %s", name, answer).hasSize(1);
        return ((Number) found.getFirst()).doubleValue();
    }

    private static double apart(double one, double other) {
        return Math.abs(one - other) / Math.max(1, Math.abs(other));
    }
}
