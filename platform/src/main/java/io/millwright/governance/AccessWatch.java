package io.millwright.governance;

import io.millwright.ledger.Db;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Once a second: notices what other processes changed, ends tokens that have expired, and tells how many refusals were
/// not recorded one by one.
final class AccessWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AccessWatch.class);
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final Duration CHANGES_KEPT = Duration.ofHours(1);
    private static final long MANY_CHANGES = 1000;

    private final Db db;
    private final AccessService service;
    private final SignInService signIns;
    private final AccessEvents events;
    private final AccessStore store = new AccessStore();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread = Thread.ofVirtual().name("access-watch").unstarted(this::loop);
    /// Seen by the one that looks.
    private AccessStore.Changes seen = new AccessStore.Changes(-1, -1);

    AccessWatch(Db db, AccessService service, SignInService signIns, AccessEvents events) {
        this.db = db;
        this.service = service;
        this.signIns = signIns;
        this.events = events;
    }

    void start() {
        thread.start();
    }

    private void loop() {
        boolean failing = false;
        try {
            while (!closing.await(EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    look();
                    failing = false;
                } catch (RuntimeException | Error e) {
                    // Grants that were taken away elsewhere must not go on here unseen.
                    signIns.forgetAll();
                    if (!failing) log.warn("cannot see what changed of access, trying again: {}", e.toString());
                    failing = true;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void look() {
        AccessStore.Changes now = db.read(store::changes);
        if (!now.equals(seen)) signIns.forgetAll();
        seen = now;
        service.endExpired();
        events.tellLeftOut();
        if (now.count() > MANY_CHANGES) {
            db.tx(sql -> {
                store.forgetChanges(sql, signIns.now().minus(CHANGES_KEPT));
                return 0;
            });
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
