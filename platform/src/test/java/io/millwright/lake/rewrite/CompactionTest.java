package io.millwright.lake.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import io.millwright.lake.LakeServer;
import io.millwright.server.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Small files become large ones, and the rows stay what they were.
class CompactionTest {
    private static LakeServer lake;

    @BeforeAll
    static void start() {
        lake = new LakeServer(TestServer.start());
    }

    @AfterAll
    static void stop() {
        lake.close();
    }

    private static JsonNode compact(String dataset) throws Exception {
        JsonNode ended = lake.operate("datasets/" + dataset + "/compact", Json.MAPPER.createObjectNode());
        assertThat(ended.path("state").asString()).as(ended.toString()).isEqualTo("succeeded");
        return ended.path("result");
    }

    private static String rows(String dataset, String at) throws Exception {
        return lake.sql("select count(*), sum(id), sum(hash(id, name)), count(more) from " + dataset + at)
                .rows();
    }

    @Test
    void many_small_files_become_one_with_the_same_rows() throws Exception {
        lake.commit("r.people", "create", "id,name\n0,Ann\n");
        for (int i = 1; i <= 10; i++) lake.commit("r.people", "append", "id,name\n" + i + ",n" + i + "\n");
        lake.commit("r.people", "append", "id,name,more\n11,n11,x\n", "evolve");
        String before = rows("r.people", "");

        JsonNode done = compact("r.people");

        assertThat(done.path("files_before").asInt()).isEqualTo(12);
        assertThat(done.path("files_after").asInt()).isEqualTo(1);
        assertThat(done.path("version").asInt()).isEqualTo(13);
        assertThat(rows("r.people", "")).isEqualTo(before);
        assertThat(rows("r.people", " at (version => 12)")).isEqualTo(before);
        assertThat(lake.sql("select count(*) from r.people at (version => 3)").rows())
                .isEqualTo("3");
        JsonNode versions =
                lake.send(lake.to("datasets/r.people/versions").GET()).body().path("versions");
        assertThat(versions.get(0).path("operation").asString()).isEqualTo("replace");
        assertThat(versions.get(0).path("message").asString()).contains("12 files");
    }

    @Test
    void what_is_large_enough_or_alone_is_left() throws Exception {
        lake.commit("r.alone", "create", "id,name\n0,Ann\n");

        JsonNode done = compact("r.alone");

        assertThat(done.path("files_after").asInt()).isEqualTo(1);
        assertThat(done.has("version")).isFalse();
    }

    @Test
    void a_wrong_wish_is_told() throws Exception {
        assertThat(lake.send(lake.post(
                                "datasets/r.alone/compact",
                                Json.MAPPER.createObjectNode().put("target_bytes", 5)))
                        .status())
                .isEqualTo(400);
        assertThat(lake.send(lake.post("datasets/r.nobody/compact", Json.MAPPER.createObjectNode()))
                        .status())
                .isIn(202, 404);
    }
}
