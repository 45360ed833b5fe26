package io.millwright.serving.predict;

import static io.millwright.serving.predict.InputPolicy.Action.ALLOW;
import static io.millwright.serving.predict.InputPolicy.Action.ERROR;
import static io.millwright.serving.predict.InputPolicy.Action.WARN;
import static io.millwright.serving.predict.InputPolicy.Problem.EXTRA_COLUMN;
import static io.millwright.serving.predict.InputPolicy.Problem.MISSING_COLUMN;
import static io.millwright.serving.predict.InputPolicy.Problem.MISSING_VALUE;
import static io.millwright.serving.predict.InputPolicy.Problem.OUT_OF_RANGE;
import static io.millwright.serving.predict.InputPolicy.Problem.UNSEEN_CATEGORY;
import static io.millwright.serving.predict.InputPolicy.Problem.WRONG_TYPE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Failure;
import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Output;
import io.millwright.runtime.Preparation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InputPolicyTest {
    /// Answers its numbers and the code of its city: an age from 0 to 120 that must be there, an income
    /// that need not, a whole number of visits.
    private static final Predictor PREDICTOR = new NativePredictor(model());

    private static Model model() {
        // What is not known, or missing, is -1.
        Categories cities = new Categories.Texts(List.of("Oslo", "Bergen"), -1);
        Field age = new Field(
                "age", FieldType.FLOAT64, 1, false, "year", Optional.of(new Field.Range(0, 120)), Optional.empty());
        Field city = new Field("city", FieldType.TEXT, 1, true, "", Optional.empty(), Optional.of(cities));
        Preparation.Encode codes =
                new Preparation.Encode(List.of(new Preparation.Encode.Codes(cities, Doubles.of(0, 1), false, -1)));
        return new Model(
                List.of(age, Field.column("income", FieldType.FLOAT64), Field.column("visits", FieldType.INT64), city),
                List.of(
                        new Node("code", List.of("city"), codes),
                        new Node("all", List.of("age", "income", "visits", "code"), new Columns.Concat())),
                List.of(new Output("all", "all", FieldType.FLOAT64, false)),
                Map.of());
    }

    private static Column numbers(String name, double... values) {
        return Column.of(name, FieldType.FLOAT64, 1, true, values);
    }

    private static Column texts(String name, @Nullable String... values) {
        return Column.of(name, 1, true, values);
    }

    /// One fitting row, and columns in place of some of its own; an absent one is left out.
    private static Frame row(Column... others) {
        Map<String, Column> columns = new LinkedHashMap<>();
        for (Column each :
                List.of(numbers("age", 34), numbers("income", 5), numbers("visits", 2), texts("city", "Bergen")))
            columns.put(each.name(), each);
        for (Column each : others) columns.put(each.name(), each);
        return new Frame(1, List.copyOf(columns.values()));
    }

    private static Frame without(Frame frame, String name) {
        return new Frame(
                frame.rows(),
                frame.columns().stream()
                        .filter(column -> !column.name().equals(name))
                        .toList());
    }

    private static double[] answer(Frame rows, InputPolicy policy) {
        return PREDICTOR.predict(rows, policy).answer().columns().getFirst().numbers();
    }

    private static List<InputWarning> warnings(Frame rows, InputPolicy policy) {
        return PREDICTOR.predict(rows, policy).warnings();
    }

    private static void assertRefused(Frame rows, InputPolicy policy, String told) {
        assertThatThrownBy(() -> PREDICTOR.predict(rows, policy))
                .isInstanceOf(Failure.class)
                .hasMessageContaining(told);
    }

    private static InputPolicy of(InputPolicy.Problem problem, InputPolicy.Action action) {
        return InputPolicy.DEFAULT.with(problem, action);
    }

    @Test
    void what_fits_is_answered_without_a_warning() {
        Prediction prediction = PREDICTOR.predict(row(), InputPolicy.DEFAULT);

        assertThat(prediction.answer().columns().getFirst().numbers()).containsExactly(34, 5, 2, 1);
        assertThat(prediction.warnings()).isEmpty();
    }

    @Test
    void a_missing_column_is_an_error_or_missing_in_every_row() {
        Frame rows = without(row(), "income");

        assertRefused(rows, InputPolicy.DEFAULT, "lacks the column 'income'");
        assertThat(answer(rows, of(MISSING_COLUMN, WARN))).containsExactly(34, Double.NaN, 2, 1);
        assertThat(answer(without(row(), "city"), of(MISSING_COLUMN, WARN))).containsExactly(34, 5, 2, -1);
        assertThat(warnings(rows, of(MISSING_COLUMN, WARN)))
                .containsExactly(new InputWarning(MISSING_COLUMN, "income", -1, 1));
        assertThat(warnings(rows, of(MISSING_COLUMN, ALLOW))).isEmpty();
        // The model cannot do without.
        assertRefused(without(row(), "age"), of(MISSING_COLUMN, ALLOW), "lacks the column 'age'");
    }

    @Test
    void an_extra_column_is_told_of_or_an_error() {
        Frame rows = row(numbers("z", 1));

        assertThat(answer(rows, InputPolicy.DEFAULT)).containsExactly(34, 5, 2, 1);
        assertThat(warnings(rows, InputPolicy.DEFAULT)).containsExactly(new InputWarning(EXTRA_COLUMN, "z", -1, 1));
        assertThat(warnings(rows, of(EXTRA_COLUMN, ALLOW))).isEmpty();
        assertRefused(rows, of(EXTRA_COLUMN, ERROR), "does not read 'z'");
    }

    @Test
    void a_missing_value_the_model_can_do_without_is_nothing_unless_the_policy_says_so() {
        Frame rows = row(numbers("income", Double.NaN), texts("city", (String) null));

        assertThat(answer(rows, InputPolicy.DEFAULT)).containsExactly(34, Double.NaN, 2, -1);
        assertThat(warnings(rows, InputPolicy.DEFAULT)).isEmpty();
        assertThat(warnings(rows, of(MISSING_VALUE, WARN)))
                .containsExactly(
                        new InputWarning(MISSING_VALUE, "income", 0, 1), new InputWarning(MISSING_VALUE, "city", 0, 1));
        assertRefused(rows, of(MISSING_VALUE, ERROR), "Column 'income', row 0: a value is missing");
        assertRefused(
                row(numbers("age", Double.NaN)), of(MISSING_VALUE, ALLOW), "Column 'age', row 0: a value is missing");
    }

    @Test
    void a_text_is_an_error_or_the_number_it_spells() {
        Frame rows = row(texts("income", " 1e3 "), texts("visits", "7"));

        assertRefused(rows, InputPolicy.DEFAULT, "'income' has texts");
        assertThat(answer(rows, of(WRONG_TYPE, WARN))).containsExactly(34, 1000, 7, 1);
        assertThat(warnings(rows, of(WRONG_TYPE, WARN)))
                .containsExactly(
                        new InputWarning(WRONG_TYPE, "income", 0, 1), new InputWarning(WRONG_TYPE, "visits", 0, 1));
        for (String none : List.of("", "much", "0x10", "1d", "1_000", "NaN")) {
            assertRefused(row(texts("income", none)), of(WRONG_TYPE, WARN), "Column 'income', row 0: '" + none + "'");
        }
        assertRefused(row(texts("visits", "1.5")), of(WRONG_TYPE, WARN), "no whole number");
        assertRefused(row(texts("age", "130")), of(WRONG_TYPE, WARN), "outside");
        assertRefused(row(numbers("city", 3)), of(WRONG_TYPE, WARN), "'city' has numbers");
        assertRefused(row(numbers("visits", 1.5)), of(WRONG_TYPE, WARN), "no whole number");
    }

    @Test
    void a_number_out_of_range_is_an_error_or_computed_with() {
        Frame rows = row(numbers("age", 130));

        assertRefused(rows, InputPolicy.DEFAULT, "Column 'age', row 0: 130.0 lies outside 0.0 to 120.0");
        assertThat(answer(rows, of(OUT_OF_RANGE, WARN))).containsExactly(130, 5, 2, 1);
        assertThat(warnings(rows, of(OUT_OF_RANGE, WARN))).containsExactly(new InputWarning(OUT_OF_RANGE, "age", 0, 1));
        assertThat(answer(row(numbers("age", 120)), InputPolicy.DEFAULT)).startsWith(120);
    }

    @Test
    void an_unseen_category_is_an_error_or_left_to_the_model() {
        Frame rows = row(texts("city", "Rome"));

        assertRefused(rows, InputPolicy.DEFAULT, "Column 'city', row 0: 'Rome' is none of the values");
        assertThat(answer(rows, of(UNSEEN_CATEGORY, WARN))).containsExactly(34, 5, 2, -1);
        assertThat(warnings(rows, of(UNSEEN_CATEGORY, WARN)))
                .containsExactly(new InputWarning(UNSEEN_CATEGORY, "city", 0, 1));
    }

    /// Over the edge of a batch, too.
    @Test
    void warnings_are_counted_by_column_from_their_first_row() {
        int rows = 200;
        double[] ages = new double[rows];
        for (int i = 150; i < rows; i++) ages[i] = -1;
        @Nullable String[] cities = new String[rows];
        Arrays.fill(cities, "Oslo");
        cities[70] = "Rome";
        Frame frame = new Frame(
                rows,
                List.of(
                        numbers("age", ages),
                        numbers("income", new double[rows]),
                        numbers("visits", new double[rows]),
                        texts("city", cities)));

        assertThat(warnings(frame, of(OUT_OF_RANGE, WARN).with(UNSEEN_CATEGORY, WARN)))
                .containsExactly(
                        new InputWarning(UNSEEN_CATEGORY, "city", 70, 1),
                        new InputWarning(OUT_OF_RANGE, "age", 150, 50));
    }

    @Test
    void any_number_of_extra_columns_makes_a_bounded_number_of_warnings() {
        List<Column> columns = new ArrayList<>(row().columns());
        for (int i = 0; i < 5_000; i++) columns.add(numbers("extra " + i, 1));

        assertThat(warnings(new Frame(1, columns), InputPolicy.DEFAULT)).hasSize(100);
    }

    @Test
    void columns_without_names_are_taken_by_place() {
        Frame rows = Frame.unnamed(1, List.of(numbers("0", 34), numbers("1", 5), numbers("2", 2), texts("3", "Oslo")));

        assertThat(answer(rows, InputPolicy.DEFAULT)).containsExactly(34, 5, 2, 0);
        assertRefused(new Frame(1, rows.columns()), InputPolicy.DEFAULT, "the model reads 'age'");
    }

    @ParameterizedTest
    @EnumSource
    void each_problem_has_a_word(InputPolicy.Problem problem) {
        assertThat(InputPolicy.Problem.of(problem.word())).isEqualTo(problem);
        assertThatThrownBy(() -> InputPolicy.Problem.of("no-such")).hasMessageContaining(problem.word());
    }
}
