package io.millwright.serving.predict;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Output;
import io.millwright.runtime.evaluate.Block;
import io.millwright.runtime.onnx.OnnxSession;
import io.millwright.runtime.onnx.OnnxValues;
import io.millwright.runtime.read.OnnxSignature;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A model computed whole by ONNX Runtime, in the caller's thread.
public final class OnnxPredictor implements Predictor {
    /// From it on a float64 does not hold every whole number.
    private static final double MOST_EXACT = 1L << 53;

    private final OnnxSession session;
    private final List<Field> inputs;
    private final InputBinding binding;
    private volatile List<Output> outputs;

    private OnnxPredictor(OnnxSession session) {
        this.session = session;
        this.inputs = session.inputs().stream().map(OnnxPredictor::exact).toList();
        this.binding = new InputBinding(inputs);
        this.outputs = session.outputs().stream()
                .map(answer -> output(answer, answer.labels().isEmpty()))
                .toList();
    }

    /// @throws io.millwright.runtime.read.UnreadableModel when it is no ONNX file, or one that is refused: with
    /// operators
    /// beyond the standard's, or data in other files
    public static OnnxPredictor open(Path file) {
        return new OnnxPredictor(OnnxSession.open(file));
    }

    /// Only float types have a value for what is missing.
    private static Field exact(Field field) {
        boolean real = field.type() == FieldType.FLOAT32 || field.type() == FieldType.FLOAT64;
        return new Field(
                field.name(), field.type(), field.width(), real, field.unit(), field.range(), field.categories());
    }

    private static Output output(OnnxSignature.Answer answer, boolean column) {
        return new Output(answer.name(), answer.name(), answer.type(), column);
    }

    @Override
    public List<Field> inputs() {
        return inputs;
    }

    /// Whether an output has one value a row is known from the first answer on.
    @Override
    public List<Output> outputs() {
        return outputs;
    }

    @Override
    public Prediction predict(Frame rows, InputPolicy policy) {
        InputBinding.Bound bound = binding.bind(rows, policy);
        List<OnnxValues> asked = new ArrayList<>(inputs.size());
        for (int i = 0; i < inputs.size(); i++) asked.add(values(bound.values(i)));
        List<OnnxValues> answered;
        try {
            answered = session.run(asked, rows.rows());
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw INVALID_ARGUMENT.because("The model refused the rows: %s.", e.getMessage());
        }
        List<Column> columns = new ArrayList<>(answered.size());
        List<Output> seen = new ArrayList<>(answered.size());
        for (int i = 0; i < answered.size(); i++) {
            OnnxSignature.Answer answer = session.outputs().get(i);
            Column column = column(answer, answered.get(i));
            columns.add(column);
            seen.add(output(answer, column.isFlat()));
        }
        if (rows.rows() > 0 && !seen.equals(outputs)) outputs = List.copyOf(seen);
        return new Prediction(new Frame(rows.rows(), columns), bound.warnings());
    }

    private static OnnxValues values(Block block) {
        if (block.texts().length == 0) return OnnxValues.numbers(block.width(), block.numbers());
        List<String> texts = new ArrayList<>(block.texts().length);
        for (@Nullable String text : block.texts()) texts.add(String.valueOf(text));
        return OnnxValues.texts(block.width(), texts);
    }

    private static Column column(OnnxSignature.Answer answer, OnnxValues values) {
        int width = Math.max(1, values.width());
        boolean flat = width == 1 && answer.labels().isEmpty();
        if (answer.type() == FieldType.TEXT) {
            return Column.of(answer.name(), width, flat, values.texts().toArray(String[]::new));
        }
        if (answer.type() == FieldType.INT64
                && Arrays.stream(values.numbers()).anyMatch(number -> Math.abs(number) >= MOST_EXACT)) {
            throw UNSUPPORTED.because(
                    "The model's answer '%s' has whole numbers from 2^53 on, which would be rounded.", answer.name());
        }
        return Column.of(answer.name(), answer.type(), width, flat, values.numbers());
    }

    @Override
    public void close() {
        session.close();
    }
}
