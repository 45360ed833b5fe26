package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millwright.http.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// A server whose disk fills up. The small disk is a file system in memory, which only root may mount.
class DiskFullTest {
    private static final int BATCH = 500;

    @TempDir
    Path disk;

    @Test
    @Timeout(120)
    void writes_are_refused_whole_reading_goes_on_and_with_space_again_so_does_writing() throws Exception {
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk.toString()) == 0, "needs root on Linux");
        try (TestServer server =
                TestServer.start(Map.of("home", disk.resolve("home").toString()))) {
            String run = Json.MAPPER
                    .readTree(post(server, "runs/create", "{\"experiment_id\": \"0\"}")
                            .body())
                    .at("/run/info/run_id")
                    .asString();
            int batches = 0;
            assertThat(log(server, run, batches++).status()).isEqualTo(200);
            Path ballast = disk.resolve("ballast");
            fill(ballast);

            RawHttp.Answer refused = log(server, run, batches);
            while (refused.status() == 200) refused = log(server, run, ++batches); // What its files had room for.
            assertFull(refused, "TEMPORARILY_UNAVAILABLE");
            assertFull(upload(server, "0/x/large.bin", 1_000_000), "TEMPORARILY_UNAVAILABLE");
            assertThat(points(server, run)).isEqualTo(batches * BATCH);
            assertThat(get(server, "mlflow-artifacts/artifacts?path=0/x").text())
                    .isEqualTo("{}");
            assertThat(get(server, "mlflow-artifacts/artifacts/0/x/large.bin").status())
                    .isEqualTo(404);

            Files.delete(ballast);

            assertThat(log(server, run, batches).status()).isEqualTo(200);
            assertThat(points(server, run)).isEqualTo((batches + 1) * BATCH);
            assertThat(upload(server, "0/x/large.bin", 1_000_000).status()).isEqualTo(200);
            assertThat(get(server, "mlflow-artifacts/artifacts?path=0/x").text())
                    .contains("large.bin", "1000000");
        } finally {
            run("umount", disk.toString());
        }
    }

    private static void assertFull(RawHttp.Answer answer, String code) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(503);
        JsonNode told = Json.MAPPER.readTree(answer.body());
        assertThat(told.path("error_code").asString()).isEqualTo(code);
        assertThat(told.path("message").asString()).contains("full", "Free space");
        assertThat(told.size()).isEqualTo(2);
    }

    private static RawHttp.Answer post(TestServer server, String path, String body) throws IOException {
        try (RawHttp raw = new RawHttp(server.uri())) {
            return raw.post("/api/2.0/mlflow/" + path, body).answer();
        }
    }

    private static RawHttp.Answer get(TestServer server, String path) throws IOException {
        try (RawHttp raw = new RawHttp(server.uri())) {
            return raw.send("GET /api/2.0/" + path + " HTTP/1.1\r\nHost: HOST\r\n\r\n")
                    .answer();
        }
    }

    private static RawHttp.Answer upload(TestServer server, String path, int size) throws IOException {
        try (RawHttp raw = new RawHttp(server.uri())) {
            raw.send("PUT /api/2.0/mlflow-artifacts/artifacts/" + path + " HTTP/1.1\r\nHost: HOST\r\nContent-Length: "
                    + size + "\r\n\r\n");
            return raw.send(new byte[size]).answer();
        }
    }

    /// The points of one batch follow those of the one before.
    private static RawHttp.Answer log(TestServer server, String run, int batch) throws IOException {
        String metrics = IntStream.range(batch * BATCH, (batch + 1) * BATCH)
                .mapToObj("{\"key\": \"m\", \"value\": 1, \"timestamp\": %1$d, \"step\": %1$d}"::formatted)
                .collect(Collectors.joining(","));
        return post(server, "runs/log-batch", "{\"run_id\": \"" + run + "\", \"metrics\": [" + metrics + "]}");
    }

    private static int points(TestServer server, String run) throws IOException {
        int count = 0;
        String token = "";
        do {
            JsonNode page = Json.MAPPER.readTree(
                    get(server, "mlflow/metrics/get-history?run_id=" + run + "&metric_key=m&max_results=500" + token)
                            .body());
            count += page.path("metrics").size();
            token = page.has("next_page_token")
                    ? "&page_token=" + page.path("next_page_token").asString()
                    : "";
        } while (!token.isEmpty());
        return count;
    }

    private static int run(String... command) throws Exception {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    private static void fill(Path ballast) throws IOException {
        try (var out = Files.newOutputStream(ballast)) {
            byte[] page = new byte[4096];
            while (true) out.write(page);
        } catch (IOException full) {
            assertThat(Files.size(ballast)).isPositive();
        }
    }
}
