package io.millwright.tracking;

import io.millwright.kernel.Page;
import io.millwright.ledger.Sql;
import io.millwright.search.Clause;
import io.millwright.search.Compare;
import io.millwright.search.Comparison;
import io.millwright.search.Entity;
import io.millwright.search.FilterParser;
import io.millwright.search.Order;
import io.millwright.search.OrderParser;
import io.millwright.search.PageToken;
import io.millwright.search.SearchKind;
import io.millwright.search.SortKeys;
import io.millwright.search.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/// Plans a search for runs into SQL that reads little more than it answers.
///
/// Three ways, chosen per search: clauses that an index shows to match few runs give those runs by number;
/// an order by a metric walks that metric's index; anything else walks the runs by start time.
final class RunSearch {
    private static final List<Field<?>> COLUMNS = List.of(DSL.field(RunStore.COLUMNS));
    private static final int KEY_COLUMN = 11;
    /// Up to so many runs are worth finding by number first.
    private static final int FEW = 3000;
    private static final List<String> STATUS_NAMES =
            Stream.of(RunStatus.values()).map(Enum::name).toList();

    private final String workspace;
    private final List<Long> experiments;
    private final List<Clause> clauses;
    private final List<Order> orders;
    private final ViewType view;
    private final Readable readable;

    RunSearch(
            String workspace,
            List<Long> experiments,
            String filter,
            List<String> orderBy,
            ViewType view,
            Readable readable) {
        this.workspace = workspace;
        this.experiments = experiments;
        this.clauses = FilterParser.parse(SearchKind.RUNS, filter);
        this.orders = OrderParser.parse(SearchKind.RUNS, orderBy);
        this.view = view;
        this.readable = readable;
    }

    Page<RunInfo> page(Sql sql, int size, Optional<String> token) {
        SortKeys keys = sortKeys();
        Optional<List<Object>> position = token.map(keys::parse);
        Compare compare = new Compare(sql.isPostgres());
        Found found = new Found();
        Set<Long> few = few(sql, compare);
        if (few != null) {
            if (!few.isEmpty()) query(sql, compare, keys, position, size, found, From.RUNS, few);
        } else if (firstOrderIsMetric()) {
            // Runs with a number first, walked in the metric's own order; the others come after all of them.
            boolean pastNumbers =
                    position.isPresent() && !position.get().getFirst().equals(0L);
            if (!pastNumbers) query(sql, compare, keys, position, size, found, From.METRIC_INDEX, null);
            if (found.runs.size() <= size) {
                query(
                        sql,
                        compare,
                        keys,
                        pastNumbers ? position : Optional.empty(),
                        size,
                        found,
                        From.RUNS_WITHOUT_NUMBER,
                        null);
            }
        } else {
            query(sql, compare, keys, position, size, found, From.RUNS, null);
        }
        Optional<String> next = found.runs.size() > size
                ? Optional.of(PageToken.encode(found.positions.get(size - 1)))
                : Optional.empty();
        return new Page<>(found.runs.subList(0, Math.min(size, found.runs.size())), next);
    }

    /// How many runs there are, counted no further than `most`.
    int count(Sql sql, int most) {
        Compare compare = new Compare(sql.isPostgres());
        Set<Long> few = few(sql, compare);
        if (few != null && few.isEmpty()) return 0;
        var counted = DSL.selectOne()
                .from("runs r")
                .where(where(compare, few))
                .limit(DSL.inline(most))
                .asTable("counted");
        int[] count = new int[1];
        sql.scan(sql.dsl().selectCount().from(counted), row -> count[0] = row.getInt(1));
        return count[0];
    }

    /// Takes a run and what it has under a key.
    @FunctionalInterface
    interface ValueVisitor {
        void visit(long run, @Nullable String value);
    }

    /// Tells every run there is, at most `most`, with what it has under a param or tag.
    ///
    /// @param longest how many characters of it are told
    void eachBy(Sql sql, io.millwright.search.Field by, int longest, int most, ValueVisitor visitor) {
        Compare compare = new Compare(sql.isPostgres());
        Set<Long> few = few(sql, compare);
        if (few != null && few.isEmpty()) return;
        String table = by.entity() == Entity.PARAM ? "run_params g" : "run_tags g";
        var query = sql.dsl()
                .select(DSL.field("r.no"), DSL.field("substr(g.value, 1, " + longest + ")"))
                .from("runs r")
                .leftJoin(table)
                .on("g.run = r.no and g.key = ?", by.key())
                .where(where(compare, few))
                .limit(DSL.inline(most));
        sql.scan(query, row -> visitor.visit(row.getLong(1), row.getString(2)));
    }

    private enum From {
        RUNS,
        METRIC_INDEX,
        RUNS_WITHOUT_NUMBER
    }

