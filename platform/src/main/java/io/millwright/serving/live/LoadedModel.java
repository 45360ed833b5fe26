package io.millwright.serving.live;

import io.millwright.runtime.folder.Signature;
import io.millwright.serving.predict.ClosedPredictor;
import io.millwright.serving.predict.Predictor;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/// A version of a model that is ready to answer, held by the requests it is answering.
///
/// @implNote `holders` counts the requests and the endpoints that hold it; the last one to let go
/// closes it.
public final class LoadedModel {
    private final String model;
    private final String version;
    private final long fileBytes;

    /// A [ClosedPredictor] when nobody holds it any more.
    private volatile Predictor predictor;

    private final Signature signature;
    private final String reader;
    private final InputExample.Trial trial;
    private final Instant loadedAt;
    private final AtomicInteger holders = new AtomicInteger(1);

    LoadedModel(
            String model,
            String version,
            Predictor predictor,
            Signature signature,
            String reader,
            InputExample.Trial trial,
            Instant loadedAt,
            long fileBytes) {
        this.model = model;
        this.version = version;
        this.predictor = predictor;
        this.signature = signature;
        this.reader = reader;
        this.trial = trial;
        this.loadedAt = loadedAt;
        this.fileBytes = fileBytes;
    }

    public String model() {
        return model;
    }

    /// Its number.
    public String version() {
        return version;
    }

    public Predictor predictor() {
        return predictor;
    }

    /// What its author declared it takes.
    public Signature signature() {
        return signature;
    }

    /// What read it: `XGBoost`, `export` …
    public String reader() {
        return reader;
    }

    /// Whether it was tried on its input example: `none` when it has none, `answered`, or `compared` with what was
    /// recorded.
    public String trial() {
        return trial.name().toLowerCase(Locale.ROOT);
    }

    public Instant loadedAt() {
        return loadedAt;
    }

    /// @return false when it is gone already
    boolean hold() {
        int now = holders.get();
        while (now > 0) {
            if (holders.compareAndSet(now, now + 1)) return true;
            now = holders.get();
        }
        return false;
    }

    void letGo() {
        if (holders.decrementAndGet() > 0) return;
        Predictor closing = predictor;
        predictor = new ClosedPredictor(closing);
        closing.close();
    }

    /// About what it takes of the machine's memory.
    long memoryBytes() {
        return Math.max(fileBytes, predictor.memoryBytes());
    }
}
