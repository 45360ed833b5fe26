package io.millwright.runtime.read;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A model's files.
final class Files {
    /// Larger a file of a model we read into memory may not be.
    private static final long MAX_BYTES = 1L << 30;

    private Files() {}

    static byte[] bytes(Path file) {
        try {
            long size = java.nio.file.Files.size(file);
            if (size > MAX_BYTES) {
                throw new UnreadableModel(
                        "'%s' has %d bytes, at most %d are read".formatted(file.getFileName(), size, MAX_BYTES));
            }
            return java.nio.file.Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UnreadableModel("the model's file '%s' cannot be read".formatted(file.getFileName()), e);
        }
    }

    static String text(Path file) {
        return new String(bytes(file), StandardCharsets.UTF_8);
    }
}
