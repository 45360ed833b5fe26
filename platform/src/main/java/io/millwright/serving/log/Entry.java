package io.millwright.serving.log;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A kept answer to a request of one or more rows.
///
/// @param shadow whether nobody got it
/// @param micros from the rows to the answer
/// @param caller the principal
/// @param error why a shadow gave no answer; empty when it did
public record Entry(
        PredictionId id,
        Instant at,
        Answerer answerer,
        boolean shadow,
        double micros,
        String caller,
        String requestId,
        String error,
        int rows,
        List<Values> inputs,
        List<Values> outputs) {
    public Entry {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /// A column as it was kept.
    ///
    /// @param list whether it has several values a row
    record Column(String name, boolean text, boolean list, int width) {}

    /// What a column has for the rows of the request. NaN stays NaN.
    ///
    /// @param column the same object for all entries of a segment that have it
    /// @param rows some models answer fewer than they were asked
    /// @param texts null when it has numbers
    @SuppressWarnings("ArrayRecordComponent") // Read by those who asked for it, changed by nobody.
    record Values(
            Column column,
            int rows,
            double[] numbers,
            @Nullable String @Nullable [] texts) {
        String name() {
            return column.name();
        }

        /// A text, a number or null, which is also what rows have that were not answered.
        @Nullable
        Object value(int row, int place) {
            if (row >= rows) return null;
            int at = row * column.width() + place;
            return texts != null ? texts[at] : (Object) numbers[at];
        }
    }
}
