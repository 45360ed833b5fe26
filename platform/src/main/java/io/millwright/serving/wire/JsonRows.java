package io.millwright.serving.wire;

import io.millwright.serving.predict.Column;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Columns as JSON.
public final class JsonRows {
    private JsonRows() {}

    /// All values, one row after the other.
    static void flat(JsonGenerator json, Column column) {
        json.writeStartArray();
        int count = column.isText() ? column.texts().length : column.numbers().length;
        for (int i = 0; i < count; i++) value(json, column, i);
        json.writeEndArray();
    }

    /// A value for each row, or an array of them.
    public static void rows(JsonGenerator json, Column column, int rows) {
        json.writeStartArray();
        for (int row = 0; row < rows; row++) row(json, column, row);
        json.writeEndArray();
    }

    public static void row(JsonGenerator json, Column column, int row) {
        if (column.isFlat()) {
            value(json, column, row);
            return;
        }
        json.writeStartArray();
        for (int j = 0; j < column.width(); j++) value(json, column, row * column.width() + j);
        json.writeEndArray();
    }

    private static void value(JsonGenerator json, Column column, int at) {
        if (column.isText()) {
            @Nullable String text = column.texts()[at];
            if (text == null) json.writeNull();
            else json.writeString(text);
            return;
        }
        double number = column.numbers()[at];
        if (!Double.isFinite(number)) {
            // JSON has no word for it.
            json.writeNull();
            return;
        }
        switch (column.type()) {
            case INT64, INT32 -> json.writeNumber((long) number);
            case BOOLEAN -> json.writeBoolean(number != 0);
            case FLOAT32 -> json.writeNumber((float) number);
            case FLOAT64, TEXT -> json.writeNumber(number);
        }
    }
}
