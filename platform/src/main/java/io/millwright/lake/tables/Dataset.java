package io.millwright.lake.tables;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.Schema;

/// A table of the catalog as it is now.
///
/// @param current the latest version of `main`; absent when nothing was committed yet
/// @param schema with field ids, docs, and which are required
/// @param partitions how its files are split, as `year` or `day(at)`; empty when they are not
/// @param properties Iceberg's and ours
/// @param refs tags and branches
public record Dataset(
        DatasetName name,
        String id,
        String location,
        Optional<DatasetVersion> current,
        Schema schema,
        List<String> partitions,
        Map<String, String> properties,
        List<Ref> refs,
        Description description,
        Instant createdAt,
        Instant changedAt) {
    public Dataset {
        partitions = List.copyOf(partitions);
        refs = List.copyOf(refs);
    }

    /// A name for a version.
    ///
    /// @param number of the version; absent when it is not known here
    public record Ref(String name, boolean branch, long snapshotId, Optional<Integer> number) {}

    /// As a list shows it.
    ///
    /// @param matched columns in which a word of the search stands
    public record Row(
            DatasetName name,
            String id,
            Optional<DatasetVersion> current,
            String comment,
            List<String> owners,
            List<String> tags,
            Instant changedAt,
            List<String> matched) {
        public Row {
            owners = List.copyOf(owners);
            tags = List.copyOf(tags);
            matched = List.copyOf(matched);
        }
    }
}
