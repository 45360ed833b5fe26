package io.millwright.tracking;

/// Where a run stands. The order is MLflow's: its wire numbers start at 1.
public enum RunStatus {
    RUNNING,
    SCHEDULED,
    FINISHED,
    FAILED,
    KILLED
}
