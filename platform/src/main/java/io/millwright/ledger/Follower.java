package io.millwright.ledger;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads sealed events in order, from the one after its start on. It keeps no cursor, so every process may have its own
/// and misses what happens while it does not run; what must miss nothing has a [Subscription].
public final class Follower implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Follower.class);
    private static final long POLL_MILLIS = 250;
    private static final int BATCH = 500;

    private final Db db;
    private final LedgerStore store;
    private final Consumer<List<Event>> reaction;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread = Thread.ofVirtual().name("ledger-follower").unstarted(this::loop);
    /// The last place that was told; only the one that steps sees it.
    private CursorStore.Cursor place;

    Follower(Db db, LedgerStore store, Consumer<List<Event>> reaction) {
        this.db = db;
        this.store = store;
        this.reaction = reaction;
        long last = db.read(store::head).map(LedgerStore.Head::block).orElse(0L);
        this.place = new CursorStore.Cursor(last, Integer.MAX_VALUE);
    }

    public Follower start() {
        thread.start();
        return this;
    }

    /// Tells the next events, if there are any; how many.
    int step() {
        CursorStore.Cursor from = place;
        List<LedgerStore.Sealed> next = db.read(sql -> store.sealedAfter(sql, from.block(), from.position(), BATCH));
        if (next.isEmpty()) return 0;
        reaction.accept(next.stream().map(LedgerStore.Sealed::event).toList());
        place = new CursorStore.Cursor(next.getLast().block(), next.getLast().position());
        return next.size();
    }

    private void loop() {
        try {
            long pause = POLL_MILLIS;
            while (!closing.await(pause, TimeUnit.MILLISECONDS)) {
                try {
                    pause = step() == 0 ? POLL_MILLIS : 0;
                } catch (RuntimeException e) {
                    log.warn("following the ledger failed, trying again: {}", e.toString());
                    pause = POLL_MILLIS * 4;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            if (thread.getState() != Thread.State.NEW) thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
