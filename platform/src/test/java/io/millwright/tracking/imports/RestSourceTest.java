package io.millwright.tracking.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millwright.tracking.Experiment;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import io.millwright.tracking.imports.ImportCounts.Of;
import io.millwright.tracking.imports.Installation.Done;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Against a small server that answers as old and new MLflow servers do; `peers/test_import.py` uses the real one.
class RestSourceTest {
    private static final RestClient.Patience IMPATIENT =
            new RestClient.Patience(Duration.ofSeconds(5), Duration.ofMillis(500), 3, Duration.ofMillis(1));
    private static final String RUN = "11111111111111111111111111111111";
    private static final String ONE_RUN = """
            {"runs": [{"info": {"run_id": "%s", "experiment_id": "5", "run_name": "first", "user_id": "ada",
              "status": "FINISHED", "start_time": 10, "end_time": "20", "lifecycle_stage": "active",
              "artifact_uri": "mlflow-artifacts:/5/%s/artifacts"},
              "data": {"metrics": [{"key": "loss", "value": "NaN", "timestamp": 3, "step": 2}],
                "params": [{"key": "C", "value": "0.5"}]}}]}
            """.formatted(RUN, RUN);

    @TempDir
    Path folder;

    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final AtomicInteger refusals = new AtomicInteger();
    private HttpServer mlflow;
    private Installation millwright;

    @BeforeEach
    void start() throws IOException {
        mlflow = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        mlflow.createContext("/", this::answer);
        mlflow.start();
        millwright = new Installation(folder);
        answers.put(
                "POST /api/2.0/mlflow/experiments/search",
                "{\"experiments\": [{\"experiment_id\": \"5\", \"name\":"
                        + " \"churn\", \"artifact_location\": \"mlflow-artifacts:/5\", \"lifecycle_stage\": \"active\"}]}");
        answers.put("POST /api/2.0/mlflow/runs/search", ONE_RUN);
        answers.put("POST /api/2.0/mlflow/logged-models/search", "{}");
        String whole = ONE_RUN.strip()
                .replace("{\"runs\": [{", "{\"run\": {\"inputs\": {\"model_inputs\": [{\"model_id\": \"m-1\"}]},");
        answers.put("GET /api/2.0/mlflow/runs/get", whole.substring(0, whole.length() - 3) + "}}");
        answers.put("GET /api/2.0/mlflow/artifacts/list", "{}");
        answers.put(
                "GET /api/2.0/mlflow/metrics/get-history",
                "{\"metrics\": ["
                        + "{\"key\": \"loss\", \"value\": 0.5, \"timestamp\": 1, \"step\": 0},"
                        + "{\"key\": \"loss\", \"value\": NaN, \"timestamp\": \"3\", \"step\": \"2\"},"
                        + "{\"key\": \"loss\", \"value\": \"-Infinity\", \"timestamp\": 2, \"step\": 1}]}");
    }

