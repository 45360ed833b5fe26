package io.millwright.runtime.read;

/// A model cannot be read: its file is damaged, or it needs what no operator computes. The message
/// says which, and what to do if there is something.
public final class UnreadableModel extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// @param message what was got and what was expected
    public UnreadableModel(String message) {
        super(message);
    }

    public UnreadableModel(String message, Throwable cause) {
        super(message, cause);
    }
}
