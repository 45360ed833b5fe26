package io.millwright.runtime.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.read.OnnxSignature;
import io.millwright.runtime.read.UnreadableModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An ONNX model computed whole by ONNX Runtime, whatever its operators are: for those that
/// [io.millwright.runtime.read.OnnxReader] does not map. A session may be shared by threads.
///
/// What the model needs must lie in its file, and its operators must be the standard's; anything else is
/// refused before ONNX Runtime sees it, so that it neither opens a file nor runs foreign code. ONNX
/// Runtime is native code: its own memory is not in the Java heap, and it is freed by [#close].
public final class OnnxSession implements AutoCloseable {
    private static final long MAX_BYTES = 1L << 30;

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final OnnxSignature signature;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    private OnnxSession(byte[] model, OnnxSignature signature, int threads) throws OrtException {
        this.signature = signature;
        environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            session = environment.createSession(model, options);
        }
        for (NodeInfo input : session.getInputInfo().values()) {
            if (input.getInfo() instanceof TensorInfo tensor) shapes.put(input.getName(), tensor.getShape());
        }
    }

    /// Opens a model for callers that bring threads of their own: it is computed in the caller's.
    public static OnnxSession open(Path file) {
        return open(file, 1);
    }

    /// @param threads how many compute one call, >= 1
    /// @throws UnreadableModel when it is no ONNX file, or one that is refused
    public static OnnxSession open(Path file, int threads) {
        if (threads < 1) throw new IllegalArgumentException("%d threads, expected >= 1".formatted(threads));
        // Read once: what is looked at is what is run, whatever becomes of the file meanwhile.
        byte[] model = bytes(file);
        OnnxSignature signature = OnnxSignature.read(model);
        try {
            return new OnnxSession(model, signature, threads);
        } catch (OrtException e) {
            throw new UnreadableModel("ONNX Runtime does not take the model: " + e.getMessage(), e);
        }
    }

    private static byte[] bytes(Path file) {
        try {
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new UnreadableModel(
                        "'%s' has %d bytes, at most %d are read".formatted(file.getFileName(), size, MAX_BYTES));
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UnreadableModel("the model's file '%s' cannot be read".formatted(file.getFileName()), e);
        }
    }

    public List<Field> inputs() {
        return signature.inputs();
    }

    public List<OnnxSignature.Answer> outputs() {
        return signature.outputs();
    }

    /// Computes some rows.
    ///
    /// @param inputs in the order of [#inputs], each as wide as its field
    /// @return in the order of [#outputs]
    /// @throws IllegalArgumentException when an input does not fit its field
    /// @throws IllegalStateException when ONNX Runtime cannot compute them
    public List<OnnxValues> run(List<OnnxValues> inputs, int rows) {
        if (inputs.size() != inputs().size()) {
            throw new IllegalArgumentException("%d inputs, expected %d".formatted(inputs.size(), inputs().size()));
        }
        Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
        try {
            for (int i = 0; i < inputs.size(); i++) {
                Field field = inputs().get(i);
                tensors.put(field.name(), tensor(field, inputs.get(i), rows));
            }
            try (OrtSession.Result result = session.run(tensors)) {
                return answers(result, rows);
            }
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime cannot compute the rows: " + e.getMessage(), e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor tensor(Field field, OnnxValues values, int rows) throws OrtException {
        int count = Math.multiplyExact(rows, field.width());
        boolean text = field.type() == FieldType.TEXT;
        int given = text ? values.texts().size() : values.numbers().length;
        if (given != count) {
            throw new IllegalArgumentException("input '%s' has %d values, expected %d rows of %d"
                    .formatted(field.name(), given, rows, field.width()));
        }
        long[] shape = Optional.ofNullable(shapes.get(field.name()))
                .orElseThrow(() -> new IllegalStateException("ONNX Runtime has no input '" + field.name() + "'"))
                .clone();
        if (shape[0] > 0 && shape[0] != rows) {
            throw new IllegalArgumentException(
                    "%d rows, but the model was made for exactly %d at a time; export it with a free first dimension"
                            .formatted(rows, shape[0]));
        }
        shape[0] = rows;
        double[] numbers = values.numbers();
        return switch (field.type()) {
            case TEXT -> OnnxTensor.createTensor(environment, values.texts().toArray(String[]::new), shape);
            case FLOAT32 -> OnnxTensor.createTensor(environment, floats(numbers), shape);
            case FLOAT64 -> OnnxTensor.createTensor(environment, DoubleBuffer.wrap(numbers), shape);
            case INT64 ->
                OnnxTensor.createTensor(
                        environment,
                        LongBuffer.wrap(Arrays.stream(numbers)
                                .mapToLong(each -> (long) each)
                                .toArray()),
                        shape);
            case INT32 ->
                OnnxTensor.createTensor(
                        environment,
                        IntBuffer.wrap(Arrays.stream(numbers)
                                .mapToInt(each -> (int) each)
                                .toArray()),
                        shape);
            case BOOLEAN -> OnnxTensor.createTensor(environment, booleans(numbers), shape, OnnxJavaType.BOOL);
        };
    }

    private static FloatBuffer floats(double[] numbers) {
        FloatBuffer floats = FloatBuffer.allocate(numbers.length);
        for (double each : numbers) floats.put((float) each);
        return floats.flip();
    }

    private static ByteBuffer booleans(double[] numbers) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(numbers.length);
        for (double each : numbers) bytes.put((byte) (each == 0 ? 0 : 1));
        return bytes.flip();
    }

    private List<OnnxValues> answers(OrtSession.Result result, int rows) throws OrtException {
        List<OnnxValues> answers = new ArrayList<>();
        for (OnnxSignature.Answer output : outputs()) {
            OnnxValue value = result.get(output.name())
                    .orElseThrow(
                            () -> new IllegalStateException("ONNX Runtime gives no output '" + output.name() + "'"));
            answers.add(
                    switch (value) {
                        case OnnxTensor tensor -> values(tensor, rows);
                        case OnnxSequence maps -> values(maps, output.labels(), rows);
                        default ->
                            throw new IllegalStateException("output '%s' is %s, expected a tensor or maps"
                                    .formatted(output.name(), value.getType()));
                    });
        }
        return answers;
    }

    private static OnnxValues values(OnnxTensor tensor, int rows) throws OrtException {
        if (tensor.getInfo().type == OnnxJavaType.STRING) {
            List<String> texts = new ArrayList<>();
            gather(tensor.getValue(), texts);
            return OnnxValues.texts(rows == 0 ? 0 : texts.size() / rows, texts);
        }
        double[] numbers = numbers(tensor);
        return OnnxValues.numbers(rows == 0 ? 0 : numbers.length / rows, numbers);
    }

    /// Texts come as arrays in arrays, one for each dimension.
    private static void gather(Object value, List<String> to) {
        if (value instanceof Object[] values) for (Object each : values) gather(each, to);
        else to.add((String) value);
    }

    private static double[] numbers(OnnxTensor tensor) {
        double[] numbers = new double[Math.toIntExact(tensor.getInfo().getNumElements())];
        switch (tensor.getInfo().type) {
            case FLOAT -> {
                FloatBuffer from = tensor.getFloatBuffer();
                for (int i = 0; i < numbers.length; i++) numbers[i] = from.get(i);
            }
            case DOUBLE -> tensor.getDoubleBuffer().get(numbers);
            case INT64 -> {
                LongBuffer from = tensor.getLongBuffer();
                for (int i = 0; i < numbers.length; i++) numbers[i] = from.get(i);
            }
            case INT32 -> {
                IntBuffer from = tensor.getIntBuffer();
                for (int i = 0; i < numbers.length; i++) numbers[i] = from.get(i);
            }
            case BOOL -> {
                ByteBuffer from = tensor.getByteBuffer();
                for (int i = 0; i < numbers.length; i++) numbers[i] = from.get(i);
            }
            default -> throw new IllegalStateException("an output of type " + tensor.getInfo().type);
        }
        return numbers;
    }

    /// A map for each row, from label to number.
    private static OnnxValues values(OnnxSequence maps, List<String> labels, int rows) throws OrtException {
        double[] numbers = new double[rows * labels.size()];
        int at = 0;
        for (OnnxValue value : maps.getValue()) {
            try (OnnxMap map = (OnnxMap) value) {
                Map<String, Number> byLabel = new LinkedHashMap<>();
                map.getValue().forEach((label, number) -> byLabel.put(String.valueOf(label), (Number) number));
                for (String label : labels)
                    numbers[at++] = byLabel.getOrDefault(label, Double.NaN).doubleValue();
            }
        }
        return OnnxValues.numbers(labels.size(), numbers);
    }

    /// Frees the model's memory. No call may be under way, and none may follow.
    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime cannot close its session: " + e.getMessage(), e);
        }
    }
}
