package io.millwright.tracking.imports;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A version of a registered model as the source has it.
///
/// @param description null or empty when there is none
/// @param stage in MLflow's words
/// @param source as its client gave it
/// @param location where the artifacts lie, with `models:/…` followed; as the source writes it
/// @param run empty when there is none
/// @param loggedModel null when there is none
/// @param createdAt the epoch when the source does not know
public record SourceVersion(
        String model,
        long number,
        @Nullable String description,
        String stage,
        String source,
        String location,
        String run,
        String runLink,
        @Nullable String loggedModel,
        Instant createdAt,
        Instant updatedAt,
        Map<String, String> tags) {
    public SourceVersion {
        tags = Map.copyOf(tags);
    }
}
