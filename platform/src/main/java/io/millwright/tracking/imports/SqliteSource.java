package io.millwright.tracking.imports;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.tracking.imports.SqliteFile.text;

import io.millwright.tracking.DatasetInput;
import io.millwright.tracking.Experiment;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.LoggedModelMetric;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunInfo;
import io.millwright.tracking.RunStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The SQLite file of an MLflow server, of any schema from 1.x on, opened read-only.
///
/// No cursor stays open while a run is written elsewhere: on a file without a write-ahead log it would make the server,
/// should it still be running, wait.
public final class SqliteSource implements MlflowSource {
    private static final byte[] HEADER = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
    private static final int PAGE = 100;
    private static final int POINTS = 20_000;

    private final Path path;
    private final SqliteFile file;
    private final LocalArtifacts artifacts;
    private final ImportNotes notes;
    private final SqliteTables tables;

    private SqliteSource(Path path, LocalArtifacts artifacts, ImportNotes notes) throws IOException {
        this.path = path;
        this.file = new SqliteFile(path);
        this.artifacts = artifacts;
        this.notes = notes;
        this.tables = file.with(SqliteTables::new);
        if (!tables.has("experiments") || !tables.has("runs")) {
            throw INVALID_ARGUMENT.because(
                    "%s is a SQLite database without the tables 'experiments' and 'runs'. Give MLflow's own file, often"
                            + " called mlflow.db.",
                    path);
        }
    }

    /// @param artifactRoots where the operator says artifacts lie; may be empty
    public static SqliteSource open(Path file, List<Path> artifactRoots, ImportNotes notes) throws IOException {
        Path real = file.toRealPath();
        try (InputStream in = Files.newInputStream(real)) {
            if (!java.util.Arrays.equals(in.readNBytes(HEADER.length), HEADER)) {
                throw INVALID_ARGUMENT.because("%s is no SQLite database.", real);
            }
        }
        Path folder = real.getParent() == null ? real : real.getParent();
        return new SqliteSource(real, new LocalArtifacts(folder, artifactRoots, notes), notes);
    }

    @Override
    public String identity() {
        return "sqlite:" + path;
    }

    @Override
    public List<Experiment> experiments() throws IOException {
        Map<Long, Map<String, String>> tags = new HashMap<>();
        if (tables.has("experiment_tags")) {
            file.each(
                    "select experiment_id, key, value from experiment_tags",
                    List.of(),
                    row -> tags.computeIfAbsent(row.getLong(1), id -> new HashMap<>())
                            .put(row.getString(2), text(row, 3)));
        }
        List<Experiment> found = new ArrayList<>();
        String sql = "select experiment_id, name, artifact_location, lifecycle_stage, %s, %s, %s from experiments"
                .formatted(
                        tables.column("experiments", "creation_time"),
                        tables.column("experiments", "last_update_time"),
                        tables.column("experiments", "workspace", "'default'"));
        file.each(sql + " order by experiment_id", List.of(), row -> {
            if (!text(row, 7).equals("default")) {
                notes.leftOut("experiments of workspaces other than 'default'", text(row, 2));
                return;
            }
            long id = row.getLong(1);
            found.add(new Experiment(
                    id,
                    "",
                    text(row, 2),
                    ArtifactUri.keptLocation(text(row, 3)),
                    text(row, 4).equals("deleted"),
                    Instant.ofEpochMilli(row.getLong(5)),
                    Instant.ofEpochMilli(row.getLong(6)),
                    tags.getOrDefault(id, Map.of())));
        });
        return found;
    }

    @Override
    public OptionalLong runCount() throws IOException {
        return OptionalLong.of(count("select count(*) from runs", List.of()));
    }

    @Override
    public void runs(Experiment experiment, Visitor<SourceRun> visitor) throws IOException {
        String after = "";
        while (true) {
            Map<String, RunRow> page = runPage(experiment.id(), after);
            for (RunRow row : page.values()) {
                after = row.id;
                SourceRun run;
                try {
                    run = row.toRun();
                } catch (IOException e) {
                    notes.failed("run that cannot be read", row.id + ": " + e.getMessage());
                    continue;
                }
                visitor.visit(run);
            }
            if (page.size() < PAGE) return;
        }
    }

    private Map<String, RunRow> runPage(long experiment, String after) throws IOException {
        String sql = ("select run_uuid, %s, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri,"
                        + " %s, %s, %s, %s from runs where experiment_id = ? and run_uuid > ? order by run_uuid limit "
                        + PAGE)
                .formatted(
                        tables.column("runs", "name"),
                        tables.column("runs", "source_type"),
                        tables.column("runs", "source_name"),
                        tables.column("runs", "source_version"),
                        tables.column("runs", "entry_point_name"));
        Map<String, RunRow> page = new LinkedHashMap<>();
        file.each(sql, List.of(experiment, after), row -> {
            RunRow run = new RunRow(row.getString(1), experiment);
            run.name = text(row, 2);
            run.userId = text(row, 3);
            run.status = text(row, 4);
            run.startTime = row.getLong(5);
            long end = row.getLong(6);
            run.endTime = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(end);
            run.deleted = text(row, 7).equals("deleted");
            run.artifactUri = text(row, 8);
            run.oldFields = new String[] {row.getString(9), row.getString(10), row.getString(11), row.getString(12)};
            page.put(run.id, run);
        });
        if (!page.isEmpty()) fill(page);
        return page;
    }

