package io.millwright.serving.wire;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Puts the inputs of a request of the Open Inference Protocol beside each other.
final class Tensors {
    static final int MOST = 100_000;
    static final int MOST_OUTPUTS = 1_000;

    private final List<Column> columns;
    private final Set<String> names = new HashSet<>();
    private int rows = -1;

    Tensors(int expected) {
        columns = new ArrayList<>(expected);
    }

    /// @throws Failure INVALID_ARGUMENT when there is one of that name, or one with another number of rows
    Tensor next(Tensor tensor) {
        if (!names.add(tensor.name())) throw INVALID_ARGUMENT.because("Two inputs are named '%s'.", tensor.name());
        if (rows >= 0 && rows != tensor.rows()) {
            throw INVALID_ARGUMENT.because(
                    "Input '%s' has %d rows, the one before has %d.", tensor.name(), tensor.rows(), rows);
        }
        rows = tensor.rows();
        return tensor;
    }

    void add(Column column) {
        columns.add(column);
    }

    /// @throws Failure INVALID_ARGUMENT when there is none
    Frame frame() {
        if (columns.isEmpty()) throw INVALID_ARGUMENT.because("'inputs' is empty, expected at least one tensor.");
        return new Frame(rows, columns);
    }

    /// The outputs that are asked for; all when none is named.
    ///
    /// @throws Failure INVALID_ARGUMENT when the model has no such output
    static List<Column> wanted(List<String> names, Frame answer) {
        if (names.isEmpty()) return answer.columns();
        return names.stream()
                .map(name -> answer.column(name)
                        .orElseThrow(() -> INVALID_ARGUMENT.because(
                                "The model has no output '%s', only %s.",
                                name,
                                answer.columns().stream().map(Column::name).toList())))
                .toList();
    }
}
