package io.millwright.serving.worker;

import java.io.UncheckedIOException;
import java.nio.file.Path;

/// Folders that are needed for a while.
public final class Folders {
    private Folders() {}

    /// Removes what is there, as far as it can be.
    public static void remove(Path folder) {
        try {
            io.millwright.lake.Folders.remove(folder);
        } catch (UncheckedIOException e) {
            // What is left is removed at the next start.
        }
    }
}
