package io.millwright.runtime.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Output;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluatorTest {
    private static final Model CITIES = new Model(
            List.of(Field.column("age", FieldType.FLOAT64), Field.column("city", FieldType.TEXT)),
            List.of(
                    new Node(
                            "code",
                            List.of("city"),
                            new Preparation.OneHot(List.of(new Preparation.OneHot.Indicator(
                                    new Categories.Texts(List.of("Bergen", "Oslo"), -1), Ints.of(0, 1), 2, -2)))),
                    new Node("features", List.of("age", "code"), new Columns.Concat()),
                    new Node(
                            "score",
                            List.of("features"),
                            new Estimator.Linear(Matrix.of(1, 3, 0.5, 10, 20), Doubles.of(1), Precision.FLOAT64)),
                    new Node(
                            "probability",
                            List.of("score"),
                            new Outcome.Apply(Outcome.Apply.Function.SIGMOID, Precision.FLOAT64))),
            List.of(
                    new Output("score", "score", FieldType.FLOAT64, true),
                    new Output("probability", "probability", FieldType.FLOAT64, true)),
            Map.of());

    @Test
    void rows_are_computed_from_their_columns() {
        Evaluator evaluator = Evaluator.of(CITIES);
        Batch batch = evaluator.batch(4);
        fill(batch, 0, 40, "Oslo");
        fill(batch, 1, 20, "Bergen");

        evaluator.evaluate(batch, 2);

        assertThat(batch.output(0).numbers()).startsWith(41, 21);
    }

    @Test
    void a_category_never_seen_is_refused_by_row_and_column() {
        Evaluator evaluator = Evaluator.of(CITIES);
        Batch batch = evaluator.batch(4);
        fill(batch, 0, 40, "Oslo");
        fill(batch, 1, 20, "Atlantis");

        assertThatThrownBy(() -> evaluator.evaluate(batch, 2))
                .isInstanceOf(RefusedValue.class)
                .hasMessage("row 1, column 'city': 'Atlantis' was not seen in training; known are 'Bergen', 'Oslo'");
    }

    @Test
    void a_row_is_computed_without_an_allocation() {
        Evaluator evaluator = Evaluator.of(CITIES);
        Batch batch = evaluator.batch(1);
        fill(batch, 0, 40, "Oslo");
        for (int i = 0; i < 20_000; i++) evaluator.evaluate(batch, 1);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10_000; i++) evaluator.evaluate(batch, 1);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        // The measurement itself may allocate something; a row may not.
        assertThat(allocated).isLessThan(10_000);
    }

    @Test
    void more_rows_than_a_batch_has_room_for_are_refused() {
        Evaluator evaluator = Evaluator.of(CITIES);
        assertThatThrownBy(() -> evaluator.evaluate(evaluator.batch(4), 5))
                .hasMessageContaining("5 rows in a batch of 4");
    }

    @Test
    void a_node_may_not_read_what_comes_after_it() {
        assertThatThrownBy(() -> new Model(
                        List.of(Field.column("x", FieldType.FLOAT64)),
                        List.of(new Node("a", List.of("b"), new Columns.Concat())),
                        List.of(new Output("y", "a", FieldType.FLOAT64, true)),
                        Map.of()))
                .hasMessage("node 'a' reads 'b', which does not stand before it");
    }

    private static void fill(Batch batch, int row, double age, String city) {
        batch.input(0).numbers()[row] = age;
        batch.input(1).texts()[row] = city;
    }
}
