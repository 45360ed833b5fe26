package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.millwright.server.GoldenReplay.Mismatch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The replay finds what is wrong; a server that answers from a list stands in for Millwright.
class GoldenReplayTest {

    private static final String RUN = "0123456789abcdef0123456789abcdef";
    private static final String OTHER_RUN = "ffffffffffffffffffffffffffffffff";

    private final List<String> answers = new ArrayList<>();
    private final List<String> requests = new ArrayList<>();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            String type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + type + " " + body);
            byte[] answer = answers.removeFirst().getBytes(UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/plain;charset=UTF-8");
            exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void equal_answers_agree() {
        assertThat(differences("{\"a\": 1, \"b\": [1.0, null, \"x\"]}", "{\"b\": [1.0, null, \"x\"], \"a\": 1}"))
                .isEmpty();
    }

    @Test
    void a_wrong_value_is_found() {
        assertThat(differences("{\"a\": {\"b\": [1, 2]}}", "{\"a\": {\"b\": [1, 3]}}"))
                .containsExactly(new Mismatch("t.http", "0", "$.a.b[1]", "3", "2"));
    }

    @Test
    void a_missing_field_is_found() {
        assertThat(differences("{\"a\": 1, \"b\": 2}", "{\"a\": 1}"))
                .containsExactly(new Mismatch("t.http", "0", "$.b", "nothing", "2"));
    }

    @Test
    void an_extra_field_is_found() {
        assertThat(differences("{\"a\": 1}", "{\"a\": 1, \"b\": null}"))
                .containsExactly(new Mismatch("t.http", "0", "$.b", "null", "nothing"));
    }

    @Test
    void an_extra_element_is_found() {
        assertThat(differences("{\"a\": [1]}", "{\"a\": [1, 2]}")).hasSize(1);
        assertThat(differences("{\"a\": [1, 2]}", "{\"a\": [1]}")).hasSize(1);
    }

    @Test
    void the_kind_of_a_value_counts() {
        assertThat(differences("{\"a\": 1.0}", "{\"a\": 1}")).hasSize(1);
        assertThat(differences("{\"a\": 1}", "{\"a\": 1.0}")).hasSize(1);
        assertThat(differences("{\"a\": 1}", "{\"a\": \"1\"}")).hasSize(1);
        assertThat(differences("{\"a\": {}}", "{\"a\": []}")).hasSize(1);
        assertThat(differences("{\"a\": 5000000000}", "{\"a\": 5000000000}")).isEmpty();
        assertThat(differences("{\"a\": 1.7976931348623157e+308}", "{\"a\": 1.7976931348623157E308}"))
                .isEmpty();
    }

    @Test
    void a_wrong_status_a_wrong_header_and_a_wrong_text_are_found() {
        answers.add("OK");

        var mismatches = play("### 0\nGET /\n\nHTTP 404\nContent-Type: text/html\n\nNO\n");

        assertThat(mismatches).extracting(Mismatch::where).containsExactly("status", "header Content-Type", "body");
    }

    @Test
    void an_answer_that_is_not_json_is_found() {
        assertThat(differences("{}", "<html>")).extracting(Mismatch::where).containsExactly("body");
    }

    @Test
    void a_captured_value_must_stay_the_same() {
        String twice = "{\"id\": \"${run.1}\", \"uri\": \"x:/${run.1}/y\"}";

        assertThat(differences(twice, "{\"id\": \"%s\", \"uri\": \"x:/%s/y\"}".formatted(RUN, RUN)))
                .isEmpty();
        assertThat(differences(twice, "{\"id\": \"%s\", \"uri\": \"x:/%s/y\"}".formatted(RUN, OTHER_RUN)))
                .containsExactly(
                        new Mismatch("t.http", "0", "$.uri", "\"x:/" + OTHER_RUN + "/y\"", "\"x:/" + RUN + "/y\""));
    }

    @Test
    void a_captured_value_must_have_the_form_of_its_kind() {
        assertThat(differences("{\"id\": \"${run.1}\"}", "{\"id\": \"run-1\"}")).hasSize(1);
        assertThat(differences("{\"id\": \"${experiment.1}\"}", "{\"id\": \"abc\"}"))
                .hasSize(1);
        assertThat(differences("{\"id\": \"${model.1}\"}", "{\"id\": \"%s\"}".formatted(RUN)))
                .hasSize(1);
    }

    @Test
    void a_captured_value_is_sent_in_later_requests() {
        answers.addAll(List.of("{\"id\": \"a+b\"}", "{}"));

        var mismatches = play("""
                ### 0
                GET /

                HTTP 200

                {"id": "${token.1}"}

                ### 1
                POST /x?t=${token.1}

                {"t": "${token.1}", "ks": "${repeat 3|k#|,}"}

                HTTP 200

                {}
                """);

        assertThat(mismatches).isEmpty();
        assertThat(requests)
                .last()
                .isEqualTo("POST /x?t=a%2Bb application/json {\"t\": \"a+b\", \"ks\": \"k0,k1,k2\"}");
    }

    @Test
    void a_request_that_needs_what_was_never_captured_is_not_sent() {
        var mismatches = play("### 0\nGET /x?t=${token.1}\n\nHTTP 200\n");

        assertThat(mismatches).extracting(Mismatch::got).containsExactly("not sent");
        assertThat(requests).isEmpty();
    }

    @Test
    void an_empty_content_type_is_not_sent() {
        answers.add("");

        assertThat(play("### 0\nPOST /\nContent-Type:\n\n{}\n\nHTTP 200\n")).isEmpty();
        assertThat(requests).containsExactly("POST / null {}");
    }

    @Test
    void wildcards_match_their_kind_only() {
        assertThat(differences("{\"a\": \"${any:millis}\"}", "{\"a\": 1700000000000}"))
                .isEmpty();
        assertThat(differences("{\"a\": \"${any:millis}\"}", "{\"a\": 17}")).hasSize(1);
        assertThat(differences("{\"a\": \"${any:millis}\"}", "{\"a\": \"1700000000000\"}"))
                .hasSize(1);
        assertThat(differences("{\"a\": \"${any:number}\"}", "{\"a\": -0.5}")).isEmpty();
        assertThat(differences("{\"a\": \"${any:number}\"}", "{\"a\": \"1\"}")).hasSize(1);
        assertThat(differences("{\"a\": \"no ${any:string}.\"}", "{\"a\": \"no such\\nluck.\"}"))
                .isEmpty();
        assertThat(differences("{\"a\": \"no ${any:string}.\"}", "{\"a\": \"yes.\"}"))
                .hasSize(1);
        assertThat(differences("{\"a\": \"${any:string}\"}", "{\"a\": 1}")).hasSize(1);
    }

    @Test
    void tags_have_no_order_but_metrics_of_a_history_have() {
        String ab = "[{\"key\": \"a\", \"value\": \"1\"}, {\"key\": \"b\", \"value\": \"2\"}]";
        String ba = "[{\"key\": \"b\", \"value\": \"2\"}, {\"key\": \"a\", \"value\": \"1\"}]";

        assertThat(differences("{\"tags\": " + ab + "}", "{\"tags\": " + ba + "}"))
                .isEmpty();
        assertThat(differences("{\"data\": {\"metrics\": " + ab + "}}", "{\"data\": {\"metrics\": " + ba + "}}"))
                .isEmpty();
        assertThat(differences("{\"metrics\": " + ab + "}", "{\"metrics\": " + ba + "}"))
                .isNotEmpty();
    }

    @Test
    void only_the_named_fields_are_compared() {
        String file = "### 0\n# only: runs.info.name, token\nGET /\n\nHTTP 200\n\n";
        String expected = "{\"runs\": [{\"info\": {\"name\": \"a\"}}]}";

        answers.add("{\"runs\": [{\"info\": {\"name\": \"a\", \"x\": 1}, \"data\": {}}], \"y\": 2}");
        assertThat(play(file + expected)).isEmpty();
        answers.add("{\"runs\": [{\"info\": {\"name\": \"b\"}}], \"token\": \"t\"}");
        assertThat(play(file + expected)).extracting(Mismatch::where).containsExactly("$.runs[0].info.name", "$.token");
    }

    private List<Mismatch> differences(String expected, String actual) {
        answers.add(actual);
        return play("### 0\nGET /\n\nHTTP 200\n\n" + expected + "\n");
    }

    private List<Mismatch> play(String text) {
        var address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        try (var replay = new GoldenReplay(address)) {
            return replay.play(GoldenFile.parse("t.http", text));
        }
    }
}
