package io.millwright.serving.wire;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.serving.predict.Frame;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Rows sent to `/invocations`.
///
/// @param sageMaker whether they came in a format of SageMaker's algorithms and not MLflow's: the answer
/// is in the same
public record Invocation(Frame rows, boolean sageMaker) {
    Invocation with(String params) {
        return new Invocation(rows.with(params), sageMaker);
    }

    /// Reads a body as its content type says.
    ///
    /// CSV of MLflow begins with a line of names, CSV of SageMaker with a row. With the parameter
    /// `label_size=0` it is SageMaker's; without, it is if all cells of the first line are numbers or
    /// empty and they are not names of the model's.
    ///
    /// @param names of the columns that the model reads
    /// @return empty for a content type that is not read
    /// @throws Failure INVALID_ARGUMENT, MALFORMED_REQUEST
    public static Optional<Invocation> read(String contentType, byte[] body, Set<String> names) {
        String[] parts = contentType.split(";");
        Map<String, String> parameters = new HashMap<>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            if (equals > 0)
                parameters.put(
                        parts[i].substring(0, equals).strip().toLowerCase(Locale.ROOT),
                        parts[i].substring(equals + 1).strip());
        }
        return switch (parts[0].strip().toLowerCase(Locale.ROOT)) {
            case "application/json" -> Optional.of(ScoringRequest.json(body));
            case "application/jsonlines", "application/x-jsonlines" -> Optional.of(SageMakerRows.lines(body));
            case "text/csv" -> Optional.of(csv(body, parameters, names));
            default -> Optional.empty();
        };
    }

    private static Invocation csv(byte[] body, Map<String, String> parameters, Set<String> names) {
        String labels = parameters.get("label_size");
        if (labels != null && !labels.equals("0")) {
            throw INVALID_ARGUMENT.because(
                    "The content type says label_size=%s, expected 0: rows to be answered have no labels.", labels);
        }
        return ScoringRequest.csv(body, labels != null, names);
    }
}
