package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What the web UI asks for of runs, as it sees it.
class RunTableApiTest {
    private static final String OWN = "/api/millwright/v1";
    private static TestServer server;
    private static HttpClient client;
    private static String first;
    private static String second;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start();
        client = HttpClient.newHttpClient();
        first = newRun("first", 1);
        second = newRun("second", 2);
        log(first, """
                "metrics": [{"key": "loss", "value": 0.5, "timestamp": 1, "step": 0},
                            {"key": "loss", "value": 0.25, "timestamp": 2, "step": 1},
                            {"key": "loss", "value": 1, "timestamp": 3, "step": 2},
                            {"key": "system/cpu", "value": 3, "timestamp": 1}],
                "params": [{"key": "lr", "value": "0.1"}],
                "tags": [{"key": "mlflow.note", "value": "x"}, {"key": "team", "value": "risk"}]""");
        log(second, """
                "metrics": [{"key": "loss", "value": "NaN", "timestamp": 1, "step": 7},
                            {"key": "gain", "value": "Infinity", "timestamp": 1, "step": 7},
                            {"key": "gain", "value": "-Infinity", "timestamp": 2, "step": 8}]""");
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @Test
    void recent_runs_tell_their_experiment() throws Exception {
        String latest = newRun("latest", 1_000_000);

        JsonNode recent = get(OWN + "/runs/recent?status=RUNNING&max_results=1");

        assertThat(recent.toString()).isEqualTo("""
                        {"runs":[{"run_id":"%s","run_name":"latest","experiment_id":"0","experiment_name":"Default",\
                        "status":"RUNNING","start_time":1000000,"user_id":""}],"more":true}""".formatted(latest));
        assertThat(get(OWN + "/runs/recent?status=FAILED").toString()).isEqualTo("{\"runs\":[],\"more\":false}");
        post("/api/2.0/mlflow/runs/delete", "{\"run_id\": \"" + latest + "\"}");
        assertThat(get(OWN + "/runs/recent?max_results=200").toString()).doesNotContain(latest);
    }

    @Test
    void a_row_holds_who_a_run_is_and_the_columns_asked_for() throws Exception {
        JsonNode table = get(OWN + "/experiments/0/runs?column=metrics.loss&column=metrics.loss.min&column=params.lr"
                + "&column=metrics.gain&column=tags.none&order_by=" + encoded("start_time ASC"));

        assertThat(table.toString()).isEqualTo("""
                        {"columns":["run_id","run_name","status","start_time","end_time","user_id","lifecycle_stage",\
                        "metrics.loss","metrics.loss.min","params.lr","metrics.gain","tags.none"],"rows":[\
                        ["%s","first","RUNNING",1,null,"","active",1.0,0.25,"0.1",null,null],\
                        ["%s","second","RUNNING",2,null,"","active","NaN",null,null,"-Infinity",null]]}""".formatted(first, second));
    }

    @Test
    void pages_follow_each_other_by_their_token() throws Exception {
        List<String> runs = new ArrayList<>();
        String token = "";
        do {
            JsonNode page =
                    get(OWN + "/experiments/0/runs?max_results=1" + (token.isEmpty() ? "" : "&page_token=" + token));
            page.path("rows").forEach(row -> runs.add(row.path(0).asString()));
            token = page.path("next_page_token").asString("");
        } while (!token.isEmpty());

        assertThat(runs).containsExactly(second, first);
    }

    @Test
    void a_large_page_is_the_same_as_many_small_ones() throws Exception {
        String experiment = Json.MAPPER
                .readTree(post("/api/2.0/mlflow/experiments/create", "{\"name\": \"large\"}"))
                .path("experiment_id")
                .asString();
        for (int i = 0; i < 230; i++) {
            post(
                    "/api/2.0/mlflow/runs/create",
                    "{\"experiment_id\": \"%s\", \"start_time\": %d}".formatted(experiment, i));
        }

        JsonNode large = get(OWN + "/experiments/" + experiment + "/runs?max_results=220&column=attributes.start_time");

        assertThat(large.path("rows").valueStream().map(row -> row.path(7).asInt()))
                .hasSize(220)
                .startsWith(229, 228)
                .endsWith(11, 10)
                .doesNotHaveDuplicates();
        JsonNode rest = get(OWN + "/experiments/" + experiment + "/runs?page_token="
                + large.path("next_page_token").asString());
        assertThat(rest.path("rows")).hasSize(10);
        assertThat(rest.has("next_page_token")).isFalse();
    }

