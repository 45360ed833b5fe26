package io.millwright.ledger;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
///
/// The flush is [WalFlush]'s, on a thread of its own: while it waits for the disk, the next group is executed, and
/// takes in whatever comes until the flush has ended. None of it could be answered sooner, and one commit writes the
/// pages that several writes share only once.
final class GroupCommit implements AutoCloseable {
    static final int MOST_WAITING = 20_000;
    private static final Logger log = LoggerFactory.getLogger(GroupCommit.class);
    private static final int LARGEST_GROUP = 512;

    private final Sql sql;
    private final ScopedValue<Sql> open;
    private final WalFlush flush;
    private final BlockingQueue<Write<?>> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    private final Write<?> stop = new Write<>(sql -> 0);
    /// Ends the wait for one more write, when the flush has ended.
    private final Write<?> nudge = new Write<>(sql -> 0);
    private final Thread thread = Thread.ofPlatform().name("sqlite-writer").unstarted(this::run);
    private volatile boolean closed;
    private volatile boolean awaitsFlush;
    /// Of the thread.
    private boolean stopping;
    /// After this, nobody takes from the queue any more.
    private volatile boolean stopped;

    /// @param sql used by this thread only
    /// @param open bound to it on this thread
    /// @param wal the database's write-ahead log
    GroupCommit(Sql sql, ScopedValue<Sql> open, Path wal) {
        this.sql = sql;
        this.open = open;
        this.flush = new WalFlush(wal, this::flushed);
    }

    static Failure stopping() {
        return UNAVAILABLE.because("The server is stopping. Try again.");
    }

    void start() {
        flush.start();
        thread.start();
    }

    /// Why nothing can be written just now, if so.
    Optional<Failure> trouble() {
        Failure broken = flush.failure();
        if (broken != null) return Optional.of(broken);
        return thread.isAlive() && flush.isAlive() ? Optional.empty() : Optional.of(stopping());
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

    private void run() {
        ScopedValue.where(open, sql).run(this::loop);
    }

    private void loop() {
        List<Write<?>> group = new ArrayList<>();
        while (!stopping) {
            Write<?> first = take();
            if (first == null) continue;
            group.add(first);
            try {
                commit(group);
            } catch (RuntimeException | Error e) {
                // Whatever it was (memory, most likely): this thread goes on, or nobody writes any more.
                group.forEach(write -> write.fail(e));
            }
            group.clear();
        }
        stopped = true;
        waiting.drainTo(group);
        for (Write<?> write : group) write.fail(stopping());
    }

    /// The next write; none when this was woken for another reason.
    private @Nullable Write<?> take() {
        try {
            Write<?> next = waiting.take();
            if (next == stop) stopping = true;
            return next == stop || next == nudge ? null : next;
        } catch (InterruptedException e) {
            return null; // A body left the flag set; this thread ends by its stop only.
        }
    }

    /// The next write for an open group; none when the group is to be committed.
    private @Nullable Write<?> takeMore(List<Write<?>> group) {
        awaitsFlush = true;
        Write<?> next = null;
        while (next == null && !stopping && group.size() < LARGEST_GROUP && !(waiting.isEmpty() && flush.isIdle())) {
            next = take();
        }
        awaitsFlush = false;
        if (next != null) group.add(next);
        return next;
    }

    private void flushed() {
        if (awaitsFlush) waiting.offer(nudge); // When there is no room, nobody sleeps.
    }

    private void commit(List<Write<?>> group) {
        Failure broken = flush.failure();
        if (broken != null) {
            group.forEach(write -> write.fail(broken));
        } else if (!commitTogether(group)) {
            commitApart(group);
        }
    }

    /// The usual way, and half the statements: all in one transaction, without savepoints. False when it came to
    /// nothing.
    private boolean commitTogether(List<Write<?>> group) {
        try {
            sql.update("begin immediate");
            for (Write<?> write = group.getFirst(); write != null; write = takeMore(group)) {
                if (write.run(sql)) continue;
                sql.rollBackIfOpen();
                if (group.size() > 1) return false;
                write.answer(); // Nobody else was in it.
                return true;
            }
            sql.update("commit");
        } catch (RuntimeException | Error e) {
            sql.rollBackIfOpen();
            return false;
        }
        flush.thenAnswer(group);
        return true;
    }

    /// Each write runs inside its own savepoint, so that one that fails takes nothing of the others along.
    ///
    /// Some errors make SQLite drop the whole transaction at once (a full disk does). Then the savepoint is gone
    /// too, and nobody's write was kept: all are told so, and why, also those whose body had come to another
    /// answer, since that answer may rest on what was dropped.
    private void commitApart(List<Write<?>> group) {
        Write<?> current = null;
        try {
            sql.update("begin immediate");
            for (Write<?> write : group) {
                current = write;
                sql.update("savepoint one_write");
                if (!write.run(sql)) sql.update("rollback to one_write");
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
        flush.thenAnswer(group);
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
        flush.close();
        if (interrupted) Thread.currentThread().interrupt();
    }

    /// One write and who waits for it.
    static final class Write<T> {
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
        boolean run(Sql sql) {
            try {
                failure = null; // Of a run that was rolled back with its group.
                result = context.call(() -> body.apply(sql));
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
