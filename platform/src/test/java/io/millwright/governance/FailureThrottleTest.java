package io.millwright.governance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FailureThrottleTest {
    private final AtomicLong nanos = new AtomicLong();
    private final FailureThrottle throttle = new FailureThrottle(5, 100, nanos::get);

    @Test
    void the_first_failures_cost_nothing_and_then_each_doubles_the_wait() {
        fail("a", 4);
        assertThat(throttle.waitOf("a")).isZero();

        for (int seconds : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
            fail("a", 1);
            assertThat(throttle.waitOf("a")).isEqualTo(Duration.ofSeconds(seconds));
        }
        assertThat(throttle.waitOf("b")).isZero();
    }

    @Test
    void a_wait_ends_and_a_success_forgives() {
        fail("a", 6);
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        assertThat(throttle.waitOf("a")).isZero();

        throttle.succeeded("a");
        fail("a", 4);
        assertThat(throttle.waitOf("a")).isZero();
    }

    @Test
    void old_failures_are_forgotten() {
        fail("a", 8);
        nanos.addAndGet(Duration.ofMinutes(16).toNanos());

        fail("a", 1);
        assertThat(throttle.waitOf("a")).isZero();
    }

    @Test
    void of_too_many_keys_those_that_failed_longest_ago_are_forgotten() {
        fail("first", 5);
        for (int i = 0; i < 100; i++) fail("key " + i, 5);

        assertThat(throttle.waitOf("first")).isZero();
        assertThat(throttle.waitOf("key 0")).isEqualTo(Duration.ofSeconds(1));
    }

    private void fail(String key, int times) {
        for (int i = 0; i < times; i++) throttle.failed(key);
    }
}
