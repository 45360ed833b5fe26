package io.millwright.serving.wire;

import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import tools.jackson.core.JsonGenerator;

/// Answers as MLflow's scoring server writes them.
///
/// Source: mlflow.org/docs/latest/ml/deployment/deploy-model-locally, "Output formats"; checked against
/// mlflow.pyfunc.scoring_server of 3.17.2.
public final class Predictions {
    private Predictions() {}

    public static void write(JsonGenerator json, Frame answer) {
        switch (answer.form()) {
            case VALUES -> JsonRows.rows(json, answer.columns().getFirst(), answer.rows());
            case COLUMNS -> {
                json.writeStartObject();
                for (Column column : answer.columns()) {
                    json.writeName(column.name());
                    JsonRows.rows(json, column, answer.rows());
                }
                json.writeEndObject();
            }
            case RECORDS -> {
                json.writeStartArray();
                for (int row = 0; row < answer.rows(); row++) {
                    json.writeStartObject();
                    for (Column column : answer.columns()) {
                        json.writeName(column.name());
                        JsonRows.row(json, column, row);
                    }
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
        }
    }
}
