package io.millwright.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Routes;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.TestHttp.Answer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The answers were compared with those of `mlflow server` 3.17.2 on a local folder.
final class MlflowArtifactsApiTest {
    private static final String ROOT = "/api/2.0/mlflow-artifacts";

    @TempDir
    Path home;

    private Lake lake;
    private TestHttp http;

    @BeforeEach
    void open() {
        lake = Lake.onFolder(home);
        Routes routes = new Routes();
        lake.slice.addRoutes(routes);
        http = new TestHttp(routes);
    }

    @AfterEach
    void close() {
        lake.close();
    }

    @Test
    void an_upload_answers_nothing_and_is_listed_by_its_base_name() {
        assertThat(http.put(ROOT + "/artifacts/0/r/artifacts/d/a%20b.txt", "hello"))
                .extracting(Answer::status, Answer::body)
                .containsExactly(200, "");

        assertThat(http.get(ROOT + "/artifacts?path=0/r/artifacts").body())
                .isEqualTo("{\"files\":[{\"path\":\"d\",\"is_dir\":true}]}");
        assertThat(http.get("/ajax-api/2.0/mlflow-artifacts/artifacts?path=0/r/artifacts/d")
                        .body())
                .isEqualTo("{\"files\":[{\"path\":\"a b.txt\",\"is_dir\":false,\"file_size\":5}]}");
        assertThat(http.get(ROOT + "/artifacts?path=0/none").body()).isEqualTo("{}");
        assertThat(http.get(ROOT + "/artifacts").body()).isEqualTo("{\"files\":[{\"path\":\"0\",\"is_dir\":true}]}");
    }

    @Test
    void a_download_is_an_attachment() throws Exception {
        lake.store("m/MLmodel", "hello");

        Answer answer = http.get(ROOT + "/artifacts/m/MLmodel");

        assertThat(answer.body()).isEqualTo("hello");
        assertThat(answer.headers())
                .containsEntry("content-type", "text/plain")
                .containsEntry("content-disposition", "attachment; filename=MLmodel")
                .containsEntry("x-content-type-options", "nosniff")
                .containsEntry("accept-ranges", "bytes")
                .containsEntry("etag", "\"" + ArtifactContract.sha256("hello".getBytes(StandardCharsets.UTF_8)) + "\"");
    }

    @Test
    void a_range_is_answered_in_part() throws Exception {
        lake.store("a", "0123456789");

        Answer part = http.get(ROOT + "/artifacts/a", "Range", "bytes=2-4");
        assertThat(part)
                .extracting(Answer::status, Answer::body, a -> a.header("content-range"))
                .containsExactly(206, "234", "bytes 2-4/10");
        assertThat(http.get(ROOT + "/artifacts/a", "Range", "bytes=-3").body()).isEqualTo("789");
        assertThat(http.get(ROOT + "/artifacts/a", "Range", "bytes=0-1,4-5"))
                .extracting(Answer::status, Answer::body)
                .containsExactly(200, "0123456789");

        Answer none = http.get(ROOT + "/artifacts/a", "Range", "bytes=10-");
        assertThat(none.status()).isEqualTo(416);
        assertThat(none.header("content-range")).isEqualTo("bytes */10");
        assertThat(none.body()).contains("\"error_code\"");
    }

