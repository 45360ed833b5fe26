package io.millwright.tracking;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/// The SQL of the trash: what lies in it, and taking rows away for good.
///
/// A run or logged model whose rows and files are being taken away has `deleted` above 1: nobody sees or
/// restores it any more, and the next collection finishes it, however old.
final class TrashStore {
    private static final int PURGING = 2;
    private static final int PURGING_ROWS_ONLY = 3;

    /// With an experiment goes all that is in it. So it stays while a run in it is active, as one is that was restored
    /// by itself, or not in the trash for long enough. Binds the time before which a thing must have been deleted.
    private static final String WITH_ALL_ITS_RUNS =
            " and not exists (select 1 from runs r where r.experiment = e.id and (r.deleted = 0 or r.deleted_at > ?))";

    /// The lists that make up the trash, each with its own order.
    enum Part {
        EXPERIMENTS,
        RUNS,
        LOGGED_MODELS,
        /// Deleting an experiment leaves its logged models as they are, as in MLflow; they go with it all the same.
        MODELS_OF_EXPERIMENTS;

        TrashService.Kind kind() {
            return switch (this) {
                case EXPERIMENTS -> TrashService.Kind.EXPERIMENT;
                case RUNS -> TrashService.Kind.RUN;
                case LOGGED_MODELS, MODELS_OF_EXPERIMENTS -> TrashService.Kind.LOGGED_MODEL;
            };
        }
    }

    /// Which part of the trash is meant.
    ///
    /// @param workspace empty for all
    /// @param before only what was deleted at or before this, in epoch milliseconds
    record Scope(String workspace, long before) {}

    /// A place in the order of a part.
    record Position(long at, String id) {
        static final Position START = new Position(Long.MIN_VALUE, "");
    }

    /// One thing in the trash.
    ///
    /// @param experiment in which it is, or which it is
    /// @param experimentName empty when that is gone already
    /// @param experimentDeleted whether that lies in the trash itself, or is gone
    /// @param deletedAt in epoch milliseconds; 0 when it is on its way out
    /// @param position its place in its part
    record Item(
            TrashService.Kind kind,
            String workspace,
            long experiment,
            String id,
            String name,
            String artifactUri,
            String experimentName,
            boolean experimentDeleted,
            long deletedAt,
            Position position) {
        String urn() {
            return kind.word() + ":" + id;
        }

        String experimentUrn() {
            return "experiment:" + experiment;
        }
    }

    private static final String OF_EXPERIMENT =
            ", coalesce(e.name, ''), case when e.id is null or e.deleted_at is not null then 1 else 0 end";

    List<Item> page(Sql sql, Part part, Scope scope, Position after, int limit) {
        return switch (part) {
            case EXPERIMENTS ->
                sql.query(
                        "select e.workspace, e.id, cast(e.id as varchar(20)), e.name, e.artifact_location"
                                + OF_EXPERIMENT
                                + ", e.deleted_at, e.deleted_at from experiments e where e.deleted_at <= ? and (e.workspace = ? or ? = '')"
                                + WITH_ALL_ITS_RUNS
                                + " and (e.deleted_at, e.id) > (?, ?) order by e.deleted_at, e.id limit ?",
                        row -> item(TrashService.Kind.EXPERIMENT, row),
                        scope.before(),
                        scope.workspace(),
                        scope.workspace(),
                        scope.before(),
                        after.at(),
                        after.id().isEmpty() ? -1 : Long.parseLong(after.id()),
                        limit);
            case RUNS ->
                sql.query(
                        "select r.workspace, r.experiment, r.id, r.name, r.artifact_uri" + OF_EXPERIMENT
                                + ", r.deleted_at, r.deleted_at from runs r left join experiments e on e.id = r.experiment"
                                + " where r.deleted >= 1 and r.deleted_at <= ? and (r.workspace = ? or ? = '')"
                                + " and (r.deleted_at, r.id) > (?, ?) order by r.deleted_at, r.id limit ?",
                        row -> item(TrashService.Kind.RUN, row),
                        scope.before(),
                        scope.workspace(),
                        scope.workspace(),
                        after.at(),
                        after.id(),
                        limit);
            case LOGGED_MODELS ->
                sql.query(
                        "select m.workspace, m.experiment, m.id, m.name, m.artifact_uri" + OF_EXPERIMENT
                                + ", m.updated_at, m.updated_at from logged_models m"
                                + " left join experiments e on e.id = m.experiment"
                                + " where m.deleted >= 1 and m.updated_at <= ? and (m.workspace = ? or ? = '')"
                                + " and (m.updated_at, m.id) > (?, ?) order by m.updated_at, m.id limit ?",
                        row -> item(TrashService.Kind.LOGGED_MODEL, row),
                        scope.before(),
                        scope.workspace(),
                        scope.workspace(),
                        after.at(),
                        after.id(),
                        limit);
            case MODELS_OF_EXPERIMENTS ->
                sql.query(
                        "select m.workspace, m.experiment, m.id, m.name, m.artifact_uri" + OF_EXPERIMENT
                                + ", e.deleted_at, m.experiment from logged_models m join experiments e on e.id = m.experiment"
                                + " where e.deleted_at <= ? and (e.workspace = ? or ? = '')" + WITH_ALL_ITS_RUNS
                                + " and (m.deleted = 0 or (m.deleted = 1 and m.updated_at > ?))"
                                + " and (m.experiment, m.id) > (?, ?) order by m.experiment, m.id limit ?",
                        row -> item(TrashService.Kind.LOGGED_MODEL, row),
                        scope.before(),
                        scope.workspace(),
                        scope.workspace(),
                        scope.before(),
                        scope.before(),
                        after.at(),
                        after.id(),
                        limit);
        };
    }

