package io.millwright.lake.profiles;

import io.millwright.http.Json;
import io.millwright.http.Routes;
import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.query.QueryService;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.TablesSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Subscription;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// Profiles, wired. What anybody commits is profiled soon after.
public final class ProfilesSlice implements AutoCloseable {
    public static final List<Migration> MIGRATIONS = List.of(new Migration("lake", "V011__create_rules"));

    private static final Logger log = LoggerFactory.getLogger(ProfilesSlice.class);
    private static final String DATASET = "dataset:";
    private static final long MEMORY = 384L << 20;

    private final Profiler profiler;
    private final ProfileService service;
    private final QualityService quality;
    private final Subscription feed;

    private ProfilesSlice(Ledger ledger, Profiler profiler, ProfileService service, QualityService quality) {
        this.profiler = profiler;
        this.service = service;
        this.quality = quality;
        this.feed = ledger.subscribe("profiles", this::committed);
    }

    public static ProfilesSlice wire(Db db, Ledger ledger, Clock clock, TablesSlice tables, QueryService queries) {
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
        Duck.Caps caps = new Duck.Caps(MEMORY, 1, Optional.empty());
        Profiler profiler = new Profiler(caps, threads);
        Checker checker =
                new Checker(tables.service(), queries, new Duck.Caps(MEMORY, threads, Optional.empty()), clock);
        QualityService quality = new QualityService(db, ledger, clock, tables.service(), checker);
        tables.guardedBy(quality::refuses);
        return new ProfilesSlice(ledger, profiler, new ProfileService(tables.service(), profiler), quality);
    }

    public ProfilesSlice start() {
        feed.start();
        return this;
    }

    public void addRoutes(Routes routes) {
        new ProfilesApi(service).addRoutes(routes);
        new QualityApi(quality).addRoutes(routes);
    }

    private void committed(List<Event> events) {
        for (Event event : events) {
            if (!event.entity().startsWith(DATASET)) continue;
            JsonNode payload = Json.MAPPER.readTree(event.payload());
            if (event.type().equals("dataset.erased")) {
                quality.forget(payload.path("table_id").asString(""));
                continue;
            }
            if (!event.type().equals("dataset.committed")) continue;
            String snapshot = payload.path("snapshot_id").asString("");
            if (snapshot.isEmpty()) continue;
            RequestContext.current().in(event.workspace()).call(() -> {
                prepare(event.entity().substring(DATASET.length()), Long.parseLong(snapshot));
                return true;
            });
        }
    }

    /// A dataset may have been renamed or dropped since, a version removed.
    private void prepare(String dataset, long snapshot) {
        try {
            DatasetName name = DatasetName.parse(dataset);
            At.Snapshot at = new At.Snapshot(snapshot);
            service.prepare(name, at);
            quality.quality(name, at, false);
        } catch (Failure e) {
            log.info("no profile of snapshot {} of {}: {}", snapshot, dataset, e.message());
        }
    }

    @Override
    public void close() {
        feed.close();
        profiler.close();
    }
}
