package io.millwright.lake.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import io.millwright.lake.LakeServer;
import io.millwright.lake.LakeServer.Answer;
import io.millwright.server.TestServer;
import java.net.http.HttpRequest.BodyPublishers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Rules of datasets, and datasets that take in nothing that breaks them.
class QualityTest {
    private static LakeServer lake;

    @BeforeAll
    static void start() throws Exception {
        lake = new LakeServer(TestServer.start());
        lake.commit(
                "q.people",
                "create",
                "id,name,age,city,day\n1,Ann,30,Ulm,2020-01-01\n2,Bob,31,Bern,2021-01-01\n2,,200,Rom,\n");
        lake.commit("q.cities", "create", "city\nUlm\nBern\n");
    }

    @AfterAll
    static void stop() {
        lake.close();
    }

    private static Answer put(String path, String body) throws Exception {
        return lake.send(lake.to("datasets/" + path).PUT(BodyPublishers.ofString(body)));
    }

    private static JsonNode quality(String target) throws Exception {
        Answer answer = lake.send(lake.to("datasets/" + target).GET());
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return answer.body();
    }

    private static JsonNode result(JsonNode quality, String rule) {
        return quality.path("results")
                .valueStream()
                .filter(one -> one.path("rule").asString().equals(rule))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    n1  | {"kind":"not_null","columns":["id"]}                                              | true  | 0 | []
                    n2  | {"kind":"not_null","columns":["name","day"]}                                      | false | 1 | []
                    u1  | {"kind":"unique","columns":["id"]}                                                | false | 1 | ["2"]
                    u2  | {"kind":"unique","columns":["id","age"]}                                          | true  | 0 | []
                    r1  | {"kind":"range","columns":["age"],"min":0,"max":120}                              | false | 1 | ["200"]
                    r2  | {"kind":"range","columns":["day"],"min":"2020-01-01"}                             | true  | 0 | []
                    s1  | {"kind":"set","columns":["city"],"values":["Ulm","Bern"]}                         | false | 1 | ["Rom"]
                    x1  | {"kind":"regex","columns":["name"],"pattern":"[A-Z][a-z]+"}                       | true  | 0 | []
                    x2  | {"kind":"regex","columns":["name"],"pattern":"A.*"}                               | false | 1 | ["Bob"]
                    f1  | {"kind":"foreign_key","columns":["city"],"dataset":"q.cities","column":"city"}    | false | 1 | ["Rom"]
                    c1  | {"kind":"row_count","min":3,"max":3}                                              | true  | 0 | []
                    c2  | {"kind":"row_count","min":4}                                                      | false | 1 | []
                    d1  | {"kind":"freshness","columns":["day"],"max_age":"36500d"}                         | true  | 0 | []
                    d2  | {"kind":"freshness","columns":["day"],"max_age":"7d"}                             | false | 1 | []
                    e1  | {"kind":"expression","expression":"age < 150 or name is null"}                    | true  | 0 | []
                    e2  | {"kind":"expression","expression":"age < 150"}                                    | false | 1 | []
                    """)
    void each_kind_of_rule_counts_what_breaks_it(
            String name, String rule, boolean passed, long violations, String examples) throws Exception {
        assertThat(put("q.people/rules/" + name, rule).status()).isEqualTo(200);

        JsonNode result = result(quality("q.people/quality"), name);

        assertThat(result.path("passed").asBoolean()).as(result.toString()).isEqualTo(passed);
        assertThat(result.path("violations").asLong()).isEqualTo(violations);
        assertThat(result.path("examples").toString()).isEqualTo(examples);
        assertThat(lake.send(lake.to("datasets/q.people/rules/" + name).DELETE())
                        .status())
                .isEqualTo(204);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"kind":"nonsense"}                                        | expected not_null
                    {"kind":"not_null"}                                        | 'columns'
                    {"kind":"not_null","columns":["nosuch"]}                   | no column 'nosuch'
                    {"kind":"range","columns":["age"]}                         | needs 'min' or 'max'
                    {"kind":"set","columns":["age"],"values":[]}               | needs 'values'
                    {"kind":"unique","columns":["id"],"min":1}                 | has no 'min'
                    {"kind":"freshness","columns":["day"],"max_age":"soon"}    | expected a duration
                    {"kind":"foreign_key","columns":["id"],"dataset":"x"}      | namespace
                    {"kind":"expression"}                                      | needs 'expression'
                    {"kind":"row_count","min":"three"}                         | whole number
                    {"kind":"not_null","columns":["id"],"severity":"fatal"}    | expected error or warning
                    """)
    void a_rule_that_makes_no_sense_is_refused(String rule, String told) throws Exception {
        Answer answer = put("q.people/rules/wrong", rule);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.detail()).contains(told);
    }

    @Test
    void an_expression_cannot_reach_beyond_the_row() throws Exception {
        for (String expression : new String[] {
            "exists (select 1 from q.cities)",
            "(select content from read_text('/etc/passwd')) is null",
            "getenv('HOME') is null"
        }) {
            put(
                    "q.cities/rules/bad",
                    Json.MAPPER
                            .createObjectNode()
                            .put("kind", "expression")
                            .put("expression", expression)
                            .toString());
            JsonNode result = result(quality("q.cities/quality?again=true"), "bad");
            assertThat(result.path("passed").asBoolean()).as(expression).isFalse();
            assertThat(result.path("measured").asString()).doesNotContain("root:");
        }
        lake.send(lake.to("datasets/q.cities/rules/bad").DELETE());
    }

    @Test
    void values_of_personal_columns_are_not_told() throws Exception {
        lake.commit("q.secret", "create", "id,mail\n1,a@b\n2,a@b\n");
        var tags = "{\"columns\": {\"mail\": {\"tags\": [\"PII\"]}}}";
        assertThat(lake.send(lake.to("datasets/q.secret").method("PATCH", BodyPublishers.ofString(tags)))
                        .status())
                .isEqualTo(200);
        put("q.secret/rules/once", "{\"kind\":\"unique\",\"columns\":[\"mail\"]}");

        JsonNode result = result(quality("q.secret/quality"), "once");

        assertThat(result.path("violations").asLong()).isEqualTo(1);
        assertThat(result.path("examples").isEmpty()).isTrue();
    }

    @Test
    void a_guarded_dataset_keeps_what_breaks_an_error_rule_from_main() throws Exception {
        lake.commit("q.guarded", "create", "id,age\n1,30\n");
        put("q.guarded/rules/age", "{\"kind\":\"range\",\"columns\":[\"age\"],\"max\":120}");
        put("q.guarded/rules/hint", "{\"kind\":\"range\",\"columns\":[\"age\"],\"max\":40,\"severity\":\"warning\"}");
        assertThat(put("q.guarded/guard", "{\"guarded\":true}")
                        .body()
                        .path("guarded")
                        .asBoolean())
                .isTrue();

        lake.commit("q.guarded", "append", "id,age\n2,50\n");
        lake.commit("q.guarded", "append", "id,age\n3,500\n");

        assertThat(lake.sql("select count(*) from q.guarded").rows()).isEqualTo("2");
        JsonNode dataset = quality("q.guarded");
        String branch = dataset.path("refs")
                .valueStream()
                .map(ref -> ref.path("name").asString())
                .filter(name -> name.startsWith("quarantine/"))
                .findFirst()
                .orElseThrow();
        assertThat(lake.sql("select max(age) from q.guarded at (version => '" + branch + "')")
                        .rows())
                .isEqualTo("500");
        assertThat(result(quality("q.guarded/quality?version=3"), "age")
                        .path("passed")
                        .asBoolean())
                .isFalse();
        assertThat(result(quality("q.guarded/quality?version=2"), "hint")
                        .path("passed")
                        .asBoolean())
                .isFalse();

        // Whoever manages the dataset may let it in all the same.
        var body = Json.MAPPER.createObjectNode().put("version", "3");
        assertThat(lake.send(lake.post("datasets/q.guarded/rollback", body)).status())
                .isEqualTo(200);
        assertThat(lake.sql("select count(*) from q.guarded").rows()).isEqualTo("3");
    }

    @Test
    void a_rule_that_was_changed_is_checked_anew() throws Exception {
        put("q.cities/rules/rows", "{\"kind\":\"row_count\",\"min\":2}");
        assertThat(result(quality("q.cities/quality"), "rows").path("passed").asBoolean())
                .isTrue();
        put("q.cities/rules/rows", "{\"kind\":\"row_count\",\"min\":3}");

        assertThat(result(quality("q.cities/quality"), "rows").path("passed").asBoolean())
                .isFalse();

        lake.send(lake.to("datasets/q.cities/rules/rows").DELETE());
        assertThat(quality("q.cities/quality").path("results").isEmpty()).isTrue();
    }
}
