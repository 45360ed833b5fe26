package io.millwright.serving.endpoints;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.serving.predict.InputPolicy;
import java.util.List;

/// What holds for all answers of an endpoint.
///
/// @param log whether predictions are kept, and how surely
/// @param sample the share of requests that are kept, above 0 to 1
/// @param whenFull what becomes of a request whose prediction cannot be kept
/// @param redact input columns whose values are not kept
/// @param retentionDays after so many days predictions are removed; 0 to keep them
/// @param tolerance two models agree on a number when they differ by no more than this share of the larger
/// @param mostAtOnce requests that are answered at the same time; further ones are told to come again
/// @param sleepAfterSeconds its models' memory is given back when nobody has asked for so long; 0 for never
/// @param batchRows rows of requests waiting for a model in Python that are computed in one call; 0 for each by itself
/// @param input what is done about rows that do not fit the model
public record Policy(
        Log log,
        double sample,
        WhenFull whenFull,
        List<String> redact,
        int retentionDays,
        double tolerance,
        int mostAtOnce,
        int sleepAfterSeconds,
        int batchRows,
        InputPolicy input) {
    private static final int MOST_REDACTED = 1_000;
    private static final int MOST_BATCH_ROWS = 10_000;
    private static final int MOST_SECONDS = 30 * 24 * 3600;

    public static final Policy DEFAULT =
            new Policy(Log.ON, 1, WhenFull.SERVE, List.of(), 0, 0.01, 1_000, 0, 0, InputPolicy.DEFAULT);

    public enum Log {
        OFF,
        /// Survives the end of the process, however it ends; a power cut may take the last second.
        ON,
        /// On the disk before the answer is sent.
        SYNC
    }

    public enum WhenFull {
        /// It is answered; what is not kept is counted.
        SERVE,
        /// It is refused.
        REFUSE
    }

    public Policy {
        redact = List.copyOf(redact);
        if (!(sample > 0 && sample <= 1)) {
            throw INVALID_ARGUMENT.because("'sample' is %s, expected a share above 0, at most 1.", sample);
        }
        if (retentionDays < 0 || retentionDays > 36_500) {
            throw INVALID_ARGUMENT.because("'retention_days' is %d, expected 0 to 36500.", retentionDays);
        }
        if (!(tolerance >= 0 && tolerance <= 1)) {
            throw INVALID_ARGUMENT.because("'tolerance' is %s, expected a share from 0 to 1.", tolerance);
        }
        if (mostAtOnce < 1 || mostAtOnce > 1_000_000) {
            throw INVALID_ARGUMENT.because("'most_at_once' is %d, expected 1 to 1000000.", mostAtOnce);
        }
        if (sleepAfterSeconds < 0 || sleepAfterSeconds > MOST_SECONDS) {
            throw INVALID_ARGUMENT.because(
                    "'sleep_after_seconds' is %d, expected 0 for never to %d.", sleepAfterSeconds, MOST_SECONDS);
        }
        if (batchRows < 0 || batchRows > MOST_BATCH_ROWS) {
            throw INVALID_ARGUMENT.because(
                    "'batch_rows' is %d, expected 0 for none to %d.", batchRows, MOST_BATCH_ROWS);
        }
        if (redact.size() > MOST_REDACTED) {
            throw INVALID_ARGUMENT.because(
                    "'redact' names %d columns, expected at most %d.", redact.size(), MOST_REDACTED);
        }
    }
}
