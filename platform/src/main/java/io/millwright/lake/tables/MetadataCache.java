package io.millwright.lake.tables;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.iceberg.TableMetadata;
import org.jspecify.annotations.Nullable;

/// Metadata files that were read or written lately. A file never changes, so an entry is never wrong; a few
/// thousand snapshots in all are kept, since each costs about two kilobytes.
final class MetadataCache {
    private static final int MOST_SNAPSHOTS = 10_000;
    private static final int BASE_COST = 10;

    private final ReentrantLock lock = new ReentrantLock(); // Guards entries and cost.
    private final Map<String, TableMetadata> entries = new LinkedHashMap<>(16, 0.75f, true);
    private int cost;

    TableMetadata get(String location, Supplier<TableMetadata> read) {
        TableMetadata known = known(location);
        if (known != null) return known;
        TableMetadata loaded = read.get();
        put(location, loaded);
        return loaded;
    }

    private @Nullable TableMetadata known(String location) {
        lock.lock();
        try {
            return entries.get(location);
        } finally {
            lock.unlock();
        }
    }

    void put(String location, TableMetadata metadata) {
        lock.lock();
        try {
            TableMetadata before = entries.put(location, metadata);
            cost += costOf(metadata) - (before == null ? 0 : costOf(before));
            while (cost > MOST_SNAPSHOTS && entries.size() > 1) {
                String oldest = entries.keySet().iterator().next();
                TableMetadata gone = entries.remove(oldest);
                if (gone != null) cost -= costOf(gone);
            }
        } finally {
            lock.unlock();
        }
    }

    private static int costOf(TableMetadata metadata) {
        return BASE_COST + metadata.snapshots().size();
    }
}
