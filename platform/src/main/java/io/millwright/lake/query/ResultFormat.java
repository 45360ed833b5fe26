package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// In which form a result is sent.
enum ResultFormat {
    JSON("application/json"),
    JSONL("application/x-ndjson"),
    CSV("text/csv"),
    ARROW("application/vnd.apache.arrow.stream"),
    PARQUET("application/vnd.apache.parquet");

    private final String mediaType;

    ResultFormat(String mediaType) {
        this.mediaType = mediaType;
    }

    String contentType() {
        return this == CSV ? "text/csv; charset=utf-8; header=present" : mediaType;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static ResultFormat of(String word) {
        return Arrays.stream(values())
                .filter(format -> format.word().equals(word))
                .findFirst()
                .orElseThrow(() -> INVALID_ARGUMENT.because(
                        "'format' is '%s', expected json, jsonl, csv, arrow or parquet.", word));
    }

    /// What the client would take first, of those there are; JSON when it says nothing.
    static ResultFormat accepted(Optional<String> accept) {
        if (accept.isEmpty()) return JSON;
        for (String one : accept.get().split(",")) {
            String type = one.split(";")[0].strip().toLowerCase(Locale.ROOT);
            for (ResultFormat format : values()) {
                if (format.mediaType.equals(type)) return format;
            }
        }
        return JSON;
    }
}
