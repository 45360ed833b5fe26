package io.millwright.serving.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.millwright.kernel.Failure;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.folder.ModelFolder;
import io.millwright.runtime.folder.Opened;
import io.millwright.runtime.read.UnreadableModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// ONNX models with operators that are not ours.
class OnnxPredictorTest {
    private static final int FLOAT = 1;
    private static final int INT64 = 7;

    @TempDir
    private Path folder;

    @FunctionalInterface
    private interface Fields {
        void write(CodedOutputStream to) throws IOException;
    }

    private static ByteString message(Fields fields) {
        try {
            ByteString.Output bytes = ByteString.newOutput();
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            fields.write(out);
            out.flush();
            return bytes.toByteString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// `Y` is an operator of `X`, both of shape `[rows, 3]`.
    private Opened saved(String domain, String operator, int type) throws IOException {
        ByteString node = message(out -> {
            out.writeString(1, "X");
            out.writeString(2, "Y");
            out.writeString(4, operator);
            out.writeString(7, domain);
        });
        ByteString graph = message(out -> {
            out.writeBytes(1, node);
            out.writeString(2, "graph");
            out.writeBytes(11, value("X", type));
            out.writeBytes(12, value("Y", type));
        });
        ByteString model = message(out -> {
            out.writeInt64(1, 8);
            out.writeBytes(7, graph);
            out.writeBytes(8, message(set -> set.writeInt64(2, 17)));
            if (!domain.isEmpty()) {
                out.writeBytes(8, message(set -> {
                    set.writeString(1, domain);
                    set.writeInt64(2, 1);
                }));
            }
        });
        Files.write(folder.resolve("model.onnx"), model.toByteArray());
        Files.writeString(
                folder.resolve("MLmodel"),
                "flavors:\n  onnx: {data: model.onnx}\n  python_function: {loader_module: mlflow.onnx}\n");
        return ModelFolder.of(folder).open();
    }

    private OnnxPredictor open(String operator, int type) throws IOException {
        Opened opened = saved("", operator, type);
        assertThat(opened).isInstanceOf(Opened.NeedsOnnxRuntime.class);
        return OnnxPredictor.open(((Opened.NeedsOnnxRuntime) opened).file());
    }

    private static ByteString value(String name, int type) {
        ByteString shape = message(out -> {
            out.writeBytes(1, message(rows -> rows.writeString(2, "rows")));
            out.writeBytes(1, message(width -> width.writeInt64(1, 3)));
        });
        ByteString tensor = message(out -> {
            out.writeInt32(1, type);
            out.writeBytes(2, shape);
        });
        return message(out -> {
            out.writeString(1, name);
            out.writeBytes(2, message(typed -> typed.writeBytes(1, tensor)));
        });
    }

    private static Frame rows(FieldType type, double... values) {
        return new Frame(values.length / 3, List.of(Column.of("X", type, 3, false, values)));
    }

    @Test
    void onnx_runtime_computes_what_is_not_ours() throws IOException {
        try (OnnxPredictor predictor = open("Hardmax", FLOAT)) {
            Frame answer = predictor
                    .predict(rows(FieldType.FLOAT32, 1, 3, 2, -1, -2, -3), InputPolicy.DEFAULT)
                    .answer();

            assertThat(answer.columns().getFirst().numbers()).containsExactly(0, 1, 0, 1, 0, 0);
            assertThat(answer.columns().getFirst().width()).isEqualTo(3);
            assertThat(predictor.inputs().getFirst().width()).isEqualTo(3);
            assertThat(predictor.outputs().getFirst().column()).isFalse();
            assertThatThrownBy(() -> predictor.predict(
                            new Frame(1, List.of(Column.of("X", 3, false, new String[] {"a", "b", "c"}))),
                            InputPolicy.DEFAULT))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("'X'");
        }
    }

    @Test
    void what_whole_numbers_cannot_hold_is_refused() throws IOException {
        try (OnnxPredictor predictor = open("Sign", INT64)) {
            assertThat(predictor
                            .predict(rows(FieldType.INT64, -7, 0, 9), InputPolicy.DEFAULT)
                            .answer()
                            .columns()
                            .getFirst()
                            .numbers())
                    .containsExactly(-1, 0, 1);
            assertThatThrownBy(() -> predictor.predict(rows(FieldType.FLOAT64, 1, Double.NaN, 2), InputPolicy.DEFAULT))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("missing");
            assertThatThrownBy(() -> predictor.predict(rows(FieldType.FLOAT64, 1, 2.5, 2), InputPolicy.DEFAULT))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("2.5");
        }
    }

    @Test
    void foreign_operators_never_reach_onnx_runtime() throws IOException {
        assertThat(saved("com.example", "Anything", FLOAT)).isInstanceOf(Opened.NeedsPython.class);
        assertThatThrownBy(() -> OnnxPredictor.open(folder.resolve("model.onnx")))
                .isInstanceOf(UnreadableModel.class);
    }
}
