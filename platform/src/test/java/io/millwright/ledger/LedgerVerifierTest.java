package io.millwright.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ListAssert;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// What somebody with access to the database can do, and what the verifier says to it.
final class LedgerVerifierTest {
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
        private ListAssert<String> findings() {
            return assertThat(verify().findings());
        }

        @Test
        void a_changed_payload_is_found() {
            threeBlocks();
            tamper("update ledger_events set payload = '{\"name\":\"of run:9\"}' where entity = 'run:6'");

            findings()
                    .singleElement()
                    .asString()
                    .contains(idOf("run:6"), "run.created on run:6", "block 2, position 1", "was changed");
        }

        @Test
        void each_changed_field_is_found() {
            threeBlocks();
            for (String change : List.of(
                    "at = at + 1",
                    "actor = 'bob'",
                    "request_id = ''",
                    "workspace = 'other'",
                    "type = 'run.deleted'",
                    "payload = payload || ' '",
                    "seq = seq + 100")) {
                String entity = "run:6";
                String before = query(
                                "select digest from ledger_events where entity = ?",
                                row -> HexFormat.of().formatHex(row.getBytes(1)),
                                entity)
                        .getFirst();
                assertThat(before).hasSize(64);
                String column = change.substring(0, change.indexOf(' '));
                Object old = query(
                                "select " + column + " from ledger_events where entity = ?",
                                row -> row.getObject(1),
                                entity)
                        .getFirst();

                tamper("update ledger_events set " + change + " where entity = ?", entity);
                findings().as(change).singleElement().asString().contains(idOf(entity), "was changed");

                tamper("update ledger_events set " + column + " = ? where entity = ?", old, entity);
                assertHolds();
            }
        }

        @Test
        void a_changed_entity_is_found() {
            threeBlocks();
            String id = idOf("run:6");
            tamper("update ledger_events set entity = 'run:66' where entity = 'run:6'");

            findings().singleElement().asString().contains(id, "run:66", "was changed");
        }

        @Test
        void a_change_with_a_new_digest_is_found() {
            threeBlocks();
            Event event = ledger.eventsAbout("run:6").getFirst();
            Event forged = new Event(
                    event.id(),
                    event.at(),
                    "bob",
                    event.requestId(),
                    event.workspace(),
                    event.type(),
                    event.entity(),
                    event.payload());
            tamper(
                    "update ledger_events set actor = 'bob', digest = ? where entity = 'run:6'",
                    forged.digest().bytes());

            findings().singleElement().asString().contains(event.id(), "was changed");
        }

        @Test
        void a_changed_digest_alone_is_found() {
            threeBlocks();
            tamper("update ledger_events set digest = ? where entity = 'run:6'", new byte[32]);

            findings().singleElement().asString().contains(idOf("run:6"), "was changed");
        }

        @Test
        void removed_events_are_found_wherever_they_stood() {
            threeBlocks();
            for (String entity : List.of("run:1", "run:7", "run:12")) {
                tamper("delete from ledger_events where entity = ?", entity);
            }

            findings()
                    .satisfiesExactly(
                            first -> assertThat(first).contains("block 1, position 0 was removed"),
                            middle -> assertThat(middle).contains("block 2, position 2 was removed"),
                            last -> assertThat(last).contains("block 3, position 3 was removed"));
        }

        @Test
        void a_removed_event_is_named_by_what_an_export_gives_for_it() {
            threeBlocks();
            byte[] leaf = query(
                            "select seq, digest from ledger_events where entity = 'run:7'",
                            row -> Event.leaf(row.getLong(1), Sha256.stored(row.getBytes(2))))
                    .getFirst();
            tamper("delete from ledger_events where entity = 'run:7'");

            findings().singleElement().asString().contains(HexFormat.of().formatHex(leaf));
        }

        @Test
        void a_block_emptied_by_hand_is_found_also_when_it_is_marked_as_pruned() {
            threeBlocks();
            tamper("delete from ledger_events where block = 2");
            findings().singleElement().asString().contains("block 2 lost its events (4 of them)");

            tamper("update ledger_blocks set pruned_at = 1 where number = 2");
            findings().singleElement().asString().contains("block 2 lost its events (4 of them)");
        }

