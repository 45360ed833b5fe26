package io.millwright.registry;

import io.millwright.http.Routes;
import io.millwright.lake.ArtifactService;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.tracking.TrackingSlice;
import java.time.Clock;
import java.util.List;

/// The registry, wired.
public record RegistrySlice(RegistryService registry, VersionService versions, ArtifactService artifacts) {
    public static final List<Migration> MIGRATIONS = List.of(
            new Migration("registry", "V001__create_registry"),
            new Migration("registry", "V003__create_promotions"),
            new Migration("registry", "V004__index_version_tags"));

    public static RegistrySlice wire(Db db, Ledger ledger, Clock clock, TrackingSlice tracking) {
        return wire(db, ledger, clock, tracking, Governor.NONE);
    }

    /// @param governor decides which aliases and stages move only by promotion
    public static RegistrySlice wire(Db db, Ledger ledger, Clock clock, TrackingSlice tracking, Governor governor) {
        ModelMoves moves = new ModelMoves(ledger, clock, tracking.runs());
        return new RegistrySlice(
                new RegistryService(db, ledger, clock, moves, governor),
                new VersionService(db, ledger, clock, tracking, moves, governor),
                tracking.artifacts());
    }

    public void addRoutes(Routes routes) {
        new MlflowRegisteredModelApi(registry, versions).addRoutes(routes);
        new MlflowModelVersionApi(versions).addRoutes(routes);
        new MlflowVersionArtifactApi(versions, artifacts).addRoutes(routes);
    }
}
