package io.millwright.lake.ingest;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/// How the content of a file is written.
enum FileKind {
    CSV,
    JSON,
    PARQUET;

    private static final Map<String, FileKind> ENDINGS = Map.of(
            "csv", CSV, "tsv", CSV, "txt", CSV, "json", JSON, "jsonl", JSON, "ndjson", JSON, "parquet", PARQUET, "pq",
            PARQUET);
    private static final int LOOKED_AT = 4096;

    /// What was asked for, else what the content says of itself, else what the name says, else CSV.
    ///
    /// @param name as the file is called where it came from
    static FileKind of(Path file, String name, FileOptions options) throws IOException {
        if (options.kind().isPresent()) return options.kind().get();
        byte[] start = beginning(file);
        if (startsWith(start, "PAR1")) return PARQUET;
        Optional<FileKind> told = named(name);
        if (told.isPresent()) {
            if (told.get() == PARQUET) {
                throw INVALID_ARGUMENT.because(
                        "'%s' is no Parquet file: it does not begin with PAR1. Send the whole file, or say its format.",
                        name);
            }
            return told.get();
        }
        String text = new String(start, StandardCharsets.UTF_8).strip();
        return text.startsWith("{") || text.startsWith("[") ? JSON : CSV;
    }

    static boolean isGzip(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] two = in.readNBytes(2);
            return two.length == 2 && two[0] == 0x1f && two[1] == (byte) 0x8b;
        }
    }

    private static byte[] beginning(Path file) throws IOException {
        boolean gzip = isGzip(file);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), LOOKED_AT);
                InputStream plain = gzip ? new GZIPInputStream(in) : in) {
            return plain.readNBytes(LOOKED_AT);
        } catch (IOException e) {
            if (!gzip) throw e;
            throw INVALID_ARGUMENT.because("The gzip file is damaged or cut off at its beginning. Send it again.");
        }
    }

    private static boolean startsWith(byte[] bytes, String text) {
        byte[] start = text.getBytes(StandardCharsets.US_ASCII);
        return bytes.length >= start.length && Arrays.equals(start, 0, start.length, bytes, 0, start.length);
    }

    private static Optional<FileKind> named(String name) {
        String plain = name.toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
        return Optional.ofNullable(ENDINGS.get(plain.substring(plain.lastIndexOf('.') + 1)));
    }
}
