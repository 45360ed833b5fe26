package io.millwright.tracking;

import java.util.OptionalLong;

/// A run without what was logged to it. Times are what its client sent, in epoch milliseconds: MLflow lets a client
/// send any number, so they are no instants.
///
/// @param no the small key of the run inside the database; never shown
public record RunInfo(
        long no,
        String id,
        long experiment,
        String name,
        String userId,
        RunStatus status,
        long startTimeMillis,
        OptionalLong endTimeMillis,
        boolean deleted,
        String artifactUri) {
    public String urn() {
        return key().urn();
    }

    RunKey key() {
        return new RunKey(no, id, experiment);
    }
}
