package io.millwright.runtime.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Output;
import io.millwright.runtime.Preparation;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequireTest {
    private static Evaluator evaluator(boolean missingAllowed) {
        var require = new Preparation.Require(
                Doubles.of(0, Double.NEGATIVE_INFINITY), Doubles.of(1, Double.POSITIVE_INFINITY), missingAllowed);
        return Evaluator.of(new Model(
                List.of(Field.tensor("x", FieldType.FLOAT64, 2)),
                List.of(new Node("checked", List.of("x"), require)),
                List.of(new Output("y", "checked", FieldType.FLOAT64, false)),
                Map.of()));
    }

    private static double[] through(Evaluator evaluator, double... values) {
        Batch batch = evaluator.batch(values.length / 2);
        System.arraycopy(values, 0, batch.input(0).numbers(), 0, values.length);
        evaluator.evaluate(batch, values.length / 2);
        return batch.output(0).numbers();
    }

    @Test
    void bothBoundsBelong() {
        double[] values = {0, Double.POSITIVE_INFINITY, 1, Double.NEGATIVE_INFINITY};
        assertThat(through(evaluator(false), values)).containsExactly(values);
    }

    @Test
    void refusesWhatLiesOutside() {
        assertThatThrownBy(() -> through(evaluator(true), 0, 0, 1.5, 7))
                .isInstanceOf(RefusedValue.class)
                .hasMessage("row 1, column 'x[0]': 1.5, expected 0.0 to 1.0");
    }

    @Test
    void refusesAMissingNumberUnlessItIsAllowed() {
        assertThat(through(evaluator(true), 0, Double.NaN)).containsExactly(0, Double.NaN);
        assertThatThrownBy(() -> through(evaluator(false), 0, Double.NaN))
                .isInstanceOf(RefusedValue.class)
                .hasMessageContaining("column 'x[1]': a missing value");
    }
}
