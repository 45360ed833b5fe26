package io.millwright.serving.live;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.serving.endpoints.Policy;
import io.millwright.serving.endpoints.Setup;
import io.millwright.serving.endpoints.Variant;
import io.millwright.serving.log.PredictionId;
import io.millwright.serving.log.PredictionLog;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import io.millwright.serving.predict.InputWarning;
import io.millwright.serving.predict.Prediction;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An endpoint in this process. Its routing is changed in one step: a request is answered wholly by
/// the old or wholly by the new, and the old models are closed when their last request has ended.
public final class LiveEndpoint {
    private final String name;
    private final PredictionLog log;
    private final ShadowPool shadows;
    private final Consumer<LiveEndpoint> waker;
    private final AtomicInteger atOnce = new AtomicInteger();
    private final ReentrantLock waking = new ReentrantLock();

    /// By what [Variant#urn] and its role are; those that have left stay for their hour's sake.
    private final Map<String, Meter> meters = new ConcurrentHashMap<>();

    private volatile @Nullable Routing routing;

    /// Whether the models of the routing have been let go.
    private volatile boolean asleep;

    /// By the clock of the machine, to the second.
    private volatile long askedMillis = System.currentTimeMillis();

    /// @param waker loads the models of one that is asleep, or throws why not
    LiveEndpoint(String name, PredictionLog log, ShadowPool shadows, Consumer<LiveEndpoint> waker) {
        this.name = name;
        this.log = log;
        this.shadows = shadows;
        this.waker = waker;
    }

    /// How it answers now; empty while it is loaded.
    public Optional<Routing> routing() {
        return Optional.ofNullable(routing);
    }

    /// What each has done in the last hour, by the name of the variant.
    public Map<String, Meter> meters() {
        return new TreeMap<>(meters);
    }

    /// @param next its models are held once for this endpoint
    void switchTo(@Nullable Routing next) {
        Routing before = routing;
        boolean slept = asleep;
        routing = next;
        asleep = false;
        askedMillis = System.currentTimeMillis();
        if (before != null && !slept) before.loaded().forEach(LoadedModel::letGo);
    }

    /// Gives its models' memory back until it is asked again.
    void sleep() {
        Routing now = routing;
        if (now == null || asleep) return;
        asleep = true;
        now.loaded().forEach(LoadedModel::letGo);
    }

    /// Held by who loads its models again.
    ReentrantLock waking() {
        return waking;
    }

    /// Whether its models are loaded only when it is asked.
    public boolean isAsleep() {
        return asleep;
    }

    /// For how long nobody has asked.
    Duration idle() {
        return Duration.ofMillis(System.currentTimeMillis() - askedMillis);
    }

    /// About what its models take of the machine's memory.
    long memoryBytes() {
        Routing now = routing;
        if (now == null || asleep) return 0;
        return now.loaded().stream().mapToLong(LoadedModel::memoryBytes).sum();
    }

    /// What an answer is, and who gave it.
    ///
    /// @param id by which it is found again
    public record Answered(
            Frame answer,
            Variant variant,
            LoadedModel model,
            int revision,
            PredictionId id,
            List<InputWarning> warnings) {
        public Answered {
            warnings = List.copyOf(warnings);
        }
    }

    /// @param version only a variant of this version or name may answer; null for the one whose turn it is
    /// @throws Failure UNAVAILABLE while nothing is loaded; NOT_FOUND when no variant has the version;
    ///     BUSY when as many are being answered as may be
    public Answered predict(Frame rows, @Nullable String version) {
        while (true) {
            Routing now = routing;
            if (now == null) {
                throw UNAVAILABLE.because("Endpoint '%s' is being loaded by this server. Try again in a moment.", name);
            }
            int place = version != null ? now.named(version) : chosen(now, rows);
            LoadedModel model = now.loaded().get(place);
            if (!model.hold()) {
                // It is asleep, or has been replaced since it was looked up.
                if (asleep && now == routing) waker.accept(this);
                continue;
            }
            try {
                return admitted(now, place, model, rows);
            } finally {
                model.letGo();
            }
        }
    }

    private Answered admitted(Routing now, int place, LoadedModel model, Frame rows) {
        int most = now.revision().setup().policy().mostAtOnce();
        try {
            if (atOnce.incrementAndGet() > most) {
                throw BUSY.because(
                        "Endpoint '%s' is answering %d requests, which is the most at once. Try again in a moment.",
                        name, most);
            }
            return answered(now, place, model, rows);
        } finally {
            atOnce.decrementAndGet();
        }
    }

    private Answered answered(Routing now, int place, LoadedModel model, Frame rows) {
        Setup setup = now.revision().setup();
        Variant variant = setup.variants().get(place);
        Tally tally = now.tallies().get(place);
        Meter meter = meter(variant);
        long begun = System.nanoTime();
        long millis = System.currentTimeMillis();
        if (millis - askedMillis >= 1_000) askedMillis = millis;
        PredictionId id = now.sources().get(place).nextId(millis);
        Prediction prediction;
        try {
            prediction = model.predictor()
                    .predict(rows, setup.policy().input(), setup.policy().batchRows());
        } catch (RuntimeException e) {
            boolean refused = e instanceof Failure failure && failure.code() == INVALID_ARGUMENT;
            (refused ? tally.refused : tally.failed).increment();
            if (refused) meter.refused(millis);
            else meter.failed(millis);
            compare(now, place, id, rows, null, refused);
            throw e;
        }
        long nanos = System.nanoTime() - begun;
        tally.answered.increment();
        tally.latencies.add(nanos);
        meter.answered(millis, nanos);
        Frame answer = prediction.answer();
        keep(now, place, id, rows, answer, nanos);
        compare(now, place, id, rows, answer, false);
        return new Answered(answer, variant, model, now.revision().number(), id, warnings(prediction, setup));
    }

