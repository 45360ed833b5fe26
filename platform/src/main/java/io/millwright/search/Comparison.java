package io.millwright.search;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// How a clause compares its field with its value.
///
/// `LIKE` is case-sensitive, `ILIKE` is not; in both `%` stands for any text, `_` for any one character, and no escape
/// exists.
public enum Comparison {
    EQ("="),
    NE("!="),
    LT("<"),
    LE("<="),
    GT(">"),
    GE(">="),
    LIKE("LIKE"),
    ILIKE("ILIKE"),
    IN("IN"),
    NOT_IN("NOT IN"),
    IS_NULL("IS NULL"),
    IS_NOT_NULL("IS NOT NULL");

    private static final Map<String, Comparison> BY_SYMBOL =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Comparison::symbol, Function.identity()));

    private final String symbol;

    Comparison(String symbol) {
        this.symbol = symbol;
    }

    /// As written in a filter, in capitals.
    public String symbol() {
        return symbol;
    }

    static Optional<Comparison> of(String symbol) {
        return Optional.ofNullable(BY_SYMBOL.get(symbol));
    }
}
