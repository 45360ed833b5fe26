package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.TOO_LARGE;
import static io.millwright.kernel.ErrorCode.TOO_SLOW;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A query in this process that somebody may stop: by ending the process that it runs in.
final class Running {
    private final PastQuery begun;
    private @Nullable Worker worker;
    private @Nullable Failure stopped;
    private volatile long sent;

    Running(PastQuery begun) {
        this.begun = begun;
    }

    PastQuery begun() {
        return begun;
    }

    /// Bytes that went to the client.
    long sent() {
        return sent;
    }

    /// By the one who answers, as the bytes go.
    void sent(long bytes) {
        sent = bytes;
    }

    /// From now on stopping the query ends this process.
    synchronized void runsIn(Worker now) {
        throwIfStopped();
        worker = now;
    }

    /// The process is not the query's any more.
    synchronized void left() {
        worker = null;
    }

    synchronized void throwIfStopped() {
        if (stopped != null) throw stopped;
    }

    synchronized Optional<Failure> stopped() {
        return Optional.ofNullable(stopped);
    }

    void cancel(String by) {
        stop(WRONG_STATE.because("The query was cancelled by %s.", by));
    }

    /// Stops it when it is over a limit.
    ///
    /// @param memoryBytes of its process
    synchronized void check(Instant now, Duration limit, long memoryBytes) {
        if (age(now).compareTo(limit) > 0) {
            stop(TOO_SLOW.because(
                    "The query took longer than the %d s a query may take. Read less, or ask in parts.",
                    limit.toSeconds()));
        } else if (worker != null && worker.residentBytes() > memoryBytes) {
            stop(TOO_LARGE.because(
                    "The query needs more than the %d MiB its process may have. Are there very long texts or lists in it?",
                    memoryBytes >> 20));
        }
    }

    private synchronized void stop(Failure why) {
        if (stopped == null) stopped = why;
        if (worker != null) worker.kill();
    }

    Duration age(Instant now) {
        return Duration.between(begun.at(), now);
    }
}
