package io.millwright.tracking;

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
        LoggedModelService loggedModels,
        TrashService trash,
        ArtifactService artifacts) {
    public static final List<Migration> MIGRATIONS = List.of(
            new Migration("tracking", "V001__create_tracking"), new Migration("tracking", "V002__create_imports"));

    public static TrackingSlice wire(Db db, Ledger ledger, Clock clock, Ids ids, ArtifactService artifacts) {
        ExperimentService experiments = new ExperimentService(db, ledger, clock);
        experiments.ensureDefault();
        return new TrackingSlice(
                experiments,
                new RunService(db, ledger, clock, ids, experiments),
                new LoggedModelService(db, ledger, clock, ids, experiments),
                new TrashService(db, ledger, clock, artifacts),
                artifacts);
    }

    public void addRoutes(Routes routes) {
        new MlflowExperimentApi(experiments).addRoutes(routes);
        new MlflowRunApi(runs).addRoutes(routes);
        new MlflowMetricApi(runs).addRoutes(routes);
        new MlflowLoggedModelApi(loggedModels).addRoutes(routes);
        new TrashApi(trash).addRoutes(routes);
        new MlflowRunArtifactApi(runs, loggedModels, artifacts).addRoutes(routes);
    }
}
