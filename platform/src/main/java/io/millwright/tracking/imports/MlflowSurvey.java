package io.millwright.tracking.imports;

import io.millwright.tracking.Experiment;
import java.io.IOException;
import java.util.List;

/// Looks at an MLflow installation without importing it: what there is, what has no place here, which artifacts would
/// not be found.
public final class MlflowSurvey {
    private final MlflowSource source;
    private final ImportCounts counts;
    private final ImportNotes notes;

    public MlflowSurvey(MlflowSource source, ImportCounts counts, ImportNotes notes) {
        this.source = source;
        this.counts = counts;
        this.notes = notes;
    }

    public void run() throws IOException {
        List<Experiment> experiments = source.experiments();
        for (Experiment experiment : experiments) {
            counts.add(ImportCounts.Of.EXPERIMENTS_NEW, 1);
            source.loggedModels(experiment, model -> {
                counts.add(ImportCounts.Of.LOGGED_MODELS_NEW, 1);
                note("logged model " + model.id(), source.artifacts(model));
            });
            source.runs(experiment, run -> {
                counts.add(ImportCounts.Of.RUNS_NEW, 1);
                counts.add(ImportCounts.Of.PARAMS, run.run().params().size());
                counts.add(ImportCounts.Of.TAGS, run.run().tags().size());
                counts.add(ImportCounts.Of.DATASET_INPUTS, run.run().datasets().size());
                note("run " + run.id(), source.artifacts(run));
            });
        }
        source.registry().models(model -> {
            counts.add(ImportCounts.Of.REGISTERED_MODELS_NEW, 1);
            source.registry().versions(model, version -> counts.add(ImportCounts.Of.MODEL_VERSIONS_NEW, 1));
        });
        source.registry().webhooks(webhook -> counts.add(ImportCounts.Of.WEBHOOKS_NEW, 1));
        source.noteLeftOut(experiments);
    }

    private void note(String owner, SourceArtifacts artifacts) {
        switch (artifacts) {
            case SourceArtifacts.Folder _ -> {}
            case SourceArtifacts.Remote(String uri) ->
                notes.changed("runs and logged models whose artifacts stay where they are", owner + ": " + uri);
            case SourceArtifacts.Unreadable(String why) ->
                notes.failed("artifacts that could not be read", owner + ": " + why);
        }
    }
}
