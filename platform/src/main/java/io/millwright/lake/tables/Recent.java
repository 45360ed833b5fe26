package io.millwright.lake.tables;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// What was made of files that never change, by their location: those used least lately go first, the newest stays.
final class Recent<V> {
    private final long most;
    private final ToLongFunction<V> cost;
    private final ReentrantLock lock = new ReentrantLock(); // Guards entries and sum.
    private final Map<String, V> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long sum;

    /// @param most of the cost of all of them together
    Recent(long most, ToLongFunction<V> cost) {
        this.most = most;
        this.cost = cost;
    }

    /// @param make when it is not there
    V get(String location, Supplier<V> make) {
        V known = known(location);
        if (known != null) return known;
        V made = make.get();
        put(location, made);
        return made;
    }

    private @Nullable V known(String location) {
        lock.lock();
        try {
            return entries.get(location);
        } finally {
            lock.unlock();
        }
    }

    void put(String location, V value) {
        lock.lock();
        try {
            V before = entries.put(location, value);
            sum += cost.applyAsLong(value) - (before == null ? 0 : cost.applyAsLong(before));
            while (sum > most && entries.size() > 1) {
                String oldest = entries.keySet().iterator().next();
                V gone = entries.remove(oldest);
                if (gone != null) sum -= cost.applyAsLong(gone);
            }
        } finally {
            lock.unlock();
        }
    }
}
