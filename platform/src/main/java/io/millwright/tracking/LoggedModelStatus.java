package io.millwright.tracking;

/// Whether a logged model's files are all there. The order is MLflow's wire numbers, from 1.
public enum LoggedModelStatus {
    LOGGED_MODEL_PENDING,
    LOGGED_MODEL_READY,
    LOGGED_MODEL_UPLOAD_FAILED;

    /// MLflow's number.
    int number() {
        return ordinal() + 1;
    }

    static LoggedModelStatus ofNumber(int number) {
        return values()[number - 1];
    }
}
