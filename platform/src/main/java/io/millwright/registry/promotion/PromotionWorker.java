package io.millwright.registry.promotion;

import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Db;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Goes on with what a process that died left behind, ends what nobody decided in time, and applies what was approved
/// in a freeze window. Any number of processes may run one.
final class PromotionWorker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PromotionWorker.class);
    private static final long PAUSE_MILLIS = 1_000;
    private static final int AT_ONCE = 50;

    private final Db db;
    private final Ids ids;
    private final PromotionMachine machine;
    private final PromotionStore store = new PromotionStore();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread = Thread.ofVirtual().name("promotion-worker").unstarted(this::loop);

    PromotionWorker(Db db, Ids ids, PromotionMachine machine) {
        this.db = db;
        this.ids = ids;
        this.machine = machine;
    }

    PromotionWorker start() {
        thread.start();
        return this;
    }

    private void loop() {
        try {
            while (!closing.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) workOrWarn();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Errors as well: memory that ran out once must not end the worker for good.
    private void workOrWarn() {
        try {
            work();
        } catch (RuntimeException | Error e) {
            log.warn("looking for promotions failed, trying again: {}", e.toString());
        }
    }

    /// Moves on everything that is due; one that fails does not keep the others waiting.
    void work() {
        Instant now = machine.now();
        List<PromotionStore.Due> due = db.read(sql -> store.due(sql, now, now.plus(PromotionMachine.LEASE), AT_ONCE));
        for (PromotionStore.Due one : due) {
            if (closing.getCount() == 0) return;
            try {
                new RequestContext("promotion-" + one.id(), Principal.SYSTEM, one.workspace())
                        .call(() -> machine.advance(one.id(), ids.hex32()));
            } catch (RuntimeException e) {
                log.warn("promotion {} stays as it is for now: {}", one.id(), e.toString());
            }
        }
    }

    @Override
    public void close() {
        closing.countDown();
        if (thread.getState() == Thread.State.NEW) return;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
