package io.millwright.server;

import io.millwright.tracking.imports.ImportCounts;
import io.millwright.tracking.imports.ImportCounts.Of;
import io.millwright.tracking.imports.ImportReport;
import java.io.Console;
import java.io.PrintStream;
import java.util.OptionalLong;

/// Shows how far an import is: one line that is written over on a terminal, now and then a line elsewhere.
final class ImportProgress implements AutoCloseable {
    private static final int BAR = 24;
    private static final long TERMINAL_EVERY_MILLIS = 200;
    private static final long LOG_EVERY_MILLIS = 5_000;

    private final ImportCounts counts;
    private final OptionalLong total;
    private final boolean terminal;
    private final PrintStream out = System.err;
    private final long began = System.nanoTime();
    private final Thread thread = Thread.ofVirtual().name("import-progress").unstarted(this::loop);
    private int longest;

    private ImportProgress(ImportCounts counts, OptionalLong total) {
        this.counts = counts;
        this.total = total;
        Console console = System.console(); // Null when the output goes to a pipe or a file (JDK 25).
        this.terminal = console != null && console.isTerminal();
    }

    static ImportProgress start(ImportCounts counts, OptionalLong totalRuns) {
        ImportProgress progress = new ImportProgress(counts, totalRuns);
        progress.thread.start();
        return progress;
    }

    private void loop() {
        try {
            while (true) {
                Thread.sleep(terminal ? TERMINAL_EVERY_MILLIS : LOG_EVERY_MILLIS);
                show();
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private void show() {
        String line = line();
        longest = Math.max(longest, line.length());
        if (terminal) out.print("\r" + line + " ".repeat(longest - line.length()));
        else out.println(line);
        out.flush();
    }

    String line() {
        long runs = counts.runs();
        double seconds = Math.max(0.001, (System.nanoTime() - began) / 1e9);
        String speed = "%,.0f/s".formatted(runs / seconds);
        String rest = "%,d points  %,d files  %s"
                .formatted(
                        counts.get(Of.METRIC_POINTS),
                        counts.get(Of.ARTIFACT_FILES),
                        ImportReport.bytes(counts.get(Of.ARTIFACT_BYTES)));
        if (total.isEmpty() || total.getAsLong() == 0) return "%,d runs  %s  %s".formatted(runs, speed, rest);
        double part = Math.min(1, (double) runs / total.getAsLong());
        int full = (int) (part * BAR);
        return "[%s%s] %3.0f %%  %,d of %,d runs  %s  %s"
                .formatted("#".repeat(full), "-".repeat(BAR - full), part * 100, runs, total.getAsLong(), speed, rest);
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        show();
        if (terminal) out.println();
    }
}