    private static Item item(TrashService.Kind kind, ResultSet row) throws SQLException {
        String id = row.getString(3);
        return new Item(
                kind,
                row.getString(1),
                row.getLong(2),
                id,
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getInt(7) == 1,
                row.getLong(8),
                new Position(row.getLong(9), id));
    }

    /// Takes an experiment's own rows away and puts all that is in it beyond restoring, to be taken away next. False
    /// when it left the trash meanwhile, or something in it did.
    boolean purgeExperiment(Sql sql, long id, long before, boolean keepArtifacts) {
        // A racing restore of the experiment or of one of its runs changes a row that is changed here too.
        if (sql.update(
                        "delete from experiments as e where e.id = ? and e.deleted_at <= ?" + WITH_ALL_ITS_RUNS,
                        id,
                        before,
                        before)
                == 0) return false;
        int state = keepArtifacts ? PURGING_ROWS_ONLY : PURGING;
        sql.update("update runs set deleted = ?, deleted_at = 0 where experiment = ? and deleted = 1", state, id);
        sql.update(
                "update logged_models set deleted = ?, updated_at = 0 where experiment = ? and deleted <= 1",
                state,
                id);
        sql.update("delete from experiment_tags where experiment = ?", id);
        sql.update("delete from datasets where experiment = ?", id);
        return true;
    }

    /// A run or logged model whose taking away has begun.
    ///
    /// @param keepsArtifacts as it was asked for when it began, also by a collection that was cut off
    record Begun(boolean keepsArtifacts) {
        static Begun ofState(int deleted) {
            return new Begun(deleted == PURGING_ROWS_ONLY);
        }
    }

    /// Puts a run beyond restoring; empty when it left the trash meanwhile or came back to it later.
    Optional<Begun> beginRun(Sql sql, String id, long before, boolean keepArtifacts) {
        return begin(sql, "runs", "deleted_at", id, before, keepArtifacts);
    }

    /// The same for a logged model.
    Optional<Begun> beginLoggedModel(Sql sql, String id, long before, boolean keepArtifacts) {
        return begin(sql, "logged_models", "updated_at", id, before, keepArtifacts);
    }

    private static Optional<Begun> begin(
            Sql sql, String table, String deletedAt, String id, long before, boolean keepArtifacts) {
        return sql
                .query(
                        "update " + table + " set deleted = case when deleted = 1 then ? else deleted end, " + deletedAt
                                + " = 0 where id = ? and deleted >= 1 and " + deletedAt + " <= ? returning deleted",
                        row -> Begun.ofState(row.getInt(1)),
                        keepArtifacts ? PURGING_ROWS_ONLY : PURGING,
                        id,
                        before)
                .stream()
                .findFirst();
    }

    /// Whether a run or logged model of this id is on its way out.
    boolean isBeingPurged(Sql sql, String id) {
        return !sql.query(
                        "select 1 from runs where id = ? and deleted >= 2 union all"
                                + " select 1 from logged_models where id = ? and deleted >= 2",
                        row -> 1,
                        id,
                        id)
                .isEmpty();
    }

    /// Takes at most so many points of a run away; how many it took.
    int deletePoints(Sql sql, String run, int most) {
        Optional<Long> series = sql
                .query(
                        "select s.id from metric_series s join runs r on r.no = s.run where r.id = ? limit 1",
                        row -> row.getLong(1),
                        run)
                .stream()
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

    /// Takes what is left of a run's rows away; false when another collection did.
    boolean deleteRun(Sql sql, String id) {
        List<Long> no = sql.query(
                "delete from runs where id = ? and deleted >= " + PURGING + " returning no", row -> row.getLong(1), id);
        if (no.isEmpty()) return false;
        for (String table : List.of("run_params", "run_tags", "run_dataset_tags", "run_datasets", "run_models")) {
            sql.update("delete from " + table + " where run = ?", no.getFirst());
        }
        return true;
    }

    /// Takes a logged model's rows away; false when another collection did.
    boolean deleteLoggedModel(Sql sql, String id) {
        if (sql.update("delete from logged_models where id = ? and deleted >= " + PURGING, id) == 0) return false;
        for (String table : List.of("logged_model_tags", "logged_model_params", "logged_model_metrics")) {
            sql.update("delete from " + table + " where model = ?", id);
        }
        return true;
    }
}
