package io.millwright.tracking;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A dataset that a run read, and how.
///
/// @param schema a JSON text, or null when the client sent none
/// @param profile a JSON text, or null when the client sent none
/// @param tags such as `mlflow.data.context`
public record DatasetInput(
        String name,
        String digest,
        String sourceType,
        String source,
        @Nullable String schema,
        @Nullable String profile,
        Map<String, String> tags) {}
