package io.millwright.registry;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a client gives to make a version.
///
/// @param run null when it says nothing: then a copy has its source's
/// @param loggedModel likewise
public record NewModelVersion(
        String model,
        String source,
        @Nullable String run,
        @Nullable String loggedModel,
        String runLink,
        String description,
        Map<String, String> tags) {}
