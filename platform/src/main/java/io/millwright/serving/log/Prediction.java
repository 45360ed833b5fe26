package io.millwright.serving.log;

import java.time.Instant;
import tools.jackson.databind.JsonNode;

/// One row that was asked, and what was answered.
///
/// @param id of the request's answer; its rows are counted from 0
/// @param shadow whether nobody got it
/// @param micros from the request's rows to its answer
/// @param error why a shadow gave no answer; empty when it did
/// @param inputs by column; empty for a shadow
public record Prediction(
        PredictionId id,
        int row,
        Instant at,
        Answerer answerer,
        boolean shadow,
        double micros,
        String caller,
        String requestId,
        String error,
        JsonNode inputs,
        JsonNode outputs) {}
