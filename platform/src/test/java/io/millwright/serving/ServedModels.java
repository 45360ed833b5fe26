package io.millwright.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.runtime.Model;
import io.millwright.runtime.format.ModelFile;
import io.millwright.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A server with models to deploy: version n of a model answers n for small values of `x` and n + 0.5
/// for others.
final class ServedModels implements AutoCloseable {
    static final JsonMapper JSON = new JsonMapper();

    private final TestServer server;
    private final HttpClient client = HttpClient.newHttpClient();

    ServedModels(TestServer server) {
        this.server = server;
    }

    URI uri() {
        return server.uri();
    }

    /// Registers the next version.
    ///
    /// @param answer what it answers; its number unless a test wants it to be wrong
    void register(String model, double answer) {
        register(model, answer, Map.of());
    }

    /// @param more files of the version's folder
    void register(String model, double answer, Map<String, String> more) {
        Map<String, byte[]> files = new HashMap<>();
        more.forEach((name, text) -> files.put(name, text.getBytes(StandardCharsets.UTF_8)));
        files.put("MLmodel", """
                flavors:
                  xgboost: {data: model.json, model_class: xgboost.core.Booster}
                  python_function: {loader_module: mlflow.xgboost}
                signature:
                  inputs: '[{"type": "double", "name": "x", "required": true}]'
                """.getBytes(StandardCharsets.UTF_8));
        files.put("model.json", stump(answer).getBytes(StandardCharsets.UTF_8));
        register(model, files);
    }

    /// Registers a model of operators, as an export leaves it.
    void register(String name, Model model) {
        byte[] description = "flavors: {sklearn: {pickled_model: model.pkl}}".getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try {
            ModelFile.write(model, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        register(name, Map.of("MLmodel", description, ModelFile.NAME, file.toByteArray()));
    }

    /// Registers what a model's folder holds.
    void register(String model, Map<String, byte[]> files) {
        HttpResponse<String> created =
                post("/api/2.0/mlflow/registered-models/create", "{\"name\": \"" + model + "\"}");
        assertThat(created.statusCode()).isIn(200, 400);
        String run = json(post("/api/2.0/mlflow/runs/create", "{\"experiment_id\": \"0\"}"))
                .at("/run/info/run_id")
                .asString();
        String folder = "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/model/";
        files.forEach((name, content) -> put(folder + name, content));
        json(post(
                "/api/2.0/mlflow/model-versions/create",
                "{\"name\": \"%s\", \"source\": \"runs:/%s/model\", \"run_id\": \"%s\"}".formatted(model, run, run)));
    }

    /// A booster with one split, at 10.
    private static String stump(double answer) {
        return """
                {"learner": {
                  "attributes": {}, "feature_names": ["x"], "feature_types": ["float"],
                  "learner_model_param": {"base_score": "0E0", "num_class": "0", "num_feature": "1", "num_target": "1"},
                  "objective": {"name": "reg:squarederror"},
                  "gradient_booster": {"name": "gbtree", "model": {
                    "gbtree_model_param": {"num_trees": "1"}, "iteration_indptr": [0, 1], "tree_info": [0],
                    "trees": [{"tree_param": {"num_nodes": "3", "size_leaf_vector": "1"},
                      "left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [0, 0, 0],
                      "split_conditions": [10, %s, %s], "default_left": [0, 0, 0], "categories_nodes": [],
                      "categories": [], "categories_segments": [], "categories_sizes": []}]}}},
                 "version": [3, 2, 0]}""".formatted(answer, answer + 0.5);
    }

    /// Deploys and waits for the end.
    ///
    /// @return the operation when it ended
    JsonNode deploy(String endpoint, String body) {
        return await(post("/api/millwright/v1/endpoints/" + endpoint + "/deploy", body));
    }

    JsonNode await(HttpResponse<String> started) {
        assertThat(started.statusCode()).as(started.body()).isEqualTo(202);
        String place = started.headers().firstValue("location").orElseThrow();
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (true) {
            JsonNode operation = json(get(place));
            if (!operation.path("state").asString().equals("running")) return operation;
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /// What an endpoint answers for one value.
    double predict(String endpoint, double x) {
        return json(post("/endpoints/" + endpoint + "/invocations", "{\"inputs\": {\"x\": [" + x + "]}}"))
                .at("/predictions/0")
                .asDouble();
    }

    HttpResponse<String> get(String path) {
        return send(request(path).GET().build());
    }

    HttpResponse<String> post(String path, String body) {
        return send(request(path)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    HttpResponse<String> post(String path, String type, byte[] body, String... headers) {
        HttpRequest.Builder request =
                request(path).header("content-type", type).POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) request.headers(headers);
        return send(request.build());
    }

    HttpResponse<String> send(String method, String path, String body) {
        return send(request(path)
                .header("content-type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private void put(String path, byte[] body) {
        HttpResponse<String> stored = send(
                request(path).PUT(HttpRequest.BodyPublishers.ofByteArray(body)).build());
        assertThat(stored.statusCode()).as(stored.body()).isEqualTo(200);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(server.uri().resolve(path)).timeout(Duration.ofSeconds(30));
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static JsonNode json(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isBetween(200, 299);
        return JSON.readTree(response.body());
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
