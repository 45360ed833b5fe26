package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Page;
import io.millwright.ledger.Sql;
import io.millwright.search.Clause;
import io.millwright.search.Compare;
import io.millwright.search.Entity;
import io.millwright.search.FilterParser;
import io.millwright.search.OrderParser;
import io.millwright.search.SearchKind;
import io.millwright.search.SeekedPage;
import io.millwright.search.SortKeys;
import io.millwright.search.Value;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/// Plans a search for logged models into one query.
final class LoggedModelSearch {
    private static final List<Field<?>> COLUMNS = List.of(DSL.field(LoggedModelStore.COLUMNS));
    private static final int KEY_COLUMN = 12;
    private static final List<String> STATUS_NAMES = List.of("PENDING", "READY", "FAILED");

    /// A dataset that the metrics of the filter must have been measured on.
    record Dataset(String name, @Nullable String digest) {}

    /// What to order by: an attribute, or `metrics.<name>`, perhaps on one dataset.
    record Order(
            String field,
            boolean ascending,
            @Nullable String datasetName,
            @Nullable String datasetDigest) {}

    private final String workspace;
    private final List<Long> experiments;
    private final List<Clause> clauses;
    private final List<Dataset> datasets;
    private final List<Order> orders;

    LoggedModelSearch(
            String workspace, List<Long> experiments, String filter, List<Dataset> datasets, List<Order> orders) {
        this.workspace = workspace;
        this.experiments = experiments;
        this.clauses = FilterParser.parse(SearchKind.LOGGED_MODELS, filter);
        this.datasets = datasets;
        this.orders = orders;
        OrderParser.requireFew(orders.size());
        if (datasets.stream().anyMatch(d -> d.name().isEmpty())) {
            throw INVALID_ARGUMENT.because("`dataset_name` in the `datasets` clause must be specified.");
        }
    }

    Page<LoggedModel> page(Sql sql, int size, Optional<String> token) {
        SortKeys keys = sortKeys();
        Readable readable = Readable.of("logged-model");
        List<Long> asked = readable.in(experiments);
        if (asked.isEmpty()) return Page.last(List.of());
        String in = asked.stream().map(String::valueOf).collect(Collectors.joining(","));
        Condition where =
                DSL.condition("m.workspace = ? and m.deleted = 0 and m.experiment in (" + in + ")", workspace);
        where = where.and(Compare.inExperiment("m.experiment", readable.experiments(), "m.id", readable.items()));
        Compare compare = new Compare(sql.isPostgres());
        for (Clause clause : clauses) where = where.and(condition(compare, clause));
        if (!datasets.isEmpty() && clauses.stream().noneMatch(c -> c.field().entity() == Entity.METRIC)) {
            where = where.and(DSL.exists(DSL.selectOne()
                    .from("logged_model_metrics f")
                    .where("f.model = m.id")
                    .and(onDatasets())));
        }
        var select = sql.dsl().select(COLUMNS).select(keys.fields()).from("logged_models m");
        for (int i = 0; i < orders.size(); i++) {
            if (orders.get(i).field().startsWith("metrics."))
                select = select.leftJoin(latest(orders.get(i), "o" + i)).on("o" + i + ".model = m.id");
        }
        var found = new SeekedPage<>(keys, KEY_COLUMN, size, LoggedModelStore::read);
        sql.scan(
                select.where(where)
                        .and(keys.after(token.map(keys::parse)))
                        .orderBy(keys.order())
                        .limit(DSL.inline(size + 1)),
                found::add);
        return found.page();
    }