    @AfterEach
    void stop() {
        mlflow.stop(0);
        millwright.close();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + body);
        String key = exchange.getRequestMethod() + " " + path;
        String query = exchange.getRequestURI().getQuery();
        String text = answers.getOrDefault(key + "?" + query, answers.get(key));
        if (text != null && text.startsWith("location ")) {
            exchange.getResponseHeaders().set("Location", text.substring(9));
            exchange.sendResponseHeaders(302, -1);
        } else if (text != null && text.startsWith("status ")) {
            exchange.sendResponseHeaders(Integer.parseInt(text.substring(7)), -1);
        } else if (refusals.getAndDecrement() > 0) {
            exchange.sendResponseHeaders(503, -1);
        } else if (text == null) {
            exchange.sendResponseHeaders(404, -1);
        } else {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    private String url() {
        return "http://127.0.0.1:" + mlflow.getAddress().getPort();
    }

    private Done importAll() throws IOException {
        return millwright.importFrom(notes -> RestSource.open(url() + "/", null, IMPATIENT, notes));
    }

    @Test
    void a_run_comes_with_its_history() throws IOException {
        Done done = importAll();

        assertThat(done.failed()).isEmpty();
        Run run = millwright.run(RUN);
        assertThat(run.info().name()).isEqualTo("first");
        assertThat(run.info().endTimeMillis()).hasValue(20);
        assertThat(run.params()).isEqualTo(Map.of("C", "0.5"));
        assertThat(run.modelInputs()).containsExactly("m-1"); // Only the run alone says so, not the search.
        assertThat(millwright.history(RUN, "loss"))
                .containsExactly(
                        new MetricPoint("loss", 0.5, 1, 0),
                        new MetricPoint("loss", Double.NEGATIVE_INFINITY, 2, 1),
                        new MetricPoint("loss", Double.NaN, 3, 2));
        assertThat(importAll().count(Of.RUNS_UNCHANGED)).isEqualTo(1);
    }

    @Test
    void pages_are_followed_to_their_end() throws IOException {
        String history = "GET /api/2.0/mlflow/metrics/get-history";
        String query = "run_id=" + RUN + "&run_uuid=" + RUN + "&metric_key=loss&max_results=20000";
        answers.put(
                history,
                "{\"metrics\": [{\"key\": \"loss\", \"value\": 1, \"timestamp\": 1, \"step\": 0}],"
                        + " \"next_page_token\": \"two\"}");
        answers.put(
                history + "?" + query + "&page_token=two",
                "{\"metrics\": [{\"key\": \"loss\", \"value\": 2, \"timestamp\": 2, \"step\": 1}]}");

        importAll();

        assertThat(millwright.history(RUN, "loss")).hasSize(2);
    }

    @Test
    void a_server_before_1_28_has_only_a_list_of_experiments() throws IOException {
        answers.put("GET /api/2.0/mlflow/experiments/list", answers.remove("POST /api/2.0/mlflow/experiments/search"));
        answers.remove("POST /api/2.0/mlflow/logged-models/search");

        Done done = importAll();

        assertThat(done.count(Of.RUNS_NEW)).isEqualTo(1);
        assertThat(asked).anyMatch(line -> line.startsWith("GET /api/2.0/mlflow/experiments/list?view_type=ALL"));
    }

    @Test
    void deleted_experiments_and_runs_are_asked_for_too() throws IOException {
        importAll();

        assertThat(asked)
                .anyMatch(line -> line.contains("experiments/search") && line.contains("\"view_type\":\"ALL\""));
        assertThat(asked).anyMatch(line -> line.contains("runs/search") && line.contains("\"run_view_type\":\"ALL\""));
    }

    @Test
    void files_come_through_the_proxy_and_folders_are_walked() throws IOException {
        String list = "GET /api/2.0/mlflow/artifacts/list";
        answers.put(
                list,
                "{\"files\": [{\"path\": \"a b.txt\", \"is_dir\": false, \"file_size\": 2},"
                        + "{\"path\": \"d\", \"is_dir\": true}]}");
        for (String fields : List.of("run_id=%s&run_uuid=%s&path=d", "run_uuid=%s&run_id=%s&path=d")) {
            answers.put(
                    list + "?" + fields.formatted(RUN, RUN),
                    "{\"files\": [{\"path\": \"d/ä.txt\", \"is_dir\": false}]}");
        }
        String proxy = "GET /api/2.0/mlflow-artifacts/artifacts/5/" + RUN + "/artifacts/";
        answers.put(proxy + "a b.txt", "hi");
        answers.put(proxy + "d/ä.txt", "");

        Done done = importAll();

        assertThat(done.failed()).isEmpty();
        assertThat(done.count(Of.ARTIFACT_FILES)).isEqualTo(2);
        String uri = millwright.run(RUN).info().artifactUri();
        assertThat(millwright.artifact(uri, "a b.txt")).isEqualTo("hi");
        assertThat(millwright.artifact(uri, "d/ä.txt")).isEmpty();
    }

    @Test
    void a_listing_that_climbs_out_of_its_folder_is_refused() throws IOException {
        answers.put(
                "GET /api/2.0/mlflow/artifacts/list",
                "{\"files\": [{\"path\": \"../../1/secret\", \"is_dir\": false}]}");

        Done done = importAll();

        assertThat(done.count(Of.RUNS_FAILED)).isEqualTo(1);
        assertThat(asked).noneMatch(line -> line.contains("secret"));
    }

    @Test
    void a_busy_server_is_asked_again() throws IOException {
        refusals.set(2);

        assertThat(importAll().count(Of.RUNS_NEW)).isEqualTo(1);
    }

    @Test
    void a_server_that_stays_busy_ends_the_import_with_a_clear_word() {
        refusals.set(1000);

        assertThatThrownBy(this::importAll).isInstanceOf(IOException.class).hasMessageContaining("answered 503");
    }

    @Test
    void a_redirect_to_another_server_is_not_followed() {
        answers.put("POST /api/2.0/mlflow/experiments/search", "location http://169.254.169.254/latest/meta-data");

        assertThatThrownBy(this::importAll).hasMessageContaining("redirects to another server, 169.254.169.254");
    }

    @Test
    void a_redirect_on_the_same_server_is_followed() throws IOException {
        answers.put("POST /moved", answers.get("POST /api/2.0/mlflow/experiments/search"));
        answers.put("POST /api/2.0/mlflow/experiments/search", "location /moved");

        assertThat(importAll().count(Of.RUNS_NEW)).isEqualTo(1);
    }

    @Test
    void a_page_that_is_not_mlflows_is_named_as_such() {
        answers.put("POST /api/2.0/mlflow/experiments/search", "<html>Welcome</html>");

        assertThatThrownBy(this::importAll).hasMessageContaining("is this an MLflow server?");
    }

    @Test
    void nobody_there_is_told_at_once() {
        mlflow.stop(0);

        assertThatThrownBy(this::importAll).hasMessageContaining("does not answer");
    }

    @Test
    void the_password_stays_out_of_the_name_of_the_source() throws IOException {
        List<Experiment> found = new ArrayList<>();
        String url = url().replace("http://", "http://ada:s3cret@");
        try (RestSource source = RestSource.open(url, null, IMPATIENT, new ImportNotes())) {
            found.addAll(source.experiments());
            assertThat(source.identity()).isEqualTo(url());
        }

        assertThat(found).hasSize(1);
        assertThatThrownBy(() -> RestSource.open("http://ada:s3cret@", null, IMPATIENT, new ImportNotes()))
                .hasMessageNotContaining("s3cret");
    }

    private static final String WEBHOOKS = "GET /api/2.0/mlflow/webhooks";

    private List<SourceWebhook> webhooks(ImportNotes notes) throws IOException {
        List<SourceWebhook> found = new ArrayList<>();
        RestSource.open(url(), null, IMPATIENT, notes).registry().webhooks(found::add);
        return found;
    }

    @Test
    void webhooks_come_page_by_page_and_may_all_have_a_secret() throws IOException {
        String webhook = "{\"webhooks\": [{\"webhook_id\": \"%s\", \"name\": \"hook\", \"url\": \"https://a.example/\","
                + " \"events\": [{\"entity\": \"MODEL_VERSION\", \"action\": \"CREATED\"}], \"status\": \"%s\","
                + " \"creation_timestamp\": 5, \"last_updated_timestamp\": \"6\"}], \"next_page_token\": \"%s\"}";
        answers.put(WEBHOOKS, webhook.formatted("one", "ACTIVE", "two"));
        answers.put(WEBHOOKS + "?max_results=100&page_token=two", webhook.formatted("two", "DISABLED", ""));

        List<SourceWebhook> found = webhooks(new ImportNotes());

        assertThat(found).extracting(SourceWebhook::id).containsExactly("one", "two");
        assertThat(found).extracting(SourceWebhook::active).containsExactly(true, false);
        assertThat(found).allMatch(SourceWebhook::maySign);
        assertThat(found.getFirst().events()).containsExactly("MODEL_VERSION.CREATED");
        assertThat(found.getFirst().updatedAt().toEpochMilli()).isEqualTo(6);
    }

    @Test
    void a_server_before_3_3_has_no_webhooks() throws IOException {
        ImportNotes notes = new ImportNotes();

        assertThat(webhooks(notes)).isEmpty();
        assertThat(notes.of(ImportNotes.Dealing.LEFT_OUT)).isEmpty();
    }

    @Test
    void a_server_that_cannot_or_will_not_show_webhooks_is_asked_once_and_told() throws IOException {
        for (int status : new int[] {500, 403}) {
            ImportNotes notes = new ImportNotes();
            answers.put(WEBHOOKS, "status " + status);
            asked.clear();

            assertThat(webhooks(notes)).isEmpty();
            assertThat(asked).hasSize(1);
            assertThat(notes.of(ImportNotes.Dealing.LEFT_OUT))
                    .containsOnlyKeys("webhooks, which the server does not show");
        }
    }
}
