package io.millwright.tracking;

import io.millwright.ledger.Sql;
import io.millwright.search.Column;
import io.millwright.search.Compare;
import io.millwright.search.Entity;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/// The SQL of runs as a table: single cells of them, and which names there are.
final class RunTableStore {
    /// A longer text is cut; a cell shows less.
    static final int LONGEST_TEXT = 1_000;

    /// Up to so many runs are looked up one by one.
    private static final int FEW = 3_000;

    private static final String GREATEST = Character.toString(Character.MAX_CODE_POINT);
    private static final String NUMBER = "select f.run, f.key, f.value, f.is_nan from metric_series f";
    private static final String TEXT = "select f.run, f.key, substr(f.value, 1, " + (LONGEST_TEXT + 1) + ") from ";

    private static final Field<?> RUN = DSL.field(RunStore.COLUMNS);
    private static final Field<?> EXPERIMENT_NAME = DSL.field("e.name");
    private static final int NAME_COLUMN = 11;

    @FunctionalInterface
    private interface CellReader {
        @Nullable
        Object read(ResultSet row) throws SQLException;
    }

    /// The runs of one status that began last, in all experiments that are not in the trash: one walk along the index
    /// `runs_recent`, however many experiments there are.
    List<RunTable.Recent> recent(Sql sql, String workspace, RunStatus status, int most, Readable readable) {
        List<RunTable.Recent> found = new ArrayList<>();
        // cross join keeps SQLite from beginning with the experiments.
        var query = sql.dsl()
                .select(RUN, EXPERIMENT_NAME)
                .from("runs r cross join experiments e")
                .where("e.id = r.experiment and e.deleted_at is null and r.workspace = ?", workspace)
                .and("r.deleted = 0 and r.status = " + status.ordinal())
                .and(Compare.inExperiment("r.experiment", readable.experiments(), "r.id", readable.items()))
                .orderBy(DSL.field("r.start_time").desc(), DSL.field("r.id"))
                .limit(DSL.inline(most));
        sql.scan(query, row -> found.add(new RunTable.Recent(RunStore.read(row), row.getString(NAME_COLUMN))));
        return found;
    }

    /// The runs with their cells: one query for each kind of column, however many runs and columns.
    List<RunTable.Row> rows(Sql sql, List<RunInfo> runs, List<Column> columns) {
        if (runs.isEmpty()) return List.of();
        Map<Long, List<@Nullable Object>> cells = new HashMap<>(runs.size() * 2);
        for (RunInfo run : runs) cells.put(run.no(), attributes(run, columns));
        // As in RunStore.withData: our own numbers may stand in the text.
        String in = runs.stream().map(run -> String.valueOf(run.no())).collect(Collectors.joining(","));
        for (Column.Part part : Column.Part.values()) {
            fill(sql, select(part), in, places(columns, Entity.METRIC, part), cells, RunTableStore::number);
        }
        fill(sql, TEXT + "run_params f", in, places(columns, Entity.PARAM, Column.Part.VALUE), cells, row -> {
            return text(row.getString(3));
        });
        fill(sql, TEXT + "run_tags f", in, places(columns, Entity.TAG, Column.Part.VALUE), cells, row -> {
            return text(row.getString(3));
        });
        List<RunTable.Row> rows = new ArrayList<>(runs.size());
        for (RunInfo run : runs) rows.add(new RunTable.Row(run, cells.getOrDefault(run.no(), List.of())));
        return rows;
    }

    /// The extremes come from the history: nothing but these columns touches it.
    private static String select(Column.Part part) {
        return switch (part) {
            case VALUE -> NUMBER;
            case MIN -> extreme("min");
            case MAX -> extreme("max");
        };
    }

    private static String extreme(String function) {
        return "select f.run, f.key, (select " + function
                + "(p.value) from metric_points p where p.series = f.id and p.is_nan = 0), 0 from metric_series f";
    }

