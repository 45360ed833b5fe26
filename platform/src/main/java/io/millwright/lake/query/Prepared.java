package io.millwright.lake.query;

import io.millwright.lake.tables.TableScan;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// A query that may run.
///
/// @param tree what is run: the datasets have become tables of the sandbox
/// @param scans what they stand for, in the same order
record Prepared(String id, String text, JsonNode tree, List<TableScan> scans, List<PastQuery.Version> read) {
    long rows() {
        return scans.stream().mapToLong(TableScan::rows).sum();
    }

    long bytes() {
        return scans.stream().mapToLong(TableScan::bytes).sum();
    }

    /// Of these versions, with those that WHERE leaves out.
    long filesInAll() {
        return scans.stream().mapToLong(TableScan::filesInAll).sum();
    }

    long files() {
        return scans.stream().mapToLong(scan -> scan.files().size()).sum();
    }
}
