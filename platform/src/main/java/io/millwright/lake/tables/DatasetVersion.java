package io.millwright.lake.tables;

import java.time.Instant;
import java.util.Optional;

/// One immutable version of a dataset: a snapshot and who made it.
///
/// @param number 1, 2, 3 … in the order of commits, over all branches
/// @param parentId the snapshot it was made from
/// @param branch the branch that it was committed to; empty when to none
/// @param operation `append`, `overwrite`, `delete` or `replace`, as Iceberg has it
/// @param rows in this version; -1 when the writer did not say
/// @param bytes of its data files; -1 when the writer did not say
/// @param message what its maker said of it; may be empty
/// @param expiredAt since when its files may be gone
public record DatasetVersion(
        int number,
        long snapshotId,
        Optional<Long> parentId,
        String branch,
        String operation,
        int schemaId,
        long addedRows,
        long deletedRows,
        long rows,
        long bytes,
        long files,
        String message,
        Instant at,
        String actor,
        String requestId,
        Optional<Instant> expiredAt) {}
