package io.millwright.lake.ingest;

import io.millwright.lake.duck.Duck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// @param folder where uploads wait, and reading spills to
/// @param memoryBytes of one file being read
/// @param maxBytes of one file
/// @param keep how long an upload waits
public record IngestSettings(Path folder, long memoryBytes, int threads, long maxBytes, Duration keep) {
    public static IngestSettings in(Path home, long maxBytes) {
        int threads = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors()));
        return new IngestSettings(home.resolve("ingest"), 1L << 30, threads, maxBytes, Duration.ofDays(1));
    }

    Duck.Caps caps() {
        return new Duck.Caps(memoryBytes, threads, Optional.of(folder.resolve("spill")));
    }
}
