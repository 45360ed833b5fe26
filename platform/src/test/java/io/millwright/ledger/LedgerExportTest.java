package io.millwright.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// What a third party can check without the database.
final class LedgerExportTest {
    @Nested
    final class OnSqlite extends Contract {
        @Override
        Db fresh() {
            return TestDatabases.sqlite(folder);
        }
    }

    @Nested
    final class OnPostgres extends Contract {
        @Override
        Db fresh() {
            return TestDatabases.postgres();
        }
    }

    abstract static class Contract extends LedgerContract {
        private List<String> export() throws IOException {
            var out = new ByteArrayOutputStream();
            assertThat(ledger.export(out, 1).head()).isEqualTo(verify().head());
            return out.toString(UTF_8).lines().toList();
        }

        private static LedgerExport.Report check(List<String> lines) throws IOException {
            return LedgerExport.checkExcerpt(stream(lines), null);
        }

        private static LedgerExport.Report checkWhole(List<String> lines) throws IOException {
            return LedgerExport.check(stream(lines), null);
        }

        private static ByteArrayInputStream stream(List<String> lines) {
            return new ByteArrayInputStream((String.join("\n", lines) + "\n").getBytes(UTF_8));
        }

        @Test
        void an_export_proves_itself_without_the_database() throws Exception {
            threeBlocks();
            append("run:13"); // Not sealed: not in it.

            LedgerExport.Report report = checkWhole(export());

            assertThat(report).isEqualTo(new LedgerExport.Report(3, 12, 0, verify().head(), List.of()));
        }

        @Test
        void a_large_export_with_every_kind_of_text_proves_itself() throws Exception {
            db.tx(sql -> {
                for (int i = 0; i < 300; i++) {
                    ledger.append(sql, "run.tagged", "run:ü\"\\\u2028🦜" + i, Map.of("k\u0001", "v\n" + i));
                }
                return 0;
            });
            ledger.seal();

            LedgerExport.Report report = check(export());

            assertThat(report.findings()).isEmpty();
            assertThat(report.events()).isEqualTo(300);
        }

        @Test
        void a_block_and_one_of_its_events_are_enough_to_prove_that_event() throws Exception {
            threeBlocks();
            List<String> lines = export();

            LedgerExport.Report report = check(List.of(lines.get(5), lines.get(8)));

            assertThat(lines.get(5)).contains("\"kind\":\"block\"", "\"number\":2");
            assertThat(lines.get(8)).contains("\"entity\":\"run:7\"");
            assertThat(report.findings()).isEmpty();
            assertThat(report.events()).isEqualTo(1);
            assertThat(report.absentEvents()).isEqualTo(3);
        }

        @Test
        void pruned_events_are_absent_and_their_blocks_still_link() throws Exception {
            threeBlocks();
            clock.move(Duration.ofDays(1));
            ledger.prune(clock.instant());
            append("run:13");
            ledger.seal();

            LedgerExport.Report report = checkWhole(export());

            assertThat(report.findings()).isEmpty();
            assertThat(report.events()).isEqualTo(2);
            assertThat(report.absentEvents()).isEqualTo(12);
        }

        @Test
        void a_forged_event_is_named() throws Exception {
            threeBlocks();
            List<String> lines = new ArrayList<>(export());
            lines.set(8, lines.get(8).replace("\"actor\":\"ann\"", "\"actor\":\"bob\""));

            assertThat(check(lines).findings())
                    .singleElement()
                    .asString()
                    .contains(idOf("run:7"), "run:7", "is not what block 2 has at position 2");
        }

        @Test
        void lines_out_of_place_are_found() throws Exception {
            threeBlocks();
            List<String> lines = export();

            List<String> withoutBlock2 = new ArrayList<>(lines);
            withoutBlock2.subList(5, 10).clear();
            assertThat(check(withoutBlock2).findings())
                    .singleElement()
                    .asString()
                    .contains("block 3 follows block 1");

            assertThat(check(List.of(lines.get(0), lines.get(8))).findings())
                    .singleElement()
                    .asString()
                    .contains("does not stand below its block");
            assertThat(check(List.of(lines.get(0), lines.get(1), lines.get(1))).findings())
                    .singleElement()
                    .asString()
                    .contains("is there twice");
            assertThat(check(List.of(lines.get(1))).findings()).hasSize(2);
            assertThat(LedgerExport.check(new ByteArrayInputStream(new byte[0]), null)
                            .findings())
                    .singleElement()
                    .asString()
                    .contains("there is no block in it");
            assertThat(check(List.of(lines.get(0), "", "{", "{}", "[]", "{\"kind\":\"other\"}"))
                            .findings())
                    .hasSize(5);
        }

