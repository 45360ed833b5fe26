package io.millwright.serving.worker;

import java.time.Duration;

/// How models run in Python.
///
/// @param count processes for each model
/// @param timeout for one request
/// @param memoryBytes of address space for each process
public record WorkerSettings(int count, Duration timeout, long memoryBytes) {}
