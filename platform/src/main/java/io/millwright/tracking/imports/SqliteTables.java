package io.millwright.tracking.imports;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Which tables and columns an MLflow database has: they came one by one over its versions.
final class SqliteTables {
    private final Map<String, Set<String>> columns = new HashMap<>();

    SqliteTables(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows =
                        statement.executeQuery("select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c"
                                + " where m.type = 'table'")) {
            while (rows.next()) {
                columns.computeIfAbsent(rows.getString(1), table -> new HashSet<>())
                        .add(rows.getString(2));
            }
        }
    }

    Set<String> names() {
        return Set.copyOf(columns.keySet());
    }

    boolean has(String table) {
        return columns.containsKey(table);
    }

    boolean has(String table, String column) {
        return columns.getOrDefault(table, Set.of()).contains(column);
    }

    /// SQL of a column, or `null` where this version lacks it.
    String column(String table, String column) {
        return column(table, column, "null");
    }

    String column(String table, String column, String otherwise) {
        return has(table, column) ? table + "." + column : otherwise;
    }
}
