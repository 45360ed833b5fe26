package io.millwright.serving.log;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.duck.DuckThread;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.TableService;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings segments into the lake, each once: the version that a segment became says so, and a segment that a process
/// before has left is looked for among them.
public final class Shipper implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Shipper.class);
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(10);

    /// A server that starts has more urgent things to do than to load DuckDB.
    private static final Duration AFTER_START = Duration.ofSeconds(5);
    private static final int LOOKED_AT = 1_000;

    private final PredictionLog predictions;
    private final PredictionTables tables;
    private final TableService lake;
    private final Duration every;
    private final ReentrantLock shipping = new ReentrantLock();
    private final CountDownLatch closing = new CountDownLatch(1);

    /// What of a segment is in the lake already; guarded by `shipping`.
    private final Map<Segment, Set<Target>> done = new HashMap<>();

    private record Target(String workspace, DatasetName dataset) {
        static Target of(Answerer answerer) {
            return new Target(answerer.workspace(), PredictionTables.dataset(answerer.endpoint()));
        }
    }

    /// @param every how long an answer waits at most before it is in the lake
    public Shipper(PredictionLog predictions, TableService lake, Duration every) {
        this.predictions = predictions;
        this.tables = new PredictionTables(lake);
        this.lake = lake;
        this.every = every;
    }

    public Shipper start() {
        Thread.ofPlatform().daemon().name("prediction-log").start(this::run);
        return this;
    }

    private void run() {
        long last = System.nanoTime();
        long notBefore = last + AFTER_START.toNanos();
        try {
            while (!closing.await(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    predictions.sync();
                    long now = System.nanoTime();
                    if (now - notBefore < 0) continue;
                    boolean all = now - last >= every.toNanos();
                    if (all) last = now;
                    ship(all);
                } catch (RuntimeException e) {
                    notBefore = System.nanoTime() + AFTER_FAILURE.toNanos();
                    log.warn("predictions are not in the lake yet; trying again in {}", AFTER_FAILURE, e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Brings everything that was answered until now into the lake.
    public void shipAll() {
        ship(true);
    }

    private void ship(boolean all) {
        shipping.lock();
        try {
            for (Segment segment : predictions.toShip(all)) {
                ship(segment);
                predictions.shipped(segment);
                done.remove(segment);
            }
        } finally {
            shipping.unlock();
        }
    }

    private void ship(Segment segment) {
        long end = segment.end();
        Map<Answerer, Target> targets = new LinkedHashMap<>();
        BiPredicate<PredictionId, Answerer> none = (id, answerer) -> {
            targets.computeIfAbsent(answerer, Target::of);
            return false;
        };
        new Entries(segment, end, none).each(entry -> {});
        Set<Target> shipped = done.computeIfAbsent(segment, each -> new HashSet<>());
        String note = "predictions of segment " + segment.name();
        RuntimeException failed = null;
        for (Target target : new LinkedHashSet<>(targets.values())) {
            if (shipped.contains(target)) continue;
            try {
                new RequestContext("predictions", Principal.SYSTEM, target.workspace()).call(() -> {
                    if (predictions.isFound(segment) && isThere(target.dataset(), note)) return 0;
                    return DuckThread.call("predictions", () -> {
                        Entries entries =
                                new Entries(segment, end, (id, answerer) -> target.equals(targets.get(answerer)));
                        tables.append(target.dataset(), entries, segment.size(), note);
                        return 0;
                    });
                });
                shipped.add(target);
            } catch (RuntimeException e) {
                log.warn("predictions of '{}' are not in the lake yet: {}", target.dataset(), e.toString());
                failed = e;
            }
        }
        if (failed != null) throw failed;
    }

    private boolean isThere(DatasetName dataset, String note) {
        try {
            return lake.versions(dataset, Integer.MAX_VALUE, LOOKED_AT).stream()
                    .anyMatch(version -> version.message().equals(note));
        } catch (Failure e) {
            if (e.code() == ErrorCode.NOT_FOUND) return false;
            throw e;
        }
    }

    /// What is not in the lake yet waits in its segments for the next start.
    @Override
    public void close() {
        closing.countDown();
        shipping.lock();
        try {
            log.debug("what was under way to the lake has ended");
        } finally {
            shipping.unlock();
        }
    }
}
