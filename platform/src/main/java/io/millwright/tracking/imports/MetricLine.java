package io.millwright.tracking.imports;

import io.millwright.tracking.LoggedModelMetric;
import io.millwright.tracking.MetricPoint;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One line of a metric's file: `time value [step]`, then the run for a logged model's metric, then the name and the
/// digest of the dataset, if any.
///
/// @param runId empty in a run's own file
record MetricLine(
        long timestampMillis,
        double value,
        long step,
        String runId,
        @Nullable String datasetName,
        @Nullable String datasetDigest) {
    /// Null when it is no such line.
    static @Nullable MetricLine parse(String line, boolean ofModel) {
        String[] parts = line.strip().split(" ");
        int beforeDataset = ofModel ? 4 : 3;
        if (parts.length < (ofModel ? 4 : 2)) return null;
        try {
            // The dataset's name may hold blanks; its digest is the last word.
            boolean onDataset = parts.length >= beforeDataset + 2;
            String name = onDataset
                    ? String.join(" ", java.util.Arrays.asList(parts).subList(beforeDataset, parts.length - 1))
                    : null;
            return new MetricLine(
                    Long.parseLong(parts[0]),
                    number(parts[1]),
                    parts.length > 2 ? Long.parseLong(parts[2]) : 0,
                    ofModel ? parts[3] : "",
                    name,
                    onDataset ? parts[parts.length - 1] : null);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /// As Python writes a float.
    static double number(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "nan", "+nan", "-nan" -> Double.NaN;
            case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
            case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    MetricPoint point(String key) {
        return new MetricPoint(key, value, timestampMillis, step);
    }

    LoggedModelMetric modelMetric(String modelId, String key) {
        return new LoggedModelMetric(
                point(key), runId, new LoggedModelMetric.Target(modelId, datasetName, datasetDigest));
    }
}
