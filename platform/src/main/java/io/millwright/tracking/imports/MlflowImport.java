package io.millwright.tracking.imports;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.ArtifactService;
import io.millwright.tracking.Experiment;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunInfo;
import io.millwright.tracking.TrackingImport;
import io.millwright.tracking.TrackingImport.Earlier;
import io.millwright.tracking.TrackingImport.Placed;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Copies everything of an MLflow installation that has a place here.
///
/// A run's artifacts are copied before the run itself is written, so a run that is here is complete. Stopped at any
/// point, another import goes on: what is finished and unchanged at the source is left alone.
public final class MlflowImport {
    private static final Logger log = LoggerFactory.getLogger(MlflowImport.class);
    private static final int AT_ONCE = 6;
    private static final int TRIES_FOR_A_FILE = 3;
    /// That many runs that fail one after the other mean that the source, or this side, is gone.
    private static final int FAILURES_IN_A_ROW = 20;

    /// How to import.
    ///
    /// @param artifacts whether to copy artifacts
    /// @param again whether to write also what is finished and unchanged
    public record Options(boolean artifacts, boolean again) {}

    private final MlflowSource source;
    private final TrackingImport tracking;
    private final ArtifactService artifacts;
    private final Options options;
    private final ImportCounts counts;
    private final ImportNotes notes;

    private final Semaphore places = new Semaphore(AT_ONCE);
    private final AtomicInteger failedInARow = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> fatal = new AtomicReference<>();

    public MlflowImport(
            MlflowSource source,
            TrackingImport tracking,
            ArtifactService artifacts,
            Options options,
            ImportCounts counts,
            ImportNotes notes) {
        this.source = source;
        this.tracking = tracking;
        this.artifacts = artifacts;
        this.options = options;
        this.counts = counts;
        this.notes = notes;
    }

