package io.millwright.lake.profiles;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.lake.tables.DatasetName;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a dataset must keep.
///
/// @param columns that it is about; none for rules on the whole
/// @param parameters what the kind needs: `min` and `max`, `values`, `pattern`, `dataset` and `column`, `max_age`,
///     `expression`; numbers, texts or lists of them
record Rule(String name, Kind kind, Severity severity, List<String> columns, Map<String, Object> parameters) {
    private static final int MOST_VALUES = 10_000;

    enum Kind {
        NOT_NULL(1, 100),
        UNIQUE(1, 100),
        RANGE(1, 1, "min", "max"),
        SET(1, 1, "values"),
        REGEX(1, 1, "pattern"),
        FOREIGN_KEY(1, 1, "dataset", "column"),
        ROW_COUNT(0, 0, "min", "max"),
        FRESHNESS(1, 1, "max_age"),
        EXPRESSION(0, 0, "expression");

        private final int leastColumns;
        private final int mostColumns;
        private final List<String> parameters;

        Kind(int leastColumns, int mostColumns, String... parameters) {
            this.leastColumns = leastColumns;
            this.mostColumns = mostColumns;
            this.parameters = List.of(parameters);
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Kind of(String word) {
            for (Kind kind : values()) if (kind.word().equals(word)) return kind;
            throw INVALID_ARGUMENT.because(
                    "'kind' is '%s', expected not_null, unique, range, set, regex, foreign_key, row_count, freshness or"
                            + " expression.",
                    word);
        }
    }

    /// What a broken rule does: to a guarded dataset an error keeps the version from main.
    enum Severity {
        ERROR,
        WARNING;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Severity of(String word) {
            for (Severity severity : values()) if (severity.word().equals(word)) return severity;
            throw INVALID_ARGUMENT.because("'severity' is '%s', expected error or warning.", word);
        }
    }

    Rule {
        columns = List.copyOf(columns);
        parameters = Map.copyOf(parameters);
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it says too little, too much or nonsense
    Rule checked() {
        if (!name.matches("[\\p{L}\\p{N}_][\\p{L}\\p{N}_ .-]{0,99}")) {
            throw INVALID_ARGUMENT.because(
                    "'name' is '%s', expected 1 to 100 letters, digits, '_', '-', '.' or blanks.", name);
        }
        if (columns.size() < kind.leastColumns || columns.size() > kind.mostColumns) {
            throw INVALID_ARGUMENT.because(
                    "A rule of kind %s has %d to %d 'columns', and %d are given.",
                    kind.word(), kind.leastColumns, kind.mostColumns, columns.size());
        }
        for (String parameter : parameters.keySet()) {
            if (!kind.parameters.contains(parameter)) {
                throw INVALID_ARGUMENT.because(
                        "A rule of kind %s has no '%s', expected some of %s.", kind.word(), parameter, kind.parameters);
            }
        }
        switch (kind) {
            case RANGE, ROW_COUNT -> {
                if (parameters.isEmpty()) throw missing("min' or 'max");
                for (String end : List.of("min", "max")) {
                    if (parameters.get(end) instanceof List) throw INVALID_ARGUMENT.because("'%s' is a list.", end);
                    if (kind == Kind.ROW_COUNT && parameters.containsKey(end)) number(end);
                }
            }
            case SET -> {
                if (values().size() > MOST_VALUES) {
                    throw INVALID_ARGUMENT.because(
                            "'values' has %d entries, expected at most %d.", values().size(), MOST_VALUES);
                }
            }
            case REGEX -> text("pattern");
            case FOREIGN_KEY -> {
                DatasetName.parse(text("dataset"));
                text("column");
            }
            case FRESHNESS -> age();
            case EXPRESSION -> text("expression");
            default -> {}
        }
        return this;
    }

    private RuntimeException missing(String parameter) {
        return INVALID_ARGUMENT.because("A rule of kind %s needs '%s'.", kind.word(), parameter);
    }

    String text(String parameter) {
        if (parameters.get(parameter) instanceof String text && !text.isBlank()) return text;
        throw missing(parameter);
    }

    List<?> values() {
        if (parameters.get("values") instanceof List<?> values && !values.isEmpty()) return values;
        throw missing("values");
    }

    Optional<Long> number(String parameter) {
        @Nullable Object value = parameters.get(parameter);
        if (value == null) return Optional.empty();
        if (value instanceof Number number && number.doubleValue() == number.longValue()) {
            return Optional.of(number.longValue());
        }
        throw INVALID_ARGUMENT.because("'%s' is %s, expected a whole number.", parameter, value);
    }

    Duration age() {
        String text = text("max_age");
        try {
            return Duration.parse(text.matches("\\d+[hms]") ? "PT" + text : text.matches("\\d+d") ? "P" + text : text);
        } catch (DateTimeParseException e) {
            throw INVALID_ARGUMENT.because("'max_age' is '%s', expected a duration such as 12h or 7d.", text);
        }
    }
}
