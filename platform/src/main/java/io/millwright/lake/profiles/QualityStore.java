package io.millwright.lake.profiles;

import io.millwright.http.Json;
import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The SQL of rules and of how versions kept them.
final class QualityStore {
    List<Rule> rules(Sql sql, String table) {
        return sql.query(
                "select name, kind, severity, parameters from lake_rules where table_id = ? order by name",
                QualityStore::rule,
                table);
    }

    private static Rule rule(ResultSet row) throws SQLException {
        JsonNode told = Json.MAPPER.readTree(row.getString(4));
        List<String> columns = told.path("columns")
                .valueStream()
                .map(column -> column.asString(""))
                .toList();
        Map<String, Object> parameters = new LinkedHashMap<>();
        told.path("parameters").properties().forEach(one -> parameters.put(one.getKey(), value(one.getValue())));
        return new Rule(
                row.getString(1),
                Rule.Kind.valueOf(row.getString(2).toUpperCase(Locale.ROOT)),
                Rule.Severity.valueOf(row.getString(3).toUpperCase(Locale.ROOT)),
                columns,
                parameters);
    }

    /// A number, a text or a list of them.
    static Object value(JsonNode node) {
        if (node.isArray()) {
            List<Object> values = new ArrayList<>();
            node.forEach(one -> values.add(value(one)));
            return values;
        }
        if (node.isIntegralNumber()) return node.longValue();
        if (node.isNumber()) return node.doubleValue();
        return node.asString("");
    }

    void save(Sql sql, String table, Rule rule, String actor, Instant at) {
        remove(sql, table, rule.name());
        sql.update(
                "insert into lake_rules (table_id, name, kind, severity, parameters, actor, changed_at) values (?, ?, ?, ?,"
                        + " ?, ?, ?)",
                table,
                rule.name(),
                rule.kind().word(),
                rule.severity().word(),
                Json.MAPPER.writeValueAsString(Map.of("columns", rule.columns(), "parameters", rule.parameters())),
                actor,
                at.toEpochMilli());
    }

    boolean remove(Sql sql, String table, String name) {
        return sql.update("delete from lake_rules where table_id = ? and name = ?", table, name) > 0;
    }

    boolean isGuarded(Sql sql, String table) {
        return !sql.query("select actor from lake_guards where table_id = ?", row -> row.getString(1), table)
                .isEmpty();
    }

    void guard(Sql sql, String table, boolean guarded, String actor, Instant since) {
        sql.update("delete from lake_guards where table_id = ?", table);
        if (guarded) {
            sql.update(
                    "insert into lake_guards (table_id, actor, since) values (?, ?, ?)",
                    table,
                    actor,
                    since.toEpochMilli());
        }
    }

    Optional<List<CheckResult>> results(Sql sql, String table, long snapshot) {
        return sql
                .query(
                        "select results from lake_checks where table_id = ? and snapshot_id = ?",
                        QualityStore::results,
                        table,
                        snapshot)
                .stream()
                .findFirst();
    }

    private static List<CheckResult> results(ResultSet row) throws SQLException {
        List<CheckResult> results = new ArrayList<>();
        for (JsonNode one : Json.MAPPER.readTree(row.getString(1))) {
            results.add(new CheckResult(
                    one.path("rule").asString(""),
                    one.path("kind").asString(""),
                    one.path("severity").asString(""),
                    one.path("passed").asBoolean(),
                    one.path("measured").asString(""),
                    one.path("violations").asLong(),
                    one.path("examples")
                            .valueStream()
                            .map(example -> example.asString(""))
                            .toList()));
        }
        return results;
    }

    /// So that versions are checked again when somebody asks.
    void forgetResults(Sql sql, String table) {
        sql.update("delete from lake_checks where table_id = ?", table);
    }

    void saveResults(Sql sql, String table, long snapshot, List<CheckResult> results, Instant at) {
        sql.update("delete from lake_checks where table_id = ? and snapshot_id = ?", table, snapshot);
        sql.update(
                "insert into lake_checks (table_id, snapshot_id, results, checked_at) values (?, ?, ?, ?)",
                table,
                snapshot,
                Json.MAPPER.writeValueAsString(
                        results.stream().map(QualityStore::told).toList()),
                at.toEpochMilli());
    }

    static Map<String, Object> told(CheckResult result) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("rule", result.rule());
        told.put("kind", result.kind());
        told.put("severity", result.severity());
        told.put("passed", result.passed());
        told.put("measured", result.measured());
        told.put("violations", result.violations());
        told.put("examples", result.examples());
        return told;
    }
}
