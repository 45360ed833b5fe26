package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Lets through what reads, and nothing else: a text is parsed by DuckDB's own parser, and each part of what it
/// found must be on a list. What runs later is written from the parsed form, so nothing runs that was not looked at.
final class Gate {
    private static final Set<String> NODES =
            Set.of("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE");
    private static final Set<String> SOURCES =
            Set.of("BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT", "SHOW_REF");
    private static final Set<String> PARTS = Set.of(
            "LIMIT_MODIFIER",
            "LIMIT_PERCENT_MODIFIER",
            "ORDER_MODIFIER",
            "DISTINCT_MODIFIER",
            "ORDER_DEFAULT",
            "ASCENDING",
            "DESCENDING");
    private static final Set<String> EXPRESSIONS = Set.of(
            "BETWEEN",
            "CASE",
            "CAST",
            "COLLATE",
            "COLUMN_REF",
            "COMPARISON",
            "CONJUNCTION",
            "CONSTANT",
            "DEFAULT",
            "FUNCTION",
            "LAMBDA",
            "LAMBDA_REF",
            "OPERATOR",
            "POSITIONAL_REFERENCE",
            "STAR",
            "SUBQUERY",
            "TYPE",
            "WINDOW");
    private static final Set<String> TABLE_FUNCTIONS =
            Set.of("range", "generate_series", "unnest", "json_each", "json_tree");

    private final Set<String> functions;

    Gate() {
        this.functions = functions();
    }

