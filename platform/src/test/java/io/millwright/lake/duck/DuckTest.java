package io.millwright.lake.duck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DuckTest {
    private static final Duck.Caps CAPS = new Duck.Caps(256 << 20, 2, Optional.empty());

    @TempDir
    Path home;

    @Test
    void a_locked_one_reads_the_files_it_was_given_and_no_other() throws Exception {
        Path given = home.resolve("it's given.parquet");
        Path other = home.resolve("other.parquet");
        try (Duck duck = Duck.open(CAPS)) {
            duck.execute("copy (select 7 as a) to " + Duck.literal(given.toString()));
            duck.execute("copy (select 8 as a) to " + Duck.literal(other.toString()));
            duck.lockDown(List.of(given));

            String read = "select a from read_parquet(%s)";
            assertThat(duck.query(read.formatted(Duck.literal(given.toString())), row -> row.getInt(1)))
                    .containsExactly(7);
            assertThatThrownBy(() -> duck.query(read.formatted(Duck.literal(other.toString())), row -> row.getInt(1)))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("Permission Error");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set memory_limit = '8GB'",
                "set enable_external_access = true",
                "reset lock_configuration",
                "install httpfs",
                "load httpfs",
                "attach '/tmp/x.db'",
                "copy (select 1) to '/tmp/x.csv'",
                "from read_csv('/etc/passwd')",
                "from glob('/etc/*')",
                "from read_text('/etc/passwd')"
            })
    void a_locked_one_does_nothing_outside(String text) throws Exception {
        try (Duck duck = Duck.open(CAPS).lockDown(List.of())) {
            assertThatThrownBy(() -> duck.execute(text)).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void memory_is_capped() throws Exception {
        try (Duck duck = Duck.open(new Duck.Caps(64 << 20, 1, Optional.empty()))) {
            assertThatThrownBy(() -> duck.query(
                            "select count(*) from (select distinct range || 'x' from range(20000000))",
                            row -> row.getLong(1)))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("Out of Memory");
            assertThat(Files.list(home)).isEmpty();
        }
    }
}
