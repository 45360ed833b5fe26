package io.millwright.lake.tables;

import io.millwright.http.Operations;
import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.lake.S3Bucket;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// The catalog, wired.
public final class TablesSlice implements AutoCloseable {
    public static final List<Migration> MIGRATIONS =
            List.of(new Migration("lake", "V002__create_tables"), new Migration("lake", "V003__create_pins"));

    private final Warehouse warehouse;
    private final TableCommits commits;
    private final CatalogChanges changes;
    private final TableService service;
    private final PinService pins;
    private final Erasures erasures;
    private final Upkeep upkeep;
    private final AtomicReference<CommitGuard> guard = new AtomicReference<>(CommitGuard.NONE);

    private TablesSlice(Db db, Ledger ledger, Clock clock, Ids ids, Warehouse warehouse) {
        this.warehouse = warehouse;
        this.commits = new TableCommits(
                db, ledger, clock, ids, warehouse, commit -> guard.get().refuses(commit));
        this.changes = new CatalogChanges(db, ledger, clock);
        this.service = new TableService(db, commits, changes, warehouse);
        this.pins = new PinService(db, ledger, clock, service);
        this.erasures = new Erasures(db, service, commits, warehouse);
        this.upkeep = new Upkeep(db, ledger, clock, service, commits, warehouse);
    }

    public static TablesSlice wire(Db db, Ledger ledger, Clock clock, Ids ids, LakeSettings settings) {
        Warehouse warehouse = settings.location().getScheme().equals("file")
                ? new FolderWarehouse(Path.of(settings.location()))
                : new S3Warehouse(new S3Bucket(settings.location()), settings.temporary(), settings.cacheBytes());
        return new TablesSlice(db, ledger, clock, ids, warehouse);
    }

    public TableService service() {
        return service;
    }

    public PinService pins() {
        return pins;
    }

    public Erasures erasures() {
        return erasures;
    }

    public Upkeep upkeep() {
        return upkeep;
    }

    /// Has commits asked for from now on; one asks at a time.
    public void guardedBy(CommitGuard asked) {
        guard.set(asked);
    }

    /// Throws when the warehouse cannot be used.
    public void ping() {
        warehouse.ping();
    }

    public void addRoutes(Routes routes, Operations operations) {
        new DatasetsApi(service, new DatasetEdits(service)).addRoutes(routes);
        new DiffApi(service).addRoutes(routes);
        new UpkeepApi(upkeep, pins, operations).addRoutes(routes);
        new IcebergCatalogApi(commits, changes, clientDefaults()).addRoutes(routes);
    }

    /// Where a client finds the bucket that this process finds through its environment.
    private Map<String, String> clientDefaults() {
        if (warehouse instanceof FolderWarehouse) return Map.of();
        return Optional.ofNullable(System.getenv("AWS_ENDPOINT_URL_S3"))
                .or(() -> Optional.ofNullable(System.getenv("AWS_ENDPOINT_URL")))
                .map(endpoint -> Map.of("s3.endpoint", endpoint, "s3.path-style-access", "true"))
                .orElse(Map.of());
    }

    @Override
    public void close() {
        warehouse.close();
    }
}
