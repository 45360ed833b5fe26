package io.millwright.lake.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import io.millwright.lake.LakeServer;
import io.millwright.lake.LakeServer.Answer;
import io.millwright.server.TestServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Queries over datasets, as people send them.
class QueryTest {
    private static LakeServer sql;

    @BeforeAll
    static void start() throws Exception {
        sql = new LakeServer(TestServer.start());
        sql.commit("census.people", "create", "id,name,year\n1,Ann,2015\n2,Bob,2015\n");
        sql.commit("census.people", "append", "id,name,year\n3,Cid,2016\n");
        sql.commit("census.people", "append", "id,name,year,income\n4,Dan,2017,10.5\n", "evolve");
        sql.commit("geo.state.cities", "create", "city,year\nRome,2015\nOslo,2016\n");
    }

    @AfterAll
    static void stop() {
        sql.close();
    }

    private static Answer ask(String text) throws IOException, InterruptedException {
        return sql.sql(text);
    }

    @Test
    void a_query_answers_columns_rows_and_the_versions_it_read() throws Exception {
        Answer answer = ask("select year, count(*) as n from census.people group by 1 order by 1");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.rows()).isEqualTo("2015 2|2016 1|2017 1");
        assertThat(answer.body().path("columns").toString())
                .isEqualTo("[{\"name\":\"year\",\"type\":\"BIGINT\"},{\"name\":\"n\",\"type\":\"BIGINT\"}]");
        assertThat(answer.body().path("truncated").asBoolean(true)).isFalse();
        JsonNode read = answer.body().path("snapshots").get(0);
        assertThat(read.path("dataset").asString()).isEqualTo("census.people");
        assertThat(read.path("version").asInt()).isEqualTo(3);
        assertThat(read.path("columns").toString()).isEqualTo("[\"year\"]");
    }

    @Test
    void an_older_version_is_read_by_number_tag_or_time_with_the_columns_it_had() throws Exception {
        assertThat(ask("select count(*) from census.people at (version => 1)").rows())
                .isEqualTo("2");
        assertThat(ask("from census.people at (version => 2) order by id").rows())
                .isEqualTo("1 Ann 2015|2 Bob 2015|3 Cid 2016");
        Answer tagged = sql.send(sql.post(
                "datasets/census.people/tags",
                Json.MAPPER.createObjectNode().put("name", "validated/2015").put("version", "1")));
        assertThat(tagged.status()).as(tagged.toString()).isIn(200, 201, 204);
        assertThat(ask("select count(*) from census.people p at (version => 'validated/2015')")
                        .rows())
                .isEqualTo("2");
        assertThat(ask("select count(*) from census.people at (timestamp => '2100-01-01')")
                        .rows())
                .isEqualTo("4");
        Answer before = ask("select count(*) from census.people at (timestamp => timestamp '2001-01-01 00:00:00')");
        assertThat(before.status()).isEqualTo(404);
        assertThat(before.detail()).contains("2001");
        assertThat(ask("select now.n, old.n from (select count(*) n from census.people) now, (select count(*) n from"
                                + " census.people at (version => 1)) old")
                        .rows())
                .isEqualTo("4 2");
    }

    @Test
    void datasets_are_called_by_their_whole_name_anywhere() throws Exception {
        assertThat(ask("select census.people.name, c.city from census.people join geo.state.cities c on c.year ="
                                + " census.people.year and census.people.id <> 2 order by 1")
                        .rows())
                .isEqualTo("Ann Rome|Cid Oslo");
        assertThat(ask("with people as (select * from census.people where year = 2015) select count(*) from people")
                        .rows())
                .isEqualTo("2");
        assertThat(ask("select people.* exclude (income) from census.people where id = 4")
                        .rows())
                .isEqualTo("4 Dan 2017");
        assertThat(ask("describe census.people").rows()).contains("income DOUBLE");
        assertThat(ask("select column_name, max from (summarize census.people) where column_name = 'id'")
                        .rows())
                .isEqualTo("id 4");
        assertThat(ask("from census.people pivot (count(*) for year in (2015, 2016)) limit 1")
                        .status())
                .isEqualTo(200);
        assertThat(ask("with recursive t as (select 1 as n union all select n + 1 from t where n < 3) from t")
                        .rows())
                .isEqualTo("1|2|3");
        assertThat(ask("select id, row_number() over (order by id desc) from census.people qualify id = 1")
                        .rows())
                .isEqualTo("1 4");
    }

    @Test
    void every_kind_of_value_has_a_form_in_json() throws Exception {
        Answer answer = ask(
                "select 1::tinyint, 9007199254740993, 12345678901234567890::hugeint, sum(7::bigint), 1.50::decimal(9,2), 'nan'::double,"
                        + " true, null, date '2020-01-02', timestamp '2020-01-02 03:04:05', timestamptz '2020-01-02 03:04:05+02',"
                        + " [1, null], {'a': {'b': 'x'}}, map {'k': 1}, 'ab'::blob, interval 3 days, uuid"
                        + " '00000000-0000-0000-0000-000000000001', time '01:02:03', ''");

        assertThat(answer.body().path("rows").get(0).toString())
                .isEqualTo("[1,\"9007199254740993\",\"12345678901234567890\",7,1.5,\"NaN\",true,null,\"2020-01-02\","
                        + "\"2020-01-02T03:04:05\",\"2020-01-02T01:04:05Z\",[1,null],{\"a\":{\"b\":\"x\"}},{\"k\":1},"
                        + "\"YWI=\",\"3 days\",\"00000000-0000-0000-0000-000000000001\",\"01:02:03\",\"\"]");
    }

    @Test
    void json_is_cut_at_the_rows_that_are_wanted() throws Exception {
        Answer answer = sql.send(sql.post(
                "sql",
                Json.MAPPER
                        .createObjectNode()
                        .put("sql", "select * from range(100)")
                        .put("max_rows", 3)));

        assertThat(answer.rows()).isEqualTo("0|1|2");
        assertThat(answer.body().path("truncated").asBoolean()).isTrue();
    }

    @Test
    void a_result_is_sent_as_csv_lines_arrow_or_parquet() throws Exception {
        String text =
                "select id, name, [id] as l from census.people where id < 3 union all select 9, 'a \"b\", c', null order by id";
        assertThat(new String(body(text, "text/csv"), StandardCharsets.UTF_8))
                .isEqualTo("id,name,l\r\n1,Ann,[1]\r\n2,Bob,[2]\r\n9,\"a \"\"b\"\", c\",\r\n");
        assertThat(new String(body(text, "application/x-ndjson"), StandardCharsets.UTF_8))
                .startsWith("{\"id\":1,\"name\":\"Ann\",\"l\":[1]}\n")
                .endsWith("\"l\":null}\n");
        try (var memory = new RootAllocator();
                var reader = new ArrowStreamReader(
                        new ByteArrayInputStream(body(text, "application/vnd.apache.arrow.stream")), memory)) {
            assertThat(reader.loadNextBatch()).isTrue();
            assertThat(reader.getVectorSchemaRoot().contentToTSVString())
                    .isEqualTo("id\tname\tl\n1\tAnn\t[1]\n2\tBob\t[2]\n9\ta \"b\", c\tnull\n");
        }
        byte[] parquet = body(text, "application/vnd.apache.parquet");
        sql.commit("copies.people" + System.nanoTime(), "create", "a.parquet", parquet);
    }

    private static byte[] body(String text, String accept) throws Exception {
        var answer = sql.bytes(
                sql.post("sql", Json.MAPPER.createObjectNode().put("sql", text)).header("accept", accept));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type").orElse("")).startsWith(accept);
        return answer.body();
    }

    @Test
    void a_million_rows_are_streamed_whole() throws Exception {
        byte[] csv = body("select range as n, 'x' || range as t from range(1000000)", "text/csv");

        List<String> lines = new String(csv, StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).hasSize(1_000_001);
        assertThat(lines.getLast()).isEqualTo("999999,x999999");
    }

    @Test
    void what_is_wrong_with_a_query_is_told_without_a_word_of_this_machine() throws Exception {
        assertThat(ask("select nam from census.people").detail())
                .contains("\"nam\"")
                .contains("name");
        assertThat(ask("selec 1").detail()).contains("cannot be read at character 1");
        assertThat(ask("select 1; select 2").detail()).contains("2 statements");
        assertThat(ask("select * from census.nobody").status()).isEqualTo(404);
        assertThat(ask("select * from people").detail()).contains("namespace");
        assertThat(ask("select 'x'::int").detail()).contains("Could not convert string 'x'");
        assertThat(ask("select $1").detail()).contains("parameters");
        assertThat(ask("").detail()).contains("empty");
        assertThat(ask("select * from census.people at (version => 99)").status())
                .isEqualTo(404);
        assertThat(ask("select * from census.people at (version => 'nope')").detail())
                .contains("nope");
    }

    @Test
    void a_query_that_runs_too_long_is_cancelled_by_its_id() throws Exception {
        String id = "0123456789abcdef0123456789abcdef";
        var body = Json.MAPPER
                .createObjectNode()
                .put(
                        "sql",
                        "select count(*) from range(10000000) a, range(10000000) b where hash(a.range, b.range) = 7");
        CompletableFuture<Answer> slow = CompletableFuture.supplyAsync(() -> {
            try {
                return sql.send(sql.post("sql", body).header("x-query-id", id));
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Answer cancel = sql.send(sql.to("sql/queries/" + id).DELETE());
        for (long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
                cancel.status() != 202 && System.nanoTime() < end; ) {
            cancel = sql.send(sql.to("sql/queries/" + id).DELETE());
        }

        assertThat(cancel.status()).isEqualTo(202);
        assertThat(slow.get().status()).isEqualTo(409);
        assertThat(slow.get().detail()).contains("cancelled");
        Answer told = sql.send(sql.to("sql/queries/" + id).GET());
        assertThat(told.body().path("state").asString()).isEqualTo("cancelled");
        assertThat(sql.send(sql.to("sql/queries/" + id).DELETE()).status()).isEqualTo(409);
        assertThat(sql.send(sql.post("sql", body).header("x-query-id", id)).status())
                .isEqualTo(409);
    }

    @Test
    void a_query_that_needs_too_much_memory_or_answers_too_much_is_told() throws Exception {
        Answer large = ask("select list(range) from range(1000000000)");
        assertThat(large.status()).as(large.toString()).isEqualTo(413);
        assertThat(large.detail()).contains("MiB");
        Answer text = ask("select repeat('x', 2000000000)");
        assertThat(text.status()).as(text.toString()).isBetween(400, 499);
        assertThat(ask("select 1").rows()).isEqualTo("1");
    }

    @Test
    void what_was_asked_can_be_looked_up() throws Exception {
        String marker = "'m" + System.nanoTime() + "'";
        ask("select " + marker + ", count(*) from census.people");
        ask("select " + marker + " from census.people where nosuch = 1");

        JsonNode found = sql.send(
                        sql.to("sql/queries?search=" + marker.replace("'", "")).GET())
                .body()
                .path("queries");
        assertThat(found.size()).isEqualTo(2);
        assertThat(found.get(0).path("state").asString()).isEqualTo("failed");
        assertThat(found.get(0).path("error").asString()).contains("nosuch");
        assertThat(found.get(1).path("state").asString()).isEqualTo("done");
        assertThat(found.get(1).path("rows").asInt()).isEqualTo(1);
        assertThat(found.get(1).path("snapshots").get(0).path("version").asInt())
                .isEqualTo(3);

        List<String> seen = new ArrayList<>();
        String token = "";
        do {
            JsonNode page = sql.send(
                            sql.to("sql/queries?max_results=2" + (token.isEmpty() ? "" : "&page_token=" + token))
                                    .GET())
                    .body();
            page.path("queries").forEach(one -> seen.add(one.path("query_id").asString()));
            token = page.path("next_page_token").asString("");
        } while (!token.isEmpty());
        assertThat(seen).doesNotHaveDuplicates().hasSizeGreaterThan(2);
    }

    @Test
    void a_query_is_estimated_before_it_runs() throws Exception {
        Answer told = sql.send(sql.post(
                "sql/explain", Json.MAPPER.createObjectNode().put("sql", "select * from census.people where id = 3")));

        assertThat(told.status()).as(told.toString()).isEqualTo(200);
        assertThat(told.body().path("estimate").path("rows").asInt()).isEqualTo(1);
        assertThat(told.body().path("estimate").path("files").asInt()).isEqualTo(1);
        assertThat(told.body().path("estimate").path("files_in_all").asInt()).isEqualTo(3);
        assertThat(told.body().path("plan").asString()).contains("READ_PARQUET").doesNotContain("/home");
        Answer refused = sql.send(sql.post(
                "sql",
                Json.MAPPER.createObjectNode().put("sql", "from census.people").put("max_bytes", 10)));
        assertThat(refused.status()).isEqualTo(413);
        assertThat(refused.detail()).contains("3 files");
    }

    @Test
    void a_query_is_saved_under_a_name() throws Exception {
        var body =
                Json.MAPPER.createObjectNode().put("sql", "from census.people").put("description", "All.");
        var put = sql.to("sql/saved/All%20people").PUT(BodyPublishers.ofString(body.toString()));
        assertThat(sql.send(put).body().path("edition").asInt()).isEqualTo(1);
        assertThat(sql.send(put.copy().header("if-match", "\"1\""))
                        .body()
                        .path("edition")
                        .asInt())
                .isEqualTo(2);
        assertThat(sql.send(put.copy().header("if-match", "\"1\"")).status()).isEqualTo(412);
        assertThat(sql.send(sql.to("sql/saved/All%20people").GET())
                        .body()
                        .path("sql")
                        .asString())
                .isEqualTo("from census.people");
        assertThat(sql.send(sql.to("sql/saved").GET()).body().path("queries").size())
                .isEqualTo(1);
        var wrong = Json.MAPPER.createObjectNode().put("sql", "drop table x");
        assertThat(sql.send(sql.to("sql/saved/x").PUT(BodyPublishers.ofString(wrong.toString())))
                        .status())
                .isEqualTo(400);
        assertThat(sql.send(sql.to("sql/saved/All%20people").DELETE()).status()).isEqualTo(204);
        assertThat(sql.send(sql.to("sql/saved/All%20people").GET()).status()).isEqualTo(404);
    }

    @Test
    void fields_are_read_by_their_id_whatever_they_were_called() throws Exception {
        String csv =
                IntStream.range(0, 100).mapToObj(i -> i + ",v" + i).collect(Collectors.joining("\n", "a,b\n", "\n"));
        sql.commit("ids.t", "create", csv);
        assertThat(ask("select sum(a), max(b) from ids.t").rows()).isEqualTo("4950 v99");
    }

    @Test
    void a_result_becomes_a_dataset_that_knows_what_it_was_made_from() throws Exception {
        var body = Json.MAPPER
                .createObjectNode()
                .put("sql", "select year, count(*) as n, avg(income) as income from census.people group by 1")
                .put("dataset", "census.by_year");
        Answer made = sql.send(sql.post("sql/store", body));

        assertThat(made.status()).as(made.toString()).isEqualTo(200);
        assertThat(made.body().path("rows").asInt()).isEqualTo(3);
        assertThat(ask("select year, n from census.by_year order by 1").rows()).isEqualTo("2015 2|2016 1|2017 1");
        assertThat(sql.send(sql.post("sql/store", body)).status()).isEqualTo(409);
        assertThat(sql.send(sql.post("sql/store", body.put("mode", "overwrite")))
                        .body()
                        .path("number")
                        .asInt())
                .isEqualTo(2);
        assertThat(ask("select count(*) from census.by_year").rows()).isEqualTo("3");
        assertThat(sql.send(sql.post("sql/store", body.put("mode", "append")))
                        .body()
                        .path("rows")
                        .asInt())
                .isEqualTo(6);
        Answer wrong = sql.send(sql.post("sql/store", body.put("sql", "select 'x' as year, 1 as more")));
        assertThat(wrong.status()).isEqualTo(409);
        assertThat(wrong.detail()).contains("'more' is no column", "'year' is long there and string", "'n' is missing");
        assertThat(ask("select count(*) from census.by_year").rows()).isEqualTo("6");
    }
}
