package io.millwright.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.RequestContext;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// What happens to events: written with the rows, sealed in order, pruned by retention.
final class LedgerTest {
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
        @Test
        void an_event_says_who_did_what_when_and_under_which_request() {
            clock.move(Duration.ofNanos(1_234_567));
            append("run:1");

            Event event = ledger.eventsAbout("run:1").getFirst();

            assertThat(event.id()).matches("[0-9a-f]{32}");
            assertThat(event)
                    .isEqualTo(new Event(
                            event.id(),
                            Instant.parse("2026-01-01T00:00:00.001Z"),
                            "ann",
                            "request-1",
                            "team",
                            "run.created",
                            "run:1",
                            "{\"name\":\"of run:1\"}"));
        }

        @Test
        void the_latest_event_is_the_one_written_last_whatever_the_clock_said() {
            assertThat(ledger.latestAbout("run:1", "run.created")).isEmpty();
            for (boolean sealed : new boolean[] {true, true, false, false}) {
                clock.move(Duration.ofHours(-1));
                append("run:1");
                append("run:2");
                db.tx(sql -> {
                    ledger.append(sql, "run.deleted", "run:1", Map.of());
                    return 0;
                });
                if (sealed) ledger.seal();

                assertThat(ledger.latestAbout("run:1", "run.created").map(Event::at))
                        .contains(clock.instant());
            }
        }

        @Test
        void outside_any_request_the_process_itself_is_the_actor() {
            db.tx(sql -> {
                ledger.append(sql, "run.deleted", "run:1", Map.of());
                return 0;
            });

            assertThat(ledger.eventsAbout("run:1").getFirst().actor())
                    .isEqualTo(RequestContext.current().principal().name())
                    .isEqualTo("system");
        }

        @Test
        void an_event_stays_or_goes_with_the_rows_of_its_transaction() {
            assertThatThrownBy(() -> db.tx(sql -> {
                        ledger.append(sql, "run.created", "run:1", Map.of());
                        throw new IllegalStateException("after the event");
                    }))
                    .isInstanceOf(IllegalStateException.class);

            assertThat(ledger.eventsAbout("run:1")).isEmpty();
            assertThat(ledger.seal()).isZero();
        }

        @Test
        void sealing_closes_what_waits_in_the_order_it_was_written() {
            threeBlocks();

            assertThat(query("select entity from ledger_events order by block, position", row -> row.getString(1)))
                    .isEqualTo(IntStream.rangeClosed(1, 12)
                            .mapToObj(i -> "run:" + i)
                            .toList());
            assertThat(query("select number from ledger_blocks order by number", row -> row.getLong(1)))
                    .containsExactly(1L, 2L, 3L);
            assertThat(ledger.seal()).isZero();
        }

        @Test
        void more_than_a_block_holds_becomes_several_blocks() {
            int events = LedgerStore.LARGEST_BLOCK + 5;
            db.tx(sql -> {
                for (int i = 0; i < events; i++) ledger.append(sql, "run.created", "run:" + i, Map.of());
                return 0;
            });

            assertThat(ledger.seal()).isEqualTo(events);

            assertThat(query("select event_count from ledger_blocks order by number", row -> row.getInt(1)))
                    .containsExactly(4096, 5);
            LedgerVerifier.Report report = verify();
            assertThat(report.findings()).isEmpty();
            assertThat(report.events()).isEqualTo(events);
        }

        @Test
        void a_report_counts_what_there_is() {
            threeBlocks();
            append("run:13");

            LedgerVerifier.Report report = verify();

            assertThat(report.holds()).isTrue();
            assertThat(report.blocks()).isEqualTo(3);
            assertThat(report.events()).isEqualTo(12);
            assertThat(report.prunedEvents()).isZero();
            assertThat(report.unsealedEvents()).isEqualTo(1);
            assertThat(report.head()).matches("[0-9a-f]{64}");
        }

        @Test
        void an_empty_ledger_holds() {
            assertThat(verify()).isEqualTo(new LedgerVerifier.Report(0, 0, 0, 0, "0".repeat(64), List.of()));
        }

        @Test
        void verifying_twice_finds_the_same() {
            threeBlocks();
            LedgerVerifier verifier = ledger.verifier();

            assertThat(verifier.verify()).isEqualTo(verifier.verify());
        }

        @Test
        void a_clock_set_back_makes_no_block_older_than_the_one_before() {
            append("run:1");
            ledger.seal();
            clock.move(Duration.ofHours(-5));
            append("run:2");
            ledger.seal();

            assertThat(query("select distinct sealed_at from ledger_blocks", row -> row.getLong(1)))
                    .hasSize(1);
            assertHolds();
        }

