package io.millwright.lake.duck;

import io.millwright.kernel.RequestContext;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/// Threads for calls into DuckDB. Such a call keeps the thread it is made on for as long as it lasts, so that a few of
/// them on virtual threads would stop every other request; and DuckDB's parser and planner go as deep as a text is
/// nested, deeper than a thread's usual stack.
public final class DuckThread {
    /// Address space; only what is used becomes memory.
    private static final long STACK_BYTES = 128L << 20;

    private DuckThread() {}

    /// Runs the body in the context of the request in hand, and waits for it. When the waiting thread is interrupted,
    /// so is
    /// the body.
    public static <T extends @Nullable Object> T call(String name, Callable<T> body) {
        RequestContext context = RequestContext.current();
        FutureTask<T> task = new FutureTask<>(() -> context.call(body::call));
        Thread thread = new Thread(null, task, name, STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    thread.interrupt();
                }
            }
        } catch (ExecutionException e) {
            throw Thrown.<RuntimeException>again(e.getCause());
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    /// What the body threw, as it was.
    private static final class Thrown {
        private Thrown() {}

        @SuppressWarnings("unchecked") // Java checks at compile time only; nothing is cast.
        static <X extends Throwable> RuntimeException again(@Nullable Throwable thrown) throws X {
            if (thrown == null) throw new IllegalStateException("failed without a reason");
            throw (X) thrown;
        }
    }
}
