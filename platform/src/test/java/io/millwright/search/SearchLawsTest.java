package io.millwright.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.bigDecimals;
import static org.quicktheories.generators.SourceDSL.booleans;
import static org.quicktheories.generators.SourceDSL.integers;
import static org.quicktheories.generators.SourceDSL.lists;
import static org.quicktheories.generators.SourceDSL.strings;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.quicktheories.core.Gen;
import org.quicktheories.generators.Generate;

class SearchLawsTest {
    /// Pieces that mean something to the parser, so that chance soon makes nearly right filters of them.
    private static final List<String> PIECES = List.of(
            "metrics.a",
            "tags.",
            "params.`",
            "run_id",
            "name",
            "version_number",
            "attribute.",
            " AND ",
            " OR ",
            " NOT ",
            " IN ",
            " IS ",
            " NULL ",
            " LIKE ",
            "(",
            ")",
            "'",
            "\"",
            "`",
            "\\",
            ",",
            ";",
            ".",
            "-",
            "--",
            "/*",
            "*/",
            "# ",
            "=",
            "!=",
            ">",
            "1",
            "1e9",
            "1e99999999999",
            "0.5",
            "\n",
            " ",
            "\u0000",
            "é",
            "\uD83D");

    @Test
    void a_written_filter_reads_back_as_it_was() {
        qt().withExamples(2_000)
                .forAll(kinds().flatMap(kind -> filters(kind).map(clauses -> new Filter(kind, clauses))))
                .checkAssert(filter -> assertThat(FilterParser.parse(filter.kind(), filter.text()))
                        .isEqualTo(filter.clauses()));
    }

    @Test
    void a_written_order_reads_back_as_it_was() {
        qt().withExamples(1_000)
                .forAll(kinds().flatMap(SearchLawsTest::orders))
                .checkAssert(ordering -> assertThat(OrderParser.parse(ordering.kind(), ordering.text()))
                        .isEqualTo(ordering.orders()));
    }

    @Test
    void any_text_is_a_filter_or_a_failure() {
        qt().withExamples(5_000)
                .forAll(kinds(), texts())
                .checkAssert((kind, text) -> assertParsesOrFails(() -> FilterParser.parse(kind, text)));
    }

    @Test
    void any_text_is_an_order_or_a_failure() {
        qt().withExamples(2_000).forAll(kinds(), texts()).checkAssert((kind, text) -> {
            assertParsesOrFails(() -> OrderParser.parse(kind, List.of(text)));
            assertParsesOrFails(() -> OrderParser.loggedModelField(text));
        });
    }

    @Test
    void every_comparison_is_used_by_some_kind() {
        assertThat(Arrays.stream(SearchKind.values())
                        .flatMap(kind -> Arrays.stream(Entity.values())
                                .flatMap(entity -> kind.comparisons(new Field(entity, "start_time")).stream()))
                        .distinct())
                .containsExactlyInAnyOrder(Comparison.values());
    }

    private static void assertParsesOrFails(Runnable parse) {
        try {
            parse.run();
        } catch (Failure failure) {
            assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(failure.message()).isNotBlank().hasSizeLessThan(20_000);
        }
    }

    private record Filter(SearchKind kind, List<Clause> clauses) {
        String text() {
            return clauses.stream()
                    .map(clause -> Rendering.filter(kind, clause))
                    .collect(Collectors.joining(" AND "));
        }
    }

    private record Ordering(SearchKind kind, List<Order> orders) {
        List<String> text() {
            return orders.stream().map(order -> Rendering.order(kind, order)).toList();
        }
    }

    private static Gen<SearchKind> kinds() {
        return Generate.enumValues(SearchKind.class);
    }

    private static Gen<String> texts() {
        Gen<String> soup =
                lists().of(Generate.pick(PIECES)).ofSizeBetween(0, 40).map(pieces -> String.join("", pieces));
        return soup.mix(strings().allPossible().ofLengthBetween(0, 100), 20);
    }

    private static Gen<List<Clause>> filters(SearchKind kind) {
        return lists().of(clauses(kind)).ofSizeBetween(0, 6);
    }

