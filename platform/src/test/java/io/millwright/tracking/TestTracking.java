package io.millwright.tracking;

import static io.millwright.tracking.LoggedModelService.NewLoggedModel;

import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.ArtifactService;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Tracking with artifacts in a folder, on a database of its own, for tests.
final class TestTracking implements AutoCloseable {
    final FakeClock clock = new FakeClock();
    final Db db;
    final Ledger ledger;
    final ArtifactService artifacts;
    final TrackingSlice slice;
    private final ArtifactsSlice artifactsSlice;

    TestTracking(Db db, Path home) {
        this.db = db;
        new Migrator(db)
                .migrate(Stream.of(Ledger.MIGRATIONS, ArtifactsSlice.MIGRATIONS, TrackingSlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        Ids ids = new Ids(new SecureRandom());
        ledger = new Ledger(db, clock, ids);
        artifactsSlice =
                ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(home.resolve("artifacts")));
        artifacts = artifactsSlice.service();
        slice = TrackingSlice.wire(db, ledger, clock, ids, artifacts);
    }

    ExperimentService experiments() {
        return slice.experiments();
    }

    RunService runs() {
        return slice.runs();
    }

    long newExperiment(String name) {
        return experiments().create(name, "", Map.of());
    }

    RunInfo newRun(long experiment, String name) {
        return runs().create(experiment, new NewRun("u", name, 1, Map.of())).info();
    }

    LoggedModel newModel(long experiment, String name) {
        return slice.loggedModels().create(new NewLoggedModel(experiment, name, null, null, Map.of(), Map.of()));
    }

    /// Stores `text` as `model.bin` under an artifact URI of this server's own store.
    void put(String artifactUri, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        artifacts.store(path(artifactUri) + "/model.bin", new ByteArrayInputStream(bytes), bytes.length);
    }

    boolean has(String artifactUri) {
        return artifacts.find(path(artifactUri) + "/model.bin").isPresent();
    }

    static String path(String artifactUri) {
        return ArtifactLocations.ownPath(artifactUri).orElseThrow();
    }

    List<TrashService.Purged> collect(TrashService.Request request) {
        List<TrashService.Purged> purged = new ArrayList<>();
        slice.trash().collect(request, purged::add);
        return purged;
    }

    static RequestContext workspace(String name) {
        return new RequestContext("test", Principal.LOCAL, name);
    }

    @Override
    public void close() {
        artifactsSlice.close();
        ledger.close();
        db.close();
    }
}
