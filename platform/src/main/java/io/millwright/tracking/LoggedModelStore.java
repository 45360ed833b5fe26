package io.millwright.tracking;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The SQL of logged models, their tags, params and metrics.
final class LoggedModelStore {
    static final String COLUMNS = "m.id, m.experiment, m.name, m.model_type, m.source_run, m.status, m.status_message,"
            + " m.artifact_uri, m.created_at, m.updated_at, m.deleted";

    void insert(Sql sql, String workspace, LoggedModel model) {
        sql.update(
                "insert into logged_models (id, workspace, experiment, name, model_type, source_run, status, artifact_uri,"
                        + " created_at, updated_at, deleted) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                model.id(),
                workspace,
                model.experiment(),
                model.name(),
                model.modelType(),
                model.sourceRun(),
                model.status().number(),
                model.artifactUri(),
                model.createdAt().toEpochMilli(),
                model.updatedAt().toEpochMilli());
        model.params().forEach((key, value) -> setParam(sql, model.id(), key, value));
        model.tags().forEach((key, value) -> setTag(sql, model.id(), key, value));
    }

    Optional<LoggedModel> find(Sql sql, String workspace, String id) {
        List<LoggedModel> found = sql.query(
                "select " + COLUMNS + " from logged_models m where m.id = ? and m.workspace = ? and m.deleted < 2",
                LoggedModelStore::read,
                id,
                workspace);
        return withData(sql, found).stream().findFirst();
    }

    Optional<Long> experimentOf(Sql sql, String workspace, String id) {
        return sql
                .query(
                        "select experiment from logged_models where id = ? and workspace = ? and deleted < 2",
                        row -> row.getLong(1),
                        id,
                        workspace)
                .stream()
                .findFirst();
    }

    static LoggedModel read(ResultSet row) throws SQLException {
        return new LoggedModel(
                row.getString(1),
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                LoggedModelStatus.ofNumber(row.getInt(6)),
                row.getString(7),
                row.getString(8),
                Instant.ofEpochMilli(row.getLong(9)),
                Instant.ofEpochMilli(row.getLong(10)),
                row.getInt(11) == 1,
                Map.of(),
                Map.of(),
                List.of());
    }

    /// The models with all their data: three queries, however many models.
    List<LoggedModel> withData(Sql sql, List<LoggedModel> models) {
        if (models.isEmpty()) return List.of();
        Object[] ids = models.stream().map(LoggedModel::id).toArray();
        String in = " in (" + String.join(",", java.util.Collections.nCopies(ids.length, "?")) + ")";
        Map<String, Map<String, String>> tags = pairs(sql, "logged_model_tags", in, ids);
        Map<String, Map<String, String>> params = pairs(sql, "logged_model_params", in, ids);
        Map<String, List<LoggedModelMetric>> metrics = new HashMap<>();
        sql.scan(
                "select model, key, value, is_nan, at, step, run, dataset_name, dataset_digest from logged_model_metrics where model"
                        + in + " order by model, key, at, step, run",
                row -> metrics.computeIfAbsent(row.getString(1), id -> new ArrayList<>())
                        .add(new LoggedModelMetric(
                                new MetricPoint(
                                        row.getString(2),
                                        MetricPoint.load(row.getDouble(3), row.getInt(4)),
                                        row.getLong(5),
                                        row.getLong(6)),
                                row.getString(7),
                                new LoggedModelMetric.Target(row.getString(1), row.getString(8), row.getString(9)))),
                ids);
        return models.stream()
                .map(m -> new LoggedModel(
                        m.id(),
                        m.experiment(),
                        m.name(),
                        m.modelType(),
                        m.sourceRun(),
                        m.status(),
                        m.statusMessage(),
                        m.artifactUri(),
                        m.createdAt(),
                        m.updatedAt(),
                        m.deleted(),
                        tags.getOrDefault(m.id(), Map.of()),
                        params.getOrDefault(m.id(), Map.of()),
                        metrics.getOrDefault(m.id(), List.of())))
                .toList();
    }

    private static Map<String, Map<String, String>> pairs(Sql sql, String table, String in, Object[] ids) {
        Map<String, Map<String, String>> pairs = new HashMap<>();
        sql.scan(
                "select model, key, value from " + table + " where model" + in,
                row -> pairs.computeIfAbsent(row.getString(1), id -> new HashMap<>())
                        .put(row.getString(2), row.getString(3)),
                ids);
        return pairs;
    }

    void setStatus(Sql sql, String id, LoggedModelStatus status, Instant now) {
        sql.update(
                "update logged_models set status = ?, updated_at = ? where id = ?",
                status.number(),
                now.toEpochMilli(),
                id);
    }

    void markDeleted(Sql sql, String id, Instant now) {
        sql.update("update logged_models set deleted = 1, updated_at = ? where id = ?", now.toEpochMilli(), id);
    }

    void markActive(Sql sql, String id, Instant now) {
        sql.update(
                "update logged_models set deleted = 0, updated_at = ? where id = ? and deleted = 1",
                now.toEpochMilli(),
                id);
    }

    void setTag(Sql sql, String id, String key, String value) {
        sql.update(
                "insert into logged_model_tags (model, key, value) values (?, ?, ?) on conflict (model, key) do update set value = excluded.value",
                id,
                key,
                value);
    }

    boolean deleteTag(Sql sql, String id, String key) {
        return sql.update("delete from logged_model_tags where model = ? and key = ?", id, key) == 1;
    }

    void setParam(Sql sql, String id, String key, String value) {
        sql.update(
                "insert into logged_model_params (model, key, value) values (?, ?, ?) on conflict (model, key) do update set value = excluded.value",
                id,
                key,
                value);
    }

    /// A repeat of the same measurement stays as it is.
    void addMetric(Sql sql, LoggedModelMetric metric) {
        MetricPoint point = metric.point();
        LoggedModelMetric.Target target = metric.target();
        sql.update(
                "insert into logged_model_metrics (model, key, at, step, run, value, is_nan, dataset_name, dataset_digest)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
                target.modelId(),
                point.key(),
                point.timestampMillis(),
                point.step(),
                metric.runId(),
                point.storedValue(),
                point.nanFlag(),
                target.datasetName(),
                target.datasetDigest());
    }
}
