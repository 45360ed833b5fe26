package io.millwright.lake.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millwright.lake.LakeServer;
import io.millwright.server.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Profiles through the server's own API, beside what SQL says exactly.
class ProfileTest {
    private static LakeServer lake;

    @BeforeAll
    static void start() throws Exception {
        lake = new LakeServer(TestServer.start());
        lake.commit("census.people", "create", rows(0, 20_000));
        lake.commit("census.people", "append", rows(20_000, 10_000));
    }

    @AfterAll
    static void stop() {
        lake.close();
    }

    private static String rows(int from, int count) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> i + "," + (i % 10 == 0 ? "" : "name" + i % 7) + "," + (i * 0.5) + "," + (i % 3 == 0)
                        + "," + "20" + (10 + i % 9) + "-01-0" + (1 + i % 9) + ",2020-01-01 00:00:0" + i % 10 + ",a" + i
                        + "@b.org")
                .collect(Collectors.joining("\n", "id,name,half,third,day,at,mail\n", "\n"));
    }

    private static JsonNode get(String path) throws Exception {
        LakeServer.Answer answer = lake.send(lake.to("datasets/" + path).GET());
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return answer.body();
    }

    private static JsonNode column(JsonNode profile, String name) {
        return profile.path("columns")
                .valueStream()
                .filter(column -> column.path("name").asString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_profile_of_several_files_agrees_with_what_sql_counts() throws Exception {
        JsonNode profile = get("census.people/profile");

        assertThat(profile.path("rows").asLong()).isEqualTo(30_000);
        assertThat(profile.at("/version/number").asInt()).isEqualTo(2);
        JsonNode id = column(profile, "id");
        assertThat(id.path("count").asLong()).isEqualTo(30_000);
        assertThat(id.path("min").asLong()).isZero();
        assertThat(id.path("max").asLong()).isEqualTo(29_999);
        assertThat(id.path("mean").asDouble()).isCloseTo(14_999.5, within(1e-6));
        assertThat(id.path("deviation").asDouble()).isCloseTo(8_660.398, within(0.01));
        assertThat(id.at("/distinct/least").asLong()).isLessThanOrEqualTo(30_000);
        assertThat(id.at("/distinct/most").asLong()).isGreaterThanOrEqualTo(30_000);
        assertThat(id.at("/quantiles/0.5").asDouble())
                .isCloseTo(15_000, within(30_000 * 3 * id.path("rank_error").asDouble()));
        assertThat(id.at("/histogram/counts").size()).isEqualTo(20);
        assertThat(id.at("/histogram/counts")
                        .valueStream()
                        .mapToLong(JsonNode::asLong)
                        .sum())
                .isBetween(29_980L, 30_020L);
        JsonNode name = column(profile, "name");
        assertThat(name.path("nulls").asLong()).isEqualTo(3_000);
        assertThat(name.at("/distinct/estimate").asLong()).isEqualTo(7);
        assertThat(name.path("all_values_known").asBoolean()).isTrue();
        assertThat(name.path("top").size()).isEqualTo(7);
        LakeServer.Answer exact = lake.sql("select name, count(*) from census.people where name is not null group by 1"
                + " order by 2 desc, 1 limit 1");
        assertThat(name.at("/top/0/count").asLong())
                .isEqualTo(exact.body().at("/rows/0/1").asLong());
        assertThat(name.at("/length/mean").asDouble()).isEqualTo(5);
        assertThat(column(profile, "third").at("/top/0/value").asBoolean(true)).isFalse();
        assertThat(column(profile, "day").path("min").asString()).isEqualTo("2010-01-01");
        assertThat(column(profile, "at").path("max").asString()).isEqualTo("2020-01-01T00:00:09");
        assertThat(column(profile, "mail").at("/hints/0/looks_like").asString()).isEqualTo("email");
        JsonNode strongest = profile.at("/correlations/pairs/0");
        assertThat(strongest.path("r").asDouble()).isCloseTo(1, within(1e-9));
        assertThat(profile.at("/correlations/sampled_rows").asLong()).isEqualTo(10_000);
    }

    @Test
    void an_older_version_has_its_own_and_files_are_read_once() throws Exception {
        assertThat(get("census.people/profile?version=1").path("rows").asLong()).isEqualTo(20_000);
        get("census.people/profile");
        Path home = lake.server.home().resolve("lake/default/census");
        try (Stream<Path> files = Files.walk(home)) {
            assertThat(files.filter(file -> file.toString().matches(".*/people-.*[.]sketch"))
                            .count())
                    .isEqualTo(2);
        }
    }

    @Test
    void what_is_broken_is_made_again() throws Exception {
        lake.commit("census.broken", "create", rows(0, 10));
        get("census.broken/profile");
        Path sketch;
        try (Stream<Path> files = Files.walk(lake.server.home().resolve("lake/default/census"))) {
            sketch = files.filter(file -> file.toString().endsWith(".sketch")
                            && file.toString().contains("broken"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.delete(sketch);
        Files.writeString(sketch, "no sketch");

        assertThat(get("census.broken/profile").path("rows").asLong()).isEqualTo(10);
    }

    @Test
    void a_diff_tells_what_moved() throws Exception {
        lake.commit("census.moved", "create", rows(0, 5_000));
        String other = IntStream.range(0, 5_000)
                .mapToObj(i ->
                        (i + 4_000) + ",other," + (i * 0.5) + ",true,2011-01-01,2020-01-01 00:00:00,a" + i + "@b.org")
                .collect(Collectors.joining("\n", "id,name,half,third,day,at,mail\n", "\n"));
        LakeServer.Answer upload = lake.send(lake.to("datasets/census.moved/uploads?name=b.csv")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString(other)));
        var body = io.millwright.http.Json.MAPPER
                .createObjectNode()
                .put("upload", upload.body().path("upload").asString())
                .put("mode", "overwrite");
        assertThat(lake.send(lake.post("datasets/census.moved/versions", body)).status())
                .isEqualTo(201);

        JsonNode diff = get("census.moved/profile/diff?from=1&to=2");

        JsonNode id = column(diff, "id").path("moved");
        assertThat(id.path("ks").asDouble()).isCloseTo(0.8, within(0.05));
        assertThat(id.path("psi").asDouble()).isGreaterThan(0.25);
        JsonNode half = column(diff, "half").path("moved");
        assertThat(half.path("ks").asDouble()).isLessThan(0.03);
        assertThat(half.path("psi").asDouble()).isLessThan(0.01);
        JsonNode name = column(diff, "name").path("moved");
        assertThat(name.path("appeared").toString()).isEqualTo("[\"other\"]");
        assertThat(name.path("gone").size()).isEqualTo(7);
        assertThat(name.path("null_share_before").asDouble()).isCloseTo(0.1, within(1e-9));
        assertThat(name.path("null_share_after").asDouble()).isZero();
    }

    @Test
    void wrong_questions_are_told() throws Exception {
        assertThat(lake.send(lake.to("datasets/census.nobody/profile").GET()).status())
                .isEqualTo(404);
        assertThat(lake.send(lake.to("datasets/census.people/profile/diff").GET())
                        .detail())
                .contains("'from'");
        assertThat(lake.send(lake.to("datasets/census.people/profile?version=77")
                                .GET())
                        .status())
                .isEqualTo(404);
    }
}
