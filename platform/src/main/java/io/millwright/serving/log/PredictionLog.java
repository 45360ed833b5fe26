package io.millwright.serving.log;

import io.millwright.kernel.Ids;
import io.millwright.serving.predict.Frame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Predictions on their way into the lake, in segments of this machine.
///
/// @implNote An append is a copy into mapped memory under a lock of some hundred nanoseconds. A segment is closed when
/// it
/// is full or old enough; closed ones are shipped by [Shipper] in their order and removed.
public final class PredictionLog implements AutoCloseable {
    private static final Logger logger = LoggerFactory.getLogger(PredictionLog.class);
    private static final int LARGEST = 256 << 20;
    private static final long RETRY_NANOS = 1_000_000_000L;

    private static final ThreadLocal<EntryWriter> WRITERS = ThreadLocal.withInitial(EntryWriter::new);

    private final Path folder;
    private final FileChannel lockFile;
    private final long mostBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final ReentrantLock forcing = new ReentrantLock();
    private final LongAdder lost = new LongAdder();
    private final Semaphore toDo = new Semaphore(0);
    private final Thread preparer =
            Thread.ofPlatform().daemon().name("prediction-segments").unstarted(this::prepare);
    private final EntryWriter defining = new EntryWriter();

    // All guarded by the lock.
    private final List<Segment> closed = new ArrayList<>();
    private final List<Segment> found;
    private @Nullable Segment current;
    private @Nullable Segment spare;
    private long sequence;
    private long bytes;
    private long appended;
    private boolean closing;
    private long failedAt = System.nanoTime() - RETRY_NANOS;

    /// Not on the disk for sure yet; guarded by the lock.
    private final List<Segment> unforced = new ArrayList<>();

    /// How many records are on the disk; changed by who holds `forcing`.
    private volatile long forced;

