package io.millwright.server;

import static io.millwright.kernel.ErrorCode.BUSY;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// How much memory some kind of work may take at once, in all requests together. Work that finds none left waits for
/// its turn, so that many large requests come one after the other instead of filling the heap.
final class MemoryBudget {
    private static final int UNIT = 1024;

    private final String what;
    private final int units;
    private final Duration patience;
    private final Semaphore free;

    /// @param what how messages call the work
    /// @param patience how long work may wait for its turn
    MemoryBudget(String what, long sizeBytes, Duration patience) {
        this.what = what;
        this.units = Math.toIntExact(sizeBytes / UNIT);
        this.patience = patience;
        this.free = new Semaphore(units, true);
    }

    /// A part of the budget, until it is closed.
    final class Share implements AutoCloseable {
        private int held;

        private Share(int held) {
            this.held = held;
        }

        @Override
        public void close() {
            free.release(held);
            held = 0;
        }
    }

    /// A share if there is one now, without waiting.
    Optional<Share> takeNow(long bytes) {
        int wanted = (int) Math.min(units, bytes / UNIT + 1);
        return free.tryAcquire(wanted) ? Optional.of(new Share(wanted)) : Optional.empty();
    }

    /// Waits for a share. More than all there is counts as all there is.
    ///
    /// @throws io.millwright.kernel.Failure BUSY when the turn does not come in time
    Share take(long bytes) {
        int wanted = (int) Math.min(units, bytes / UNIT + 1);
        try {
            // The first of the two does not queue, which is dear when many small requests come at once.
            if (free.tryAcquire(wanted) || free.tryAcquire(wanted, patience.toMillis(), TimeUnit.MILLISECONDS)) {
                return new Share(wanted);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw BUSY.because("%s in progress need all the memory there is for them. Send this again in a moment.", what);
    }

    long usedBytes() {
        return (long) (units - free.availablePermits()) * UNIT;
    }
}