        @Test
        void sealing_runs_by_itself_and_closing_seals_the_rest() {
            ledger.start();
            append("run:1");
            Together.await("the event is sealed", () -> verify().events() == 1);

            append("run:2");
            ledger.close();

            assertThat(verify().unsealedEvents()).isZero();
            assertHolds();
        }

        @Test
        void sealing_goes_on_after_an_error_and_says_when_it_last_went_through() {
            AtomicInteger errors = new AtomicInteger();
            AtomicBoolean outOfMemory = new AtomicBoolean(true);
            Db faulty = new FaultyDb(db, () -> {
                if (!outOfMemory.get()) return;
                errors.incrementAndGet();
                throw new OutOfMemoryError("Java heap space");
            });
            append("run:1");
            try (Ledger sealing = ledgerOn(faulty, 2).start()) {
                Instant started = sealing.lastSealed();
                clock.move(Duration.ofHours(1));
                Together.await("sealing failed twice", () -> errors.get() >= 2);
                assertThat(sealing.lastSealed()).isEqualTo(started);

                outOfMemory.set(false);

                Together.await("the event is sealed", () -> verify().events() == 1);
                Together.await(
                        "the time moves on", () -> sealing.lastSealed().equals(started.plus(Duration.ofHours(1))));
            }
        }

        @Test
        void the_chain_can_be_verified_while_others_write_seal_and_prune() throws Exception {
            List<Integer> findings = Together.run(3, who -> () -> {
                int found = 0;
                for (int i = 0; i < 60; i++) {
                    switch (who) {
                        case 0 -> {
                            append("run:" + i);
                            ledger.seal();
                        }
                        case 1 -> found += verify().findings().size();
                        default -> {
                            clock.move(Duration.ofMillis(1));
                            if (i % 10 == 9) ledger.prune(clock.instant());
                        }
                    }
                }
                return found;
            });

            assertThat(findings).containsOnly(0);
            assertHolds();
        }

        @Test
        void retention_removes_the_events_of_old_blocks_and_the_chain_holds() {
            threeBlocks();
            clock.move(Duration.ofDays(30));
            append("run:13");
            ledger.seal();

            Instant before = clock.instant().minus(Duration.ofDays(7));
            assertThat(ledger.prunable(before)).isEqualTo(new Ledger.Prunable(3, 3, 12));

            int pruned = ledger.prune(before);

            assertThat(ledger.prunable(before)).isEqualTo(new Ledger.Prunable(0, 0, 0));
            assertThat(pruned).isEqualTo(12);
            LedgerVerifier.Report unsealed = verify();
            assertThat(unsealed.findings()).isEmpty();
            ledger.seal();
            LedgerVerifier.Report report = verify();
            assertThat(report.findings()).isEmpty();
            assertThat(report.prunedEvents()).isEqualTo(12);
            assertThat(report.events()).isEqualTo(2);
            assertThat(ledger.eventsAbout("run:1")).isEmpty();
            assertThat(ledger.eventsAbout("ledger:events").getFirst().payload())
                    .contains("\"last_block\":3", "\"events\":12", "\"blocks\":3");
        }

        @Test
        void retention_that_has_nothing_to_do_writes_nothing() {
            threeBlocks();

            assertThat(ledger.prune(clock.instant())).isZero(); // Sealed at, not before, this instant.
            assertThat(ledger.prune(clock.instant().minus(Duration.ofDays(1)))).isZero();

            assertThat(ledger.eventsAbout("ledger:events")).isEmpty();
        }

        @Test
        void retention_may_remove_the_records_of_earlier_retention() {
            for (int month = 0; month < 5; month++) {
                append("run:" + month);
                ledger.seal();
                clock.move(Duration.ofDays(30));
                ledger.prune(clock.instant().minus(Duration.ofDays(7)));
                ledger.seal();
                assertHolds();
            }

            assertThat(verify().prunedEvents()).isGreaterThanOrEqualTo(5);
        }

        @Test
        void retention_goes_in_steps_each_of_which_is_recorded() {
            int blocks = 260;
            for (int i = 0; i < blocks; i++) {
                append("run:" + i);
                ledger.seal();
            }
            clock.move(Duration.ofDays(1));

            assertThat(ledger.prune(clock.instant())).isEqualTo(blocks);

            assertThat(ledger.eventsAbout("ledger:events")).hasSize(2);
            assertHolds();
        }
    }

    /// A database whose transactions fail as told.
    private record FaultyDb(Db db, Runnable fault) implements Db {
        @Override
        public <T> T read(Function<Sql, T> query) {
            return db.read(query);
        }

        @Override
        public <T> T tx(Function<Sql, T> body) {
            fault.run();
            return db.tx(body);
        }

        @Override
        public String describe() {
            return db.describe();
        }

        @Override
        public void close() {
            db.close();
        }
    }
}
