package io.millwright.runtime.format;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Field;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Output;
import io.millwright.runtime.read.LightGbmReader;
import io.millwright.runtime.read.UnreadableModel;
import io.millwright.runtime.read.XgboostReader;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A booster that stands in a file as its own library wrote it, in the middle of a pipeline. Its nodes
/// take its place.
final class Embedded {
    private Embedded() {}

    static boolean is(JsonNode node) {
        return node.path("op").asString("").equals("booster");
    }

    /// Adds the booster's nodes. Its features are the columns of the node's only input.
    ///
    /// @return what the file calls its outputs, `name.output`, and what they are called now
    static Map<String, String> splice(
            String name, JsonNode node, List<String> from, Safetensors tensors, List<Node> nodes) {
        if (from.size() != 1)
            throw new MalformedModel("booster '%s' reads %d inputs, expected 1".formatted(name, from.size()));
        Model booster = read(node, tensors);
        Map<String, String> names = new HashMap<>();
        for (int i = 0; i < booster.inputs().size(); i++) {
            Field field = booster.inputs().get(i);
            String input = from.getFirst();
            if (booster.inputs().size() > 1) {
                input = name + "/" + field.name();
                nodes.add(new Node(input, from, new Columns.Select(Ints.of(i))));
            }
            names.put(field.name(), input);
        }
        for (Node each : booster.nodes()) {
            nodes.add(new Node(
                    name + "/" + each.name(),
                    each.inputs().stream().map(names::get).toList(),
                    each.operator()));
            names.put(each.name(), name + "/" + each.name());
        }
        Map<String, String> outputs = new HashMap<>();
        for (Output output : booster.outputs()) {
            String source = names.get(output.source());
            if (source != null) outputs.put(name + "." + output.name(), source);
        }
        return outputs;
    }

    private static Model read(JsonNode node, Safetensors tensors) {
        byte[] bytes = tensors.bytes(node.path("bytes").asString(""));
        try {
            return switch (node.path("library").asString("")) {
                case "xgboost" -> XgboostReader.read(bytes, use(node.path("use").asString("")));
                case "lightgbm" -> LightGbmReader.read(bytes);
                default -> throw new MalformedModel("a booster of library " + node.path("library"));
            };
        } catch (UnreadableModel e) {
            throw new MalformedModel(String.valueOf(e.getMessage()), e);
        }
    }

    private static XgboostReader.Use use(String word) {
        for (XgboostReader.Use use : XgboostReader.Use.values()) {
            if (use.name().toLowerCase(Locale.ROOT).equals(word)) return use;
        }
        throw new MalformedModel("a booster of use '%s'".formatted(word));
    }
}