    private static final class Found {
        final List<RunInfo> runs = new ArrayList<>();
        final List<List<Object>> positions = new ArrayList<>();
    }

    private void query(
            Sql sql,
            Compare compare,
            SortKeys keys,
            Optional<List<Object>> position,
            int size,
            Found found,
            From from,
            @Nullable Set<Long> few) {
        Condition where = where(compare, few);
        String tables = from == From.METRIC_INDEX ? "metric_series o0 cross join runs r" : "runs r";
        var select = sql.dsl().select(COLUMNS).select(keys.fields()).from(tables);
        for (int i = from == From.METRIC_INDEX ? 1 : 0; i < orders.size(); i++) {
            String table = orderTable(orders.get(i));
            if (table != null) {
                select = select.leftJoin(table + " o" + i)
                        .on(
                                "o" + i + ".run = r.no and o" + i + ".key = ?",
                                orders.get(i).field().key());
            }
        }
        if (from == From.METRIC_INDEX) {
            where = where.and("o0.run = r.no and o0.experiment in (" + numbers(experiments) + ") and o0.is_nan = 0")
                    .and("o0.key = ?", orders.getFirst().field().key());
            for (Clause clause : clauses) {
                if (clause.field().equals(orders.getFirst().field())) {
                    where = where.and(compare.number("o0.value", clause.comparison(), clause.value()));
                }
            }
        } else if (from == From.RUNS_WITHOUT_NUMBER) {
            where = where.and("(o0.is_nan is null or o0.is_nan <> 0)");
        }
        SortKeys order = from == From.METRIC_INDEX ? sortKeysByMetricIndex() : keys;
        Condition after = from == From.METRIC_INDEX
                ? order.after(position.map(p -> p.subList(1, p.size())))
                : keys.after(position);
        var query =
                select.where(where).and(after).orderBy(order.order()).limit(DSL.inline(size + 1 - found.runs.size()));
        sql.scan(query, row -> {
            found.runs.add(RunStore.read(row));
            found.positions.add(keys.read(row, KEY_COLUMN));
        });
    }

    private Condition where(Compare compare, @Nullable Set<Long> few) {
        Condition where =
                DSL.condition("r.workspace = ?", workspace).and("r.experiment in (" + numbers(experiments) + ")");
        where = where.and(
                switch (view) {
                    case ACTIVE_ONLY -> "r.deleted = 0";
                    case DELETED_ONLY -> "r.deleted = 1";
                    case ALL -> "r.deleted in (0, 1)"; // 2 is on its way out: see TrashStore.
                });
        where = where.and(Compare.inExperiment("r.experiment", readable.experiments(), "r.id", readable.items()));
        if (few != null) where = where.and("r.no in (" + numbers(few) + ")");
        for (Clause clause : clauses) where = where.and(condition(compare, clause));
        return where;
    }

    private boolean firstOrderIsMetric() {
        return !orders.isEmpty() && orders.getFirst().field().entity() == Entity.METRIC;
    }

    private SortKeys sortKeys() {
        SortKeys keys = new SortKeys();
        for (int i = 0; i < orders.size(); i++) add(keys, orders.get(i), "o" + i);
        return keys.integer("r.start_time", false).text("r.id", true);
    }

    /// The same order among runs that all have a number: what an index on the value itself can give.
    private SortKeys sortKeysByMetricIndex() {
        SortKeys keys = new SortKeys().number("o0.value", orders.getFirst().ascending());
        for (int i = 1; i < orders.size(); i++) add(keys, orders.get(i), "o" + i);
        return keys.integer("r.start_time", false).text("r.id", true);
    }

    private static void add(SortKeys keys, Order order, String table) {
        boolean ascending = order.ascending();
        switch (order.field().entity()) {
            case METRIC ->
                keys.integer("coalesce(" + table + ".is_nan, 2)", true)
                        .number("coalesce(" + table + ".value, 0.0)", ascending);
            case PARAM, TAG ->
                keys.integer("case when " + table + ".value is null then 1 else 0 end", true)
                        .text("coalesce(" + table + ".value, '')", ascending);
            case ATTRIBUTE -> {
                switch (order.field().key()) {
                    case "run_id" -> keys.text("r.id", ascending);
                    case "run_name" -> keys.text("r.name", ascending);
                    case "user_id" -> keys.text("r.user_id", ascending);
                    case "artifact_uri" -> keys.text("r.artifact_uri", ascending);
                    case "start_time" -> keys.integer("r.start_time", ascending);
                    case "end_time" ->
                        keys.integer("case when r.end_time is null then 1 else 0 end", true)
                                .integer("coalesce(r.end_time, 0)", ascending);
                    default -> keys.text(STATUS_NAME, ascending);
                }
            }
            case DATASET -> throw new IllegalStateException("the grammar has no order by dataset");
        }
    }

