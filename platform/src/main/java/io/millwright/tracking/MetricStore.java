package io.millwright.tracking;

import io.millwright.ledger.Sql;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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

    private record Series(long id, MetricPoint latest) {}

    /// Appends points of one run. A point that is there already stays as it is.
    void append(Sql sql, RunInfo run, List<MetricPoint> points) {
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

    /// Makes the point the latest of its series if it is; the id of the series.
    private long advance(Sql sql, RunInfo run, MetricPoint point) {
        Optional<Series> known = sql
                .query(
                        "select id, step, at, value, is_nan from metric_series where run = ? and key = ?",
                        row -> new Series(
                                row.getLong(1),
                                new MetricPoint(
                                        point.key(),
                                        MetricPoint.load(row.getDouble(4), row.getInt(5)),
                                        row.getLong(3),
                                        row.getLong(2))),
                        run.no(),
                        point.key())
                .stream()
                .findFirst();
        if (known.isEmpty()) {
            return sql.query(
                            "insert into metric_series (run, experiment, key, step, at, value, is_nan) values (?, ?, ?, ?, ?, ?, ?) returning id",
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
        Series series = known.get();
        if (point.isLaterThan(series.latest())) {
            // The condition stands again in the statement: on PostgreSQL another writer may have been here since.
            sql.update(
                    "update metric_series set step = ?, at = ?, value = ?, is_nan = ? where id = ? and (step, at, value) < (?, ?, ?)",
                    point.step(),
                    point.timestampMillis(),
                    point.storedValue(),
                    point.nanFlag(),
                    series.id(),
                    point.step(),
                    point.timestampMillis(),
                    point.storedValue());
        }
        return series.id();
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

    /// Points whose step lies in a range, ordered by (step, timestamp, value).
    History between(Sql sql, long series, long fromStep, long toStep) {
        History points = new History();
        sql.scan(
                "select at, step, value, is_nan from metric_points where series = ? and step between ? and ? order by step, at, value",
                row -> points.add(row.getLong(1), row.getLong(2), MetricPoint.load(row.getDouble(3), row.getInt(4))),
                series,
                fromStep,
                toStep);
        return points;
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
