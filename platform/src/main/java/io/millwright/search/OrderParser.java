package io.millwright.search;

import io.millwright.search.Token.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/// Reads MLflow's `order_by`: `metrics.auc DESC`, `start_time`.
public final class OrderParser {
    static final int LONGEST_CLAUSE = 10_000;
    /// Each may be a join; SQLite joins at most 64 tables.
    static final int MOST_CLAUSES = 50;

    private OrderParser() {}

    /// The orders, first one strongest; empty when none is asked for. Default and tie-breaking orders are not added.
    ///
    /// A field asked for twice is a failure in searches where MLflow says so, and dropped the second time, where it
    /// cannot matter, in the others.
    ///
    /// @param clauses each `field`, `field ASC` or `field DESC`
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT with MLflow's words where it has some
    public static List<Order> parse(SearchKind kind, List<String> clauses) {
        requireFew(clauses.size());
        var orders = new ArrayList<Order>();
        var fields = new HashSet<Field>();
        for (var clause : clauses) {
            Order order = parse(kind, clause);
            if (fields.add(order.field())) {
                orders.add(order);
            } else if (kind != SearchKind.EXPERIMENTS && kind != SearchKind.LOGGED_MODELS) {
                throw Wording.duplicateOrder(clauses);
            }
        }
        return List.copyOf(orders);
    }

    /// For a search whose orders come as objects.
    public static void requireFew(int orders) {
        if (orders > MOST_CLAUSES) throw Wording.tooMany("Orders", orders, MOST_CLAUSES);
    }

    private static Order parse(SearchKind kind, String clause) {
        if (clause.length() > LONGEST_CLAUSE) throw Wording.tooLong("order", clause.length(), LONGEST_CLAUSE);
        List<Token> tokens = Lexer.tokens(clause);
        boolean readable = !tokens.isEmpty()
                && tokens.size() <= 2
                && tokens.stream().allMatch(token -> token.is(Kind.NAME))
                && !isDirection(tokens.getFirst());
        if (!readable) throw Wording.unreadableOrder(clause);
        if (tokens.size() == 2 && !isDirection(tokens.get(1))) throw Wording.unknownDirection(clause);

        boolean ascending = tokens.size() == 1 || tokens.get(1).text().equalsIgnoreCase("ASC");
        return new Order(field(kind, FieldName.read(kind, tokens.getFirst().text())), ascending);
    }

    /// The `field_name` of MLflow's search for logged models, which asks for orders as objects. Its keys stand
    /// unquoted: `metrics.val loss`.
    ///
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it is neither an attribute nor a metric
    public static Field loggedModelField(String fieldName) {
        if (fieldName.length() > LONGEST_CLAUSE) throw Wording.tooLong("order", fieldName.length(), LONGEST_CLAUSE);
        int dot = fieldName.indexOf('.');
        var name = dot < 0
                ? new FieldName(fieldName, null, fieldName)
                : new FieldName(fieldName, fieldName.substring(0, dot), fieldName.substring(dot + 1));
        return field(SearchKind.LOGGED_MODELS, name);
    }

    private static boolean isDirection(Token token) {
        return token.text().equalsIgnoreCase("ASC") || token.text().equalsIgnoreCase("DESC");
    }

    private static Field field(SearchKind kind, FieldName name) {
        boolean metric = "metrics".equals(name.spelling());
        if (kind == SearchKind.LOGGED_MODELS && name.spelling() != null && !metric) {
            throw Wording.unorderableLoggedModelField(name.text());
        }
        Entity entity = name.entity(kind);
        if (entity == Entity.ATTRIBUTE) {
            var attribute = kind.orderAttribute(name.key());
            return new Field(
                    entity,
                    attribute
                            .orElseThrow(() -> Wording.unknownOrderAttribute(kind, name.text(), name.key()))
                            .name());
        }
        var field = new Field(entity, name.key());
        if (entity == Entity.DATASET && !SearchKind.DATASET_KEYS.contains(name.key())) {
            throw Wording.unknownDatasetKey(name.key());
        }
        boolean orderable = switch (kind) {
            case RUNS -> entity != Entity.DATASET;
            case LOGGED_MODELS -> true;
            case EXPERIMENTS, REGISTERED_MODELS, MODEL_VERSIONS -> false;
        };
        if (!orderable) throw Wording.unorderableEntity(kind, field, name.text());
        return field;
    }
}
