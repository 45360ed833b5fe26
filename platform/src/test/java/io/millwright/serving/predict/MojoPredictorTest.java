package io.millwright.serving.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Failure;
import io.millwright.runtime.Categories;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Output;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// MOJOs that H2O has written, of real data, answered as H2O's server does (`peers/parity/make_mojo_fixtures.py` makes
/// them).
class MojoPredictorTest {
    private static final InputPolicy UNSEEN_ALLOWED =
            InputPolicy.DEFAULT.with(InputPolicy.Problem.UNSEEN_CATEGORY, InputPolicy.Action.WARN);

    @TempDir
    private Path folder;

    private MojoPredictor open(String name) {
        return MojoPredictor.of(MojoFile.read(Mojos.file(name, folder)));
    }

    /// The rows H2O was asked, as a request would have them.
    private static Frame rows(JsonNode told, List<Field> fields) {
        List<Column> columns = new ArrayList<>();
        int count = told.path("rows").size();
        for (int j = 0; j < told.path("names").size(); j++) {
            String name = told.path("names").path(j).asString();
            boolean text =
                    fields.stream().anyMatch(field -> field.name().equals(name) && field.type() == FieldType.TEXT);
            double[] numbers = new double[text ? 0 : count];
            @Nullable String[] texts = new String[text ? count : 0];
            for (int i = 0; i < count; i++) {
                JsonNode value = told.path("rows").path(i).path(j);
                if (text) texts[i] = value.isNull() ? null : value.asString();
                else numbers[i] = value.isNull() ? Double.NaN : value.asDouble();
            }
            columns.add(text ? Column.of(name, 1, true, texts) : Column.of(name, FieldType.FLOAT64, 1, true, numbers));
        }
        return new Frame(count, columns);
    }

    @ParameterizedTest
    @MethodSource("io.millwright.serving.predict.Mojos#served")
    void what_h2o_exports_is_answered_as_its_server_does(String name) {
        JsonNode told = Mojos.told(name);
        try (MojoPredictor predictor = open(name)) {
            Prediction prediction = predictor.predict(rows(told, predictor.inputs()), UNSEEN_ALLOWED);

            List<Column> columns = prediction.answer().columns();
            List<String> names = new ArrayList<>(told.path("answers").propertyNames());
            boolean clusters = predictor.kind() == ModelKind.CLUSTERING;
            assertThat(columns).hasSize(clusters ? 2 : names.size());
            assertThat(predictor.outputs().stream().map(Output::name))
                    .containsExactlyElementsOf(clusters ? List.of("cluster", "distances") : names);
            double largest = 0;
            for (int j = 0; j < names.size(); j++) {
                JsonNode theirs = told.path("answers").path(names.get(j));
                largest = Math.max(largest, furthest(columns.get(j), theirs));
            }
            System.out.printf(
                    "%s: %d rows, at most %.1e from H2O%n",
                    name, told.path("rows").size(), largest);
            assertThat(largest).isLessThan(1e-6);
        }
    }

    /// The largest difference of numbers, in parts of the larger one from 1 on. Texts must be the same.
    private static double furthest(Column ours, JsonNode theirs) {
        double largest = 0;
        for (int i = 0; i < theirs.size(); i++) {
            JsonNode their = theirs.path(i);
            if (ours.isText()) {
                assertThat(ours.texts()[i]).as("row %d", i).isEqualTo(their.asString());
                continue;
            }
            double our = ours.numbers()[i];
            if (their.isNull()) {
                assertThat(our).as("row %d of '%s'", i, ours.name()).isNaN();
                continue;
            }
            double number = their.isString() ? Double.parseDouble(their.asString()) : their.asDouble();
            if (our == number) continue;
            double apart = Math.abs(our - number) / Math.max(1, Math.abs(number));
            assertThat(apart)
                    .as("row %d of '%s': %s, H2O has %s", i, ours.name(), our, number)
                    .isLessThan(1e-6);
            largest = Math.max(largest, apart);
        }
        return largest;
    }

