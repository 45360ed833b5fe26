package io.millwright.tracking;

import io.millwright.http.Operations;
import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.lake.ArtifactService;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import java.time.Clock;
import java.util.List;

/// Tracking, wired.
public record TrackingSlice(
        ExperimentService experiments,
        RunService runs,
        RunTableService runTable,
        SeriesService series,
        LoggedModelService loggedModels,
        TrashService trash,
        ArtifactService artifacts) {
    public static final List<Migration> MIGRATIONS = List.of(
            new Migration("tracking", "V001__create_tracking"),
            new Migration("tracking", "V002__create_imports"),
            new Migration("tracking", "V003__create_trash"),
            new Migration("tracking", "V004__index_recent_runs"));

    public static TrackingSlice wire(Db db, Ledger ledger, Clock clock, Ids ids, ArtifactService artifacts) {
        return wire(db, ledger, clock, ids, artifacts, LogListener.NOBODY);
    }

    public static TrackingSlice wire(
            Db db, Ledger ledger, Clock clock, Ids ids, ArtifactService artifacts, LogListener listener) {
        ExperimentService experiments = new ExperimentService(db, ledger, clock);
        experiments.ensureDefault();
        return new TrackingSlice(
                experiments,
                new RunService(db, ledger, clock, ids, experiments, listener),
                new RunTableService(db, experiments),
                new SeriesService(db),
                new LoggedModelService(db, ledger, clock, ids, experiments),
                new TrashService(db, ledger, clock, artifacts),
                artifacts);
    }

    public void addRoutes(Routes routes, Operations operations) {
        new MlflowExperimentApi(experiments).addRoutes(routes);
        new MlflowRunApi(runs).addRoutes(routes);
        new MlflowMetricApi(runs).addRoutes(routes);
        new RunTableApi(runTable).addRoutes(routes);
        new SeriesApi(series).addRoutes(routes);
        new MlflowLoggedModelApi(loggedModels).addRoutes(routes);
        new TrashApi(trash, loggedModels, operations).addRoutes(routes);
        new MlflowRunArtifactApi(runs, loggedModels, artifacts).addRoutes(routes);
    }
}
