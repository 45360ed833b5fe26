package io.millwright.lake.tables;

import java.util.Optional;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/// Asked before the branch `main` of a dataset moves. What it refuses is kept, on a branch
/// `quarantine/<snapshot id>`.
@FunctionalInterface
public interface CommitGuard {
    CommitGuard NONE = commit -> Optional.empty();

    /// Why main must not move; empty when it may.
    Optional<String> refuses(Candidate commit);

    /// What is about to be committed.
    ///
    /// @param table as it would be
    record Candidate(DatasetName dataset, String tableId, Table table, Snapshot snapshot) {}
}
