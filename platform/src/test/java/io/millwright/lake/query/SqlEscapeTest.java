package io.millwright.lake.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.lake.LakeServer;
import io.millwright.lake.LakeServer.Answer;
import io.millwright.lake.duck.Duck;
import io.millwright.server.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What people try who want more than datasets. Each must be refused, and leave the server as it was.
class SqlEscapeTest {
    private static final String SECRET = "nobody-may-see-this";

    @TempDir
    static Path folder;

    private static LakeServer sql;
    private static Path secret;
    private static Path target;
    private static Path data;
    private static byte[] written;

    @BeforeAll
    static void start() throws Exception {
        sql = new LakeServer(
                TestServer.start(Map.of("sql.timeout", "3s", "sql.memory", "128MB", "sql.spill-size", "200MB")));
        sql.commit("census.people", "create", "id,name,year\n1,Ann,2015\n");
        secret = Files.writeString(folder.resolve("secret.csv"), "a\n" + SECRET + "\n");
        target = folder.resolve("target");
        try (Stream<Path> files = Files.walk(sql.server.home().resolve("lake"))) {
            data = files.filter(file -> file.toString().endsWith(".parquet"))
                    .findFirst()
                    .orElseThrow();
        }
        written = Files.readAllBytes(data);
    }

    @AfterAll
    static void stop() {
        sql.close();
    }

    static List<String> attacks() throws IOException {
        try (var in = Objects.requireNonNull(SqlEscapeTest.class.getResourceAsStream("escapes.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("attacks")
    void an_attack_is_refused(String attack) throws Exception {
        String text = attack.replace("{secret}", secret.toString())
                .replace("{target}", target.toString())
                .replace("{data}", data.toString())
                .replace("\\\\", "\u0001")
                .replace("\\n", "\n")
                .replace("\\0", "\0")
                .replace("\u0001", "\\");

        Answer answer = sql.sql(text);

        assertThat(answer.status()).as(answer.toString()).isBetween(400, 499);
        // What the text itself says may come back; what it asks for may not.
        assertThat(answer.toString().replace(data.toString(), ""))
                .doesNotContain(SECRET)
                .doesNotContain("root:")
                .doesNotContain(sql.server.home().toString());
        unharmed();
    }

    private void unharmed() throws Exception {
        assertThat(target).doesNotExist();
        assertThat(Files.readAllBytes(data)).isEqualTo(written);
        assertThat(sql.sql("from census.people").rows()).isEqualTo("1 Ann 2015");
    }

    /// What the first wall would let through: the second and third hold alone.
    @Test
    void a_locked_sandbox_reads_and_writes_nothing_but_its_files() throws Exception {
        Path work = Files.createDirectory(folder.resolve("work"));
        var caps = new Duck.Caps(256L << 20, 1, Optional.empty());
        var space = new Sandbox.Space(work, 1 << 20);
        for (String text : attacks()) {
            String attack = text.replace("{secret}", secret.toString())
                    .replace("{target}", target.toString())
                    .replace("{data}", folder.resolve("other.parquet").toString());
            // The one is held by its time alone, the other has values that Java has not.
            if (attack.contains("sleep") || attack.contains("test_all_types")) continue;
            try (Sandbox sandbox = Sandbox.open(
                    Duck.openStreaming(caps),
                    space,
                    attack,
                    List.of("select * from read_parquet('" + data + "')"),
                    List.of(data))) {
                String all = sandbox.read(true, 100, (columns, rows) -> {
                    StringBuilder told = new StringBuilder();
                    while (rows.next()) {
                        for (int i = 1; i <= columns.size(); i++)
                            told.append(rows.getObject(i)).append(' ');
                    }
                    return told.toString();
                });
                assertThat(all).as(attack).doesNotContain(SECRET).doesNotContain("root:");
            } catch (java.sql.SQLException e) {
                assertThat(String.valueOf(e.getMessage())).as(attack).doesNotContain(SECRET);
            }
            assertThat(target).as(attack).doesNotExist();
            assertThat(Files.readAllBytes(data)).as(attack).isEqualTo(written);
        }
    }

    @ParameterizedTest
    @MethodSource("bombs")
    void a_query_without_end_or_measure_is_stopped(String bomb) throws Exception {
        Answer answer = sql.send(sql.post(
                "sql",
                io.millwright.http.Json.MAPPER
                        .createObjectNode()
                        .put("sql", bomb)
                        .put("max_rows", 10)));

        assertThat(answer.status()).as(answer.toString()).isBetween(400, 499);
        unharmed();
    }

    static List<String> bombs() {
        return List.of(
                "select repeat('x', 2000000000)",
                "select repeat('x', 100000000) || range from range(100000)",
                "select lpad('x', 2000000000, 'y')",
                "with a as (select repeat('x', 1000) x), b as (select repeat(x, 1000) x from a), c as (select repeat(x, 1000) x"
                        + " from b) select length(repeat(x, 100)) from c",
                "select string_agg(repeat('x', 1000000), '') from range(1000000)",
                "select list(range) from range(1000000000)",
                "select count(distinct hash(a.range, b.range)) from range(1000000) a, range(1000000) b",
                "select range(10000000000)",
                "select * from unnest(range(10000000000)) t(x) order by x desc",
                "with recursive t as (select 'x' x union all select x || x from t) select max(length(x)) from t",
                "select " + "(".repeat(20_000) + "1" + ")".repeat(20_000),
                "select * from " + "(select * from ".repeat(5_000) + "range(1)" + ")".repeat(5_000),
                "select " + "1 + ".repeat(20_000) + "1",
                "select " + "not ".repeat(20_000) + "true",
                "select '" + "x".repeat(200_000) + "'");
    }
}
