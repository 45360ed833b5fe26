package io.millwright.tracking;

import org.jspecify.annotations.Nullable;

/// One metric of a logged model: a run measured it, perhaps on a dataset.
public record LoggedModelMetric(MetricPoint point, String runId, Target target) {
    /// Which model a metric belongs to, and the dataset it was measured on.
    ///
    /// @param datasetName null when the client named none
    /// @param datasetDigest null when the client named none
    public record Target(
            String modelId,
            @Nullable String datasetName,
            @Nullable String datasetDigest) {}
}
