package io.millwright.tracking;

import io.millwright.ledger.Sql;
import java.util.List;
import java.util.Optional;

/// The SQL of an import: what the other stores do not do because there ids are given out here, not brought along.
final class ImportStore {
    /// Ids up to this many are numbers people read; longer ones come from MLflow's folders and must not set the pace.
    private static final long LARGEST_COUNTED_ID = 1_000_000_000_000_000L;

    Optional<TrackingImport.Earlier> find(Sql sql, String source, String entity, String id) {
        return sql
                .query(
                        "select local_id, fingerprint, finished, with_artifacts from tracking_imports"
                                + " where source = ? and entity = ? and id = ?",
                        row -> new TrackingImport.Earlier(
                                row.getString(1), row.getString(2), row.getInt(3) == 1, row.getInt(4) == 1),
                        source,
                        entity,
                        id)
                .stream()
                .findFirst();
    }

    void remember(Sql sql, String source, String entity, String id, TrackingImport.Earlier state, long now) {
        sql.update(
                "insert into tracking_imports (source, entity, id, local_id, fingerprint, finished, with_artifacts, at)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (source, entity, id) do update set"
                        + " local_id = excluded.local_id, fingerprint = excluded.fingerprint,"
                        + " finished = excluded.finished, with_artifacts = excluded.with_artifacts, at = excluded.at",
                source,
                entity,
                id,
                state.localId(),
                state.fingerprint(),
                state.finished() ? 1 : 0,
                state.withArtifacts() ? 1 : 0,
                now);
    }

    boolean isExperimentIdTaken(Sql sql, long id) {
        return !sql.query("select 1 from experiments where id = ?", row -> 1, id)
                .isEmpty();
    }

    void insertExperiment(Sql sql, Experiment e) {
        sql.update(
                "insert into experiments (id, workspace, name, artifact_location, created_at, updated_at)"
                        + " values (?, ?, ?, ?, ?, ?)",
                e.id(),
                e.workspace(),
                e.name(),
                e.artifactLocation(),
                e.createdAt().toEpochMilli(),
                e.updatedAt().toEpochMilli());
        // PostgreSQL's sequence does not see ids that were given.
        if (sql.isPostgres() && e.id() > 0 && e.id() < LARGEST_COUNTED_ID) {
            sql.query(
                    "select setval('experiments_id_seq', greatest(?, (select last_value from experiments_id_seq)))",
                    row -> 1,
                    e.id());
        }
    }

    /// Sets both times and the stage as they were at the source. A deleted one lies in our trash only from
    /// now on, so that a collection of what is old does not take it at once.
    void dateExperiment(Sql sql, long id, Experiment e, long now) {
        sql.update(
                "update experiments set created_at = ?, updated_at = ?, deleted_at = ? where id = ?",
                e.createdAt().toEpochMilli(),
                e.updatedAt().toEpochMilli(),
                e.deleted() ? now : null,
                id);
    }

    void setExperimentTagIfAbsent(Sql sql, long id, String key, String value) {
        sql.update(
                "insert into experiment_tags (experiment, key, value) values (?, ?, ?) on conflict do nothing",
                id,
                key,
                value);
    }

    /// Inserts the run or brings its row up to date; experiment and artifact URI of one that is there stay.
    ///
    /// @return empty when another workspace has a run of this id, or when it is being removed for good
    Optional<RunInfo> upsertRun(Sql sql, String workspace, RunInfo run, long now) {
        Long end = run.endTimeMillis().isPresent() ? run.endTimeMillis().getAsLong() : null;
        List<RunInfo> written = sql.query(
                "insert into runs (id, workspace, experiment, name, user_id, status, start_time, end_time, deleted,"
                        + " deleted_at, artifact_uri) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        + " on conflict (id) do update set name = excluded.name, user_id = excluded.user_id,"
                        + " status = excluded.status, start_time = excluded.start_time, end_time = excluded.end_time,"
                        + " deleted = excluded.deleted, deleted_at = excluded.deleted_at"
                        + " where runs.workspace = excluded.workspace and runs.deleted < 2"
                        + " returning no, experiment, artifact_uri",
                row -> new RunInfo(
                        row.getLong(1),
                        run.id(),
                        row.getLong(2),
                        run.name(),
                        run.userId(),
                        run.status(),
                        run.startTimeMillis(),
                        run.endTimeMillis(),
                        run.deleted(),
                        row.getString(3)),
                run.id(),
                workspace,
                run.experiment(),
                run.name(),
                run.userId(),
                run.status().ordinal(),
                run.startTimeMillis(),
                end,
                run.deleted() ? 1 : 0,
                run.deleted() ? now : null,
                run.artifactUri());
        return written.stream().findFirst();
    }

    /// Unlike a client's, an import's param may replace: it is the same run's own.
    void setParam(Sql sql, RunInfo run, String key, String value) {
        sql.update(
                "insert into run_params (run, key, value, experiment) values (?, ?, ?, ?)"
                        + " on conflict (run, key) do update set value = excluded.value",
                run.no(),
                key,
                value,
                run.experiment());
    }

    void linkModelOnce(Sql sql, long run, String model, boolean isOutput, long step) {
        int kind = isOutput ? 1 : 0;
        boolean linked = !sql.query(
                        "select 1 from run_models where run = ? and is_output = ? and model = ? and step = ?",
                        row -> 1,
                        run,
                        kind,
                        model,
                        step)
                .isEmpty();
        if (linked) return;
        sql.update("insert into run_models (run, model, is_output, step) values (?, ?, ?, ?)", run, model, kind, step);
    }

    /// Inserts the model or brings its row up to date; experiment and artifact URI of one that is there stay.
    ///
    /// @return false when another workspace has a model of this id, or when it is being removed for good
    boolean upsertModel(Sql sql, String workspace, LoggedModel model) {
        return sql.update(
                        "insert into logged_models (id, workspace, experiment, name, model_type, source_run, status,"
                                + " status_message, artifact_uri, created_at, updated_at, deleted)"
                                + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                                + " on conflict (id) do update set name = excluded.name,"
                                + " model_type = excluded.model_type, source_run = excluded.source_run,"
                                + " status = excluded.status, status_message = excluded.status_message,"
                                + " updated_at = excluded.updated_at, deleted = excluded.deleted"
                                + " where logged_models.workspace = excluded.workspace"
                                + " and logged_models.deleted < 2",
                        model.id(),
                        workspace,
                        model.experiment(),
                        model.name(),
                        model.modelType(),
                        model.sourceRun(),
                        model.status().number(),
                        model.statusMessage(),
                        model.artifactUri(),
                        model.createdAt().toEpochMilli(),
                        model.updatedAt().toEpochMilli(),
                        model.deleted() ? 1 : 0)
                == 1;
    }
}