    /// Functions whose answer depends on their arguments alone, or on the clock or chance.
    private static Set<String> functions() {
        try (InputStream in = Gate.class.getResourceAsStream("functions.txt")) {
            if (in == null) throw new IllegalStateException("functions.txt is missing");
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .flatMap(line ->
                            List.of(line.strip().toLowerCase(Locale.ROOT).split(" +")).stream())
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// @param tree what DuckDB's parser says of the text
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it is no query, or one that may not run
    Parsed pass(JsonNode tree) {
        readable(tree);
        JsonNode statements = tree.path("statements");
        if (statements.size() != 1) {
            throw INVALID_ARGUMENT.because("'sql' has %d statements, expected one.", statements.size());
        }
        JsonNode named = statements.get(0).path("named_param_map");
        if (!named.isEmpty()) throw INVALID_ARGUMENT.because("'sql' has a parameter, expected values.");
        Walk walk = new Walk();
        walk.visit(statements.get(0).path("node"), Scope.NONE);
        return new Parsed((ObjectNode) tree, walk.references, walk.columns);
    }

    private static JsonNode readable(JsonNode tree) {
        if (!tree.path("error").asBoolean(true)) return tree;
        String message = tree.path("error_message").asString("");
        if (message.contains("Only SELECT statements")) {
            throw INVALID_ARGUMENT.because(
                    "Only queries run here: SELECT, WITH, FROM, VALUES, DESCRIBE or SUMMARIZE. Datasets are changed by"
                            + " committing to them, settings not at all.");
        }
        int position = Integer.parseInt(tree.path("position").asString("-1"));
        throw INVALID_ARGUMENT.because(
                "The query cannot be read%s: %s.", position < 0 ? "" : " at character " + (position + 1), message);
    }

    /// Names that a WITH around has given.
    private record Scope(Set<String> names) {
        static final Scope NONE = new Scope(Set.of());

        Scope with(String name) {
            Set<String> more = new HashSet<>(names);
            more.add(name.toLowerCase(Locale.ROOT));
            return new Scope(more);
        }

        boolean has(String name) {
            return names.contains(name.toLowerCase(Locale.ROOT));
        }
    }

    private final class Walk {
        final List<Parsed.Reference> references = new java.util.ArrayList<>();
        final Set<String> columns = new HashSet<>();

        void visit(JsonNode node, Scope scope) {
            if (node.isArray()) {
                for (JsonNode one : node) visit(one, scope);
                return;
            }
            if (!(node instanceof ObjectNode object)) return;
            JsonNode type = object.path("type");
            if (object.has("class")) {
                expression(object);
            } else if (type.isString()) {
                part(object, type.stringValue(), scope);
            } else if (object.has("info") || object.has("info_type")) {
                throw refused("this statement");
            }
            Scope inner = scope;
            JsonNode ctes = object.path("cte_map").path("map");
            for (JsonNode cte : ctes) inner = named(cte, inner);
            for (var field : object.properties()) {
                if (!field.getKey().equals("cte_map")) visit(field.getValue(), inner);
            }
        }

        private Scope named(JsonNode cte, Scope scope) {
            String name = cte.path("key").asString("");
            String lower = name.toLowerCase(Locale.ROOT);
            // Tables of DuckDB's own, should a name be taken for one of them.
            if (lower.startsWith("duckdb_")
                    || lower.startsWith("pg_")
                    || lower.startsWith("pragma_")
                    || lower.startsWith("sqlite_")) {
                throw INVALID_ARGUMENT.because(
                        "WITH names a part '%s', which is DuckDB's own. Choose another name.", name);
            }
            boolean recursive = cte.path("value")
                    .path("query_node")
                    .path("type")
                    .asString("")
                    .equals("RECURSIVE_CTE_NODE");
            visit(cte.path("value"), recursive ? scope.with(name) : scope);
            return scope.with(name);
        }

        private void part(ObjectNode object, String type, Scope scope) {
            if (NODES.contains(type) || PARTS.contains(type)) return;
            if (!SOURCES.contains(type)) {
                // Types of values are objects with an id, and say what they are by it.
                throw refused(type.toLowerCase(Locale.ROOT).replace('_', ' '));
            }
            switch (type) {
                case "BASE_TABLE" -> table(object, scope);
                case "TABLE_FUNCTION" -> {
                    String name = function(object.path("function"));
                    if (!TABLE_FUNCTIONS.contains(name)) {
                        throw INVALID_ARGUMENT.because(
                                "Tables are not made by '%s' here, expected a dataset such as census.people, or one of %s.",
                                name, TABLE_FUNCTIONS.stream().sorted().toList());
                    }
                }
                case "SHOW_REF" -> {
                    if (!object.path("query").isObject()
                            || !object.path("table_name").asString("").isEmpty()) {
                        throw INVALID_ARGUMENT.because(
                                "SHOW tells nothing here. Datasets are listed by ./millwright data list; DESCRIBE and"
                                        + " SUMMARIZE take a dataset or a query.");
                    }
                }
                default -> {}
            }
        }

        private void expression(ObjectNode object) {
            String kind = object.path("class").asString("");
            if (!EXPRESSIONS.contains(kind)) throw refused(kind.toLowerCase(Locale.ROOT));
            switch (kind) {
                case "FUNCTION", "WINDOW" -> {
                    String name = function(object);
                    if (!functions.contains(name) && !TABLE_FUNCTIONS.contains(name)) {
                        throw INVALID_ARGUMENT.because("There is no function '%s' for queries.", name);
                    }
                }
                case "TYPE" -> {
                    if (object.path("qualified_name").path("path").size() > 1) {
                        throw refused("a type of a schema");
                    }
                }
                case "COLUMN_REF" ->
                    columns.add(object.path("column_names")
                            .path(object.path("column_names").size() - 1)
                            .asString(""));
                case "STAR" -> columns.add(Parsed.ALL_COLUMNS);
                default -> {}
            }
        }

        /// The name, which must have no schema before it.
        private String function(JsonNode function) {
            JsonNode path = function.path("qualified_name").path("path");
            String name = function.path("function_name").asString("");
            boolean plain = function.path("schema").asString("").isEmpty()
                    && function.path("catalog").asString("").isEmpty()
                    && path.size() == 1
                    && path.get(0).asString("").equals(name);
            if (!plain) throw INVALID_ARGUMENT.because("Functions have no schema before their name here: %s.", path);
            return name.toLowerCase(Locale.ROOT);
        }

        private void table(ObjectNode object, Scope scope) {
            JsonNode path = object.path("qualified_name").path("path");
            List<String> names =
                    path.valueStream().map(part -> part.asString("")).toList();
            JsonNode at = object.path("at_clause");
            if (names.size() == 1 && at.isNull() && scope.has(names.getFirst())) return;
            if (names.size() == 1) {
                throw INVALID_ARGUMENT.because(
                        "'%s' is no dataset and no part that WITH names, expected a dataset with its namespace such as"
                                + " census.people.",
                        names.getFirst());
            }
            references.add(
                    new Parsed.Reference(object, names, DatasetName.parse(String.join(".", names)), version(at)));
        }

        private At version(JsonNode at) {
            if (at.isNull()) return new At.Latest();
            JsonNode value = at.path("expr");
            if (value.path("class").asString("").equals("CAST")) value = value.path("child");
            String unit = at.path("unit").asString("").toUpperCase(Locale.ROOT);
            if (!value.path("class").asString("").equals("CONSTANT")) {
                throw INVALID_ARGUMENT.because("AT (%s => …) takes a value, such as 3 or 'validated/2015'.", unit);
            }
            String text = value.path("literal").path("text").asString("");
            return switch (unit) {
                case "VERSION" -> At.version(text);
                case "TIMESTAMP" -> At.time(text);
                default ->
                    throw INVALID_ARGUMENT.because(
                            "AT (%s => …) is not known, expected VERSION => 3, VERSION => 'a tag' or TIMESTAMP =>"
                                    + " '2026-05-03'.",
                            unit);
            };
        }

        private static RuntimeException refused(String what) {
            return INVALID_ARGUMENT.because(
                    "Queries only read datasets, and this one has %s in it. Only SELECT and what belongs to it is offered.",
                    what);
        }
    }
}