    private void fill(Map<String, RunRow> page) throws IOException {
        List<String> ids = List.copyOf(page.keySet());
        String in = " in (" + String.join(", ", Collections.nCopies(ids.size(), "?")) + ")";
        file.each(
                "select run_uuid, key, value from params where run_uuid" + in,
                ids,
                row -> of(page, row).params.put(row.getString(2), text(row, 3)));
        file.each(
                "select run_uuid, key, value from tags where run_uuid" + in,
                ids,
                row -> of(page, row).tags.put(row.getString(2), text(row, 3)));
        if (tables.has("latest_metrics")) {
            file.each(
                    "select run_uuid, key, value, timestamp, step, is_nan from latest_metrics where run_uuid" + in,
                    ids,
                    row -> of(page, row)
                            .latest
                            .add(new MetricPoint(
                                    row.getString(2),
                                    value(row, 3, row.getInt(6) == 1),
                                    row.getLong(4),
                                    row.getLong(5))));
        }
        if (tables.has("inputs")) fillModels(page, ids, in);
    }

    /// For one run only: each dataset may carry a profile of megabytes.
    private List<DatasetInput> datasets(String run) throws IOException {
        List<DatasetInput> datasets = new ArrayList<>();
        if (!tables.has("inputs") || !tables.has("datasets")) return datasets;
        String inputs =
                " inputs i where i.source_type = 'DATASET' and i.destination_type = 'RUN' and i.destination_id = ?";
        Map<String, Map<String, String>> tags = new HashMap<>();
        if (tables.has("input_tags")) {
            file.each(
                    "select input_uuid, name, value from input_tags where input_uuid in (select i.input_uuid from"
                            + inputs + ")",
                    List.of(run),
                    row -> tags.computeIfAbsent(row.getString(1), id -> new HashMap<>())
                            .put(row.getString(2), text(row, 3)));
        }
        file.each(
                "select i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema,"
                        + " d.dataset_profile from datasets d," + inputs
                        + " and d.dataset_uuid = i.source_id order by i.rowid",
                List.of(run),
                row -> datasets.add(new DatasetInput(
                        text(row, 2),
                        text(row, 3),
                        text(row, 4),
                        text(row, 5),
                        row.getString(6),
                        row.getString(7),
                        tags.getOrDefault(row.getString(1), Map.of()))));
        return datasets;
    }

    private void fillModels(Map<String, RunRow> page, List<String> ids, String in) throws IOException {
        String step = tables.has("inputs", "step") ? "step" : "0";
        file.each(
                "select source_id, source_type, destination_id, " + step + " from inputs where destination_type in"
                        + " ('MODEL_INPUT', 'MODEL_OUTPUT') and source_id" + in + " order by rowid",
                ids,
                row -> {
                    if (row.getString(2).equals("RUN_OUTPUT")) {
                        of(page, row).outputs.add(new Run.ModelOutput(row.getString(3), row.getLong(4)));
                    } else {
                        of(page, row).inputs.add(row.getString(3));
                    }
                });
    }

    private static RunRow of(Map<String, RunRow> page, ResultSet row) throws SQLException {
        RunRow run = page.get(row.getString(1));
        if (run == null) throw new SQLException("a row of a run that was not asked for");
        return run;
    }

    /// One row of `runs` while its data is collected.
    private final class RunRow {
        final String id;
        final long experiment;
        final Map<String, String> params = new HashMap<>();
        final Map<String, String> tags = new HashMap<>();
        final List<MetricPoint> latest = new ArrayList<>();
        final List<String> inputs = new ArrayList<>();
        final List<Run.ModelOutput> outputs = new ArrayList<>();
        String name = "";
        String userId = "";
        String status = "";
        String artifactUri = "";
        long startTime;
        OptionalLong endTime = OptionalLong.empty();
        boolean deleted;

        @Nullable
        String[] oldFields = {};

        RunRow(String id, long experiment) {
            this.id = id;
            this.experiment = experiment;
        }

        SourceRun toRun() throws IOException {
            new OldFields(tags, SourceIds.run(id), notes)
                    .sourceType(oldFields[0])
                    .sourceName(oldFields[1])
                    .sourceVersion(oldFields[2])
                    .entryPoint(oldFields[3]);
            RunStatus known = SourceIds.status(status);
            RunInfo info = new RunInfo(
                    0,
                    id,
                    experiment,
                    name.isEmpty() ? tags.getOrDefault("mlflow.runName", "") : name,
                    userId,
                    known,
                    startTime,
                    endTime,
                    deleted,
                    artifactUri);
            // A run that is going on may get points that are not its latest; and the first versions kept no latest.
            boolean counted = known == RunStatus.RUNNING || !tables.has("latest_metrics");
            String stamp = counted
                    ? String.valueOf(count("select count(*) from metrics where run_uuid = ?", List.of(id)))
                    : "";
            return new SourceRun(new Run(info, latest, params, tags, datasets(id), inputs, outputs), stamp);
        }
    }