        @Test
        void a_block_emptied_by_hand_is_found_after_an_earlier_retention_too() {
            append("run:0");
            ledger.seal();
            clock.move(Duration.ofDays(1));
            ledger.prune(clock.instant());
            threeBlocks();
            assertHolds();

            tamper("delete from ledger_events where block = 3");
            tamper("update ledger_blocks set pruned_at = 1 where number = 3");

            findings().singleElement().asString().contains("block 3 lost its events");
        }

        @Test
        void a_removal_that_was_made_to_cover_more_is_found() {
            threeBlocks();
            clock.move(Duration.ofDays(1));
            tamper("update ledger_blocks set sealed_at = sealed_at + 86400000 where number > 1");
            ledger.prune(clock.instant());
            tamper("update ledger_blocks set sealed_at = sealed_at - 86400000 where number > 1");
            ledger.seal();
            assertHolds();

            tamper("delete from ledger_events where block = 2");
            tamper("update ledger_blocks set pruned_at = 1 where number = 2");
            findings().singleElement().asString().contains("block 2 lost its events");
            tamper("update ledger_events set payload = replace(payload, '\"last_block\":1', '\"last_block\":2') where"
                    + " type = 'ledger.pruned'");

            findings().singleElement().asString().contains("ledger.pruned on ledger:events", "was changed");
        }

        @Test
        void the_mark_of_retention_is_checked_both_ways() {
            threeBlocks();
            tamper("update ledger_blocks set pruned_at = 1 where number = 3");
            findings().singleElement().asString().contains("block 3 is marked as pruned and still has events");

            tamper("update ledger_blocks set pruned_at = null where number = 3");
            clock.move(Duration.ofDays(1));
            ledger.prune(clock.instant());
            assertHolds();
            tamper("update ledger_blocks set pruned_at = null where number = 1");
            findings().singleElement().asString().contains("block 1 was pruned, but its mark is gone");
        }

        @Test
        void swapped_positions_are_found() {
            threeBlocks();
            tamper("update ledger_events set position = 3 - position where block = 2 and position in (1, 2)");

            findings()
                    .satisfiesExactlyInAnyOrder(
                            one -> assertThat(one)
                                    .contains(
                                            idOf("run:6"), "was moved", "block 2, position 2", "belongs to position 1"),
                            two -> assertThat(two)
                                    .contains(
                                            idOf("run:7"),
                                            "was moved",
                                            "block 2, position 1",
                                            "belongs to position 2"));
        }

        @Test
        void swapped_ids_are_found() {
            threeBlocks();
            String six = idOf("run:6");
            String seven = idOf("run:7");
            tamper("update ledger_events set id = ? where entity = 'run:6'", seven);
            tamper("update ledger_events set id = ? where entity = 'run:7'", six);

            findings()
                    .satisfiesExactly(
                            one -> assertThat(one).contains(seven, "run:6", "was changed"),
                            two -> assertThat(two).contains(six, "run:7", "was changed"));
        }

        @Test
        void swapped_sequence_numbers_are_found() {
            threeBlocks();
            long six = query("select seq from ledger_events where entity = 'run:6'", row -> row.getLong(1))
                    .getFirst();
            tamper("update ledger_events set seq = 1000 where seq = ?", six);
            tamper("update ledger_events set seq = ? where seq = ?", six, six + 1);
            tamper("update ledger_events set seq = ? where seq = 1000", six + 1);

            findings()
                    .satisfiesExactly(
                            one -> assertThat(one).contains(idOf("run:6"), "was changed"),
                            two -> assertThat(two).contains(idOf("run:7"), "was changed"));
        }

        @Test
        void an_event_moved_to_another_block_is_found() {
            threeBlocks();
            tamper("update ledger_events set block = 3, position = 4 where entity = 'run:6'");

            findings()
                    .satisfiesExactly(
                            gone -> assertThat(gone).contains("block 2, position 1 was removed"),
                            there -> assertThat(there)
                                    .contains(idOf("run:6"), "was added or moved", "block 3 has no position 4"));
        }

        @Test
        void an_event_taken_out_of_the_chain_is_found_before_and_after_it_is_sealed_again() {
            threeBlocks();
            tamper("update ledger_events set block = null, position = null where entity = 'run:6'");
            findings().singleElement().asString().contains("block 2, position 1 was removed");

            ledger.seal();
            findings().singleElement().asString().contains("block 2, position 1 was removed");
        }

