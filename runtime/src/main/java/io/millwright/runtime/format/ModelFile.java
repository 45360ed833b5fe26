package io.millwright.runtime.format;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Output;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A model in its file: safetensors, whose metadata holds the graph as JSON and whose tensors hold the
/// numbers.
///
/// The file is described in `docs/protocols/model-file.md`. A file of an older version is read for as
/// long as this class knows it; one of a newer version is refused.
public final class ModelFile {
    /// What the file is called in a model's folder.
    public static final String NAME = "model.millwright.safetensors";

    private static final String FORMAT = "millwright-model";
    private static final int VERSION = 1;

    private ModelFile() {}

    public static void write(Model model, OutputStream out) throws IOException {
        Safetensors file = Safetensors.empty();
        ObjectNode graph = Safetensors.JSON.createObjectNode();
        ArrayNode inputs = graph.putArray("inputs");
        for (Field field : model.inputs()) write(field, inputs.addObject());
        ArrayNode nodes = graph.putArray("nodes");
        for (Node node : model.nodes()) {
            ObjectNode written = nodes.addObject();
            written.put("name", node.name());
            ArrayNode from = written.putArray("inputs");
            node.inputs().forEach(from::add);
            OperatorWriter.write(node.operator(), written, new Tensors("n" + (nodes.size() - 1), file));
        }
        ArrayNode outputs = graph.putArray("outputs");
        for (Output output : model.outputs()) {
            outputs.addObject()
                    .put("name", output.name())
                    .put("source", output.source())
                    .put("type", output.type().word())
                    .put("column", output.column());
        }
        ObjectNode about = graph.putObject("about");
        model.about().forEach(about::put);
        file.metadata().put("format", FORMAT);
        file.metadata().put("format_version", String.valueOf(VERSION));
        file.metadata().put("graph", Safetensors.JSON.writeValueAsString(graph));
        file.write(out);
    }

    private static void write(Field field, ObjectNode written) {
        written.put("name", field.name());
        written.put("type", field.type().word());
        written.put("width", field.width());
        written.put("missing_allowed", field.missingAllowed());
        if (!field.unit().isEmpty()) written.put("unit", field.unit());
        field.range()
                .ifPresent(range -> written.putArray("range").add(range.low()).add(range.high()));
        field.categories().ifPresent(categories -> OperatorWriter.write(categories, written.putObject("categories")));
    }

    /// @param file its bytes
    /// @throws MalformedModel when it is none, or does not hold together
    public static Model read(byte[] file) {
        Safetensors tensors = Safetensors.read(file);
        if (!FORMAT.equals(tensors.metadata().get("format"))) {
            throw new MalformedModel("the file's format is '%s', expected '%s'"
                    .formatted(tensors.metadata().getOrDefault("format", ""), FORMAT));
        }
        String version = tensors.metadata().getOrDefault("format_version", "");
        if (!version.equals(String.valueOf(VERSION))) {
            throw new MalformedModel("the file's version is '%s', this Millwright reads %d; a newer one may read it"
                    .formatted(version, VERSION));
        }
        try {
            return read(Safetensors.JSON.readTree(tensors.metadata().getOrDefault("graph", "")), tensors);
        } catch (JacksonException e) {
            throw new MalformedModel("the file's graph is no JSON", e);
        } catch (IllegalArgumentException e) {
            throw new MalformedModel("the model does not hold together: " + e.getMessage(), e);
        }
    }

    private static Model read(JsonNode graph, Safetensors tensors) {
        List<Field> inputs = new ArrayList<>();
        for (JsonNode field : graph.path("inputs")) inputs.add(field(field));
        List<Node> nodes = new ArrayList<>();
        Map<String, String> renamed = new HashMap<>();
        for (JsonNode node : graph.path("nodes")) {
            String name = node.path("name").asString("");
            List<String> from = new ArrayList<>();
            for (JsonNode each : node.path("inputs")) {
                from.add(renamed.getOrDefault(each.asString(""), each.asString("")));
            }
            if (Embedded.is(node)) renamed.putAll(Embedded.splice(name, node, from, tensors, nodes));
            else nodes.add(new Node(name, from, OperatorReader.read(node, tensors)));
        }
        List<Output> outputs = new ArrayList<>();
        for (JsonNode output : graph.path("outputs")) {
            String source = output.path("source").asString("");
            outputs.add(new Output(
                    output.path("name").asString(""),
                    renamed.getOrDefault(source, source),
                    FieldType.of(output.path("type").asString("")),
                    output.path("column").asBoolean(false)));
        }
        Map<String, String> about = new HashMap<>();
        for (Map.Entry<String, JsonNode> each : graph.path("about").properties()) {
            about.put(each.getKey(), each.getValue().asString(""));
        }
        return new Model(inputs, nodes, outputs, about);
    }

    private static Field field(JsonNode field) {
        JsonNode range = field.path("range");
        Optional<Categories> categories = field.has("categories")
                ? Optional.of(OperatorReader.categories(field.path("categories")))
                : Optional.empty();
        return new Field(
                field.path("name").asString(""),
                FieldType.of(field.path("type").asString("")),
                field.path("width").asInt(1),
                field.path("missing_allowed").asBoolean(true),
                field.path("unit").asString(""),
                range.isArray()
                        ? Optional.of(new Field.Range(
                                range.path(0).asDouble(), range.path(1).asDouble()))
                        : Optional.empty(),
                categories);
    }
}
