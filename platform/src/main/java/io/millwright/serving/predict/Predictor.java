package io.millwright.serving.predict;

import io.millwright.runtime.Field;
import io.millwright.runtime.Output;
import java.util.List;

/// A model that answers. Used by any number of threads.
public interface Predictor extends AutoCloseable {
    List<Field> inputs();

    /// The first is what its library's `predict` answers.
    List<Output> outputs();

    /// How many values a row an output has; -1 when that is known only from its answers.
    default int width(Output output) {
        return output.column() ? 1 : -1;
    }

    default ModelKind kind() {
        return ModelKind.OTHER;
    }

    /// @param rows columns as [InputBinding] takes them
    /// @param policy what is done about those that do not fit
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT for values the model, or the policy,
    /// refuses, by column and row
    Prediction predict(Frame rows, InputPolicy policy);

    /// @param mostTogether rows of several requests that may be computed in one call, where that is faster;
    ///     0 to compute each by itself
    default Prediction predict(Frame rows, InputPolicy policy, int mostTogether) {
        return predict(rows, policy);
    }

    /// Whether a request of so many bytes is answered in a fraction of a millisecond, by the caller's thread alone.
    default boolean isPrompt(int bytes) {
        return false;
    }

    /// What it takes of the machine's memory; 0 when that is about the size of its files.
    default long memoryBytes() {
        return 0;
    }

    @Override
    void close();
}
