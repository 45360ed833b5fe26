package io.millwright.serving.truth;

import java.time.Instant;

/// What is known of one predicted row. What is told again later is a later version of it.
///
/// @param name what it is the truth of, as `churned`
/// @param value a number as Java writes it, or a text
/// @param observedAt when it became true
/// @param recordedAt when it was told
public record Truth(
        String predictionId,
        int row,
        String name,
        String value,
        Instant observedAt,
        Instant recordedAt,
        String recordedBy) {}
