package io.millwright.lake.profiles;

import io.millwright.lake.duck.DuckThread;
import io.millwright.lake.query.TableView;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Profiles of versions, made of those of their files; a file is read once, whoever wrote it.
public final class ProfileService {
    private static final Logger log = LoggerFactory.getLogger(ProfileService.class);

    private final TableService tables;
    private final Profiler profiler;
    private final Map<String, ReentrantLock> busy = new ConcurrentHashMap<>();

    ProfileService(TableService tables, Profiler profiler) {
        this.tables = tables;
        this.profiler = profiler;
    }

    /// Of a version; reads the files that were not read before.
    Profile profile(DatasetName dataset, At at) {
        return profile(tables.scan(dataset, at));
    }

    /// Has the files read that a version brought, so that whoever asks need not wait; merges nothing.
    void prepare(DatasetName dataset, At.Snapshot at) {
        TableScan scan = tables.scanOfAdded(dataset, at);
        for (TableScan.ScanFile file : scan.files()) {
            if (!tables.isKeptBeside(scan, file)) profile(scan, file);
        }
    }

    private Profile profile(TableScan scan) {
        FileProfile merged = new FileProfile();
        Map<String, Long> deleted = new HashMap<>();
        for (TableScan.ScanFile file : scan.files()) {
            merged.merge(profile(scan, file));
            for (TableScan.Delete delete : file.deletes()) deleted.put(delete.location(), delete.rows());
        }
        long rows = deleted.values().stream().mapToLong(Long::longValue).sum();
        return new Profile(scan.version(), scan.schema(), merged, rows);
    }

    private FileProfile profile(TableScan scan, TableScan.ScanFile file) {
        Optional<FileProfile> kept = kept(scan, file);
        if (kept.isPresent()) return kept.get();
        ReentrantLock lock = busy.computeIfAbsent(file.location(), location -> new ReentrantLock());
        lock.lock();
        try {
            Optional<FileProfile> meanwhile = kept(scan, file);
            if (meanwhile.isPresent()) return meanwhile.get();
            FileProfile made = DuckThread.call("profile", () -> {
                try (TableView view = TableView.open(tables, scan.of(file))) {
                    return profiler.profile(view);
                }
            });
            tables.keepBeside(scan, file, made.toBytes());
            return made;
        } finally {
            lock.unlock();
            busy.remove(file.location(), lock);
        }
    }

    private Optional<FileProfile> kept(TableScan scan, TableScan.ScanFile file) {
        return tables.keptBeside(scan, file).flatMap(bytes -> {
            try {
                return Optional.of(FileProfile.of(bytes));
            } catch (IOException e) {
                log.info("the profile of a file of {} is made again: {}", scan.dataset(), e.getMessage());
                return Optional.empty();
            }
        });
    }
}
