package io.millwright.serving.worker;

import io.millwright.serving.predict.Frame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Workers that are free, and requests that wait for one: first come, first served. Whoever gets a worker after a wait
/// takes those along who wait for the same, as far as their endpoint allows it: nobody ever waits for others to come.
final class Desk {
    private final ReentrantLock lock = new ReentrantLock(); // Guards all below, and what tickets have.
    private final Deque<WorkerProcess> free = new ArrayDeque<>();
    private final Deque<Ticket> waiting = new ArrayDeque<>();

    /// A request in the queue.
    static final class Ticket {
        private final Frame rows;
        private final int mostTogether;
        private final Condition changed;
        private @Nullable WorkerProcess worker;
        private List<Ticket> along = List.of();
        private boolean taken;
        private boolean ended;
        private @Nullable Frame answer;

        private Ticket(Frame rows, int mostTogether, Condition changed) {
            this.rows = rows;
            this.mostTogether = mostTogether;
            this.changed = changed;
        }

        Frame rows() {
            return rows;
        }
    }

    /// What came of waiting.
    sealed interface Turn {
        /// @param along requests to be computed in the same call; to be told with [#end] how it went
        record Served(WorkerProcess worker, List<Ticket> along) implements Turn {}

        /// Another has asked for it, too.
        record Answered(Frame frame) implements Turn {}

        /// Another has asked for it, too, and did not get an answer for all.
        record Alone() implements Turn {}

        record TooLate() implements Turn {}
    }

    /// Waits for a worker.
    ///
    /// @param mostTogether rows that may be computed in one call; 0 for none but its own
    Turn turn(Frame rows, int mostTogether, long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            WorkerProcess now = alive();
            if (now != null) return new Turn.Served(now, List.of());
            Ticket ticket = new Ticket(rows, mostTogether, lock.newCondition());
            waiting.addLast(ticket);
            try {
                long left = nanos;
                while (true) {
                    if (ticket.answer != null) return new Turn.Answered(ticket.answer);
                    if (ticket.ended) return new Turn.Alone();
                    if (ticket.worker != null) return new Turn.Served(ticket.worker, ticket.along);
                    // Once it is taken along, the one who asks is bound by the time-out of a worker.
                    if (ticket.taken) ticket.changed.await();
                    else if (left <= 0) return new Turn.TooLate();
                    else left = ticket.changed.awaitNanos(left);
                }
            } catch (InterruptedException e) {
                leave(ticket);
                throw e;
            } finally {
                waiting.remove(ticket);
            }
        } finally {
            lock.unlock();
        }
    }

    /// One who is called away hands on what was just given to it.
    private void leave(Ticket ticket) {
        waiting.remove(ticket);
        for (Ticket each : ticket.along) end(each, null);
        ticket.along = List.of();
        WorkerProcess given = ticket.worker;
        if (given != null) give(given);
    }

    private @Nullable WorkerProcess alive() {
        for (WorkerProcess each = free.pollFirst(); each != null; each = free.pollFirst())
            if (each.isAlive()) return each;
        return null;
    }

    /// Takes a worker that has nothing to do.
    void give(WorkerProcess worker) {
        lock.lock();
        try {
            Ticket first = waiting.pollFirst();
            if (first == null) {
                free.addFirst(worker);
                return;
            }
            first.worker = worker;
            first.along = along(first);
            first.changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private List<Ticket> along(Ticket first) {
        List<Ticket> along = new ArrayList<>();
        int rows = first.rows.rows();
        for (Iterator<Ticket> each = waiting.iterator(); each.hasNext(); ) {
            Ticket next = each.next();
            long together = (long) rows + next.rows.rows();
            if (together > first.mostTogether || together > next.mostTogether) continue;
            if (!FrameRows.areAlike(first.rows, next.rows)) continue;
            rows += next.rows.rows();
            next.taken = true;
            along.add(next);
            each.remove();
        }
        return along;
    }

    /// Tells one that was taken along what came of it.
    ///
    /// @param answer absent when it has to ask by itself
    void end(Ticket ticket, @Nullable Frame answer) {
        lock.lock();
        try {
            ticket.answer = answer;
            ticket.ended = true;
            ticket.changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /// One that has ended is given to nobody.
    void remove(WorkerProcess worker) {
        lock.lock();
        try {
            free.remove(worker);
        } finally {
            lock.unlock();
        }
    }

    /// Workers that nobody asks now.
    int free() {
        lock.lock();
        try {
            return free.size();
        } finally {
            lock.unlock();
        }
    }
}
