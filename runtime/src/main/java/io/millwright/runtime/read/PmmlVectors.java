package io.millwright.runtime.read;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Estimator.SupportVectors.Kernel;
import io.millwright.runtime.Matrix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// SupportVectorMachineModel of regressions.
final class PmmlVectors {
    private final PmmlColumns columns;
    private final Graph graph;

    PmmlVectors(PmmlColumns columns) {
        this.columns = columns;
        this.graph = columns.graph();
    }

    PmmlAnswer machine(PmmlElement model) {
        model.allow(
                "MiningSchema",
                "Output",
                "Targets",
                "LocalTransformations",
                "LinearKernelType",
                "PolynomialKernelType",
                "RadialBasisKernelType",
                "SigmoidKernelType",
                "VectorDictionary",
                "SupportVectorMachine");
        model.require("svmRepresentation", "SupportVectors");
        if (!model.text("functionName").equals("regression"))
            throw model.unread("as a classification; export the model with millwright.export");
        PmmlElement dictionary = model.only("VectorDictionary");
        List<String> nodes = new ArrayList<>();
        for (PmmlElement field : dictionary.only("VectorFields").children()) {
            if (!field.name().equals("FieldRef")) throw field.unread("as a vector's field");
            nodes.add(columns.number(field.text("field")).node());
        }
        List<PmmlElement> machines = model.all("SupportVectorMachine");
        if (machines.size() != 1) throw model.unread("with %d machines".formatted(machines.size()));
        Map<String, double[]> vectors = vectors(dictionary, nodes.size());
        List<PmmlElement> ids = machines.getFirst().only("SupportVectors").all("SupportVector");
        PmmlElement coefficients = machines.getFirst().only("Coefficients");
        List<PmmlElement> each = coefficients.all("Coefficient");
        if (each.size() != ids.size()) throw coefficients.unread("for %d vectors".formatted(ids.size()));
        columns.take((long) ids.size() * nodes.size());
        double[] all = new double[Math.multiplyExact(ids.size(), nodes.size())];
        double[] weights = new double[ids.size()];
        for (int i = 0; i < weights.length; i++) {
            double[] vector = vectors.get(ids.get(i).text("vectorId"));
            if (vector == null) throw ids.get(i).unread("of a vector that is not listed");
            System.arraycopy(vector, 0, all, i * nodes.size(), nodes.size());
            weights[i] = each.get(i).number("value", 0);
        }
        String input = graph.node("vector", new Columns.Concat(), nodes.toArray(String[]::new));
        return new PmmlAnswer.Number(graph.node(
                "machine",
                operator(
                        model,
                        new Matrix(weights.length, nodes.size(), Doubles.of(all)),
                        new Matrix(1, weights.length, Doubles.of(weights)),
                        coefficients.number("absoluteValue", 0)),
                input));
    }

    private static Estimator.SupportVectors operator(PmmlElement model, Matrix vectors, Matrix weights, double bias) {
        for (PmmlElement kernel : model.children()) {
            @Nullable
            Kernel kind = switch (kernel.name()) {
                case "LinearKernelType" -> Kernel.LINEAR;
                case "PolynomialKernelType" -> Kernel.POLYNOMIAL;
                case "RadialBasisKernelType" -> Kernel.RBF;
                case "SigmoidKernelType" -> Kernel.SIGMOID;
                default -> null;
            };
            if (kind == null) continue;
            double degree = kernel.number("degree", 1);
            if (degree != (int) degree) throw kernel.unread("of the degree %s".formatted(degree));
            return new Estimator.SupportVectors(
                    kind,
                    kernel.number("gamma", 1),
                    kernel.number("coef0", 1),
                    (int) degree,
                    vectors,
                    weights,
                    Doubles.of(bias));
        }
        throw model.unread("without a kernel");
    }

    private Map<String, double[]> vectors(PmmlElement dictionary, int width) {
        Map<String, double[]> vectors = new HashMap<>();
        for (PmmlElement instance : dictionary.all("VectorInstance")) {
            columns.take(width);
            double[] values = instance.child("Array").isPresent()
                    ? instance.only("Array").numbers()
                    : sparse(instance.only("REAL-SparseArray"), width);
            if (values.length != width) throw instance.unread("of %d numbers".formatted(values.length));
            vectors.put(instance.text("id"), values);
        }
        return vectors;
    }

    private static double[] sparse(PmmlElement array, int width) {
        double[] values = new double[width];
        String[] places = array.child("Indices")
                .map(each -> each.text().strip().split("\\s+"))
                .orElse(new String[0]);
        String[] entries = array.child("REAL-Entries")
                .map(each -> each.text().strip().split("\\s+"))
                .orElse(new String[0]);
        if (places.length != entries.length) throw array.unread("with %d indices".formatted(places.length));
        for (int i = 0; i < places.length; i++) values[(int) array.parsed(places[i]) - 1] = array.parsed(entries[i]);
        return values;
    }
}
