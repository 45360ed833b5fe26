package io.millwright.ledger;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one writer of a SQLite database: a thread that takes whatever is waiting and commits it as a group, so
/// that one flush to disk serves all of them. A caller is answered only after that flush.
final class GroupCommit implements AutoCloseable {
    static final int MOST_WAITING = 20_000;
    private static final Logger log = LoggerFactory.getLogger(GroupCommit.class);
    private static final int LARGEST_GROUP = 512;

    private final Sql sql;
    private final ScopedValue<Sql> open;
    private final BlockingQueue<Write<?>> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    private final Write<?> stop = new Write<>(sql -> 0);
    private final Thread thread = Thread.ofPlatform().name("sqlite-writer").unstarted(this::loop);
    private volatile boolean closed;
    /// After this, nobody takes from the queue any more.
    private volatile boolean stopped;

    /// @param sql used by this thread only
    /// @param open bound to it while a body runs
    GroupCommit(Sql sql, ScopedValue<Sql> open) {
        this.sql = sql;
        this.open = open;
    }

    static Failure stopping() {
        return UNAVAILABLE.because("The server is stopping. Try again.");
    }

    void start() {
        thread.start();
    }

    Sql sql() {
        return sql;
    }

    <T> T write(Function<Sql, T> body) {
        if (Thread.currentThread() == thread) throw new IllegalStateException("a transaction inside a transaction");
        if (closed) throw stopping();
        Write<T> write = new Write<>(body);
        if (!waiting.offer(write)) {
            throw BUSY.because("%,d writes wait for the database already. Send this one again later.", MOST_WAITING);
        }
        if (stopped && waiting.remove(write)) throw stopping();
        try {
            return write.done.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw SqlErrors.translate(cause);
                case Error cause -> throw cause;
                case null, default -> throw e;
            }
        }
    }

    private void loop() {
        List<Write<?>> group = new ArrayList<>();
        boolean stopping = false;
        while (!stopping) {
            try {
                group.add(waiting.take());
            } catch (InterruptedException e) {
                continue; // A body left the flag set; this thread ends by its stop only.
            }
            waiting.drainTo(group, LARGEST_GROUP - 1);
            stopping = group.remove(stop);
            if (!group.isEmpty()) commit(group);
            group.clear();
        }
        stopped = true;
        waiting.drainTo(group);
        for (Write<?> write : group) write.fail(stopping());
    }

    /// Each write runs inside its own savepoint, so that one that fails takes nothing of the others along.
    ///
    /// Some errors make SQLite drop the whole transaction at once (a full disk does). Then the savepoint is gone
    /// too, and nobody's write was kept: all are told so, and why, also those whose body had come to another
    /// answer, since that answer may rest on what was dropped.
    private void commit(List<Write<?>> group) {
        Write<?> current = null;
        try {
            sql.update("begin immediate");
            for (Write<?> write : group) {
                current = write;
                sql.update("savepoint one_write");
                if (!write.run(sql, open)) sql.update("rollback to one_write");
                sql.update("release one_write");
            }
            current = null;
            sql.update("commit");
        } catch (RuntimeException | Error e) {
            sql.rollBackIfOpen();
            Throwable cause = current == null ? e : current.databaseErrorOr(e);
            log.error("a group of {} writes was rolled back: {}", group.size(), String.valueOf(cause));
            Throwable answer = cause instanceof RuntimeException r ? SqlErrors.translate(r) : cause;
            for (Write<?> write : group) write.fail(answer);
            return;
        }
        group.forEach(Write::answer);
    }

    /// Commits what waits, then stops.
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        while (true) {
            try {
                if (!stopped && !waiting.contains(stop)) waiting.put(stop);
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    private static final class Write<T> {
        private final Function<Sql, T> body;
        /// The body runs on the writer thread, on behalf of the request that waits for it.
        private final RequestContext context = RequestContext.current();
        private final CompletableFuture<T> done = new CompletableFuture<>();
        private @Nullable T result;
        private @Nullable Throwable failure;

        Write(Function<Sql, T> body) {
            this.body = body;
        }

        /// Whether the body ended well; the caller hears of it only after the commit.
        boolean run(Sql sql, ScopedValue<Sql> open) {
            try {
                result = context.call(() -> ScopedValue.where(open, sql).call(() -> body.apply(sql)));
                return true;
            } catch (RuntimeException | Error e) {
                failure = e;
                return false;
            }
        }

        Throwable databaseErrorOr(Throwable other) {
            return failure != null && SqlErrors.sqlOf(failure) != null ? failure : other;
        }

        @SuppressWarnings("NullAway") // A body may return null where T allows it.
        void answer() {
            if (failure != null) done.completeExceptionally(failure);
            else done.complete(result);
        }

        void fail(Throwable cause) {
            done.completeExceptionally(cause);
        }
    }
}
