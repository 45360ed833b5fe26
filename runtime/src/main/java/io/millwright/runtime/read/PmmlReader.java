package io.millwright.runtime.read;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Model;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.read.PmmlColumns.Column;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/// PMML files of the versions 4.0 to 4.4.
///
/// Read are RegressionModel, GeneralRegressionModel, TreeModel, MiningModel (sums, averages, votes, the
/// first segment, chains), ClusteringModel, NaiveBayesModel, NeuralNetwork and
/// SupportVectorMachineModel, with mining schemas and the commoner transformations. What is not known is
/// refused by its name, as is everything that would only be passed over. Numbers are float64; fields of
/// type float are rounded to float32 first.
///
/// Inputs are the data fields that are used. A value that the dictionary does not list is refused,
/// unless a mining schema takes it as it is. Outputs are `prediction`; or `label` and `probabilities`,
/// in the order of the classes in the model; or the `cluster` and its `distances`. A row for which a
/// model predicts nothing is NaN in a regression, and refused in a classification.
///
/// Source: dmg.org/pmml/v4-4-1/GeneralStructure.html and the pages beside it. Checked against pmml4s
/// 0.9.15.
public final class PmmlReader {
    private static final Map<String, BiFunction<PmmlElement, PmmlColumns, PmmlAnswer>> MODELS = Map.of(
            "RegressionModel", (model, columns) -> new PmmlRegressions(columns).regression(model),
            "GeneralRegressionModel", (model, columns) -> new PmmlRegressions(columns).general(model),
            "TreeModel", PmmlReader::tree,
            "MiningModel", (model, columns) -> new PmmlSegments(columns).mining(model),
            "ClusteringModel", (model, columns) -> new PmmlDistances(columns).clustering(model),
            "SupportVectorMachineModel", (model, columns) -> new PmmlVectors(columns).machine(model),
            "NaiveBayesModel", (model, columns) -> new PmmlBayes(columns).naiveBayes(model),
            "NeuralNetwork", (model, columns) -> new PmmlNetwork(columns).network(model));

    private PmmlReader() {}

    /// @throws UnreadableModel when it is no PMML, or has what is not read
    public static Model read(Path file) {
        return read(Files.bytes(file));
    }

