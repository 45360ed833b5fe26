package io.millwright.tracking.imports;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// What an import has done so far; read while it runs.
public final class ImportCounts {
    /// What is counted.
    public enum Of {
        EXPERIMENTS_NEW("experiments.new"),
        EXPERIMENTS_MERGED("experiments.merged"),
        EXPERIMENTS_KNOWN("experiments.known"),
        RUNS_NEW("runs.new"),
        RUNS_UPDATED("runs.updated"),
        RUNS_UNCHANGED("runs.unchanged"),
        RUNS_FAILED("runs.failed"),
        LOGGED_MODELS_NEW("logged-models.new"),
        LOGGED_MODELS_UPDATED("logged-models.updated"),
        LOGGED_MODELS_UNCHANGED("logged-models.unchanged"),
        LOGGED_MODELS_FAILED("logged-models.failed"),
        REGISTERED_MODELS_NEW("registered-models.new"),
        REGISTERED_MODELS_KNOWN("registered-models.known"),
        REGISTERED_MODELS_FAILED("registered-models.failed"),
        MODEL_VERSIONS_NEW("model-versions.new"),
        MODEL_VERSIONS_UPDATED("model-versions.updated"),
        MODEL_VERSIONS_UNCHANGED("model-versions.unchanged"),
        MODEL_VERSIONS_FAILED("model-versions.failed"),
        MODEL_ALIASES("model-aliases"),
        WEBHOOKS_NEW("webhooks.new"),
        WEBHOOKS_KNOWN("webhooks.known"),
        WEBHOOKS_FAILED("webhooks.failed"),
        METRIC_POINTS("metric-points"),
        PARAMS("params"),
        TAGS("tags"),
        DATASET_INPUTS("dataset-inputs"),
        ARTIFACT_FILES("artifact-files"),
        ARTIFACT_BYTES("artifact-bytes");

        private final String title;

        Of(String title) {
            this.title = title;
        }

        /// As the report names it.
        public String title() {
            return title;
        }
    }

    private final Map<Of, LongAdder> counts = new EnumMap<>(Of.class);

    public ImportCounts() {
        for (Of what : Of.values()) counts.put(what, new LongAdder());
    }

    public void add(Of what, long n) {
        of(what).add(n);
    }

    public long get(Of what) {
        return of(what).sum();
    }

    /// Runs that are dealt with, one way or another.
    public long runs() {
        return get(Of.RUNS_NEW) + get(Of.RUNS_UPDATED) + get(Of.RUNS_UNCHANGED) + get(Of.RUNS_FAILED);
    }

    private LongAdder of(Of what) {
        LongAdder adder = counts.get(what);
        if (adder == null) throw new IllegalStateException("not counted: " + what);
        return adder;
    }
}
