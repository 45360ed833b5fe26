package io.millwright.serving.live;

import io.millwright.serving.worker.WorkerSettings;
import java.nio.file.Path;
import java.time.Duration;

/// What serving may use.
///
/// @param folder for models on their way, environments and the SDK
/// @param python whether models' own Python environments may be made and run on this machine
/// @param maxModelBytes of one version
/// @param memoryBytes of all models together; above it those not asked for longest are put to sleep
/// @param maxLogBytes of predictions that wait to come into the lake
/// @param logEvery how long they wait at most
/// @param workers of models that run in Python
public record ServingSettings(
        Path folder,
        boolean python,
        long maxModelBytes,
        long memoryBytes,
        long maxLogBytes,
        Duration logEvery,
        WorkerSettings workers) {}