        @Test
        void added_events_are_found() {
            threeBlocks();
            String copy =
                    "insert into ledger_events (id, at, actor, request_id, workspace, type, entity, payload, digest,"
                            + " block, position) select 'forged', at, actor, request_id, workspace, type, 'run:forged',"
                            + " payload, digest, ";
            tamper(copy + "2, 4 from ledger_events where entity = 'run:6'");
            findings()
                    .singleElement()
                    .asString()
                    .contains("event forged was added or moved: block 2 has no position 4");

            tamper("delete from ledger_events where id = 'forged'");
            tamper(copy + "2, 1 from ledger_events where entity = 'run:6'");
            findings()
                    .anySatisfy(finding ->
                            assertThat(finding).contains(idOf("run:6"), "forged", "both claim block 2, position 1"));

            tamper("delete from ledger_events where id = 'forged'");
            tamper(copy + "17, 0 from ledger_events where entity = 'run:6'");
            findings().singleElement().asString().contains("event forged claims block 17, which does not exist");

            tamper("update ledger_events set block = 0 where id = 'forged'");
            findings().singleElement().asString().contains("event forged claims block 0, which does not exist");
        }

        @Test
        void each_change_of_a_blocks_header_is_found() {
            threeBlocks();
            for (String change :
                    List.of("sealed_at = sealed_at + 1", "event_count = event_count + 1", "event_count = 3")) {
                tamper("update ledger_blocks set " + change + " where number = 2");
                findings().as(change).anySatisfy(finding -> assertThat(finding).contains("block 2"));
                tamper("update ledger_blocks set sealed_at = (select sealed_at from ledger_blocks where number = 1),"
                        + " event_count = 4 where number = 2");
                assertHolds();
            }
            for (String column : List.of("previous_hash", "merkle_root", "hash", "leaves")) {
                byte[] old = query("select " + column + " from ledger_blocks where number = 2", row -> row.getBytes(1))
                        .getFirst();
                for (byte[] forged : List.of(
                        flip(old, old.length - 1),
                        Arrays.copyOf(old, old.length + 1),
                        Arrays.copyOf(old, old.length - 32),
                        new byte[0])) {
                    tamper("update ledger_blocks set " + column + " = ? where number = 2", forged);
                    findings()
                            .as(column)
                            .anySatisfy(finding -> assertThat(finding).contains("block 2"));
                }
                tamper("update ledger_blocks set " + column + " = ? where number = 2", old);
                assertHolds();
            }
        }

        @Test
        void a_removed_block_is_found_with_the_events_it_leaves_behind() {
            threeBlocks();
            tamper("delete from ledger_blocks where number = 2");

            findings()
                    .anySatisfy(finding -> assertThat(finding).contains("block 2 is missing"))
                    .anySatisfy(finding ->
                            assertThat(finding).contains(idOf("run:6"), "claims block 2, which does not exist"))
                    .anySatisfy(finding -> assertThat(finding).contains("block 3 does not follow the block before it"));
        }

        @Test
        void a_block_removed_with_its_events_is_found() {
            threeBlocks();
            tamper("delete from ledger_blocks where number = 1");
            tamper("delete from ledger_events where block = 1");

            findings().anySatisfy(finding -> assertThat(finding).contains("block 1 is missing"));
        }

        @Test
        void a_tail_cut_off_is_found() {
            threeBlocks();
            tamper("delete from ledger_blocks where number > 1");
            tamper("delete from ledger_events where block > 1");

            findings()
                    .singleElement()
                    .asString()
                    .contains("the last 2 blocks were removed: block 3 was the last one, and the chain ends with block"
                            + " 1");
        }

        @Test
        void a_chain_rewritten_from_some_point_on_is_found_only_with_a_head_kept_elsewhere() {
            threeBlocks();
            String kept = verify().head();
            append("run:13");
            ledger.seal();
            assertThat(ledger.verifier().verify(kept).findings()).isEmpty();

            // Everything after block 1 is written anew, with correct hashes.
            tamper("delete from ledger_blocks where number > 1");
            tamper("delete from ledger_events where block > 2 or entity = 'run:6'");
            tamper("update ledger_events set block = null, position = null where block = 2");
            tamper("update ledger_head set block = 1, hash = (select hash from ledger_blocks where number = 1)");
            ledger.seal();

            assertHolds();
            assertThat(ledger.verifier().verify(kept).findings())
                    .singleElement()
                    .asString()
                    .contains("no block has the hash " + kept);
        }

