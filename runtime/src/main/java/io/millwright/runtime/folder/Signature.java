package io.millwright.runtime.folder;

import io.millwright.runtime.FieldType;
import java.util.List;
import java.util.Optional;

/// What a model takes and answers, as its author declared it.
///
/// @param inputs empty when nothing was declared
/// @param outputs empty when nothing was declared
public record Signature(List<Entry> inputs, List<Entry> outputs) {
    public static final Signature NONE = new Signature(List.of(), List.of());

    /// A column, or a tensor.
    ///
    /// @param name empty for a tensor, or column, without one
    /// @param type the type it has here; absent for one that no operator reads (binary, objects)
    /// @param declared the word of the author's library, such as `long`
    /// @param shape of a tensor, -1 for any; empty for a column
    /// @param required whether a request must have it
    public record Entry(String name, Optional<FieldType> type, String declared, List<Long> shape, boolean required) {
        public Entry {
            shape = List.copyOf(shape);
        }

        public boolean isTensor() {
            return !shape.isEmpty();
        }
    }

    public Signature {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }
}