    private PredictionLog(Path folder, FileChannel lockFile, long mostBytes, List<Segment> found) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.mostBytes = mostBytes;
        this.found = found;
        for (Segment each : found) bytes += each.size();
    }

    /// @param parent of this and other processes' folders; what processes that ended have left is taken over
    /// @param mostBytes of segments that wait to be shipped
    public static PredictionLog open(Path parent, long mostBytes, Ids ids) {
        try {
            Files.createDirectories(parent);
            List<Segment> found = new ArrayList<>();
            try (Stream<Path> folders = Files.list(parent)) {
                for (Path each : folders.filter(Files::isDirectory).sorted().toList()) found.addAll(left(each));
            }
            Path folder = Files.createDirectory(parent.resolve(ids.hex32()));
            FileChannel channel =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) throw new IOException("the new folder " + folder + " is locked");
            PredictionLog log = new PredictionLog(folder, channel, mostBytes, found);
            log.preparer.start();
            return log;
        } catch (IOException e) {
            throw new UncheckedIOException("the prediction log cannot be opened in " + parent, e);
        }
    }

    /// The segments of a process that has ended; none while it lives.
    private static List<Segment> left(Path folder) throws IOException {
        Path lockFile = folder.resolve("lock");
        if (!Files.exists(lockFile)) return List.of();
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
                FileLock owned = channel.tryLock()) {
            if (owned == null) return List.of();
            List<Segment> segments = new ArrayList<>();
            try (Stream<Path> files = Files.list(folder)) {
                for (Path each : files.sorted().toList()) {
                    String name = each.getFileName().toString();
                    if (name.matches("\\d{12}\\.log"))
                        segments.add(Segment.found(each, Long.parseLong(name.substring(0, 12))));
                }
            }
            if (segments.isEmpty()) {
                Files.deleteIfExists(lockFile);
                Files.deleteIfExists(folder);
            }
            return segments;
        } catch (OverlappingFileLockException e) {
            return List.of(); // It is this process's own.
        }
    }

    /// Keeps an answer.
    ///
    /// @param rows absent for a shadow's answer
    /// @param answer absent when there was an error
    /// @return false when there is no room
    public boolean append(
            Source source,
            PredictionId id,
            boolean shadow,
            long nanos,
            String caller,
            String requestId,
            String error,
            int count,
            @Nullable Frame rows,
            @Nullable Frame answer) {
        Layout inputs = rows == null ? null : source.inputs(rows);
        Layout outputs = answer == null ? null : source.outputs(answer);
        EntryWriter writer = WRITERS.get()
                .clear()
                .answer(
                        source.number(),
                        id,
                        shadow,
                        nanos,
                        caller,
                        requestId,
                        error,
                        answer == null ? count : Math.max(count, answer.rows()),
                        rows,
                        inputs,
                        answer,
                        outputs);
        int length = writer.length();
        int needed = length + source.mostBytes();
        if (inputs != null) needed += inputs.mostBytes();
        if (outputs != null) needed += outputs.mostBytes();
        boolean kept = needed <= LARGEST && append(source, inputs, outputs, writer, needed);
        if (!kept) lost.increment();
        if (writer.bytes().length > 1 << 20) WRITERS.remove();
        return kept;
    }

    /// @param needed bytes for it and what defines its parts
    private boolean append(
            Source source, @Nullable Layout inputs, @Nullable Layout outputs, EntryWriter writer, int needed) {
        int length = writer.length();
        int sum = Segment.sum(writer.bytes(), length);
        lock.lock();
        try {
            Segment segment = current;
            if (segment == null || !segment.fits(needed)) segment = roll(needed);
            if (segment == null) return false;
            define(segment, source, inputs, outputs);
            segment.append(writer.bytes(), length, sum);
            appended++;
            if (spare == null && toDo.availablePermits() == 0 && !segment.fits(Segment.SIZE / 2)) toDo.release();
            return true;
        } catch (InternalError e) {
            // The disk has failed under the mapping.
            logger.error("the prediction log cannot be written", e);
            closeCurrent();
            failedAt = System.nanoTime();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void define(Segment segment, Source source, @Nullable Layout inputs, @Nullable Layout outputs) {
        if (source.definedIn != segment.sequence()) {
            put(segment, defining.clear().answerer(source.number(), source.answerer()));
            source.definedIn = segment.sequence();
        }
        define(segment, inputs);
        define(segment, outputs);
    }

    private void define(Segment segment, @Nullable Layout layout) {
        if (layout == null || layout.definedIn == segment.sequence()) return;
        put(segment, defining.clear().layout(layout));
        layout.definedIn = segment.sequence();
    }

    private static void put(Segment segment, EntryWriter writer) {
        segment.append(writer.bytes(), writer.length(), Segment.sum(writer.bytes(), writer.length()));
    }

    private @Nullable Segment roll(int needed) {
        closeCurrent();
        Segment next = spare;
        if (next != null && next.fits(needed)) {
            spare = null;
        } else {
            next = make(needed);
            if (next == null) return null;
        }
        bytes += next.size();
        current = next;
        toDo.release();
        unforced.add(next);
        return next;
    }

    private static void discard(Segment segment) throws IOException {
        segment.seal();
        segment.remove();
    }

    private @Nullable Segment make(int needed) {
        if (!mayMake(needed)) return null;
        Segment made = made(++sequence, needed).orElse(null);
        if (made == null) failedAt = System.nanoTime();
        return made;
    }

    private boolean mayMake(int needed) {
        return bytes + Math.max(Segment.SIZE, needed) <= mostBytes && System.nanoTime() - failedAt >= RETRY_NANOS;
    }

    private Optional<Segment> made(long number, int needed) {
        try {
            return Optional.of(Segment.make(folder, number, needed));
        } catch (IOException e) {
            logger.warn("predictions cannot be kept, trying again: {}", e.toString());
            return Optional.empty();
        }
    }

    private void closeCurrent() {
        if (current != null) closed.add(current);
        current = null;
    }

    /// Has a segment ready before it is needed, so that no append waits for a file to be made, and gives the memory of
    /// full ones back.
    private void prepare() {
        try {
            for (toDo.acquire(); !isClosing(); toDo.acquire()) {
                toDo.drainPermits();
                makeSpare();
                sealFull();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isClosing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    private void makeSpare() {
        long number;
        lock.lock();
        try {
            if (spare != null || current == null || current.fits(Segment.SIZE / 2) || !mayMake(0)) return;
            number = ++sequence;
        } finally {
            lock.unlock();
        }
        Optional<Segment> made = made(number, 0);
        lock.lock();
        try {
            if (made.isEmpty()) failedAt = System.nanoTime();
            else if (spare == null && !closing) spare = made.get();
            else discard(made.get());
        } catch (IOException e) {
            logger.warn("a segment of the prediction log that is not needed stays: {}", e.toString());
        } finally {
            lock.unlock();
        }
    }

    /// The one that is written is forced with them; alone it waits for [#sync].
    private void sealFull() {
        forcing.lock();
        try {
            lock.lock();
            try {
                if (unforced.size() < 2) return;
            } finally {
                lock.unlock();
            }
            force();
        } finally {
            forcing.unlock();
        }
    }

    /// Returns when all that was appended until now is on the disk.
    public void sync() {
        long wanted;
        lock.lock();
        try {
            wanted = appended;
        } finally {
            lock.unlock();
        }
        while (forced < wanted) {
            // Whoever comes first forces for all who have come meanwhile.
            forcing.lock();
            try {
                if (forced < wanted) force();
            } finally {
                forcing.unlock();
            }
        }
    }

    private void force() {
        List<Segment> segments;
        Segment written;
        long upTo;
        lock.lock();
        try {
            segments = List.copyOf(unforced);
            written = current;
            upTo = appended;
            unforced.clear();
            if (current != null) unforced.add(current);
        } finally {
            lock.unlock();
        }
        for (Segment each : segments) {
            each.force();
            if (each != written) each.seal();
        }
        forced = upTo;
    }

    /// Takes the closed segments to ship, oldest first.
    ///
    /// @param all whether the one that is being written is closed for it
    List<Segment> toShip(boolean all) {
        lock.lock();
        try {
            if (all && current != null && !current.isEmpty()) closeCurrent();
            List<Segment> segments = new ArrayList<>(found);
            segments.addAll(closed);
            return segments;
        } finally {
            lock.unlock();
        }
    }

    /// Whether a process before has written it.
    boolean isFound(Segment segment) {
        lock.lock();
        try {
            return found.contains(segment);
        } finally {
            lock.unlock();
        }
    }

    /// One that is in the lake now.
    void shipped(Segment segment) {
        forcing.lock();
        try {
            lock.lock();
            try {
                if (found.remove(segment) || closed.remove(segment)) bytes -= segment.size();
                unforced.remove(segment);
                segment.seal();
                segment.remove();
            } finally {
                lock.unlock();
            }
        } catch (IOException e) {
            logger.warn("a shipped segment of the prediction log stays on the disk: {}", e.toString());
        } finally {
            forcing.unlock();
        }
    }

    /// A segment as it is now.
    record View(Segment segment, long end) {}

    /// All that is not in the lake yet, oldest first.
    List<View> views() {
        lock.lock();
        try {
            List<View> views = new ArrayList<>();
            for (Segment each : found) views.add(new View(each, each.end()));
            for (Segment each : closed) views.add(new View(each, each.end()));
            if (current != null) views.add(new View(current, current.end()));
            return views;
        } finally {
            lock.unlock();
        }
    }

    /// Answers that were not kept for want of room.
    public long lost() {
        return lost.sum();
    }

    /// Of segments that wait to be shipped.
    public long waitingBytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        forcing.lock();
        try {
            lock.lock();
            try {
                closing = true;
                toDo.release();
                closeCurrent();
                if (spare != null) discard(spare);
                spare = null;
                for (Segment each : closed) {
                    each.force();
                    each.seal();
                }
            } finally {
                lock.unlock();
            }
            lockFile.close();
        } catch (IOException e) {
            logger.warn("the prediction log was not closed cleanly: {}", e.toString());
        } finally {
            forcing.unlock();
        }
    }
}