    private static final String STATUS_NAME = "case r.status "
            + Stream.of(RunStatus.values())
                    .map(status -> "when " + status.ordinal() + " then '" + status + "'")
                    .collect(Collectors.joining(" "))
            + " end";

    private static @Nullable String orderTable(Order order) {
        return switch (order.field().entity()) {
            case METRIC -> "metric_series";
            case PARAM -> "run_params";
            case TAG -> "run_tags";
            case ATTRIBUTE, DATASET -> null;
        };
    }

    private static Condition condition(Compare compare, Clause clause) {
        Comparison op = clause.comparison();
        return switch (clause.field().entity()) {
            case ATTRIBUTE -> attribute(compare, clause);
            case METRIC -> attached("metric_series", clause, metric(compare, clause));
            case PARAM -> attached("run_params", clause, compare);
            case TAG -> attached("run_tags", clause, compare);
            case DATASET ->
                switch (clause.field().key()) {
                    case "context" ->
                        DSL.exists(DSL.selectOne()
                                .from("run_dataset_tags f")
                                .where("f.run = r.no and f.key = 'mlflow.data.context'")
                                .and(compare.text("f.value", op, clause.value())));
                    default ->
                        DSL.exists(DSL.selectOne()
                                .from("run_datasets f join datasets d on d.id = f.dataset")
                                .where("f.run = r.no")
                                .and(compare.text(
                                        clause.field().key().equals("digest") ? "d.digest" : "d.name",
                                        op,
                                        clause.value())));
                };
        };
    }

    /// NaN is unequal to any number and compares with none.
    private static Condition metric(Compare compare, Clause clause) {
        Condition value = compare.number("f.value", clause.comparison(), clause.value());
        return clause.comparison() == Comparison.NE
                ? DSL.condition("f.is_nan = 1").or(value)
                : DSL.condition("f.is_nan = 0").and(value);
    }

    private static Condition attached(String table, Clause clause, Compare compare) {
        return switch (clause.comparison()) {
            case IS_NULL ->
                DSL.notExists(DSL.selectOne()
                        .from(table + " f")
                        .where("f.run = r.no and f.key = ?", clause.field().key()));
            case IS_NOT_NULL -> attached(table, clause, DSL.noCondition());
            default -> attached(table, clause, compare.text("f.value", clause.comparison(), clause.value()));
        };
    }

    private static Condition attached(String table, Clause clause, Condition condition) {
        return DSL.exists(DSL.selectOne()
                .from(table + " f")
                .where("f.run = r.no and f.key = ?", clause.field().key())
                .and(condition));
    }

    private static Condition attribute(Compare compare, Clause clause) {
        Comparison op = clause.comparison();
        Value value = clause.value();
        return switch (clause.field().key()) {
            case "run_id" -> compare.text("r.id", op, value);
            case "run_name" -> compare.text("r.name", op, value);
            case "user_id" -> compare.text("r.user_id", op, value);
            case "artifact_uri" -> compare.text("r.artifact_uri", op, value);
            case "start_time" -> compare.integer("r.start_time", op, value);
            case "end_time" -> compare.integer("r.end_time", op, value);
            default -> compare.oneOf("r.status", STATUS_NAMES, 0, op, value);
        };
    }

    /// The runs that every selective clause agrees on, or null when no clause is selective. Each look costs
    /// at most [#FEW] index entries.
    private @Nullable Set<Long> few(Sql sql, Compare compare) {
        Set<Long> few = null;
        for (Clause clause : clauses) {
            Condition indexed = indexed(compare, clause);
            if (indexed == null) continue;
            String table = switch (clause.field().entity()) {
                case METRIC -> "metric_series f";
                case PARAM -> "run_params f";
                default -> "run_tags f";
            };
            Set<Long> matching = new TreeSet<>();
            sql.scan(
                    sql.dsl()
                            .select(DSL.field("f.run"))
                            .from(table)
                            .where(
                                    "f.experiment in (" + numbers(experiments) + ") and f.key = ?",
                                    clause.field().key())
                            .and(indexed)
                            .limit(DSL.inline(FEW + 1)),
                    row -> matching.add(row.getLong(1)));
            if (matching.size() > FEW) continue;
            if (few == null) few = matching;
            else few.retainAll(matching);
            if (few.isEmpty()) break;
        }
        return few;
    }

    private static @Nullable Condition indexed(Compare compare, Clause clause) {
        Comparison op = clause.comparison();
        return switch (clause.field().entity()) {
            case METRIC -> op == Comparison.NE ? null : metric(compare, clause);
            case PARAM, TAG ->
                op == Comparison.EQ && clause.value() instanceof Value.Text(String text)
                        ? Compare.indexedText("f.value", text)
                        : null;
            case ATTRIBUTE, DATASET -> null;
        };
    }

    private static String numbers(java.util.Collection<Long> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
