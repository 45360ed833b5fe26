package io.millwright.serving.worker;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;
import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Listener;
import io.millwright.runtime.Field;
import io.millwright.runtime.Output;
import io.millwright.runtime.folder.ModelFolder;
import io.millwright.runtime.folder.Signature;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import io.millwright.serving.predict.InputPolicy;
import io.millwright.serving.predict.Prediction;
import io.millwright.serving.predict.Predictor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A model that runs in Python, in several processes. One that dies is started again, later each time it
/// dies soon; its request is asked once more of another.
public final class WorkerPredictor implements Predictor {
    private static final Logger log = LoggerFactory.getLogger(WorkerPredictor.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /// A worker that lived so long died of something else than its start.
    private static final Duration LONG_LIFE = Duration.ofSeconds(30);

    private static final int MOST_WAITING = 128;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
    private static final long MOST_MEMORY = 256 << 20;

    private final String model;
    private final WorkerProcess.Site site;
    private final RootAllocator memory;
    private final List<Field> inputs;
    private volatile List<Output> outputs;

    private final Set<WorkerProcess> workers = ConcurrentHashMap.newKeySet();
    private final Desk desk = new Desk();

    /// For those who are answered and those who wait.
    private final Semaphore room;

    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile String lastEnd = "none has started";
    private volatile Duration lastPause = FIRST_PAUSE;

    private WorkerPredictor(String model, WorkerProcess.Site site, RootAllocator memory, Signature signature) {
        this.model = model;
        this.site = site;
        this.memory = memory;
        this.inputs = DeclaredFields.inputs(signature);
        this.outputs = DeclaredFields.outputs(signature);
        this.room = new Semaphore(site.settings().count() + MOST_WAITING);
    }

    /// Starts the workers of a model, and waits for the first.
    ///
    /// @param folder is the predictor's from now on: removed when it is closed, and by whoever called when
    /// this fails
    /// @param model as people call it
    /// @throws Failure INVALID_ARGUMENT when the model cannot be loaded, with what Python said
    public static WorkerPredictor start(
            PythonEnvironments.Environment environment, ModelFolder folder, String model, WorkerSettings settings) {
        Path work = folder.root().resolveSibling(folder.root().getFileName() + "-work");
        try {
            Files.createDirectories(work);
        } catch (IOException e) {
            throw UNAVAILABLE.because("The workers' folder could not be made: %s. Is the disk full?", e.getMessage());
        }
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1,
                Thread.ofPlatform().daemon().name("timer of " + model).factory(),
                new ThreadPoolExecutor.DiscardPolicy());
        timer.setRemoveOnCancelPolicy(true);
        RootAllocator memory = new RootAllocator(MOST_MEMORY);
        WorkerPredictor predictor = new WorkerPredictor(
                model,
                new WorkerProcess.Site(
                        environment, folder.root(), work, settings, memory, timer, ConcurrentHashMap.newKeySet()),
                memory,
                folder.signature());
        try {
            WorkerProcess first = predictor.begin(1);
            for (int slot = 1; slot <= settings.count(); slot++) predictor.keep(slot, slot == 1 ? first : null);
            return predictor;
        } catch (WorkerEnded e) {
            predictor.stop();
            throw INVALID_ARGUMENT.because("The model's Python worker cannot answer: %s", e.getMessage());
        }
    }

    private WorkerProcess begin(int slot) throws WorkerEnded {
        WorkerProcess worker = WorkerProcess.start("worker %d of %s".formatted(slot, model), site);
        workers.add(worker);
        desk.give(worker);
        return worker;
    }