    private static @Nullable Object number(ResultSet row) throws SQLException {
        double value = row.getDouble(3);
        return row.wasNull() ? null : (Object) MetricPoint.load(value, row.getInt(4));
    }

    private static String text(String value) {
        return cut(value, LONGEST_TEXT);
    }

    private static String cut(String value, int longest) {
        if (value.codePointCount(0, value.length()) <= longest) return value;
        return value.substring(0, value.offsetByCodePoints(0, longest)) + "…";
    }

    /// The cells of a run as far as the run itself has them.
    private static List<@Nullable Object> attributes(RunInfo run, List<Column> columns) {
        List<@Nullable Object> cells = new ArrayList<>(columns.size());
        for (Column column : columns) {
            boolean own = column.field().entity() == Entity.ATTRIBUTE;
            cells.add(own ? attribute(run, column.field().key()) : null);
        }
        return cells;
    }

    private static @Nullable Object attribute(RunInfo run, String name) {
        return switch (name) {
            case "run_id" -> run.id();
            case "run_name" -> run.name();
            case "user_id" -> run.userId();
            case "artifact_uri" -> run.artifactUri();
            case "start_time" -> run.startTimeMillis();
            case "end_time" ->
                run.endTimeMillis().isPresent() ? run.endTimeMillis().getAsLong() : null;
            default -> run.status().name();
        };
    }

