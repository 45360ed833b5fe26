package io.millwright.tracking;

import io.millwright.kernel.Page;
import io.millwright.kernel.Visible;
import io.millwright.ledger.Sql;
import io.millwright.search.Clause;
import io.millwright.search.Compare;
import io.millwright.search.Entity;
import io.millwright.search.FilterParser;
import io.millwright.search.Order;
import io.millwright.search.OrderParser;
import io.millwright.search.SearchKind;
import io.millwright.search.SeekedPage;
import io.millwright.search.SortKeys;
import io.millwright.search.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;

/// Plans a search for experiments into one query.
final class ExperimentSearch {
    private static final List<Field<?>> COLUMNS = List.of(
            DSL.field("e.id, e.workspace, e.name, e.artifact_location, e.deleted_at, e.created_at, e.updated_at"));
    private static final int KEY_COLUMN = 8;

    private final String workspace;
    private final List<Clause> clauses;
    private final List<Order> orders;
    private final ViewType view;
    private final Visible visible;

    /// @param visible the experiments that may be found
    ExperimentSearch(String workspace, String filter, List<String> orderBy, ViewType view, Visible visible) {
        this.workspace = workspace;
        this.clauses = FilterParser.parse(SearchKind.EXPERIMENTS, filter);
        this.orders = OrderParser.parse(SearchKind.EXPERIMENTS, orderBy);
        this.view = view;
        this.visible = visible;
    }

    Page<Experiment> page(Sql sql, ExperimentStore store, int size, Optional<String> token) {
        SortKeys keys = sortKeys();
        Condition where = DSL.condition("e.workspace = ?", workspace)
                .and(
                        switch (view) {
                            case ACTIVE_ONLY -> DSL.condition("e.deleted_at is null");
                            case DELETED_ONLY -> DSL.condition("e.deleted_at is not null");
                            case ALL -> DSL.noCondition();
                        });
        where = where.and(Compare.numbered("e.id", visible));
        Compare compare = new Compare(sql.isPostgres());
        for (Clause clause : clauses) where = where.and(condition(compare, clause));
        var query = sql.dsl()
                .select(COLUMNS)
                .select(keys.fields())
                .from("experiments e")
                .where(where)
                .and(keys.after(token.map(keys::parse)))
                .orderBy(keys.order())
                .limit(DSL.inline(size + 1));
        var found = new SeekedPage<>(keys, KEY_COLUMN, size, ExperimentStore::read);
        sql.scan(query, found::add);
        Page<Experiment> page = found.page();
        Map<Long, Map<String, String>> tags =
                store.tags(sql, page.items().stream().map(Experiment::id).toList());
        return new Page<>(
                page.items().stream()
                        .map(e -> ExperimentStore.withTags(e, tags.getOrDefault(e.id(), Map.of())))
                        .toList(),
                page.nextToken());
    }

    private SortKeys sortKeys() {
        SortKeys keys = new SortKeys();
        boolean byId = false;
        for (Order order : orders) {
            switch (order.field().key()) {
                case "name" -> keys.text("e.name", order.ascending());
                case "creation_time" -> keys.integer("e.created_at", order.ascending());
                case "last_update_time" -> keys.integer("e.updated_at", order.ascending());
                default -> {
                    keys.integer("e.id", order.ascending());
                    byId = true;
                }
            }
        }
        if (orders.isEmpty()) return keys.integer("e.created_at", false).integer("e.id", true);
        return byId ? keys : keys.integer("e.id", false);
    }

    private static Condition condition(Compare compare, Clause clause) {
        if (clause.field().entity() == Entity.TAG) {
            String tag = "select 1 from experiment_tags t where t.experiment = e.id and t.key = ?";
            return switch (clause.comparison()) {
                case IS_NULL ->
                    DSL.condition("not exists (" + tag + ")", clause.field().key());
                case IS_NOT_NULL ->
                    DSL.condition("exists (" + tag + ")", clause.field().key());
                default ->
                    DSL.exists(DSL.selectOne()
                            .from("experiment_tags t")
                            .where("t.experiment = e.id")
                            .and("t.key = ?", clause.field().key())
                            .and(compare.text("t.value", clause.comparison(), clause.value())));
            };
        }
        return switch (clause.field().key()) {
            case "name" -> compare.text("e.name", clause.comparison(), clause.value());
            case "creation_time" -> compare.integer("e.created_at", clause.comparison(), clause.value());
            case "last_update_time" -> compare.integer("e.updated_at", clause.comparison(), clause.value());
            default -> byId(compare, clause);
        };
    }

    /// Ids are numbers here and texts in a filter.
    private static Condition byId(Compare compare, Clause clause) {
        if (clause.value() instanceof Value.Number) return compare.integer("e.id", clause.comparison(), clause.value());
        return compare.text("cast(e.id as varchar(20))", clause.comparison(), clause.value());
    }
}
