package io.millwright.search;

import java.math.BigDecimal;
import java.util.stream.Collectors;

/// Clauses and orders as text: as the case files show them, and as a filter that means the same.
final class Rendering {
    private Rendering() {}

    static String show(Clause clause) {
        String value = switch (clause.value()) {
            case Value.Text(var text) -> " " + quoted(text);
            case Value.Number(var number) -> " " + plain(number);
            case Value.Texts(var texts) ->
                texts.stream().map(Rendering::quoted).collect(Collectors.joining(", ", " [", "]"));
            case Value.None() -> "";
        };
        return show(clause.field()) + " " + clause.comparison().symbol() + value;
    }

    static String show(Order order) {
        return show(order.field()) + (order.ascending() ? " ASC" : " DESC");
    }

    static String showFailure(String message) {
        return "error " + message.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t");
    }

    private static String show(Field field) {
        return field.entity() + " " + quoted(field.key());
    }

    private static String quoted(String text) {
        return "\""
                + text.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\n", "\\n")
                        .replace("\t", "\\t")
                + "\"";
    }

    private static String plain(BigDecimal number) {
        return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
    }

    /// @param clause whose key has no backtick, and whose text [isWritable]
    static String filter(SearchKind kind, Clause clause) {
        String value = switch (clause.value()) {
            case Value.Text(var text) -> " " + (isWritable(text, '\'') ? "'" + text + "'" : '"' + text + '"');
            case Value.Number(var number) -> " " + number;
            case Value.Texts(var texts) ->
                texts.stream()
                        .map(text -> "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'")
                        .collect(Collectors.joining(", ", " (", ")"));
            case Value.None() -> "";
        };
        return name(kind, clause.field()) + " " + clause.comparison().symbol() + value;
    }

    static String order(SearchKind kind, Order order) {
        return name(kind, order.field()) + (order.ascending() ? "" : " DESC");
    }

    private static String name(SearchKind kind, Field field) {
        if (field.entity() == Entity.ATTRIBUTE) return field.key();
        String entity = kind.entities().entrySet().stream()
                .filter(entry -> entry.getValue() == field.entity())
                .findAny()
                .orElseThrow()
                .getKey();
        return entity + ".`" + field.key() + "`";
    }

    /// A filter has no escapes: a text may hold one kind of quote only, and no backslash before its end.
    static boolean isWritable(String text) {
        return isWritable(text, '\'') || isWritable(text, '"');
    }

    private static boolean isWritable(String text, char quote) {
        return text.indexOf(quote) < 0 && !text.endsWith("\\");
    }
}
