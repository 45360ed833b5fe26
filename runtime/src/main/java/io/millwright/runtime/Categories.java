package io.millwright.runtime;

import java.util.List;

/// The values a column may take, in the order the model numbers them.
///
/// Comparing numbers, -0 is 0.
public sealed interface Categories {
    int size();

    /// Where a missing value belongs; -1 when none is expected. That place counts in [#size].
    int missingAt();

    /// The value at a place as people read it.
    String name(int index);

    /// @param values distinct; the one at `missingAt` is not looked at
    record Texts(List<String> values, int missingAt) implements Categories {
        public Texts {
            values = List.copyOf(values);
            if (missingAt < -1 || missingAt >= values.size()) {
                throw new IllegalArgumentException(
                        "missing at %d of %d categories".formatted(missingAt, values.size()));
            }
        }

        @Override
        public int size() {
            return values.size();
        }

        @Override
        public String name(int index) {
            return index == missingAt ? "missing" : "'" + values.get(index) + "'";
        }
    }

    /// @param values distinct; the one at `missingAt` is NaN
    record Numbers(Doubles values, int missingAt) implements Categories {
        public Numbers {
            if (missingAt < -1 || missingAt >= values.size()) {
                throw new IllegalArgumentException(
                        "missing at %d of %d categories".formatted(missingAt, values.size()));
            }
        }

        @Override
        public int size() {
            return values.size();
        }

        @Override
        public String name(int index) {
            double value = values.get(index);
            if (index == missingAt) return "missing";
            return value == Math.rint(value) && Math.abs(value) < 1e15
                    ? String.valueOf((long) value)
                    : String.valueOf(value);
        }
    }

    default Shape.Kind kind() {
        return this instanceof Texts ? Shape.Kind.TEXTS : Shape.Kind.NUMBERS;
    }
}
