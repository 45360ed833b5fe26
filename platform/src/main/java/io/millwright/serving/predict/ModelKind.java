package io.millwright.serving.predict;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Estimator;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Operator;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Output;
import io.millwright.runtime.Preparation;
import java.util.Optional;

/// What a model does, as far as protocols have shapes of answers of their own for it.
public enum ModelKind {
    /// Rows in other coordinates: PCA and what is computed as it is.
    PROJECTION,
    /// The nearest of some centres. An output named [#DISTANCES] says how far each is.
    CLUSTERING,
    OTHER;

    public static final String DISTANCES = "distances";

    /// Told by the first output: from what it is computed.
    public static ModelKind of(Model model) {
        Output first = model.outputs().getFirst();
        if (!first.column()) return isProjection(model, first) ? PROJECTION : OTHER;
        Optional<Node> pick = back(model, first.source());
        if (pick.isEmpty() || !(pick.get().operator() instanceof Outcome.Pick(boolean largest)) || largest)
            return OTHER;
        Optional<Node> nearest = back(model, pick.get().inputs().getFirst());
        return nearest.isPresent() && isDistances(nearest.get()) && hasDistances(model) ? CLUSTERING : OTHER;
    }

    /// A regression of several targets is computed as a projection is; its library calls what it answers
    /// otherwise.
    private static boolean isProjection(Model model, Output output) {
        if (output.name().equals("prediction") || output.name().equals("probabilities")) return false;
        return back(model, output.source())
                .filter(node -> node.operator() instanceof Estimator.Linear)
                .isPresent();
    }

    private static boolean hasDistances(Model model) {
        return model.outputs().stream()
                .filter(output -> output.name().equals(DISTANCES))
                .flatMap(output -> back(model, output.source()).stream())
                .anyMatch(ModelKind::isDistances);
    }

    private static boolean isDistances(Node node) {
        return node.operator() instanceof Estimator.Distances;
    }

    /// The node a value comes from, before what only scales it or changes its type.
    private static Optional<Node> back(Model model, String source) {
        Optional<Node> node = model.nodes().stream()
                .filter(each -> each.name().equals(source))
                .findFirst();
        return node.isPresent() && isPassing(node.get().operator())
                ? back(model, node.get().inputs().getFirst())
                : node;
    }

    private static boolean isPassing(Operator operator) {
        return switch (operator) {
            case Columns.Cast _, Preparation.Scale _ -> true;
            case Outcome.Apply apply -> apply.function() == Outcome.Apply.Function.SQRT;
            default -> false;
        };
    }
}
