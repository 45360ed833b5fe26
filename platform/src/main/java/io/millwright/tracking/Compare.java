package io.millwright.tracking;

import io.millwright.kernel.ErrorCode;
import io.millwright.tracking.search.Comparison;
import io.millwright.tracking.search.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jooq.Condition;
import org.jooq.impl.DSL;

/// One clause of a filter as a SQL condition on a column, on both databases.
final class Compare {
    private final boolean postgres;

    Compare(boolean postgres) {
        this.postgres = postgres;
    }

    /// @param column SQL of a text; null never matches
    Condition text(String column, Comparison op, Value value) {
        return switch (value) {
            case Value.Text(String text) -> text(column, op, text);
            case Value.Texts(List<String> texts) -> {
                String marks = String.join(", ", java.util.Collections.nCopies(texts.size(), "?"));
                String in = op == Comparison.IN ? " in (" : " not in (";
                yield DSL.condition(column + in + marks + ")", texts.toArray());
            }
            case Value.Number(var number) -> text(column, op, number.toPlainString());
            case Value.None() ->
                op == Comparison.IS_NULL ? DSL.condition(column + " is null") : DSL.condition(column + " is not null");
        };
    }

    private Condition text(String column, Comparison op, String text) {
        return switch (op) {
            case LIKE -> DSL.condition(column + (postgres ? " like ? escape ''" : " like ?"), text);
            case ILIKE ->
                postgres
                        ? DSL.condition(column + " ilike ? escape ''", text)
                        : DSL.condition("lower(" + column + ") like lower(?)", text);
            default -> DSL.condition(column + " " + symbol(op) + " ?", text);
        };
    }

    /// @param column SQL of a 64-bit integer; null never matches
    Condition integer(String column, Comparison op, Value value) {
        if (!(value instanceof Value.Number number)) throw unexpected(value);
        return number.asLong().isPresent()
                ? DSL.condition(
                        column + " " + symbol(op) + " ?", number.asLong().getAsLong())
                : DSL.condition(column + " " + symbol(op) + " ?", number.asDouble());
    }

    /// @param column SQL of a double
    Condition number(String column, Comparison op, Value value) {
        if (!(value instanceof Value.Number number)) throw unexpected(value);
        double bounded = Math.clamp(number.asDouble(), -Double.MAX_VALUE, Double.MAX_VALUE);
        return DSL.condition(column + " " + symbol(op) + " ?", bounded);
    }

    /// A closed set of names that is stored as numbers: the condition is decided here for each name.
    ///
    /// @param names as filters spell them, in the order of their numbers
    Condition oneOf(String column, List<String> names, int firstNumber, Comparison op, Value value) {
        List<String> numbers = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (matches(names.get(i), op, value)) numbers.add(String.valueOf(i + firstNumber));
        }
        return numbers.isEmpty()
                ? DSL.falseCondition()
                : DSL.condition(column + " in (" + String.join(", ", numbers) + ")");
    }

    private static boolean matches(String name, Comparison op, Value value) {
        return switch (value) {
            case Value.Text(String text) ->
                switch (op) {
                    case EQ -> name.equals(text);
                    case NE -> !name.equals(text);
                    case LIKE -> like(text, 0).matcher(name).matches();
                    case ILIKE ->
                        like(text, Pattern.CASE_INSENSITIVE).matcher(name).matches();
                    default -> throw unexpected(value);
                };
            case Value.Texts(List<String> texts) -> texts.contains(name) == (op == Comparison.IN);
            case Value.Number _ -> throw unexpected(value);
            case Value.None() -> op == Comparison.IS_NOT_NULL;
        };
    }

    private static Pattern like(String pattern, int flags) {
        StringBuilder regex = new StringBuilder();
        pattern.chars()
                .forEach(c -> regex.append(
                        switch (c) {
                            case '%' -> ".*+";
                            case '_' -> ".";
                            default -> Pattern.quote(String.valueOf((char) c));
                        }));
        return Pattern.compile(regex.toString().replace(".*+", ".*"), flags | Pattern.DOTALL);
    }

    private static String symbol(Comparison op) {
        return switch (op) {
            case EQ -> "=";
            case NE -> "<>";
            case LT -> "<";
            case LE -> "<=";
            case GT -> ">";
            case GE -> ">=";
            case LIKE, ILIKE, IN, NOT_IN, IS_NULL, IS_NOT_NULL ->
                throw ErrorCode.INVALID_ARGUMENT.because(
                        "'" + op.name().toLowerCase(Locale.ROOT) + "' does not compare numbers.");
        };
    }

    private static RuntimeException unexpected(Value value) {
        return ErrorCode.INVALID_ARGUMENT.because("Cannot compare with " + value + " here.");
    }
}
