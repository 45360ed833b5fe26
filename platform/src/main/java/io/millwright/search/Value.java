package io.millwright.search;

import java.math.BigDecimal;
import java.util.List;
import java.util.OptionalLong;

/// The right side of a clause. [FilterParser] pairs it with the comparison: [Texts] comes with `IN` and `NOT IN`,
/// [None] with `IS NULL` and `IS NOT NULL`, [Number] with numeric fields, [Text] with all others.
public sealed interface Value {
    /// The characters between the quotes as they stand there: a filter has no escapes.
    record Text(String text) implements Value {}

    /// A number as written, exact also where a double is not (timestamps and versions above 2^53).
    ///
    /// @param number at most 1,000 digits, decimal exponent within ±10,000
    record Number(BigDecimal number) implements Value {
        /// The nearest double, infinite when out of its range. For metrics.
        public double asDouble() {
            return number.doubleValue();
        }

        /// The same number as a long; empty when it has a fraction or does not fit.
        public OptionalLong asLong() {
            try {
                return OptionalLong.of(number.longValueExact());
            } catch (ArithmeticException notALong) {
                return OptionalLong.empty();
            }
        }
    }

    /// One or more texts, in the order of the list.
    record Texts(List<String> texts) implements Value {
        public Texts {
            texts = List.copyOf(texts);
        }
    }

    /// No value: the clause only asks whether the key is there.
    record None() implements Value {}
}
