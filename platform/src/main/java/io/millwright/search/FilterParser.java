package io.millwright.search;

import io.millwright.search.Statement.Condition;
import io.millwright.search.Token.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads MLflow's filter strings: `metrics.auc > 0.9 AND tags.team = 'risk'`.
///
/// Checks in MLflow's order, so that a filter wrong in two ways gets the same answer from both: the shape of the
/// whole, then field and value of each clause, then the comparators. O(n) time and memory, no recursion.
public final class FilterParser {
    static final int LONGEST_FILTER = 100_000;
    /// MLflow's own server fails from 64 on, because each is a join there. SQLite would take several hundred;
    /// PostgreSQL's planner takes a second for 60 and half a minute for 200.
    static final int MOST_CLAUSES = 60;
    private static final int LONGEST_NUMBER = 1_000;
    private static final int LARGEST_EXPONENT = 10_000;
    private static final int LONGEST_ID = 40;

    private final SearchKind kind;

    private FilterParser(SearchKind kind) {
        this.kind = kind;
    }

    /// The clauses, all of which must hold, in the order written.
    ///
    /// @param filter null and empty let everything pass
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT with MLflow's words where it has some
    public static List<Clause> parse(SearchKind kind, @Nullable String filter) {
        if (filter == null || filter.isEmpty()) return List.of();
        if (filter.length() > LONGEST_FILTER) {
            throw Wording.tooLong("filter", filter.length(), LONGEST_FILTER);
        }
        return new FilterParser(kind).parse(filter);
    }

    private List<Clause> parse(String filter) {
        if (filter.isBlank()) throw Wording.blankFilter(kind, filter);
        Statement statement = Statement.read(filter);
        if (statement.several()) throw Wording.severalExpressions(kind, filter);
        if (!statement.strays().isEmpty()) throw Wording.strays(kind, filter, statement.strays());
        int count = statement.conditions().size();
        if (count > MOST_CLAUSES) throw Wording.tooMany("Clauses in the filter", count, MOST_CLAUSES);

        var sides = new ArrayList<Sides>();
        for (var condition : statement.conditions()) sides.add(sides(condition));
        return sides.stream().map(this::clause).toList();
    }

    /// A condition whose two sides are understood, and whose comparator is not yet.
    private record Sides(
            Field field,
            String comparator,
            Value value,
            @Nullable Token right) {}

    private Sides sides(Condition condition) {
        if (!condition.left().is(Kind.NAME))
            throw Wording.notAField(condition.left().text());
        var name = FieldName.read(kind, condition.left().text());
        Field field = field(name);
        Token right = condition.right();
        if (right == null) {
            checkPresence(field, name.key());
            return new Sides(field, condition.comparator(), new Value.None(), null);
        }
        // MLflow understands its logged models' comparator before the value, all others after it.
        if (kind == SearchKind.LOGGED_MODELS) comparison(field, condition.comparator());
        return new Sides(field, condition.comparator(), value(field, name.key(), right), right);
    }

    private Field field(FieldName name) {
        Entity entity = name.entity(kind);
        return switch (entity) {
            case ATTRIBUTE -> {
                var attribute = kind.filterAttribute(name.key());
                yield new Field(
                        entity,
                        attribute
                                .orElseThrow(() -> Wording.unknownAttribute(kind, name.key()))
                                .name());
            }
            case DATASET -> {
                if (!SearchKind.DATASET_KEYS.contains(name.key())) throw Wording.unknownDatasetKey(name.key());
                yield new Field(entity, name.key());
            }
            case METRIC, PARAM, TAG -> new Field(entity, name.key());
        };
    }

    private void checkPresence(Field field, String key) {
        boolean byKey = field.entity() == Entity.TAG || field.entity() == Entity.PARAM;
        if (!byKey && (kind == SearchKind.RUNS || kind == SearchKind.EXPERIMENTS)) {
            throw Wording.presenceNotAsked(kind, field.entity(), key);
        }
    }

    private Value value(Field field, String key, Token token) {
        if (isNumeric(field)) return number(field, key, token);
        return switch (token.kind()) {
            case STRING -> new Value.Text(FieldName.inQuotes(token.text()).orElseThrow());
            case NAME ->
                // Logged models take words and numbers as they stand: their examples say `params.lr = 0.01`.
                new Value.Text(FieldName.inQuotes(token.text())
                        .or(() -> kind == SearchKind.LOGGED_MODELS ? Optional.of(token.text()) : Optional.empty())
                        .orElseThrow(() -> Wording.notQuoted(token.text())));
            case NUMBER -> {
                if (kind == SearchKind.LOGGED_MODELS) yield new Value.Text(token.text());
                if (kind == SearchKind.MODEL_VERSIONS && field.entity() == Entity.ATTRIBUTE) {
                    throw Wording.numberForText(kind);
                }
                throw Wording.notAText(kind, field, token.text());
            }
            case LIST -> texts(field, token);
            default -> throw Wording.notAText(kind, field, token.text());
        };
    }

