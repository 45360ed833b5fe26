package io.millwright.lake.query;

import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A query that passed the [Gate], and the datasets it names.
///
/// @param tree as DuckDB's parser tells it
/// @param columns the last names of all columns it mentions, of whatever table; [#ALL_COLUMNS] for a `*`
record Parsed(ObjectNode tree, List<Reference> references, Set<String> columns) {
    static final String ALL_COLUMNS = "*";

    /// One place where a dataset is read.
    ///
    /// @param node its part of the tree
    /// @param names as written
    record Reference(ObjectNode node, List<String> names, DatasetName dataset, At at) {
        /// Has another table read instead, under the name that the rest of the query knows.
        void readFrom(String schema, String table) {
            if (node.path("alias").asString("").isEmpty()) node.put("alias", names.getLast());
            node.put("catalog_name", "");
            node.put("schema_name", schema);
            node.put("table_name", table);
            node.putNull("at_clause");
            ArrayNode path = node.withObject("qualified_name").putArray("path");
            path.add(schema).add(table);
        }
    }

    Parsed {
        references = List.copyOf(references);
    }

    /// `census.people.year` becomes `people.year`, as the table is called so from now on.
    void shortenColumns() {
        List<List<String>> tables = new ArrayList<>();
        for (Reference reference : references) tables.add(reference.names());
        if (!tables.isEmpty()) shorten(tree, tables);
    }

    private static void shorten(JsonNode node, List<List<String>> tables) {
        if (node instanceof ObjectNode object
                && object.path("class").asString("").equals("COLUMN_REF")
                && object.path("column_names") instanceof ArrayNode names) {
            for (List<String> table : tables) {
                if (!beginsWith(names, table)) continue;
                for (int i = 0; i < table.size() - 1; i++) names.remove(0);
                break;
            }
        }
        for (JsonNode child : node) shorten(child, tables);
    }

    private static boolean beginsWith(ArrayNode names, List<String> table) {
        if (names.size() <= table.size()) return false;
        for (int i = 0; i < table.size(); i++) {
            if (!names.get(i).asString("").equalsIgnoreCase(table.get(i))) return false;
        }
        return true;
    }
}
