package io.millwright.serving.truth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/// The promise of the test: however often it is looked at, a difference that is not there is seen rarely.
class SequentialTestTest {
    private static boolean everDecided(Random random, double first, double second, int pairs) {
        SequentialTest test = new SequentialTest(0.05, 0.05);
        for (int i = 0; i < pairs; i++) {
            test.addToFirst(random.nextDouble() < first ? 1 : 0);
            test.addToSecond(random.nextDouble() < second ? 1 : 0);
            if (test.isDecided()) return true;
        }
        return false;
    }

    @Test
    void alike_variants_are_told_apart_at_most_as_often_as_alpha_says() {
        Random random = new Random(7);
        int wrong = 0;
        for (int i = 0; i < 400; i++) if (everDecided(random, 0.8, 0.8, 2_000)) wrong++;

        // A fixed-sample test looked at after each pair would be wrong in about half of them.
        assertThat(wrong).isLessThanOrEqualTo(30);
    }

    @Test
    void a_difference_that_is_there_is_found() {
        Random random = new Random(7);
        int found = 0;
        for (int i = 0; i < 100; i++) if (everDecided(random, 0.7, 0.8, 3_000)) found++;

        assertThat(found).isGreaterThanOrEqualTo(95);
    }

    @Test
    void the_interval_holds_the_difference_and_the_sign_is_that_of_the_second() {
        Random random = new Random(7);
        SequentialTest test = new SequentialTest(0.05, 0.1);
        for (int i = 0; i < 5_000; i++) {
            test.addToFirst(random.nextGaussian());
            test.addToSecond(random.nextGaussian() + 0.3);
        }

        assertThat(test.low()).isLessThan(0.3).isGreaterThan(0);
        assertThat(test.high()).isGreaterThan(0.3);
        assertThat(test.isDecided()).isTrue();
    }

    @Test
    void nothing_is_decided_by_a_few() {
        SequentialTest test = new SequentialTest(0.05, 0.05);
        for (int i = 0; i < 29; i++) {
            test.addToFirst(0);
            test.addToSecond(1);
        }

        assertThat(test.pValue()).isEqualTo(1);
    }
}
