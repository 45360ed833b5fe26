package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Names;
import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.kernel.Visible;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// Runs and what is logged to them.
public final class RunService {
    static final String RUN_NAME_TAG = "mlflow.runName";

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final Ids ids;
    private final ExperimentService experimentService;
    private final LogListener listener;
    private final RunStore runs = new RunStore();
    private final MetricStore metrics = new MetricStore();
    private final LoggedModelStore models = new LoggedModelStore();

    RunService(Db db, Ledger ledger, Clock clock, Ids ids, ExperimentService experimentService, LogListener listener) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = ids;
        this.experimentService = experimentService;
        this.listener = listener;
    }

    public Run create(long experiment, NewRun request) {
        String tagged = request.tags().getOrDefault(RUN_NAME_TAG, "");
        if (!request.name().isEmpty() && !tagged.isEmpty() && !request.name().equals(tagged)) {
            throw INVALID_ARGUMENT.because(
                    "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='"
                            + request.name() + "', mlflow.runName='" + tagged + "').");
        }
        String name = !request.name().isEmpty() ? request.name() : !tagged.isEmpty() ? tagged : RunNames.invent(ids);
        Map<String, String> tags = new LinkedHashMap<>();
        // MLflow checks neither names nor values here; the length of a key bounds our index entries.
        request.tags().forEach((key, value) -> tags.put(Names.limited("key", Names.KEY_LIMIT, key), value));
        tags.put(RUN_NAME_TAG, name);
        String id = ids.hex32();
        ExperimentService.may(Right.WRITE, experiment);
        return db.tx(sql -> {
            Experiment parent = experimentService.requireActive(sql, experiment);
            RunInfo info = new RunInfo(
                    0,
                    id,
                    experiment,
                    name,
                    request.userId(),
                    RunStatus.RUNNING,
                    request.startTimeMillis(),
                    OptionalLong.empty(),
                    false,
                    ArtifactLocations.under(parent.artifactLocation(), id, "artifacts"));
            RunInfo stored = withNo(info, runs.insert(sql, parent.workspace(), info));
            tags.forEach((key, value) -> runs.setTag(sql, stored.key(), key, value));
            ledger.append(
                    sql, "run.created", stored.urn(), Map.of("experiment", experiment, "name", name, "tags", tags));
            return new Run(stored, List.of(), Map.of(), tags, List.of(), List.of(), List.of());
        });
    }

    public Run get(String id) {
        return db.read(sql ->
                runs.withData(sql, List.of(require(sql, id, Right.READ))).getFirst());
    }

    public RunInfo info(String id) {
        return db.read(sql -> require(sql, id, Right.READ));
    }

    /// @param name empty to leave it
    public RunInfo update(String id, Optional<RunStatus> status, OptionalLong endTimeMillis, String name) {
        return db.tx(sql -> {
            RunInfo before = require(sql, id, Right.WRITE);
            if (before.deleted()) throw notActive(id);
            RunInfo after = new RunInfo(
                    before.no(),
                    id,
                    before.experiment(),
                    name.isEmpty() ? before.name() : name,
                    before.userId(),
                    status.orElse(before.status()),
                    before.startTimeMillis(),
                    endTimeMillis.isPresent() ? endTimeMillis : before.endTimeMillis(),
                    false,
                    before.artifactUri());
            runs.update(sql, after);
            if (!name.isEmpty()) runs.setTag(sql, after.key(), RUN_NAME_TAG, name);
            ledger.append(
                    sql,
                    "run.updated",
                    after.urn(),
                    Map.of("status", after.status().name(), "name", after.name()));
            return after;
        });
    }

    /// Into the trash; nothing when it is there.
    public void delete(String id) {
        db.tx(sql -> {
            RunInfo run = require(sql, id, Right.MANAGE);
            if (!run.deleted()) {
                runs.markDeleted(sql, run.no(), clock.millis());
                ledger.append(sql, "run.deleted", run.urn(), Map.of("name", run.name()));
            }
            return 0;
        });
    }

    /// Back from the trash; nothing when it is not there.
    public void restore(String id) {
        db.tx(sql -> {
            RunInfo run = require(sql, id, Right.MANAGE);
            if (run.deleted()) {
                runs.markActive(sql, run.no());
                ledger.append(sql, "run.restored", run.urn(), Map.of("name", run.name()));
            }
            return 0;
        });
    }

    public void setTag(String id, String key, String value) {
        checkTagKey("key", key);
        String kept = Names.cut(Names.RUN_TAG_LIMIT, value);
        db.tx(sql -> {
            RunKey run = requireActive(sql, id);
            writeTag(sql, run, key, kept);
            ledger.append(sql, "run.tag-set", run.urn(), Map.of("key", key, "value", kept));
            return 0;
        });
    }

    public void deleteTag(String id, String key) {
        db.tx(sql -> {
            RunKey run = requireActive(sql, id);
            if (!runs.deleteTag(sql, run.no(), key)) {
                throw NOT_FOUND.because("No tag with name: " + key + " in run with id " + id);
            }
            ledger.append(sql, "run.tag-deleted", run.urn(), Map.of("key", key));
            return 0;
        });
    }

    public void logParam(String id, String key, String value) {
        checkParamKey("key", key);
        String kept = Names.cut(Names.PARAM_LIMIT, value);
        RunKey logged = db.tx(sql -> {
            RunKey run = requireActive(sql, id);
            if (!runs.insertParam(sql, run, key, kept)) {
                String old = runs.param(sql, run.no(), key).orElse("");
                if (!old.equals(kept)) {
                    throw INVALID_ARGUMENT.because("Changing param values is not allowed. Param with key='" + key
                            + "' was already logged with value='" + old + "' for run ID='" + id
                            + "'. Attempted logging new value '" + kept + "'.");
                }
            }
            return run;
        });
        tell(logged);
    }

    /// @param model the logged model that the metric also belongs to
    public void logMetric(String id, MetricPoint point, Optional<LoggedModelMetric.Target> model) {
        checkMetric("", point);
        RunKey logged = db.tx(sql -> {
            RunKey run = requireActive(sql, id);
            model.ifPresent(target -> addToModel(sql, new LoggedModelMetric(point, id, target)));
            metrics.append(sql, run, List.of(point));
            return run;
        });
        tell(logged);
    }

    /// All of the batch or nothing.
    public void logBatch(String id, Batch batch) {
        List<MetricPoint> points = batch.metrics();
        for (int i = 0; i < points.size(); i++) checkMetric("metrics[" + i + "].", points.get(i));
        Map<String, String> params = new LinkedHashMap<>();
        List<String> twice = new ArrayList<>();
        for (int i = 0; i < batch.params().size(); i++) {
            Batch.Param param = batch.params().get(i);
            checkParamKey("params[" + i + "].key", param.key());
            if (params.put(param.key(), Names.cut(Names.PARAM_LIMIT, param.value())) != null)
                twice.add(Names.quote(param.key()));
        }
        int index = 0;
        Map<String, String> tags = new LinkedHashMap<>();
        for (var tag : batch.tags().entrySet()) {
            tags.put(
                    checkTagKey("tags[" + index++ + "].key", tag.getKey()),
                    Names.cut(Names.RUN_TAG_LIMIT, tag.getValue()));
        }
        if (!twice.isEmpty()) {
            throw INVALID_ARGUMENT.because("Duplicate parameter keys have been submitted: [" + String.join(", ", twice)
                    + "]. Please ensure the request contains only one param value per param key.");
        }
        RunKey logged = db.tx(sql -> {
            RunKey run = requireActive(sql, id);
            writeParams(sql, run, params);
            metrics.append(sql, run, points);
            batch.modelMetrics().forEach(metric -> addToModel(sql, metric));
            tags.forEach((key, value) -> writeTag(sql, run, key, value));
            if (!tags.isEmpty()) ledger.append(sql, "run.tags-set", run.urn(), Map.of("tags", tags));
            return run;
        });
        tell(logged);
    }

    private void tell(RunKey run) {
        listener.logged(ExperimentService.workspace(), run.experiment(), run.id());
    }

    private void addToModel(Sql sql, LoggedModelMetric metric) {
        String model = metric.target().modelId();
        long experiment = models.experimentOf(sql, ExperimentService.workspace(), model)
                .orElseThrow(() -> LoggedModelService.unknown(model));
        RequestContext.current().require(Right.WRITE, "logged-model:" + model, "experiment:" + experiment);
        models.addMetric(sql, metric);
    }

    private void writeParams(Sql sql, RunKey run, Map<String, String> params) {
        List<String> changed = new ArrayList<>();
        params.forEach((key, value) -> {
            if (runs.insertParam(sql, run, key, value)) return;
            String old = runs.param(sql, run.no(), key).orElse("");
            if (!old.equals(value)) {
                changed.add("{'key': " + Names.quote(key) + ", 'old_value': " + Names.quote(old) + ", 'new_value': "
                        + Names.quote(value) + "}");
            }
        });
        if (!changed.isEmpty()) {
            throw INVALID_ARGUMENT.because("Changing param values is not allowed. Params were already logged='["
                    + String.join(", ", changed) + "]' for run ID='" + run.id() + "'.");
        }
    }

    private void writeTag(Sql sql, RunKey run, String key, String value) {
        boolean isName = key.equals(RUN_NAME_TAG);
        if (isName && value.isEmpty()) return; // A run never loses its name.
        runs.setTag(sql, run, key, value);
        if (isName) runs.rename(sql, run.no(), value);
    }

    /// Links datasets and logged models that the run read. A dataset linked before stays as it is.
    public void logInputs(String id, List<DatasetInput> datasets, List<String> modelIds) {
        db.tx(sql -> {
            RunKey run = requireActive(sql, id);
            Set<String> seen = new HashSet<>();
            for (DatasetInput dataset : datasets) {
                if (!seen.add(dataset.name() + "\n" + dataset.digest())) continue;
                long datasetId = runs.dataset(sql, run.experiment(), dataset);
                if (runs.linkDataset(sql, run.no(), datasetId)) {
                    dataset.tags().forEach((key, value) -> runs.setDatasetTag(sql, run.no(), datasetId, key, value));
                }
            }
            for (String model : modelIds) runs.linkModel(sql, run.no(), model, false, 0);
            ledger.append(
                    sql,
                    "run.inputs-logged",
                    run.urn(),
                    Map.of(
                            "datasets",
                            datasets.stream()
                                    .map(d -> Map.of("name", d.name(), "digest", d.digest()))
                                    .toList(),
                            "models",
                            modelIds));
            return 0;
        });
    }

    public void logOutputs(String id, List<Run.ModelOutput> outputs) {
        db.tx(sql -> {
            RunKey run = requireActive(sql, id);
            for (Run.ModelOutput output : outputs) runs.linkModel(sql, run.no(), output.modelId(), true, output.step());
            ledger.append(
                    sql,
                    "run.outputs-logged",
                    run.urn(),
                    Map.of(
                            "models",
                            outputs.stream().map(Run.ModelOutput::modelId).toList()));
            return 0;
        });
    }

    /// Replaces one tag by what a function makes of its old value, in one transaction.
    void editTag(String id, String key, java.util.function.Function<Optional<String>, String> edit) {
        db.tx(sql -> {
            RunKey run = requireActive(sql, id);
            runs.setTag(sql, run, key, edit.apply(runs.tag(sql, run.no(), key)));
            ledger.append(sql, "run.tag-set", run.urn(), Map.of("key", key));
            return 0;
        });
    }

    /// One page of the runs that a filter lets pass; [#withData] reads what they hold.
    public Page<RunInfo> find(
            List<Long> experiments,
            String filter,
            List<String> orderBy,
            ViewType view,
            int maxResults,
            Optional<String> pageToken) {
        ExperimentService.checkPageSize(maxResults);
        Readable readable = Readable.of("run");
        List<Long> asked = readable.in(experiments);
        RunSearch search = new RunSearch(ExperimentService.workspace(), asked, filter, orderBy, view, readable);
        if (asked.isEmpty()) return Page.last(List.of());
        return db.read(sql -> search.page(sql, maxResults, pageToken));
    }

    /// The experiments of those of the runs that are there, whoever asks, by the runs' ids.
    public Map<String, Long> experimentsOf(Collection<String> ids) {
        return ids.isEmpty() ? Map.of() : db.read(sql -> runs.experimentsOf(sql, ids));
    }

    public List<Run> withData(List<RunInfo> found) {
        return db.read(sql -> runs.withData(sql, found));
    }

    List<RunStore.DatasetSummary> searchDatasets(List<Long> experiments) {
        Visible visible = RequestContext.current().readable("experiment");
        List<Long> readable = experiments.stream()
                .filter(id -> visible.shows(String.valueOf(id)))
                .toList();
        if (readable.isEmpty()) return List.of();
        return db.read(sql -> runs.searchDatasets(sql, ExperimentService.workspace(), readable, 1000));
    }

    /// One page of a metric's history; an unknown run or key has none.
    MetricHistoryPage history(String id, String key, long limit, Optional<String> pageToken) {
        MetricStore.After after = pageToken.map(MetricHistoryPage::parseToken).orElse(null);
        return db.read(sql -> {
            Optional<Long> series = runs.find(sql, ExperimentService.workspace(), id)
                    .map(run -> may(Right.READ, run))
                    .flatMap(run -> metrics.series(sql, run.no(), key));
            if (series.isEmpty()) return MetricHistoryPage.EMPTY;
            return MetricHistoryPage.of(metrics.history(sql, series.get(), after, limit + 1), limit);
        });
    }

    /// The sampled history of one run.
    record Sample(String runId, MetricStore.History points) {}

    /// For each run, all points or at most `most` spread evenly over those in the range of steps. Unknown
    /// runs have none, nor have those that may not be read.
    List<Sample> sample(List<String> runIds, String key, long fromStep, long toStep, int most) {
        return db.read(sql -> {
            Map<String, RunInfo> found = new HashMap<>();
            for (String id : runIds)
                runs.find(sql, ExperimentService.workspace(), id)
                        .filter(RunService::isReadable)
                        .ifPresent(run -> found.put(id, run));
            Map<Long, Long> series = metrics.seriesOf(
                    sql, found.values().stream().map(RunInfo::no).toList(), key);
            List<Sample> sampled = new ArrayList<>();
            for (String id : runIds) {
                RunInfo run = found.get(id);
                Long one = run == null ? null : series.get(run.no());
                if (one != null) sampled.add(new Sample(id, metrics.sample(sql, one, fromStep, toStep, most)));
            }
            return sampled;
        });
    }

    private RunInfo require(Sql sql, String id, Right right) {
        return may(right, runs.find(sql, ExperimentService.workspace(), id).orElseThrow(() -> unknown(id)));
    }

    private static RunInfo may(Right right, RunInfo run) {
        RequestContext.current().require(right, run.urn(), "experiment:" + run.experiment());
        return run;
    }

    static boolean isReadable(RunInfo run) {
        return RequestContext.current().allows(Right.READ, run.urn(), "experiment:" + run.experiment());
    }

    private RunKey requireActive(Sql sql, String id) {
        RunStore.Target target =
                runs.target(sql, ExperimentService.workspace(), id).orElseThrow(() -> unknown(id));
        RunKey run = target.key();
        RequestContext.current().require(Right.WRITE, run.urn(), "experiment:" + run.experiment());
        if (!target.active()) throw notActive(id);
        return run;
    }

    private static Failure unknown(String id) {
        return NOT_FOUND.because("Run with id=" + id + " not found");
    }

    private static Failure notActive(String id) {
        return INVALID_ARGUMENT.because("The run " + id + " must be in the 'active' state. Current state is deleted.");
    }

    private static RunInfo withNo(RunInfo run, long no) {
        return new RunInfo(
                no,
                run.id(),
                run.experiment(),
                run.name(),
                run.userId(),
                run.status(),
                run.startTimeMillis(),
                run.endTimeMillis(),
                run.deleted(),
                run.artifactUri());
    }

    private static String checkTagKey(String path, String key) {
        return Names.limited(path, Names.KEY_LIMIT, Names.key(path, key));
    }

    private static String checkParamKey(String path, String key) {
        return Names.limited("Param key", Names.KEY_LIMIT, Names.key(path, key));
    }

    private static void checkMetric(String path, MetricPoint point) {
        Names.key(path + "name", point.key());
        if (point.timestampMillis() < 0) {
            throw INVALID_ARGUMENT.because("Invalid value " + point.timestampMillis() + " for parameter '" + path
                    + "timestamp' supplied: metric '" + point.key() + "' (value=" + point.value()
                    + "). Timestamp must be a nonnegative long (64-bit integer) ");
        }
        Names.limited("Metric name", Names.KEY_LIMIT, point.key());
    }
}