    @Test
    void names_tell_how_many_runs_have_them_and_which_are_the_systems() throws Exception {
        assertThat(get(OWN + "/experiments/0/run-columns").toString()).isEqualTo("""
                        {"metrics":[{"name":"gain","runs":1},{"name":"loss","runs":2},\
                        {"name":"system/cpu","runs":1,"system":true}],"params":[{"name":"lr","runs":1}],\
                        "tags":[{"name":"mlflow.note","runs":1,"system":true},\
                        {"name":"mlflow.runName","runs":2,"system":true},{"name":"team","runs":1}],\
                        "counted_to":100,"more":[]}""");
        assertThat(get(OWN + "/experiments/0/run-columns?prefix=mlflow.&max_results=1")
                        .toString())
                .isEqualTo("""
                        {"metrics":[],"params":[],"tags":[{"name":"mlflow.note","runs":1,"system":true}],\
                        "counted_to":1000,"more":["tags"]}""");
    }

    @Test
    void runs_are_counted_up_to_a_limit() throws Exception {
        assertThat(get(OWN + "/experiments/0/run-count").toString()).isEqualTo("{\"runs\":2,\"more\":false}");
        assertThat(get(OWN + "/experiments/0/run-count?count_to=1").toString()).isEqualTo("{\"runs\":1,\"more\":true}");
        assertThat(get(OWN + "/experiments/0/run-count?filter=" + encoded("params.lr = '0.1'"))
                        .toString())
                .isEqualTo("{\"runs\":1,\"more\":false}");
        assertThat(get(OWN + "/experiments/0/run-count?view=deleted")
                        .path("runs")
                        .asInt())
                .isZero();
    }

    @Test
    void runs_are_put_together_by_what_they_have() throws Exception {
        assertThat(get(OWN
                                + "/experiments/0/run-groups?by=params.lr&column=metrics.loss&column=metrics.gain&order_by=value")
                        .toString())
                .isEqualTo("""
                        {"by":"params.lr","columns":["metrics.loss","metrics.gain"],"groups":[\
                        {"value":"0.1","runs":1,"cells":[{"numbers":1,"mean":1.0,"sd":null,"min":1.0,"max":1.0},null]},\
                        {"value":null,"runs":1,"cells":[null,{"numbers":1,"mean":"-Infinity","sd":null,\
                        "min":"-Infinity","max":"-Infinity"}]}],"group_count":2,"run_count":2}""");
    }

    @Test
    void a_series_comes_as_columns() throws Exception {
        assertThat(get(OWN + "/metric-series?run=" + first + "&run=" + second + "&key=loss&key=none&width=10")
                        .toString())
                .isEqualTo("""
                        {"x":"step","width":10,"series":[\
                        {"run_id":"%s","key":"loss","points":3,"x":[0,1,2],"y":[0.5,0.25,1.0]},\
                        {"run_id":"%s","key":"loss","points":1,"x":[7],"y":["NaN"]}]}""".formatted(first, second));
        assertThat(get(OWN + "/metric-series?run=" + second + "&key=gain&x=time&from=1&to=1")
                        .at("/series/0")
                        .toString())
                .isEqualTo("{\"run_id\":\"%s\",\"key\":\"gain\",\"points\":1,\"x\":[1],\"y\":[\"Infinity\"]}"
                        .formatted(second));
    }

