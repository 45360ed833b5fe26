package io.millwright.lake.profiles;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.duck.DuckThread;
import io.millwright.lake.query.QueryService;
import io.millwright.lake.query.TableView;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/// Counts the rows of a version that break rules. Text of users runs in their sandbox, the rest in a DuckDB of ours.
final class Checker {
    private static final int EXAMPLES = 5;

    private final TableService tables;
    private final QueryService queries;
    private final Duck.Caps caps;
    private final Clock clock;

    Checker(TableService tables, QueryService queries, Duck.Caps caps, Clock clock) {
        this.tables = tables;
        this.queries = queries;
        this.caps = caps;
        this.clock = clock;
    }

    /// @param personal columns of which no values are told
    List<CheckResult> check(TableScan scan, List<Rule> rules, Set<String> personal) {
        if (rules.isEmpty()) return List.of();
        return DuckThread.call("quality", () -> {
            try (TableView view = TableView.open(tables, scan);
                    Duck duck = Duck.open(caps)) {
                duck.execute("create view this as " + view.sql());
                List<CheckResult> results = new ArrayList<>();
                for (Rule rule : rules) results.add(check(duck, scan, rule, personal));
                return results;
            }
        });
    }

    private CheckResult check(Duck duck, TableScan scan, Rule rule, Set<String> personal) {
        try {
            for (String column : rule.columns()) field(scan, column);
            return switch (rule.kind()) {
                case ROW_COUNT -> rowCount(duck, rule);
                case FRESHNESS -> freshness(duck, scan, rule);
                case UNIQUE -> unique(duck, rule, personal);
                case EXPRESSION -> {
                    long broken = queries.countWhereNot(scan, rule.text("expression"));
                    yield result(rule, broken, broken + " rows", List.of());
                }
                case FOREIGN_KEY -> foreignKey(duck, rule, personal);
                default -> rows(duck, rule, condition(scan, rule), personal);
            };
        } catch (Failure e) {
            return new CheckResult(
                    rule.name(), rule.kind().word(), rule.severity().word(), false, e.message(), 0, List.of());
        } catch (SQLException e) {
            String why = Optional.ofNullable(e.getMessage())
                    .orElse("")
                    .lines()
                    .findFirst()
                    .orElse("");
            return new CheckResult(
                    rule.name(),
                    rule.kind().word(),
                    rule.severity().word(),
                    false,
                    "could not be checked: " + why,
                    0,
                    List.of());
        }
    }

    private static Types.NestedField field(TableScan scan, String column) {
        Types.NestedField field = scan.schema().findField(column);
        if (field == null) throw INVALID_ARGUMENT.because("The dataset has no column '%s'.", column);
        return field;
    }

    /// True for a row that breaks the rule.
    private static String condition(TableScan scan, Rule rule) {
        return switch (rule.kind()) {
            case NOT_NULL ->
                rule.columns().stream()
                        .map(column -> Duck.quoted(column) + " is null")
                        .collect(Collectors.joining(" or "));
            case RANGE -> {
                Types.NestedField field = field(scan, rule.columns().getFirst());
                List<String> parts = new ArrayList<>();
                bound(rule, "min", field).ifPresent(min -> parts.add(Duck.quoted(field.name()) + " < " + min));
                bound(rule, "max", field).ifPresent(max -> parts.add(Duck.quoted(field.name()) + " > " + max));
                yield String.join(" or ", parts);
            }
            case SET -> {
                Types.NestedField field = field(scan, rule.columns().getFirst());
                String values = rule.values().stream()
                        .map(value -> literal(value, field))
                        .collect(Collectors.joining(", "));
                yield Duck.quoted(field.name()) + " is not null and " + Duck.quoted(field.name()) + " not in (" + values
                        + ")";
            }
            case REGEX -> {
                String column = Duck.quoted(rule.columns().getFirst());
                yield column + " is not null and not regexp_full_match(cast(" + column + " as varchar), "
                        + Duck.literal(rule.text("pattern")) + ")";
            }
            default -> throw new IllegalArgumentException(rule.kind().word());
        };
    }

    private static Optional<String> bound(Rule rule, String end, Types.NestedField field) {
        return Optional.ofNullable(rule.parameters().get(end)).map(value -> literal(value, field));
    }

    private static String literal(@Nullable Object value, Types.NestedField field) {
        return "cast(" + Duck.literal(String.valueOf(value)) + " as " + ColumnTypes.duck(field.type()) + ")";
    }

