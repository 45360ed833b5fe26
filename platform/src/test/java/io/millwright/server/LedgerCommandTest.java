package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.kernel.Ids;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.PostgresDb;
import io.millwright.ledger.SqliteDb;
import io.millwright.ledger.TestDatabases;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an operator types about the ledger, and what it answers.
class LedgerCommandTest {
    @Nested
    final class OnSqlite extends Contract {
        @Override
        Db open() {
            return SqliteDb.open(folder.resolve("millwright.db"));
        }

        @Override
        List<String> place() {
            return List.of("--home", folder.toString());
        }

        @Test
        void a_home_without_a_database_is_told() {
            CommandOutcome none = CommandOutcome.run(
                    "ledger", "verify", "--home", folder.resolve("nowhere").toString());

            assertThat(none.exitCode()).isEqualTo(1);
            assertThat(none.err()).contains("There is no database at", "--home");
        }

        @Test
        void pruning_beside_a_running_server_is_refused_and_a_dry_run_is_not() {
            try (Db held = open()) {
                assertThat(held.describe()).contains("SQLite");

                CommandOutcome refused = onPlace("prune", "--older-than", "0s");
                CommandOutcome dry = onPlace("prune", "--older-than", "0s", "--dry-run");

                assertThat(refused.exitCode()).isEqualTo(1);
                assertThat(refused.err()).contains("is in use by another Millwright process. Stop it first");
                assertThat(dry.exitCode()).as(dry.err()).isZero();
            }
        }
    }

    @Nested
    final class OnPostgres extends Contract {
        private final URI uri = TestDatabases.postgresUri();

        @Override
        Db open() {
            return PostgresDb.open(uri);
        }

        @Override
        List<String> place() {
            return List.of("--home", folder.toString(), "--db", uri.toString());
        }

        @Test
        void a_database_that_no_server_has_used_is_told() {
            CommandOutcome fresh = CommandOutcome.run(
                    "ledger", "verify", "--db", TestDatabases.postgresUri().toString());

            assertThat(fresh.exitCode()).isEqualTo(1);
            assertThat(fresh.err()).contains("There is no ledger in", "no server has run on it");
        }

        @Test
        void pruning_beside_a_running_server_is_fine() {
            append(1, Duration.ofDays(100));
            try (Db held = open()) {
                held.ping();

                assertThat(onPlace("prune", "--older-than", "90d").out()).startsWith("Removed 1 events of 1 blocks");
            }
        }
    }

    abstract static class Contract {
        @TempDir
        Path folder;

        abstract Db open();

        /// The flags that name the installation.
        abstract List<String> place();

        @BeforeEach
        void migrate() {
            try (Db db = open()) {
                new Migrator(db).migrate(Assembly.migrations());
            }
        }

        /// One block with that many events, sealed so long ago.
        void append(int events, Duration ago) {
            try (Db db = open()) {
                Ledger ledger =
                        new Ledger(db, Clock.offset(Clock.systemUTC(), ago.negated()), new Ids(new Random(events)));
                for (int i = 0; i < events; i++) {
                    String entity = "run:" + i;
                    db.tx(sql -> {
                        ledger.append(sql, "run.created", entity, Map.of("name", entity));
                        return 0;
                    });
                }
                ledger.seal();
            }
        }

        CommandOutcome onPlace(String command, String... arguments) {
            List<String> all = new ArrayList<>(List.of("ledger", command));
            all.addAll(place());
            all.addAll(Arrays.asList(arguments));
            return CommandOutcome.run(all.toArray(String[]::new));
        }

        private Path exported() {
            Path file = folder.resolve("export.jsonl");
            CommandOutcome export = onPlace("export", "--to", file.toString());
            assertThat(export.exitCode()).as(export.err()).isZero();
            return file;
        }

        private static CommandOutcome check(Path file, String... more) {
            List<String> all = new ArrayList<>(List.of("ledger", "verify", "--export", file.toString()));
            all.addAll(Arrays.asList(more));
            return CommandOutcome.run(all.toArray(String[]::new));
        }

        @Test
        void a_kept_head_is_found_until_the_chain_is_rewritten() {
            append(3, Duration.ZERO);
            String kept = onPlace("verify").head();
            append(2, Duration.ZERO);

            CommandOutcome later = onPlace("verify", "--head", kept.toUpperCase(Locale.ROOT));
            CommandOutcome other = onPlace("verify", "--head", "ab".repeat(32));

            assertThat(later.exitCode()).as(later.out() + later.err()).isZero();
            assertThat(later.out()).startsWith("The chain holds: 2 blocks, 5 events sealed");
            assertThat(other.exitCode()).isEqualTo(1);
            assertThat(other.out()).contains("BROKEN  no block has the hash abab");
        }

        @Test
        void an_export_is_checked_without_the_database() throws IOException {
            append(3, Duration.ZERO);
            append(2, Duration.ZERO);
            String head = onPlace("verify").head();

            CommandOutcome export =
                    onPlace("export", "--to", folder.resolve("all.jsonl").toString());
            CommandOutcome checked = check(folder.resolve("all.jsonl"), "--head", head);

            assertThat(export.out()).startsWith("Wrote 5 events in blocks 1 to 2 to ");
            assertThat(export.head()).isEqualTo(head);
            assertThat(checked.exitCode()).as(checked.out()).isZero();
            assertThat(checked.out()).startsWith("The export holds: 2 blocks, 5 events proven, 0 absent");
            assertThat(checked.head()).isEqualTo(head);
            try (var files = Files.list(folder)) {
                assertThat(files).noneMatch(file -> file.toString().endsWith(".part"));
            }
        }

