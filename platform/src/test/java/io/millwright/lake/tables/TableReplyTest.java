package io.millwright.lake.tables;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import io.millwright.lake.LakeServer;
import io.millwright.server.TestServer;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.apache.iceberg.Files;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What a client of Iceberg's REST gets when it loads a table.
class TableReplyTest {
    private static LakeServer lake;

    @BeforeAll
    static void start() throws Exception {
        lake = new LakeServer(TestServer.start());
        lake.commit("t.people", "create", "id,name\n1,Ann\n");
        lake.commit("t.people", "append", "id,name\n2,Bob\n");
    }

    @AfterAll
    static void stop() {
        lake.close();
    }

    private static HttpResponse<String> load(String query, String known) throws Exception {
        URI uri = lake.server.uri().resolve("/iceberg/v1/default/namespaces/t/tables/people" + query);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri);
        if (!known.isEmpty()) request.header("if-none-match", known);
        return lake.client.send(request.build(), BodyHandlers.ofString());
    }

    private static String etag(HttpResponse<String> reply) {
        return reply.headers().firstValue("etag").orElseThrow();
    }

    @Test
    void the_metadata_is_that_of_the_file() throws Exception {
        JsonNode reply = Json.MAPPER.readTree(load("", "").body());

        Path file = Path.of(URI.create(reply.path("metadata-location").asString()));
        TableMetadata written = TableMetadataParser.read(Files.localInput(file.toFile()));
        assertThat(file.toString()).endsWith(".gz.metadata.json");
        assertThat(reply.path("metadata")).isEqualTo(Json.MAPPER.readTree(TableMetadataParser.toJson(written)));
        assertThat(reply.path("metadata").path("snapshots")).hasSize(2);
    }

    @Test
    void what_is_known_is_not_sent_again_and_a_part_is_not_the_whole() throws Exception {
        HttpResponse<String> all = load("", "");
        HttpResponse<String> refs = load("?snapshots=refs", "");

        assertThat(load("", etag(all)).statusCode()).isEqualTo(304);
        assertThat(load("?snapshots=refs", etag(refs)).statusCode()).isEqualTo(304);
        assertThat(load("", etag(refs)).statusCode()).isEqualTo(200);
        assertThat(Json.MAPPER.readTree(refs.body()).at("/metadata/snapshots")).hasSize(1);
        assertThat(load("?snapshots=some", "").statusCode()).isEqualTo(400);
    }
}
