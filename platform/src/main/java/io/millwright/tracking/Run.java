package io.millwright.tracking;

import java.util.List;
import java.util.Map;

/// A run with what was logged to it: the latest value of each metric, never the history.
public record Run(
        RunInfo info,
        List<MetricPoint> metrics,
        Map<String, String> params,
        Map<String, String> tags,
        List<DatasetInput> datasets,
        List<String> modelInputs,
        List<ModelOutput> modelOutputs) {
    /// A logged model that a run made.
    public record ModelOutput(String modelId, long step) {}
}
