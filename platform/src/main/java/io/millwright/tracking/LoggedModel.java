package io.millwright.tracking;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A model that a run logged, before anybody registers it.
///
/// @param modelType null when its client sent none
/// @param sourceRun the run that made it, or null
public record LoggedModel(
        String id,
        long experiment,
        String name,
        @Nullable String modelType,
        @Nullable String sourceRun,
        LoggedModelStatus status,
        @Nullable String statusMessage,
        String artifactUri,
        Instant createdAt,
        Instant updatedAt,
        boolean deleted,
        Map<String, String> tags,
        Map<String, String> params,
        List<LoggedModelMetric> metrics) {
    public String urn() {
        return "logged-model:" + id;
    }
}
