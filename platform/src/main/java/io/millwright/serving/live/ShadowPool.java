package io.millwright.serving.live;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Where models are asked whose answers nobody waits for. Its queue is bounded by requests and by rows: what finds no
/// place is dropped.
final class ShadowPool implements AutoCloseable {
    private static final int MOST_WAITING = 1_000;
    private static final long MOST_ROWS = 200_000;

    private final AtomicLong rows = new AtomicLong();
    private final ThreadPoolExecutor threads;

    ShadowPool() {
        int most = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        threads = new ThreadPoolExecutor(
                most,
                most,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MOST_WAITING),
                Thread.ofPlatform().daemon().name("shadow-", 1).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /// @return false when it is dropped
    boolean offer(int count, Runnable task) {
        if (rows.addAndGet(count) > MOST_ROWS && rows.get() > count) {
            rows.addAndGet(-count);
            return false;
        }
        try {
            threads.execute(() -> {
                try {
                    task.run();
                } finally {
                    rows.addAndGet(-count);
                }
            });
            return true;
        } catch (RejectedExecutionException e) {
            rows.addAndGet(-count);
            return false;
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
