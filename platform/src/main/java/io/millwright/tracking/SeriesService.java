package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.ledger.Db;
import io.millwright.ledger.Sql;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// The histories of metrics, thinned to the width of a chart.
public final class SeriesService {
    /// Reading is work of the processor: more at once would only take readers from others.
    private static final int AT_ONCE = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);

    private final Db db;
    private final RunStore runs = new RunStore();
    private final MetricStore metrics = new MetricStore();

    SeriesService(Db db) {
        this.db = db;
    }

    /// One metric of one run.
    record Series(String runId, String key, long id) {}

    /// What of each series is wanted.
    ///
    /// @param from the lowest x
    /// @param to the highest x
    /// @param width how many buckets the range of each series is divided into
    record View(MetricStore.Axis axis, long from, long to, int width) {}

    /// A series as it is drawn.
    ///
    /// @param total how many points it has in the range
    record Reduced(long total, SeriesPoints points) {}

    /// Each of the keys in each of the runs, as far as it was logged and may be read.
    List<Series> find(List<String> runIds, List<String> keys) {
        return db.read(sql -> {
            Map<Long, String> readable = new LinkedHashMap<>();
            for (String id : runIds)
                runs.find(sql, ExperimentService.workspace(), id)
                        .filter(RunService::isReadable)
                        .ifPresent(run -> readable.put(run.no(), id));
            List<Series> found = new ArrayList<>();
            for (String key : keys) {
                metrics.seriesOf(sql, List.copyOf(readable.keySet()), key)
                        .forEach((run, id) -> found.add(new Series(readable.getOrDefault(run, ""), key, id)));
            }
            return found;
        });
    }

    /// Takes a series as it is drawn.
    @FunctionalInterface
    interface Visitor {
        void visit(Series series, Reduced reduced);
    }

    /// Reads the series one after the other, some ahead of the one that is visited.
    void each(List<Series> found, View view, Visitor visitor) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Deque<Future<Reduced>> ahead = new ArrayDeque<>();
            int begun = 0;
            for (Series series : found) {
                while (begun < found.size() && ahead.size() < AT_ONCE) {
                    Series next = found.get(begun++);
                    ahead.add(threads.submit(() -> reduce(next, view)));
                }
                visitor.visit(series, result(ahead.remove()));
            }
        }
    }

    private static Reduced result(Future<Reduced> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) throw cause;
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UNAVAILABLE.because("The server is stopping. Try again.");
        }
    }

    /// A series with all its points when they are few, thinned otherwise.
    Reduced reduce(Series series, View view) {
        return db.read(sql -> {
            MetricStore.Ends ends = metrics.ends(sql, series.id(), view.axis());
            SeriesReduction reduction = read(sql, series, view, ends.first(), ends.last());
            if (reduction.cameFromBefore()) {
                reduction = read(sql, series, view, metrics.leastStep(sql, series.id()), ends.last());
            }
            return new Reduced(reduction.count(), reduction.kept());
        });
    }

    private SeriesReduction read(Sql sql, Series series, View view, long first, long last) {
        long from = Math.max(view.from(), first);
        var reduction = new SeriesReduction(from, Math.min(view.to(), last), view.width());
        metrics.walk(sql, series.id(), view.axis(), view.from(), view.to(), reduction::add);
        return reduction;
    }
}
