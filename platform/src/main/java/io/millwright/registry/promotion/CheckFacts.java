package io.millwright.registry.promotion;

import io.millwright.registry.ModelVersion;
import io.millwright.registry.RegisteredModel;
import io.millwright.tracking.Run;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the checks of one promotion look at, read at one moment.
///
/// @param run empty when the version has none, or it is gone
/// @param holder the version that holds the alias now
record CheckFacts(
        RegisteredModel model,
        ModelVersion version,
        Optional<Run> run,
        Optional<ModelVersion> holder,
        Optional<Run> holderRun,
        Files files) {
    /// What lies beside the model.
    ///
    /// @param read for the evidence
    /// @param environment the files that describe it
    /// @param trouble why nothing could be read
    record Files(boolean signed, Map<String, Object> read, List<String> environment, Optional<String> trouble) {}
}
