package io.millwright.serving.worker;

/// A worker ended, or was ended, before it answered.
final class WorkerEnded extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean tooSlow;

    /// @param tooSlow whether it was ended because it took too long
    WorkerEnded(String message, boolean tooSlow) {
        super(message);
        this.tooSlow = tooSlow;
    }

    boolean isTooSlow() {
        return tooSlow;
    }
}