    /// Imports all there is.
    ///
    /// @throws IOException when the source stopped answering; what is here by then is whole
    public void run() throws IOException {
        RequestContext context = RequestContext.current();
        List<Experiment> experiments = source.experiments();
        try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Experiment experiment : experiments) {
                Placed placed = place(experiment);
                source.loggedModels(experiment, model -> submit(workers, context, () -> importModel(placed, model)));
                source.runs(experiment, run -> submit(workers, context, () -> importRun(placed, run)));
            }
        }
        throwFatal();
        source.noteLeftOut(experiments);
    }

    private Placed place(Experiment experiment) {
        Placed placed = tracking.placeExperiment(source.identity(), experiment);
        switch (placed.how()) {
            case SAME_ID -> counts.add(ImportCounts.Of.EXPERIMENTS_NEW, 1);
            case KNOWN -> counts.add(ImportCounts.Of.EXPERIMENTS_KNOWN, 1);
            case NEW_ID -> {
                counts.add(ImportCounts.Of.EXPERIMENTS_NEW, 1);
                notes.changed(
                        "experiments with a new id, because another experiment has theirs",
                        "'%s' had %d and has %d".formatted(experiment.name(), experiment.id(), placed.id()));
            }
            case MERGED -> {
                counts.add(ImportCounts.Of.EXPERIMENTS_MERGED, 1);
                // Every server has its own Default: that they are one now is no news.
                if (placed.id() == experiment.id()) break;
                notes.changed(
                        "experiments that joined the one of the same name",
                        "'%s' had %d and is now %d".formatted(experiment.name(), experiment.id(), placed.id()));
            }
        }
        if (!experiment.artifactLocation().isEmpty()) {
            notes.changed("experiments whose artifacts stay where they are", experiment.artifactLocation());
        }
        return placed;
    }

    @FunctionalInterface
    private interface Task {
        void run() throws IOException;
    }

    /// Waits for a free place, so that no more than a few things are in memory, then works on the side.
    private void submit(ExecutorService workers, RequestContext context, Task task) throws IOException {
        throwFatal();
        try {
            places.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        workers.execute(() -> {
            try {
                context.call(() -> {
                    task.run();
                    return 0;
                });
            } catch (IOException | RuntimeException | Error e) {
                fatal.compareAndSet(null, e);
            } finally {
                places.release();
            }
        });
    }

    private void throwFatal() throws IOException {
        switch (fatal.get()) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    private void importRun(Placed placed, SourceRun found) throws IOException {
        try {
            writeRun(placed, found);
            failedInARow.set(0);
        } catch (IOException | Failure e) {
            counts.add(ImportCounts.Of.RUNS_FAILED, 1);
            failed("run", found.id(), e);
        }
    }

    private void importModel(Placed placed, LoggedModel model) throws IOException {
        try {
            writeModel(placed, model);
            failedInARow.set(0);
        } catch (IOException | Failure e) {
            counts.add(ImportCounts.Of.LOGGED_MODELS_FAILED, 1);
            failed("logged model", model.id(), e);
        }
    }

    private void failed(String what, String id, Exception e) throws IOException {
        log.debug("{} {}", what, id, e);
        notes.failed(what + " that could not be imported", id + ": " + e.getMessage());
        if (failedInARow.incrementAndGet() < FAILURES_IN_A_ROW) return;
        throw new IOException(
                "%d runs failed one after the other; the last: %s".formatted(FAILURES_IN_A_ROW, e.getMessage()), e);
    }

    private void writeRun(Placed placed, SourceRun found) throws IOException {
        String fingerprint = Fingerprint.of(found);
        Optional<Earlier> earlier = tracking.earlierRun(source.identity(), found.id());
        if (isDone(earlier, fingerprint)) {
            counts.add(ImportCounts.Of.RUNS_UNCHANGED, 1);
            return;
        }
        Copied copied =
                copy(source.artifacts(found), tracking.artifactUriOfRun(placed, found.id()), "run " + found.id());
        if (copied.files == 0 && !copied.complete && isSame(earlier, fingerprint)) {
            counts.add(ImportCounts.Of.RUNS_UNCHANGED, 1); // Its artifacts are still not to be had.
            return;
        }
        Run run = source.whole(found);
        RunInfo info = run.info();
        Run here = new Run(
                new RunInfo(
                        0,
                        info.id(),
                        placed.id(),
                        info.name(),
                        info.userId(),
                        info.status(),
                        info.startTimeMillis(),
                        info.endTimeMillis(),
                        info.deleted(),
                        copied.uri),
                List.of(),
                run.params(),
                run.tags(),
                run.datasets(),
                run.modelInputs(),
                run.modelOutputs());
        long[] points = {0};
        try {
            tracking.writeRun(
                    new TrackingImport.IncomingRun(source.identity(), here, fingerprint, copied.complete),
                    sink -> source.history(found, point -> {
                        counts.add(ImportCounts.Of.METRIC_POINTS, 1);
                        points[0]++;
                        sink.accept(point);
                    }));
        } catch (IOException | RuntimeException e) {
            counts.add(ImportCounts.Of.METRIC_POINTS, -points[0]);
            throw e;
        }
        boolean isNew = earlier.isEmpty() || !earlier.get().finished();
        counts.add(isNew ? ImportCounts.Of.RUNS_NEW : ImportCounts.Of.RUNS_UPDATED, 1);
        counts.add(ImportCounts.Of.PARAMS, run.params().size());
        counts.add(ImportCounts.Of.TAGS, run.tags().size());
        counts.add(ImportCounts.Of.DATASET_INPUTS, run.datasets().size());
    }

    private void writeModel(Placed placed, LoggedModel model) throws IOException {
        String fingerprint = Fingerprint.of(model);
        Optional<Earlier> earlier = tracking.earlierLoggedModel(source.identity(), model.id());
        if (isDone(earlier, fingerprint)) {
            counts.add(ImportCounts.Of.LOGGED_MODELS_UNCHANGED, 1);
            return;
        }
        Copied copied = copy(
                source.artifacts(model),
                tracking.artifactUriOfLoggedModel(placed, model.id()),
                "logged model " + model.id());
        if (copied.files == 0 && !copied.complete && isSame(earlier, fingerprint)) {
            counts.add(ImportCounts.Of.LOGGED_MODELS_UNCHANGED, 1);
            return;
        }
        LoggedModel here = new LoggedModel(
                model.id(),
                placed.id(),
                model.name(),
                model.modelType(),
                model.sourceRun(),
                model.status(),
                model.statusMessage(),
                copied.uri,
                model.createdAt(),
                model.updatedAt(),
                model.deleted(),
                model.tags(),
                model.params(),
                model.metrics());
        tracking.writeLoggedModel(source.identity(), here, fingerprint, copied.complete);
        counts.add(earlier.isEmpty() ? ImportCounts.Of.LOGGED_MODELS_NEW : ImportCounts.Of.LOGGED_MODELS_UPDATED, 1);
    }

    private boolean isDone(Optional<Earlier> earlier, String fingerprint) {
        return isSame(earlier, fingerprint) && (earlier.orElseThrow().withArtifacts() || !options.artifacts());
    }

    private boolean isSame(Optional<Earlier> earlier, String fingerprint) {
        return !options.again()
                && earlier.filter(e -> e.finished() && e.fingerprint().equals(fingerprint))
                        .isPresent();
    }

    /// @param uri where the artifacts are to be looked for from now on
    /// @param complete whether there is nothing left to copy
    private record Copied(String uri, boolean complete, long files) {}

    private Copied copy(SourceArtifacts found, String ownUri, String owner) throws IOException {
        return switch (found) {
            case SourceArtifacts.Remote(String uri) -> {
                notes.changed("runs and logged models whose artifacts stay where they are", owner + ": " + uri);
                yield new Copied(uri, true, 0);
            }
            case SourceArtifacts.Unreadable(String why) -> {
                if (options.artifacts()) notes.failed("artifacts that could not be read", owner + ": " + why);
                yield new Copied(ownUri, false, 0);
            }
            case SourceArtifacts.Folder files ->
                options.artifacts() ? copyFiles(files, ownUri) : new Copied(ownUri, false, 0);
        };
    }

    private Copied copyFiles(SourceArtifacts.Folder folder, String ownUri) throws IOException {
        String target = TrackingImport.pathInOwnStore(ownUri).orElseThrow();
        long[] copied = {0};
        folder.forEach((path, content) -> {
            try {
                long bytes = copyFile(target + "/" + path, content);
                counts.add(ImportCounts.Of.ARTIFACT_FILES, 1);
                counts.add(ImportCounts.Of.ARTIFACT_BYTES, bytes);
                copied[0]++;
            } catch (Failure e) {
                // What is wrong with this one file will be wrong next time too; all else ends the run's import.
                if (e.code() != INVALID_ARGUMENT && e.code() != TOO_LARGE) throw e;
                notes.leftOut(
                        "artifacts that this server's store refuses", target + "/" + path + ": " + e.getMessage());
            }
        });
        return new Copied(ownUri, true, copied[0]);
    }

    private long copyFile(String target, SourceArtifacts.Content content) throws IOException {
        for (int tried = 1; ; tried++) {
            try (CountedStream in = new CountedStream(content.open())) {
                artifacts.store(target, in, content.length());
                return in.bytes;
            } catch (IOException e) {
                if (tried == TRIES_FOR_A_FILE) throw e;
            }
        }
    }

    private static final class CountedStream extends FilterInputStream {
        private long bytes;

        CountedStream(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int one = super.read();
            if (one >= 0) bytes++;
            return one;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            if (n > 0) bytes += n;
            return n;
        }
    }
}
