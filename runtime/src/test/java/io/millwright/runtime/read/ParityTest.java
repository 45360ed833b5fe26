package io.millwright.runtime.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Model;
import io.millwright.runtime.Output;
import io.millwright.runtime.evaluate.Batch;
import io.millwright.runtime.evaluate.Block;
import io.millwright.runtime.evaluate.Evaluator;
import io.millwright.runtime.format.ModelFile;
import io.millwright.runtime.onnx.OnnxSession;
import io.millwright.runtime.onnx.OnnxValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The same rows through the library that trained a model and through ours: same class always, same
/// values within what each case states. `peers/parity` trains the models, with the Python that
/// `MILLWRIGHT_TEST_MODELS_PYTHON` names.
class ParityTest {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    @TempDir
    private Path folder;

    @TestFactory
    Stream<DynamicTest> xgboost() throws Exception {
        return suite("xgboost");
    }

    @TestFactory
    Stream<DynamicTest> lightgbm() throws Exception {
        return suite("lightgbm");
    }

    @TestFactory
    Stream<DynamicTest> onnx() throws Exception {
        return suite("onnx");
    }

    @TestFactory
    Stream<DynamicTest> spark() throws Exception {
        assumeTrue(
                System.getenv("MILLWRIGHT_TEST_SPARK_PYTHON") != null,
                "parity is tested against Spark: set MILLWRIGHT_TEST_SPARK_PYTHON to a python that has pyspark");
        return suite("spark");
    }

    @TestFactory
    Stream<DynamicTest> sklearn() throws Exception {
        return suite("sklearn");
    }

