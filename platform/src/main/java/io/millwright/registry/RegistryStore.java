package io.millwright.registry;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/// The SQL of registered models, their tags and their aliases.
///
/// Whatever changes a model or anything below it writes the model's row first: so of two that race, the second sees
/// what the first left.
final class RegistryStore {
    static final String COLUMNS = "m.name, m.description, m.created_at, m.updated_at";

    /// Everything that carries the model's name beside its own row.
    private static final List<String> BELOW =
            List.of("registered_model_tags", "registered_model_aliases", "model_versions", "model_version_tags");

    void insert(Sql sql, String workspace, String name, String description, Instant now) {
        sql.update(
                "insert into registered_models (workspace, name, description, last_version, created_at, updated_at)"
                        + " values (?, ?, ?, 0, ?, ?)",
                workspace,
                name,
                description,
                now.toEpochMilli(),
                now.toEpochMilli());
    }

    boolean isPrompt(Sql sql, String workspace, String name) {
        return sql
                .query(
                        "select value from registered_model_tags where workspace = ? and model = ? and key = ?",
                        row -> row.getString(1),
                        workspace,
                        name,
                        RegisteredModel.PROMPT_TAG)
                .stream()
                .anyMatch("true"::equalsIgnoreCase);
    }

    boolean exists(Sql sql, String workspace, String name) {
        return !sql.query("select 1 from registered_models where workspace = ? and name = ?", row -> 1, workspace, name)
                .isEmpty();
    }

    /// Without the newest versions.
    Optional<RegisteredModel> find(Sql sql, String workspace, String name) {
        List<RegisteredModel> found = sql.query(
                "select " + COLUMNS + " from registered_models m where m.workspace = ? and m.name = ?",
                RegistryStore::read,
                workspace,
                name);
        return withTagsAndAliases(sql, workspace, found).stream().findFirst();
    }

    static RegisteredModel read(ResultSet row) throws SQLException {
        return new RegisteredModel(
                row.getString(1),
                row.getString(2),
                Instant.ofEpochMilli(row.getLong(3)),
                Instant.ofEpochMilli(row.getLong(4)),
                Map.of(),
                Map.of(),
                List.of());
    }

    /// Two queries, however many models.
    List<RegisteredModel> withTagsAndAliases(Sql sql, String workspace, List<RegisteredModel> models) {
        if (models.isEmpty()) return List.of();
        Object[] keys = keys(workspace, models);
        String in = in(models.size());
        Map<String, Map<String, String>> tags = new HashMap<>();
        sql.scan(
                "select model, key, value from registered_model_tags where workspace = ? and model" + in,
                row -> tags.computeIfAbsent(row.getString(1), name -> new HashMap<>())
                        .put(row.getString(2), row.getString(3)),
                keys);
        Map<String, Map<String, Long>> aliases = new HashMap<>();
        sql.scan(
                "select model, alias, version from registered_model_aliases where workspace = ? and model" + in,
                row -> aliases.computeIfAbsent(row.getString(1), name -> new HashMap<>())
                        .put(row.getString(2), row.getLong(3)),
                keys);
        return models.stream()
                .map(m -> new RegisteredModel(
                        m.name(),
                        m.description(),
                        m.createdAt(),
                        m.updatedAt(),
                        tags.getOrDefault(m.name(), Map.of()),
                        aliases.getOrDefault(m.name(), Map.of()),
                        m.latestVersions()))
                .toList();
    }

    static Object[] keys(String workspace, List<RegisteredModel> models) {
        Object[] keys = new Object[models.size() + 1];
        keys[0] = workspace;
        for (int i = 0; i < models.size(); i++) keys[i + 1] = models.get(i).name();
        return keys;
    }

    static String in(int count) {
        return " in (" + String.join(", ", Collections.nCopies(count, "?")) + ")";
    }

    /// Writes the model's row and changes nothing: before any change below it.
    ///
    /// @return false when there is no such model
    boolean claim(Sql sql, String workspace, String name) {
        return sql.update(
                        "update registered_models set last_version = last_version where workspace = ? and name = ?",
                        workspace,
                        name)
                == 1;
    }

    /// As [#claim], for a version that brings its number along.
    void claimVersion(Sql sql, String workspace, String name, long number) {
        sql.update(
                "update registered_models set last_version = case when last_version < ? then ? else last_version end"
                        + " where workspace = ? and name = ?",
                number,
                number,
                workspace,
                name);
    }

