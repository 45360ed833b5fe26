package io.millwright.serving.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LatenciesTest {
    @Test
    void a_quantile_is_never_too_small_and_at_most_an_eighth_too_large() {
        Random random = new Random(3);
        long[] times = new long[10_000];
        Latencies latencies = new Latencies();
        for (int i = 0; i < times.length; i++) {
            times[i] = (long) Math.exp(6 + 18 * random.nextDouble());
            latencies.add(times[i]);
        }
        Arrays.sort(times);

        for (double share : new double[] {0.01, 0.1, 0.5, 0.9, 0.99, 1}) {
            double exact = times[(int) Math.ceil(share * times.length) - 1] / 1e6;
            assertThat(latencies.quantile(share)).isBetween(exact, exact * 1.13);
        }
    }

    @Test
    void nothing_counted_has_no_quantile_and_extremes_are_counted() {
        Latencies latencies = new Latencies();
        assertThat(latencies.quantile(0.5)).isNaN();

        latencies.add(0);
        latencies.add(Long.MAX_VALUE);

        assertThat(latencies.count()).isEqualTo(2);
    }
}
