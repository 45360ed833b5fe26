package io.millwright.serving.log;

/// Who gave an answer.
public record Answerer(String workspace, String endpoint, int revision, String variant, String model, String version) {}
