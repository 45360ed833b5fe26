package io.millwright.tracking.imports;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Names of files as texts, whatever the locale.
final class FileNames {
    private FileNames() {}

    /// The path of a file below a folder, with slashes. In a locale that is not UTF-8 a path's own text has
    /// lost what is not ASCII; its URI still holds the bytes.
    ///
    /// @param folder exists
    static String below(Path folder, Path file) {
        String base = folder.toUri().getRawPath();
        return decoded(file.toUri().getRawPath().substring(base.length()));
    }

    private static String decoded(String escaped) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(escaped.length());
        for (int i = 0; i < escaped.length(); i++) {
            char c = escaped.charAt(i);
            if (c == '%') {
                bytes.write(Integer.parseInt(escaped, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
