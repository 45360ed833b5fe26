package io.millwright.lake.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import io.millwright.lake.LakeServer;
import io.millwright.lake.LakeServer.Answer;
import io.millwright.lake.duck.Duck;
import io.millwright.server.TestServer;
import java.io.File;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Who is erased is in no version, no file and no event; everybody else stays.
class ErasureTest {
    private static LakeServer lake;

    @BeforeAll
    static void start() {
        lake = new LakeServer(TestServer.start());
    }

    @AfterAll
    static void stop() {
        lake.close();
    }

    private static JsonNode erase(String dataset, String where, boolean dryRun) throws Exception {
        var wish = Json.MAPPER.createObjectNode().put("where", where).put("reason", "request 17");
        return lake.operate("datasets/" + dataset + "/erase", wish.put("dry_run", dryRun));
    }

    private static JsonNode erased(String dataset, String where) throws Exception {
        JsonNode ended = erase(dataset, where, false);
        assertThat(ended.path("state").asString()).as(ended.toString()).isEqualTo("succeeded");
        return ended.path("result");
    }

    private static List<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asString).toList();
    }

    private static void send(String method, String path, String body, int status) throws Exception {
        Answer answer = lake.send(
                lake.to(path).header("content-type", "application/json").method(method, BodyPublishers.ofString(body)));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    }

    private static String names(String dataset, String at) throws Exception {
        Answer answer = lake.sql("select string_agg(name, ' ' order by id) from " + dataset + " t" + at);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return answer.rows();
    }

    /// What the files of a dataset hold, whether anything names them or not.
    private static String everything(String dataset) throws Exception {
        String folder = dataset.replace('.', '/');
        StringBuilder all = new StringBuilder();
        Path root = lake.server.home().resolve("lake/default/" + folder.substring(0, folder.indexOf('/')));
        try (Stream<Path> files = Files.walk(root);
                Duck duck = Duck.open(new Duck.Caps(64 << 20, 1, Optional.empty()))) {
            String of = "/" + folder.substring(folder.indexOf('/') + 1) + "-";
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(one -> one.toString().contains(of))
                    .toList()) {
                if (file.toString().endsWith(".parquet")) {
                    duck.query("from " + Duck.literal(file.toString()), row -> all.append(row.getString(2)));
                } else if (file.toString().endsWith(".avro")) {
                    all.append(avro(file.toFile()));
                } else {
                    all.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
                }
            }
        }
        return all.toString();
    }

    private static String avro(File file) throws Exception {
        StringBuilder all = new StringBuilder();
        try (var records = new DataFileReader<GenericRecord>(file, new GenericDatumReader<>())) {
            records.forEach(all::append);
        }
        return all.toString();
    }

    /// Once it is sealed.
    private static JsonNode event(String dataset) throws Exception {
        for (long end = System.nanoTime() + Duration.ofSeconds(30).toNanos(); System.nanoTime() < end; ) {
            JsonNode events = lake.send(lake.to("audit/events?entity=dataset:" + dataset + "&action=dataset.erased")
                            .GET())
                    .body()
                    .path("events");
            if (!events.isEmpty()) return events.get(0);
            Thread.sleep(20);
        }
        throw new AssertionError("no event");
    }

    @Test
    void named_versions_are_made_anew_and_the_others_go_with_their_files() throws Exception {
        lake.commit("e.people", "create", "id,name\n1,Ann\n2,Zoroaster\n");
        send("POST", "datasets/e.people/tags", "{\"name\":\"validated\",\"version\":1}", 201);
        lake.commit("e.people", "append", "id,name\n3,Cid\n");
        send(
                "POST",
                "datasets/e.people/pins",
                "{\"version\":2,\"kind\":\"model\",\"holder\":\"model-version:churn/3\"}",
                201);
        lake.commit("e.people", "append", "id,name\n4,Dan\n");
        lake.commit("e.people", "append", "id,name\n5,Eve\n");
        lake.send(lake.to("datasets/e.people/profile").GET());
        assertThat(everything("e.people")).contains("Zoroaster");

        JsonNode dry = erase("e.people", "name = 'Zoroaster'", true).path("result");
        assertThat(names("e.people", " at (version => 3)")).isEqualTo("Ann Zoroaster Cid Dan");
        JsonNode done = erased("e.people", "name = 'Zoroaster'");

        assertThat(done.path("rows").asInt()).isEqualTo(1);
        assertThat(done.path("versions_removed").toString()).isEqualTo("[1,2,3,4]");
        assertThat(texts(done.path("made_anew")))
                .containsExactly("branch main", "model of model-version:churn/3", "tag validated");
        assertThat(dry.path("versions_removed")).isEqualTo(done.path("versions_removed"));
        assertThat(dry.path("made_anew")).isEqualTo(done.path("made_anew"));
        assertThat(names("e.people", "")).isEqualTo("Ann Cid Dan Eve");
        assertThat(names("e.people", " at (version => 'validated')")).isEqualTo("Ann");
        assertThat(lake.sql("from e.people t at (version => 2)").detail()).contains("was removed");
        String pinned = lake.send(lake.to("datasets/e.people/pins").GET())
                .body()
                .path("pins")
                .get(0)
                .path("snapshot_id")
                .asString();
        JsonNode versions =
                lake.send(lake.to("datasets/e.people/versions").GET()).body().path("versions");
        int number = versions.valueStream()
                .filter(version -> version.path("snapshot_id").asString().equals(pinned))
                .findFirst()
                .orElseThrow()
                .path("number")
                .asInt();
        assertThat(names("e.people", " at (version => " + number + ")")).isEqualTo("Ann Cid");
        assertThat(everything("e.people")).contains("Ann").doesNotContain("Zoroaster");

        lake.commit("e.people", "append", "id,name\n6,Fay\n");
        assertThat(names("e.people", "")).isEqualTo("Ann Cid Dan Eve Fay");
        assertThat(erased("e.people", "name = 'Zoroaster'").path("rows").asInt())
                .isZero();
    }

    @Test
    void versions_without_the_rows_stay_as_they_are() throws Exception {
        lake.commit("e.later", "create", "id,name\n1,Ann\n");
        lake.commit("e.later", "append", "id,name\n2,Bob\n");

        JsonNode done = erased("e.later", "id = 2");

        assertThat(done.path("versions_removed").toString()).isEqualTo("[2]");
        assertThat(names("e.later", " at (version => 1)")).isEqualTo("Ann");
        assertThat(names("e.later", "")).isEqualTo("Ann");
    }

    @Test
    void the_event_tells_why_and_proves_what_without_saying_it() throws Exception {
        lake.commit("e.told", "create", "id,name\n1,Ann\n2,Zoroaster\n");

        String receipt = erased("e.told", "name = 'Zoroaster'").path("receipt").asString();

        JsonNode payload = event("e.told").path("payload");
        assertThat(payload.path("reason").asString()).isEqualTo("request 17");
        assertThat(payload.path("rows").asInt()).isEqualTo(1);
        assertThat(payload.path("removed").get(0).path("number").asInt()).isEqualTo(1);
        assertThat(payload.toString()).doesNotContain("Zoroaster").doesNotContain(receipt);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(HexFormat.of().parseHex(receipt), "HmacSHA256"));
        assertThat(HexFormat.of().formatHex(mac.doFinal("name = 'Zoroaster'".getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(payload.path("where_hmac_sha256").asString());
        assertThat(lake.send(lake.to("sql/queries?search=Zoroaster").GET())
                        .body()
                        .path("queries"))
                .isEmpty();
    }

    @Test
    void a_legal_hold_is_stronger() throws Exception {
        lake.commit("e.held", "create", "id,name\n1,Ann\n2,Bob\n");
        lake.commit("e.held", "append", "id,name\n3,Cid\n");
        send(
                "POST",
                "datasets/e.held/pins",
                "{\"version\":1,\"kind\":\"legal-hold\",\"holder\":\"case:7\",\"reason\":\"Bob v. us\"}",
                201);

        JsonNode ended = erase("e.held", "id = 2", false);

        assertThat(ended.path("state").asString()).isEqualTo("failed");
        assertThat(ended.toString()).contains("legal-hold of case:7").contains("nothing was erased");
        assertThat(names("e.held", "")).isEqualTo("Ann Bob Cid");
        assertThat(erased("e.held", "id = 3").path("rows").asInt()).isEqualTo(1);
        assertThat(names("e.held", "")).isEqualTo("Ann Bob");
    }

    @Test
    void rules_do_not_stop_it_and_quarantined_rows_go_too() throws Exception {
        lake.commit("e.guarded", "create", "id,name\n1,Ann\n2,Zoroaster\n");
        send("PUT", "datasets/e.guarded/rules/many", "{\"kind\":\"row_count\",\"min\":2}", 200);
        send("PUT", "datasets/e.guarded/rules/ids", "{\"kind\":\"range\",\"columns\":[\"id\"],\"max\":9}", 200);
        send("PUT", "datasets/e.guarded/guard", "{\"guarded\":true}", 200);
        lake.commit("e.guarded", "append", "id,name\n99,Zoroaster\n");
        assertThat(names("e.guarded", "")).isEqualTo("Ann Zoroaster");

        JsonNode done = erased("e.guarded", "name = 'Zoroaster'");

        assertThat(done.path("rows").asInt()).isEqualTo(2);
        assertThat(texts(done.path("made_anew")).getFirst()).isEqualTo("branch main");
        assertThat(names("e.guarded", "")).isEqualTo("Ann");
        assertThat(everything("e.guarded")).doesNotContain("Zoroaster");
    }

    @Test
    void what_others_append_meanwhile_stays() throws Exception {
        lake.commit("e.busy", "create", "id,name\n0,Bob\n");
        Thread other = Thread.startVirtualThread(() -> {
            try {
                for (int i = 1; i <= 12; i++) lake.commit("e.busy", "append", "id,name\n" + i + ",p" + i + "\n");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        for (int i = 0; i < 4; i++) {
            JsonNode ended = erase("e.busy", "id in (0, 3)", false);
            assertThat(ended.path("state").asString()).as(ended.toString()).isEqualTo("succeeded");
        }
        other.join();
        erased("e.busy", "id in (0, 3)");

        String rest = String.join(
                " ",
                IntStream.rangeClosed(1, 12)
                        .filter(i -> i != 3)
                        .mapToObj(i -> "p" + i)
                        .toList());
        assertThat(names("e.busy", "")).isEqualTo(rest);
    }

    @Test
    void renamed_columns_and_those_that_came_later_are_found() throws Exception {
        lake.commit("e.wide", "create", "id,name\n1,Ann\n2,Bob\n");
        lake.commit("e.wide", "append", "id,name,city\n3,Cid,Ulm\n4,Dan,Bonn\n", "evolve");

        erased("e.wide", "city = 'Ulm' or (city is null and id = 2)");

        assertThat(names("e.wide", "")).isEqualTo("Ann Dan");
    }

    @Test
    void everything_may_go() throws Exception {
        lake.commit("e.all", "create", "id,name\n1,Ann\n");

        erased("e.all", "true");

        assertThat(lake.sql("select count(*) from e.all").rows()).isEqualTo("0");
    }

    @Test
    void a_wrong_wish_is_told_and_does_nothing() throws Exception {
        lake.commit("e.wrong", "create", "id,name\n1,Ann\n");
        assertThat(erase("e.wrong", "nobody = 1", false).toString()).contains("nobody");
        assertThat(erase("e.wrong", "id = (select 1 from e.people)", false).toString())
                .contains("other datasets");
        assertThat(erase("e.wrong", "id = ", false).path("state").asString()).isEqualTo("failed");
        send("POST", "datasets/e.wrong/erase", "{\"where\":\"id = 1\"}", 400);
        send("POST", "datasets/e.wrong/erase", "{\"where\":\" \",\"reason\":\"x\"}", 400);
        send("POST", "datasets/e.nobody/erase", "{\"where\":\"id = 1\",\"reason\":\"x\"}", 404);
        assertThat(names("e.wrong", "")).isEqualTo("Ann");
        assertThat(lake.send(lake.to("datasets/e.wrong/versions").GET()).body().path("versions"))
                .hasSize(1);
    }
}
