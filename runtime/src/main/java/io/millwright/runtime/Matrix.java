package io.millwright.runtime;

/// Numbers in rows and columns, row after row.
public record Matrix(int rows, int columns, Doubles values) {
    public Matrix {
        if (rows < 0 || columns < 0) {
            throw new IllegalArgumentException("a matrix of %d x %d".formatted(rows, columns));
        }
        if ((long) rows * columns != values.size()) {
            throw new IllegalArgumentException("%d numbers, expected %d x %d".formatted(values.size(), rows, columns));
        }
    }

    public static Matrix of(int rows, int columns, double... values) {
        return new Matrix(rows, columns, Doubles.of(values));
    }

    public double get(int row, int column) {
        return values.get(row * columns + column);
    }
}