    private Stream<DynamicTest> suite(String name) throws Exception {
        Optional<String> python = Optional.ofNullable(System.getenv("MILLWRIGHT_TEST_MODELS_PYTHON"));
        assumeTrue(
                python.isPresent(),
                "parity is tested against the libraries: set MILLWRIGHT_TEST_MODELS_PYTHON to a python that has them");
        Path script =
                Path.of("..", "peers", "parity", "make.py").toAbsolutePath().normalize();
        Process made = new ProcessBuilder(python.orElseThrow(), script.toString(), name, folder.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(made.getInputStream().readAllBytes());
        assertThat(made.waitFor()).as(said).isZero();
        List<Path> cases;
        try (Stream<Path> found = Files.list(folder)) {
            cases = found.sorted().toList();
        }
        assertThat(cases).isNotEmpty();
        return cases.stream().map(each -> test(name, each));
    }

    private static DynamicTest test(String suite, Path folder) {
        try {
            JsonNode asked = JSON.readTree(Files.readAllBytes(folder.resolve("case.json")));
            return DynamicTest.dynamicTest(asked.get("name").asString(), () -> check(suite, folder, asked));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(String suite, Path folder, JsonNode asked) throws IOException {
        Path file = folder.resolve(asked.get("model").asString());
        if (suite.equals("onnx")) checkWhole(file, asked);
        if (asked.get("use").asString().equals("WHOLE")) {
            assertThat(OnnxReader.read(file)).isInstanceOf(OnnxReader.Reading.Unmapped.class);
            return;
        }
        Model model = switch (asked.get("reader").asString()) {
            case "xgboost" ->
                XgboostReader.read(
                        file, XgboostReader.Use.valueOf(asked.get("use").asString()));
            case "lightgbm" -> LightGbmReader.read(file);
            case "onnx" -> {
                OnnxReader.Reading reading = OnnxReader.read(file);
                yield reading.model().orElseThrow(() -> new AssertionError(reading.toString()));
            }
            case "spark" -> SparkReader.read(file);
            case "millwright" -> ModelFile.read(Files.readAllBytes(file));
            default -> throw new IllegalArgumentException(asked.get("reader").asString());
        };
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        ModelFile.write(model, written);
        assertThat(ModelFile.read(written.toByteArray()))
                .as("what comes back from the model's file")
                .isEqualTo(model);
        Difference difference = new Difference(asked);
        Evaluator evaluator = Evaluator.of(model);
        // Alone, in a batch that is full, and in one that is not: three paths to one answer.
        for (int capacity : new int[] {1, 64, 100}) difference.compare(evaluator, capacity);
        System.out.printf("parity %s: %s: %s%n", suite, asked.get("name").asString(), difference);
        assertThat(difference.wrong).as(difference.toString()).isEmpty();
    }

    /// The Java interface of ONNX Runtime answers as the Python one does.
    private static void checkWhole(Path file, JsonNode asked) {
        Difference difference = new Difference(asked);
        try (OnnxSession session = OnnxSession.open(file)) {
            List<OnnxValues> inputs = session.inputs().stream()
                    .map(field -> values(field, asked.get("inputs").get(field.name())))
                    .toList();
            List<OnnxValues> answers = session.run(inputs, asked.get("rows").asInt());
            for (int i = 0; i < answers.size(); i++) {
                difference.compare(session.outputs().get(i), answers.get(i));
            }
        }
        System.out.printf("parity onnx, whole: %s: %s%n", asked.get("name").asString(), difference);
        assertThat(difference.wrong).as(difference.toString()).isEmpty();
    }

    private static OnnxValues values(Field field, JsonNode rows) {
        List<JsonNode> flat = rows.valueStream()
                .flatMap(row -> row.isArray() ? row.valueStream() : Stream.of(row))
                .toList();
        if (field.type() == FieldType.TEXT) {
            return OnnxValues.texts(
                    field.width(), flat.stream().map(JsonNode::asString).toList());
        }
        return OnnxValues.numbers(
                field.width(), flat.stream().mapToDouble(JsonNode::asDouble).toArray());
    }

    /// How far ours are from the library's.
    private static final class Difference {
        private final JsonNode asked;
        private final int rows;
        private final boolean single;
        private final double bound;
        private final double absolute;
        private final List<String> wrong = new ArrayList<>();
        private double ulps;
        private double largest;

        Difference(JsonNode asked) {
            this.asked = asked;
            rows = asked.get("rows").asInt();
            single = asked.get("single").asBoolean();
            bound = asked.get("ulps").asDouble();
            absolute = asked.get("absolute").asDouble();
        }

        void compare(Evaluator evaluator, int capacity) {
            Batch batch = evaluator.batch(capacity);
            for (int start = 0; start < rows; start += capacity) {
                int count = Math.min(capacity, rows - start);
                for (int i = 0; i < evaluator.model().inputs().size(); i++) {
                    fill(evaluator.model().inputs().get(i), batch.input(i), start, count);
                }
                evaluator.evaluate(batch, count);
                for (int i = 0; i < evaluator.model().outputs().size(); i++) {
                    Output output = evaluator.model().outputs().get(i);
                    JsonNode expected = asked.get("outputs").get(output.name());
                    if (expected == null) continue;
                    for (int row = 0; row < count; row++) {
                        compare(output, expected.get(start + row), batch.output(i), row, start + row);
                    }
                }
            }
            assertThat(evaluator.model().outputs())
                    .extracting(Output::name)
                    .containsAll(asked.get("outputs").propertyNames());
        }

        void compare(OnnxSignature.Answer answer, OnnxValues values) {
            Output output = new Output(answer.name(), "", answer.type(), false);
            JsonNode expected = asked.get("outputs").get(answer.name());
            for (int row = 0; row < rows; row++) {
                for (int j = 0; j < values.width(); j++) {
                    JsonNode value = expected.get(row);
                    if (value.isArray()) value = value.get(j);
                    int at = row * values.width() + j;
                    if (answer.type() == FieldType.TEXT) {
                        assertThat(values.texts().get(at)).isEqualTo(value.asString());
                    } else compare(output, row, value.asDouble(), values.numbers()[at]);
                }
            }
        }

        private void fill(Field field, Block block, int start, int count) {
            JsonNode values = asked.get("inputs").get(field.name());
            assertThat(values).as("values of input '%s'", field.name()).isNotNull();
            for (int row = 0; row < count; row++) {
                for (int j = 0; j < field.width(); j++) {
                    JsonNode value = values.get(start + row);
                    if (value.isArray()) value = value.get(j);
                    int at = row * field.width() + j;
                    if (field.type() == FieldType.TEXT) block.texts()[at] = value.isNull() ? null : value.asString();
                    else block.numbers()[at] = value.isNull() ? Double.NaN : value.asDouble();
                }
            }
        }

        private void compare(Output output, JsonNode expected, Block block, int row, int asRow) {
            int width = block.width();
            assertThat(expected.isArray() ? expected.size() : 1)
                    .as(output.name())
                    .isEqualTo(width);
            IntStream.range(0, width).forEach(j -> {
                JsonNode value = expected.isArray() ? expected.get(j) : expected;
                int at = row * width + j;
                if (output.type() == FieldType.TEXT) {
                    String got = block.texts()[at];
                    if (!value.asString().equals(got)) wrong(output, asRow, value.asString(), got);
                } else compare(output, asRow, value.asDouble(), block.numbers()[at]);
            });
        }

        private void compare(Output output, int row, double expected, double got) {
            if (Double.isNaN(expected) && Double.isNaN(got) || expected == got) return;
            double distance = Math.abs(expected - got);
            double spacing = single ? Math.ulp((float) expected) : Math.ulp(expected);
            boolean whole = output.type() == FieldType.INT64 || output.type() == FieldType.BOOLEAN;
            if (!whole && distance <= absolute) {
                largest = Math.max(largest, distance);
                return;
            }
            ulps = Math.max(ulps, distance / spacing);
            largest = Math.max(largest, distance);
            if (whole || !(distance / spacing <= bound)) wrong(output, row, expected, got);
        }

        private void wrong(Output output, int row, Object expected, Object got) {
            if (wrong.size() < 10) {
                wrong.add("%s of row %d is %s, the library says %s".formatted(output.name(), row, got, expected));
            }
        }

        @Override
        public String toString() {
            return "%d rows, largest difference %s (%s ulp of %s)"
                    .formatted(rows, largest, ulps, single ? "float32" : "float64");
        }
    }
}
