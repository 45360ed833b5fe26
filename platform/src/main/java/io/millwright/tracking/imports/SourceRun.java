package io.millwright.tracking.imports;

import io.millwright.tracking.Run;

/// A run as its source has it.
///
/// @param run with the source's experiment id and artifact URI; its latest metrics may be missing
/// @param historyStamp changes when the metric history does and the latest metrics do not say so
record SourceRun(Run run, String historyStamp) {
    String id() {
        return run.info().id();
    }
}
