package io.millwright.lake.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import io.millwright.lake.LakeServer;
import io.millwright.lake.LakeServer.Answer;
import io.millwright.server.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Files that WHERE rules out are not opened, and no row is missed for it.
class FileFilterTest {
    private static final int FILES = 10;

    private static LakeServer lake;

    /// File k has the ids from 10 k, days of the month k + 1 and words that begin with the letter k; the last one is
    /// full of
    /// what is odd.
    @BeforeAll
    static void start() throws Exception {
        lake = new LakeServer(TestServer.start());
        for (int file = 0; file < FILES; file++) {
            StringBuilder csv = new StringBuilder("id,small,size,word,day,moment\n");
            for (int row = 0; row < 10; row++) {
                int id = file * 10 + row;
                csv.append("%d,%d,%s,%s,2020-%02d-%02d,2020-%02d-%02d %02d:30:00.5\n"
                        .formatted(
                                id,
                                id % 7,
                                id + ".25",
                                (char) ('a' + file) + "word" + row,
                                file + 1,
                                row + 1,
                                file + 1,
                                row + 1,
                                row));
            }
            lake.commit("f.rows", file == 0 ? "create" : "append", csv.toString());
        }
        lake.commit(
                "f.rows",
                "append",
                "id,small,size,word,day,moment\n1000,1,nan,,,\n1001,,inf,\u00e4,2099-12-31,2099-12-31 00:00:00\n,,,,,\n");
    }

    @AfterAll
    static void stop() {
        lake.close();
    }

    private static int files(String text) throws Exception {
        Answer told = lake.send(
                lake.post("sql/explain", Json.MAPPER.createObjectNode().put("sql", text)));
        assertThat(told.status()).as(told.toString()).isEqualTo(200);
        assertThat(told.body().at("/estimate/files_in_all").asInt()).isGreaterThanOrEqualTo(FILES + 1);
        return told.body().at("/estimate/files").asInt();
    }

    private static String ids(String text) throws Exception {
        Answer answer = lake.sql(text);
        assertThat(answer.status()).as(text + answer).isEqualTo(200);
        return answer.rows();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    id = 42                                                         | 1
                    42 = ID                                                         | 1
                    id < 10                                                         | 2
                    id <= 9 or id between 20 and 25                                 | 2
                    t.id in (5, 15, 95)                                             | 3
                    id = 42 and size > 90.0                                         | 0
                    size < 10.0                                                     | 1
                    size > 95.0                                                     | 2
                    word = 'cword3'                                                 | 1
                    word >= 'j' and word < 'k'                                      | 1
                    day = date '2020-03-04'                                         | 1
                    day > '2020-09-30'                                              | 2
                    moment >= timestamp '2020-10-01 00:00:00'                       | 2
                    moment < date '2020-02-01'                                      | 1
                    id = 42 and length(word) > 3                                    | 1
                    id = 42 or length(word) > 30                                    | 11
                    not (id = 42)                                                   | 11
                    id + 1 = 42                                                     | 11
                    id = 42.5                                                       | 11
                    day = timestamp '2020-03-04 00:00:00'                           | 11
                    small = 99999999999                                             | 0
                    word = 'zzz' collate nocase                                     | 11
                    """)
    void files_that_cannot_have_a_row_are_left_out(String where, int files) throws Exception {
        assertThat(files("select id from f.rows t where " + where)).isEqualTo(files);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    select * from f.rows a join f.rows b on a.id = b.id where a.id = 42                        | 11
                    select * from f.rows a join f.rows b at (version => 10) on a.id = b.id where a.id = 42     | 11
                    select * from f.rows a positional join f.rows b where a.id = 42                            | 11
                    select * from f.rows tablesample 50% (bernoulli, 1) where id = 42                          | 11
                    select * from f.rows t(number) where number = 42                                           | 11
                    select id % 5 as small from f.rows where small = 4                                         | 11
                    select (select max(id) from f.rows where id < 10) as x                                     | 2
                    with w as (from f.rows where day = '2020-03-04') select * from w where id = 5              | 1
                    select * from f.rows where id = 5 union all select * from f.rows where id = 95             | 2
                    select * from (from f.rows) where id = 5                                                   | 11
                    summarize f.rows                                                                           | 11
                    """)
    void only_a_condition_of_its_own_counts(String text, int files) throws Exception {
        assertThat(files(text)).isEqualTo(files);
    }

    @Test
    void no_row_is_missed_whatever_the_condition() throws Exception {
        Random random = new Random(7);
        for (int i = 0; i < 150; i++) {
            String where = condition(random, 2);
            String plain = ids("select id from f.rows t where " + where + " order by id nulls last");
            String opaque = ids("select id from f.rows t where case when " + where
                    + " then true else false end order by id nulls last");
            assertThat(plain).as(where).isEqualTo(opaque);
        }
    }

    private static String condition(Random random, int depth) {
        if (depth > 0 && random.nextInt(3) > 0) {
            String operator = random.nextBoolean() ? " and " : " or ";
            return "(" + condition(random, depth - 1) + operator + condition(random, depth - 1) + ")";
        }
        String[] columns = {"id", "small", "size", "word", "day", "moment"};
        String column = columns[random.nextInt(columns.length)];
        List<String> values = new ArrayList<>();
        for (int i = 0; i < 3; i++) values.add(value(random, column));
        String prefix = random.nextBoolean() ? "t." : "";
        return switch (random.nextInt(4)) {
            case 0 -> prefix + column + " between " + values.get(0) + " and " + values.get(1);
            case 1 -> prefix + column + " in (" + String.join(", ", values) + ")";
            case 2 -> values.get(0) + " " + comparison(random) + " " + prefix + column;
            default -> prefix + column + " " + comparison(random) + " " + values.get(0);
        };
    }

    private static String comparison(Random random) {
        String[] all = {"=", "<", "<=", ">", ">=", "<>"};
        return all[random.nextInt(all.length)];
    }

    private static String value(Random random, String column) {
        return switch (column) {
            case "id" -> Integer.toString(random.nextInt(-5, 1005));
            case "small" -> Integer.toString(random.nextInt(-1, 9));
            case "size" -> random.nextInt(-5, 105) + (random.nextBoolean() ? ".25" : "");
            case "word" -> "'" + (char) ('a' + random.nextInt(12)) + "word" + random.nextInt(10) + "'";
            case "day" ->
                (random.nextBoolean() ? "date " : "")
                        + "'2020-%02d-%02d'".formatted(random.nextInt(1, 13), random.nextInt(1, 12));
            default ->
                "timestamp '2020-%02d-%02d %02d:30:00'"
                        .formatted(random.nextInt(1, 13), random.nextInt(1, 12), random.nextInt(12));
        };
    }

    @Test
    void a_column_that_was_renamed_is_still_known() throws Exception {
        lake.commit("f.old", "create", "id,name\n1,a\n");
        lake.commit("f.old", "append", "id,name\n2,b\n");

        assertThat(ids("select name from f.old where id = 2")).isEqualTo("b");
        assertThat(ids("select name from f.old t at (version => 1) where id = 2"))
                .isEmpty();
    }
}
