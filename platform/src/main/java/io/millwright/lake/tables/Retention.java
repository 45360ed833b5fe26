package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.iceberg.ExpireSnapshots;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;

/// Removes versions that are too old, and the files that only they have. What a tag, a branch or a pin keeps, stays.
final class Retention {
    private final Db db;
    private final Clock clock;
    private final TableService service;
    private final TableStore tables = new TableStore();
    private final PinStore pins = new PinStore();

    Retention(Db db, Clock clock, TableService service) {
        this.db = db;
        this.clock = clock;
        this.service = service;
    }

    Upkeep.Expiry expire(DatasetName name, Upkeep.Keep asked, boolean dryRun) {
        TableService.require(Right.MANAGE, name);
        Table table = service.table(name);
        TableStore.Row row = db.read(
                        sql -> tables.find(sql, RequestContext.current().workspace(), name))
                .orElseThrow();
        List<Pin> held = db.read(sql -> pins.of(sql, row.id()));
        Set<Long> kept = kept(table, asked);
        List<Long> gone = new ArrayList<>();
        long pinned = 0;
        for (Snapshot snapshot : table.snapshots()) {
            long id = snapshot.snapshotId();
            if (kept.contains(id)) continue;
            if (held.stream().anyMatch(pin -> pin.keeps(id))) pinned++;
            else gone.add(id);
        }
        List<Integer> versions = gone.stream()
                .flatMap(id -> db.read(sql -> tables.versionOf(sql, row.id(), id)).stream())
                .map(DatasetVersion::number)
                .sorted()
                .toList();
        long files = dryRun || gone.isEmpty() ? 0 : remove(table, gone);
        return new Upkeep.Expiry(name, versions, pinned, files);
    }

    /// Named one by one: with an age of its own Iceberg would also remove what is pinned. The files go after the
    /// commit; those that a crash leaves behind go with the sweep.
    private static long remove(Table table, List<Long> gone) {
        AtomicLong files = new AtomicLong();
        ExpireSnapshots expire = table.expireSnapshots().expireOlderThan(0);
        for (long id : gone) expire.expireSnapshotId(id);
        expire.deleteWith(file -> {
            table.io().deleteFile(file);
            files.incrementAndGet();
        });
        IcebergFailures.told(() -> {
            expire.commit();
            return 0;
        });
        return files.get();
    }

    private Set<Long> kept(Table table, Upkeep.Keep asked) {
        Duration age = asked.age()
                .orElseGet(() -> Duration.ofMillis(number(
                        table.properties(), TableProperties.MAX_SNAPSHOT_AGE_MS, Upkeep.DEFAULT_AGE.toMillis())));
        int last = asked.last().orElseGet(() -> (int) Math.min(
                Integer.MAX_VALUE,
                number(table.properties(), TableProperties.MIN_SNAPSHOTS_TO_KEEP, Upkeep.DEFAULT_LAST)));
        Set<Long> kept = new HashSet<>();
        for (SnapshotRef ref : table.refs().values()) {
            kept.add(ref.snapshotId());
            if (ref.isBranch()) keepBranch(table, ref, age, last, kept);
        }
        // On no branch, as after a rollback: old enough is all that counts.
        Set<Long> onBranches = onBranches(table);
        long oldest = since(age);
        for (Snapshot snapshot : table.snapshots()) {
            boolean apart = !onBranches.contains(snapshot.snapshotId());
            if (apart && snapshot.timestampMillis() >= oldest) kept.add(snapshot.snapshotId());
        }
        return kept;
    }

    private void keepBranch(Table table, SnapshotRef branch, Duration age, int last, Set<Long> kept) {
        int most = Optional.ofNullable(branch.minSnapshotsToKeep()).orElse(last);
        long oldest = Optional.ofNullable(branch.maxSnapshotAgeMs())
                .map(millis -> clock.millis() - millis)
                .orElse(since(age));
        int count = 0;
        Snapshot at = table.snapshot(branch.snapshotId());
        while (at != null && (count++ < most || at.timestampMillis() >= oldest)) {
            kept.add(at.snapshotId());
            at = parent(table, at);
        }
    }

    private static Set<Long> onBranches(Table table) {
        Set<Long> ids = new HashSet<>();
        for (SnapshotRef ref : table.refs().values()) {
            if (!ref.isBranch()) continue;
            Snapshot at = table.snapshot(ref.snapshotId());
            while (at != null && ids.add(at.snapshotId())) at = parent(table, at);
        }
        return ids;
    }

    private static @org.jspecify.annotations.Nullable Snapshot parent(Table table, Snapshot of) {
        Long parent = of.parentId();
        return parent == null ? null : table.snapshot(parent);
    }

    private long since(Duration age) {
        Instant now = clock.instant();
        return age.compareTo(Duration.between(Instant.EPOCH, now)) > 0
                ? 0
                : now.minus(age).toEpochMilli();
    }

    private static long number(Map<String, String> properties, String key, long missing) {
        String text = properties.get(key);
        if (text == null) return missing;
        try {
            long value = Long.parseLong(text);
            if (value > 0) return value;
        } catch (NumberFormatException e) {
            // Told below, like one that is too small.
        }
        throw INVALID_ARGUMENT.because(
                "The property %s of the dataset is '%s', expected a number above 0. Set it anew.", key, text);
    }
}
