package io.millwright.runtime.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.runtime.evaluate.Batch;
import io.millwright.runtime.evaluate.Evaluator;
import io.millwright.runtime.onnx.OnnxSession;
import io.millwright.runtime.onnx.OnnxValues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxReaderTest {
    private static final String ML = "ai.onnx.ml";

    @TempDir
    private Path folder;

    private static OnnxFile scaler() {
        return new OnnxFile()
                .node(
                        ML,
                        "Scaler",
                        List.of("X"),
                        "Y",
                        OnnxFile.numbers("offset", 1, 2),
                        OnnxFile.numbers("scale", 10, 100));
    }

    private Path saved(OnnxFile file) throws IOException {
        return Files.write(folder.resolve("model.onnx"), file.bytes());
    }

    @Test
    void a_scaler_shifts_and_then_multiplies() throws IOException {
        Evaluator evaluator =
                Evaluator.of(OnnxReader.read(saved(scaler())).model().orElseThrow());
        Batch batch = evaluator.batch(1);
        batch.input(0).numbers()[0] = 3;
        batch.input(0).numbers()[1] = 5;

        evaluator.evaluate(batch, 1);

        assertThat(batch.output(0).numbers()).containsExactly(20, 300);
    }

    @Test
    void every_beginning_of_a_file_is_refused() {
        byte[] whole = scaler().bytes();

        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            // A file that ends between the operator sets lacks nothing a reader can see.
            if (length > whole.length - 20 && isSeen(cut)) continue;
            assertThatThrownBy(() -> OnnxReader.read(cut))
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(UnreadableModel.class);
        }
    }

    private static boolean isSeen(byte[] cut) {
        try {
            OnnxReader.read(cut);
            return true;
        } catch (UnreadableModel e) {
            return false;
        }
    }

    @Test
    void a_changed_byte_is_never_an_error_of_ours() {
        byte[] whole = scaler().tensor("unused", 4, 2, 2).bytes();

        for (int at = 0; at < whole.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = whole.clone();
                changed[at] ^= (byte) (1 << bit);
                try {
                    OnnxReader.read(changed);
                } catch (UnreadableModel e) {
                    assertThat(e).hasMessageNotContaining("null");
                }
            }
        }
    }

    @Test
    void what_is_no_onnx_is_refused() {
        assertThatThrownBy(() -> OnnxReader.read("{\"learner\": 1}".getBytes()))
                .isInstanceOf(UnreadableModel.class)
                .hasMessageContaining("no ONNX model");
        assertThatThrownBy(() -> OnnxReader.read(scaler().withoutOperatorSet().bytes()))
                .hasMessageContaining("no operator set");
    }

    @Test
    void values_in_another_file_are_refused_by_reader_and_session() throws IOException {
        Path file = saved(scaler().tensor(to -> {
            to.writeInt64(1, 2);
            to.writeInt32(2, OnnxTensor.FLOAT);
            to.writeString(8, "secrets");
            to.writeEnum(14, 1);
        }));

        assertThatThrownBy(() -> OnnxReader.read(file))
                .hasMessageContaining("'secrets'")
                .hasMessageContaining("external data");
        assertThatThrownBy(() -> OnnxSession.open(file)).hasMessageContaining("external data");
    }

    @Test
    void external_data_inside_a_subgraph_is_refused_too() throws IOException {
        byte[] inner = new OnnxFile()
                .tensor(to -> {
                    to.writeInt64(1, 2);
                    to.writeInt32(2, OnnxTensor.FLOAT);
                    to.writeString(8, "deep");
                    to.writeEnum(14, 1);
                })
                .graph();
        Path file = saved(new OnnxFile()
                .node(
                        "",
                        "If",
                        List.of("X"),
                        "Y",
                        OnnxFile.attribute("then_branch", to -> to.writeByteArray(6, inner))));

        assertThatThrownBy(() -> OnnxSession.open(file)).hasMessageContaining("'deep'");
    }

    @Test
    void custom_operators_are_refused() throws IOException {
        Path file = saved(new OnnxFile().node("com.example", "Exec", List.of("X"), "Y"));

        assertThatThrownBy(() -> OnnxReader.read(file))
                .hasMessageContaining("'Exec'")
                .hasMessageContaining("custom");
        assertThatThrownBy(() -> OnnxSession.open(file)).hasMessageContaining("custom");
    }

    @Test
    void a_shape_that_does_not_fit_its_data_is_refused() {
        assertThatThrownBy(() -> OnnxReader.read(scaler().tensor("w", 3, 2, 2).bytes()))
                .hasMessageContaining("'w'")
                .hasMessageContaining("4 values, but holds 3");
    }

    @Test
    void huge_and_negative_dimensions_are_refused() {
        for (long dim : new long[] {Long.MAX_VALUE, 1L << 32, -1}) {
            assertThatThrownBy(() ->
                            OnnxReader.read(scaler().tensor("w", 1, dim, dim).bytes()))
                    .isInstanceOf(UnreadableModel.class)
                    .hasMessageContaining("'w'");
        }
    }

    @Test
    void a_small_file_cannot_ask_for_much_memory() {
        OnnxFile file = new OnnxFile();
        String before = "X";
        for (int i = 0; i < 25; i++) {
            String joined = "joined" + i;
            file.node(
                    "",
                    "Concat",
                    List.of(before, before),
                    joined,
                    OnnxFile.attribute("axis", to -> to.writeInt64(3, 1)));
            before = joined;
        }
        file.node("", "Relu", List.of(before), "Y");

        assertThat(OnnxReader.read(file.bytes()).toString()).contains("values a row, at most");
    }

    @Test
    void a_graph_that_goes_in_a_circle_is_refused() {
        OnnxFile circle = new OnnxFile().node("", "Relu", List.of("Y"), "Z").node("", "Relu", List.of("Z"), "Y");

        assertThatThrownBy(() -> OnnxReader.read(circle.bytes()))
                .isInstanceOf(UnreadableModel.class)
                .hasMessageContaining("reads 'Y', which nothing before it makes");
    }

    @Test
    void an_output_made_twice_is_refused() {
        OnnxFile twice = new OnnxFile().node("", "Relu", List.of("X"), "Y").node("", "Exp", List.of("X"), "Y");

        assertThatThrownBy(() -> OnnxReader.read(twice.bytes()))
                .isInstanceOf(UnreadableModel.class)
                .hasMessageContaining("'Y'");
    }

    @Test
    void graphs_in_graphs_without_end_are_refused() {
        byte[] graph = new OnnxFile().graph();
        for (int i = 0; i < 100; i++) {
            byte[] inner = graph;
            graph = new OnnxFile()
                    .node("", "If", List.of("X"), "Y", OnnxFile.attribute("g", to -> to.writeByteArray(6, inner)))
                    .graph();
        }
        byte[] deep = graph;
        byte[] model = OnnxFile.message(to -> to.writeByteArray(7, deep));

        assertThatThrownBy(() -> OnnxReader.read(model)).hasMessageContaining("deeper");
    }

    @Test
    void unknown_operators_are_named_in_their_order() {
        OnnxFile file = new OnnxFile()
                .node("", "Erf", List.of("X"), "A")
                .node("", "Relu", List.of("A"), "B")
                .node("", "TopK", List.of("B"), "Y");

        OnnxReader.Reading reading = OnnxReader.read(file.bytes());

        assertThat(reading.model()).isEmpty();
        assertThat(reading).isEqualTo(new OnnxReader.Reading.Unmapped(List.of("Erf", "TopK")));
    }

    @Test
    void a_use_of_an_operator_that_is_not_ours_is_named_with_its_output() {
        OnnxFile file = new OnnxFile()
                .node(ML, "Normalizer", List.of("X"), "Y", OnnxFile.attribute("norm", to -> to.writeString(4, "MAX")));

        assertThat(OnnxReader.read(file.bytes()).toString()).contains("ai.onnx.ml.Normalizer (of 'Y'): norm MAX");
    }

    @Test
    void a_session_is_shared_by_threads() throws Exception {
        try (OnnxSession session = OnnxSession.open(saved(scaler()));
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<double[]>> calls = IntStream.range(0, 200)
                    .<Callable<double[]>>mapToObj(i -> () -> session.run(List.of(OnnxValues.numbers(2, i, i, 3, 5)), 2)
                            .getFirst()
                            .numbers())
                    .toList();

            List<Future<double[]>> answers = threads.invokeAll(calls);

            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get()).containsExactly((i - 1) * 10, (i - 2) * 100, 20, 300);
            }
        }
    }

    @Test
    void a_session_refuses_rows_that_do_not_fit() throws IOException {
        try (OnnxSession session = OnnxSession.open(saved(scaler()))) {
            assertThatThrownBy(() -> session.run(List.of(OnnxValues.numbers(3, 1, 2, 3)), 1))
                    .hasMessageContaining("'X' has 3 values, expected 1 rows of 2");
            assertThatThrownBy(() -> session.run(List.of(), 1)).hasMessageContaining("0 inputs, expected 1");
        }
    }
}
