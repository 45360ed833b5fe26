package io.millwright.kernel;

import java.time.Duration;

/// The only exception that carries a code to a caller. Anything else that escapes a handler is
/// [ErrorCode#INTERNAL]: logged with the request id, its text never shown.
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;

    private final int retryAfterSeconds;

    Failure(ErrorCode code, String message) {
        this(code, message, 1);
    }

    private Failure(ErrorCode code, String message, int retryAfterSeconds) {
        // No stack trace: a failure is an answer to a caller, made on hot paths, not a defect of ours.
        super(message, null, false, false);
        this.code = code;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /// The same, for callers who should wait longer than a moment before they come again.
    ///
    /// @param wait rounded up to a second
    public Failure after(Duration wait) {
        return new Failure(
                code, message(), (int) Math.max(1, wait.plusMillis(999).toSeconds()));
    }

    /// When BUSY and UNAVAILABLE are worth another attempt.
    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }

    public ErrorCode code() {
        return code;
    }

    public String message() {
        return String.valueOf(getMessage());
    }
}
