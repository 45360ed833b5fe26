package io.millwright.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.serving.predict.InputPolicy.Problem;
import io.millwright.serving.predict.InputWarning;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ToldTest {
    @Test
    void warnings_stand_in_one_header() {
        assertThat(Told.written(List.of(
                        new InputWarning(Problem.EXTRA_COLUMN, "z", -1, 1),
                        new InputWarning(Problem.OUT_OF_RANGE, "age", 3, 17))))
                .isEqualTo("extra-column;column=\"z\";count=1, out-of-range;column=\"age\";row=3;count=17");
    }

    /// A column may be named by anybody.
    @Test
    void a_name_cannot_leave_its_quotes() {
        assertThat(Told.written(List.of(new InputWarning(Problem.EXTRA_COLUMN, "a\"b\\\r\né", -1, 1))))
                .isEqualTo("extra-column;column=\"a\\\"b\\\\???\";count=1");
    }

    @Test
    void a_header_has_an_end() {
        String name = "n".repeat(10_000);
        String written = Told.written(Collections.nCopies(50, new InputWarning(Problem.EXTRA_COLUMN, name, -1, 1)));

        assertThat(written).hasSizeLessThan(1_030).endsWith(", more;count=43");
    }
}
