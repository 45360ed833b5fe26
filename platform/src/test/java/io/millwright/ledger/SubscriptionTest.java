package io.millwright.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// Readers of the chain: at least once, in order, one at a time.
final class SubscriptionTest {
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
        private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

        private void see(List<Event> events) {
            events.forEach(event -> seen.add(event.entity()));
        }

        private static List<String> runs(int from, int to) {
            return IntStream.rangeClosed(from, to).mapToObj(i -> "run:" + i).toList();
        }

        private static int drain(Subscription subscription) throws Exception {
            int all = 0;
            for (int n = subscription.step(); n > 0; n = subscription.step()) all += n;
            return all;
        }

        @Test
        void events_arrive_once_they_are_sealed_in_sealed_order() throws Exception {
            Subscription webhooks = ledger.subscribe("webhooks", this::see);
            append("run:1");
            assertThat(webhooks.step()).isZero();

            ledger.seal();
            for (int i = 2; i <= 250; i++) append("run:" + i);
            ledger.seal();

            assertThat(drain(webhooks)).isEqualTo(250);
            assertThat(seen).isEqualTo(runs(1, 250));
            assertThat(webhooks.step()).isZero();
        }

        @Test
        void a_follower_is_told_what_is_sealed_after_it_began() {
            append("run:1");
            ledger.seal();
            Follower follower = ledger.follow(this::see);
            append("run:2");
            assertThat(follower.step()).isZero();

            ledger.seal();
            append("run:3");
            ledger.seal();

            assertThat(follower.step()).isEqualTo(2);
            assertThat(follower.step()).isZero();
            assertThat(seen).isEqualTo(runs(2, 3));
        }

        @Test
        void a_follower_whose_reaction_fails_is_told_again() {
            AtomicBoolean fails = new AtomicBoolean(true);
            Follower follower = ledger.follow(events -> {
                if (fails.getAndSet(false)) throw new IllegalStateException("not now");
                see(events);
            });
            append("run:1");
            ledger.seal();

            assertThatThrownBy(follower::step).hasMessage("not now");
            assertThat(follower.step()).isEqualTo(1);
            assertThat(seen).isEqualTo(runs(1, 1));
        }

        @Test
        void each_subscriber_has_a_place_of_its_own() throws Exception {
            threeBlocks();
            List<String> other = new ArrayList<>();

            drain(ledger.subscribe("webhooks", this::see));
            drain(ledger.subscribe("triggers", events -> events.forEach(event -> other.add(event.entity()))));

            assertThat(seen).isEqualTo(runs(1, 12));
            assertThat(other).isEqualTo(runs(1, 12));
        }

        @Test
        void a_reaction_that_throws_sees_its_events_again() throws Exception {
            threeBlocks();
            AtomicBoolean fails = new AtomicBoolean(true);
            Subscription webhooks = ledger.subscribe("webhooks", events -> {
                see(events);
                if (fails.get()) throw new IllegalStateException("the receiver is down");
            });

            assertThatThrownBy(webhooks::step).hasMessage("the receiver is down");
            fails.set(false);
            drain(webhooks);

            List<String> twice = new ArrayList<>(runs(1, 12));
            twice.addAll(runs(1, 12));
            assertThat(seen).isEqualTo(twice);
        }

        @Test
        void a_process_that_dies_between_reaction_and_cursor_is_followed_by_one_that_reacts_again() throws Exception {
            threeBlocks();
            Subscription dying = ledger.subscribe("webhooks", events -> {
                see(events);
                throw new InternalError("killed"); // Nothing of the process runs after this.
            });
            assertThatThrownBy(dying::step).isInstanceOf(InternalError.class);

            Subscription next = ledger.subscribe("webhooks", this::see);
            assertThat(next.step()).as("the lease is still the dead one's").isZero();
            clock.move(Subscription.LEASE.plusMillis(1));
            assertThat(drain(next)).isEqualTo(12);

            assertThat(seen).hasSize(24);
        }

