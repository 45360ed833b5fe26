package io.millwright.runtime.read;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Operator;
import io.millwright.runtime.Output;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A model in the making: readers add fields, nodes and outputs in order.
final class Graph {
    private final Set<String> names = new HashSet<>();
    private final List<Field> inputs = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final List<Output> outputs = new ArrayList<>();
    private final Map<String, String> about = new LinkedHashMap<>();

    String field(Field field) {
        inputs.add(field);
        names.add(field.name());
        return field.name();
    }

    /// The features of a model that knows at most their names: one column for each name, or one tensor.
    ///
    /// @param names may be empty
    String features(List<String> names, int count, FieldType type) {
        if (names.isEmpty()) return field(Field.tensor("input", type, count));
        for (String name : names) field(Field.column(name, type));
        return node("features", new Columns.Concat(), names.toArray(String[]::new));
    }

    /// Adds a node; a name that is taken gets a number.
    String node(String name, Operator operator, String... from) {
        String free = name;
        for (int i = 2; !names.add(free); i++) free = name + "_" + i;
        nodes.add(new Node(free, List.of(from), operator));
        return free;
    }

    void column(String name, String source, FieldType type) {
        outputs.add(new Output(name, source, type, true));
    }

    void rows(String name, String source, FieldType type) {
        outputs.add(new Output(name, source, type, false));
    }

    void about(String key, String value) {
        about.put(key, value);
    }

    Model build() {
        try {
            return new Model(inputs, nodes, outputs, about);
        } catch (IllegalArgumentException e) {
            throw new UnreadableModel("the model does not hold together: " + e.getMessage(), e);
        }
    }
}
