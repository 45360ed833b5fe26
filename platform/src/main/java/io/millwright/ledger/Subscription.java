package io.millwright.ledger;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads sealed events in order and reacts to each at least once. The cursor lives in the database and moves only
/// after the reaction returned: after a crash the reader resumes where it stood, and sees the last events again.
///
/// Of several processes with the same subscriber name one reads, under a lease of 30 s that it renews; another
/// takes over when it dies. A reaction that takes longer than the lease may find a second process reading the
/// same events.
public final class Subscription implements AutoCloseable {
    /// Reacts to events in sealed order. Throwing means: try these again later.
    @FunctionalInterface
    public interface Reaction {
        void accept(List<Event> events) throws Exception;
    }

    static final Duration LEASE = Duration.ofSeconds(30);

    private static final Logger log = LoggerFactory.getLogger(Subscription.class);
    private static final long POLL_MILLIS = 250;
    private static final long LAST_REACTION_MILLIS = 5_000;
    private static final int BATCH = 100;

    private final Db db;
    private final LedgerStore store;
    private final CursorStore cursors = new CursorStore();
    private final Clock clock;
    private final String holder;
    private final String subscriber;
    private final Reaction reaction;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    /// Where this process stands, while it holds the lease; so that an idle subscriber writes nothing.
    private CursorStore.@Nullable Cursor place;
    private long heldUntil;

    Subscription(Db db, LedgerStore store, Clock clock, String holder, String subscriber, Reaction reaction) {
        this.db = db;
        this.store = store;
        this.clock = clock;
        this.holder = holder;
        this.subscriber = subscriber;
        this.reaction = reaction;
        this.thread = Thread.ofVirtual().name("subscriber-" + subscriber).unstarted(this::loop);
    }

    public Subscription start() {
        thread.start();
        return this;
    }

    /// Reacts to the next events, if there are any and this process holds the lease; how many it finished.
    int step() throws Exception {
        CursorStore.Cursor from = place();
        if (from == null) return 0;
        List<LedgerStore.Sealed> next = db.read(sql -> store.sealedAfter(sql, from.block(), from.position(), BATCH));
        if (next.isEmpty()) return 0;
        reaction.accept(next.stream().map(LedgerStore.Sealed::event).toList());
        LedgerStore.Sealed last = next.getLast();
        CursorStore.Cursor to = new CursorStore.Cursor(last.block(), last.position());
        long until = clock.millis() + LEASE.toMillis();
        boolean moved = db.tx(sql -> cursors.advance(sql, subscriber, holder, to, until));
        if (!moved) log.warn("subscriber {}: another process took over during a long reaction", subscriber);
        place = moved ? to : null;
        heldUntil = until;
        return next.size();
    }

    private CursorStore.@Nullable Cursor place() {
        long now = clock.millis();
        long left = heldUntil - now;
        boolean fresh =
                left > LEASE.toMillis() / 2 && left <= LEASE.toMillis(); // More is left when the clock went back.
        if (place == null || !fresh) {
            long until = now + LEASE.toMillis();
            Optional<CursorStore.Cursor> held = db.tx(sql -> cursors.hold(sql, subscriber, holder, now, until));
            place = held.orElse(null);
            heldUntil = until;
        }
        return place;
    }

    private void loop() {
        try {
            long pause = 0;
            while (!closing.await(pause, TimeUnit.MILLISECONDS)) pause = stepAndPause();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long stepAndPause() throws InterruptedException {
        try {
            return step() == 0 ? POLL_MILLIS : 0;
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            log.warn("subscriber {} failed, trying again: {}", subscriber, e.toString());
            return POLL_MILLIS * 4;
        }
    }

    /// Lets a running reaction finish for a few seconds, interrupts it then, and gives the lease back.
    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join(LAST_REACTION_MILLIS);
            thread.interrupt();
            thread.join();
            db.tx(sql -> {
                cursors.release(sql, subscriber, holder);
                return 0;
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.warn("the lease of subscriber {} runs out by itself: {}", subscriber, e.toString());
        }
    }
}