    private SortKeys sortKeys() {
        SortKeys keys = new SortKeys();
        for (int i = 0; i < orders.size(); i++) {
            Order order = orders.get(i);
            boolean up = order.ascending();
            switch (order.field()) {
                case "name" -> keys.text("m.name", up);
                case "model_id" -> keys.text("m.id", up);
                case "model_type" -> nullable(keys, "m.model_type", up);
                case "source_run_id" -> nullable(keys, "m.source_run", up);
                case "status" -> keys.integer("m.status", up);
                case "experiment_id" -> keys.integer("m.experiment", up);
                case "creation_timestamp", "creation_timestamp_ms", "creation_time" -> keys.integer("m.created_at", up);
                case "last_updated_timestamp", "last_updated_timestamp_ms", "last_updated_time" ->
                    keys.integer("m.updated_at", up);
                default -> {
                    if (!order.field().contains("."))
                        throw INVALID_ARGUMENT.because("Invalid order by field name: " + order.field());
                    if (!order.field().startsWith("metrics.")) {
                        throw INVALID_ARGUMENT.because(
                                "Invalid order by field name: " + order.field() + ". Only metrics are supported.");
                    }
                    keys.integer("case when o" + i + ".value is null then 1 else 0 end", true)
                            .number("coalesce(o" + i + ".value, 0.0)", up);
                }
            }
        }
        return keys.integer("m.created_at", false).text("m.id", true);
    }

    private static void nullable(SortKeys keys, String column, boolean ascending) {
        keys.integer("case when " + column + " is null then 1 else 0 end", true)
                .text("coalesce(" + column + ", '')", ascending);
    }

    /// The newest value of one metric of each model.
    private static org.jooq.Table<?> latest(Order order, String alias) {
        Condition where = DSL.condition("x.key = ?", order.field().substring("metrics.".length()));
        if (order.datasetName() != null) where = where.and("x.dataset_name = ?", order.datasetName());
        if (order.datasetDigest() != null) where = where.and("x.dataset_digest = ?", order.datasetDigest());
        var ranked = DSL.select(
                        DSL.field("x.model"),
                        DSL.field("x.value"),
                        DSL.field("row_number() over (partition by x.model order by x.at desc, x.step desc, x.run)")
                                .as("age"))
                .from("logged_model_metrics x")
                .where(where)
                .asTable("ranked");
        return DSL.select(DSL.field("ranked.model"), DSL.field("ranked.value"))
                .from(ranked)
                .where("ranked.age = 1")
                .asTable(alias);
    }

    private Condition onDatasets() {
        if (datasets.isEmpty()) return DSL.noCondition();
        return DSL.or(datasets.stream()
                .map(d -> {
                    Condition named = DSL.condition("f.dataset_name = ?", d.name());
                    return d.digest() == null ? named : named.and("f.dataset_digest = ?", d.digest());
                })
                .toList());
    }

    private Condition condition(Compare compare, Clause clause) {
        var op = clause.comparison();
        var value = clause.value();
        String key = clause.field().key();
        return switch (clause.field().entity()) {
            case METRIC ->
                DSL.exists(DSL.selectOne()
                        .from("logged_model_metrics f")
                        .where("f.model = m.id and f.key = ?", key)
                        .and(compare.number("f.value", op, value))
                        .and(onDatasets()));
            case PARAM ->
                DSL.exists(DSL.selectOne()
                        .from("logged_model_params f")
                        .where("f.model = m.id and f.key = ?", key)
                        .and(compare.text("f.value", op, value)));
            case TAG ->
                DSL.exists(DSL.selectOne()
                        .from("logged_model_tags f")
                        .where("f.model = m.id and f.key = ?", key)
                        .and(compare.text("f.value", op, value)));
            case DATASET, ATTRIBUTE ->
                switch (key) {
                    case "name" -> compare.text("m.name", op, value);
                    case "model_id" -> compare.text("m.id", op, value);
                    case "model_type" -> compare.text("m.model_type", op, value);
                    case "source_run_id" -> compare.text("m.source_run", op, value);
                    case "status" -> compare.oneOf("m.status", STATUS_NAMES, 1, op, value);
                    case "experiment_id" ->
                        value instanceof Value.Number
                                ? compare.integer("m.experiment", op, value)
                                : compare.text("cast(m.experiment as varchar(20))", op, value);
                    case "creation_timestamp", "creation_timestamp_ms" -> compare.integer("m.created_at", op, value);
                    default -> compare.integer("m.updated_at", op, value);
                };
        };
    }
}
