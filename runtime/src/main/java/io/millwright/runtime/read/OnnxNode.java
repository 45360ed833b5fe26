package io.millwright.runtime.read;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An operator in an ONNX graph. An input that is not given has an empty name.
record OnnxNode(
        String name,
        String domain,
        String operator,
        List<String> inputs,
        List<String> outputs,
        Map<String, Attribute> attributes) {
    OnnxNode {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = Map.copyOf(attributes);
    }

    /// What is given is not empty; a single number is a list of one.
    static final class Attribute {
        private final double[] numbers;
        private final long[] integers;
        private final List<String> texts;
        private final List<OnnxTensor> tensors;
        private final List<OnnxGraph> graphs;

        Attribute(
                double[] numbers,
                long[] integers,
                List<String> texts,
                List<OnnxTensor> tensors,
                List<OnnxGraph> graphs) {
            this.numbers = numbers;
            this.integers = integers;
            this.texts = List.copyOf(texts);
            this.tensors = List.copyOf(tensors);
            this.graphs = List.copyOf(graphs);
        }
    }

    private static final Attribute NONE = new Attribute(new double[0], new long[0], List.of(), List.of(), List.of());

    private Attribute attribute(String name) {
        return attributes.getOrDefault(name, NONE);
    }

    boolean has(String name) {
        return attributes.containsKey(name);
    }

    /// Whether the input of that number is given.
    boolean hasInput(int index) {
        return index < inputs.size() && !inputs.get(index).isEmpty();
    }

    /// float32 numbers; none when not given.
    double[] numbers(String name) {
        return attribute(name).numbers.clone();
    }

    double number(String name, double otherwise) {
        double[] numbers = attribute(name).numbers;
        return numbers.length == 0 ? otherwise : numbers[0];
    }

    /// Whole numbers; none when not given.
    long[] integers(String name) {
        return attribute(name).integers.clone();
    }

    long integer(String name, long otherwise) {
        long[] integers = attribute(name).integers;
        return integers.length == 0 ? otherwise : integers[0];
    }

    List<String> texts(String name) {
        return attribute(name).texts;
    }

    String text(String name, String otherwise) {
        List<String> texts = texts(name);
        return texts.isEmpty() ? otherwise : texts.getFirst();
    }

    Optional<OnnxTensor> tensor(String name) {
        return attribute(name).tensors.stream().findFirst();
    }

    List<OnnxGraph> graphs() {
        return attributes.values().stream()
                .flatMap(attribute -> attribute.graphs.stream())
                .toList();
    }

    /// The numbers of an attribute that is a list of float32, or in its place a tensor of float64.
    double[] numbersOrTensor(String name) {
        Optional<OnnxTensor> tensor = tensor(name + "_as_tensor");
        return tensor.isPresent() ? tensor.get().numbers() : numbers(name);
    }

    /// What people know it by: the operator's name, with its domain when that is not the main one.
    String title() {
        return domain.isEmpty() || domain.equals("ai.onnx") ? operator : domain + "." + operator;
    }

    /// Says why it is not one of our operators.
    OnnxUnmapped unmapped(String why) {
        List<String> words = new ArrayList<>(List.of(title()));
        if (!outputs.isEmpty()) words.add("(of '" + outputs.getFirst() + "')");
        return new OnnxUnmapped(String.join(" ", words) + ": " + why);
    }
}
