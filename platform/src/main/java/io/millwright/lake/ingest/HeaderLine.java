package io.millwright.lake.ingest;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// The names in the first line of a CSV file, as they stand there.
final class HeaderLine {
    private static final int LONGEST = 4_000_000;

    private HeaderLine() {}

    static List<String> read(Path file, boolean gzip, String encoding, String delimiter, String quote)
            throws IOException {
        Charset charset = switch (encoding) {
            case "latin-1" -> StandardCharsets.ISO_8859_1;
            case "utf-16" -> StandardCharsets.UTF_16;
            default -> StandardCharsets.UTF_8;
        };
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = gzip ? new GZIPInputStream(raw) : raw;
                Reader reader = new BufferedReader(new InputStreamReader(in, charset))) {
            return split(record(reader, quote), delimiter, quote);
        }
    }

    /// Up to the end of the line that no quote encloses.
    private static String record(Reader reader, String quote) throws IOException {
        StringBuilder line = new StringBuilder();
        boolean quoted = false;
        for (int c = reader.read(); c >= 0; c = reader.read()) {
            if (quote.indexOf(c) >= 0) quoted = !quoted;
            if (!quoted && (c == '\n' || c == '\r')) {
                if (!line.isEmpty()) break;
                continue;
            }
            if (c != '\uFEFF' || !line.isEmpty()) line.append((char) c);
            if (line.length() > LONGEST) {
                throw INVALID_ARGUMENT.because(
                        "line 1 has more than %d characters, expected the names of the columns.", LONGEST);
            }
        }
        return line.toString();
    }

    private static List<String> split(String line, String delimiter, String quote) {
        List<String> names = new ArrayList<>();
        StringBuilder name = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quote.indexOf(c) >= 0) {
                boolean twice = quoted && i + 1 < line.length() && line.charAt(i + 1) == c;
                if (twice) name.append(line.charAt(++i));
                else quoted = !quoted;
            } else if (!quoted && line.startsWith(delimiter, i)) {
                names.add(name.toString().strip());
                name.setLength(0);
                i += delimiter.length() - 1;
            } else {
                name.append(c);
            }
        }
        names.add(name.toString().strip());
        return names;
    }
}
