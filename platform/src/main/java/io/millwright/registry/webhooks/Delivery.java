package io.millwright.registry.webhooks;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One event on its way to one webhook, with what was tried so far.
///
/// @param seq in the order of the ledger; deliveries of one webhook are sent in it
/// @param id a UUID, the same for every attempt, so that a receiver can tell what it has already
/// @param eventId of the event in the ledger
/// @param what as in `model_version.created`
/// @param nextAt when it is tried next; null when it is not
/// @param endedAt null while it waits
/// @param attempts the newest of them, oldest first
public record Delivery(
        long seq,
        String id,
        String eventId,
        String what,
        State state,
        int attemptCount,
        Instant createdAt,
        @Nullable Instant nextAt,
        @Nullable Instant endedAt,
        List<Attempt> attempts) {
    /// Where a delivery stands.
    public enum State {
        PENDING,
        DELIVERED,
        /// Refused for good, or tried as often as allowed.
        FAILED,
        /// Its webhook was disabled before it was sent.
        CANCELLED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static State ofWord(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }

    public Delivery {
        attempts = List.copyOf(attempts);
    }

    Delivery with(List<Attempt> attempts) {
        return new Delivery(seq, id, eventId, what, state, attemptCount, createdAt, nextAt, endedAt, attempts);
    }

    /// One try to send it.
    ///
    /// @param number 1, 2, 3 …
    /// @param status of the answer; null when there was none
    /// @param answer how the answer's body begins
    /// @param error why there was no good answer; empty when there was one
    public record Attempt(
            int number, Instant at, long millis, @Nullable Integer status, String answer, String error) {}
}
