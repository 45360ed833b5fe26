package io.millwright.runtime;

import java.util.Optional;

/// One input of a model.
///
/// @param width values a row: 1 for a column, n for a tensor of shape `[rows, n]`
/// @param missingAllowed whether a row may lack it (NaN, null)
/// @param unit as people write it (`year`, `USD`); empty when not known
/// @param range what numbers the model was made for; absent when not known
/// @param categories what values the model was made for; absent when any will do
public record Field(
        String name,
        FieldType type,
        int width,
        boolean missingAllowed,
        String unit,
        Optional<Range> range,
        Optional<Categories> categories) {
    /// Both ends belong to it.
    public record Range(double low, double high) {
        public Range {
            if (!(low <= high)) throw new IllegalArgumentException("a range from %s to %s".formatted(low, high));
        }

        public boolean contains(double value) {
            return value >= low && value <= high;
        }
    }

    public Field {
        if (name.isBlank()) throw new IllegalArgumentException("a field without a name");
        if (width < 1)
            throw new IllegalArgumentException("field '%s' has width %d, expected >= 1".formatted(name, width));
    }

    /// A column that may be missing, of which no more is known.
    public static Field column(String name, FieldType type) {
        return new Field(name, type, 1, true, "", Optional.empty(), Optional.empty());
    }

    /// A tensor of shape `[rows, width]`.
    public static Field tensor(String name, FieldType type, int width) {
        return new Field(name, type, width, true, "", Optional.empty(), Optional.empty());
    }

    public Shape shape() {
        return new Shape(type.kind(), width);
    }
}
