package io.millwright.tracking;

import io.millwright.ledger.Sql;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The SQL of the trash: what lies in it, and taking rows away for good.
final class TrashStore {
    /// A run whose rows are being taken away; nobody sees it any more.
    static final int PURGING = 2;

    /// One thing in the trash.
    ///
    /// @param kind `experiment`, `run` or `logged-model`
    /// @param deletedAtMillis when it got there
    record Item(
            String kind,
            String workspace,
            long experiment,
            String id,
            String name,
            long deletedAtMillis,
            String artifactUri) {}

    /// What one experiment keeps.
    record Usage(
            long experiment,
            String workspace,
            String name,
            String artifactLocation,
            boolean deleted,
            long runs,
            long deletedRuns,
            long metricSeries) {}

    List<Item> runs(Sql sql, @Nullable String workspace, long before, int limit) {
        return sql.query(
                "select 'run', workspace, experiment, id, name, deleted_at, artifact_uri from runs"
                        + " where deleted >= 1 and deleted_at <= ? and (workspace = ? or ? = '') order by deleted_at, id limit ?",
                TrashStore::item,
                before,
                orAll(workspace),
                orAll(workspace),
                limit);
    }

    List<Item> loggedModels(Sql sql, @Nullable String workspace, long before, int limit) {
        return sql.query(
                "select 'logged-model', workspace, experiment, id, name, updated_at, artifact_uri from logged_models"
                        + " where deleted = 1 and updated_at <= ? and (workspace = ? or ? = '') order by updated_at, id limit ?",
                TrashStore::item,
                before,
                orAll(workspace),
                orAll(workspace),
                limit);
    }

    List<Item> experiments(Sql sql, @Nullable String workspace, long before, int limit) {
        return sql.query(
                "select 'experiment', workspace, id, cast(id as varchar(20)), name, deleted_at, artifact_location from experiments"
                        + " where deleted_at <= ? and (workspace = ? or ? = '') order by deleted_at, experiments.id limit ?",
                TrashStore::item,
                before,
                orAll(workspace),
                orAll(workspace),
                limit);
    }

    private static String orAll(@Nullable String workspace) {
        return workspace == null ? "" : workspace;
    }

    private static Item item(java.sql.ResultSet row) throws java.sql.SQLException {
        return new Item(
                row.getString(1),
                row.getString(2),
                row.getLong(3),
                row.getString(4),
                row.getString(5),
                row.getLong(6),
                row.getString(7));
    }

    /// Marks a run as going; empty when it left the trash meanwhile.
    Optional<Long> beginPurge(Sql sql, String id) {
        return sql
                .query(
                        "update runs set deleted = " + PURGING + " where id = ? and deleted >= 1 returning no",
                        row -> row.getLong(1),
                        id)
                .stream()
                .findFirst();
    }

    /// Takes at most so many points of a run away; how many it took.
    int deletePoints(Sql sql, long run, int most) {
        Optional<Long> series =
                sql.query("select id from metric_series where run = ? limit 1", row -> row.getLong(1), run).stream()
                        .findFirst();
        if (series.isEmpty()) return 0;
        int points = sql.update(
                "delete from metric_points where series = ? and at <= coalesce((select max(at) from"
                        + " (select at from metric_points where series = ? order by at, step, value, is_nan limit ?) as oldest), 0)",
                series.get(),
                series.get(),
                most);
        if (points == 0) sql.update("delete from metric_series where id = ?", series.get());
        return points + 1;
    }

    void deleteRun(Sql sql, long run) {
        for (String table : List.of("run_params", "run_tags", "run_dataset_tags", "run_datasets", "run_models")) {
            sql.update("delete from " + table + " where run = ?", run);
        }
        sql.update("delete from runs where no = ?", run);
    }

    /// Whether the model was still in the trash.
    boolean deleteLoggedModel(Sql sql, String id) {
        if (sql.update("delete from logged_models where id = ? and deleted = 1", id) == 0) return false;
        for (String table : List.of("logged_model_tags", "logged_model_params", "logged_model_metrics")) {
            sql.update("delete from " + table + " where model = ?", id);
        }
        return true;
    }

    List<Item> contentsOf(Sql sql, long experiment, int limit) {
        List<Item> contents = new java.util.ArrayList<>(sql.query(
                "select 'run', workspace, experiment, id, name, coalesce(deleted_at, 0), artifact_uri from runs where experiment = ? limit ?",
                TrashStore::item,
                experiment,
                limit));
        contents.addAll(sql.query(
                "select 'logged-model', workspace, experiment, id, name, updated_at, artifact_uri from logged_models where experiment = ? limit ?",
                TrashStore::item,
                experiment,
                limit));
        return contents;
    }

    /// Before an experiment goes: all that is in it goes into the trash, in case something was added meanwhile.
    void trashContents(Sql sql, long experiment, long now) {
        sql.update("update runs set deleted = 1, deleted_at = ? where experiment = ? and deleted = 0", now, experiment);
        sql.update("update logged_models set deleted = 1 where experiment = ? and deleted = 0", experiment);
    }

    boolean isDeletedExperiment(Sql sql, long experiment) {
        return !sql.query("select 1 from experiments where id = ? and deleted_at is not null", row -> 1, experiment)
                .isEmpty();
    }

    void deleteExperiment(Sql sql, long experiment) {
        sql.update("delete from experiment_tags where experiment = ?", experiment);
        sql.update("delete from datasets where experiment = ?", experiment);
        sql.update("delete from experiments where id = ?", experiment);
    }

    List<Usage> usage(Sql sql, @Nullable String workspace, long after, int limit) {
        return sql.query(
                "select e.id, e.workspace, e.name, e.artifact_location, e.deleted_at,"
                        + " (select count(*) from runs r where r.experiment = e.id and r.deleted = 0),"
                        + " (select count(*) from runs r where r.experiment = e.id and r.deleted >= 1),"
                        + " (select count(*) from metric_series s where s.experiment = e.id)"
                        + " from experiments e where e.id > ? and (e.workspace = ? or ? = '') order by e.id limit ?",
                row -> {
                    row.getLong(5);
                    boolean deleted = !row.wasNull();
                    return new Usage(
                            row.getLong(1),
                            row.getString(2),
                            row.getString(3),
                            row.getString(4),
                            deleted,
                            row.getLong(6),
                            row.getLong(7),
                            row.getLong(8));
                },
                after,
                orAll(workspace),
                orAll(workspace),
                limit);
    }
}
