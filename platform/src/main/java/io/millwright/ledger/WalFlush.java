package io.millwright.ledger;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Flushes SQLite's write-ahead log to the disk, and answers those whose commit lies in it.
///
/// SQLite itself runs with `synchronous=NORMAL`: a commit writes its frames, checkpoints flush. A commit is durable
/// once the log has been flushed after it, since a log is read up to its first torn frame; this thread does that flush
/// for everything that was committed meanwhile. It opens the log beside SQLite, which holds no lock on that file.
final class WalFlush implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WalFlush.class);

    private final Path wal;
    private final Thread thread = Thread.ofPlatform().name("sqlite-flush").unstarted(this::loop);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /// Guarded by the lock.
    private final ArrayDeque<GroupCommit.Write<?>> committed = new ArrayDeque<>();
    /// Guarded by the lock.
    private boolean closing;
    /// Of the thread.
    private @Nullable FileChannel channel;

    private final Runnable ended;
    private volatile boolean idle = true;
    private volatile @Nullable Failure failure;

    /// @param ended told after each flush
    WalFlush(Path wal, Runnable ended) {
        this.wal = wal;
        this.ended = ended;
    }

    void start() {
        thread.start();
    }

    /// Set once a flush has failed: what the disk holds is not known from then on, so nothing more may be written
    /// before a restart.
    @Nullable
    Failure failure() {
        return failure;
    }

    /// Whether nobody waits for a flush.
    boolean isIdle() {
        return idle;
    }

    boolean isAlive() {
        return thread.isAlive();
    }

    /// Answers these writes after the next flush.
    void thenAnswer(List<GroupCommit.Write<?>> group) {
        lock.lock();
        try {
            committed.addAll(group);
            idle = false;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void loop() {
        List<GroupCommit.Write<?>> group = new ArrayList<>();
        while (take(group)) {
            try {
                Failure failed = force();
                ended();
                for (GroupCommit.Write<?> write : group) {
                    if (failed == null) write.answer();
                    else write.fail(failed);
                }
            } catch (RuntimeException | Error e) {
                group.forEach(write -> write.fail(e)); // Nobody is left waiting, and this thread goes on.
            }
            group.clear();
        }
    }

    private void ended() {
        lock.lock();
        try {
            idle = committed.isEmpty();
        } finally {
            lock.unlock();
        }
        ended.run();
    }

    /// Waits for writes; false when there are none and none will come.
    private boolean take(List<GroupCommit.Write<?>> group) {
        lock.lock();
        try {
            while (committed.isEmpty() && !closing) changed.awaitUninterruptibly();
            idle = committed.isEmpty();
            group.addAll(committed);
            committed.clear();
            return !group.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Failure force() {
        if (failure != null) return failure;
        try {
            FileChannel opened = channel;
            if (opened == null) channel = opened = FileChannel.open(wal, StandardOpenOption.WRITE);
            opened.force(false);
            return null;
        } catch (IOException e) {
            log.error("flushing {} failed; nothing is written any more until a restart", wal, e);
            Failure failed = UNAVAILABLE.because("The disk that holds the database reports an error; whether this"
                    + " request was kept is not known. Check the disk and the server's log, restart the server, and"
                    + " look before sending it again.");
            failure = failed;
            return failed;
        }
    }

    /// Flushes and answers what was committed, then ends.
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        try {
            FileChannel opened = channel;
            if (opened != null) opened.close();
        } catch (IOException e) {
            log.warn("closing {} failed: {}", wal, e.toString());
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}
