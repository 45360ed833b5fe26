package io.millwright.serving.live;

import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.ArtifactService;
import io.millwright.registry.VersionService;
import io.millwright.serving.endpoints.Endpoint;
import io.millwright.serving.endpoints.EndpointService;
import io.millwright.serving.endpoints.Variant;
import io.millwright.serving.log.PredictionLog;
import io.millwright.serving.worker.PythonEnvironments;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The endpoints of this process. What the database says becomes what is served: at once where it was
/// changed, within a second everywhere else.
public final class LiveEndpoints implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LiveEndpoints.class);
    private static final Duration EVERY = Duration.ofMillis(500);
    /// Endpoints whose models are loaded at the same time.
    private static final int AT_ONCE = 4;

    private final EndpointService endpoints;
    private final ModelLoader loader;
    private final PredictionLog predictions;
    private final ShadowPool shadows = new ShadowPool();
    private final ConcurrentHashMap<Key, LiveEndpoint> live = new ConcurrentHashMap<>();

    /// Why an endpoint of the database is not served as it says; guarded by nothing, looked at only.
    private final ConcurrentHashMap<Key, Trouble> troubles = new ConcurrentHashMap<>();

    /// The id of each that is served; changed by who holds `changing`.
    private final ConcurrentHashMap<Key, String> ids = new ConcurrentHashMap<>();

    /// One change of routings at a time.
    private final ReentrantLock changing = new ReentrantLock();

    private final Sleep sleep;
    private final CountDownLatch closing = new CountDownLatch(1);

    private record Key(String workspace, String name) {}

    /// @param revision that could not be loaded
    /// @param again when it is tried again, by the clock of the machine
    private record Trouble(int revision, String problem, long again) {}

    /// @param settings what models may use of this machine
    public static LiveEndpoints wire(
            EndpointService endpoints,
            VersionService versions,
            ArtifactService artifacts,
            PredictionLog log,
            ServingSettings settings,
            Clock clock,
            Ids ids) {
        // What a process that died was fetching.
        ModelLoader.remove(settings.folder().resolve("loading"));
        PythonEnvironments environments = new PythonEnvironments(settings.folder());
        return new LiveEndpoints(
                endpoints,
                new ModelLoader(versions, artifacts, environments, settings, clock, ids),
                log,
                settings.memoryBytes());
    }

    private LiveEndpoints(EndpointService endpoints, ModelLoader loader, PredictionLog predictions, long memoryBytes) {
        this.endpoints = endpoints;
        this.loader = loader;
        this.predictions = predictions;
        this.sleep = new Sleep(memoryBytes, changing);
    }

    public void start() {
        Thread.ofVirtual().name("endpoints").start(this::follow);
    }

    private void follow() {
        try {
            do {
                try {
                    sync();
                    sleep.look(all());
                } catch (RuntimeException e) {
                    log.warn("endpoints could not be brought up to date; trying again", e);
                }
            } while (!closing.await(EVERY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// What this process serves becomes what the database says.
    private void sync() {
        // What is changed here while the database is read is newer than what it says.
        Map<Key, String> before = Map.copyOf(ids);
        Set<Key> wanted = new HashSet<>();
        Map<Key, Endpoint> changed = new LinkedHashMap<>();
        for (EndpointService.Placed placed : endpoints.all()) {
            Key key = new Key(placed.workspace(), placed.endpoint().name());
            wanted.add(key);
            String here = ids.get(key);
            if (!Objects.equals(here, before.get(key))) continue;
            // One of this name that was deleted and made again begins anew.
            if (here != null && !here.equals(placed.endpoint().id())) retire(key.workspace(), key.name());
            int number = placed.endpoint().revision().number();
            int serving = revisionOf(key);
            if (serving >= number) continue;
            Trouble trouble = troubles.get(key);
            if (trouble != null && trouble.revision() == number && System.nanoTime() < trouble.again()) continue;
            changed.put(key, placed.endpoint());
        }
        if (!changed.isEmpty()) {
            try (ExecutorService some =
                    Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
                changed.forEach((key, endpoint) -> some.execute(() -> bring(key, endpoint)));
            }
        }
        for (Key key : Set.copyOf(live.keySet())) {
            if (!wanted.contains(key) && Objects.equals(ids.get(key), before.get(key)))
                retire(key.workspace(), key.name());
        }
    }

    /// Loads what an endpoint that was put to sleep needs, for one of those who ask; the others wait for it.
    private void wake(Key key, LiveEndpoint endpoint) {
        if (!Thread.currentThread().isVirtual()) {
            // Asked by one that may not wait, in the moment it fell asleep.
            Thread.ofVirtual().start(() -> wake(key, endpoint));
            throw UNAVAILABLE.because("Endpoint '%s' is waking up. Try again in a moment.", key.name());
        }
        endpoint.waking().lock();
        try {
            Routing asleep = endpoint.routing().orElse(null);
            if (asleep == null || !endpoint.isAsleep()) return;
            List<LoadedModel> models = asSystem(
                    key.workspace(),
                    () -> load(endpoint, asleep.revision().setup().all(), Loading.QUIETLY));
            changing.lock();
            try {
                boolean still = endpoint.isAsleep() && endpoint.routing().orElse(null) == asleep;
                if (still) endpoint.switchTo(asleep.with(models));
                else models.forEach(LoadedModel::letGo);
            } finally {
                changing.unlock();
            }
        } catch (Failure e) {
            throw UNAVAILABLE.because("Endpoint '%s' was asleep and cannot be woken: %s", key.name(), e.message());
        } finally {
            endpoint.waking().unlock();
        }
    }

    private int revisionOf(Key key) {
        LiveEndpoint endpoint = live.get(key);
        return endpoint == null
                ? 0
                : endpoint.routing().map(now -> now.revision().number()).orElse(0);
    }

    private LiveEndpoint made(Key key) {
        return new LiveEndpoint(key.name(), predictions, shadows, endpoint -> wake(key, endpoint));
    }

    /// Loads what a revision needs. The old one goes on answering until all of it is ready, and if it
    /// fails.
    private void bring(Key key, Endpoint endpoint) {
        LiveEndpoint known = live.computeIfAbsent(key, this::made);
        try {
            List<LoadedModel> models = asSystem(
                    key.workspace(),
                    () -> load(known, endpoint.revision().setup().all(), Loading.QUIETLY));
            activate(key, endpoint, models);
            troubles.remove(key);
        } catch (RuntimeException e) {
            String problem = e instanceof Failure failure ? failure.message() : "An internal error occurred.";
            troubles.put(
                    key,
                    new Trouble(
                            endpoint.revision().number(),
                            problem,
                            System.nanoTime() + Duration.ofSeconds(10).toNanos()));
            log.warn(
                    "endpoint {} revision {} is not served here: {}",
                    key.name(),
                    endpoint.revision().number(),
                    problem,
                    e);
        }
    }

    /// The models of an endpoint's variants, held once each: those that serve already, and the others loaded now.
    ///
    /// @throws Failure when one cannot be; then nothing is held
    public List<LoadedModel> load(String name, List<Variant> variants, Loading loading) {
        return load(live.get(key(name)), variants, loading);
    }

    /// A model for other work than an endpoint's, held once.
    public LoadedModel load(String model, String version, Loading loading) {
        return loader.load(model, version, loading);
    }

    private List<LoadedModel> load(@Nullable LiveEndpoint known, List<Variant> variants, Loading loading) {
        List<LoadedModel> models = new ArrayList<>();
        try {
            for (Variant variant : variants) {
                models.add(serving(known, variant)
                        .orElseGet(() -> loader.load(variant.model(), variant.version(), loading)));
            }
            return models;
        } catch (RuntimeException e) {
            models.forEach(LoadedModel::letGo);
            throw e;
        }
    }

    private static Optional<LoadedModel> serving(@Nullable LiveEndpoint known, Variant variant) {
        if (known == null || known.routing().isEmpty()) return Optional.empty();
        return known.routing().get().loaded().stream()
                .filter(model ->
                        model.model().equals(variant.model()) && model.version().equals(variant.version()))
                .filter(LoadedModel::hold)
                .findFirst();
    }

    /// Gives back what [#load] gave, unused.
    public void letGo(List<LoadedModel> models) {
        models.forEach(LoadedModel::letGo);
    }

    /// Serves a revision from now on, unless a later one is served already.
    ///
    /// @param models as [#load] gave them
    public void activate(Endpoint endpoint, List<LoadedModel> models) {
        activate(key(endpoint.name()), endpoint, models);
    }

    private void activate(Key key, Endpoint endpoint, List<LoadedModel> models) {
        changing.lock();
        try {
            LiveEndpoint known = live.computeIfAbsent(key, this::made);
            boolean same = endpoint.id().equals(ids.get(key));
            if (same && revisionOf(key) >= endpoint.revision().number()) {
                models.forEach(LoadedModel::letGo);
            } else {
                ids.put(key, endpoint.id());
                known.switchTo(new Routing(key.workspace(), key.name(), endpoint.revision(), models));
            }
        } finally {
            changing.unlock();
        }
    }

    /// Serves it no more.
    public void retire(String workspace, String name) {
        changing.lock();
        try {
            LiveEndpoint gone = live.remove(new Key(workspace, name));
            if (gone != null) gone.switchTo(null);
            ids.remove(new Key(workspace, name));
            troubles.remove(new Key(workspace, name));
        } finally {
            changing.unlock();
        }
    }

    /// The endpoint of the workspace in hand.
    ///
    /// @throws Failure NOT_FOUND
    public LiveEndpoint get(String name) {
        return find(name)
                .orElseThrow(() -> NOT_FOUND.because(
                        "There is no endpoint '%s' in workspace '%s'. Deploy a model to make it.",
                        name, RequestContext.current().workspace()));
    }

    /// The same; empty when this process does not serve it.
    public Optional<LiveEndpoint> find(String name) {
        return Optional.ofNullable(live.get(key(name)));
    }

    /// An endpoint that is served here.
    public record Placed(String workspace, String name, LiveEndpoint endpoint) {}

    /// Those of all workspaces.
    public List<Placed> all() {
        return live.entrySet().stream()
                .map(each -> new Placed(each.getKey().workspace(), each.getKey().name(), each.getValue()))
                .toList();
    }

    /// Names of the endpoints of the workspace in hand that are served here.
    public List<String> names() {
        String workspace = RequestContext.current().workspace();
        return live.keySet().stream()
                .filter(key -> key.workspace().equals(workspace))
                .map(Key::name)
                .sorted()
                .toList();
    }

    /// Why this process does not serve the newest revision of an endpoint; empty when it does or is
    /// about to.
    public Optional<String> trouble(String name) {
        return Optional.ofNullable(troubles.get(key(name))).map(Trouble::problem);
    }

    private static Key key(String name) {
        return new Key(RequestContext.current().workspace(), name);
    }

    private static <T> T asSystem(String workspace, ScopedValue.CallableOp<T, RuntimeException> body) {
        return new RequestContext("endpoints", Principal.SYSTEM, workspace).call(body);
    }

    @Override
    public void close() {
        closing.countDown();
        for (Map.Entry<Key, LiveEndpoint> each : live.entrySet())
            each.getValue().switchTo(null);
        live.clear();
        shadows.close();
    }
}
