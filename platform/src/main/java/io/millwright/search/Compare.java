package io.millwright.search;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Visible;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jooq.Condition;
import org.jooq.impl.DSL;

/// One clause of a filter as a SQL condition on a column, on both databases.
public final class Compare {
    private static final int LONGEST_PATTERN = 50_000;

    private final boolean postgres;

    public Compare(boolean postgres) {
        this.postgres = postgres;
    }

    /// @param column SQL of a text; null never matches
    public Condition text(String column, Comparison op, Value value) {
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

    /// Equality that an index on the first 100 characters finds. The column itself is asked for only where those do not
    /// decide: otherwise SQLite takes the index for a detour and walks the table.
    public static Condition indexedText(String column, String text) {
        boolean decided = text.codePointCount(0, text.length()) < 100;
        String start = decided ? text : text.substring(0, text.offsetByCodePoints(0, 100));
        Condition begins = DSL.condition("substr(" + column + ", 1, 100) = ?", start);
        return decided ? begins : begins.and(column + " = ?", text);
    }

    private Condition text(String column, Comparison op, String text) {
        if (op == Comparison.LIKE || op == Comparison.ILIKE) requireShort(text);
        return switch (op) {
            case LIKE -> DSL.condition(column + (postgres ? " like ? escape ''" : " like ?"), text);
            case ILIKE ->
                postgres
                        ? DSL.condition(column + " ilike ? escape ''", text)
                        : DSL.condition("lower(" + column + ") like lower(?)", text);
            default -> DSL.condition(column + " " + symbol(op) + " ?", text);
        };
    }

    /// SQLite takes no longer ones.
    private static void requireShort(String pattern) {
        int bytes = pattern.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LONGEST_PATTERN) {
            throw ErrorCode.INVALID_ARGUMENT.because(
                    "A pattern of the filter has %d bytes, at most %d are allowed. Shorten it.",
                    bytes, LONGEST_PATTERN);
        }
    }

    /// @param column SQL of a 64-bit integer; null never matches
    public Condition integer(String column, Comparison op, Value value) {
        if (!(value instanceof Value.Number number)) throw unexpected(value);
        return number.asLong().isPresent()
                ? DSL.condition(
                        column + " " + symbol(op) + " ?", number.asLong().getAsLong())
                : DSL.condition(column + " " + symbol(op) + " ?", number.asDouble());
    }

    /// @param column SQL of a double
    public Condition number(String column, Comparison op, Value value) {
        if (!(value instanceof Value.Number number)) throw unexpected(value);
        double bounded = Math.clamp(number.asDouble(), -Double.MAX_VALUE, Double.MAX_VALUE);
        return DSL.condition(column + " " + symbol(op) + " ?", bounded);
    }

    /// A closed set of names that is stored as numbers: the condition is decided here for each name.
    ///
    /// @param names as filters spell them, in the order of their numbers
    public Condition oneOf(String column, List<String> names, int firstNumber, Comparison op, Value value) {
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
                    case LIKE -> isLike(name, text);
                    case ILIKE -> isLike(name.toLowerCase(Locale.ROOT), text.toLowerCase(Locale.ROOT));
                    default -> throw unexpected(value);
                };
            case Value.Texts(List<String> texts) -> texts.contains(name) == (op == Comparison.IN);
            case Value.Number _ -> throw unexpected(value);
            case Value.None() -> op == Comparison.IS_NOT_NULL;
        };
    }

    /// SQL's LIKE without an escape. Goes back to the last `%` only, so its time is O(name × pattern)
    /// whatever the pattern; a regular expression's may be exponential.
    static boolean isLike(String name, String pattern) {
        int n = 0;
        int p = 0;
        int afterPercent = -1;
        int retryAt = 0;
        while (n < name.length()) {
            char wanted = p < pattern.length() ? pattern.charAt(p) : 0;
            if (wanted == '%') {
                afterPercent = ++p;
                retryAt = n;
            } else if (p < pattern.length() && (wanted == '_' || wanted == name.charAt(n))) {
                n++;
                p++;
            } else if (afterPercent >= 0) {
                p = afterPercent;
                n = ++retryAt;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '%') p++;
        return p == pattern.length();
    }

    /// Whether an entity is visible; its ids are numbers.
    public static Condition numbered(String column, Visible visible) {
        Condition hidden = visible.hidden().isEmpty()
                ? DSL.noCondition()
                : in(column, visible.hidden()).not();
        return visible.all() ? hidden : hidden.and(in(column, visible.shown()));
    }

    /// Whether an entity is visible; its ids are texts.
    public static Condition named(String column, Visible visible) {
        Condition hidden = visible.hidden().isEmpty()
                ? DSL.noCondition()
                : inTexts(column, visible.hidden()).not();
        return visible.all() ? hidden : hidden.and(inTexts(column, visible.shown()));
    }

    /// Whether something that lies in an experiment is visible: by itself or with its experiment, and hidden by
    /// neither.
    public static Condition inExperiment(String experiment, Visible experiments, String id, Visible items) {
        Condition where = DSL.noCondition();
        if (!experiments.hidden().isEmpty())
            where = where.and(in(experiment, experiments.hidden()).not());
        if (!items.hidden().isEmpty())
            where = where.and(inTexts(id, items.hidden()).not());
        if (experiments.all()) return where;
        return where.and(in(experiment, experiments.shown()).or(inTexts(id, items.shown())));
    }

    private static Condition in(String column, Set<String> ids) {
        String numbers =
                ids.stream().filter(id -> id.matches("\\d{1,18}")).sorted().collect(Collectors.joining(", "));
        return numbers.isEmpty() ? DSL.falseCondition() : DSL.condition(column + " in (" + numbers + ")");
    }

    private static Condition inTexts(String column, Set<String> ids) {
        if (ids.isEmpty()) return DSL.falseCondition();
        String marks = String.join(", ", java.util.Collections.nCopies(ids.size(), "?"));
        return DSL.condition(
                column + " in (" + marks + ")", ids.stream().sorted().toArray());
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
