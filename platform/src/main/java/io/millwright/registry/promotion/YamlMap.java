package io.millwright.registry.promotion;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/// A map of a policy's file, whose keys were checked.
final class YamlMap {
    final Node node;
    private final String what;
    private final Map<String, Node> values = new LinkedHashMap<>();
    private final PolicyProblems problems;

    /// @param what as in `a stage`, for the messages
    YamlMap(Node node, String what, Set<String> keys, PolicyProblems problems) {
        this.node = node;
        this.what = what;
        this.problems = problems;
        if (!(node instanceof MappingNode map)) {
            problems.at(node, what + " is " + PolicyProblems.kind(node) + ", expected a map");
            return;
        }
        for (NodeTuple entry : map.getValue()) {
            String key = entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
            if (!keys.contains(key)) problems.unknown(entry.getKeyNode(), "key", key, keys);
            else if (values.putIfAbsent(key, entry.getValueNode()) != null)
                problems.at(entry.getKeyNode(), "'" + key + "' stands twice in " + what);
        }
    }

    Optional<Node> at(String key) {
        return Optional.ofNullable(values.get(key));
    }

    Optional<Node> required(String key) {
        Optional<Node> value = at(key);
        if (value.isEmpty() && node instanceof MappingNode) problems.at(node, what + " lacks '" + key + "'");
        return value;
    }

    Optional<String> text(String key) {
        return at(key).flatMap(value -> problems.text(value, "'" + key + "'"));
    }

    Optional<String> requiredText(String key) {
        return required(key).flatMap(value -> problems.text(value, "'" + key + "'"));
    }

    boolean flag(String key, boolean otherwise) {
        return this.<Boolean>parsed(key, "true or false", text -> switch (text) {
                    case "true" -> Optional.of(true);
                    case "false" -> Optional.of(false);
                    default -> Optional.empty();
                })
                .orElse(otherwise);
    }

    /// @param parse empty for a text that is none
    <T> Optional<T> parsed(String key, String expected, Function<String, Optional<T>> parse) {
        return text(key).flatMap(text -> {
            Optional<T> value = parse.apply(text);
            if (value.isEmpty()) {
                problems.at(
                        values.getOrDefault(key, node),
                        "'" + key + "' is " + PolicyProblems.quoted(text) + ", expected " + expected);
            }
            return value;
        });
    }
}
