package io.millwright.governance;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// Slows down whoever fails to sign in again and again: after some failures each next one doubles the wait.
///
/// Bounded: of more keys than fit, those that failed longest ago are forgotten.
final class FailureThrottle {
    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);
    private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(15);

    private final int free;
    private final int capacity;
    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    /// In the order of their last failures; guarded by the lock.
    private final SequencedMap<String, Failures> byKey = new LinkedHashMap<>();

    private record Failures(int count, long lastNanos, long untilNanos) {}

    /// @param free how many failures cost nothing
    /// @param capacity how many keys are remembered
    /// @param nanos a clock that nobody sets
    FailureThrottle(int free, int capacity, LongSupplier nanos) {
        this.free = free;
        this.nanos = nanos;
        this.capacity = capacity;
    }

    /// How long the key has still to wait; zero when it need not.
    Duration waitOf(String key) {
        lock.lock();
        try {
            Failures failures = byKey.get(key);
            if (failures == null) return Duration.ZERO;
            long left = failures.untilNanos - nanos.getAsLong();
            return left <= 0 ? Duration.ZERO : Duration.ofNanos(left);
        } finally {
            lock.unlock();
        }
    }

    void failed(String key) {
        long now = nanos.getAsLong();
        lock.lock();
        try {
            Failures before = byKey.remove(key);
            int count = before == null || now - before.lastNanos > FORGOTTEN_AFTER.toNanos() ? 1 : before.count + 1;
            byKey.put(key, new Failures(count, now, now + waitAfter(count).toNanos()));
            if (byKey.size() > capacity) byKey.pollFirstEntry();
        } finally {
            lock.unlock();
        }
    }

    void succeeded(String key) {
        lock.lock();
        try {
            byKey.remove(key);
        } finally {
            lock.unlock();
        }
    }

    private Duration waitAfter(int count) {
        if (count < free) return Duration.ZERO;
        Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(count - free, 10));
        return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
    }
}