    static Model read(byte[] file) {
        PmmlElement root = PmmlXml.read(file);
        if (!root.name().equals("PMML"))
            throw new UnreadableModel("the file's element is '%s', expected PMML".formatted(root.name()));
        List<PmmlElement> models =
                root.children().stream().filter(PmmlReader::isModel).toList();
        if (models.size() != 1) {
            String others = String.join(
                    ", ", root.children().stream().map(PmmlElement::name).toList());
            throw new UnreadableModel("the PMML file has %d models that are read, expected 1; it has %s"
                    .formatted(models.size(), others));
        }
        Graph graph = new Graph();
        PmmlElement model = models.getFirst();
        try {
            PmmlColumns columns = PmmlColumns.of(graph, root);
            answer(graph, ordered(graph, model(model, columns), classes(model, columns)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
            throw new UnreadableModel("the model does not hold together: " + e.getMessage(), e);
        }
        graph.about("library", "pmml");
        graph.about("library-version", root.text("version", ""));
        graph.about("class", model.name());
        return graph.build();
    }

    static boolean isModel(PmmlElement element) {
        return MODELS.containsKey(element.name());
    }

    /// What a model answers, its nodes added to the graph.
    ///
    /// @param around what is seen where it stands
    static PmmlAnswer model(PmmlElement model, PmmlColumns around) {
        var reader = MODELS.get(model.name());
        if (reader == null) throw model.unread("as a model");
        if (!model.text("isScorable", "true").equals("true")) throw model.unread("with isScorable='false'");
        PmmlColumns columns = around.inside(model);
        return rescaled(model, reader.apply(model, columns), columns.graph());
    }

    private static PmmlAnswer rescaled(PmmlElement model, PmmlAnswer answer, Graph graph) {
        Optional<PmmlElement> target = model.child("Targets").map(targets -> targets.only("Target"));
        if (target.isEmpty()) return answer;
        for (String unknown : List.of("castInteger", "min", "max")) {
            if (target.get().has(unknown)) throw target.get().unread("with " + unknown);
        }
        double factor = target.get().number("rescaleFactor", 1);
        double constant = target.get().number("rescaleConstant", 0);
        if (target.get().all("TargetValue").stream().anyMatch(each -> each.has("defaultValue")))
            throw target.get().unread("with default values");
        if (factor == 1 && constant == 0) return answer;
        if (!(answer instanceof PmmlAnswer.Number(var node))) throw target.get().unread("of a classification");
        return new PmmlAnswer.Number(graph.node(
                "rescaled", PmmlExpressions.scale(Preparation.Scale.Form.SCALE_FIRST, constant, factor), node));
    }

    /// The classes of a model's target, as the dictionary lists them.
    static List<String> classes(PmmlElement model, PmmlColumns columns) {
        for (PmmlElement field : model.only("MiningSchema").all("MiningField")) {
            if (List.of("predicted", "target").contains(field.text("usageType", "active")))
                return columns.categories(field.text("name"));
        }
        return List.of();
    }

    private static PmmlAnswer tree(PmmlElement model, PmmlColumns columns) {
        Graph graph = columns.graph();
        if (!model.text("functionName").equals("classification")) {
            PmmlTrees trees = new PmmlTrees(graph, 1);
            trees.add(model, columns, PmmlTrees::score);
            return new PmmlAnswer.Number(trees.build("tree", 1));
        }
        List<String> classes = PmmlTrees.classes(model, columns);
        PmmlTrees trees = new PmmlTrees(graph, classes.size() + 1);
        trees.add(model, columns, node -> PmmlTrees.shares(node, classes));
        return sharesAndPlace(graph, classes, trees.build("tree", 1));
    }

    /// @param node a share for each class, and after them the class's place
    static PmmlAnswer sharesAndPlace(Graph graph, List<String> classes, String node) {
        int[] places = new int[classes.size()];
        for (int i = 0; i < places.length; i++) places[i] = i;
        String shares = graph.node("probabilities", new Columns.Select(Ints.of(places)), node);
        String place = graph.node("class", new Columns.Select(Ints.of(places.length)), node);
        return new PmmlAnswer.Classes(classes, shares, place);
    }

    /// Classes in the dictionary's order, if it lists all of them.
    private static PmmlAnswer ordered(Graph graph, PmmlAnswer answer, List<String> listed) {
        if (!(answer instanceof PmmlAnswer.Classes(var classes, var probabilities, var place))
                || listed.equals(classes)
                || listed.size() != classes.size()
                || !listed.containsAll(classes)) return answer;
        int[] from = listed.stream().mapToInt(classes::indexOf).toArray();
        double[] to = new double[classes.size() + 1];
        for (int i = 0; i < classes.size(); i++) to[i] = listed.indexOf(classes.get(i));
        to[classes.size()] = Double.NaN;
        var codes =
                new Preparation.Encode.Codes(PmmlExpressions.codes(classes.size()), Doubles.of(to), false, Double.NaN);
        return new PmmlAnswer.Classes(
                listed,
                graph.node("ordered", new Columns.Select(Ints.of(from)), probabilities),
                graph.node("ordered_class", new Preparation.Encode(List.of(codes)), place));
    }

    /// The place of a class, refused where there is none.
    private static String label(Graph graph, List<String> names, String place) {
        String present = graph.node(
                "predicted", new Preparation.Require(Doubles.of(0), Doubles.of(names.size() - 1), false), place);
        return graph.node("label", new Outcome.Label(new Categories.Texts(names, -1)), present);
    }

    private static void answer(Graph graph, PmmlAnswer answer) {
        switch (answer) {
            case PmmlAnswer.Number(var node) -> graph.column("prediction", node, FieldType.FLOAT64);
            case PmmlAnswer.Classes(var classes, var probabilities, var place) -> {
                graph.column("label", label(graph, classes, place), FieldType.TEXT);
                graph.rows("probabilities", probabilities, FieldType.FLOAT64);
            }
            case PmmlAnswer.Clusters(var names, var distances, var place) -> {
                graph.column("cluster", label(graph, names, place), FieldType.TEXT);
                graph.rows("distances", distances, FieldType.FLOAT64);
            }
        }
    }

    /// The number, or the probability of a class, that an output field tells.
    static Column output(PmmlElement field, PmmlAnswer answer, PmmlColumns columns) {
        Graph graph = columns.graph();
        String feature = field.text("feature", "predictedValue");
        return switch (answer) {
            case PmmlAnswer.Number(var node) -> {
                if (!feature.equals("predictedValue")) throw field.unread("with feature='%s'".formatted(feature));
                yield new Column(node, Optional.empty(), false, true);
            }
            case PmmlAnswer.Classes(var classes, var probabilities, var place) -> {
                if (feature.equals("predictedValue")) yield new Column(place, Optional.of(classes), false, true);
                if (!feature.equals("probability")) throw field.unread("with feature='%s'".formatted(feature));
                int wanted = classes.indexOf(field.text("value"));
                if (wanted < 0) throw field.unread("of '%s', which is no class".formatted(field.text("value")));
                yield new Column(
                        graph.node(field.text("name"), new Columns.Select(Ints.of(wanted)), probabilities),
                        Optional.empty(),
                        false,
                        true);
            }
            case PmmlAnswer.Clusters _ -> throw field.unread("of a clustering");
        };
    }

    static Outcome.Apply apply(Outcome.Apply.Function function) {
        return new Outcome.Apply(function, Precision.FLOAT64);
    }
}
