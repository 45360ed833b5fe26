package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.BUSY;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/// The processes that queries run in: kept for the next query when they are well, and for a while.
final class Workers implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MOST_IDLE = 2;
    private static final Duration LONGEST_IDLE = Duration.ofMinutes(5);
    /// One that is larger has been through something.
    private static final long LARGEST_IDLE = 700L << 20;

    private record Idle(Worker worker, long since) {}

    private final QuerySettings settings;
    private final ReentrantLock lock = new ReentrantLock();
    /// As many as may be in use; whoever only reads a text waits for one, too.
    private final Semaphore free;
    private final Deque<Idle> idle = new ArrayDeque<>();
    private final Set<Worker> all = new HashSet<>();
    private boolean closed;
    private int started;

    /// @param most at once
    /// @param watch ends idle ones
    Workers(QuerySettings settings, int most, ScheduledExecutorService watch) {
        this.settings = settings;
        this.free = new Semaphore(most, true);
        var _ = watch.scheduleWithFixedDelay(this::endIdle, 30, 30, TimeUnit.SECONDS);
    }

    /// @throws io.millwright.kernel.Failure BUSY when none becomes free in good time
    Worker take() {
        try {
            if (!free.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw BUSY.because("The server is busy with queries. Try again later.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw BUSY.because("The query was interrupted. Try again.");
        }
        try {
            return taken();
        } catch (RuntimeException | Error e) {
            free.release();
            throw e;
        }
    }

    private Worker taken() {
        lock.lock();
        try {
            if (closed) throw new IllegalStateException("closed");
            while (!idle.isEmpty()) {
                Worker worker = idle.removeLast().worker();
                if (isFit(worker)) return worker;
                all.remove(worker);
                worker.close();
            }
            Worker worker = Worker.start(settings, "worker-" + ++started);
            all.add(worker);
            return worker;
        } finally {
            lock.unlock();
        }
    }

    /// @param well whether it has answered its last request
    void give(Worker worker, boolean well) {
        try {
            if (!kept(worker, well)) worker.close();
        } finally {
            free.release();
        }
    }

    private boolean kept(Worker worker, boolean well) {
        boolean keep = well && worker.isAlive();
        lock.lock();
        try {
            if (keep && !closed && idle.size() < MOST_IDLE) {
                idle.addLast(new Idle(worker, System.nanoTime()));
                return true;
            }
            all.remove(worker);
            return false;
        } finally {
            lock.unlock();
        }
    }

    /// Asked when it is needed again: right after an answer its last DuckDB is not closed yet.
    private static boolean isFit(Worker worker) {
        return worker.isAlive() && worker.residentBytes() < LARGEST_IDLE;
    }

    private void endIdle() {
        lock.lock();
        try {
            long before = System.nanoTime() - LONGEST_IDLE.toNanos();
            for (Iterator<Idle> each = idle.iterator(); each.hasNext(); ) {
                Idle one = each.next();
                if (one.since() - before > 0 && isFit(one.worker())) continue;
                each.remove();
                all.remove(one.worker());
                one.worker().close();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            all.forEach(Worker::close);
            all.clear();
            idle.clear();
        } finally {
            lock.unlock();
        }
    }
}