    @Test
    void columns_have_the_names_and_levels_of_the_training() {
        try (MojoPredictor predictor = open("gbm_one_hot_explicit")) {
            assertThat(predictor.inputs().stream().map(Field::name))
                    .containsExactly("age", "bmi", "bp", "s5", "weight", "sex");
            assertThat(predictor.inputs().get(4).categories())
                    .contains(new Categories.Texts(List.of("heavy", "slim", "usual", "very heavy, more"), -1));
            assertThat(predictor.inputs().getFirst().type()).isEqualTo(FieldType.FLOAT64);
        }
    }

    private static Frame people(Column weight, Column sex) {
        return new Frame(
                1,
                List.of(
                        Column.of("age", FieldType.FLOAT64, 1, true, new double[] {50}),
                        Column.of("bmi", FieldType.FLOAT64, 1, true, new double[] {25.7}),
                        Column.of("bp", FieldType.FLOAT64, 1, true, new double[] {93}),
                        Column.of("s5", FieldType.FLOAT64, 1, true, new double[] {4.6}),
                        weight,
                        sex));
    }

    private static Column text(String name, @Nullable String value) {
        return Column.of(name, 1, true, new @Nullable String[] {value});
    }

    @Test
    void an_unseen_level_is_as_the_policy_has_it_and_else_missing() {
        Frame unseen = people(text("weight", "never seen"), text("sex", "2"));
        Frame missing = people(text("weight", null), text("sex", "2"));
        try (MojoPredictor predictor = open("gbm_binomial")) {
            assertThatThrownBy(() -> predictor.predict(unseen, InputPolicy.DEFAULT))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("'weight', row 0: 'never seen'");

            Prediction prediction = predictor.predict(unseen, UNSEEN_ALLOWED);

            assertThat(prediction.warnings()).hasSize(1);
            assertThat(prediction.answer().columns().get(1).numbers())
                    .isEqualTo(predictor
                            .predict(missing, InputPolicy.DEFAULT)
                            .answer()
                            .columns()
                            .get(1)
                            .numbers());
        }
    }

    @Test
    void levels_that_are_numbers_may_be_sent_as_numbers() {
        Column two = Column.of("sex", FieldType.INT64, 1, true, new double[] {2});
        Column third = Column.of("sex", FieldType.INT64, 1, true, new double[] {3});
        Column weight = text("weight", "slim");
        try (MojoPredictor predictor = open("gbm_binomial")) {
            double[] asText = predictor
                    .predict(people(weight, text("sex", "2")), InputPolicy.DEFAULT)
                    .answer()
                    .columns()
                    .get(1)
                    .numbers();

            assertThat(predictor
                            .predict(people(weight, two), InputPolicy.DEFAULT)
                            .answer()
                            .columns()
                            .get(1)
                            .numbers())
                    .isEqualTo(asText);
            assertThatThrownBy(() -> predictor.predict(people(weight, third), InputPolicy.DEFAULT))
                    .hasMessageContaining("'3' is none of the values");
            Column number = Column.of("weight", FieldType.INT64, 1, true, new double[] {1});
            assertThatThrownBy(() -> predictor.predict(people(number, two), InputPolicy.DEFAULT))
                    .hasMessageContaining("'weight' has numbers");
        }
    }

    @Test
    void numbers_without_names_are_taken_by_place() {
        try (MojoPredictor predictor = open("gbm_numbers")) {
            Column table = Column.of("input", FieldType.FLOAT64, 2, false, new double[] {50, 1, 61, 2});
            Frame byPlace = new Frame(2, List.of(table), false);
            Frame byName = new Frame(
                    2,
                    List.of(
                            Column.of("sex", 1, true, new String[] {"1", "2"}),
                            Column.of("age", FieldType.FLOAT64, 1, true, new double[] {50, 61})));

            Frame answer = predictor.predict(byPlace, InputPolicy.DEFAULT).answer();

            assertThat(answer.columns().get(1).numbers())
                    .isEqualTo(predictor
                            .predict(byName, InputPolicy.DEFAULT)
                            .answer()
                            .columns()
                            .get(1)
                            .numbers());
            assertThat(answer.columns().getFirst().type()).isEqualTo(FieldType.INT64);
            assertThat(answer.columns().getFirst().numbers()).hasSize(2).containsAnyOf(0, 1);
        }
    }