    /// Sees to it that there is a worker in this slot.
    private void keep(int slot, @Nullable WorkerProcess first) {
        Thread.ofVirtual().name("keeper %d of %s".formatted(slot, model)).start(() -> {
            try {
                keepOne(slot, first);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void keepOne(int slot, @Nullable WorkerProcess first) throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        @Nullable WorkerProcess worker = first;
        while (true) {
            long began = System.nanoTime();
            String end;
            try {
                if (worker == null) worker = begin(slot);
                end = worker.awaitEnd();
                workers.remove(worker);
                desk.remove(worker);
            } catch (WorkerEnded e) {
                end = String.valueOf(e.getMessage());
            }
            worker = null;
            if (closing.getCount() == 0) return;
            if (System.nanoTime() - began > LONG_LIFE.toNanos()) pause = FIRST_PAUSE;
            lastEnd = end;
            lastPause = pause;
            log.warn("worker {} of {} ended and is started again in {} ms: {}", slot, model, pause.toMillis(), end);
            if (closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) return;
            Duration doubled = pause.multipliedBy(2);
            pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
        }
    }

    @Override
    public List<Field> inputs() {
        return inputs;
    }

    /// What was declared; without that, what the first answer had.
    @Override
    public List<Output> outputs() {
        return outputs;
    }

    /// @param policy not asked: what does not fit is the model's own to refuse
    /// @throws Failure INVALID_ARGUMENT when the model refuses the rows or fails; BUSY when too many wait;
    /// UNAVAILABLE when no worker answers
    @Override
    public Prediction predict(Frame rows, InputPolicy policy) {
        return predict(rows, policy, 0);
    }

    @Override
    public Prediction predict(Frame rows, InputPolicy policy, int mostTogether) {
        if (!room.tryAcquire()) {
            throw BUSY.because(
                    "%d requests wait for the %d workers of the model already (serving.workers). Try again in a moment.",
                    MOST_WAITING, site.settings().count());
        }
        try {
            return new Prediction(answer(rows, mostTogether), List.of());
        } catch (OutOfMemoryException e) {
            throw BUSY.because(
                    "The rows on their way to the model's workers take more than %d MB. Send fewer at once.",
                    MOST_MEMORY >> 20);
        } finally {
            room.release();
        }
    }

    private Frame answer(Frame rows, int mostTogether) {
        Desk.Turn turn = turn(rows, mostTogether);
        if (turn instanceof Desk.Turn.Answered(var frame)) return frame;
        if (turn instanceof Desk.Turn.Served(var worker, var along)) {
            if (along.isEmpty()) return answer(rows, worker);
            Frame answer = together(worker, rows, along);
            if (answer != null) return answer;
        }
        return answer(rows, served(turn(rows, 0)));
    }

    /// Asks for several requests at once.
    ///
    /// @return null when that went wrong: then each is asked alone, so that nobody gets what another's rows caused
    private @Nullable Frame together(WorkerProcess worker, Frame rows, List<Desk.Ticket> along) {
        List<Frame> all = new ArrayList<>();
        all.add(rows);
        along.forEach(each -> all.add(each.rows()));
        Frame answer = null;
        try {
            Frame joined = FrameRows.join(all);
            Frame got = ask(worker, joined);
            if (got.rows() == joined.rows()) answer = got;
        } catch (WorkerEnded e) {
            log.warn(
                    "a worker of {} ended while it answered {} requests, each is asked alone: {}",
                    model,
                    all.size(),
                    e.getMessage());
        } catch (Failure e) {
            log.debug("{} requests are asked alone, because of one: {}", all.size(), e.message());
        } finally {
            int from = rows.rows();
            for (Desk.Ticket each : along) {
                int count = each.rows().rows();
                desk.end(each, answer == null ? null : FrameRows.part(answer, from, count));
                from += count;
            }
        }
        return answer == null ? null : FrameRows.part(answer, 0, rows.rows());
    }

    private Frame answer(Frame rows, WorkerProcess worker) {
        try {
            return ask(worker, rows);
        } catch (WorkerEnded first) {
            if (first.isTooSlow()) throw tooSlow();
            if (closing.getCount() == 0) throw UNAVAILABLE.because("The model is no longer served here.");
            log.warn("a worker of {} ended while it answered, another is asked: {}", model, first.getMessage());
        }
        try {
            return ask(served(turn(rows, 0)), rows);
        } catch (WorkerEnded second) {
            if (second.isTooSlow()) throw tooSlow();
            throw UNAVAILABLE.because(
                    "Two of the model's workers ended while they computed this request. The server's log has what they"
                            + " said; the usual reason is too little memory (serving.worker-memory, now %d MB).",
                    site.settings().memoryBytes() / 1_000_000);
        }
    }

    private Failure tooSlow() {
        return UNAVAILABLE.because(
                "The model did not answer within %d ms (serving.worker-timeout). Send fewer rows at once.",
                site.settings().timeout().toMillis());
    }

    private Frame ask(WorkerProcess worker, Frame rows) throws WorkerEnded {
        boolean replied = false;
        try {
            WorkerProcess.Reply reply = worker.ask(rows);
            replied = true;
            return switch (reply) {
                case WorkerProcess.Reply.Answered(var frame) -> seen(frame);
                case WorkerProcess.Reply.Refused refused -> throw refused(worker, refused);
            };
        } finally {
            if (replied) desk.give(worker);
            else worker.end();
        }
    }

    /// @param turn of a request that goes alone
    private static WorkerProcess served(Desk.Turn turn) {
        if (turn instanceof Desk.Turn.Served(var worker, var _)) return worker;
        throw new IllegalStateException("a request that goes alone was taken along");
    }

    /// What nobody waits for any more is not computed.
    private Failure handedOn(Desk.Turn.Served served) {
        served.along().forEach(each -> desk.end(each, null));
        desk.give(served.worker());
        return UNAVAILABLE.because("Whoever asked has hung up, or its deadline has passed, before a worker was free.");
    }

    /// @return no [Desk.Turn.TooLate]
    private Desk.Turn turn(Frame rows, int mostTogether) {
        Duration wait = site.settings().timeout().compareTo(LONGEST_WAIT) < 0
                ? site.settings().timeout()
                : LONGEST_WAIT;
        try {
            Desk.Turn turn = desk.turn(rows, mostTogether, wait.toNanos());
            if (turn instanceof Desk.Turn.Served served && Listener.isGone()) throw handedOn(served);
            if (!(turn instanceof Desk.Turn.TooLate)) return turn;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UNAVAILABLE.because("The server is stopping.");
        }
        if (workers.isEmpty()) {
            throw UNAVAILABLE
                    .because(
                            "The model has no worker now; they are being started again. The last one: %s",
                            lastEnd.lines().reduce("", (before, line) -> line))
                    .after(lastPause);
        }
        throw BUSY.because(
                "All %d workers of the model were busy for %d ms (serving.workers). Try again in a moment.",
                site.settings().count(), wait.toMillis());
    }

    private Frame seen(Frame answer) {
        if (outputs.isEmpty()) {
            List<Output> found = new ArrayList<>();
            for (Column column : answer.columns())
                found.add(new Output(column.name(), column.name(), column.type(), column.isFlat()));
            outputs = List.copyOf(found);
        }
        return answer;
    }

    private Failure refused(WorkerProcess worker, WorkerProcess.Reply.Refused refused) {
        if (!refused.trace().isEmpty()) log.warn("{} failed:\n{}", worker.name(), refused.trace());
        return switch (refused.kind()) {
            case "memory" ->
                UNAVAILABLE.because(
                        "The model needs more memory for these rows than a worker may have (serving.worker-memory, now %d"
                                + " MB). Send fewer rows at once.",
                        site.settings().memoryBytes() / 1_000_000);
            case "answer" -> UNSUPPORTED.because("%s", refused.message());
            default -> INVALID_ARGUMENT.because("The model refused the rows: %s", refused.message());
        };
    }

    /// What the workers have in memory; 0 where the system does not tell.
    @Override
    public long memoryBytes() {
        return workers.stream().mapToLong(WorkerProcess::memoryBytes).sum();
    }

    /// Processes that have loaded the model.
    List<Long> pids() {
        return workers.stream().map(WorkerProcess::pid).toList();
    }

    /// Workers that nobody asks now.
    int free() {
        return desk.free();
    }

    /// What happens when this process is killed.
    void closeStandardInputs() {
        workers.forEach(WorkerProcess::closeStandardInput);
    }

    private void stop() {
        closing.countDown();
        site.close();
        Folders.remove(site.work());
        try {
            memory.close();
        } catch (IllegalStateException e) {
            log.warn("rows of {} were on their way when it was closed", model, e);
        }
    }

    /// Ends the processes and removes the model's folder.
    @Override
    public void close() {
        stop();
        Folders.remove(site.model());
    }
}
