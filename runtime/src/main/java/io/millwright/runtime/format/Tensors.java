package io.millwright.runtime.format;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// Where an operator's numbers are put: tensors named after the node's place, which the JSON refers to.
record Tensors(String prefix, Safetensors file) {
    void put(ObjectNode written, String name, Doubles values) {
        file.put(key(name), values);
        written.put(name, key(name));
    }

    void put(ObjectNode written, String name, Ints values) {
        file.put(key(name), values);
        written.put(name, key(name));
    }

    /// A matrix is its numbers and how many columns it has.
    void put(ObjectNode written, String name, Matrix matrix) {
        file.put(key(name), matrix.values());
        written.put(name, key(name));
        written.put(name + "_rows", matrix.rows());
        written.put(name + "_columns", matrix.columns());
    }

    /// Lists of numbers of different lengths: all numbers, and where each list ends.
    void putAll(ObjectNode written, String name, List<Doubles> lists) {
        double[] values = lists.stream()
                .map(Doubles::toArray)
                .flatMapToDouble(java.util.Arrays::stream)
                .toArray();
        put(written, name, Doubles.of(values));
        put(written, name + "_ends", ends(lists.stream().mapToInt(Doubles::size).toArray()));
    }

    void putAllInts(ObjectNode written, String name, List<Ints> lists) {
        int[] values = lists.stream()
                .map(Ints::toArray)
                .flatMapToInt(java.util.Arrays::stream)
                .toArray();
        put(written, name, Ints.of(values));
        put(written, name + "_ends", ends(lists.stream().mapToInt(Ints::size).toArray()));
    }

    private static Ints ends(int[] sizes) {
        for (int i = 1; i < sizes.length; i++) sizes[i] += sizes[i - 1];
        return Ints.of(sizes);
    }

    private String key(String name) {
        return prefix + "." + name;
    }
}
