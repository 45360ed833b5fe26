package io.millwright.tracking;

import java.time.Instant;
import java.util.Map;

/// A named set of runs.
///
/// @param artifactLocation under which its runs and logged models keep their artifacts
public record Experiment(
        long id,
        String workspace,
        String name,
        String artifactLocation,
        boolean deleted,
        Instant createdAt,
        Instant updatedAt,
        Map<String, String> tags) {
    public Experiment {
        tags = Map.copyOf(tags);
    }

    public String urn() {
        return "experiment:" + id;
    }
}