    @Test
    void rows_that_h2o_answers_by_what_the_file_does_not_hold_are_refused() {
        Column missing = Column.of("bp", FieldType.FLOAT64, 1, true, new double[] {Double.NaN});
        try (MojoPredictor clusters = open("kmeans_raw");
                MojoPredictor rules = open("rulefit")) {
            Frame rows = people(text("weight", "slim"), text("sex", "1"));
            List<Column> columns = new ArrayList<>(rows.columns().subList(0, 4));
            columns.set(2, missing);
            assertThatThrownBy(() -> clusters.predict(new Frame(1, columns), UNSEEN_ALLOWED))
                    .hasMessageContaining("Column 'bp', row 0: a value is missing");
            assertThatThrownBy(
                            () -> rules.predict(people(text("weight", "never seen"), text("sex", "1")), UNSEEN_ALLOWED))
                    .hasMessageContaining("Column 'weight', row 0: 'never seen'");
        }
    }

    @Test
    void an_offset_must_be_there() {
        JsonNode told = Mojos.told("glm_offset");
        try (MojoPredictor predictor = open("glm_offset")) {
            Frame rows = rows(told, predictor.inputs());
            assertThat(predictor.inputs().getLast().name()).isEqualTo("days");
            Frame without = new Frame(
                    rows.rows(),
                    rows.columns().stream()
                            .filter(column -> !column.name().equals("days"))
                            .toList());
            InputPolicy lax = UNSEEN_ALLOWED.with(InputPolicy.Problem.MISSING_COLUMN, InputPolicy.Action.ALLOW);

            assertThatThrownBy(() -> predictor.predict(without, lax)).hasMessageContaining("'days'");
        }
    }

    @Test
    void a_cluster_has_the_smallest_distance() {
        JsonNode told = Mojos.told("kmeans");
        try (MojoPredictor predictor = open("kmeans")) {
            Frame answer = predictor
                    .predict(rows(told, predictor.inputs()), UNSEEN_ALLOWED)
                    .answer();
            Column distances = answer.columns().get(1);
            assertThat(predictor.kind()).isEqualTo(ModelKind.CLUSTERING);
            assertThat(predictor.width(predictor.outputs().get(1))).isEqualTo(3);
            for (int i = 0; i < answer.rows(); i++) {
                int cluster = (int) answer.columns().getFirst().numbers()[i];
                for (int j = 0; j < 3; j++) {
                    assertThat(distances.numbers()[i * 3 + cluster])
                            .isLessThanOrEqualTo(distances.numbers()[i * 3 + j]);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.millwright.serving.predict.Mojos#served")
    void threads_share_a_model(String name) throws Exception {
        JsonNode told = Mojos.told(name);
        try (MojoPredictor predictor = open(name);
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            Frame rows = rows(told, predictor.inputs());
            List<Column> alone =
                    predictor.predict(rows, UNSEEN_ALLOWED).answer().columns();
            List<Future<List<Column>>> asked = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                asked.add(threads.submit(
                        () -> predictor.predict(rows, UNSEEN_ALLOWED).answer().columns()));
            }
            for (Future<List<Column>> each : asked) {
                List<Column> columns = each.get();
                for (int j = 0; j < alone.size(); j++) {
                    assertThat(columns.get(j).numbers()).isEqualTo(alone.get(j).numbers());
                    assertThat(columns.get(j).texts()).isEqualTo(alone.get(j).texts());
                }
            }
        }
    }
}