        @Test
        void an_event_left_out_of_a_whole_export_is_found() throws Exception {
            threeBlocks();
            List<String> withoutRun7 = new ArrayList<>(export());
            assertThat(withoutRun7.remove(8)).contains("\"entity\":\"run:7\"");
            List<String> withoutBlock2sEvents = new ArrayList<>(export());
            withoutBlock2sEvents.subList(6, 10).clear();

            assertThat(checkWhole(withoutRun7).findings())
                    .containsExactly("block 2 has 4 events, and 1 of them are missing, the first at position 2");
            assertThat(checkWhole(withoutBlock2sEvents).findings())
                    .singleElement()
                    .asString()
                    .startsWith("block 2 lost all events, and no later ledger.pruned event");
            assertThat(check(withoutRun7).findings()).isEmpty();
        }

        @Test
        void a_changed_event_is_one_finding_of_a_whole_export() throws Exception {
            threeBlocks();
            List<String> lines = new ArrayList<>(export());
            lines.set(8, lines.get(8).replace("\"actor\":\"ann\"", "\"actor\":\"bob\""));

            assertThat(checkWhole(lines).findings()).singleElement().asString().contains(idOf("run:7"));
        }

        @Test
        void retention_accounts_for_what_it_removed_and_for_nothing_later() throws Exception {
            threeBlocks();
            clock.move(Duration.ofDays(1));
            ledger.prune(clock.instant());
            ledger.seal(); // Block 4: the event about it.
            append("run:13");
            ledger.seal();
            List<String> lines = new ArrayList<>(export());
            assertThat(lines.removeLast()).contains("run:13");

            assertThat(checkWhole(lines).findings()).singleElement().asString().startsWith("block 5 lost all events");
        }

        @Test
        void exports_one_after_the_other_are_tied_by_the_head() throws Exception {
            append("run:1");
            ledger.seal();
            String head = verify().head();
            append("run:2");
            ledger.seal();
            append("run:3");
            ledger.seal();
            var out = new ByteArrayOutputStream();

            LedgerExport.Written written = ledger.export(out, 2);

            assertThat(written).isEqualTo(new LedgerExport.Written(2, 2, verify().head()));
            List<String> lines = out.toString(UTF_8).lines().toList();
            for (String known : List.of(head, verify().head())) {
                assertThat(LedgerExport.check(stream(lines), known).findings()).isEmpty();
            }
            assertThat(LedgerExport.check(stream(lines), "ab".repeat(32)).findings())
                    .singleElement()
                    .asString()
                    .contains("no block has the hash abab");
        }

        @Test
        void a_rewritten_block_is_found_by_its_hash_or_by_the_next_block() throws Exception {
            threeBlocks();
            List<String> lines = new ArrayList<>(export());
            lines.set(5, lines.get(5).replace("\"sealed_at\":", "\"sealed_at\":1"));

            assertThat(check(lines).findings()).singleElement().asString().contains("block 2: its header was changed");

            tamper("update ledger_blocks set sealed_at = sealed_at + 1 where number = 2");
            Block forged = db.read(sql -> new LedgerStore().stretchAfter(sql, 1))
                    .blocks()
                    .getFirst()
                    .block();
            tamper(
                    "update ledger_blocks set hash = ? where number = 2",
                    forged.hash().bytes());
            assertThat(check(export()).findings())
                    .singleElement()
                    .asString()
                    .contains("block 3 does not follow the block before it");
        }

        /// What stands between the quotes and digits is the JSON's own; anything else, once changed, is found or
        /// is not JSON any more.
        @Test
        void a_changed_character_in_an_export_is_found() throws Exception {
            threeBlocks();
            List<String> lines = export();
            Random random = new Random(7);
            for (int trial = 0; trial < 500; trial++) {
                int line = random.nextInt(lines.size());
                String text = lines.get(line);
                int at = random.nextInt(text.length());
                if (!Character.isLetterOrDigit(text.charAt(at))) continue;
                List<String> changed = new ArrayList<>(lines);
                changed.set(
                        line, text.substring(0, at) + (text.charAt(at) == '7' ? '8' : '7') + text.substring(at + 1));

                assertThat(check(changed).findings()).as(changed.get(line)).isNotEmpty();
            }
        }
    }
}