    /// The column callers are told apart by is no surprise.
    private static List<InputWarning> warnings(Prediction prediction, Setup setup) {
        if (prediction.warnings().isEmpty() || setup.sticky().isEmpty()) return prediction.warnings();
        return prediction.warnings().stream()
                .filter(warning -> !warning.column().equals(setup.sticky()))
                .toList();
    }

    private Meter meter(Variant variant) {
        Meter meter = meters.get(variant.name());
        return meter != null ? meter : meters.computeIfAbsent(variant.name(), each -> new Meter());
    }

    private void keep(Routing now, int place, PredictionId id, Frame rows, Frame answer, long nanos) {
        Policy policy = now.revision().setup().policy();
        if (policy.log() == Policy.Log.OFF) return;
        if (policy.sample() < 1 && ThreadLocalRandom.current().nextDouble() >= policy.sample()) return;
        RequestContext context = RequestContext.current();
        boolean kept = log.append(
                now.sources().get(place),
                id,
                false,
                nanos,
                context.principal().name(),
                context.requestId(),
                "",
                rows.rows(),
                rows,
                answer);
        if (!kept && policy.whenFull() == Policy.WhenFull.REFUSE) {
            throw UNAVAILABLE.because(
                    "The prediction cannot be kept, and endpoint '%s' gives none that is not (when_full is refuse). Is the"
                            + " disk full?",
                    name);
        }
        if (kept && policy.log() == Policy.Log.SYNC) log.sync();
    }

    /// Asks the shadows the same; and whoever of champion and canary did not answer.
    private void compare(Routing now, int place, PredictionId id, Frame rows, @Nullable Frame answer, boolean refused) {
        int all = now.loaded().size();
        if (all == now.firstShadow() && now.canary() < 0) return;
        for (int other = now.firstShadow(); other < all; other++) {
            int shadow = other;
            ask(now, shadow, id, rows, given -> {
                if (place == now.champion() && answer != null) agree(now, shadow, answer, given);
            });
        }
        if (place == now.canary()) {
            ask(now, now.champion(), id, rows, given -> {
                if (answer != null && given != null) {
                    agree(now, place, given, answer);
                } else if (answer == null && given != null) {
                    // The champion takes what it refused: the fault is the canary's.
                    if (refused) now.tallies().get(place).failed.increment();
                    now.tallies().get(place).agreement.failed(rows.rows());
                }
            });
        }
    }

    private static void agree(Routing now, int other, Frame championAnswer, @Nullable Frame otherAnswer) {
        Agreement agreement = now.tallies().get(other).agreement;
        if (otherAnswer == null) agreement.failed(championAnswer.rows());
        else
            agreement.add(
                    championAnswer, otherAnswer, now.revision().setup().policy().tolerance());
    }

    private interface Given {
        void take(@Nullable Frame answer);
    }

    private void ask(Routing now, int other, PredictionId id, Frame rows, Given then) {
        RequestContext context = RequestContext.current();
        boolean taken = shadows.offer(rows.rows(), () -> then.take(shadowed(now, other, id, rows, context)));
        if (!taken) now.tallies().get(other).dropped.increment();
    }

    private @Nullable Frame shadowed(Routing now, int other, PredictionId id, Frame rows, RequestContext context) {
        LoadedModel model = now.loaded().get(other);
        if (!model.hold()) return null; // The endpoint has been switched meanwhile.
        Tally tally = now.tallies().get(other);
        boolean isShadow = other >= now.firstShadow();
        Frame answer = null;
        String error = "";
        long begun = System.nanoTime();
        try {
            answer = model.predictor()
                    .predict(rows, now.revision().setup().policy().input())
                    .answer();
        } catch (RuntimeException e) {
            error = e instanceof Failure failure ? failure.message() : e.toString();
        } finally {
            model.letGo();
        }
        long nanos = System.nanoTime() - begun;
        if (isShadow) {
            (answer == null ? tally.failed : tally.answered).increment();
            if (answer != null) tally.latencies.add(nanos);
        }
        if (now.revision().setup().policy().log() != Policy.Log.OFF) {
            log.append(
                    now.sources().get(other),
                    id,
                    true,
                    nanos,
                    context.principal().name(),
                    context.requestId(),
                    error,
                    rows.rows(),
                    null,
                    answer);
        }
        return answer;
    }

    private static int chosen(Routing routing, Frame rows) {
        String sticky = routing.revision().setup().sticky();
        if (sticky.isEmpty() || rows.rows() == 0) return routing.draw();
        return rows.column(sticky).map(column -> routing.choose(key(column))).orElseGet(routing::draw);
    }

    private static String key(Column column) {
        return column.isText() ? String.valueOf(column.texts()[0]) : String.valueOf(column.numbers()[0]);
    }
}
