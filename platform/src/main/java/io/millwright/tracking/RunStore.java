package io.millwright.tracking;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// The SQL of runs, their params, tags, datasets and models. Metrics have [MetricStore].
final class RunStore {
    static final String COLUMNS =
            "r.no, r.id, r.experiment, r.name, r.user_id, r.status, r.start_time, r.end_time, r.deleted, r.artifact_uri";

    private static final RunStatus[] STATUSES = RunStatus.values();

    long insert(Sql sql, String workspace, RunInfo run) {
        return sql.query(
                        "insert into runs (id, workspace, experiment, name, user_id, status, start_time, end_time, deleted, artifact_uri)"
                                + " values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?) returning no",
                        row -> row.getLong(1),
                        run.id(),
                        workspace,
                        run.experiment(),
                        run.name(),
                        run.userId(),
                        run.status().ordinal(),
                        run.startTimeMillis(),
                        run.endTimeMillis().isPresent() ? run.endTimeMillis().getAsLong() : null,
                        run.artifactUri())
                .getFirst();
    }

    Optional<RunInfo> find(Sql sql, String workspace, String id) {
        return sql
                .query(
                        "select " + COLUMNS + " from runs r where r.id = ? and r.workspace = ? and r.deleted < 2",
                        RunStore::read,
                        id,
                        workspace)
                .stream()
                .findFirst();
    }

    /// A run as little as writing to it needs.
    ///
    /// @param active false when it lies in the trash
    record Target(RunKey key, boolean active) {}

    Optional<Target> target(Sql sql, String workspace, String id) {
        return sql
                .query(
                        "select no, experiment, deleted from runs where id = ? and workspace = ? and deleted < 2",
                        row -> new Target(new RunKey(row.getLong(1), id, row.getLong(2)), row.getInt(3) == 0),
                        id,
                        workspace)
                .stream()
                .findFirst();
    }

    Map<String, Long> experimentsOf(Sql sql, Collection<String> ids) {
        Map<String, Long> found = new HashMap<>();
        sql.scan(
                "select id, experiment from runs where id in ("
                        + String.join(", ", Collections.nCopies(ids.size(), "?")) + ")",
                row -> found.put(row.getString(1), row.getLong(2)),
                ids.toArray());
        return found;
    }

    static RunInfo read(ResultSet row) throws SQLException {
        long end = row.getLong(8);
        OptionalLong endTime = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(end);
        return new RunInfo(
                row.getLong(1),
                row.getString(2),
                row.getLong(3),
                row.getString(4),
                row.getString(5),
                STATUSES[row.getInt(6)],
                row.getLong(7),
                endTime,
                row.getInt(9) == 1,
                row.getString(10));
    }

    void update(Sql sql, RunInfo run) {
        sql.update(
                "update runs set name = ?, status = ?, end_time = ? where no = ?",
                run.name(),
                run.status().ordinal(),
                run.endTimeMillis().isPresent() ? run.endTimeMillis().getAsLong() : null,
                run.no());
    }

    void markDeleted(Sql sql, long no, long now) {
        sql.update("update runs set deleted = 1, deleted_at = ? where no = ?", now, no);
    }

    void markActive(Sql sql, long no) {
        sql.update("update runs set deleted = 0, deleted_at = null where no = ?", no);
    }

    void markAllDeleted(Sql sql, long experiment, long now) {
        sql.update("update runs set deleted = 1, deleted_at = ? where experiment = ? and deleted = 0", now, experiment);
    }

    void markAllActive(Sql sql, long experiment) {
        sql.update("update runs set deleted = 0, deleted_at = null where experiment = ? and deleted = 1", experiment);
    }

    /// Writes a param once; false when the key is there already, whatever its value.
    boolean insertParam(Sql sql, RunKey run, String key, String value) {
        return sql.update(
                        "insert into run_params (run, key, value, experiment) values (?, ?, ?, ?) on conflict do nothing",
                        run.no(),
                        key,
                        value,
                        run.experiment())
                == 1;
    }

    Optional<String> param(Sql sql, long run, String key) {
        return sql
                .query("select value from run_params where run = ? and key = ?", row -> row.getString(1), run, key)
                .stream()
                .findFirst();
    }

    void setTag(Sql sql, RunKey run, String key, String value) {
        sql.update(
                "insert into run_tags (run, key, value, experiment) values (?, ?, ?, ?)"
                        + " on conflict (run, key) do update set value = excluded.value",
                run.no(),
                key,
                value,
                run.experiment());
    }

    Optional<String> tag(Sql sql, long run, String key) {
        return sql
                .query("select value from run_tags where run = ? and key = ?", row -> row.getString(1), run, key)
                .stream()
                .findFirst();
    }

    boolean deleteTag(Sql sql, long run, String key) {
        return sql.update("delete from run_tags where run = ? and key = ?", run, key) == 1;
    }

    void rename(Sql sql, long run, String name) {
        sql.update("update runs set name = ? where no = ?", name, run);
    }

    /// Inserts the dataset of an experiment once; its id either way.
    long dataset(Sql sql, long experiment, DatasetInput dataset) {
        sql.update(
                "insert into datasets (experiment, name, digest, source_type, source, schema, profile) values (?, ?, ?, ?, ?, ?, ?)"
                        + " on conflict (experiment, name, digest) do nothing",
                experiment,
                dataset.name(),
                dataset.digest(),
                dataset.sourceType(),
                dataset.source(),
                dataset.schema(),
                dataset.profile());
        return sql.query(
                        "select id from datasets where experiment = ? and name = ? and digest = ?",
                        row -> row.getLong(1),
                        experiment,
                        dataset.name(),
                        dataset.digest())
                .getFirst();
    }

