package io.millwright.lake.query;

import io.millwright.http.Json;
import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The SQL of queries that were run, and of those that people keep.
final class QueryStore {
    private static final String COLUMNS =
            "id, actor, text, state, started_at, elapsed_ms, row_count, byte_count, error, versions";
    /// With each new one a few old ones go.
    private static final int FORGOTTEN_AT_ONCE = 20;

    void insert(Sql sql, String workspace, PastQuery query) {
        sql.update(
                "insert into lake_queries (workspace, " + COLUMNS + ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                workspace,
                query.id(),
                query.actor(),
                query.text(),
                query.state().word(),
                query.at().toEpochMilli(),
                query.elapsedMillis(),
                query.rows(),
                query.bytes(),
                query.error(),
                versions(query.read()));
    }

    boolean exists(Sql sql, String id) {
        return !sql.query("select id from lake_queries where id = ?", row -> row.getString(1), id)
                .isEmpty();
    }

    void end(Sql sql, PastQuery query) {
        sql.update(
                "update lake_queries set state = ?, elapsed_ms = ?, row_count = ?, byte_count = ?, error = ? where id = ?",
                query.state().word(),
                query.elapsedMillis(),
                query.rows(),
                query.bytes(),
                query.error(),
                query.id());
    }

    void forget(Sql sql, Instant before) {
        sql.update(
                "delete from lake_queries where id in (select id from lake_queries where started_at < ? order by"
                        + " started_at limit ?)",
                before.toEpochMilli(),
                FORGOTTEN_AT_ONCE);
    }

    /// What no process runs any more: it ended without a word.
    void endLost(Sql sql, Instant startedBefore) {
        sql.update(
                "update lake_queries set state = 'failed', error = 'The server stopped while it ran.' where state = 'running'"
                        + " and started_at < ?",
                startedBefore.toEpochMilli());
    }

    Optional<PastQuery> find(Sql sql, String workspace, String id) {
        return sql
                .query(
                        "select " + COLUMNS + " from lake_queries where workspace = ? and id = ?",
                        QueryStore::read,
                        workspace,
                        id)
                .stream()
                .findFirst();
    }

    /// Latest first.
    ///
    /// @param actor only theirs; empty for everybody's
    /// @param search only those with this in their text
    List<PastQuery> page(
            Sql sql,
            String workspace,
            Optional<String> actor,
            String search,
            Instant beforeAt,
            String beforeId,
            int most) {
        List<Object> values =
                new ArrayList<>(List.of(workspace, beforeAt.toEpochMilli(), beforeAt.toEpochMilli(), beforeId));
        StringBuilder where = new StringBuilder("workspace = ? and (started_at < ? or (started_at = ? and id < ?))");
        actor.ifPresent(name -> {
            where.append(" and actor = ?");
            values.add(name);
        });
        if (!search.isEmpty()) {
            where.append(" and lower(text) like ? escape '!'");
            values.add("%" + search.toLowerCase(Locale.ROOT).replaceAll("([!%_])", "!$1") + "%");
        }
        values.add(most);
        return sql.query(
                "select " + COLUMNS + " from lake_queries where " + where
                        + " order by started_at desc, id desc limit ?",
                QueryStore::read,
                values.toArray());
    }

    private static PastQuery read(ResultSet row) throws SQLException {
        List<PastQuery.Version> read = new ArrayList<>();
        for (JsonNode version : Json.MAPPER.readTree(row.getString(10))) {
            read.add(new PastQuery.Version(
                    version.path("dataset").asString(""),
                    version.path("version").asInt(0),
                    Long.parseLong(version.path("snapshot_id").asString("0")),
                    version.path("columns")
                            .valueStream()
                            .map(column -> column.asString(""))
                            .toList()));
        }
        return new PastQuery(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                PastQuery.State.valueOf(row.getString(4).toUpperCase(Locale.ROOT)),
                Instant.ofEpochMilli(row.getLong(5)),
                row.getLong(6),
                row.getLong(7),
                row.getLong(8),
                row.getString(9),
                read);
    }

    static String versions(List<PastQuery.Version> read) {
        return Json.MAPPER.writeValueAsString(
                read.stream().map(PastQuery.Version::told).toList());
    }

    void save(Sql sql, String workspace, SavedQuery query) {
        int changed = sql.update(
                "update lake_saved_queries set text = ?, description = ?, owner = ?, edition = ?, updated_at = ? where"
                        + " workspace = ? and name = ?",
                query.text(),
                query.description(),
                query.owner(),
                query.edition(),
                query.updatedAt().toEpochMilli(),
                workspace,
                query.name());
        if (changed > 0) return;
        sql.update(
                "insert into lake_saved_queries (workspace, name, text, description, owner, edition, updated_at) values (?,"
                        + " ?, ?, ?, ?, ?, ?)",
                workspace,
                query.name(),
                query.text(),
                query.description(),
                query.owner(),
                query.edition(),
                query.updatedAt().toEpochMilli());
    }

    Optional<SavedQuery> saved(Sql sql, String workspace, String name) {
        return sql
                .query(
                        "select name, text, description, owner, edition, updated_at from lake_saved_queries where workspace ="
                                + " ? and name = ?",
                        QueryStore::readSaved,
                        workspace,
                        name)
                .stream()
                .findFirst();
    }

    /// In the order of their names.
    List<SavedQuery> saved(Sql sql, String workspace, String after, int most) {
        return sql.query(
                "select name, text, description, owner, edition, updated_at from lake_saved_queries where workspace = ? and"
                        + " name > ? order by name limit ?",
                QueryStore::readSaved,
                workspace,
                after,
                most);
    }

    boolean remove(Sql sql, String workspace, String name) {
        return sql.update("delete from lake_saved_queries where workspace = ? and name = ?", workspace, name) > 0;
    }

    private static SavedQuery readSaved(ResultSet row) throws SQLException {
        return new SavedQuery(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getInt(5),
                Instant.ofEpochMilli(row.getLong(6)));
    }
}
