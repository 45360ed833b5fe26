package io.millwright.lake.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millwright.http.Json;
import io.millwright.lake.duck.Duck;
import io.millwright.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Files become versions, or are refused with a reason, through the server's own API.
class IngestTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String OLD = "CensusId,State,Citizen,Income\n"
            + rows(i -> (1001 + 2 * i) + ",State " + i % 7 + "," + 1000 * i + "," + (30_000 + i) + ".5");
    private static final String NEW = "CountyId,State,VotingAgeCitizen,Income\n"
            + rows(i -> "0" + (1001 + 2 * i) + ",State " + i % 7 + "," + 1010 * i + "," + (31_000 + i));

    private static TestServer server;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private record Answer(int status, JsonNode body) {
        String detail() {
            return body.path("detail").asString();
        }
    }

    private static String rows(java.util.function.IntFunction<String> row) {
        return IntStream.range(0, 50).mapToObj(row).collect(Collectors.joining("\n", "", "\n"));
    }

    private static Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        var answer = CLIENT.send(request.build(), BodyHandlers.ofString());
        return new Answer(answer.statusCode(), Json.MAPPER.readTree(answer.body()));
    }

    private static HttpRequest.Builder to(String target) {
        return HttpRequest.newBuilder(server.uri().resolve("/api/millwright/v1/datasets/" + target));
    }

    private static Answer upload(String dataset, String query, byte[] body) throws IOException, InterruptedException {
        return send(to(dataset + "/uploads?" + query).POST(BodyPublishers.ofByteArray(body)));
    }

    private static Answer upload(String dataset, String query, String body) throws IOException, InterruptedException {
        return upload(dataset, query, body.getBytes(StandardCharsets.UTF_8));
    }

    private static Answer commit(String dataset, Answer upload, String mode, String more)
            throws IOException, InterruptedException {
        String body = "{\"upload\": \"%s\", \"mode\": \"%s\"%s}"
                .formatted(upload.body().path("upload").asString(), mode, more);
        return send(to(dataset + "/versions")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    private static int versions(String dataset) throws IOException, InterruptedException {
        return send(to(dataset + "/versions").GET()).body().path("versions").size();
    }

    @Test
    void a_file_is_shown_and_then_becomes_versions() throws Exception {
        Answer sent = upload("walk.people", "name=people.csv", OLD);

        assertThat(sent.status()).isEqualTo(201);
        assertThat(sent.body().path("columns").toString())
                .isEqualTo("[{\"name\":\"CensusId\",\"type\":\"long\"},{\"name\":\"State\",\"type\":\"string\"},"
                        + "{\"name\":\"Citizen\",\"type\":\"long\"},{\"name\":\"Income\",\"type\":\"double\"}]");
        assertThat(sent.body().at("/preview/1/0").asString()).isEqualTo("1003");

        Answer made = commit("walk.people", sent, "create", "");
        Answer added = commit("walk.people", upload("walk.people", "", OLD), "append", "");
        Answer replaced = commit("walk.people", upload("walk.people", "", OLD), "overwrite", "");

        assertThat(made.body().path("number").asInt()).isEqualTo(1);
        assertThat(added.body().path("rows").asInt()).isEqualTo(100);
        assertThat(replaced.body().path("rows").asInt()).isEqualTo(50);
        assertThat(commit("walk.people", sent, "append", "").status()).isEqualTo(404); // Used up.
    }

    @Test
    void renamed_columns_are_named_and_a_mapping_settles_them() throws Exception {
        renames("renames.census", OLD.getBytes(StandardCharsets.UTF_8), NEW.getBytes(StandardCharsets.UTF_8));
    }

    /// The real tables, where they are: a folder named by MILLWRIGHT_TEST_CENSUS.
    @Test
    void the_census_of_2017_follows_that_of_2015() throws Exception {
        Optional<Path> data =
                Optional.ofNullable(System.getenv("MILLWRIGHT_TEST_CENSUS")).map(Path::of);
        assumeTrue(data.isPresent(), "MILLWRIGHT_TEST_CENSUS names no folder with the census tables");

        renames(
                "real.census",
                Files.readAllBytes(data.get().resolve("acs2015_county_data.csv")),
                Files.readAllBytes(data.get().resolve("acs2017_county_data.csv")));
    }

    private static void renames(String dataset, byte[] before, byte[] after) throws Exception {
        commit(dataset, upload(dataset, "", before), "create", "");

        Answer sent = upload(dataset, "", after);
        assertThat(sent.body().at("/diff/fits").asBoolean()).isFalse();
        assertThat(sent.body().at("/diff/renames").size()).isEqualTo(2);
        for (String evolve : new String[] {"", ", \"evolve\": true"}) {
            Answer refused = commit(dataset, sent, "append", evolve);
            assertThat(refused.status()).isEqualTo(409);
            assertThat(refused.detail())
                    .contains(
                            "'CountyId' is probably 'CensusId' renamed",
                            "'VotingAgeCitizen' is probably 'Citizen' renamed",
                            "mapping");
        }
        assertThat(versions(dataset)).isEqualTo(1);

        Answer taken = commit(
                dataset,
                sent,
                "append",
                ", \"mapping\": {\"CountyId\": \"CensusId\", \"VotingAgeCitizen\": \"Citizen\"}");
        assertThat(taken.status()).as(taken.detail()).isEqualTo(201);
        assertThat(taken.body().path("number").asInt()).isEqualTo(2);
    }

    @Test
    void evolving_adds_columns_and_a_break_stays_one() throws Exception {
        commit("evolve.t", upload("evolve.t", "", "a,b\n1,x\n"), "create", "");
        Answer more = upload("evolve.t", "", "a,b,extra_thing\n2,y,2020-01-02\n");

        assertThat(commit("evolve.t", more, "append", "").detail())
                .contains("+ 'extra_thing' (date) is not in the dataset", "--evolve");
        Answer grown = commit("evolve.t", more, "append", ", \"evolve\": true");
        assertThat(grown.status()).as(grown.detail()).isEqualTo(201);

        Answer broken = commit(
                "evolve.t",
                upload("evolve.t", "", "a,b,extra_thing\nzz,y,2020-01-02\n"),
                "append",
                ", \"evolve\": true");
        assertThat(broken.detail()).contains("! 'a' is long in the dataset and string in the file");
        assertThat(versions("evolve.t")).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "ragged      | a,b,c\\n1,x,2.5\\n2,y\\n3,z,3.5,9\\n                  | none         | line 3",
                "two formats | d,n\\n2020-01-02,1\\n03/04/2021,2\\n05.06.2022,3\\n    | 'd':'date'   | line 3, column 'd'",
                "comma       | a;n\\n1;1,5\\n2;2,5\\n                               | 'n':'double' | Say decimal=,",
                "late text   | a\\n1\\nabc\\n                                       | 'a':'long'   | line 3, column 'a'",
                "twice       | a,b,A\\n1,2,3\\n                                     | none         | columns #1 and #3 are both called 'A'",
                "nameless    | a,,c\\n1,2,3\\n                                      | none         | column #2 has no name",
                "header only | a,b,c\\n                                            | none         | has no row",
                "latin       | a,b\\n1,Stra\u00dfe\\n2,ok\\n                             | none         | line 2, column 'b'",
            })
    void bad_lines_are_told_with_their_place_and_nothing_is_committed(
            String name, String file, String types, String told) throws Exception {
        String dataset = "bad." + name.replace(' ', '_');
        Answer sent = upload(dataset, "format=csv", file.replace("\\n", "\n").getBytes(StandardCharsets.ISO_8859_1));
        assertThat(sent.status()).as(sent.detail()).isEqualTo(201);

        Answer refused = commit(
                dataset,
                sent,
                "create",
                ", \"types\": {" + types.replace("none", "").replace('\'', '"') + "}");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.detail()).contains(told).doesNotContain(server.home().toString());
        assertThat(send(to(dataset).GET()).status()).isEqualTo(404);
    }

    @Test
    void what_is_no_table_at_all_is_refused_at_once() throws Exception {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(OLD.repeat(2000).getBytes(StandardCharsets.UTF_8));
        }
        byte[] cut = Arrays.copyOf(zipped.toByteArray(), zipped.size() / 2);
        byte[] parquet = Arrays.copyOf(Files.readAllBytes(parquet()), 300);

        assertThat(upload("no.t", "", "").detail()).contains("is empty");
        assertThat(upload("no.t", "name=a.parquet", parquet).status()).isEqualTo(400);
        assertThat(upload("no.t", "name=a.parquet", "a,b\n1,2\n").detail()).contains("no Parquet file");
        assertThat(upload("no.t", "name=a.jsonl", "{\"a\": 1}\n{\"a\": \n").status())
                .isEqualTo(400);
        assertThat(upload("no.t", "", "a,b\n1," + "x".repeat(3_000_000) + "\n").detail())
                .contains("2000000 bytes");
        assertThat(upload("no.t", "delimeter=x", "a\n1\n").detail()).contains("Unknown query parameter 'delimeter'");
        Answer broken = upload("no.t", "name=a.csv.gz", cut);
        if (broken.status() == 201) broken = commit("no.t", broken, "create", "");
        assertThat(broken.status()).isEqualTo(400);
        assertThat(send(to("no.t").GET()).status()).isEqualTo(404);
    }

    @Test
    void nested_columns_and_ten_thousand_columns_are_taken() throws Exception {
        Answer parquet = upload("wide.nested", "name=t.parquet", Files.readAllBytes(parquet()));
        Answer nested = commit("wide.nested", parquet, "create", "");
        assertThat(nested.status()).as(nested.detail()).isEqualTo(201);
        Answer again = commit("wide.nested", upload("wide.nested", "", Files.readAllBytes(parquet())), "append", "");
        assertThat(again.body().path("rows").asInt()).as(again.detail()).isEqualTo(4);

        String header = IntStream.range(0, 10_000).mapToObj(i -> "c" + i).collect(Collectors.joining(","));
        String row = IntStream.range(0, 10_000).mapToObj(Integer::toString).collect(Collectors.joining(","));
        Answer wide = commit("wide.csv", upload("wide.csv", "", header + "\n" + row + "\n"), "create", "");
        assertThat(wide.status()).as(wide.detail()).isEqualTo(201);

        Answer json = upload("wide.json", "name=a.jsonl", "{\"a\": 1, \"s\": {\"x\": [1]}}\n{\"a\": 2.5}\n");
        assertThat(json.body().at("/columns/1/type").asString()).isEqualTo("struct<x: list<long>>");
        assertThat(commit("wide.json", json, "create", "").status()).isEqualTo(201);
    }

    private Path parquet() throws Exception {
        Path file = folder.resolve("t.parquet");
        try (Duck duck = Duck.open(new Duck.Caps(256 << 20, 1, Optional.empty()))) {
            duck.execute("copy (select i::int as i, {'x': i, 'y': [i, 2]} as s, map{'k': i} as m, uuid() as u,"
                    + " timestamptz '2020-01-02 03:04:05+00' as t, 1.25::decimal(9,2) as d from range(2) r(i)) to "
                    + Duck.literal(file.toString()) + " (format parquet)");
        }
        return file;
    }
}
