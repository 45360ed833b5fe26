package io.millwright.tracking;

import io.millwright.ledger.Sql;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The SQL of metrics: one row a series with its latest point, and the points themselves.
final class MetricStore {
    private static final String INSERT_POINT =
            "insert into metric_points (series, at, step, value, is_nan) values (?, ?, ?, ?, ?) on conflict do nothing";
    private static final String UNNEST_POINTS = "insert into metric_points (series, at, step, value, is_nan)"
            + " select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::float8[], ?::int[]) on conflict do nothing";

    /// A page of one metric's history, as columns.
    static final class History {
        long[] at = new long[64];
        long[] step = new long[64];
        double[] value = new double[64];
        int size;

        void add(long timestamp, long stepNumber, double number) {
            if (size == at.length) {
                at = java.util.Arrays.copyOf(at, size * 2);
                step = java.util.Arrays.copyOf(step, size * 2);
                value = java.util.Arrays.copyOf(value, size * 2);
            }
            at[size] = timestamp;
            step[size] = stepNumber;
            value[size++] = number;
        }
    }

    /// Where a page of a history begins: after this point.
    record After(long at, long step, double value, int nanFlag) {}

    /// Appends points of one run. A point that is there already stays as it is.
    void append(Sql sql, RunKey run, List<MetricPoint> points) {
        Map<String, MetricPoint> latest = new LinkedHashMap<>();
        for (MetricPoint point : points) {
            latest.merge(point.key(), point, (a, b) -> b.isLaterThan(a) ? b : a);
        }
        Map<String, Long> ids = new LinkedHashMap<>(latest.size() * 2);
        latest.forEach((key, point) -> ids.put(key, advance(sql, run, point)));
        int n = points.size();
        long[] series = new long[n];
        long[] at = new long[n];
        long[] step = new long[n];
        double[] value = new double[n];
        int[] nan = new int[n];
        for (int i = 0; i < n; i++) {
            MetricPoint point = points.get(i);
            series[i] = ids.getOrDefault(point.key(), -1L);
            at[i] = point.timestampMillis();
            step[i] = point.step();
            value[i] = point.storedValue();
            nan[i] = point.nanFlag();
        }
        sql.insertColumns(INSERT_POINT, UNNEST_POINTS, n, series, at, step, value, nan);
    }

    /// Makes the point the latest of its series if it is; the id of the series. Points usually come in order, so the
    /// first statement is usually the only one.
    private long advance(Sql sql, RunKey run, MetricPoint point) {
        List<Long> advanced = sql.query(
                "update metric_series set step = ?, at = ?, value = ?, is_nan = ? where run = ? and key = ?"
                        + " and (step, at, value) < (?, ?, ?) returning id",
                row -> row.getLong(1),
                point.step(),
                point.timestampMillis(),
                point.storedValue(),
                point.nanFlag(),
                run.no(),
                point.key(),
                point.step(),
                point.timestampMillis(),
                point.storedValue());
        if (!advanced.isEmpty()) return advanced.getFirst();
        return series(sql, run.no(), point.key()).orElseGet(() -> insertSeries(sql, run, point));
    }

    private static long insertSeries(Sql sql, RunKey run, MetricPoint point) {
        return sql.query(
                        "insert into metric_series (run, experiment, key, step, at, value, is_nan)"
                                + " values (?, ?, ?, ?, ?, ?, ?) returning id",
                        row -> row.getLong(1),
                        run.no(),
                        run.experiment(),
                        point.key(),
                        point.step(),
                        point.timestampMillis(),
                        point.storedValue(),
                        point.nanFlag())
                .getFirst();
    }

    Optional<Long> series(Sql sql, long run, String key) {
        return sql
                .query("select id from metric_series where run = ? and key = ?", row -> row.getLong(1), run, key)
                .stream()
                .findFirst();
    }

