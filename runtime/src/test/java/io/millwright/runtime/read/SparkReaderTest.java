package io.millwright.runtime.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Model;
import io.millwright.runtime.Output;
import io.millwright.runtime.evaluate.Batch;
import io.millwright.runtime.evaluate.Evaluator;
import io.millwright.runtime.evaluate.RefusedValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a damaged, hostile or unknown folder of Spark ML is answered with. The numbers are ParityTest's.
///
/// The folder is what pyspark 4.1.0 saved of StringIndexer(colour), VectorAssembler(index, size) and
/// LogisticRegression, fitted to six rows.
class SparkReaderTest {
    private static final Path SAVED = Path.of("src", "test", "resources", "spark", "colours");

    @TempDir
    private Path temporary;

    private Path model;

    @BeforeEach
    void copy() throws IOException {
        model = temporary.resolve("model");
        try (Stream<Path> files = Files.walk(SAVED)) {
            for (Path each : files.toList()) {
                Files.copy(each, model.resolve(SAVED.relativize(each).toString()));
            }
        }
    }

    @Test
    void readsAPipeline() {
        Model read = SparkReader.read(model);
        assertThat(read.inputs())
                .extracting(Field::name, Field::type, Field::missingAllowed)
                .containsExactly(tuple("colour", FieldType.TEXT, false), tuple("size", FieldType.FLOAT64, false));
        assertThat(read.outputs()).extracting(Output::name).containsExactly("prediction", "probabilities", "raw");
        Evaluator evaluator = Evaluator.of(read);
        Batch batch = evaluator.batch(3);
        fill(batch, List.of("red", "blue", "green"), 1, 2, 4.5);
        evaluator.evaluate(batch, 3);
        assertThat(batch.output(0).numbers()).containsExactly(0, 1, 1);
        assertThat(batch.output(1).numbers())
                .containsExactly(new double[] {0.8501, 0.1499, 0.4058, 0.5942, 0.0457, 0.9543}, within(5e-5));
    }

    private static void fill(Batch batch, List<String> colours, double... sizes) {
        for (int i = 0; i < sizes.length; i++) {
            batch.input(0).texts()[i] = colours.get(i);
            batch.input(1).numbers()[i] = sizes[i];
        }
    }

    @Test
    void refusesWhatSparkWouldFailAt() {
        Evaluator evaluator = Evaluator.of(SparkReader.read(model));
        Batch batch = evaluator.batch(2);
        fill(batch, List.of("red", "violet"), 1, 2);
        assertThatThrownBy(() -> evaluator.evaluate(batch, 2))
                .isInstanceOf(RefusedValue.class)
                .hasMessageContaining("row 1, column 'colour': 'violet'");
        fill(batch, List.of("red", "red"), Double.NaN, 2);
        assertThatThrownBy(() -> evaluator.evaluate(batch, 2))
                .isInstanceOf(RefusedValue.class)
                .hasMessageContaining("row 0, column 'size': a missing value");
    }

    @Test
    void refusesAFolderWithoutMetadata() throws IOException {
        delete(model.resolve("metadata"));
        refused("'model/metadata' is missing");
        refused(temporary.resolve("nothing"), "'nothing' cannot be opened");
    }

    @Test
    void refusesEmptyMetadata() throws IOException {
        Files.writeString(part("metadata"), "");
        refused("'model/metadata' says nothing");
        Files.writeString(part("metadata"), "{\"class\": ");
        refused("no JSON");
    }

    @Test
    void refusesAnUnknownClassByItsName() throws IOException {
        change(stage("2_"), "LogisticRegressionModel", "OneVsRestModel");
        refused("org.apache.spark.ml.classification.OneVsRestModel is not read; serve it in a Python worker");
    }

    @Test
    void refusesAClassOfAnotherPackage() throws IOException {
        change(stage("2_"), "org.apache.spark.ml.classification", "com.example");
        refused("com.example.LogisticRegressionModel is not read");
    }

    @Test
    void refusesToDropRows() throws IOException {
        change(stage("0_"), "\"handleInvalid\":\"error\"", "\"handleInvalid\":\"skip\"");
        refused("StringIndexerModel has handleInvalid 'skip', which drops rows");
    }

    @Test
    void refusesAModelOfSpark2() throws IOException {
        change(model, "4.1.0", "2.4.8");
        refused("saved by Spark 2.4.8");
    }

    @Test
    void refusesATruncatedTable() throws IOException {
        Path data = part(model.relativize(stage("2_")) + "/data");
        byte[] bytes = Files.readAllBytes(data);
        for (int length = 0; length < bytes.length; length += 1 + length / 3) {
            Files.write(data, Arrays.copyOf(bytes, length));
            refused("is damaged");
        }
    }

    @Test
    void survivesAnyDamagedByte() throws IOException {
        Path data = part(model.relativize(stage("2_")) + "/data");
        byte[] bytes = Files.readAllBytes(data);
        for (int at = 0; at < bytes.length; at += 41) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 0x55;
            Files.write(data, damaged);
            try {
                SparkReader.read(model);
            } catch (UnreadableModel e) {
                assertThat(e).hasMessageNotContaining(temporary.toString());
            }
        }
    }

    @Test
    void refusesAMissingStage() throws IOException {
        delete(stage("1_"));
        refused("is missing");
    }

    @Test
    void staysInItsFolder() throws IOException {
        Path outside = temporary.resolve("outside");
        Path data = stage("2_").resolve("data");
        Files.move(data, outside);
        Files.createSymbolicLink(data, outside);
        refused("leads out of the model's folder");
        Files.delete(data);
        Files.createDirectory(data);
        try (Stream<Path> files = Files.list(outside)) {
            Path part = files.filter(each -> each.toString().endsWith(".parquet"))
                    .findFirst()
                    .orElseThrow();
            Files.createSymbolicLink(data.resolve(part.getFileName()), part);
        }
        refused("leads out of the model's folder");
    }

    @Test
    void goesUpByNoName() throws IOException {
        Path stage = stage("2_");
        String name = stage.getFileName().toString().substring(2);
        Files.move(stage, temporary.resolve("other"));
        // The folder exists, so that its name leads somewhere.
        Files.createDirectories(model.resolve("stages").resolve("2_x"));
        change(model, name, "x/../../../other");
        refused("leads out of the model's folder");
    }

    private void refused(String message) {
        refused(model, message);
    }

    private static void refused(Path folder, String message) {
        assertThatThrownBy(() -> SparkReader.read(folder))
                .isInstanceOf(UnreadableModel.class)
                .hasMessageContaining(message);
    }

    private Path stage(String beginning) throws IOException {
        try (Stream<Path> stages = Files.list(model.resolve("stages"))) {
            return stages.filter(each -> each.getFileName().toString().startsWith(beginning))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private Path part(String table) throws IOException {
        return partOf(model.resolve(table));
    }

    private static Path partOf(Path table) throws IOException {
        try (Stream<Path> parts = Files.list(table)) {
            return parts.filter(each -> each.getFileName().toString().startsWith("part-"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void change(Path stage, String from, String to) throws IOException {
        Path part = partOf(stage.resolve("metadata"));
        String before = Files.readString(part);
        assertThat(before).contains(from);
        Files.writeString(part, before.replace(from, to));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(each);
        }
    }
}