    @Test
    void what_the_client_has_is_not_sent_again() throws Exception {
        lake.store("a", "0123456789");
        String etag = http.get(ROOT + "/artifacts/a").header("etag");

        assertThat(http.get(ROOT + "/artifacts/a", "If-None-Match", "\"x\", " + etag))
                .extracting(Answer::status, Answer::body)
                .containsExactly(304, "");
        assertThat(http.get(ROOT + "/artifacts/a", "If-None-Match", "W/" + etag).status())
                .isEqualTo(304);
        assertThat(http.get(ROOT + "/artifacts/a", "If-None-Match", "\"x\"").status())
                .isEqualTo(200);
        assertThat(http.get(ROOT + "/artifacts/a", "Range", "bytes=0-0", "If-Range", etag)
                        .status())
                .isEqualTo(206);
        assertThat(http.get(ROOT + "/artifacts/a", "Range", "bytes=0-0", "If-Range", "\"x\"")
                        .body())
                .isEqualTo("0123456789");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "..",
                "a/..",
                "%2e%2e/x",
                "%252e%252e/x",
                "a%2f..%2fb",
                "..%5cx",
                "%2fetc%2fpasswd",
                "C:/x",
                "a%23b"
            })
    void every_route_refuses_a_path_that_climbs(String path) {
        String body = "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Invalid path\"}";
        assertThat(http.get(ROOT + "/artifacts/" + path))
                .extracting(Answer::status, Answer::body)
                .containsExactly(400, body);
        assertThat(http.put(ROOT + "/artifacts/" + path, "x"))
                .extracting(Answer::status, Answer::body)
                .containsExactly(400, body);
        assertThat(http.send("DELETE", ROOT + "/artifacts/" + path, new byte[0]))
                .extracting(Answer::status, Answer::body)
                .containsExactly(400, body);
        assertThat(http.get(ROOT + "/artifacts?path=" + path))
                .extracting(Answer::status, Answer::body)
                .containsExactly(400, body);
        for (String step : List.of("create", "complete", "abort")) {
            String message = "{\"path\":\"m.bin\",\"upload_id\":\"x\",\"parts\":[{\"part_number\":1,\"etag\":\"x\"}]}";
            assertThat(http.post(ROOT + "/mpu/" + step + "/" + path, message))
                    .extracting(Answer::status, Answer::body)
                    .containsExactly(400, body);
        }
    }

    @Test
    void what_is_not_there_is_told_and_deleted_all_the_same() {
        assertThat(http.get(ROOT + "/artifacts/a/b"))
                .extracting(Answer::status, Answer::body)
                .containsExactly(
                        404, "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"No such artifact: 'a/b'\"}");
        assertThat(http.send("DELETE", ROOT + "/artifacts/a/b", new byte[0]))
                .extracting(Answer::status, Answer::body)
                .containsExactly(200, "{}");
        assertThat(http.put(ROOT + "/artifacts/a/", "x").status()).isEqualTo(400);
    }

    @Test
    void a_folder_does_not_presign() {
        assertThat(http.get(ROOT + "/presigned/a"))
                .extracting(Answer::status, Answer::body)
                .containsExactly(
                        501,
                        "{\"error_code\":\"NOT_IMPLEMENTED\",\"message\":\"Multipart download is not supported for the"
                                + " current artifact repository\"}");
    }

    @Test
    void a_part_number_beyond_32_bits_is_refused_and_not_cut() throws Exception {
        JsonNode created = json(http.post(ROOT + "/mpu/create/0/r", "{\"path\":\"m.bin\",\"num_parts\":1}"));
        String id = created.get("upload_id").stringValue();
        Answer put = http.put(
                created.at("/credentials/0/url").stringValue().substring("http://mlflow.example:5000".length()), "x");
        String complete = "{\"path\":\"m.bin\",\"upload_id\":\"%s\",\"parts\":[{\"part_number\":NUMBER,\"etag\":%s}]}"
                .formatted(id, JsonMapper.shared().writeValueAsString(put.header("etag")));

        for (String number : List.of("4294967297", "-4294967295", "9223372036854775807", "\"4294967297\"")) {
            Answer answer = http.post(ROOT + "/mpu/complete/0/r", complete.replace("NUMBER", number));
            assertThat(answer.status()).as(number).isEqualTo(400);
            assertThat(answer.body()).contains("part_number");
        }

        assertThat(http.get(ROOT + "/artifacts/0/r/m.bin").status()).isEqualTo(404);
        assertThat(http.post(ROOT + "/mpu/complete/0/r", complete.replace("NUMBER", "1"))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void an_upload_in_parts_goes_as_mlflows_client_does_it() throws Exception {
        JsonNode created =
                json(http.post(ROOT + "/mpu/create/0/r/artifacts", "{\"path\":\"/tmp/x/model.bin\",\"num_parts\":2}"));
        String id = created.get("upload_id").stringValue();
        StringBuilder parts = new StringBuilder();
        for (JsonNode credential : created.get("credentials")) {
            assertThat(credential.get("url").stringValue())
                    .startsWith("http://mlflow.example:5000/api/2.0/mlflow-artifacts/mpu/part/" + id + "/");
            assertThat(credential.has("headers")).isFalse();
            int number = credential.get("part_number").intValue();
            if (number == 2) assertThat(missing(id)).containsExactly(2);
            Answer put = http.put(
                    credential.get("url").stringValue().substring("http://mlflow.example:5000".length()),
                    "part" + number);
            assertThat(put.status()).isEqualTo(200);
            parts.append(parts.isEmpty() ? "" : ",")
                    .append("{\"part_number\":%d,\"etag\":%s,\"url\":\"x\"}"
                            .formatted(number, JsonMapper.shared().writeValueAsString(put.header("etag"))));
        }
        assertThat(missing(id)).isEmpty();

        String complete = "{\"path\":\"/tmp/x/model.bin\",\"upload_id\":\"%s\",\"parts\":[%s]}".formatted(id, parts);
        for (int twice = 0; twice < 2; twice++) {
            assertThat(http.post(ROOT + "/mpu/complete/0/r/artifacts", complete))
                    .extracting(Answer::status, Answer::body)
                    .containsExactly(200, "{}");
        }

        assertThat(http.get(ROOT + "/artifacts/0/r/artifacts/model.bin").body()).isEqualTo("part1part2");
        JsonNode status = json(http.get("/api/millwright/v1/uploads/" + id));
        assertThat(status.get("completed").booleanValue()).isTrue();
        assertThat(status.get("path").stringValue()).isEqualTo("0/r/artifacts/model.bin");
    }

    @Test
    void a_client_that_sends_parts_without_credentials_is_told_to_upload_in_one_piece_where_they_are_needed() {
        byte[] begin = "{\"path\":\"m.bin\",\"num_parts\":2}".getBytes(StandardCharsets.UTF_8);
        String create = ROOT + "/mpu/create/0/r/artifacts";
        RequestContext signedIn = Lake.writer("default", "experiment:0");

        Answer refused = signedIn.call(() -> http.send(
                "POST",
                create,
                begin,
                "content-type",
                "application/json",
                "user-agent",
                "mlflow-python-client/3.18.0"));
        assertThat(refused.status()).isEqualTo(501);
        assertThat(refused.body())
                .contains("\"message\":\"Multipart upload is not supported for the current artifact repository");

        assertThat(signedIn.call(() -> http.send(
                                "POST", create, begin, "content-type", "application/json", "user-agent", "curl/8"))
                        .status())
                .isEqualTo(200);
        assertThat(http.send(
                                "POST",
                                create,
                                begin,
                                "content-type",
                                "application/json",
                                "user-agent",
                                "mlflow-python-client/3.18.0")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void the_file_of_an_upload_in_parts_is_named_as_on_the_clients_machine() {
        JsonNode created = json(
                http.post(ROOT + "/mpu/create/d", "{\"path\":\"C:\\\\Users\\\\me\\\\m.bin\",\"num_parts\":\"1\"}"));

        assertThat(json(http.get("/api/millwright/v1/uploads/"
                                + created.get("upload_id").stringValue()))
                        .get("path")
                        .stringValue())
                .isEqualTo("d/m.bin");
        assertThat(http.post(ROOT + "/mpu/create/d", "{\"path\":\"x/..\",\"num_parts\":1}")
                        .body())
                .contains("Invalid path");
        assertThat(http.post(ROOT + "/mpu/create/d", "{\"path\":\"x/\",\"num_parts\":1}")
                        .status())
                .isEqualTo(400);
        assertThat(http.post(ROOT + "/mpu/create/d", "{\"num_parts\":1}").body())
                .contains("Missing value for required parameter 'path'");
        assertThat(http.post(ROOT + "/mpu/create/d", "{\"path\":\"x\",\"num_parts\":0}")
                        .status())
                .isEqualTo(400);
        assertThat(http.get("/api/millwright/v1/uploads/unknown").status()).isEqualTo(404);
    }

    private List<Integer> missing(String id) {
        List<Integer> numbers = new java.util.ArrayList<>();
        json(http.get("/api/millwright/v1/uploads/" + id))
                .get("missing")
                .forEach(part -> numbers.add(part.get("part_number").intValue()));
        return numbers;
    }

    private static JsonNode json(Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return JsonMapper.shared().readTree(answer.body());
    }
}
