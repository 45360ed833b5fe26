package io.millwright.tracking;

import java.util.Arrays;
import java.util.Comparator;

/// Points of a chart, as columns.
final class SeriesPoints {
    private long[] x;
    private double[] y;
    private int size;

    SeriesPoints(int expected) {
        x = new long[Math.max(expected, 1)];
        y = new double[Math.max(expected, 1)];
    }

    void add(long atX, double value) {
        if (size == x.length) {
            x = Arrays.copyOf(x, size * 2);
            y = Arrays.copyOf(y, size * 2);
        }
        x[size] = atX;
        y[size++] = value;
    }

    /// The same in the order of x; those of the same x stay in theirs.
    SeriesPoints byX() {
        boolean sorted = true;
        for (int i = 1; i < size && sorted; i++) sorted = x[i - 1] <= x[i];
        if (sorted) return this;
        Integer[] order = new Integer[size];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingLong(i -> x[i]));
        SeriesPoints points = new SeriesPoints(size);
        for (int i : order) points.add(x[i], y[i]);
        return points;
    }

    int size() {
        return size;
    }

    long x(int index) {
        return x[index];
    }

    /// May be NaN.
    double y(int index) {
        return y[index];
    }
}
