package io.millwright.runtime.read;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Outcome.Apply.Function;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.read.PmmlColumns.Column;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// RegressionModel and GeneralRegressionModel.
final class PmmlRegressions {
    private final PmmlColumns columns;
    private final Graph graph;

    PmmlRegressions(PmmlColumns columns) {
        this.columns = columns;
        this.graph = columns.graph();
    }

    PmmlAnswer regression(PmmlElement model) {
        model.allow("MiningSchema", "Output", "Targets", "LocalTransformations", "RegressionTable");
        List<PmmlElement> tables = model.all("RegressionTable");
        String normalization = model.text("normalizationMethod", "none");
        boolean classifies = model.text("functionName").equals("classification");
        if (!classifies && tables.size() != 1) throw model.unread("with %d tables".formatted(tables.size()));
        // Of two classes the second has what the first leaves, and its table is not looked at.
        boolean two = classifies
                && tables.size() == 2
                && !normalization.equals("softmax")
                && !normalization.equals("simplemax");
        PmmlTerms terms = new PmmlTerms(columns);
        for (PmmlElement table : two ? tables.subList(0, 1) : tables) add(table, terms);
        String sums = terms.build("regression");
        if (!classifies) return new PmmlAnswer.Number(normalized(model, normalization, sums));
        List<String> classes =
                tables.stream().map(table -> table.text("targetCategory")).toList();
        if (two) {
            String first = normalized(model, normalization, sums);
            String both = apply("both", Function.COMPLEMENT_AND_SELF, first);
            return classes(classes, graph.node("probabilities", new Columns.Select(Ints.of(1, 0)), both));
        }
        return classes(
                classes,
                switch (normalization) {
                    case "softmax" -> apply("probabilities", Function.SOFTMAX, sums);
                    case "simplemax" -> apply("probabilities", Function.SHARE, sums);
                    default ->
                        throw model.unread(
                                "of %d classes with normalizationMethod='%s'".formatted(tables.size(), normalization));
                });
    }

    private String apply(String name, Function function, String from) {
        return graph.node(name, new Outcome.Apply(function, Precision.FLOAT64), from);
    }

    private PmmlAnswer classes(List<String> classes, String probabilities) {
        return new PmmlAnswer.Classes(
                classes, probabilities, graph.node("class", new Outcome.Pick(true), probabilities));
    }

    private String normalized(PmmlElement model, String normalization, String sums) {
        return switch (normalization) {
            case "none" -> sums;
            case "logit", "softmax" -> apply("logistic", Function.SIGMOID, sums);
            case "exp" -> apply("exponential", Function.EXP, sums);
            default -> throw model.unread("with normalizationMethod='%s'".formatted(normalization));
        };
    }

    private void add(PmmlElement table, PmmlTerms terms) {
        table.allow("NumericPredictor", "CategoricalPredictor", "PredictorTerm");
        terms.output(table.number("intercept", 0));
        for (PmmlElement each : table.all("NumericPredictor")) {
            String node = columns.number(each.text("name")).node();
            terms.add(each.number("coefficient"), PmmlTerms.power(node, each.number("exponent", 1), each));
        }
        for (PmmlElement each : table.all("CategoricalPredictor")) {
            String node = indicator(each.text("name"), each.text("value"));
            terms.add(each.number("coefficient"), List.of(node));
        }
        for (PmmlElement each : table.all("PredictorTerm")) {
            List<String> nodes = each.all("FieldRef").stream()
                    .map(field -> columns.number(field.text("field")).node())
                    .toList();
            terms.add(each.number("coefficient"), nodes);
        }
    }

    private final Map<String, String> indicators = new HashMap<>();

    /// 1 where a field has the value, 0 where it has another or is missing.
    private String indicator(String field, String value) {
        return indicators.computeIfAbsent(field + "\0" + value, _ -> {
            Column column = columns.column(field);
            List<String> known = column.categories()
                    .orElseThrow(() -> new UnreadableModel("PMML's field '%s' is no category".formatted(field)));
            columns.take(known.size());
            double[] values = new double[known.size() + 1];
            int code = column.code(value);
            if (code >= 0) values[code] = 1;
            var codes = new Preparation.Encode.Codes(PmmlExpressions.codes(known.size()), Doubles.of(values), false, 0);
            return graph.node(field + "_is_" + value, new Preparation.Encode(List.of(codes)), column.node());
        });
    }

