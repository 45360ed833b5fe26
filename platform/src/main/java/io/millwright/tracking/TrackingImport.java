package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.CONFLICT;

import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Takes experiments, runs and logged models that were made elsewhere, with their ids.
///
/// Every write may be repeated: what is there already stays or is brought up to date. A run with few metric points is
/// one transaction; a larger one is several, carries the tag [#UNFINISHED_TAG] until the last of them, and counts as
/// imported only then.
public final class TrackingImport {
    /// On a run whose metric history is not complete yet.
    public static final String UNFINISHED_TAG = "millwright.import.unfinished";

    private static final int POINTS_IN_ONE_TRANSACTION = 20_000;
    private static final String EXPERIMENT = "experiment";
    private static final String RUN = "run";
    private static final String LOGGED_MODEL = "logged-model";

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final ImportStore imports = new ImportStore();
    private final ExperimentStore experiments = new ExperimentStore();
    private final RunStore runs = new RunStore();
    private final MetricStore metrics = new MetricStore();
    private final LoggedModelStore models = new LoggedModelStore();
    private final TrashStore trash = new TrashStore();
    private final TrashArtifactStore purgedPlaces = new TrashArtifactStore();

    public TrackingImport(Db db, Ledger ledger, Clock clock) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
    }

    /// What an earlier import left.
    ///
    /// @param localId the id here
    /// @param fingerprint of the thing as the source had it
    /// @param finished false when the import was cut off in the middle of it
    /// @param withArtifacts whether its artifacts were copied too, or need no copy
    public record Earlier(String localId, String fingerprint, boolean finished, boolean withArtifacts) {}

    /// Where an experiment of a source has its place here.
    public record Placed(long id, String artifactLocation, Placement how) {}

    /// How an experiment found its place.
    public enum Placement {
        /// New here, under the id it had.
        SAME_ID,
        /// New here; its id belongs to another experiment, so it took a new one.
        NEW_ID,
        /// An experiment of this name is here: its runs join that one.
        MERGED,
        /// Placed by an earlier import of the same source.
        KNOWN
    }

    /// Pushes all points of a run's metric history, in any order.
    @FunctionalInterface
    public interface History {
        void forEach(Consumer<MetricPoint> sink) throws IOException;
    }

    /// A run as it is to stand here.
    ///
    /// @param run with the ids of the source, but for [Placed#id] as its experiment; its latest metrics are not
    ///     read
    /// @param withArtifacts see [Earlier]
    public record IncomingRun(String source, Run run, String fingerprint, boolean withArtifacts) {}

    public Optional<Earlier> earlierRun(String source, String id) {
        return db.read(sql -> imports.find(sql, source, RUN, id));
    }

    public Optional<Earlier> earlierLoggedModel(String source, String id) {
        return db.read(sql -> imports.find(sql, source, LOGGED_MODEL, id));
    }

    /// Finds or makes the experiment's place. Names are unique here, so an experiment joins the one that has its name;
    /// its id is kept when it is free.
    ///
    /// @param e its artifact location is empty for this server's own store
    public Placed placeExperiment(String source, Experiment e) {
        String workspace = ExperimentService.workspace();
        Instant created = e.createdAt().equals(Instant.EPOCH) ? clock.instant() : e.createdAt();
        Instant updated = e.updatedAt().equals(Instant.EPOCH) ? created : e.updatedAt();
        return db.tx(sql -> {
            Optional<Placed> placed = imports.find(sql, source, EXPERIMENT, String.valueOf(e.id()))
                    .flatMap(earlier -> experiments.find(sql, workspace, Long.parseLong(earlier.localId())))
                    .map(known -> new Placed(known.id(), known.artifactLocation(), Placement.KNOWN));
            if (placed.isPresent()) {
                // A tag may have come since. One that is here stays: somebody may have changed it here.
                e.tags()
                        .forEach((key, value) -> imports.setExperimentTagIfAbsent(
                                sql, placed.get().id(), key, value));
                return placed.get();
            }
            Placed made = experiments
                    .findByName(sql, workspace, e.name())
                    .map(same -> new Placed(same.id(), same.artifactLocation(), Placement.MERGED))
                    .orElseGet(() -> insert(
                            sql,
                            new Experiment(
                                    e.id(),
                                    workspace,
                                    e.name(),
                                    e.artifactLocation(),
                                    e.deleted(),
                                    created,
                                    updated,
                                    e.tags())));
            e.tags().forEach((key, value) -> imports.setExperimentTagIfAbsent(sql, made.id(), key, value));
            imports.remember(
                    sql,
                    source,
                    EXPERIMENT,
                    String.valueOf(e.id()),
                    new Earlier(String.valueOf(made.id()), "", true, true),
                    clock.millis());
            ledger.append(
                    sql,
                    "experiment.imported",
                    "experiment:" + made.id(),
                    Map.of(
                            "name",
                            e.name(),
                            "source",
                            source,
                            "source_id",
                            e.id(),
                            "how",
                            made.how().name()));
            return made;
        });
    }

    private Placed insert(Sql sql, Experiment e) {
        boolean free = !imports.isExperimentIdTaken(sql, e.id());
        long id = free ? e.id() : experiments.insert(sql, e.workspace(), e.name(), e.createdAt());
        String own = ArtifactLocations.OWN_ROOT + "/" + id;
        String location = e.artifactLocation().isEmpty() ? own : e.artifactLocation();
        if (free) {
            imports.insertExperiment(
                    sql,
                    new Experiment(
                            id, e.workspace(), e.name(), location, false, e.createdAt(), e.updatedAt(), Map.of()));
        } else {
            experiments.setLocation(sql, id, location);
        }
        imports.dateExperiment(sql, id, e, clock.millis());
        return new Placed(id, location, free ? Placement.SAME_ID : Placement.NEW_ID);
    }

    /// Where this server keeps the artifacts of a run of the source, as clients spell it.
    public String artifactUriOfRun(Placed experiment, String runId) {
        Optional<String> here = db.read(sql -> runs.find(sql, ExperimentService.workspace(), runId))
                .map(RunInfo::artifactUri)
                .filter(uri -> ArtifactLocations.ownPath(uri).isPresent());
        return here.orElseGet(
                () -> reclaimed(runId, ArtifactLocations.under(ownLocation(experiment), runId, "artifacts")));
    }

    /// Where this server keeps the artifacts of a logged model of the source, as clients spell it.
    public String artifactUriOfLoggedModel(Placed experiment, String modelId) {
        Optional<String> here = db.read(sql -> models.find(sql, ExperimentService.workspace(), modelId))
                .map(LoggedModel::artifactUri)
                .filter(uri -> ArtifactLocations.ownPath(uri).isPresent());
        return here.orElseGet(() ->
                reclaimed(modelId, ArtifactLocations.under(ownLocation(experiment), "models", modelId, "artifacts")));
    }

    /// What has this id may have been purged here before; from now on its place is not swept.
    private String reclaimed(String id, String artifactUri) {
        db.tx(sql -> {
            if (trash.isBeingPurged(sql, id)) {
                throw CONFLICT.because("%s is being removed for good here. Import again when that is done.", id);
            }
            keepPlace(sql, artifactUri);
            return artifactUri;
        });
        return artifactUri;
    }

    private void keepPlace(Sql sql, String artifactUri) {
        pathInOwnStore(artifactUri).ifPresent(path -> purgedPlaces.forget(sql, ExperimentService.workspace(), path));
    }

    private static String ownLocation(Placed experiment) {
        String location = experiment.artifactLocation();
        return ArtifactLocations.ownPath(location).isPresent()
                ? location
                : ArtifactLocations.OWN_ROOT + "/" + experiment.id();
    }

    /// The path inside this server's own artifact store, or empty when the URI leads elsewhere.
    public static Optional<String> pathInOwnStore(String artifactUri) {
        return ArtifactLocations.ownPath(artifactUri);
    }

    /// Writes one run with everything logged to it.
    ///
    /// @throws IOException what the history threw; then the run is unfinished, or not there at all
    public void writeRun(IncomingRun run, History history) throws IOException {
        RunWriting writing = new RunWriting(run);
        history.forEach(writing::add);
        writing.finish();
    }

    /// One run on its way in.
    private final class RunWriting {
        private final IncomingRun incoming;
        private final List<MetricPoint> waiting = new ArrayList<>();
        private boolean begun;
        private long points;

        RunWriting(IncomingRun incoming) {
            this.incoming = incoming;
        }

        void add(MetricPoint point) {
            if (waiting.size() == POINTS_IN_ONE_TRANSACTION) write(false);
            waiting.add(point);
            points++;
        }

        void finish() {
            write(true);
        }

        private void write(boolean last) {
            boolean first = !begun;
            db.tx(sql -> {
                RunInfo run = first ? begin(sql, last) : require(sql);
                metrics.append(sql, run.key(), waiting);
                if (last) {
                    if (!first) runs.deleteTag(sql, run.no(), UNFINISHED_TAG);
                    remember(sql, true);
                    ledger.append(
                            sql,
                            "run.imported",
                            run.urn(),
                            Map.of(
                                    "experiment",
                                    run.experiment(),
                                    "name",
                                    run.name(),
                                    "source",
                                    incoming.source(),
                                    "points",
                                    points));
                }
                return 0;
            });
            begun = true;
            waiting.clear();
        }

        private RunInfo begin(Sql sql, boolean isAll) {
            Run given = incoming.run();
            RunInfo run = imports.upsertRun(sql, ExperimentService.workspace(), given.info(), clock.millis())
                    .orElseThrow(() -> CONFLICT.because(
                            "Run %s belongs to another workspace here.",
                            given.info().id()));
            keepPlace(sql, run.artifactUri());
            given.params().forEach((key, value) -> imports.setParam(sql, run, key, value));
            given.tags().forEach((key, value) -> runs.setTag(sql, run.key(), key, value));
            if (!run.name().isEmpty()) runs.setTag(sql, run.key(), RunService.RUN_NAME_TAG, run.name());
            for (DatasetInput dataset : given.datasets()) {
                long id = runs.dataset(sql, run.experiment(), dataset);
                runs.linkDataset(sql, run.no(), id);
                dataset.tags().forEach((key, value) -> runs.setDatasetTag(sql, run.no(), id, key, value));
            }
            given.modelInputs().forEach(model -> imports.linkModelOnce(sql, run.no(), model, false, 0));
            given.modelOutputs().forEach(out -> imports.linkModelOnce(sql, run.no(), out.modelId(), true, out.step()));
            // A run that an earlier import left unfinished still carries the tag.
            if (isAll) runs.deleteTag(sql, run.no(), UNFINISHED_TAG);
            else runs.setTag(sql, run.key(), UNFINISHED_TAG, incoming.source());
            if (!isAll) remember(sql, false);
            return run;
        }

        private RunInfo require(Sql sql) {
            String id = incoming.run().info().id();
            return runs.find(sql, ExperimentService.workspace(), id)
                    .orElseThrow(() -> CONFLICT.because("Run %s was removed while it was being imported.", id));
        }

        private void remember(Sql sql, boolean finished) {
            String id = incoming.run().info().id();
            Earlier state = new Earlier(id, incoming.fingerprint(), finished, finished && incoming.withArtifacts());
            imports.remember(sql, incoming.source(), RUN, id, state, clock.millis());
        }
    }

    /// Writes one logged model with everything logged to it.
    ///
    /// @param model with the ids of the source, but for [Placed#id] as its experiment
    /// @param withArtifacts see [Earlier]
    public void writeLoggedModel(String source, LoggedModel model, String fingerprint, boolean withArtifacts) {
        db.tx(sql -> {
            if (!imports.upsertModel(sql, ExperimentService.workspace(), model)) {
                throw CONFLICT.because("Logged model %s belongs to another workspace here.", model.id());
            }
            keepPlace(sql, model.artifactUri());
            model.params().forEach((key, value) -> models.setParam(sql, model.id(), key, value));
            model.tags().forEach((key, value) -> models.setTag(sql, model.id(), key, value));
            model.metrics().forEach(metric -> models.addMetric(sql, metric));
            Earlier state = new Earlier(model.id(), fingerprint, true, withArtifacts);
            imports.remember(sql, source, LOGGED_MODEL, model.id(), state, clock.millis());
            ledger.append(
                    sql,
                    "logged-model.imported",
                    model.urn(),
                    Map.of("experiment", model.experiment(), "name", model.name(), "source", source));
            return 0;
        });
    }
}
