package io.millwright.runtime;

/// What flows between two operators: for each row, so many values of a kind.
///
/// @param width values a row, >= 0
public record Shape(Kind kind, int width) {
    /// Numbers are float64 between operators, which holds every float32, boolean and integer up to
    /// 2^53 exactly; NaN is a missing number. A missing text is null.
    public enum Kind {
        NUMBERS,
        TEXTS
    }

    public Shape {
        if (width < 0) throw new IllegalArgumentException("a width of " + width);
    }

    public static Shape numbers(int width) {
        return new Shape(Kind.NUMBERS, width);
    }

    public static Shape texts(int width) {
        return new Shape(Kind.TEXTS, width);
    }

    @Override
    public String toString() {
        return width + (kind == Kind.NUMBERS ? " numbers" : " texts");
    }
}
