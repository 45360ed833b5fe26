package io.millwright.registry;

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
import java.util.List;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;

/// Plans a search for registered models into one query.
final class RegisteredModelSearch {
    private static final List<Field<?>> COLUMNS = List.of(DSL.field(RegistryStore.COLUMNS));
    private static final int KEY_COLUMN = 5;

    private final String workspace;
    private final List<Clause> clauses;
    private final List<Order> orders;
    private final Visible visible;

    /// @param visible the models that may be found
    RegisteredModelSearch(String workspace, String filter, List<String> orderBy, Visible visible) {
        this.visible = visible;
        this.workspace = workspace;
        this.clauses = FilterParser.parse(SearchKind.REGISTERED_MODELS, filter);
        this.orders = OrderParser.parse(SearchKind.REGISTERED_MODELS, orderBy);
    }

    /// Without tags, aliases and versions.
    Page<RegisteredModel> page(Sql sql, int size, Optional<String> token) {
        SortKeys keys = sortKeys();
        var query = sql.dsl()
                .select(COLUMNS)
                .select(keys.fields())
                .from("registered_models m")
                .where(conditions(new Compare(sql.isPostgres())))
                .and(keys.after(token.map(keys::parse)))
                .orderBy(keys.order())
                .limit(DSL.inline(size + 1));
        var found = new SeekedPage<>(keys, KEY_COLUMN, size, RegistryStore::read);
        sql.scan(query, found::add);
        return found.page();
    }

    private SortKeys sortKeys() {
        SortKeys keys = new SortKeys();
        boolean byName = false;
        for (Order order : orders) {
            if (order.field().key().equals("name")) {
                keys.text("m.name", order.ascending());
                byName = true;
            } else {
                keys.integer("m.updated_at", order.ascending());
            }
        }
        return byName ? keys : keys.text("m.name", true);
    }

    private Condition conditions(Compare compare) {
        boolean prompts = PromptFilter.asksForPrompts(clauses);
        Condition where = DSL.condition("m.workspace = ?", workspace).and(Compare.named("m.name", visible));
        for (Clause clause : clauses) {
            if (prompts || !PromptFilter.isOnTag(clause)) where = where.and(condition(compare, clause));
        }
        return prompts
                ? where
                : where.and("not exists (select 1 from registered_model_tags p where p.workspace = m.workspace"
                        + " and p.model = m.name and p.key = 'mlflow.prompt.is_prompt' and p.value = 'true')");
    }

    private static Condition condition(Compare compare, Clause clause) {
        if (clause.field().entity() == Entity.ATTRIBUTE) {
            return compare.text("m.name", clause.comparison(), clause.value());
        }
        return DSL.exists(DSL.selectOne()
                .from("registered_model_tags t")
                .where("t.workspace = m.workspace and t.model = m.name")
                .and("t.key = ?", clause.field().key())
                .and(compare.text("t.value", clause.comparison(), clause.value())));
    }
}