    /// Points in the order (timestamp, step, value): one range scan from where the last page ended.
    History history(Sql sql, long series, @org.jspecify.annotations.Nullable After after, long limit) {
        History page = new History();
        Sql.RowVisitor add =
                row -> page.add(row.getLong(1), row.getLong(2), MetricPoint.load(row.getDouble(3), row.getInt(4)));
        String select = "select at, step, value, is_nan from metric_points where series = ?";
        String order = " order by at, step, value, is_nan limit ?";
        if (after == null) sql.scan(select + order, add, series, limit);
        else {
            sql.scan(
                    select + " and (at, step, value, is_nan) > (?, ?, ?, ?)" + order,
                    add,
                    series,
                    after.at(),
                    after.step(),
                    after.value(),
                    after.nanFlag(),
                    limit);
        }
        return page;
    }

    /// At most `most` of the points whose step lies in a range, ordered by (step, timestamp, value).
    History sample(Sql sql, long series, long fromStep, long toStep, int most) {
        String from = " from metric_points where series = ? and step between ? and ?";
        long total = sql.query("select count(*)" + from, row -> row.getLong(1), series, fromStep, toStep)
                .getFirst();
        MetricSampling sampling = new MetricSampling(total, most);
        sql.scan(
                "select at, step, value, is_nan" + from + " order by step, at, value",
                row -> sampling.add(row.getLong(1), row.getLong(2), MetricPoint.load(row.getDouble(3), row.getInt(4))),
                series,
                fromStep,
                toStep);
        return sampling.kept();
    }

    /// What a chart of a metric runs along.
    enum Axis {
        STEP("step"),
        TIME("at");

        private final String column;

        Axis(String column) {
            this.column = column;
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Where a series begins and ends.
    record Ends(long first, long last) {}

    /// By seeks alone. Along steps the first is that of the earliest point: later ones may lie before it, which
    /// [#leastStep] tells.
    Ends ends(Sql sql, long series, Axis axis) {
        String earliest = "(select " + axis.column + " from metric_points where series = ? order by at, step limit 1)";
        // The latest point of a series is the one with the greatest step.
        String last = axis == Axis.STEP
                ? "(select step from metric_series where id = ?)"
                : "(select at from metric_points where series = ? order by at desc limit 1)";
        return sql.query(
                        "select " + earliest + ", " + last,
                        row -> new Ends(row.getLong(1), row.getLong(2)),
                        series,
                        series)
                .getFirst();
    }

    long leastStep(Sql sql, long series) {
        return sql.query("select min(step) from metric_points where series = ?", row -> row.getLong(1), series)
                .getFirst();
    }

    /// Takes a point of a chart; y may be NaN.
    @FunctionalInterface
    interface PointVisitor {
        void visit(long x, double y);
    }

    /// The points in a range of x, in the order of their time.
    void walk(Sql sql, long series, Axis axis, long from, long to, PointVisitor visitor) {
        // A column less is a tenth of the time, so NaN comes as null; and so is a condition that all fulfil.
        String select =
                "select " + axis.column + ", case when is_nan = 0 then value end from metric_points where series = ?";
        String order = " order by at, step, value, is_nan";
        Sql.RowVisitor row = one -> {
            long x = one.getLong(1);
            double value = one.getDouble(2);
            visitor.visit(x, value == 0 && one.wasNull() ? Double.NaN : value);
        };
        if (from == Long.MIN_VALUE && to == Long.MAX_VALUE) sql.scan(select + order, row, series);
        else sql.scan(select + " and " + axis.column + " between ? and ?" + order, row, series, from, to);
    }

    /// The series of one key in some runs, by run number.
    Map<Long, Long> seriesOf(Sql sql, List<Long> runs, String key) {
        Map<Long, Long> found = new LinkedHashMap<>();
        if (runs.isEmpty()) return found;
        String in = String.join(",", runs.stream().map(String::valueOf).toList());
        sql.scan(
                "select run, id from metric_series where key = ? and run in (" + in + ")",
                row -> found.put(row.getLong(1), row.getLong(2)),
                key);
        return found;
    }

    static List<MetricPoint> toList(String key, History history) {
        List<MetricPoint> points = new ArrayList<>(history.size);
        for (int i = 0; i < history.size; i++)
            points.add(new MetricPoint(key, history.value[i], history.at[i], history.step[i]));
        return points;
    }
}
