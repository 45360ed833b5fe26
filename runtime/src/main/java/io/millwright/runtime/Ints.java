package io.millwright.runtime;

import java.util.Arrays;

/// Whole numbers that never change: positions, counts.
public final class Ints {
    private static final Ints NONE = new Ints(new int[0]);

    private final int[] values;

    private Ints(int[] values) {
        this.values = values;
    }

    /// @param values copied
    public static Ints of(int... values) {
        return values.length == 0 ? NONE : new Ints(values.clone());
    }

    /// 0, 1, 2 … up to, without, the end.
    public static Ints range(int end) {
        int[] values = new int[end];
        for (int i = 0; i < end; i++) values[i] = i;
        return new Ints(values);
    }

    public int size() {
        return values.length;
    }

    public int get(int index) {
        return values[index];
    }

    /// A copy of them.
    public int[] toArray() {
        return values.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Ints that && Arrays.equals(values, that.values);
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
