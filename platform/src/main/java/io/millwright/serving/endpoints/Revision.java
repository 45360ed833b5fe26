package io.millwright.serving.endpoints;

import java.time.Instant;

/// How an endpoint answers from one moment on, until the next revision. Never changed.
///
/// @param number 1, 2, 3 … without gaps inside one endpoint
/// @param by who made it
public record Revision(int number, Setup setup, Instant createdAt, String by) {}
