package io.millwright.runtime.read;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Outcome.Apply.Function;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// NeuralNetwork: layers each of whose neurons read the layer before.
final class PmmlNetwork {
    private final PmmlColumns columns;
    private final Graph graph;

    PmmlNetwork(PmmlColumns columns) {
        this.columns = columns;
        this.graph = columns.graph();
    }

    PmmlAnswer network(PmmlElement model) {
        model.allow(
                "MiningSchema",
                "Output",
                "Targets",
                "LocalTransformations",
                "NeuralInputs",
                "NeuralLayer",
                "NeuralOutputs");
        List<String> inputs = new ArrayList<>();
        Map<String, Integer> places = new HashMap<>();
        for (PmmlElement input : model.only("NeuralInputs").all("NeuralInput")) {
            places.put(input.text("id"), inputs.size());
            inputs.add(
                    new PmmlExpressions(columns).of(input.only("DerivedField")).node());
        }
        String node = graph.node("inputs", new Columns.Concat(), inputs.toArray(String[]::new));
        int width = inputs.size();
        for (PmmlElement layer : model.all("NeuralLayer")) {
            List<PmmlElement> neurons = layer.all("Neuron");
            node = layer(model, layer, neurons, places, width, node);
            places.clear();
            for (PmmlElement neuron : neurons) places.put(neuron.text("id"), places.size());
            width = neurons.size();
        }
        return answer(model, places, node);
    }

    private String layer(
            PmmlElement model,
            PmmlElement layer,
            List<PmmlElement> neurons,
            Map<String, Integer> places,
            int width,
            String from) {
        columns.take((long) neurons.size() * width);
        double[] weights = new double[Math.multiplyExact(neurons.size(), width)];
        double[] biases = new double[neurons.size()];
        for (int i = 0; i < biases.length; i++) {
            PmmlElement neuron = neurons.get(i);
            biases[i] = neuron.number("bias", 0);
            for (PmmlElement each : neuron.all("Con")) {
                Integer place = places.get(each.text("from"));
                if (place == null)
                    throw each.unread("from '%s', which is not in the layer before".formatted(each.text("from")));
                weights[i * width + place] += each.number("weight");
            }
        }
        String sums = graph.node(
                "layer",
                new Estimator.Linear(
                        new Matrix(biases.length, width, Doubles.of(weights)), Doubles.of(biases), Precision.FLOAT64),
                from);
        String activation = layer.text("activationFunction", model.text("activationFunction", "identity"));
        String active = switch (activation) {
            case "identity" -> sums;
            case "logistic" -> graph.node("active", PmmlReader.apply(Function.SIGMOID), sums);
            case "tanh" -> graph.node("active", PmmlReader.apply(Function.TANH), sums);
            case "exponential" -> graph.node("active", PmmlReader.apply(Function.EXP), sums);
            case "reciprocal" -> graph.node("active", PmmlReader.apply(Function.RECIPROCAL), sums);
            case "square" -> graph.node("active", PmmlReader.apply(Function.SQUARE), sums);
            case "rectifier" -> graph.node("active", PmmlReader.apply(Function.RELU), sums);
            default -> throw layer.unread("with activationFunction='%s'".formatted(activation));
        };
        String normalization = layer.text("normalizationMethod", "none");
        return switch (normalization) {
            case "none" -> active;
            case "softmax" -> graph.node("normalized", PmmlReader.apply(Function.SOFTMAX), active);
            case "simplemax" -> graph.node("normalized", PmmlReader.apply(Function.SHARE), active);
            default -> throw layer.unread("with normalizationMethod='%s'".formatted(normalization));
        };
    }

    private PmmlAnswer answer(PmmlElement model, Map<String, Integer> places, String node) {
        List<PmmlElement> outputs = model.only("NeuralOutputs").all("NeuralOutput");
        int[] order = new int[outputs.size()];
        List<PmmlElement> expressions = new ArrayList<>();
        for (int i = 0; i < order.length; i++) {
            Integer place = places.get(outputs.get(i).text("outputNeuron"));
            if (place == null) throw outputs.get(i).unread("of a neuron that is not in the last layer");
            order[i] = place;
            expressions.add(outputs.get(i).only("DerivedField").children().stream()
                    .filter(each -> !each.name().equals("Extension"))
                    .findFirst()
                    .orElseThrow(() -> model.unread("with an output of nothing")));
        }
        String chosen = graph.node("outputs", new Columns.Select(Ints.of(order)), node);
        if (model.text("functionName").equals("classification")) {
            String probabilities = model.text("normalizationMethod", "none").equals("softmax")
                    ? graph.node("probabilities", PmmlReader.apply(Function.SOFTMAX), chosen)
                    : chosen;
            List<String> classes =
                    expressions.stream().map(each -> each.text("value")).toList();
            return new PmmlAnswer.Classes(
                    classes, probabilities, graph.node("class", new Outcome.Pick(true), probabilities));
        }
        if (order.length != 1) throw model.unread("with %d outputs in a regression".formatted(order.length));
        return new PmmlAnswer.Number(denormalized(expressions.getFirst(), chosen));
    }

    /// The field whose normalisation the neuron learnt.
    private String denormalized(PmmlElement expression, String node) {
        if (expression.name().equals("FieldRef")) return node;
        List<PmmlElement> points = expression.all("LinearNorm");
        if (!expression.name().equals("NormContinuous") || points.size() != 2)
            throw expression.unread("as what an output learnt");
        double x1 = points.getFirst().number("norm");
        double x2 = points.getLast().number("norm");
        double y1 = points.getFirst().number("orig");
        double y2 = points.getLast().number("orig");
        String share =
                graph.node("share", PmmlExpressions.scale(Preparation.Scale.Form.SHIFT_FIRST, x1, x2 - x1), node);
        return graph.node(
                "denormalized", PmmlExpressions.scale(Preparation.Scale.Form.SCALE_FIRST, y1, y2 - y1), share);
    }
}
