package io.millwright.lake.tables;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the maker of a commit says of it; kept with the version and told in its event.
///
/// @param inputs what it was made from
/// @param erasure when the commit takes rows out of history
public record CommitNote(String message, List<Input> inputs, Optional<Erasure> erasure) {
    public static final CommitNote NONE = new CommitNote("", List.of());

    private static final ScopedValue<CommitNote> CURRENT = ScopedValue.newInstance();

    public CommitNote {
        inputs = List.copyOf(inputs);
    }

    public CommitNote(String message, List<Input> inputs) {
        this(message, inputs, Optional.empty());
    }

    /// @param replaced by which snapshot each named one was
    /// @param told in its event
    record Erasure(Map<Long, Long> replaced, Map<String, Object> told) {
        Erasure {
            replaced = Map.copyOf(replaced);
        }
    }

    /// A version that was read.
    ///
    /// @param columns those read, when it is known which
    public record Input(String dataset, long snapshotId, List<String> columns) {
        public Input {
            columns = List.copyOf(columns);
        }
    }

    static CommitNote current() {
        return CURRENT.isBound() ? CURRENT.get() : NONE;
    }

    <R, X extends Throwable> R call(ScopedValue.CallableOp<? extends R, X> body) throws X {
        return ScopedValue.where(CURRENT, this).call(body);
    }
}
