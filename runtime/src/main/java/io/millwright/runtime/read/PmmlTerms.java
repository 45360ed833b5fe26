package io.millwright.runtime.read;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Matrix;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Weighed sums of products of columns: what regressions are made of.
final class PmmlTerms {
    private static final int MAX_POWER = 64;

    private final PmmlColumns fields;
    private final Graph graph;
    /// Nodes of one number a row, and their places.
    private final Map<String, Integer> columns = new LinkedHashMap<>();
    /// By its columns, each as often as its power: the place of a product.
    private final Map<List<Integer>, Integer> products = new LinkedHashMap<>();
    private final List<Map<Integer, Double>> weights = new ArrayList<>();
    private final List<Double> biases = new ArrayList<>();

    PmmlTerms(PmmlColumns fields) {
        this.fields = fields;
        this.graph = fields.graph();
    }

    /// Begins the sum of a further output.
    void output(double bias) {
        weights.add(new LinkedHashMap<>());
        biases.add(bias);
    }

    /// Adds `weight * product` to the output begun last; a product of nothing is 1.
    void add(double weight, List<String> nodes) {
        if (nodes.isEmpty()) {
            biases.set(biases.size() - 1, biases.getLast() + weight);
            return;
        }
        List<Integer> factors = new ArrayList<>();
        for (String node : nodes) factors.add(place(node));
        Collections.sort(factors);
        Integer known = products.putIfAbsent(factors, products.size());
        weights.getLast().merge(known != null ? known : products.size() - 1, weight, Double::sum);
    }

    private int place(String node) {
        Integer known = columns.putIfAbsent(node, columns.size());
        return known != null ? known : columns.size() - 1;
    }

    /// A node as often as its power says.
    static List<String> power(String node, double exponent, PmmlElement in) {
        if (exponent != Math.rint(exponent) || exponent < 0 || exponent > MAX_POWER)
            throw in.unread("with the exponent %s".formatted(exponent));
        return Collections.nCopies((int) exponent, node);
    }

    /// The sums, one for each output.
    String build(String name) {
        if (columns.isEmpty()) throw new UnreadableModel("PMML's regression reads no field");
        String all = graph.node(
                name + "_columns", new Columns.Concat(), columns.keySet().toArray(String[]::new));
        List<Ints> factors = products.keySet().stream()
                .map(each -> Ints.of(each.stream().mapToInt(Integer::intValue).toArray()))
                .toList();
        boolean plain = true;
        for (int i = 0; i < factors.size(); i++) plain &= factors.get(i).equals(Ints.of(i));
        if (!plain || factors.size() != columns.size()) {
            all = graph.node(name + "_terms", new Preparation.Polynomial(columns.size(), factors), all);
        }
        fields.take((long) weights.size() * products.size());
        double[] matrix = new double[Math.multiplyExact(weights.size(), products.size())];
        for (int i = 0; i < weights.size(); i++) {
            int row = i * products.size();
            weights.get(i).forEach((term, weight) -> matrix[row + term] = weight);
        }
        return graph.node(
                name,
                new Estimator.Linear(
                        new Matrix(weights.size(), products.size(), Doubles.of(matrix)),
                        Doubles.of(
                                biases.stream().mapToDouble(Double::doubleValue).toArray()),
                        Precision.FLOAT64),
                all);
    }
}