        @Test
        void a_changed_event_of_an_export_is_named() throws IOException {
            append(3, Duration.ZERO);
            Path file = exported();
            Files.writeString(file, Files.readString(file).replace("\"entity\":\"run:1\"", "\"entity\":\"run:7\""));

            CommandOutcome checked = check(file);

            assertThat(checked.exitCode()).isEqualTo(1);
            assertThat(checked.out())
                    .containsPattern("BROKEN  event [0-9a-f]{32} \\(run.created on run:7\\)")
                    .contains("The export does not hold");
        }

        @Test
        void a_left_out_event_is_found_unless_it_is_an_excerpt() throws IOException {
            append(3, Duration.ZERO);
            Path file = exported();
            List<String> lines = new ArrayList<>(Files.readAllLines(file, UTF_8));
            lines.remove(2);
            Files.write(file, lines);

            assertThat(check(file).out()).contains("1 of them are missing, the first at position 1");
            assertThat(check(file).exitCode()).isEqualTo(1);
            assertThat(check(file, "--excerpt").exitCode()).isZero();
        }

        @Test
        void an_export_goes_on_where_the_last_one_ended() {
            append(3, Duration.ZERO);
            String head = onPlace("verify").head();
            append(2, Duration.ZERO);
            Path rest = folder.resolve("rest.jsonl");

            CommandOutcome export = onPlace("export", "--to", rest.toString(), "--from", "2");

            assertThat(export.out()).startsWith("Wrote 2 events in blocks 2 to 2 to ");
            assertThat(check(rest, "--head", head).exitCode()).isZero();
        }

        @Test
        void an_export_never_replaces_a_file_and_leaves_none_when_there_is_nothing() {
            Path none = folder.resolve("none.jsonl");
            CommandOutcome nothing = onPlace("export", "--to", none.toString());
            append(1, Duration.ZERO);
            CommandOutcome again = onPlace("export", "--to", exported().toString());
            CommandOutcome nowhere =
                    onPlace("export", "--to", folder.resolve("no/such.jsonl").toString());

            assertThat(nothing.exitCode()).isEqualTo(1);
            assertThat(nothing.err()).contains("Nothing to export");
            assertThat(none).doesNotExist();
            assertThat(again.exitCode()).isEqualTo(2);
            assertThat(again.err()).contains("exists and stays as it is");
            assertThat(nowhere.exitCode()).isEqualTo(2);
            assertThat(nowhere.err()).contains("There is no folder");
        }

        @Test
        void pruning_says_what_goes_removes_it_and_the_chain_and_its_export_hold() {
            append(3, Duration.ofDays(100));
            append(2, Duration.ofDays(10));

            CommandOutcome dry = onPlace("prune", "--older-than", "90d", "--dry-run");
            CommandOutcome kept = onPlace("verify");
            CommandOutcome pruned = onPlace("prune", "--older-than", "90d");
            CommandOutcome verified = onPlace("verify", "--head", kept.head());
            CommandOutcome checked = check(exported(), "--head", kept.head());
            CommandOutcome again = onPlace("prune", "--older-than", "90d");

            assertThat(dry.out()).startsWith("Would remove 3 events of 1 blocks sealed before ");
            assertThat(kept.out()).contains("5 events sealed, 0 pruned");
            assertThat(pruned.out()).startsWith("Removed 3 events of 1 blocks").contains("block 1 is the last");
            assertThat(verified.exitCode()).as(verified.out()).isZero();
            assertThat(verified.out()).contains("3 blocks, 3 events sealed, 3 pruned, 0 not yet sealed");
            assertThat(checked.exitCode()).as(checked.out()).isZero();
            assertThat(checked.out()).contains("3 events proven, 3 absent");
            assertThat(again.out()).startsWith("Removed 0 events of 0 blocks");
        }

        @Test
        void wrong_words_are_answered_with_2_and_what_was_expected() {
            CommandOutcome age = onPlace("prune", "--older-than", "90");
            CommandOutcome head = onPlace("verify", "--head", "abc");
            CommandOutcome from = onPlace("export", "--to", folder.resolve("x").toString(), "--from", "0");

            assertThat(List.of(age.exitCode(), head.exitCode(), from.exitCode()))
                    .containsOnly(2);
            assertThat(age.err()).contains("--older-than is '90', expected");
            assertThat(head.err()).contains("'abc' is no head; expected the 64 hex digits");
            assertThat(from.err()).contains("--from is 0, expected a block's number");
            assertThat(CommandOutcome.run("ledger", "verify", "--export", "/nowhere")
                            .exitCode())
                    .isEqualTo(2);
            assertThat(onPlace("prune").exitCode()).isEqualTo(2);
        }

        @Test
        void each_command_helps() {
            for (String command : List.of("verify", "export", "prune")) {
                CommandOutcome help = CommandOutcome.run("ledger", command, "--help");
                assertThat(help.exitCode()).isZero();
                assertThat(help.out()).contains("Usage: millwright ledger " + command);
            }
        }
    }
}
