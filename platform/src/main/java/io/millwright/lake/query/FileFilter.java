package io.millwright.lake.query;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What a query's WHERE says of the rows of one of its datasets, as far as files can be left out by it: comparisons of
/// columns with values. It may let through more than WHERE does, never less; what it cannot judge, it lets through.
final class FileFilter {
    /// Their rows go by more than WHERE: by their place, or by what lies next.
    private static final Set<String> JOINS = Set.of("REGULAR", "CROSS", "NATURAL");

    private static final int MOST_VALUES = 200;
    private static final DateTimeFormatter TIMESTAMP = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd HH:mm:ss")
            .optionalStart()
            .appendFraction(ChronoField.NANO_OF_SECOND, 1, 6, true)
            .optionalEnd()
            .toFormatter(Locale.ROOT);

    private final JsonNode select;
    private final boolean alone;
    private final String alias;
    private final Schema schema;

    private FileFilter(JsonNode select, boolean alone, String alias, Schema schema) {
        this.select = select;
        this.alone = alone;
        this.alias = alias;
        this.schema = schema;
    }

    /// @param tree of the whole query
    static Expression of(JsonNode tree, Parsed.Reference reference, Schema schema) {
        ObjectNode table = reference.node();
        boolean plain =
                table.path("sample").isNull() && table.path("column_name_alias").isEmpty();
        JsonNode select = plain ? selectOf(tree, table) : null;
        if (select == null || !select.path("sample").isNull()) return Expressions.alwaysTrue();
        String alias = table.path("alias").asString("");
        boolean alone = isSame(select.path("from_table"), table);
        var filter = new FileFilter(
                select, alone, alias.isEmpty() ? reference.names().getLast() : alias, schema);
        return filter.of(select.path("where_clause"));
    }

    private static @Nullable JsonNode selectOf(JsonNode node, ObjectNode table) {
        if (node.path("type").asString("").equals("SELECT_NODE") && reads(node.path("from_table"), table)) return node;
        for (JsonNode child : node) {
            JsonNode found = selectOf(child, table);
            if (found != null) return found;
        }
        return null;
    }

    private static boolean reads(JsonNode from, ObjectNode table) {
        if (isSame(from, table)) return true;
        return from.path("type").asString("").equals("JOIN")
                && JOINS.contains(from.path("ref_type").asString(""))
                && (reads(from.path("left"), table) || reads(from.path("right"), table));
    }

    /// This part of the query, and not one that reads alike.
    @SuppressWarnings("ReferenceEquality")
    private static boolean isSame(JsonNode node, ObjectNode table) {
        return node == table;
    }

    private Expression of(JsonNode condition) {
        return switch (condition.path("type").asString("")) {
            case "CONJUNCTION_AND" -> {
                Expression all = Expressions.alwaysTrue();
                for (JsonNode one : condition.path("children")) all = Expressions.and(all, of(one));
                yield all;
            }
            case "CONJUNCTION_OR" -> {
                Expression any = Expressions.alwaysFalse();
                for (JsonNode one : condition.path("children")) any = Expressions.or(any, of(one));
                yield any;
            }
            case "COMPARE_EQUAL" -> equal(condition.path("left"), condition.path("right"));
            case "COMPARE_LESSTHAN", "COMPARE_LESSTHANOREQUALTO" ->
                atMost(condition.path("left"), condition.path("right"));
            case "COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO" ->
                atMost(condition.path("right"), condition.path("left"));
            case "COMPARE_BETWEEN" ->
                Expressions.and(
                        atMost(condition.path("lower"), condition.path("input")),
                        atMost(condition.path("input"), condition.path("upper")));
            case "COMPARE_IN" -> in(condition.path("children"));
            default -> Expressions.alwaysTrue();
        };
    }

    private Expression equal(JsonNode left, JsonNode right) {
        return Expressions.and(atMost(left, right), atMost(right, left));
    }

    private Expression in(JsonNode children) {
        if (children.size() > MOST_VALUES + 1) return Expressions.alwaysTrue();
        Expression any = Expressions.alwaysFalse();
        for (int i = 1; i < children.size(); i++) any = Expressions.or(any, equal(children.get(0), children.get(i)));
        return any;
    }

