package io.millwright.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.millwright.kernel.Failure;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SearchLimitsTest {
    @Test
    void no_filter_lets_everything_pass() {
        assertThat(FilterParser.parse(SearchKind.RUNS, null)).isEmpty();
    }

    @Test
    void a_filter_has_at_most_100_000_characters() {
        String longest = "params.a = '" + "x".repeat(99_987) + "'";

        assertThat(FilterParser.parse(SearchKind.RUNS, longest)).hasSize(1);
        assertThatThrownBy(() -> FilterParser.parse(SearchKind.RUNS, longest + " "))
                .isInstanceOf(Failure.class)
                .hasMessage("The filter has 100001 characters, at most 100000 are allowed.");
    }

    @Test
    void a_filter_has_at_most_60_clauses() {
        String most = String.join(" AND ", Collections.nCopies(60, "metrics.a > 1"));

        assertThat(FilterParser.parse(SearchKind.RUNS, most)).hasSize(60);
        assertThatThrownBy(() -> FilterParser.parse(SearchKind.RUNS, most + " AND metrics.b > 1"))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("61, at most 60");
    }

    @Test
    void a_list_has_at_most_10_000_items() {
        String most = String.join(",", Collections.nCopies(10_000, "'x'"));

        assertThat(FilterParser.parse(SearchKind.RUNS, "run_id IN (" + most + ")"))
                .hasSize(1);
        assertThatThrownBy(() -> FilterParser.parse(SearchKind.RUNS, "run_id IN (" + most + ",'y')"))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("more than 10000 items");
    }

    @Test
    void a_search_has_at_most_50_orders() {
        List<String> most =
                IntStream.range(0, 50).mapToObj(i -> "metrics.m" + i).toList();

        assertThat(OrderParser.parse(SearchKind.RUNS, most)).hasSize(50);
        assertThatThrownBy(() -> OrderParser.parse(SearchKind.RUNS, Collections.nCopies(51, "start_time")))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("51, at most 50");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e999999999", "1e-20000", "1e99999999999"})
    void a_number_nobody_can_hold_is_refused(String number) {
        assertThatThrownBy(() -> FilterParser.parse(SearchKind.RUNS, "metrics.a > " + number))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Number out of range: " + number);
    }

    @Test
    void large_whole_numbers_stay_exact() {
        var clause = FilterParser.parse(SearchKind.RUNS, "start_time = 9007199254740993")
                .getFirst();

        assertThat(clause.value()).isInstanceOfSatisfying(Value.Number.class, number -> {
            assertThat(number.asLong()).hasValue(9_007_199_254_740_993L);
            assertThat(number.asDouble()).isEqualTo(9_007_199_254_740_992.0);
        });
    }

    @Test
    void logged_models_are_ordered_by_text_too() {
        assertThat(OrderParser.parse(
                        SearchKind.LOGGED_MODELS, List.of("metrics.`a b` DESC", "creation_time", "creation_timestamp")))
                .containsExactly(
                        new Order(new Field(Entity.METRIC, "a b"), false),
                        new Order(new Field(Entity.ATTRIBUTE, "creation_timestamp"), true));
    }

    /// Each of these makes a careless reader search to the end again and again, or call itself too deep.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "(",
                ")",
                "()",
                "'",
                "''",
                "\\'",
                "'\\'",
                "\"",
                "`",
                "``",
                "/*",
                "--",
                "# ",
                "a.",
                "a .",
                "a/",
                "1/",
                "-",
                "1",
                "1.",
                "e",
                ";",
                "=",
                "x ",
                "x=",
                "AND ",
                "NOT ",
                "IN(",
                "a IS ",
                "a=1 x ",
                " ",
                "\n",
                "'a' ",
                "a.'",
                "a.\"",
                "\uD83D\uDE00",
                "run_id IN ('"
            })
    void time_is_linear_in_the_length(String piece) {
        String filter = piece.repeat(FilterParser.LONGEST_FILTER / piece.length());

        assertTimeoutPreemptively(Duration.ofSeconds(2), () -> {
            for (var kind : SearchKind.values()) {
                for (var text : List.of(filter, "run_id IN (" + filter.substring(20) + ")")) {
                    try {
                        FilterParser.parse(kind, text);
                    } catch (Failure failure) {
                        assertThat(failure.message()).hasSizeLessThan(5_000);
                    }
                }
            }
        });
    }
}
