package io.millwright.tracking;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The SQL of experiments and their tags.
final class ExperimentStore {
    private static final String SELECT =
            "select id, workspace, name, artifact_location, deleted_at, created_at, updated_at from experiments";

    /// Inserts experiment 0 of a new database; nothing when it is there.
    void insertDefault(Sql sql, String workspace, String name, String location, Instant now) {
        sql.update(
                "insert into experiments (id, workspace, name, artifact_location, created_at, updated_at)"
                        + " values (0, ?, ?, ?, ?, ?) on conflict do nothing",
                workspace,
                name,
                location,
                now.toEpochMilli(),
                now.toEpochMilli());
    }

    /// The location is filled in by [#setLocation], because it may hold the new id.
    long insert(Sql sql, String workspace, String name, Instant now) {
        return sql.query(
                        "insert into experiments (workspace, name, artifact_location, created_at, updated_at)"
                                + " values (?, ?, '', ?, ?) returning id",
                        row -> row.getLong(1),
                        workspace,
                        name,
                        now.toEpochMilli(),
                        now.toEpochMilli())
                .getFirst();
    }

    void setLocation(Sql sql, long id, String location) {
        sql.update("update experiments set artifact_location = ? where id = ?", location, id);
    }

    Optional<Experiment> find(Sql sql, String workspace, long id) {
        return one(sql, sql.query(SELECT + " where id = ? and workspace = ?", ExperimentStore::read, id, workspace));
    }

    Optional<Experiment> findByName(Sql sql, String workspace, String name) {
        return one(
                sql, sql.query(SELECT + " where workspace = ? and name = ?", ExperimentStore::read, workspace, name));
    }

    /// As [#find], without its tags, for hot paths; on PostgreSQL nobody changes the row until the transaction ends.
    Optional<Experiment> findShared(Sql sql, String workspace, long id) {
        String lock = sql.isPostgres() ? " for share" : "";
        return sql
                .query(SELECT + " where id = ? and workspace = ?" + lock, ExperimentStore::read, id, workspace)
                .stream()
                .findFirst();
    }

    private Optional<Experiment> one(Sql sql, List<Experiment> found) {
        return found.stream()
                .findFirst()
                .map(e -> withTags(e, tags(sql, List.of(e.id())).getOrDefault(e.id(), Map.of())));
    }

    static Experiment withTags(Experiment e, Map<String, String> tags) {
        return new Experiment(
                e.id(), e.workspace(), e.name(), e.artifactLocation(), e.deleted(), e.createdAt(), e.updatedAt(), tags);
    }

    static Experiment read(ResultSet row) throws SQLException {
        row.getLong(5);
        boolean deleted = !row.wasNull();
        return new Experiment(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                deleted,
                Instant.ofEpochMilli(row.getLong(6)),
                Instant.ofEpochMilli(row.getLong(7)),
                Map.of());
    }

    /// The tags of each of some experiments, in one query.
    Map<Long, Map<String, String>> tags(Sql sql, List<Long> ids) {
        Map<Long, Map<String, String>> tags = new HashMap<>();
        if (ids.isEmpty()) return tags;
        String in = String.join(",", ids.stream().map(String::valueOf).toList());
        sql.scan(
                "select experiment, key, value from experiment_tags where experiment in (" + in + ")",
                row -> tags.computeIfAbsent(row.getLong(1), id -> new HashMap<>())
                        .put(row.getString(2), row.getString(3)));
        return tags;
    }

    /// How much one experiment has.
    record Counts(
            long experiment,
            String workspace,
            String name,
            String artifactLocation,
            boolean deleted,
            long runs,
            long deletedRuns,
            long metricSeries) {}

    /// By id.
    ///
    /// @param workspace empty for all
    List<Counts> counts(Sql sql, String workspace, long after, int limit) {
        return sql.query(
                "select e.id, e.workspace, e.name, e.artifact_location, case when e.deleted_at is null then 0 else 1 end,"
                        + " (select count(*) from runs r where r.experiment = e.id and r.deleted = 0),"
                        + " (select count(*) from runs r where r.experiment = e.id and r.deleted >= 1),"
                        + " (select count(*) from metric_series s where s.experiment = e.id)"
                        + " from experiments e where e.id > ? and (e.workspace = ? or ? = '') order by e.id limit ?",
                row -> new Counts(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getInt(5) == 1,
                        row.getLong(6),
                        row.getLong(7),
                        row.getLong(8)),
                after,
                workspace,
                workspace,
                limit);
    }

    void rename(Sql sql, long id, String name, Instant now) {
        sql.update("update experiments set name = ?, updated_at = ? where id = ?", name, now.toEpochMilli(), id);
    }

    /// False when it was deleted before, or is not there.
    boolean markDeleted(Sql sql, long id, Instant now) {
        return 1
                == sql.update(
                        "update experiments set deleted_at = ?, updated_at = ? where id = ? and deleted_at is null",
                        now.toEpochMilli(),
                        now.toEpochMilli(),
                        id);
    }

    void markActive(Sql sql, long id, Instant now) {
        sql.update("update experiments set deleted_at = null, updated_at = ? where id = ?", now.toEpochMilli(), id);
    }

    void setTag(Sql sql, long id, String key, String value) {
        sql.update(
                "insert into experiment_tags (experiment, key, value) values (?, ?, ?)"
                        + " on conflict (experiment, key) do update set value = excluded.value",
                id,
                key,
                value);
    }

    boolean deleteTag(Sql sql, long id, String key) {
        return sql.update("delete from experiment_tags where experiment = ? and key = ?", id, key) > 0;
    }
}