        @Test
        void a_restart_goes_on_where_it_stood() throws Exception {
            threeBlocks();
            try (Subscription first = ledger.subscribe("webhooks", this::see)) {
                drain(first);
            }
            append("run:13");
            ledger.seal();

            drain(ledger.subscribe("webhooks", this::see));

            assertThat(seen).isEqualTo(runs(1, 13));
        }

        @Test
        void of_two_processes_one_reads_and_the_other_takes_over_when_the_lease_runs_out() throws Exception {
            Subscription first = ledger.subscribe("webhooks", this::see);
            Subscription second = ledgerOn(db, 2).subscribe("webhooks", this::see);
            append("run:1");
            ledger.seal();
            assertThat(first.step()).isEqualTo(1);
            append("run:2");
            ledger.seal();

            clock.move(Subscription.LEASE.minusSeconds(1));
            assertThat(second.step()).isZero();

            assertThat(first.step()).isEqualTo(1); // And renews the lease.
            append("run:3");
            ledger.seal();
            clock.move(Subscription.LEASE.minusSeconds(1));
            assertThat(second.step()).isZero();

            clock.move(Duration.ofSeconds(2));
            assertThat(second.step()).isEqualTo(1);
            assertThat(first.step()).isZero();
            assertThat(seen).isEqualTo(runs(1, 3));
        }

        @Test
        void who_loses_the_lease_during_a_reaction_does_not_move_the_others_cursor() throws Exception {
            threeBlocks();
            Subscription second = ledgerOn(db, 2).subscribe("webhooks", this::see);
            Subscription slow = ledger.subscribe("webhooks", events -> {
                clock.move(Subscription.LEASE.plusSeconds(1));
                drain(second);
                append("run:13");
                ledger.seal();
            });

            slow.step();

            assertThat(slow.step()).isZero();
            drain(second);
            assertThat(seen).isEqualTo(runs(1, 13));
        }

        @Test
        void a_clock_set_back_does_not_keep_the_lease_for_hours() throws Exception {
            Subscription first = ledger.subscribe("webhooks", this::see);
            first.step();
            clock.move(Duration.ofHours(-3));
            first.step(); // Renews: its lease seems to last three hours.

            clock.move(Subscription.LEASE.plusMillis(1));
            threeBlocks();
            assertThat(ledgerOn(db, 2).subscribe("webhooks", this::see).step()).isEqualTo(12);
        }

        @Test
        void an_idle_subscriber_writes_nothing() throws Exception {
            Subscription idle = ledger.subscribe("webhooks", this::see);
            idle.step();
            String before = query("select holder || held_until from ledger_cursors", row -> row.getString(1))
                    .getFirst();

            clock.move(Subscription.LEASE.dividedBy(3));
            idle.step();

            assertThat(query("select holder || held_until from ledger_cursors", row -> row.getString(1)))
                    .containsExactly(before);
        }

        @Test
        void many_readers_of_one_name_lose_and_disorder_nothing() throws Exception {
            List<Subscription> readers = IntStream.range(0, 4)
                    .mapToObj(i -> ledgerOn(db, 100 + i)
                            .subscribe("webhooks", this::see)
                            .start())
                    .toList();
            ledger.start();
            for (int i = 1; i <= 100; i++) append("run:" + i);

            Together.await("everything was seen", () -> seen.size() >= 100);
            readers.forEach(Subscription::close);

            assertThat(seen).isEqualTo(runs(1, 100));
        }

        @Test
        void closing_gives_the_lease_back() throws Exception {
            threeBlocks();
            try (Subscription first = ledger.subscribe("webhooks", this::see).start()) {
                Together.await("the first has read", () -> seen.size() == 12);
            }
            append("run:13");
            ledger.seal();

            assertThat(ledgerOn(db, 2).subscribe("webhooks", this::see).step()).isEqualTo(1);
        }
    }
}