    private CheckResult rows(Duck duck, Rule rule, String condition, Set<String> personal) throws SQLException {
        long broken = count(duck, "select count(*) from this where " + condition);
        return result(
                rule,
                broken,
                broken + " rows",
                broken == 0 || hides(rule, personal) || rule.kind() == Rule.Kind.NOT_NULL
                        ? List.of()
                        : examples(duck, "select " + shown(rule) + " as t from this where " + condition));
    }

    private static String shown(Rule rule) {
        return rule.columns().stream()
                .map(column -> "cast(" + Duck.quoted(column) + " as varchar)")
                .collect(Collectors.joining(", ", "concat_ws(', ', ", ")"));
    }

    private static boolean hides(Rule rule, Set<String> personal) {
        return rule.columns().stream().anyMatch(personal::contains);
    }

    private static List<String> examples(Duck duck, String query) throws SQLException {
        return duck.query(
                "select distinct left(t, 100) from (" + query + ") order by 1 limit " + EXAMPLES,
                row -> row.getString(1));
    }

    private static long count(Duck duck, String query) throws SQLException {
        return duck.query(query, row -> row.getLong(1)).getFirst();
    }

    private CheckResult unique(Duck duck, Rule rule, Set<String> personal) throws SQLException {
        String columns = rule.columns().stream().map(Duck::quoted).collect(Collectors.joining(", "));
        String set = rule.columns().stream()
                .map(column -> Duck.quoted(column) + " is not null")
                .collect(Collectors.joining(" and "));
        String twice = "select " + shown(rule) + " as t from this where " + set + " group by " + columns
                + " having count(*) > 1";
        long broken = count(
                duck,
                "select coalesce(sum(n - 1), 0) from (select count(*) as n from this where " + set + " group by "
                        + columns + ")");
        return result(
                rule,
                broken,
                broken + " rows too many",
                broken == 0 || hides(rule, personal) ? List.of() : examples(duck, twice));
    }

    private CheckResult foreignKey(Duck duck, Rule rule, Set<String> personal) throws SQLException {
        TableScan other = tables.scan(DatasetName.parse(rule.text("dataset")), new At.Latest());
        String key = field(other, rule.text("column")).name();
        String column = Duck.quoted(rule.columns().getFirst());
        try (TableView view = TableView.open(tables, other)) {
            String lost = " from this where " + column + " is not null and not exists (select 1 from (" + view.sql()
                    + ") as other where other." + Duck.quoted(key) + " = this." + column + ")";
            long broken = count(duck, "select count(*)" + lost);
            return result(
                    rule,
                    broken,
                    broken + " rows",
                    broken == 0 || hides(rule, personal)
                            ? List.of()
                            : examples(duck, "select " + shown(rule) + " as t" + lost));
        }
    }

    private CheckResult rowCount(Duck duck, Rule rule) throws SQLException {
        long rows = count(duck, "select count(*) from this");
        boolean passed = rows >= rule.number("min").orElse(0L)
                && rows <= rule.number("max").orElse(Long.MAX_VALUE);
        return result(rule, passed ? 0 : 1, rows + " rows", List.of());
    }

    private CheckResult freshness(Duck duck, TableScan scan, Rule rule) throws SQLException {
        Types.NestedField field = field(scan, rule.columns().getFirst());
        ColumnKind kind = ColumnKind.of(field.type());
        if (kind != ColumnKind.DATE && kind != ColumnKind.TIMESTAMP) {
            throw INVALID_ARGUMENT.because("'%s' is no date and no timestamp.", field.name());
        }
        List<Optional<Long>> newest = duck.query(
                "select cast(epoch_us(cast(max(" + Duck.quoted(field.name()) + ") as timestamp)) as bigint) from this",
                row -> {
                    long micros = row.getLong(1);
                    return row.wasNull() ? Optional.empty() : Optional.of(micros);
                });
        if (newest.getFirst().isEmpty()) return result(rule, 1, "no value", List.of());
        Instant at = Instant.EPOCH.plus(newest.getFirst().get(), ChronoUnit.MICROS);
        boolean passed = !at.isBefore(clock.instant().minus(rule.age()));
        return result(rule, passed ? 0 : 1, "newest is " + at, List.of());
    }

    private static CheckResult result(Rule rule, long violations, String measured, List<String> examples) {
        return new CheckResult(
                rule.name(),
                rule.kind().word(),
                rule.severity().word(),
                violations == 0,
                measured,
                violations,
                examples);
    }
}