    PmmlAnswer general(PmmlElement model) {
        model.allow(
                "MiningSchema",
                "Output",
                "Targets",
                "LocalTransformations",
                "ParameterList",
                "FactorList",
                "CovariateList",
                "PPMatrix",
                "PCovMatrix",
                "ParamMatrix");
        for (String unknown : List.of("offsetVariable", "offsetValue", "trialsVariable", "trialsValue")) {
            if (model.has(unknown)) throw model.unread("with " + unknown);
        }
        Map<String, List<String>> parameters = parameters(model);
        Map<String, List<PmmlElement>> cells = new LinkedHashMap<>();
        for (PmmlElement cell : model.only("ParamMatrix").all("PCell"))
            cells.computeIfAbsent(cell.text("targetCategory", ""), _ -> new ArrayList<>())
                    .add(cell);
        PmmlTerms terms = new PmmlTerms(columns);
        cells.values().forEach(list -> {
            terms.output(0);
            for (PmmlElement cell : list) {
                List<String> nodes = parameters.get(cell.text("parameterName"));
                if (nodes == null) throw cell.unread("of a parameter that is not listed");
                terms.add(cell.number("beta"), nodes);
            }
        });
        String sums = terms.build("regression");
        String type = model.text("modelType");
        boolean classifies = model.text("functionName").equals("classification");
        if (type.equals("multinomialLogistic")) return multinomial(model, List.copyOf(cells.keySet()), sums);
        if (cells.size() != 1) throw model.unread("with %d target categories".formatted(cells.size()));
        String linked = switch (type) {
            case "regression", "generalLinear" -> sums;
            case "logLinear" -> apply("exponential", Function.EXP, sums);
            case "generalizedLinear" -> unlinked(model, sums);
            default -> throw model.unread("with modelType='%s'".formatted(type));
        };
        if (!classifies) return new PmmlAnswer.Number(linked);
        String reference = model.text("targetReferenceCategory", other(model, cells.keySet()));
        String category = cells.keySet().iterator().next();
        if (category.isEmpty()) category = other(model, Set.of(reference));
        return classes(List.of(reference, category), apply("probabilities", Function.COMPLEMENT_AND_SELF, linked));
    }

    /// The class of the target that is not among those that are told.
    private String other(PmmlElement model, Set<String> told) {
        List<String> others = PmmlReader.classes(model, columns).stream()
                .filter(each -> !told.contains(each))
                .toList();
        if (others.size() != 1) throw model.unread("without a reference category");
        return others.getFirst();
    }

    /// The reference's sum is 0.
    private PmmlAnswer multinomial(PmmlElement model, List<String> categories, String sums) {
        String reference = model.text("targetReferenceCategory", "");
        if (reference.isEmpty()) reference = other(model, Set.copyOf(categories));
        List<String> classes = new ArrayList<>(categories);
        classes.add(reference);
        double[] zero = {0};
        String first = graph.node("first", new Columns.Select(Ints.of(0)), sums);
        // Nothing of a missing value is known, so a zero that is missing with it.
        String none =
                graph.node("reference", PmmlExpressions.scale(Preparation.Scale.Form.SCALE_FIRST, zero[0], 0), first);
        String all = graph.node("sums", new Columns.Concat(), sums, none);
        return classes(classes, apply("probabilities", Function.SOFTMAX, all));
    }

    private String unlinked(PmmlElement model, String sums) {
        String link = model.text("linkFunction", "identity");
        return switch (link) {
            case "identity" -> sums;
            case "log" -> apply("exponential", Function.EXP, sums);
            case "logit" -> apply("logistic", Function.SIGMOID, sums);
            case "power" -> {
                double power = model.number("linkParameter");
                if (power == 1) yield sums;
                if (power == -1) yield apply("reciprocal", Function.RECIPROCAL, sums);
                if (power == 0.5) yield apply("square", Function.SQUARE, sums);
                throw model.unread("with linkParameter='%s'".formatted(power));
            }
            default -> throw model.unread("with linkFunction='%s'".formatted(link));
        };
    }

    /// What is multiplied for each parameter.
    private Map<String, List<String>> parameters(PmmlElement model) {
        Set<String> factors = new java.util.HashSet<>();
        model.child("FactorList")
                .ifPresent(list -> list.all("Predictor").forEach(each -> {
                    if (!each.children().isEmpty()) throw each.unread("with contrasts of its own");
                    factors.add(each.text("name"));
                }));
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        for (PmmlElement each : model.only("ParameterList").all("Parameter"))
            parameters.put(each.text("name"), new ArrayList<>());
        model.child("PPMatrix")
                .ifPresent(matrix -> matrix.all("PPCell").forEach(cell -> {
                    List<String> nodes = parameters.get(cell.text("parameterName"));
                    if (nodes == null || cell.has("targetCategory")) throw cell.unread("of that parameter");
                    String field = cell.text("predictorName");
                    if (factors.contains(field)) nodes.add(indicator(field, cell.text("value")));
                    else nodes.addAll(PmmlTerms.power(columns.number(field).node(), cell.number("value"), cell));
                }));
        return parameters;
    }
}
