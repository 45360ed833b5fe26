package io.millwright.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.ledger.Db;
import io.millwright.tracking.MetricStore.Axis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What charts are drawn from, on every database.
abstract class SeriesContract {
    @TempDir
    Path home;

    private TestTracking tracking;
    private SeriesService service;
    private RunInfo run;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        tracking = new TestTracking(open(home), home);
        service = tracking.slice.series();
        run = tracking.newRun(tracking.newExperiment("census"), "a");
    }

    @AfterEach
    void close() {
        tracking.close();
    }

    record Point(long x, double y) {}

    @Test
    void few_points_come_whole_and_by_x() {
        log(new MetricPoint("m", 1, 30, 2), new MetricPoint("m", 2, 20, 5), new MetricPoint("m", Double.NaN, 10, 3));

        assertThat(points("m", Axis.STEP, Long.MIN_VALUE, Long.MAX_VALUE, 10))
                .containsExactly(new Point(2, 1), new Point(3, Double.NaN), new Point(5, 2));
        assertThat(points("m", Axis.TIME, Long.MIN_VALUE, Long.MAX_VALUE, 10))
                .containsExactly(new Point(10, Double.NaN), new Point(20, 2), new Point(30, 1));
        assertThat(points("m", Axis.STEP, 3, 4, 10)).containsExactly(new Point(3, Double.NaN));
        assertThat(points("m", Axis.TIME, 31, 99, 10)).isEmpty();
    }

    @Test
    void a_long_series_keeps_the_first_lowest_highest_and_last_of_each_bucket_and_a_nan() {
        Random random = new Random(9);
        List<MetricPoint> all = new ArrayList<>();
        for (int i = 0; i < 900; i++) {
            double value = switch (random.nextInt(20)) {
                case 0 -> Double.NaN;
                case 1 -> Double.POSITIVE_INFINITY;
                case 2 -> Double.NEGATIVE_INFINITY;
                default -> random.nextGaussian();
            };
            // Steps that come late and times that stand still are allowed; the same step twice too.
            MetricPoint point = new MetricPoint("m", value, 1_760_000_000_000L + i / 3, random.nextInt(700) - 100);
            if (!all.contains(point)) all.add(point);
        }
        log(all.toArray(MetricPoint[]::new));

        for (Axis axis : Axis.values()) {
            for (int width : List.of(1, 7, 60)) {
                for (long from : List.of(-50L, Long.MIN_VALUE)) {
                    List<MetricPoint> inRange = all.stream()
                            .filter(point -> x(axis, point) >= from)
                            .sorted(Comparator.comparingLong(MetricPoint::timestampMillis)
                                    .thenComparingLong(MetricPoint::step)
                                    .thenComparingDouble(MetricPoint::storedValue)
                                    .thenComparingInt(MetricPoint::nanFlag))
                            .toList();
                    List<Point> drawn = points("m", axis, from, Long.MAX_VALUE, width);

                    assertThat(drawn)
                            .isSortedAccordingTo(Comparator.comparingLong(Point::x))
                            .hasSizeLessThanOrEqualTo(SeriesReduction.MOST_KEPT * width);
                    assertThat(drawn)
                            .as("%s %d", axis, width)
                            .containsExactlyInAnyOrderElementsOf(expected(axis, all, inRange, from, width));
                }
            }
        }
    }

    /// Straight from the definition, bucket by bucket.
    private static List<Point> expected(
            Axis axis, List<MetricPoint> all, List<MetricPoint> points, long from, int width) {
        long first =
                Math.max(from, all.stream().mapToLong(p -> x(axis, p)).min().orElseThrow());
        long last = all.stream().mapToLong(p -> x(axis, p)).max().orElseThrow();
        Map<Long, List<MetricPoint>> buckets = new TreeMap<>();
        for (MetricPoint point : points) {
            long bucket = (x(axis, point) - first) * width / (last - first + 1);
            buckets.computeIfAbsent(bucket, b -> new ArrayList<>()).add(point);
        }
        Comparator<MetricPoint> byX = Comparator.comparingLong(p -> x(axis, p));
        List<Point> kept = new ArrayList<>();
        for (List<MetricPoint> bucket : buckets.values()) {
            List<MetricPoint> numbers =
                    bucket.stream().filter(p -> !Double.isNaN(p.value())).toList();
            Set<MetricPoint> chosen = new LinkedHashSet<>();
            numbers.stream().min(byX).ifPresent(chosen::add);
            numbers.stream().min(Comparator.comparingDouble(MetricPoint::value)).ifPresent(chosen::add);
            numbers.stream().reduce((a, b) -> b.value() > a.value() ? b : a).ifPresent(chosen::add);
            numbers.stream().reduce((a, b) -> x(axis, b) >= x(axis, a) ? b : a).ifPresent(chosen::add);
            bucket.stream().filter(p -> Double.isNaN(p.value())).min(byX).ifPresent(chosen::add);
            chosen.forEach(p -> kept.add(new Point(x(axis, p), p.value())));
        }
        return kept;
    }

    @Test
    void only_series_that_are_there_and_may_be_read_are_found() throws Exception {
        RunInfo other = tracking.newRun(run.experiment(), "b");
        log(new MetricPoint("m", 1, 1, 1), new MetricPoint("n", 1, 1, 1));
        tracking.runs().logMetric(other.id(), new MetricPoint("m", 2, 1, 1), Optional.empty());

        assertThat(found("m", "n", "none"))
                .containsExactlyInAnyOrder(run.id() + " m", run.id() + " n", other.id() + " m");
        FixedAccess.onlyRuns(other.id()).context().call(() -> {
            assertThat(found("m", "n")).containsExactly(other.id() + " m");
            return 0;
        });
        TestTracking.workspace("other").call(() -> {
            assertThat(found("m")).isEmpty();
            return 0;
        });
    }

    private List<String> found(String... keys) {
        List<String> ids = tracking
                .runs()
                .find(List.of(run.experiment()), "", List.of(), ViewType.ALL, 10, Optional.empty())
                .items()
                .stream()
                .map(RunInfo::id)
                .toList();
        List<String> asked = new ArrayList<>(ids);
        asked.add("0123456789abcdef0123456789abcdef");
        return service.find(asked, List.of(keys)).stream()
                .map(series -> series.runId() + " " + series.key())
                .toList();
    }

    private void log(MetricPoint... points) {
        tracking.runs().logBatch(run.id(), new Batch(List.of(points), List.of(), Map.of(), List.of()));
    }

    private List<Point> points(String key, Axis axis, long from, long to, int width) {
        var series = service.find(List.of(run.id()), List.of(key)).getFirst();
        var reduced = service.reduce(series, new SeriesService.View(axis, from, to, width));
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < reduced.points().size(); i++)
            points.add(new Point(reduced.points().x(i), reduced.points().y(i)));
        return points;
    }

    private static long x(Axis axis, MetricPoint point) {
        return axis == Axis.STEP ? point.step() : point.timestampMillis();
    }
}
