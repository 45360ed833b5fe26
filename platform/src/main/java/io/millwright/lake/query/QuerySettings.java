package io.millwright.lake.query;

import java.nio.file.Path;
import java.time.Duration;

/// What queries may use.
///
/// @param folder for results that are written before they are sent, and for what does not fit into memory
/// @param memoryBytes of each for DuckDB; its process may have [#processBytes]
/// @param spillBytes of each, on disk
/// @param atOnce of all people; more are told to come again
/// @param timeout of each, until its last row was taken
/// @param maxRows of a result
/// @param maxBytes of a result
/// @param keep how long their texts can be looked up
public record QuerySettings(
        Path folder,
        long memoryBytes,
        long spillBytes,
        int threads,
        int atOnce,
        Duration timeout,
        long maxRows,
        long maxBytes,
        Duration keep) {

    /// Of one person; others come through, too.
    int atOncePerPerson() {
        return Math.max(1, atOnce - 1);
    }

    /// Beside what DuckDB counts: the Java around it, and values in work.
    long processBytes() {
        return memoryBytes + (768L << 20);
    }
}
