package io.millwright.lake.profiles;

import io.millwright.http.Routes;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.tables.TableService;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Subscription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Profiles, wired. What anybody commits is profiled soon after.
public final class ProfilesSlice implements AutoCloseable {
    private static final String DATASET = "dataset:";
    private static final long MEMORY = 384L << 20;

    private final Profiler profiler;
    private final ProfileService service;
    private final Subscription feed;

    private ProfilesSlice(Ledger ledger, Profiler profiler, ProfileService service) {
        this.profiler = profiler;
        this.service = service;
        this.feed = ledger.subscribe("profiles", this::committed);
    }

    public static ProfilesSlice wire(Ledger ledger, TableService tables) {
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
        Profiler profiler = new Profiler(new Duck.Caps(MEMORY, 1, Optional.empty()), threads);
        return new ProfilesSlice(ledger, profiler, new ProfileService(tables, profiler));
    }

    public ProfilesSlice start() {
        feed.start();
        return this;
    }

    public void addRoutes(Routes routes) {
        new ProfilesApi(service).addRoutes(routes);
    }

    private void committed(List<Event> events) {
        Map<String, Set<String>> datasets = new LinkedHashMap<>();
        for (Event event : events) {
            if (!event.type().equals("dataset.committed") || !event.entity().startsWith(DATASET)) continue;
            datasets.computeIfAbsent(event.workspace(), workspace -> new LinkedHashSet<>())
                    .add(event.entity().substring(DATASET.length()));
        }
        datasets.forEach((workspace, names) -> service.prepare(workspace, new ArrayList<>(names)));
    }

    @Override
    public void close() {
        feed.close();
        profiler.close();
    }
}
