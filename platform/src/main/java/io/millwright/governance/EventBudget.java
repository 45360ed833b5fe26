package io.millwright.governance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// Bounds how many events one source may cause in a minute, and counts what was left out until somebody asks.
///
/// Bounded: of more sources than fit, those heard of longest ago begin anew.
public final class EventBudget {
    public static final int PER_MINUTE = 60;
    private static final int MOST_SOURCES = 10_000;
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    /// In the order in which they were heard of last; guarded by the lock.
    private final SequencedMap<Source, Spent> bySource = new LinkedHashMap<>();
    /// Of minutes that are over, until they are told; guarded by the lock.
    private final List<LeftOut> over = new ArrayList<>();

    /// What causes events.
    ///
    /// @param type of its events
    public record Source(String type, String who) {}

    /// How many events of a source were not recorded.
    record LeftOut(Source source, long count) {}

    private record Spent(long since, int events, long leftOut) {}

    /// @param nanos a clock that nobody sets
    public EventBudget(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /// Whether one more event fits into the minute; if not, it is counted.
    public boolean take(Source source) {
        long now = nanos.getAsLong();
        lock.lock();
        try {
            Spent spent = bySource.remove(source);
            if (spent != null && now - spent.since >= MINUTE) {
                end(source, spent);
                spent = null;
            }
            if (spent == null) spent = new Spent(now, 0, 0);
            boolean fits = spent.events < PER_MINUTE;
            bySource.put(
                    source,
                    fits
                            ? new Spent(spent.since, spent.events + 1, 0)
                            : new Spent(spent.since, spent.events, spent.leftOut + 1));
            if (bySource.size() > MOST_SOURCES) {
                var oldest = bySource.pollFirstEntry();
                end(oldest.getKey(), oldest.getValue());
            }
            return fits;
        } finally {
            lock.unlock();
        }
    }

    private void end(Source source, Spent spent) {
        if (spent.leftOut > 0) over.add(new LeftOut(source, spent.leftOut));
    }

    /// What was left out in minutes that are over, each of them answered once.
    List<LeftOut> over() {
        return ended(MINUTE);
    }

    /// As [#over], with the minutes that have not ended.
    List<LeftOut> all() {
        return ended(0);
    }

    private List<LeftOut> ended(long after) {
        long now = nanos.getAsLong();
        lock.lock();
        try {
            bySource.entrySet().removeIf(entry -> {
                boolean isOver = now - entry.getValue().since >= after;
                if (isOver) end(entry.getKey(), entry.getValue());
                return isOver;
            });
            List<LeftOut> told = List.copyOf(over);
            over.clear();
            return told;
        } finally {
            lock.unlock();
        }
    }

    /// Takes back what could not be told, for the next one who asks.
    void giveBack(List<LeftOut> untold) {
        lock.lock();
        try {
            over.addAll(untold);
        } finally {
            lock.unlock();
        }
    }
}
