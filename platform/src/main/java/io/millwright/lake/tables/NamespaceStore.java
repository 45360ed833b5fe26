package io.millwright.lake.tables;

import io.millwright.ledger.Sql;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// The SQL of namespaces.
final class NamespaceStore {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final TypeReference<LinkedHashMap<String, String>> TEXTS = new TypeReference<>() {};

    Optional<Map<String, String>> properties(Sql sql, String workspace, String name) {
        return sql
                .query(
                        "select properties from lake_namespaces where workspace = ? and name = ?",
                        row -> row.getString(1),
                        workspace,
                        name)
                .stream()
                .findFirst()
                .map(json -> JSON.readValue(json, TEXTS));
    }

    boolean exists(Sql sql, String workspace, String name) {
        return !sql.query("select 1 from lake_namespaces where workspace = ? and name = ?", row -> 1, workspace, name)
                .isEmpty();
    }

    /// All of a workspace, by name.
    List<String> names(Sql sql, String workspace) {
        return sql.query(
                "select name from lake_namespaces where workspace = ? order by name",
                row -> row.getString(1),
                workspace);
    }

    /// False when it is there already.
    boolean insert(Sql sql, String workspace, String name, Map<String, String> properties, Instant now) {
        return 1
                == sql.update(
                        "insert into lake_namespaces (workspace, name, properties, created_at, changed_at)"
                                + " values (?, ?, ?, ?, ?) on conflict do nothing",
                        workspace,
                        name,
                        JSON.writeValueAsString(properties),
                        now.toEpochMilli(),
                        now.toEpochMilli());
    }

    void setProperties(Sql sql, String workspace, String name, Map<String, String> properties, Instant now) {
        sql.update(
                "update lake_namespaces set properties = ?, changed_at = ? where workspace = ? and name = ?",
                JSON.writeValueAsString(properties),
                now.toEpochMilli(),
                workspace,
                name);
    }

    /// Says that something is made inside, so that nobody drops it meanwhile. False when there is no such
    /// namespace.
    boolean touch(Sql sql, String workspace, String name, Instant now) {
        return 1
                == sql.update(
                        "update lake_namespaces set changed_at = ? where workspace = ? and name = ?",
                        now.toEpochMilli(),
                        workspace,
                        name);
    }

    /// Whether there is a table or another namespace in it.
    boolean isEmpty(Sql sql, String workspace, String name) {
        return sql.query(
                                "select 1 from lake_tables where workspace = ? and namespace = ? and dropped_at is null"
                                        + " limit 1",
                                row -> 1,
                                workspace,
                                name)
                        .isEmpty()
                && sql.query(
                                "select 1 from lake_namespaces where workspace = ? and name >= ? and name < ? limit 1",
                                row -> 1,
                                workspace,
                                name + ".",
                                name + "/")
                        .isEmpty();
    }

    boolean remove(Sql sql, String workspace, String name) {
        return 1 == sql.update("delete from lake_namespaces where workspace = ? and name = ?", workspace, name);
    }
}
