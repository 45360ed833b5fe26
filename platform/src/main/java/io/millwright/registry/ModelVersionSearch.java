package io.millwright.registry;

import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Visible;
import io.millwright.ledger.Sql;
import io.millwright.search.Clause;
import io.millwright.search.Compare;
import io.millwright.search.Comparison;
import io.millwright.search.Entity;
import io.millwright.search.FilterParser;
import io.millwright.search.Order;
import io.millwright.search.OrderParser;
import io.millwright.search.SearchKind;
import io.millwright.search.SeekedPage;
import io.millwright.search.SortKeys;
import io.millwright.search.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;

/// Plans a search for model versions into SQL that reads little more than it answers: a tag that few versions
/// have gives those versions; anything else walks the versions in their order.
final class ModelVersionSearch {
    private static final List<Field<?>> COLUMNS = List.of(DSL.field(VersionStore.COLUMNS));
    private static final int KEY_COLUMN = 12;
    /// Up to so many versions are worth finding by their tag first.
    private static final int FEW = 3000;
    private static final List<String> DEFAULT_ORDER =
            List.of("last_updated_timestamp DESC", "name ASC", "version_number DESC");

    private final String workspace;
    private final List<Clause> clauses;
    private final List<Order> orders;

    ModelVersionSearch(String workspace, String filter, List<String> orderBy) {
        this.workspace = workspace;
        this.clauses = FilterParser.parse(SearchKind.MODEL_VERSIONS, filter);
        this.orders = OrderParser.parse(SearchKind.MODEL_VERSIONS, orderBy.isEmpty() ? DEFAULT_ORDER : orderBy);
    }

    /// Without tags.
    Page<ModelVersion> page(Sql sql, int size, Optional<String> token) {
        SortKeys keys = sortKeys();
        Optional<RareTag> rare = rareTag(sql);
        var query = sql.dsl()
                .select(COLUMNS)
                .select(keys.fields())
                // SQLite keeps the order of a cross join.
                .from(rare.isPresent() ? "model_version_tags rare cross join model_versions v" : "model_versions v")
                .where(conditions(new Compare(sql.isPostgres()), rare.map(RareTag::clause)))
                .and(rare.map(tag -> tag.condition()
                                .and("v.workspace = rare.workspace and v.model = rare.model")
                                .and("v.number = rare.version"))
                        .orElse(DSL.noCondition()))
                .and(keys.after(token.map(keys::parse)))
                .orderBy(keys.order())
                .limit(DSL.inline(size + 1));
        var found = new SeekedPage<>(keys, KEY_COLUMN, size, VersionStore::read);
        sql.scan(query, found::add);
        return found.page();
    }

    /// A clause of the filter, and the same as a condition on `rare`.
    private record RareTag(Clause clause, Condition condition) {}

    /// The first tag of the filter that few versions have, if any.
    private Optional<RareTag> rareTag(Sql sql) {
        for (Clause clause : clauses) {
            boolean exact = clause.field().entity() == Entity.TAG
                    && clause.comparison() == Comparison.EQ
                    && !PromptFilter.isOnTag(clause);
            if (!exact || !(clause.value() instanceof Value.Text(String text))) continue;
            Condition tag = DSL.condition("rare.workspace = ?", workspace)
                    .and("rare.key = ?", clause.field().key())
                    .and(Compare.indexedText("rare.value", text));
            var found = sql.dsl()
                    .selectCount()
                    .from(sql.dsl()
                            .selectOne()
                            .from("model_version_tags rare")
                            .where(tag)
                            .limit(DSL.inline(FEW + 1)));
            int[] versions = {0};
            sql.scan(found, row -> versions[0] = row.getInt(1));
            if (versions[0] <= FEW) return Optional.of(new RareTag(clause, tag));
        }
        return Optional.empty();
    }

    private SortKeys sortKeys() {
        SortKeys keys = new SortKeys();
        Set<String> ordered = new HashSet<>();
        for (Order order : orders) {
            String key = order.field().key();
            switch (key) {
                case "name" -> keys.text("v.model", order.ascending());
                case "version_number" -> keys.integer("v.number", order.ascending());
                case "creation_timestamp" -> keys.integer("v.created_at", order.ascending());
                default -> keys.integer("v.updated_at", order.ascending());
            }
            ordered.add(key);
        }
        if (!ordered.contains("name")) keys.text("v.model", true);
        if (!ordered.contains("version_number")) keys.integer("v.number", false);
        return keys;
    }

    /// @param met what needs no condition any more
    private Condition conditions(Compare compare, Optional<Clause> met) {
        boolean prompts = PromptFilter.asksForPrompts(clauses);
        Condition where = DSL.condition("v.workspace = ?", workspace).and(readable());
        for (Clause clause : clauses) {
            boolean needed = prompts || !PromptFilter.isOnTag(clause);
            if (needed && !met.equals(Optional.of(clause))) where = where.and(condition(compare, clause));
        }
        // The constants stand in the text, so that the index made for them is used.
        return prompts
                ? where
                : where.and("not exists (select 1 from model_version_tags p where p.workspace = v.workspace"
                        + " and p.model = v.model and p.key = 'mlflow.prompt.is_prompt' and p.value = 'true')");
    }

    private static Condition readable() {
        Visible models = RequestContext.current().readable("model");
        Visible versions = RequestContext.current().readable("model-version");
        Condition where = Compare.named("v.model", models);
        if (!models.all()) {
            where = Compare.named("v.model", new Visible(true, Set.of(), models.hidden()))
                    .and(Compare.named("v.model", new Visible(false, models.shown(), Set.of()))
                            .or(anyOf(versions.shown())));
        }
        return versions.hidden().isEmpty()
                ? where
                : where.and(anyOf(versions.hidden()).not());
    }

    /// @param ids `name/number`
    private static Condition anyOf(Set<String> ids) {
        if (ids.isEmpty()) return DSL.falseCondition();
        return DSL.or(ids.stream().sorted().map(ModelVersionSearch::isVersion).toList());
    }

    private static Condition isVersion(String id) {
        int slash = id.lastIndexOf('/');
        String number = id.substring(slash + 1);
        if (slash < 1 || !number.matches("\\d{1,18}")) return DSL.falseCondition();
        return DSL.condition("v.model = ? and v.number = ?", id.substring(0, slash), Long.parseLong(number));
    }

    private static Condition condition(Compare compare, Clause clause) {
        if (clause.field().entity() != Entity.ATTRIBUTE) {
            return DSL.exists(DSL.selectOne()
                    .from("model_version_tags t")
                    .where("t.workspace = v.workspace and t.model = v.model and t.version = v.number")
                    .and("t.key = ?", clause.field().key())
                    .and(compare.text("t.value", clause.comparison(), clause.value())));
        }
        return switch (clause.field().key()) {
            case "name" -> compare.text("v.model", clause.comparison(), clause.value());
            case "run_id" -> compare.text("v.run", clause.comparison(), clause.value());
            case "source_path" -> compare.text("v.source", clause.comparison(), clause.value());
            default -> compare.integer("v.number", clause.comparison(), clause.value());
        };
    }
}
