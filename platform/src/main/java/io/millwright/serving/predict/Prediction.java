package io.millwright.serving.predict;

import java.util.List;

/// What a model answered.
///
/// @param warnings what of the input did not fit and was let through
public record Prediction(Frame answer, List<InputWarning> warnings) {
    public Prediction {
        warnings = List.copyOf(warnings);
    }
}
