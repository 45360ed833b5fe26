package io.millwright.serving.worker;

import io.millwright.serving.predict.Frame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

/// A process of Python that answers for one model, one request at a time. Whoever holds it is the only one.
///
/// Its standard input is never written to: when this process ends, however it does, the worker's end of it
/// is closed and the kernel ends the worker.
final class WorkerProcess {
    private static final Duration STARTED_WITHIN = Duration.ofMinutes(5);
    private static final long MOST_ANSWERED = 64 << 20;

    private final String name;
    private final Process process;
    private final WorkerOutput output;
    private final SocketChannel channel;
    private final Site site;
    private long requests;
    private volatile boolean tooSlow;

    /// What all workers of a model have in common.
    ///
    /// @param model its folder
    /// @param work where they run, and leave what is temporary
    /// @param memory for the rows on their way
    /// @param timer ends what takes too long; is shut down when there are to be no workers any more
    /// @param running all processes, those that are loading the model too
    record Site(
            PythonEnvironments.Environment environment,
            Path model,
            Path work,
            WorkerSettings settings,
            BufferAllocator memory,
            ScheduledExecutorService timer,
            Set<Process> running) {
        /// Ends all workers there are, and all that are about to start.
        void close() {
            timer.shutdownNow();
            List<Process> all = List.copyOf(running);
            all.forEach(WorkerProcess::end);
            // Until they have ended they may write into their folder.
            for (Process process : all) awaitEnd(process);
        }

        private static void awaitEnd(Process process) {
            try {
                process.waitFor(2, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private WorkerProcess(String name, Process process, WorkerOutput output, SocketChannel channel, Site site) {
        this.name = name;
        this.process = process;
        this.output = output;
        this.channel = channel;
        this.site = site;
    }

    /// Starts one and waits until it has loaded the model.
    ///
    /// @throws WorkerEnded when it does not come up, with what it said last
    static WorkerProcess start(String name, Site site) throws WorkerEnded {
        Path folder = null;
        try {
            // Only its owner may enter it. The names of sockets must be short, so it does not lie in the home.
            folder = Files.createTempDirectory("millwright-");
            return start(name, site, folder.resolve("socket"));
        } catch (IOException e) {
            throw new WorkerEnded("it could not be started: " + e.getMessage(), false);
        } finally {
            // Connected sockets need no name.
            if (folder != null) Folders.remove(folder);
        }
    }

    private static WorkerProcess start(String name, Site site, Path socket) throws IOException, WorkerEnded {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            int threads = Math.max(
                    1,
                    Runtime.getRuntime().availableProcessors() / site.settings().count());
            Process process = site.environment()
                    .start(
                            List.of(
                                    "-m",
                                    "millwright.worker",
                                    site.model().toString(),
                                    socket.toString(),
                                    String.valueOf(site.settings().memoryBytes())),
                            site.work(),
                            Map.of(
                                    "OMP_NUM_THREADS",
                                    String.valueOf(threads),
                                    "MALLOC_ARENA_MAX",
                                    "2",
                                    "MLFLOW_DISABLE_TELEMETRY",
                                    "true"));
            site.running().add(process);
            if (site.timer().isShutdown()) end(process);
            WorkerOutput output = WorkerOutput.of(name, process);
            ScheduledFuture<?> timeout =
                    site.timer().schedule(() -> end(process), STARTED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
            var _ = process.onExit().thenRun(() -> {
                site.running().remove(process);
                close(server);
            });
            try {
                WorkerProcess worker = new WorkerProcess(name, process, output, server.accept(), site);
                worker.expectReady();
                return worker;
            } catch (IOException | RuntimeException e) {
                end(process);
                throw new WorkerEnded("it did not come up: " + said(process, output), false);
            } finally {
                timeout.cancel(false);
            }
        }
    }

    private static void close(AutoCloseable what) {
        try {
            what.close();
        } catch (Exception e) {
            // Then it is closed already.
        }
    }

    private void expectReady() throws IOException {
        try (ArrowStreamReader reader = new ArrowStreamReader(new Answer(), site.memory())) {
            String id =
                    reader.getVectorSchemaRoot().getSchema().getCustomMetadata().get("id");
            if (!"ready".equals(id)) throw new IOException("an answer before a question");
            drain(reader);
        }
    }

    private static String said(Process process, WorkerOutput output) {
        try {
            if (!process.waitFor(2, TimeUnit.SECONDS)) return "it goes on without answering";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "the server is stopping";
        }
        String last = output.last();
        int code = process.exitValue();
        String how = code > 128 ? "it was ended by signal " + (code - 128) : "it ended with exit code " + code;
        return last.isEmpty() ? how : how + " and said:\n" + last;
    }

    /// What a worker says to rows.
    sealed interface Reply {
        record Answered(Frame frame) implements Reply {}

        /// @param kind `model`, `memory` or `answer`, see millwright/worker/__init__.py
        /// @param trace for the log
        record Refused(String kind, String message, String trace) implements Reply {}
    }

    /// Asks it. A worker that did not reply must not be asked again.
    ///
    /// @throws WorkerEnded when it ended meanwhile, or was ended because it took too long
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT for rows that are not sent
    Reply ask(Frame rows) throws WorkerEnded {
        String id = String.valueOf(++requests);
        try (VectorSchemaRoot root = ArrowFrames.write(rows, told(id, rows.params()), site.memory())) {
            ScheduledFuture<?> timeout = site.timer()
                    .schedule(
                            () -> {
                                tooSlow = true;
                                end();
                            },
                            site.settings().timeout().toMillis(),
                            TimeUnit.MILLISECONDS);
            try {
                // Not closed: that would close the socket, too.
                ArrowStreamWriter writer = new ArrowStreamWriter(root, null, new Question());
                writer.start();
                writer.writeBatch();
                writer.end();
                return reply(id);
            } finally {
                timeout.cancel(false);
            }
        } catch (IOException e) {
            end();
            throw new WorkerEnded(tooSlow ? "it took too long" : said(process, output), tooSlow);
        }
    }

    private static Map<String, String> told(String id, String params) {
        return params.isEmpty() ? Map.of("id", id) : Map.of("id", id, "params", params);
    }

    private Reply reply(String id) throws IOException {
        try (ArrowStreamReader reader = new ArrowStreamReader(new Answer(), site.memory())) {
            VectorSchemaRoot root = reader.getVectorSchemaRoot();
            Map<String, String> told = root.getSchema().getCustomMetadata();
            if (!id.equals(told.get("id"))) throw new IOException("an answer to another question");
            String kind = told.get("error");
            if (kind != null) {
                drain(reader);
                return new Reply.Refused(kind, told.getOrDefault("message", ""), told.getOrDefault("trace", ""));
            }
            Frame.Form form =
                    Frame.Form.valueOf(told.getOrDefault("form", "values").toUpperCase(Locale.ROOT));
            // An answer without rows may come without a batch.
            reader.loadNextBatch();
            Frame frame = ArrowFrames.read(root, form);
            drain(reader);
            return new Reply.Answered(frame);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IOException("an answer that cannot be read", e);
        }
    }

    /// To the end of the stream, so that the next begins where it should.
    private static void drain(ArrowStreamReader reader) throws IOException {
        while (reader.loadNextBatch()) {
            if (reader.getVectorSchemaRoot().getRowCount() > 0) throw new IOException("an answer in two batches");
        }
    }

    private final class Question implements WritableByteChannel {
        @Override
        public int write(ByteBuffer bytes) throws IOException {
            return channel.write(bytes);
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() {
            // The socket stays open for the next question.
        }
    }

    private final class Answer implements ReadableByteChannel {
        private long left = MOST_ANSWERED;

        @Override
        public int read(ByteBuffer bytes) throws IOException {
            int read = channel.read(bytes);
            left -= Math.max(0, read);
            if (left < 0) throw new IOException("an answer of more than " + MOST_ANSWERED + " bytes");
            return read;
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() {
            // The socket stays open for the next answer.
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String name() {
        return name;
    }

    long pid() {
        return process.pid();
    }

    /// What it has in memory; 0 where the system does not tell.
    long memoryBytes() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid() + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException | UncheckedIOException e) {
            return 0; // It has ended, or this is no Linux.
        }
    }

    /// Waits until it has ended.
    ///
    /// @return how it did
    String awaitEnd() throws InterruptedException {
        process.waitFor();
        close(channel);
        return said(process, output);
    }

    /// Ends it with its children.
    void end() {
        end(process);
        close(channel);
    }

    void closeStandardInput() {
        close(process.getOutputStream());
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        // Whoever it left behind in its group is ended by the kernel now.
        close(process.getOutputStream());
    }
}
