package io.millwright.governance;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.governance.EventBudget.LeftOut;
import io.millwright.governance.EventBudget.Source;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EventBudgetTest {
    private static final Source ANN = new Source("refused", "ann");
    private static final Source BOB = new Source("refused", "bob");

    private final AtomicLong nanos = new AtomicLong();
    private final EventBudget budget = new EventBudget(nanos::get);

    @Test
    void each_source_has_its_own_minute() {
        assertThat(take(ANN, 70)).isEqualTo(60);
        assertThat(take(BOB, 1)).isEqualTo(1);
        nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        assertThat(take(ANN, 70)).isEqualTo(60);
    }

    @Test
    void what_is_left_out_is_told_once_when_its_minute_is_over() {
        take(ANN, 70);
        take(BOB, 60);
        assertThat(budget.over()).isEmpty();

        nanos.addAndGet(Duration.ofMinutes(1).toNanos());

        assertThat(budget.over()).containsExactly(new LeftOut(ANN, 10));
        assertThat(budget.over()).isEmpty();
        assertThat(budget.all()).isEmpty();
    }

    @Test
    void a_source_that_goes_on_loses_no_count() {
        take(ANN, 70);
        nanos.addAndGet(Duration.ofMinutes(2).toNanos());
        take(ANN, 65);

        assertThat(budget.over()).containsExactly(new LeftOut(ANN, 10));
        assertThat(budget.all()).containsExactly(new LeftOut(ANN, 5));
    }

    @Test
    void many_other_sources_do_not_wipe_a_count_away() {
        take(ANN, 70);
        for (int i = 0; i < 10_000; i++) take(new Source("failed", "address " + i), 1);

        assertThat(budget.over()).containsExactly(new LeftOut(ANN, 10));
    }

    @Test
    void what_could_not_be_told_is_told_later() {
        take(ANN, 70);
        List<LeftOut> untold = budget.all();

        budget.giveBack(untold);

        assertThat(budget.over()).containsExactly(new LeftOut(ANN, 10));
    }

    private long take(Source source, int times) {
        return IntStream.range(0, times).filter(i -> budget.take(source)).count();
    }
}
