package io.millwright.runtime.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Output;
import io.millwright.runtime.Precision;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// That a file says what its model says is tested with every model of the parity suites; here is what
/// is no file.
class ModelFileTest {
    private static final Model LINE = new Model(
            List.of(Field.tensor("input", FieldType.FLOAT64, 2)),
            List.of(new Node(
                    "line",
                    List.of("input"),
                    new Estimator.Linear(Matrix.of(1, 2, 0.1, -3), Doubles.of(7), Precision.FLOAT64))),
            List.of(new Output("prediction", "line", FieldType.FLOAT64, true)),
            Map.of("library", "by hand"));

    @Test
    void a_model_comes_back_as_it_went() throws Exception {
        assertThat(ModelFile.read(written())).isEqualTo(LINE);
    }

    @Test
    void a_file_that_was_cut_off_is_refused() throws Exception {
        byte[] file = written();
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThatThrownBy(() -> ModelFile.read(cut)).isInstanceOf(MalformedModel.class);
        }
    }

    /// Any byte may be another one: what is read is a model or a clear refusal, never another error.
    @Test
    void a_damaged_file_is_read_or_refused() throws Exception {
        Random random = new Random(1);
        byte[] file = written();
        for (int i = 0; i < 5_000; i++) {
            byte[] damaged = file.clone();
            for (int j = 0; j <= random.nextInt(3); j++)
                damaged[random.nextInt(file.length)] = (byte) random.nextInt(256);
            try {
                ModelFile.read(damaged);
            } catch (MalformedModel e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void a_newer_version_is_refused() throws Exception {
        assertThatThrownBy(() -> ModelFile.read(changed("\"format_version\":\"1\"", "\"format_version\":\"9\"")))
                .hasMessageContaining("the file's version is '9', this Millwright reads 1");
    }

    @Test
    void an_unknown_operator_is_refused_by_name() throws Exception {
        assertThatThrownBy(() -> ModelFile.read(changed("linear", "lineal")))
                .hasMessageContaining("operator 'lineal' is not known");
    }

    @Test
    void a_tensor_that_lies_about_its_size_is_refused() throws Exception {
        assertThatThrownBy(() -> ModelFile.read(changed("[2],\"data_offsets\":[0,16]", "[9],\"data_offsets\":[0,16]")))
                .hasMessageContaining("has shape [9] of F64, which 16 bytes are not");
        assertThatThrownBy(() -> ModelFile.read(changed("[2],\"data_offsets\":[0,16]", "[2],\"data_offsets\":[0,99]")))
                .hasMessageContaining("lies at [0,99] of 24 bytes");
        assertThatThrownBy(() -> ModelFile.read(changed("[2],\"data_offsets\":[0,16]", "[-1],\"data_offsets\":[0,16]")))
                .hasMessageContaining("shape [-1]");
    }

    private static byte[] written() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ModelFile.write(LINE, out);
        return out.toByteArray();
    }

    /// The file with its header changed, and the length of it set right.
    private static byte[] changed(String what, String by) throws IOException {
        byte[] file = written();
        int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        String header = new String(file, 8, length, StandardCharsets.UTF_8);
        String other = header.replace(what, by);
        assertThat(other).isNotEqualTo(header);
        byte[] bytes = other.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + bytes.length + file.length - 8 - length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(bytes.length)
                .put(bytes)
                .put(file, 8 + length, file.length - 8 - length)
                .array();
    }
}
