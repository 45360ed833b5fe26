package io.millwright.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.serving.endpoints.Canary;
import io.millwright.serving.endpoints.Guards;
import io.millwright.serving.live.Counts;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JudgementTest {
    /// With 60 seconds and 100 requests a step.
    private static Judgement judge(String guards, int seconds, String counts) {
        Canary canary = new Canary("v2", "v1", List.of(5, 100), 0, 60, 100, Guards.parse(guards));
        Counts counted = new Counts();
        counted.add(counts);
        return Judgement.of(canary, counted, Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            errors<1%        | 61  | {"answered": 99, "failed": 0}                                  | WAIT
            errors<1%        | 59  | {"answered": 1000, "failed": 0}                                | WAIT
            errors<1%        | 60  | {"answered": 100, "failed": 0}                                 | ADVANCE
            errors<1%        | 1   | {"answered": 0, "failed": 5}                                   | ROLL_BACK
            errors<1%        | 61  | {"answered": 99, "failed": 1}                                  | WAIT
            errors<1%        | 601 | {"answered": 99, "failed": 1}                                  | ROLL_BACK
            errors<1%        | 1   | {"answered": 900, "failed": 100}                               | ROLL_BACK
            disagreement<3%  | 61  | {"answered": 200, "compared": 200, "disagreed": 2}             | ADVANCE
            disagreement<3%  | 5   | {"answered": 200, "compared": 200, "disagreed": 100}           | ROLL_BACK
            disagreement<3%  | 61  | {"answered": 200}                                              | WAIT
            disagreement<3%  | 601 | {"answered": 200}                                              | ROLL_BACK
            p99<2ms          | 61  | {"answered": 200, "latencies": {"80": 200}}                    | ADVANCE
            p99<2ms          | 61  | {"answered": 200, "latencies": {"80": 190, "150": 10}}         | ROLL_BACK
            shift<0.2        | 61  | {"answered": 200, "compared": 200, "champion": {"classes": {"a": 100, "b": 100}}, "canary": {"classes": {"a": 90, "b": 110}}}  | ADVANCE
            shift<0.2        | 61  | {"answered": 200, "compared": 200, "champion": {"classes": {"a": 100, "b": 100}}, "canary": {"classes": {"a": 150, "c": 50}}} | ROLL_BACK
            """)
    void a_canary_is_judged_by_what_it_did(String guards, int seconds, String counts, Judgement.Verdict expected) {
        Judgement judged = judge(guards, seconds, counts);

        assertThat(judged.verdict()).as(judged.reason()).isEqualTo(expected);
    }

    @Test
    void counts_of_servers_add_up() {
        Counts sum = new Counts();
        String one = "{\"answered\":3,\"failed\":1,\"compared\":2,\"disagreed\":1,\"latencies\":{\"80\":3},"
                + "\"champion\":{\"classes\":{\"a\":2},\"numbers\":{\"7\":1}},\"canary\":{\"classes\":{},\"numbers\":{}}}";
        sum.add(one);
        sum.add(one);
        Counts again = new Counts();
        again.add(sum.toString());

        assertThat(again.answered()).isEqualTo(6);
        assertThat(again.failed()).isEqualTo(2);
        assertThat(again.toString()).isEqualTo(sum.toString());
    }

    @Test
    void guards_are_read_as_they_are_written() {
        Guards guards = Guards.parse("errors<0.1%, p99<20ms, disagreement < 3%, shift<0.1");

        assertThat(guards.toString()).isEqualTo("errors<0.001, p99<20ms, disagreement<0.03, shift<0.1");
        assertThat(Guards.parse(guards.toString())).isEqualTo(guards);
        assertThat(Guards.parse("p99<1s").limit(Guards.Measure.P99)).contains(1000.0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "errors",
                "errors>1%",
                "p99<20",
                "p99<3%",
                "errors<5ms",
                "latency<3ms",
                "errors<300%",
                "errors<1%,errors<2%"
            })
    void what_is_no_guard_is_told_so(String text) {
        assertThatThrownBy(() -> Guards.parse(text)).hasMessageMatching(".*(no guard|guarded twice).*");
    }
}