        @Test
        void a_changed_note_of_the_last_block_is_found() {
            threeBlocks();
            tamper("update ledger_head set hash = ?", new byte[32]);
            findings().singleElement().asString().contains("ledger_head");

            tamper("delete from ledger_head");
            findings().singleElement().asString().contains("ledger_head) was removed");
        }

        @Test
        void an_unsealed_event_is_checked_against_its_own_digest() {
            append("run:1");
            assertHolds();
            tamper("update ledger_events set actor = 'bob' where entity = 'run:1'");

            findings().singleElement().asString().contains(idOf("run:1"), "not yet sealed", "was changed");
        }

        @Test
        void hundreds_of_findings_are_cut_at_a_hundred() {
            for (int i = 0; i < 120; i++) append("run:" + i);
            ledger.seal();
            tamper("update ledger_events set actor = 'bob'");

            findings().hasSize(100);
        }

        /// One flipped bit, anywhere in any column of any row of an event.
        @Test
        void one_flipped_bit_anywhere_in_an_event_is_found() {
            threeBlocks();
            Random random = new Random(20260101);
            List<String> texts = List.of("id", "actor", "request_id", "workspace", "type", "entity", "payload");
            List<String> numbers = List.of("at", "block", "position", "seq");
            for (int trial = 0; trial < 150; trial++) {
                long seq = query("select seq from ledger_events order by seq", row -> row.getLong(1))
                        .get(random.nextInt(12));
                int choice = random.nextInt(texts.size() + numbers.size() + 1);
                String column;
                Object old;
                Object flipped;
                if (choice < texts.size()) {
                    column = texts.get(choice);
                    String text = query(
                                    "select " + column + " from ledger_events where seq = ?",
                                    row -> row.getString(1),
                                    seq)
                            .getFirst();
                    int at = random.nextInt(text.length());
                    old = text;
                    flipped = text.substring(0, at)
                            + (char) (text.charAt(at) ^ 1 << random.nextInt(4))
                            + text.substring(at + 1);
                } else if (choice < texts.size() + numbers.size()) {
                    column = numbers.get(choice - texts.size());
                    long number = query(
                                    "select " + column + " from ledger_events where seq = ?",
                                    row -> row.getLong(1),
                                    seq)
                            .getFirst();
                    int bits = column.equals("position") ? 31 : 40;
                    old = number;
                    flipped = number ^ 1L << random.nextInt(bits);
                    if (column.equals("seq") && (long) flipped >= 1 && (long) flipped <= 12)
                        continue; // Taken: a primary key.
                } else {
                    column = "digest";
                    byte[] bytes = query("select digest from ledger_events where seq = ?", row -> row.getBytes(1), seq)
                            .getFirst();
                    old = bytes;
                    flipped = flip(bytes, random.nextInt(bytes.length));
                }

                tamper("update ledger_events set " + column + " = ? where seq = ?", flipped, seq);
                findings()
                        .as("%s of event %d: %s became %s", column, seq, old, flipped)
                        .isNotEmpty();

                tamper(
                        "update ledger_events set " + column + " = ? where seq = ?",
                        old,
                        column.equals("seq") ? flipped : seq);
            }
            assertHolds();
        }

        private static byte[] flip(byte[] bytes, int at) {
            byte[] flipped = bytes.clone();
            flipped[at] ^= 1;
            return flipped;
        }

        @Test
        void the_work_grows_with_the_events_also_when_blocks_are_full() {
            appendFullBlocks(4);
            allocatedByVerifying(); // What is loaded once does not count.
            long few = allocatedByVerifying();
            appendFullBlocks(12);

            long fourTimesAsMany = allocatedByVerifying();

            assertThat(fourTimesAsMany).isLessThan(5 * few);
        }

        private void appendFullBlocks(int blocks) {
            for (int block = 0; block < blocks; block++) {
                db.tx(sql -> {
                    for (int i = 0; i < LedgerStore.LARGEST_BLOCK; i++) {
                        ledger.append(sql, "run.created", "run:" + i, Map.of());
                    }
                    return 0;
                });
            }
            assertThat(ledger.seal()).isEqualTo(blocks * LedgerStore.LARGEST_BLOCK);
        }

        /// In bytes: each hash is an object, so this counts them.
        private long allocatedByVerifying() {
            var thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = thread.getCurrentThreadAllocatedBytes();
            assertHolds();
            return thread.getCurrentThreadAllocatedBytes() - before;
        }
    }
}
