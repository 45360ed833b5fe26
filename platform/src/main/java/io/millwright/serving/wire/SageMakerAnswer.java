package io.millwright.serving.wire;

import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import io.millwright.serving.predict.ModelKind;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// An answer in the shape of SageMaker's algorithms: PCA's for a projection, k-means' for a clustering;
/// of any other model the predictions.
///
/// Source: docs.aws.amazon.com/sagemaker/latest/dg, "PCA Response Formats" and "K-Means Response
/// Formats".
public record SageMakerAnswer(String contentType, ByteBuffer body) {
    private static final JsonFactory JSON = new JsonFactory();

    /// How rows stand one after the other.
    public enum Form {
        JSON("application/json"),
        JSON_LINES("application/jsonlines"),
        CSV("text/csv");

        private final String type;

        Form(String type) {
            this.type = type;
        }

        /// The first of those that an `Accept` header names.
        ///
        /// @return empty when it names none of them
        public static Optional<Form> of(String accept) {
            if (accept.isBlank()) return Optional.of(JSON);
            for (String each : accept.split(",")) {
                String type = each.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
                switch (type) {
                    case "*/*", "application/*", "application/json" -> {
                        return Optional.of(JSON);
                    }
                    case "application/jsonlines", "application/x-jsonlines" -> {
                        return Optional.of(JSON_LINES);
                    }
                    case "text/csv", "text/*" -> {
                        return Optional.of(CSV);
                    }
                    default -> {}
                }
            }
            return Optional.empty();
        }
    }

    public static SageMakerAnswer write(Form form, ModelKind kind, Frame answer) {
        return new SageMakerAnswer(
                form.type,
                switch (form) {
                    case JSON -> json(kind, answer);
                    case JSON_LINES -> lines(kind, answer);
                    case CSV -> csv(kind, answer);
                });
    }

    private static ByteBuffer json(ModelKind kind, Frame answer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject().writeName(kind == ModelKind.PROJECTION ? "projections" : "predictions");
            json.writeStartArray();
            for (int row = 0; row < answer.rows(); row++) {
                if (kind == ModelKind.OTHER) JsonRows.row(json, answer.columns().getFirst(), row);
                else object(json, kind, answer, row);
            }
            json.writeEndArray().writeEndObject();
        }
        return ByteBuffer.wrap(out.toByteArray());
    }

    private static ByteBuffer lines(ModelKind kind, Frame answer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        for (int row = 0; row < answer.rows(); row++) {
            try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
                object(json, kind, answer, row);
            }
            out.write('\n');
        }
        return ByteBuffer.wrap(out.toByteArray());
    }

    private static void object(JsonGenerator json, ModelKind kind, Frame answer, int row) {
        json.writeStartObject();
        switch (kind) {
            case PROJECTION -> {
                json.writeName("projection");
                JsonRows.row(json, answer.columns().getFirst(), row);
            }
            case CLUSTERING -> {
                json.writeNumberProperty(
                        "closest_cluster", answer.columns().getFirst().numbers()[row]);
                double distance = distance(answer, row);
                json.writeName("distance_to_cluster");
                // JSON has no word for it.
                if (Double.isFinite(distance)) json.writeNumber(distance);
                else json.writeNull();
            }
            case OTHER -> {
                json.writeName("prediction");
                JsonRows.row(json, answer.columns().getFirst(), row);
            }
        }
        json.writeEndObject();
    }

    /// To the nearest centre.
    private static double distance(Frame answer, int row) {
        Column distances = answer.column(ModelKind.DISTANCES).orElseThrow();
        double nearest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < distances.width(); i++)
            nearest = Math.min(nearest, distances.numbers()[row * distances.width() + i]); // NaN stays NaN.
        return nearest;
    }

    private static ByteBuffer csv(ModelKind kind, Frame answer) {
        StringBuilder text = new StringBuilder();
        Column first = answer.columns().getFirst();
        for (int row = 0; row < answer.rows(); row++) {
            if (kind == ModelKind.CLUSTERING) {
                text.append(first.numbers()[row]).append(',').append(distance(answer, row));
            } else {
                for (int i = 0; i < first.width(); i++) {
                    if (i > 0) text.append(',');
                    cell(text, first, row * first.width() + i);
                }
            }
            text.append('\n');
        }
        return ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /// What is missing is an empty cell.
    private static void cell(StringBuilder text, Column column, int at) {
        if (column.isText()) {
            String value = column.texts()[at];
            if (value != null) text.append(quoted(value));
            return;
        }
        double number = column.numbers()[at];
        if (Double.isNaN(number)) return;
        switch (column.type()) {
            case INT64, INT32 -> text.append((long) number);
            case BOOLEAN -> text.append(number != 0);
            case FLOAT32 -> text.append((float) number);
            case FLOAT64, TEXT -> text.append(number);
        }
    }

    private static String quoted(String value) {
        boolean plain = value.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain && !value.isEmpty() ? value : '"' + value.replace("\"", "\"\"") + '"';
    }
}