    /// Links a dataset to a run; false when it was linked before, and then its tags stay as they are.
    boolean linkDataset(Sql sql, long run, long dataset) {
        return sql.update(
                        "insert into run_datasets (run, dataset, ordinal)"
                                + " select ?, ?, count(*) from run_datasets where run = ? on conflict do nothing",
                        run,
                        dataset,
                        run)
                == 1;
    }

    void setDatasetTag(Sql sql, long run, long dataset, String key, String value) {
        sql.update(
                "insert into run_dataset_tags (run, dataset, key, value) values (?, ?, ?, ?)"
                        + " on conflict (run, dataset, key) do update set value = excluded.value",
                run,
                dataset,
                key,
                value);
    }

    void linkModel(Sql sql, long run, String model, boolean isOutput, long step) {
        sql.update(
                "insert into run_models (run, model, is_output, step) values (?, ?, ?, ?) on conflict do nothing",
                run,
                model,
                isOutput ? 1 : 0,
                step);
    }

    /// The runs with everything logged to them: five queries, however many runs.
    List<Run> withData(Sql sql, List<RunInfo> infos) {
        if (infos.isEmpty()) return List.of();
        Map<Long, Collected> byRun = new LinkedHashMap<>(infos.size() * 2);
        StringBuilder numbers = new StringBuilder();
        for (RunInfo info : infos) {
            byRun.put(info.no(), new Collected());
            numbers.append(numbers.isEmpty() ? "" : ",").append(info.no());
        }
        // The numbers are our own, so they may stand in the text: ten thousand bound values would be slower than the
        // query.
        String in = " in (" + numbers + ")";
        sql.scan(
                "select run, key, value, at, step, is_nan from metric_series where run" + in,
                row -> of(byRun, row)
                        .metrics
                        .add(new MetricPoint(
                                row.getString(2),
                                MetricPoint.load(row.getDouble(3), row.getInt(6)),
                                row.getLong(4),
                                row.getLong(5))));
        sql.scan(
                "select run, key, value from run_params where run" + in,
                row -> of(byRun, row).params.put(row.getString(2), row.getString(3)));
        sql.scan(
                "select run, key, value from run_tags where run" + in,
                row -> of(byRun, row).tags.put(row.getString(2), row.getString(3)));
        sql.scan(
                "select i.run, i.dataset, d.name, d.digest, d.source_type, d.source, d.schema, d.profile"
                        + " from run_datasets i join datasets d on d.id = i.dataset where i.run" + in
                        + " order by i.run, i.ordinal",
                row -> of(byRun, row)
                        .datasets
                        .put(
                                row.getLong(2),
                                new DatasetInput(
                                        row.getString(3),
                                        row.getString(4),
                                        row.getString(5),
                                        row.getString(6),
                                        row.getString(7),
                                        row.getString(8),
                                        new LinkedHashMap<>())));
        sql.scan("select run, dataset, key, value from run_dataset_tags where run" + in, row -> {
            DatasetInput dataset = of(byRun, row).datasets.get(row.getLong(2));
            if (dataset != null) dataset.tags().put(row.getString(3), row.getString(4));
        });
        sql.scan("select run, model, is_output, step from run_models where run" + in + " order by id", row -> {
            Collected run = of(byRun, row);
            if (row.getInt(3) == 1) run.outputs.add(new Run.ModelOutput(row.getString(2), row.getLong(4)));
            else run.inputs.add(row.getString(2));
        });
        return infos.stream()
                .map(info -> byRun.getOrDefault(info.no(), new Collected()).with(info))
                .toList();
    }

    private static Collected of(Map<Long, Collected> byRun, ResultSet row) throws SQLException {
        Collected run = byRun.get(row.getLong(1));
        return run == null ? new Collected() : run;
    }

    private static final class Collected {
        final List<MetricPoint> metrics = new ArrayList<>();
        final Map<String, String> params = new HashMap<>();
        final Map<String, String> tags = new HashMap<>();
        final Map<Long, DatasetInput> datasets = new LinkedHashMap<>();
        final List<String> inputs = new ArrayList<>();
        final List<Run.ModelOutput> outputs = new ArrayList<>();

        Run with(RunInfo info) {
            return new Run(info, metrics, params, tags, List.copyOf(datasets.values()), inputs, outputs);
        }
    }

    /// What a dataset is called, and in which context some run read it.
    record DatasetSummary(long experiment, String name, String digest, Optional<String> context) {}

    List<DatasetSummary> searchDatasets(Sql sql, String workspace, List<Long> experiments, int limit) {
        String in = String.join(",", experiments.stream().map(String::valueOf).toList());
        return sql.query(
                "select distinct d.experiment, d.name, d.digest, t.value from datasets d"
                        + " join experiments e on e.id = d.experiment and e.workspace = ? and e.deleted_at is null"
                        + " join run_datasets i on i.dataset = d.id"
                        + " left join run_dataset_tags t on t.run = i.run and t.dataset = i.dataset and t.key = 'mlflow.data.context'"
                        + " where d.experiment in (" + in
                        + ") order by d.experiment, d.name, d.digest, t.value limit ?",
                row -> new DatasetSummary(
                        row.getLong(1), row.getString(2), row.getString(3), Optional.ofNullable(row.getString(4))),
                workspace,
                limit);
    }
}
