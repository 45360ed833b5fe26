package io.millwright.tracking;

/// Hears of what is logged to runs and is no event of the ledger: params and points of metrics. Called after the
/// commit,
/// in this process only; returns at once and does not throw.
@FunctionalInterface
public interface LogListener {
    LogListener NOBODY = (workspace, experiment, runId) -> {};

    void logged(String workspace, long experiment, String runId);
}
