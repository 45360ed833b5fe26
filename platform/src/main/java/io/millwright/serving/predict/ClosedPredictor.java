package io.millwright.serving.predict;

import io.millwright.runtime.Field;
import io.millwright.runtime.Output;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What is known of a model when it has been closed and its memory given back.
public final class ClosedPredictor implements Predictor {
    private final List<Field> inputs;
    private final List<Output> outputs;
    private final Map<Output, Integer> widths = new HashMap<>();
    private final ModelKind kind;

    /// @param predictor that is about to be closed
    public ClosedPredictor(Predictor predictor) {
        inputs = predictor.inputs();
        outputs = predictor.outputs();
        for (Output output : outputs) widths.put(output, predictor.width(output));
        kind = predictor.kind();
    }

    @Override
    public List<Field> inputs() {
        return inputs;
    }

    @Override
    public List<Output> outputs() {
        return outputs;
    }

    @Override
    public int width(Output output) {
        return widths.getOrDefault(output, -1);
    }

    @Override
    public ModelKind kind() {
        return kind;
    }

    /// Nobody asks a model that is not held.
    @Override
    public Prediction predict(Frame rows, InputPolicy policy) {
        throw new IllegalStateException("the model is closed");
    }

    @Override
    public void close() {
        // It is.
    }
}