    @Test
    void what_is_not_understood_is_refused() throws Exception {
        String many = "column=metrics.a&".repeat(201);
        String runs = "run=a&run=b&run=c&run=d&run=e&run=f&run=g&run=h&run=i&run=j&run=k&";
        String keys = "key=a&key=b&key=c&key=d&key=e&key=f&key=g&key=h&key=i&key=j";
        for (String target : List.of(
                "/runs/recent?status=running",
                "/runs/recent?max_results=0",
                "/runs/recent?max_results=201",
                "/runs/recent?experiment=0",
                "/experiments/0/runs?colum=metrics.a",
                "/experiments/0/runs?column=loss",
                "/experiments/0/runs?column=model.a",
                "/experiments/0/runs?" + many,
                "/experiments/0/runs?max_results=0",
                "/experiments/0/runs?max_results=1001",
                "/experiments/0/runs?max_results=1&max_results=2",
                "/experiments/0/runs?max_results=ten",
                "/experiments/0/runs?view=gone",
                "/experiments/0/runs?filter=metrics",
                "/experiments/0/runs?order_by=metrics.a+SIDEWAYS",
                "/experiments/0/runs?page_token=x",
                "/experiments/0/runs?page_token=WyJ4Il0",
                "/experiments/x/runs",
                "/experiments/-1/runs",
                "/experiments/9999999999999999999/runs",
                "/experiments/0/run-columns?max_results=20001",
                "/experiments/0/run-columns?prefix=" + "x".repeat(1001),
                "/experiments/0/run-columns?filter=x",
                "/experiments/0/run-count?count_to=0",
                "/experiments/0/run-count?filter=%21%21",
                "/experiments/0/run-count?order_by=start_time",
                "/experiments/0/run-groups",
                "/experiments/0/run-groups?by=metrics.loss",
                "/experiments/0/run-groups?by=status",
                "/experiments/0/run-groups?by=params.a&by=params.b",
                "/experiments/0/run-groups?by=params.a&column=metrics.loss.min",
                "/experiments/0/run-groups?by=params.a&column=params.b",
                "/experiments/0/run-groups?by=params.a&order_by=metrics.loss",
                "/experiments/0/run-groups?by=params.a&order_by=runs+SIDEWAYS",
                "/experiments/0/run-groups?by=params.a&max_results=1001",
                "/experiments/0/run-groups?by=params.a&" + "column=metrics.a&".repeat(51),
                "/metric-series",
                "/metric-series?run=a",
                "/metric-series?key=a",
                "/metric-series?run=a&key=b&x=hour",
                "/metric-series?run=a&key=b&from=1.5",
                "/metric-series?run=a&key=b&from=2&to=1",
                "/metric-series?run=a&key=b&width=0",
                "/metric-series?run=a&key=b&width=4001",
                "/metric-series?run=a&key=b&metric=x",
                "/metric-series?" + runs + keys)) {
            HttpResponse<String> answer = send("GET", OWN + target, "");
            assertThat(answer.statusCode()).as(target).isEqualTo(400);
            JsonNode problem = Json.MAPPER.readTree(answer.body());
            assertThat(problem.path("code").asString()).as(target).isEqualTo("INVALID_ARGUMENT");
            assertThat(problem.path("detail").asString()).as(target).isNotBlank();
        }
    }

    @Test
    void no_database_is_asked_for_the_character_nul() throws Exception {
        for (String target : List.of(
                "runs?column=tags.%00",
                "runs?filter=tags.a%3D'%00'", "run-columns?prefix=%00", "run-groups?by=tags.%00")) {
            assertThat(send("GET", OWN + "/experiments/0/" + target, "").statusCode())
                    .as(target)
                    .isEqualTo(400);
        }
    }

    @Test
    void what_is_not_there_is_not_found() throws Exception {
        for (String call : List.of("runs", "run-columns", "run-count", "run-groups?by=params.a", "views")) {
            assertThat(send("GET", OWN + "/experiments/77/" + call, "").statusCode())
                    .as(call)
                    .isEqualTo(404);
        }
        assertThat(get(OWN + "/metric-series?run=77&key=loss").path("series")).isEmpty();
    }

    private static String newRun(String name, long start) throws Exception {
        String body = "{\"experiment_id\": \"0\", \"run_name\": \"%s\", \"start_time\": %d}".formatted(name, start);
        return Json.MAPPER
                .readTree(post("/api/2.0/mlflow/runs/create", body))
                .at("/run/info/run_id")
                .asString();
    }

    private static void log(String run, String fields) throws Exception {
        post("/api/2.0/mlflow/runs/log-batch", "{\"run_id\": \"" + run + "\", " + fields + "}");
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static JsonNode get(String target) throws Exception {
        HttpResponse<String> answer = send("GET", target, "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body());
    }

    private static String post(String target, String body) throws Exception {
        HttpResponse<String> answer = send("POST", target, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    private static HttpResponse<String> send(String method, String target, String body)
            throws IOException, InterruptedException {
        var sent = body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        return client.send(
                HttpRequest.newBuilder(server.uri().resolve(target))
                        .header("content-type", "application/json")
                        .method(method, sent)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
