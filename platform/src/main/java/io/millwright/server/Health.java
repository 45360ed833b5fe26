package io.millwright.server;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether the parts answer that every request needs. Asked at most once a second, however many probes there are.
final class Health {
    private static final Logger log = LoggerFactory.getLogger(Health.class);
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Map<String, Runnable> parts;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock(); // Guards what follows.
    private boolean asked;
    private long askedAt;
    private String trouble = "";

    /// @param parts by the name to tell; each throws when it cannot serve
    Health(Map<String, Runnable> parts, LongSupplier nanoTime) {
        this.parts = Map.copyOf(parts);
        this.nanoTime = nanoTime;
    }

    /// @throws io.millwright.kernel.Failure UNAVAILABLE, naming the part
    void check() {
        lock.lock();
        try {
            if (!asked || nanoTime.getAsLong() - askedAt > FRESH_NANOS) ask();
            if (!trouble.isEmpty()) throw UNAVAILABLE.because(trouble);
        } finally {
            lock.unlock();
        }
    }

    private void ask() {
        trouble = "";
        parts.forEach((name, ping) -> {
            try {
                ping.run();
            } catch (RuntimeException e) {
                log.warn("not healthy: {}: {}", name, e.toString());
                trouble = "The " + name + " does not answer. The server's log tells why.";
            }
        });
        asked = true;
        askedAt = nanoTime.getAsLong();
    }
}