    /// As [#claim], and moves its time.
    boolean touch(Sql sql, String workspace, String name, Instant now) {
        return sql.update(
                        "update registered_models set updated_at = ? where workspace = ? and name = ?",
                        now.toEpochMilli(),
                        workspace,
                        name)
                == 1;
    }

    /// As [#touch].
    ///
    /// @return the number of the version to come; empty when there is no such model
    OptionalLong nextVersion(Sql sql, String workspace, String name, Instant now) {
        return sql
                .query(
                        "update registered_models set last_version = last_version + 1, updated_at = ?"
                                + " where workspace = ? and name = ? returning last_version",
                        row -> row.getLong(1),
                        now.toEpochMilli(),
                        workspace,
                        name)
                .stream()
                .mapToLong(Long::longValue)
                .findFirst();
    }

    boolean describe(Sql sql, String workspace, String name, String description, Instant now) {
        return sql.update(
                        "update registered_models set description = ?, updated_at = ? where workspace = ? and name = ?",
                        description,
                        now.toEpochMilli(),
                        workspace,
                        name)
                == 1;
    }

    void rename(Sql sql, String workspace, String from, String to, Instant now) {
        sql.update(
                "update registered_models set name = ?, updated_at = ? where workspace = ? and name = ?",
                to,
                now.toEpochMilli(),
                workspace,
                from);
        for (String table : BELOW) {
            sql.update("update " + table + " set model = ? where workspace = ? and model = ?", to, workspace, from);
        }
    }

    void delete(Sql sql, String workspace, String name) {
        for (String table : BELOW) {
            sql.update("delete from " + table + " where workspace = ? and model = ?", workspace, name);
        }
        sql.update("delete from registered_models where workspace = ? and name = ?", workspace, name);
    }

    void setTag(Sql sql, String workspace, String name, String key, String value) {
        sql.update(
                "insert into registered_model_tags (workspace, model, key, value) values (?, ?, ?, ?)"
                        + " on conflict (workspace, model, key) do update set value = excluded.value",
                workspace,
                name,
                key,
                value);
    }

    void setTagIfAbsent(Sql sql, String workspace, String name, String key, String value) {
        sql.update(
                "insert into registered_model_tags (workspace, model, key, value) values (?, ?, ?, ?)"
                        + " on conflict do nothing",
                workspace,
                name,
                key,
                value);
    }

    /// @return false when there was none
    boolean deleteTag(Sql sql, String workspace, String name, String key) {
        return sql.update(
                        "delete from registered_model_tags where workspace = ? and model = ? and key = ?",
                        workspace,
                        name,
                        key)
                == 1;
    }

    OptionalLong aliased(Sql sql, String workspace, String name, String alias) {
        return sql
                .query(
                        "select version from registered_model_aliases where workspace = ? and model = ? and alias = ?",
                        row -> row.getLong(1),
                        workspace,
                        name,
                        alias)
                .stream()
                .mapToLong(Long::longValue)
                .findFirst();
    }

    void setAlias(Sql sql, String workspace, String name, String alias, long version) {
        sql.update(
                "insert into registered_model_aliases (workspace, model, alias, version) values (?, ?, ?, ?)"
                        + " on conflict (workspace, model, alias) do update set version = excluded.version",
                workspace,
                name,
                alias,
                version);
    }

    void deleteAlias(Sql sql, String workspace, String name, String alias) {
        sql.update(
                "delete from registered_model_aliases where workspace = ? and model = ? and alias = ?",
                workspace,
                name,
                alias);
    }

    /// @return their names, in order
    List<String> deleteAliasesOf(Sql sql, String workspace, String name, long version) {
        return sql
                .query(
                        "delete from registered_model_aliases where workspace = ? and model = ? and version = ?"
                                + " returning alias",
                        row -> row.getString(1),
                        workspace,
                        name,
                        version)
                .stream()
                .sorted()
                .toList();
    }

    /// The aliases of each version of one model.
    Map<Long, List<String>> aliasesByVersion(Sql sql, String workspace, String name) {
        Map<Long, List<String>> aliases = new TreeMap<>();
        sql.scan(
                "select version, alias from registered_model_aliases where workspace = ? and model = ? order by alias",
                row -> aliases.computeIfAbsent(row.getLong(1), version -> new ArrayList<>())
                        .add(row.getString(2)),
                workspace,
                name);
        return aliases;
    }
}
