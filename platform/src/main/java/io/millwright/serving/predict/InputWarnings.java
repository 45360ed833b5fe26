package io.millwright.serving.predict;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Counts what did not fit in one request, by kind and column; refuses what the policy does not let
/// through.
final class InputWarnings {
    /// A request may have any number of columns that nobody reads.
    private static final int MOST_KEPT = 100;

    private record Key(InputPolicy.Problem problem, String column) {}

    private static final class Counter {
        private final int row;
        private long count;

        private Counter(int row) {
            this.row = row;
        }
    }

    private final InputPolicy policy;
    private final Map<Key, Counter> counters = new LinkedHashMap<>();

    InputWarnings(InputPolicy policy) {
        this.policy = policy;
    }

    /// Whether it must be refused; what is let through is counted if so wished.
    ///
    /// @param row -1 for a column as a whole
    boolean refuses(InputPolicy.Problem problem, String column, int row) {
        return switch (policy.on(problem)) {
            case ERROR -> true;
            case ALLOW -> false;
            case WARN -> {
                count(new Key(problem, column), row);
                yield false;
            }
        };
    }

    private void count(Key key, int row) {
        Counter counter = counters.get(key);
        if (counter == null) {
            if (counters.size() == MOST_KEPT) return;
            counter = new Counter(row);
            counters.put(key, counter);
        }
        counter.count++;
    }

    /// Whether values that are missing where the model can do without have to be looked for.
    boolean looksForMissing() {
        return policy.on(InputPolicy.Problem.MISSING_VALUE) != InputPolicy.Action.ALLOW;
    }

    List<InputWarning> list() {
        if (counters.isEmpty()) return List.of();
        List<InputWarning> list = new ArrayList<>(counters.size());
        counters.forEach(
                (key, counter) -> list.add(new InputWarning(key.problem, key.column, counter.row, counter.count)));
        return list;
    }

    static Failure refused(String column, int row, String problem) {
        return INVALID_ARGUMENT.because("Column '%s', row %d: %s.", column, row, problem);
    }
}
