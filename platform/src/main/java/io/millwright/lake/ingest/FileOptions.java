package io.millwright.lake.ingest;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What is said about a file; whatever is left out is found out.
///
/// @param kind what it is
/// @param delimiter between values
/// @param quote around values; empty text for none
/// @param header whether the first line names the columns
/// @param encoding `utf-8`, `latin-1` or `utf-16`
/// @param dateFormat as `%d.%m.%Y`
/// @param timestampFormat as `%d.%m.%Y %H:%M`
/// @param decimalComma whether numbers are written as 1,5
/// @param nulls texts that stand for no value, beside the empty one
record FileOptions(
        Optional<FileKind> kind,
        Optional<String> delimiter,
        Optional<String> quote,
        Optional<Boolean> header,
        Optional<String> encoding,
        Optional<String> dateFormat,
        Optional<String> timestampFormat,
        boolean decimalComma,
        List<String> nulls) {
    /// The names under which [#parse] takes them, in queries and on command lines alike.
    static final List<String> NAMES = List.of(
            "format", "delimiter", "quote", "header", "encoding", "date_format", "timestamp_format", "decimal", "null");
    static final FileOptions NONE = parse(Map.of());

    private static final List<String> ENCODINGS = List.of("utf-8", "latin-1", "utf-16");
    private static final int LONGEST = 64;

    FileOptions {
        nulls = List.copyOf(nulls);
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when one is not understood
    static FileOptions parse(Map<String, List<String>> texts) {
        Map<String, String> one = new LinkedHashMap<>();
        texts.forEach((name, values) -> one.put(name, checked(name, values.getLast())));
        List<String> nulls = new ArrayList<>();
        for (String text : texts.getOrDefault("null", List.of())) nulls.add(checked("null", text));
        return new FileOptions(
                Optional.ofNullable(choice(
                        one,
                        "format",
                        Map.of("csv", FileKind.CSV, "json", FileKind.JSON, "parquet", FileKind.PARQUET))),
                Optional.ofNullable(one.get("delimiter")).map(text -> text.equals("\\t") ? "\t" : text),
                Optional.ofNullable(one.get("quote")),
                Optional.ofNullable(choice(one, "header", Map.of("true", true, "false", false))),
                Optional.ofNullable(one.get("encoding")).map(FileOptions::encoding),
                Optional.ofNullable(one.get("date_format")),
                Optional.ofNullable(one.get("timestamp_format")),
                Boolean.TRUE.equals(choice(one, "decimal", Map.of(",", true, ".", false))),
                nulls);
    }

    private static String checked(String name, String text) {
        if (text.length() <= LONGEST && text.chars().noneMatch(c -> c == 0)) return text;
        throw INVALID_ARGUMENT.because("'%s' is longer than %d characters, or holds a NUL.", name, LONGEST);
    }

    private static <T> @org.jspecify.annotations.Nullable T choice(
            Map<String, String> texts, String name, Map<String, T> choices) {
        String text = texts.get(name);
        if (text == null) return null;
        T chosen = choices.get(text);
        if (chosen != null) return chosen;
        throw INVALID_ARGUMENT.because(
                "'%s' is '%s', expected one of %s.", name, text, new java.util.TreeSet<>(choices.keySet()));
    }

    private static String encoding(String text) {
        String named = text.toLowerCase(java.util.Locale.ROOT).replace("iso-8859-1", "latin-1");
        if (named.equals("utf8")) named = "utf-8";
        if (named.equals("latin1")) named = "latin-1";
        if (ENCODINGS.contains(named)) return named;
        throw INVALID_ARGUMENT.because("'encoding' is '%s', expected one of %s.", text, ENCODINGS);
    }
}