    /// Of a column and a value, in this order or the other. Strict ones are taken as these: a file more or less.
    private Expression atMost(JsonNode lesser, JsonNode greater) {
        Optional<Types.NestedField> least = column(lesser);
        Optional<Types.NestedField> greatest = column(greater);
        if (least.isPresent() == greatest.isPresent()) return Expressions.alwaysTrue();
        Types.NestedField column = least.or(() -> greatest).orElseThrow();
        boolean below = least.isPresent();
        Optional<Object> value = value(column.type(), below ? greater : lesser, below);
        if (value.isEmpty()) return Expressions.alwaysTrue();
        if (below) return Expressions.lessThanOrEqual(column.name(), value.get());
        Expression above = Expressions.greaterThanOrEqual(column.name(), value.get());
        // DuckDB has NaN above all numbers; Iceberg's bounds are without it.
        return column.type().typeId() == Type.TypeID.DOUBLE
                ? Expressions.or(Expressions.isNaN(column.name()), above)
                : above;
    }

    private Optional<Types.NestedField> column(JsonNode node) {
        if (!node.path("type").asString("").equals("COLUMN_REF")) return Optional.empty();
        List<String> names = new ArrayList<>();
        node.path("column_names").forEach(name -> names.add(name.asString("")));
        boolean qualified = names.size() == 2
                && names.getFirst().equalsIgnoreCase(alias)
                && schema.caseInsensitiveFindField(alias) == null;
        boolean bare = names.size() == 1 && alone && !isNamedBySelect(names.getFirst());
        if (!qualified && !bare) return Optional.empty();
        String name = names.getLast();
        List<Types.NestedField> found = schema.columns().stream()
                .filter(field -> field.name().equalsIgnoreCase(name))
                .toList();
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }

    private boolean isNamedBySelect(String name) {
        return select.path("select_list")
                .valueStream()
                .anyMatch(one -> one.path("alias").asString("").equalsIgnoreCase(name));
    }

    /// As DuckDB compares it with the column; absent when it would not compare them as what they are.
    private static Optional<Object> value(Type type, JsonNode node, boolean upper) {
        String cast = "";
        JsonNode constant = node;
        if (node.path("type").asString("").equals("OPERATOR_CAST")) {
            cast = node.path("type_expr").path("type_name").asString("").toLowerCase(Locale.ROOT);
            constant = node.path("child");
        }
        if (!constant.path("class").asString("").equals("CONSTANT")) return Optional.empty();
        String kind = constant.path("literal").path("kind").asString("");
        String text = constant.path("literal").path("text").asString("");
        try {
            return Optional.ofNullable(value(type.typeId(), cast, kind, text, upper));
        } catch (NumberFormatException | DateTimeParseException e) {
            return Optional.empty(); // DuckDB may still read it, or say what is wrong with it.
        }
    }

    private static @Nullable Object value(Type.TypeID type, String cast, String kind, String text, boolean upper) {
        boolean string = kind.equals("STRING");
        switch (type) {
            case INTEGER, LONG -> {
                if (kind.equals("INTEGER") && cast.isEmpty()) return Long.parseLong(text);
            }
            case DOUBLE -> {
                if (!cast.isEmpty() || !(kind.equals("INTEGER") || kind.equals("NUMERIC"))) return null;
                double value = Double.parseDouble(text);
                // However the text is rounded there.
                return upper ? Math.nextUp(value) : Math.nextDown(value);
            }
            case STRING -> {
                if (string && cast.isEmpty()) return text;
            }
            case DATE -> {
                if (string && (cast.isEmpty() || cast.equals("date")))
                    return LocalDate.parse(text).toString();
            }
            case TIMESTAMP -> {
                if (!string || !(cast.isEmpty() || cast.equals("timestamp") || cast.equals("date"))) return null;
                boolean isDay = cast.equals("date") || text.length() == "2016-01-01".length();
                return (isDay ? LocalDate.parse(text).atStartOfDay() : LocalDateTime.parse(text, TIMESTAMP)).toString();
            }
            default -> {}
        }
        return null;
    }
}
