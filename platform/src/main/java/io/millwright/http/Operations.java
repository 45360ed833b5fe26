package io.millwright.http;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.INTERNAL;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// Work that takes longer than a request may: it is answered with 202 at once, watched under its own
/// address, and can be cancelled.
///
/// Operations are known to the process that runs them, until it stops or a few hundred later ones have
/// ended. So only work that may be cut off anywhere and begun again belongs here.
public final class Operations implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Operations.class);
    private static final int MOST_RUNNING = 8;
    private static final int MOST_KNOWN = 500;
    /// For all that run, when the server stops.
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Clock clock;
    private final Ids ids;
    private final ReentrantLock lock = new ReentrantLock();
    /// In the order in which they began; guarded by the lock.
    private final Map<String, Operation> known = new LinkedHashMap<>();

    public Operations(Clock clock, Ids ids) {
        this.clock = clock;
        this.ids = ids;
    }

    /// What an operation does.
    @FunctionalInterface
    public interface Work {
        /// @return what is told as its result
        JsonNode run(Progress progress);
    }

    /// How far the work is.
    public interface Progress {
        /// Tells a number of the progress, and ends the work here if somebody cancelled it.
        void tell(String name, long value);
    }

    private enum State {
        RUNNING,
        SUCCEEDED,
        FAILED,
        CANCELLED;

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /// Ends the work of a cancelled operation.
    private static final class Cancelled extends RuntimeException {
        private static final long serialVersionUID = 1;

        Cancelled() {
            super("cancelled", null, false, false);
        }
    }

    public void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.READ,
                        "GET",
                        "/operations/{operation_id}",
                        BodyKind.NONE,
                        "How far an operation is, and what came of it",
                        call -> Reply.json(find(call)::write))
                .on(
                        Need.WRITE,
                        "POST",
                        "/operations/{operation_id}/cancel",
                        BodyKind.NONE,
                        "Ends an operation at its next step; what it has done stays",
                        this::cancel);
    }

    /// Begins the work in the context of the request in hand.
    ///
    /// @param kind what is done, for people
    /// @return 202 with the operation's address
    public Reply start(String kind, Work work) throws IOException {
        return start(kind, work, UnaryOperator.identity());
    }

    /// The same for a result of which not everybody who may watch the work may read all.
    ///
    /// @param told what of the result is told to whoever asks, in the context of their request; it leaves the
    ///        result itself as it is
    public Reply start(String kind, Work work, UnaryOperator<JsonNode> told) throws IOException {
        Operation operation = new Operation(ids.hex32(), kind, told, RequestContext.current(), clock.instant());
        lock.lock();
        try {
            long running = known.values().stream().filter(Operation::isRunning).count();
            if (running >= MOST_RUNNING) {
                throw BUSY.because("%d operations are running, which is the most at once. Try again later.", running);
            }
            known.put(operation.id, operation);
            Iterator<Operation> oldest = known.values().iterator();
            while (known.size() > MOST_KNOWN && oldest.hasNext()) {
                if (!oldest.next().isRunning()) oldest.remove();
            }
        } finally {
            lock.unlock();
        }
        operation.thread = Thread.ofVirtual().name("operation-" + operation.id).start(() -> operation.run(work));
        return Reply.json(202, "application/json", operation::write)
                .with("location", "/api/millwright/v1/operations/" + operation.id);
    }

    private Reply cancel(Call call) throws IOException {
        Operation operation = find(call);
        operation.cancelled = true;
        return Reply.json(202, "application/json", operation::write);
    }

    private Operation find(Call call) {
        String id = call.pathVariable("operation_id");
        lock.lock();
        try {
            Operation operation = known.get(id);
            if (operation != null && operation.isOf(RequestContext.current())) return operation;
        } finally {
            lock.unlock();
        }
        throw NOT_FOUND.because(
                "There is no operation '%s' in this workspace and process. Operations are forgotten when"
                        + " their server stops; begin the work again, it goes on where it ended.",
                id);
    }

    /// Ends what runs at its next step.
    @Override
    public void close() {
        lock.lock();
        try {
            known.values().forEach(operation -> operation.cancelled = true);
        } finally {
            lock.unlock();
        }
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            for (Operation operation : known.values()) {
                Thread thread = operation.thread;
                if (thread != null && !thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime()))))
                    log.warn("operation {} still runs", operation.id);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Operation implements Progress {
        private final String id;
        private final String kind;
        private final UnaryOperator<JsonNode> told;
        private final RequestContext context;
        private final Instant startedAt;
        private final Map<String, Long> progress = new ConcurrentSkipListMap<>();
        private volatile @Nullable Thread thread;
        private volatile boolean cancelled;
        private volatile Outcome outcome = new Outcome(State.RUNNING, null, null, null);

        private record Outcome(
                State state,
                @Nullable Instant endedAt,
                @Nullable JsonNode result,
                @Nullable Failure failure) {}

        Operation(String id, String kind, UnaryOperator<JsonNode> told, RequestContext context, Instant startedAt) {
            this.id = id;
            this.kind = kind;
            this.told = told;
            this.context = context;
            this.startedAt = startedAt;
        }

        /// Whether it is shown to a request: of who began it, or may manage the workspace.
        boolean isOf(RequestContext asker) {
            return context.workspace().equals(asker.workspace())
                    && (context.principal().equals(asker.principal())
                            || asker.allows(Right.MANAGE, "workspace:" + asker.workspace()));
        }

        boolean isRunning() {
            return outcome.state() == State.RUNNING;
        }

        @Override
        public void tell(String name, long value) {
            if (cancelled) throw new Cancelled();
            progress.put(name, value);
        }

        void run(Work work) {
            try {
                JsonNode result = context.call(() -> work.run(this));
                outcome = new Outcome(State.SUCCEEDED, clock.instant(), result, null);
            } catch (Cancelled e) {
                outcome = new Outcome(State.CANCELLED, clock.instant(), null, null);
            } catch (Failure e) {
                outcome = new Outcome(State.FAILED, clock.instant(), null, e);
            } catch (RuntimeException | Error e) {
                log.error("{} of request {} failed", kind, context.requestId(), e);
                Failure told =
                        INTERNAL.because("Internal error; the server's log has it under %s.", context.requestId());
                outcome = new Outcome(State.FAILED, clock.instant(), null, told);
            }
        }

        void write(JsonGenerator json) {
            Outcome now = outcome;
            json.writeStartObject()
                    .writeStringProperty("operation_id", id)
                    .writeStringProperty("kind", kind)
                    .writeStringProperty("state", now.state().word())
                    .writeStringProperty("started_at", startedAt.toString());
            if (now.endedAt() != null)
                json.writeStringProperty("ended_at", now.endedAt().toString());
            json.writeName("progress").writeStartObject();
            progress.forEach(json::writeNumberProperty);
            json.writeEndObject();
            if (now.result() != null) json.writePOJOProperty("result", told.apply(now.result()));
            if (now.failure() != null) {
                json.writeName("error")
                        .writeStartObject()
                        .writeStringProperty("code", now.failure().code().name())
                        .writeStringProperty("detail", now.failure().message())
                        .writeEndObject();
            }
            json.writeEndObject();
        }
    }
}
