package io.millwright.registry.webhooks;

import io.millwright.kernel.Ids;
import io.millwright.ledger.Db;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends what waits: for each webhook one delivery after the other, in their order; a delivery that is to be tried
/// again holds back those behind it. Everything it knows is in the database, so another process goes on where one died.
///
/// Of several processes one sends for a webhook at a time, under a lease that it renews with each delivery.
final class DeliveryWorker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DeliveryWorker.class);

    private static final int AT_ONCE = 10;
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration REMOVE_EVERY = Duration.ofHours(1);
    private static final Duration LAST_SENDING = Duration.ofSeconds(2);
    /// Beyond this a time in the database comes from a clock that went back.
    private static final Duration LATEST = Duration.ofMinutes(61);
    private static final Duration LEASE_MARGIN = Duration.ofSeconds(30);
    private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(10);
    private static final int JITTER_MILLIS = 1_000;

    private final Db db;
    private final Clock clock;
    private final Ids ids;
    private final WebhookSender sender;
    private final Duration lease;
    private final Duration keep;
    private final int tries;
    private final String holder;
    private final WebhookStore webhooks = new WebhookStore();
    private final DeliveryStore deliveries = new DeliveryStore();
    private final Semaphore wake = new Semaphore(0);
    private final Semaphore free = new Semaphore(AT_ONCE);
    private final Set<Thread> sending = ConcurrentHashMap.newKeySet();
    private final Thread thread = Thread.ofVirtual().name("webhook-sender").unstarted(this::loop);
    private volatile boolean closing;
    private long removedAt = System.nanoTime() - REMOVE_EVERY.toNanos();

    DeliveryWorker(Db db, Clock clock, Ids ids, WebhookSender sender, WebhookSettings settings) {
        this.db = db;
        this.clock = clock;
        this.ids = ids;
        this.sender = sender;
        this.lease = settings.timeout().plus(LEASE_MARGIN);
        this.keep = settings.keepDeliveries();
        this.tries = settings.maxAttempts();
        this.holder = ids.hex32();
    }

    void start() {
        db.tx(sql -> {
            // Only one process can have an SQLite database open, so whoever held a lease is gone.
            if (!sql.isPostgres()) deliveries.release(sql, null);
            return 0;
        });
        thread.start();
    }

    /// Something may wait now.
    void wake() {
        wake.release();
    }

    private void loop() {
        try {
            while (!closing) {
                boolean busy = stepOrWarn();
                if (!busy && wake.tryAcquire(POLL.toMillis(), TimeUnit.MILLISECONDS)) wake.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Errors as well: memory that ran out once must not end sending for good.
    private boolean stepOrWarn() throws InterruptedException {
        try {
            removeOld();
            return begin();
        } catch (RuntimeException | Error e) {
            log.warn("webhooks are not served, trying again: {}", e.toString());
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
            return false;
        }
    }

    /// Begins to send for each webhook that waits, as many at once as allowed; whether there may be more.
    private boolean begin() throws InterruptedException {
        long now = clock.millis();
        List<String> waiting = db.read(sql -> deliveries.waiting(sql, now, latest(now), AT_ONCE));
        for (String webhook : waiting) {
            free.acquire();
            boolean held = false;
            try {
                held = db.tx(sql -> deliveries.hold(sql, webhook, holder, now, latest(now), now + lease.toMillis()));
            } finally {
                if (!held) free.release();
            }
            if (held) beginSending(webhook);
        }
        return waiting.size() == AT_ONCE;
    }

    private void beginSending(String webhook) {
        Thread one = Thread.ofVirtual().name("webhook-" + webhook).unstarted(() -> {
            try {
                sendAll(webhook);
            } catch (RuntimeException | Error e) {
                log.warn("webhook {} is not served until its lease runs out: {}", webhook, e.toString());
            } finally {
                sending.remove(Thread.currentThread());
                free.release();
                wake.release();
            }
        });
        sending.add(one);
        one.start();
    }

    /// Sends one delivery after the other until nothing waits or something has to wait longer.
    private void sendAll(String webhook) {
        Optional<DeliveryStore.Due> due = take(webhook, null);
        while (due.isPresent() && !closing) {
            Sent sent = send(webhook, due.get());
            if (Thread.currentThread().isInterrupted()) return; // It is sent again after the start.
            due = take(webhook, sent);
        }
    }

    private record Sent(DeliveryStore.Due due, Delivery.Attempt attempt, WebhookSender.Result result) {}

    /// Notes how one ended and takes the next, in one transaction.
    private Optional<DeliveryStore.Due> take(String webhook, @Nullable Sent sent) {
        return db.tx(sql -> {
            long now = clock.millis();
            Optional<DeliveryStore.Due> next = Optional.empty();
            if (sent != null) {
                Delivery.State state = state(sent);
                Long nextAt =
                        state == Delivery.State.PENDING ? now + pause(sent).toMillis() : null;
                deliveries.record(sql, sent.due(), sent.attempt(), state, nextAt, now);
            }
            if (!closing) next = deliveries.take(sql, webhook, holder, now, latest(now), now + lease.toMillis());
            return next;
        });
    }

    private static Delivery.State state(Sent sent) {
        if (sent.result().isGood()) return Delivery.State.DELIVERED;
        boolean again = sent.result().mayRetry() && sent.due().triesLeft() > 1;
        return again ? Delivery.State.PENDING : Delivery.State.FAILED;
    }

    /// As the receiver says, or twice as long each time, and a little by chance.
    private Duration pause(Sent sent) {
        if (sent.result().retryAfter().isPresent())
            return sent.result().retryAfter().get();
        int doublings = Math.clamp(tries - sent.due().triesLeft(), 0, 20);
        Duration backoff = Duration.ofSeconds(1L << doublings);
        return (backoff.compareTo(LONGEST_BACKOFF) < 0 ? backoff : LONGEST_BACKOFF)
                .plusMillis(ids.below(JITTER_MILLIS));
    }

    private Sent send(String webhook, DeliveryStore.Due due) {
        Instant at = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        long begin = System.nanoTime();
        WebhookSender.Result result = db.read(sql ->
                        webhooks.find(sql, webhook).map(found -> new Receiver(found, webhooks.secret(sql, webhook))))
                .map(to -> sender.send(to.webhook(), to.secret(), due.id(), due.body()))
                .orElse(new WebhookSender.Result(null, "", "the webhook was deleted", false, Optional.empty()));
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        String answer = beginning(result.answer());
        return new Sent(
                due,
                new Delivery.Attempt(due.attempts() + 1, at, millis, result.status(), answer, result.error()),
                result);
    }

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Receiver(Webhook webhook, byte @Nullable [] secret) {}

    private static String beginning(String answer) {
        int most = 1_000;
        return answer.codePointCount(0, answer.length()) <= most
                ? answer
                : answer.substring(0, answer.offsetByCodePoints(0, most));
    }

    private void removeOld() {
        if (System.nanoTime() - removedAt < REMOVE_EVERY.toNanos()) return;
        removedAt = System.nanoTime();
        long before = clock.millis() - keep.toMillis();
        while (!closing && db.tx(sql -> deliveries.removeSome(sql, before)) > 0) {}
    }

    private static long latest(long now) {
        return now + LATEST.toMillis();
    }

    /// Lets what is being sent end for a moment, and gives the leases back.
    @Override
    public void close() {
        closing = true;
        wake.release();
        try {
            if (thread.getState() == Thread.State.NEW) return;
            long deadline = System.nanoTime() + LAST_SENDING.toNanos();
            thread.join(LAST_SENDING);
            thread.interrupt();
            for (Thread one : List.copyOf(sending)) {
                one.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
                one.interrupt();
                one.join();
            }
            db.tx(sql -> {
                deliveries.release(sql, holder);
                return 0;
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.warn("the leases of webhooks run out by themselves: {}", e.toString());
        }
    }
}
