package io.millwright.tracking;

import java.util.Map;

/// What a client gives to start a run.
///
/// @param name empty to take the tag `mlflow.runName`, or an invented one
public record NewRun(String userId, String name, long startTimeMillis, Map<String, String> tags) {}
