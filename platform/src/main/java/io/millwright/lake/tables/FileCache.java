package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Copies of remote files on this disk. Those used least lately go first; one that is being read stays.
final class FileCache {
    private static final Logger log = LoggerFactory.getLogger(FileCache.class);

    private final Path folder;
    private final long mostBytes;
    private final ReentrantLock lock = new ReentrantLock(); // Guards entries and bytes.
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    private static final class Entry {
        private final Path file;
        private final long size;
        private final ReentrantLock fetching = new ReentrantLock();
        private int leases;
        private boolean there;
        private boolean forgotten;

        Entry(Path file, long size) {
            this.file = file;
            this.size = size;
        }
    }

    /// What an earlier process left is not known to be whole, and goes.
    FileCache(Path folder, long mostBytes) throws IOException {
        this.folder = folder;
        this.mostBytes = mostBytes;
        Files.createDirectories(folder);
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
            for (Path file : left) Files.deleteIfExists(file);
        }
    }

    /// @param fetch writes the whole file to the path it is given
    Warehouse.Lease lease(String name, long size, Consumer<Path> fetch) {
        Entry entry = claim(name, size);
        try {
            fetchOnce(entry, fetch);
        } catch (RuntimeException | Error e) {
            release(entry);
            throw e;
        }
        return new Warehouse.Lease() {
            private boolean closed;

            @Override
            public Path path() {
                return entry.file;
            }

            @Override
            public void close() {
                if (!closed) release(entry);
                closed = true;
            }
        };
    }

    private Entry claim(String name, long size) {
        lock.lock();
        try {
            Entry entry = entries.get(name);
            if (entry == null) {
                makeRoom(size);
                entry = new Entry(folder.resolve(hash(name)), size);
                entries.put(name, entry);
                bytes += size;
            }
            entry.leases++;
            return entry;
        } finally {
            lock.unlock();
        }
    }

    /// The file is no more; its copy goes with the last who reads it.
    void forget(String name) {
        lock.lock();
        try {
            Entry entry = entries.remove(name);
            if (entry == null) return;
            entry.forgotten = true;
            if (entry.leases == 0) drop(entry);
        } finally {
            lock.unlock();
        }
    }

    private void drop(Entry entry) {
        bytes -= entry.size;
        try {
            Files.deleteIfExists(entry.file);
        } catch (IOException e) {
            log.warn("{} stays in the cache: {}", entry.file, e.toString());
        }
    }

    private void makeRoom(long wanted) {
        Iterator<Entry> oldest = entries.values().iterator();
        while (bytes + wanted > mostBytes && oldest.hasNext()) {
            Entry entry = oldest.next();
            if (entry.leases > 0) continue;
            oldest.remove();
            drop(entry);
        }
        if (bytes + wanted > mostBytes) {
            throw UNAVAILABLE.because(
                    "This needs %d bytes of the data files' cache, which holds %d bytes, %d of them in use. Ask for less, or"
                            + " raise lake.cache-size.",
                    wanted, mostBytes, bytes);
        }
    }

    private static void fetchOnce(Entry entry, Consumer<Path> fetch) {
        entry.fetching.lock();
        try {
            if (entry.there) return;
            Path part = entry.file.resolveSibling(entry.file.getFileName() + ".part");
            try {
                Files.deleteIfExists(part);
                fetch.accept(part);
                if (!part.toFile().setReadOnly()) log.debug("{} could not be made read-only", part);
                Files.move(part, entry.file);
                entry.there = true;
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw FolderWarehouse.unwritable(e);
        } finally {
            entry.fetching.unlock();
        }
    }

    private void release(Entry entry) {
        lock.lock();
        try {
            entry.leases--;
            if (entry.leases == 0 && entry.forgotten) drop(entry);
        } finally {
            lock.unlock();
        }
    }

    private static String hash(String name) {
        byte[] digest = Digests.sha256().digest(name.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest) + ".parquet";
    }
}
