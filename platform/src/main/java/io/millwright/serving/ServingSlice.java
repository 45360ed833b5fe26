package io.millwright.serving;

import io.millwright.http.Operations;
import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.lake.query.QueryService;
import io.millwright.lake.tables.TableService;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.registry.RegistrySlice;
import io.millwright.serving.batch.BatchService;
import io.millwright.serving.endpoints.EndpointService;
import io.millwright.serving.live.LiveEndpoints;
import io.millwright.serving.live.ServingSettings;
import io.millwright.serving.log.PredictionLog;
import io.millwright.serving.log.PredictionService;
import io.millwright.serving.log.Retention;
import io.millwright.serving.log.Shipper;
import io.millwright.serving.truth.TruthService;
import io.millwright.tracking.RunService;
import java.time.Clock;
import java.util.List;

/// Serving, wired.
public final class ServingSlice implements AutoCloseable {
    public static final List<Migration> MIGRATIONS = List.of(
            new Migration("serving", "V001__create_endpoints"),
            new Migration("serving", "V002__add_shadows_and_policies"));

    private final ServingService service;
    private final LiveEndpoints live;
    private final CanaryWatch canaries;
    private final PredictionLog log;
    private final Shipper shipper;
    private final PredictionService predictions;
    private final TruthService truth;
    private final BatchService batches;
    private final Retention retention;
    private final Origins origins;

    private ServingSlice(
            ServingService service,
            LiveEndpoints live,
            CanaryWatch canaries,
            PredictionLog log,
            Shipper shipper,
            PredictionService predictions,
            TruthService truth,
            BatchService batches,
            Retention retention,
            Origins origins) {
        this.service = service;
        this.live = live;
        this.canaries = canaries;
        this.log = log;
        this.shipper = shipper;
        this.predictions = predictions;
        this.truth = truth;
        this.batches = batches;
        this.retention = retention;
        this.origins = origins;
    }

    public static ServingSlice wire(
            Db db,
            Ledger ledger,
            Clock clock,
            Ids ids,
            RunService runs,
            RegistrySlice registry,
            TableService tables,
            QueryService queries,
            ServingSettings settings) {
        EndpointService endpoints = new EndpointService(db, ledger, clock, ids);
        PredictionLog log = PredictionLog.open(settings.folder().resolve("predictions"), settings.maxLogBytes(), ids);
        LiveEndpoints live =
                LiveEndpoints.wire(endpoints, registry.versions(), registry.artifacts(), log, settings, clock, ids);
        ServingService service = new ServingService(endpoints, live, registry.versions());
        Shipper shipper = new Shipper(log, tables, settings.logEvery());
        return new ServingSlice(
                service,
                live,
                new CanaryWatch(service, endpoints, live, clock, ids.hex32()),
                log,
                shipper,
                new PredictionService(log, tables),
                new TruthService(endpoints, tables, shipper, clock),
                new BatchService(tables, queries, live),
                new Retention(endpoints, tables, clock),
                new Origins(registry.versions(), runs));
    }

    /// Begins to serve what the database says.
    public ServingSlice start() {
        live.start();
        canaries.start();
        shipper.start();
        retention.start();
        return this;
    }

    public PredictionLog log() {
        return log;
    }

    public ServingService service() {
        return service;
    }

    /// @param programVersion as it is told to clients
    public void addRoutes(Routes routes, Operations operations, String programVersion) {
        new ServingApi(service, canaries, operations).addRoutes(routes);
        new PredictionsApi(predictions, truth, origins).addRoutes(routes);
        new TruthApi(truth).addRoutes(routes);
        new BatchApi(batches, service, operations).addRoutes(routes);
        OipModels models = new OipModels(service, programVersion);
        new OipInferenceApi(models).addRoutes(routes);
        new OipGrpcApi(models).addRoutes(routes);
        new InvocationsApi(service).addRoutes(routes);
    }

    @Override
    public void close() {
        canaries.close();
        retention.close();
        live.close();
        shipper.close();
        log.close();
    }
}
