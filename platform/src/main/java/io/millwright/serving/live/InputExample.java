package io.millwright.serving.live;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.runtime.format.ModelFile;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import io.millwright.serving.predict.InputPolicy;
import io.millwright.serving.predict.Predictor;
import io.millwright.serving.wire.Invocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The rows a version was logged with, and what it answered where it was exported. A model that is to answer is tried
/// on them
/// first.
///
/// @param answers empty when nobody has recorded them
record InputExample(Frame rows, List<JsonNode> answers) {
    private static final Logger log = LoggerFactory.getLogger(InputExample.class);
    private static final JsonMapper JSON = new JsonMapper();

    /// As MLflow calls it: the body of a request to `/invocations`.
    private static final String ROWS = "serving_input_example.json";

    /// What an export writes beside its file.
    static final String ANSWERS = ModelFile.NAME + ".answers.json";
    private static final long LARGEST = 1 << 20;
    private static final long WARM_NANOS = 50_000_000;

    /// Numbers are as near to each other as float32 computes them.
    private static final double NEAR = 1e-5;

    /// What a trial has shown.
    enum Trial {
        /// There is no example.
        NONE,
        /// It answers.
        ANSWERED,
        /// It answers what was recorded.
        COMPARED
    }

    InputExample {
        answers = List.copyOf(answers);
    }

    static Optional<InputExample> in(Path folder) {
        try {
            Optional<byte[]> rows = bytes(folder.resolve(ROWS));
            if (rows.isEmpty()) return Optional.empty();
            Optional<Invocation> read = Invocation.read("application/json", rows.get(), Set.of());
            if (read.isEmpty() || read.get().rows().rows() == 0) return Optional.empty();
            List<JsonNode> answers = new ArrayList<>();
            Optional<byte[]> recorded = bytes(folder.resolve(ANSWERS));
            if (recorded.isPresent()) flatten(JSON.readTree(recorded.get()).path("predictions"), answers);
            return Optional.of(new InputExample(read.get().rows(), answers));
        } catch (Failure | JacksonException | IOException e) {
            log.info("an input example cannot be read, the model is not tried on it: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private static Optional<byte[]> bytes(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > LARGEST)
            return Optional.empty();
        return Optional.of(Files.readAllBytes(file));
    }

    private static void flatten(JsonNode value, List<JsonNode> into) {
        if (!value.isArray()) {
            into.add(value);
            return;
        }
        for (JsonNode each : value) flatten(each, into);
    }

    /// Asks the model, and asks it again for a twentieth of a second, so that its first callers do not wait for what is
    /// done
    /// once.
    ///
    /// @throws Failure INVALID_ARGUMENT when it does not answer, or otherwise than was recorded
    Trial tryOn(Predictor predictor, String name) {
        Frame answer;
        try {
            answer = predictor.predict(rows, InputPolicy.DEFAULT).answer();
        } catch (Failure e) {
            throw INVALID_ARGUMENT.because(
                    "%s does not answer the input example it was logged with: %s What answers now goes on answering.",
                    name, e.message());
        }
        Trial trial =
                answers.isEmpty() ? Trial.ANSWERED : compared(answer.columns().getFirst(), name);
        long until = System.nanoTime() + WARM_NANOS;
        while (System.nanoTime() < until) predictor.predict(rows, InputPolicy.DEFAULT);
        return trial;
    }

    private Trial compared(Column answered, String name) {
        int count = answered.isText() ? answered.texts().length : answered.numbers().length;
        if (count != answers.size()) return Trial.ANSWERED; // What was recorded has another form.
        for (int i = 0; i < count; i++) {
            JsonNode expected = answers.get(i);
            boolean same = answered.isText()
                    ? String.valueOf(answered.texts()[i]).equals(expected.asString(""))
                    : near(answered.numbers()[i], expected.asDouble(Double.NaN));
            if (same) continue;
            throw INVALID_ARGUMENT.because(
                    "%s answers value %d of its input example with %s here, and with %s where it was exported. It is not"
                            + " served; what answers now goes on answering.",
                    name, i, answered.isText() ? answered.texts()[i] : (Object) answered.numbers()[i], expected);
        }
        return Trial.COMPARED;
    }

    private static boolean near(double one, double other) {
        return Double.compare(one, other) == 0
                || Math.abs(one - other) <= NEAR * Math.max(1e-3, Math.max(Math.abs(one), Math.abs(other)));
    }
}
