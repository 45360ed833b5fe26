package io.millwright.runtime;

import java.util.Arrays;

/// Numbers that never change.
public final class Doubles {
    private static final Doubles NONE = new Doubles(new double[0]);

    private final double[] values;

    private Doubles(double[] values) {
        this.values = values;
    }

    /// @param values copied
    public static Doubles of(double... values) {
        return values.length == 0 ? NONE : new Doubles(values.clone());
    }

    public int size() {
        return values.length;
    }

    public double get(int index) {
        return values[index];
    }

    /// A copy of them.
    public double[] toArray() {
        return values.clone();
    }

    /// Whether every one survives being a float: rounding it to float32 changes nothing.
    public boolean areFloats() {
        for (double value : values) {
            if (Double.doubleToLongBits((float) value) != Double.doubleToLongBits(value)) return false;
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Doubles that && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return values.length <= 8 ? Arrays.toString(values) : "[" + values.length + " numbers]";
    }
}