    /// In which columns each key stands.
    private static Map<String, List<Integer>> places(List<Column> columns, Entity entity, Column.Part part) {
        Map<String, List<Integer>> places = new LinkedHashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            if (column.field().entity() == entity && column.part() == part)
                places.computeIfAbsent(column.field().key(), key -> new ArrayList<>())
                        .add(i);
        }
        return places;
    }

    private static void fill(
            Sql sql,
            String select,
            String in,
            Map<String, List<Integer>> places,
            Map<Long, List<@Nullable Object>> cells,
            CellReader reader) {
        if (places.isEmpty()) return;
        String marks = String.join(", ", Collections.nCopies(places.size(), "?"));
        sql.scan(
                select + " where f.run in (" + in + ") and f.key in (" + marks + ")",
                row -> {
                    List<@Nullable Object> cellsOfRun = cells.get(row.getLong(1));
                    if (cellsOfRun == null) return;
                    Object cell = reader.read(row);
                    for (int place : places.getOrDefault(row.getString(2), List.of())) cellsOfRun.set(place, cell);
                },
                places.keySet().toArray());
    }

    /// What groups are asked for.
    ///
    /// @param by a param or a tag
    /// @param columns metrics by their last value
    record GroupQuery(Column by, List<Column> columns, RunGroupOrder order, int most) {}

    /// Gathers the runs of a search by what they have under a param or tag, with the numbers they have in the columns.
    /// There are more than [RunGroups#MOST_RUNS] when it gathers more.
    RunGroups groups(Sql sql, RunSearch search, long experiment, GroupQuery query) {
        List<Column> columns = query.columns();
        RunGroups groups = new RunGroups(columns.size());
        search.eachBy(sql, query.by().field(), RunGroups.LONGEST_VALUE + 1, RunGroups.MOST_RUNS + 1, (run, value) -> {
            groups.put(run, value == null ? null : cut(value, RunGroups.LONGEST_VALUE));
        });
        if (groups.runCount() > RunGroups.MOST_RUNS) return groups;
        RunGroupOrder order = query.order();
        if (order.key() == RunGroupOrder.Key.MEAN) {
            eachNumber(sql, groups, experiment, columns.get(order.column()), groups::order);
        }
        groups.keepFirst(order, query.most());
        for (int i = 0; i < columns.size() && !groups.runs().isEmpty(); i++) {
            int column = i;
            if (order.key() == RunGroupOrder.Key.MEAN && column == order.column()) continue;
            eachNumber(sql, groups, experiment, columns.get(i), (run, value) -> groups.add(column, run, value));
        }
        return groups;
    }

    @FunctionalInterface
    private interface NumberOfRun {
        void take(long run, double value);
    }

    private static void eachNumber(Sql sql, RunGroups groups, long experiment, Column metric, NumberOfRun numbers) {
        // Few runs are looked up by their numbers; else the metric's index is walked, where all that is asked stands.
        String of = groups.runs().size() <= FEW
                ? "f.run in (" + groups.runs().stream().map(String::valueOf).collect(Collectors.joining(",")) + ")"
                : "f.experiment = " + experiment;
        sql.scan(
                "select f.run, f.value from metric_series f where " + of + " and f.key = ? and f.is_nan = 0",
                row -> numbers.take(row.getLong(1), row.getDouble(2)),
                metric.field().key());
    }

    /// Which names are asked for.
    ///
    /// @param prefix empty for all
    /// @param countTo how far the runs of each are counted
    record NameQuery(long experiment, String prefix, int most, int countTo, Readable readable) {
        Condition visible() {
            return Compare.inExperiment("r.experiment", readable.experiments(), "r.id", readable.items());
        }
    }

    /// @param table one that is attached to runs, with an index that begins with (experiment, key)
    RunTable.NameList names(Sql sql, String table, NameQuery query) {
        boolean byExperiment = readsExperiment(query);
        List<RunTable.Name> names = new ArrayList<>();
        boolean[] more = new boolean[1];
        Sql.RowVisitor add = row -> {
            if (row.getInt(3) > query.most()) more[0] = true;
            else if (row.getInt(2) > 0) names.add(new RunTable.Name(row.getString(1), row.getInt(2)));
        };
        sql.scan(byExperiment ? skipping(sql, table, query) : ofShownRuns(sql, table, query), add);
        return new RunTable.NameList(names, more[0]);
    }

    /// Whether a right on the experiment shows its runs, all but a few.
    private static boolean readsExperiment(NameQuery query) {
        return query.readable().experiments().shows(String.valueOf(query.experiment()));
    }

    /// From name to name by the index: its cost goes by the names, not by the runs that have them.
    private static org.jooq.Query skipping(Sql sql, String table, NameQuery query) {
        boolean all = query.readable().items().hidden().isEmpty();
        String next = "(select f.key from " + table + " f where f.experiment = {0} and f.key > ";
        String runs = all ? "" : " join runs r on r.no = f.run";
        return sql.dsl()
                .resultQuery(
                        "with recursive names (name, n) as (select (select f.key from " + table
                                + " f where f.experiment = {0} and f.key >= {1} and f.key < {2} order by f.key limit 1), 1"
                                + " union all select " + next
                                + "names.name and f.key < {2} order by f.key limit 1), names.n + 1"
                                + " from names where names.name is not null and names.n <= {3})"
                                + " select names.name, (select count(*) from (select 1 from " + table + " f" + runs
                                + " where f.experiment = {0} and f.key = names.name and {5} limit {4}) counted), names.n"
                                + " from names where names.name is not null order by names.n",
                        DSL.inline(query.experiment()),
                        DSL.val(query.prefix()),
                        DSL.val(query.prefix() + GREATEST),
                        DSL.inline(query.most()),
                        DSL.inline(query.countTo()),
                        all ? DSL.trueCondition() : query.visible());
    }

    /// For whoever sees single runs only: there are few of them.
    private static org.jooq.Query ofShownRuns(Sql sql, String table, NameQuery query) {
        return sql.dsl()
                .resultQuery(
                        "select f.key, case when count(*) < {4} then count(*) else {4} end,"
                                + " row_number() over (order by f.key) from runs r cross join " + table + " f"
                                + " where r.experiment = {0} and {5} and f.run = r.no and f.key >= {1} and f.key < {2}"
                                + " group by f.key order by f.key limit {3} + 1",
                        DSL.inline(query.experiment()),
                        DSL.val(query.prefix()),
                        DSL.val(query.prefix() + GREATEST),
                        DSL.inline(query.most()),
                        DSL.inline(query.countTo()),
                        query.visible());
    }
}