    private static Gen<Clause> clauses(SearchKind kind) {
        var entities = kind.entities().values().stream().distinct().toList();
        var attributes = kind.attributes().stream()
                .filter(attribute -> !attribute.filterNames().isEmpty())
                .map(Attribute::name)
                .toList();
        return fields(entities, attributes)
                .flatMap(field -> comparisons(kind, field)
                        .flatMap(comparison ->
                                values(kind, field, comparison).map(value -> new Clause(field, comparison, value))));
    }

    private static Gen<Field> fields(List<Entity> entities, List<String> attributes) {
        Gen<String> keys = strings()
                .basicMultilingualPlaneAlphabet()
                .ofLengthBetween(0, 12)
                .map(key -> key.replace("`", "'"));
        return Generate.pick(entities).flatMap(entity -> switch (entity) {
            case ATTRIBUTE -> Generate.pick(attributes).map(name -> new Field(entity, name));
            case DATASET -> Generate.pick(List.of("name", "digest", "context")).map(name -> new Field(entity, name));
            case METRIC, PARAM, TAG -> keys.map(key -> new Field(entity, key));
        });
    }

    private static Gen<Comparison> comparisons(SearchKind kind, Field field) {
        boolean noLists = kind.attributes().stream()
                .anyMatch(attribute -> field.entity() == Entity.ATTRIBUTE
                        && attribute.name().equals(field.key())
                        && !attribute.listable());
        return Generate.pick(kind.comparisons(field).stream()
                .filter(comparison -> !noLists || (comparison != Comparison.IN && comparison != Comparison.NOT_IN))
                .toList());
    }

    private static Gen<Value> values(SearchKind kind, Field field, Comparison comparison) {
        boolean experimentId = kind == SearchKind.EXPERIMENTS && field.key().equals("experiment_id");
        boolean whole = kind == SearchKind.EXPERIMENTS || kind == SearchKind.MODEL_VERSIONS;
        Gen<String> texts = experimentId
                ? integers().allPositive().map(id -> id.toString())
                : strings().basicMultilingualPlaneAlphabet().ofLengthBetween(0, 20);
        Gen<BigDecimal> numbers = whole
                ? Generate.longRange(Long.MIN_VALUE, Long.MAX_VALUE).map(number -> BigDecimal.valueOf(number))
                : bigDecimals().ofBytes(12).withScale(9);
        return switch (comparison) {
            case IN, NOT_IN ->
                lists().of(texts.map(text -> text.replace("\n", " ").replace("\r", " ")))
                        .ofSizeBetween(1, 4)
                        .map(list -> new Value.Texts(list));
            case IS_NULL, IS_NOT_NULL -> Generate.constant(new Value.None());
            default ->
                kind.comparisons(field).contains(Comparison.LT)
                        ? numbers.map(number -> new Value.Number(number))
                        : texts.assuming(Rendering::isWritable).map(text -> new Value.Text(text));
        };
    }

    private static Gen<Ordering> orders(SearchKind kind) {
        var attributes = kind.attributes().stream()
                .filter(attribute -> !attribute.orderNames().isEmpty())
                .map(Attribute::name)
                .toList();
        List<Entity> entities = switch (kind) {
            case RUNS -> List.of(Entity.ATTRIBUTE, Entity.METRIC, Entity.PARAM, Entity.TAG);
            case LOGGED_MODELS -> List.of(Entity.ATTRIBUTE, Entity.METRIC);
            case EXPERIMENTS, REGISTERED_MODELS, MODEL_VERSIONS -> List.of(Entity.ATTRIBUTE);
        };
        Gen<Field> fields = fields(entities, attributes);
        Gen<Order> orders = fields.zip(booleans().all(), (field, ascending) -> new Order(field, ascending));
        return lists().of(orders).ofSizeBetween(0, 4).map(list -> {
            var distinct = new ArrayList<Order>();
            for (var order : list) {
                if (distinct.stream().noneMatch(seen -> seen.field().equals(order.field()))) distinct.add(order);
            }
            return new Ordering(kind, distinct);
        });
    }
}
