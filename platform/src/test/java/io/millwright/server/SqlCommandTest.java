package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `millwright sql` against a running server.
class SqlCommandTest {
    private static TestServer server;

    @TempDir
    static Path folder;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start();
        Path file = Files.writeString(folder.resolve("people.csv"), "id,name\n1,Ann\n20,Bob\n");
        assertThat(run("data", "add", "census.people", file.toString(), "--yes").exitCode())
                .isZero();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static CommandOutcome run(String... arguments) {
        String[] all = new String[arguments.length + 2];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        all[arguments.length] = "--server";
        all[arguments.length + 1] = server.uri().toString();
        return CommandOutcome.run(all);
    }

    @Test
    void rows_are_shown_as_a_table() {
        CommandOutcome outcome = run("sql", "select id, name, null as n from census.people order by id");

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).startsWith("id  name  n\n--  ----  -\n 1  Ann\n20  Bob\n2 rows in ");
    }

    @Test
    void rows_go_into_a_file() throws Exception {
        Path out = folder.resolve("out.csv");

        assertThat(run("sql", "from census.people order by id", "--format", "csv", "-o", out.toString())
                        .exitCode())
                .isZero();

        assertThat(Files.readString(out)).isEqualTo("id,name\r\n1,Ann\r\n20,Bob\r\n");
    }

    @Test
    void a_query_is_explained() {
        assertThat(run("sql", "--explain", "from census.people").out())
                .contains("READ_PARQUET")
                .contains("2 rows in 1 of 1 files");
    }

    @Test
    void what_is_wrong_is_told() {
        CommandOutcome outcome = run("sql", "drop table census.people");

        assertThat(outcome.exitCode()).isNotZero();
        assertThat(outcome.err()).contains("Only queries run here");
    }
}
