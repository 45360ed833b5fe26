package io.millwright.lake.query;

import io.millwright.lake.tables.CommitNote;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// One query somebody ran, or is running.
///
/// @param text as it was sent
/// @param rows that were answered
/// @param bytes that were sent
/// @param error why it failed; empty when it did not
/// @param read the versions that it read
public record PastQuery(
        String id,
        String actor,
        String text,
        State state,
        Instant at,
        long elapsedMillis,
        long rows,
        long bytes,
        String error,
        List<Version> read) {
    public PastQuery {
        read = List.copyOf(read);
    }

    /// How it ended.
    public enum State {
        RUNNING,
        DONE,
        FAILED,
        CANCELLED;

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /// @param number 0 when the dataset had no version yet
    /// @param columns those it may have used
    public record Version(String dataset, int number, long snapshotId, List<String> columns) {
        public Version {
            columns = List.copyOf(columns);
        }

        Map<String, Object> told() {
            return Map.of(
                    "dataset",
                    dataset,
                    "version",
                    number,
                    "snapshot_id",
                    Long.toString(snapshotId),
                    "columns",
                    columns);
        }

        CommitNote.Input input() {
            return new CommitNote.Input(dataset, snapshotId, columns);
        }
    }

    PastQuery ended(State how, long elapsed, long rowCount, long byteCount, String why) {
        return new PastQuery(id, actor, text, how, at, elapsed, rowCount, byteCount, why, read);
    }
}
