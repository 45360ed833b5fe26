package io.millwright.kernel;

/// The only exception that carries a code to a caller. Anything else that escapes a handler is
/// [ErrorCode#INTERNAL]: logged with the request id, its text never shown.
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;

    Failure(ErrorCode code, String message) {
        // No stack trace: a failure is an answer to a caller, made on hot paths, not a defect of ours.
        super(message, null, false, false);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }

    public String message() {
        return String.valueOf(getMessage());
    }
}