    private boolean isNumeric(Field field) {
        // The one set that orders numbers.
        return kind.comparisons(field).contains(Comparison.LT);
    }

    private Value texts(Field field, Token token) {
        switch (field.entity()) {
            case ATTRIBUTE -> {
                boolean listable =
                        kind.filterAttribute(field.key()).orElseThrow().listable();
                if (!listable) throw Wording.listForOneValue(kind);
            }
            case PARAM, TAG, METRIC -> {
                if (kind != SearchKind.LOGGED_MODELS) throw Wording.notAText(kind, field, token.text());
            }
            case DATASET -> {}
        }
        return new Value.Texts(ListParser.parse(token.text()));
    }

    private Value number(Field field, String key, Token token) {
        if (token.is(Kind.NUMBER)) return new Value.Number(decimal(token.text()));
        if (kind != SearchKind.MODEL_VERSIONS) throw Wording.notANumber(field, key, token.text());

        // Versions may be quoted.
        if (token.is(Kind.LIST)) throw Wording.listForOneValue(kind);
        if (!token.is(Kind.STRING) && !token.is(Kind.NAME)) throw Wording.notAText(kind, field, token.text());
        String text = FieldName.inQuotes(token.text()).orElseThrow(() -> Wording.notQuoted(token.text()));
        return whole(text)
                .<Value>map(number -> new Value.Number(new BigDecimal(number)))
                .orElseThrow(() -> Wording.notAWholeNumber(field, PythonText.repr(text)));
    }

    private static BigDecimal decimal(String text) {
        if (text.length() > LONGEST_NUMBER) throw Wording.numberOutOfRange(text);
        try {
            var number = new BigDecimal(text);
            // Without a limit, whoever asks for 1e999999999 as an integer fills the memory.
            if (Math.abs((long) number.precision() - number.scale()) > LARGEST_EXPONENT) {
                throw Wording.numberOutOfRange(text);
            }
            return number;
        } catch (NumberFormatException exponentTooLarge) {
            throw Wording.numberOutOfRange(text);
        }
    }

    private static Optional<BigInteger> whole(String text) {
        String digits = text.strip();
        int start = digits.startsWith("-") || digits.startsWith("+") ? 1 : 0;
        boolean whole = digits.length() > start
                && digits.length() <= LONGEST_ID
                && digits.chars().skip(start).allMatch(c -> c >= '0' && c <= '9');
        return whole ? Optional.of(new BigInteger(digits)) : Optional.empty();
    }

    private Clause clause(Sides sides) {
        Comparison comparison = comparison(sides.field(), sides.comparator());
        boolean wantsList = comparison == Comparison.IN || comparison == Comparison.NOT_IN;
        if (sides.right() != null && wantsList != sides.value() instanceof Value.Texts) {
            throw Wording.notAText(kind, sides.field(), sides.right().text());
        }
        return new Clause(sides.field(), comparison, checked(sides.field(), sides.value()));
    }

    private Comparison comparison(Field field, String symbol) {
        return Comparison.of(symbol)
                .filter(kind.comparisons(field)::contains)
                .orElseThrow(() -> Wording.comparator(kind, field, symbol));
    }

    /// What MLflow checks last: ids of experiments are whole numbers, and so are its times where they are columns of
    /// experiments and versions.
    private Value checked(Field field, Value value) {
        if (kind == SearchKind.EXPERIMENTS
                && field.entity() == Entity.ATTRIBUTE
                && field.key().equals("experiment_id")) {
            return switch (value) {
                case Value.Text(var id) -> new Value.Text(experimentId(id));
                case Value.Texts(var ids) ->
                    new Value.Texts(ids.stream().map(FilterParser::experimentId).toList());
                case Value.Number _, Value.None _ -> value;
            };
        }
        boolean wholeOnly = kind == SearchKind.EXPERIMENTS || kind == SearchKind.MODEL_VERSIONS;
        if (wholeOnly && value instanceof Value.Number(var number) && number.scale() != 0) {
            String shown = number.toString();
            throw Wording.notAWholeNumber(field, kind == SearchKind.EXPERIMENTS ? PythonText.repr(shown) : shown);
        }
        return value;
    }

    private static String experimentId(String text) {
        return whole(text).orElseThrow(() -> Wording.experimentId(text)).toString();
    }
}