    @Override
    public void history(SourceRun run, Consumer<MetricPoint> sink) throws IOException {
        long after = Long.MIN_VALUE;
        String sql = "select rowid, key, value, timestamp, %s, %s from metrics where run_uuid = ? and rowid > ?"
                        .formatted(tables.column("metrics", "step", "0"), tables.column("metrics", "is_nan", "0"))
                + " order by rowid limit " + POINTS;
        long[] last = {after};
        while (true) {
            List<MetricPoint> page = new ArrayList<>();
            file.each(sql, List.of(run.id(), last[0]), row -> {
                last[0] = row.getLong(1);
                page.add(new MetricPoint(
                        row.getString(2), value(row, 3, row.getInt(6) == 1), row.getLong(4), row.getLong(5)));
            });
            page.forEach(sink);
            if (page.size() < POINTS) return;
        }
    }

    /// NaN is a flag, or in tables without one, null.
    private static double value(ResultSet row, int column, boolean isNan) throws SQLException {
        double value = row.getDouble(column);
        return isNan || row.wasNull() ? Double.NaN : value;
    }

    @Override
    public void loggedModels(Experiment experiment, Visitor<LoggedModel> visitor) throws IOException {
        if (!tables.has("logged_models")) return;
        String after = "";
        while (true) {
            List<LoggedModel> page = new ArrayList<>();
            file.each(
                    "select model_id, name, model_type, source_run_id, status, status_message, artifact_location,"
                            + " creation_timestamp_ms, last_updated_timestamp_ms, lifecycle_stage from logged_models"
                            + " where experiment_id = ? and model_id > ? order by model_id limit " + PAGE,
                    List.of(experiment.id(), after),
                    row -> page.add(new LoggedModel(
                            row.getString(1),
                            experiment.id(),
                            text(row, 2),
                            row.getString(3),
                            row.getString(4),
                            SourceIds.modelStatus(text(row, 5)),
                            row.getString(6),
                            text(row, 7),
                            Instant.ofEpochMilli(row.getLong(8)),
                            Instant.ofEpochMilli(row.getLong(9)),
                            text(row, 10).equals("deleted"),
                            new HashMap<>(),
                            new HashMap<>(),
                            new ArrayList<>())));
            for (LoggedModel model : page) {
                after = model.id();
                if (!SourceIds.isLoggedModel(model.id())) {
                    notes.failed("logged model that cannot be read", "its id is '" + model.id() + "'");
                    continue;
                }
                fill(model);
                visitor.visit(model);
            }
            if (page.size() < PAGE) return;
        }
    }

    private void fill(LoggedModel model) throws IOException {
        List<String> id = List.of(model.id());
        file.each(
                "select tag_key, tag_value from logged_model_tags where model_id = ?",
                id,
                row -> model.tags().put(row.getString(1), text(row, 2)));
        file.each(
                "select param_key, param_value from logged_model_params where model_id = ?",
                id,
                row -> model.params().put(row.getString(1), text(row, 2)));
        file.each(
                "select metric_name, metric_value, metric_timestamp_ms, metric_step, run_id, dataset_name, dataset_digest"
                        + " from logged_model_metrics where model_id = ?",
                id,
                row -> model.metrics()
                        .add(new LoggedModelMetric(
                                new MetricPoint(row.getString(1), value(row, 2, false), row.getLong(3), row.getLong(4)),
                                text(row, 5),
                                new LoggedModelMetric.Target(model.id(), row.getString(6), row.getString(7)))));
    }

    @Override
    public SourceArtifacts artifacts(SourceRun run) throws IOException {
        return artifacts.find(run.id(), run.run().info().artifactUri(), null);
    }

    @Override
    public SourceArtifacts artifacts(LoggedModel model) throws IOException {
        return artifacts.find(model.id(), model.artifactUri(), null);
    }

    @Override
    public void noteLeftOut(List<Experiment> experiments) throws IOException {
        for (String table : tables.names()) {
            String kind = LeftOut.ofTable(table);
            if (!kind.isEmpty()) {
                notes.leftOut(kind, count("select count(*) from \"" + table.replace("\"", "\"\"") + "\"", List.of()));
            }
        }
        if (tables.has("inputs")) {
            file.each("select source_type, destination_type, count(*) from inputs group by 1, 2", List.of(), row -> {
                String link = row.getString(1) + " to " + row.getString(2);
                if (!LeftOut.KNOWN_LINKS.contains(link)) notes.leftOut("links " + link, row.getLong(3));
            });
        }
    }

    private long count(String sql, List<?> values) throws IOException {
        long[] count = {0};
        file.each(sql, values, row -> count[0] = row.getLong(1));
        return count[0];
    }

    @Override
    public SourceRegistry registry() {
        return new SqliteRegistry(file, tables, notes);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
