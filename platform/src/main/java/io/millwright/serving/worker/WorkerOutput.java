package io.millwright.serving.worker;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a worker prints: told to the log, and its last lines kept for whoever asks why it ended.
///
/// @implNote `last` is guarded by itself; the rest belongs to the listening thread
final class WorkerOutput {
    private static final Logger log = LoggerFactory.getLogger(WorkerOutput.class);
    private static final int KEPT = 20;
    private static final int LONGEST = 1_000;

    /// So many lines are told in [#EACH]; a model may print for every row.
    private static final int MOST = 50;

    private static final long EACH = Duration.ofSeconds(10).toNanos();

    private final String worker;
    private final ArrayDeque<String> last = new ArrayDeque<>();
    private final Thread listener;
    private long since = System.nanoTime();
    private int told;

    private WorkerOutput(String worker, Process process) {
        this.worker = worker;
        // Not a virtual one: it waits in a read that would hold its carrier.
        this.listener = Thread.ofPlatform()
                .daemon()
                .name("output of " + worker)
                .unstarted(() -> listen(process.inputReader(StandardCharsets.UTF_8)));
    }

    static WorkerOutput of(String worker, Process process) {
        WorkerOutput output = new WorkerOutput(worker, process);
        output.listener.start();
        return output;
    }

    private void listen(Reader reader) {
        StringBuilder line = new StringBuilder();
        char[] chars = new char[4096];
        try (reader) {
            for (int read = reader.read(chars); read >= 0; read = reader.read(chars)) {
                for (int i = 0; i < read; i++) {
                    if (chars[i] == '\n') end(line);
                    else if (line.length() < LONGEST) line.append(chars[i]);
                }
            }
        } catch (IOException e) {
            // It ended; what it said until then is kept.
        }
        end(line);
    }

    private void end(StringBuilder line) {
        String text = line.toString().stripTrailing();
        line.setLength(0);
        if (text.isEmpty()) return;
        synchronized (last) {
            if (last.size() == KEPT) last.removeFirst();
            last.addLast(text);
        }
        long now = System.nanoTime();
        if (now - since > EACH) {
            if (told > MOST) log.info("{} printed {} more lines", worker, told - MOST);
            since = now;
            told = 0;
        }
        if (told++ < MOST) log.info("{}: {}", worker, text);
    }

    /// The last lines of a worker that has ended.
    String last() {
        try {
            listener.join(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (last) {
            return last.stream().collect(Collectors.joining("\n"));
        }
    }
}
