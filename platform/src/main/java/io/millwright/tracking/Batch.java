package io.millwright.tracking;

import java.util.List;
import java.util.Map;

/// Metrics, params and tags to log to one run at once, all or nothing.
///
/// @param params in the order given; a key given twice is refused
/// @param modelMetrics those of the metrics that also belong to a logged model
public record Batch(
        List<MetricPoint> metrics, List<Param> params, Map<String, String> tags, List<LoggedModelMetric> modelMetrics) {
    /// One param as sent.
    public record Param(String key, String value) {}
}
