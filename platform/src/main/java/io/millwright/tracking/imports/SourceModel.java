package io.millwright.tracking.imports;

import java.time.Instant;
import java.util.Map;

/// A registered model as the source has it.
///
/// @param createdAt the epoch when the source does not know
/// @param aliases each with the number of the version it stands for
public record SourceModel(
        String name,
        String description,
        Instant createdAt,
        Instant updatedAt,
        Map<String, String> tags,
        Map<String, Long> aliases) {
    public SourceModel {
        tags = Map.copyOf(tags);
        aliases = Map.copyOf(aliases);
    }
}
