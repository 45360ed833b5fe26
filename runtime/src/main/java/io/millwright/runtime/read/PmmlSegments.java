package io.millwright.runtime.read;

import io.millwright.runtime.Doubles;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// MiningModel: models of models.
final class PmmlSegments {
    private static final int MAX_SEGMENTS = 100_000;

    private final PmmlColumns columns;
    private final Graph graph;

    PmmlSegments(PmmlColumns columns) {
        this.columns = columns;
        this.graph = columns.graph();
    }

    PmmlAnswer mining(PmmlElement model) {
        model.allow("MiningSchema", "Output", "Targets", "LocalTransformations", "Segmentation");
        PmmlElement segmentation = model.only("Segmentation");
        segmentation.allow("Segment", "LocalTransformations");
        String method = segmentation.text("multipleModelMethod");
        if (segmentation.child("LocalTransformations").isPresent())
            throw segmentation.unread("with LocalTransformations");
        List<PmmlElement> segments = segmentation.all("Segment");
        if (segments.isEmpty() || segments.size() > MAX_SEGMENTS)
            throw segmentation.unread("of %d segments".formatted(segments.size()));
        for (PmmlElement each : segments) {
            if (each.child("True").isEmpty()) throw each.unread("with a predicate");
        }
        boolean classifies = model.text("functionName").equals("classification");
        return switch (method) {
            case "modelChain" -> chain(segments);
            case "selectFirst" -> PmmlReader.model(inner(segments.getFirst()), columns);
            case "sum", "average", "weightedAverage" ->
                classifies ? averageOfShares(segmentation, method, segments) : sum(method, segments);
            case "majorityVote", "weightedMajorityVote" -> {
                if (!classifies) throw segmentation.unread("that votes in a regression");
                yield vote(segments, method.startsWith("weighted"));
            }
            default -> throw segmentation.unread("with multipleModelMethod='%s'".formatted(method));
        };
    }

    private static PmmlElement inner(PmmlElement segment) {
        return segment.children().stream()
                .filter(PmmlReader::isModel)
                .findFirst()
                .orElseThrow(() -> segment.unread("with a model of that kind"));
    }

    /// What each answers the next may read.
    private PmmlAnswer chain(List<PmmlElement> segments) {
        @Nullable PmmlAnswer answer = null;
        for (PmmlElement segment : segments) {
            PmmlElement model = inner(segment);
            PmmlAnswer now = PmmlReader.model(model, columns);
            model.child("Output").ifPresent(output -> {
                for (PmmlElement field : output.all("OutputField")) tell(field, now);
            });
            answer = now;
        }
        if (answer == null) throw new UnreadableModel("a chain of PMML without models");
        return answer;
    }

    private void tell(PmmlElement field, PmmlAnswer answer) {
        String feature = field.text("feature", "predictedValue");
        if (feature.equals("transformedValue")) {
            columns.put(field.text("name"), new PmmlExpressions(columns).of(field));
            return;
        }
        if (feature.equals("predictedValue") || feature.equals("probability"))
            columns.put(field.text("name"), PmmlReader.output(field, answer, columns));
    }

    private static double weight(PmmlElement segment, boolean weighted) {
        return weighted ? segment.number("weight", 1) : 1;
    }

    /// Whether all are trees that can be added up as one.
    private static boolean areTrees(List<PmmlElement> segments) {
        return segments.stream().allMatch(each -> {
            PmmlElement model = inner(each);
            return model.name().equals("TreeModel") && model.child("Targets").isEmpty();
        });
    }

    private PmmlAnswer sum(String method, List<PmmlElement> segments) {
        boolean weighted = method.equals("weightedAverage");
        double divisor = method.equals("sum")
                ? 1
                : segments.stream().mapToDouble(each -> weight(each, weighted)).sum();
        if (areTrees(segments)) {
            PmmlTrees trees = new PmmlTrees(graph, 1);
            for (PmmlElement segment : segments) {
                double weight = weight(segment, weighted);
                PmmlElement tree = inner(segment);
                trees.add(tree, columns.inside(tree), node -> new double[] {weight * node.number("score")});
            }
            return new PmmlAnswer.Number(trees.build("trees", divisor));
        }
        List<String> nodes = new ArrayList<>();
        for (PmmlElement segment : segments) {
            if (!(PmmlReader.model(inner(segment), columns) instanceof PmmlAnswer.Number(var node)))
                throw segment.unread("in a sum");
            nodes.add(node);
        }
        String[] all = nodes.toArray(String[]::new);
        return new PmmlAnswer.Number(
                method.equals("sum")
                        ? graph.node("sum", new Outcome.Sum(Precision.FLOAT64), all)
                        : graph.node("average", new Outcome.Average(weights(segments, weighted)), all));
    }

    private static Doubles weights(List<PmmlElement> segments, boolean weighted) {
        return Doubles.of(
                segments.stream().mapToDouble(each -> weight(each, weighted)).toArray());
    }

    private PmmlAnswer averageOfShares(PmmlElement segmentation, String method, List<PmmlElement> segments) {
        if (method.equals("sum")) throw segmentation.unread("that sums in a classification");
        boolean weighted = method.equals("weightedAverage");
        if (areTrees(segments)) {
            List<String> classes = PmmlTrees.classes(inner(segments.getFirst()), columns);
            PmmlTrees trees = new PmmlTrees(graph, classes.size());
            for (PmmlElement segment : segments) {
                double weight = weight(segment, weighted);
                PmmlElement tree = inner(segment);
                trees.add(tree, columns.inside(tree), node -> {
                    double[] shares = Arrays.copyOf(PmmlTrees.shares(node, classes), classes.size());
                    return Arrays.stream(shares).map(each -> weight * each).toArray();
                });
            }
            double total = segments.stream()
                    .mapToDouble(each -> weight(each, weighted))
                    .sum();
            return picked(classes, trees.build("probabilities", total));
        }
        List<String> nodes = new ArrayList<>();
        List<String> classes = List.of();
        for (PmmlElement segment : segments) {
            if (!(PmmlReader.model(inner(segment), columns)
                    instanceof PmmlAnswer.Classes(var names, var probabilities, var _)))
                throw segment.unread("in an average of probabilities");
            if (!nodes.isEmpty() && !names.equals(classes)) throw segment.unread("with its classes in another order");
            classes = names;
            nodes.add(probabilities);
        }
        return picked(
                classes,
                graph.node(
                        "probabilities",
                        new Outcome.Average(weights(segments, weighted)),
                        nodes.toArray(String[]::new)));
    }

    private PmmlAnswer picked(List<String> classes, String probabilities) {
        return new PmmlAnswer.Classes(
                classes, probabilities, graph.node("class", new Outcome.Pick(true), present(classes, probabilities)));
    }

    /// A row of which nothing is known has no largest one.
    private String present(List<String> classes, String probabilities) {
        double[] low = new double[classes.size()];
        double[] high = new double[classes.size()];
        Arrays.fill(low, Double.NEGATIVE_INFINITY);
        Arrays.fill(high, Double.POSITIVE_INFINITY);
        return graph.node("known", new Preparation.Require(Doubles.of(low), Doubles.of(high), false), probabilities);
    }

    /// Each for its class; of as many votes the first class wins.
    private PmmlAnswer vote(List<PmmlElement> segments, boolean weighted) {
        double total =
                segments.stream().mapToDouble(each -> weight(each, weighted)).sum();
        if (areTrees(segments)) {
            List<String> classes = PmmlTrees.classes(inner(segments.getFirst()), columns);
            PmmlTrees trees = new PmmlTrees(graph, classes.size());
            for (PmmlElement segment : segments) {
                double weight = weight(segment, weighted);
                PmmlElement tree = inner(segment);
                trees.add(
                        tree,
                        columns.inside(tree),
                        node -> Arrays.stream(PmmlTrees.vote(node, classes))
                                .map(each -> weight * each)
                                .toArray());
            }
            return picked(classes, trees.build("probabilities", total));
        }
        List<String> votes = new ArrayList<>();
        List<String> classes = List.of();
        for (PmmlElement segment : segments) {
            if (!(PmmlReader.model(inner(segment), columns) instanceof PmmlAnswer.Classes(var names, var _, var place)))
                throw segment.unread("in a vote");
            if (!votes.isEmpty() && !names.equals(classes)) throw segment.unread("with its classes in another order");
            classes = names;
            var places = new Preparation.OneHot.Indicator(
                    PmmlExpressions.codes(names.size()),
                    Ints.of(IntStream.range(0, names.size() + 1)
                            .map(i -> i < names.size() ? i : -1)
                            .toArray()),
                    names.size(),
                    -1);
            votes.add(graph.node("vote", new Preparation.OneHot(List.of(places)), place));
        }
        return picked(
                classes,
                graph.node(
                        "probabilities",
                        new Outcome.Average(weights(segments, weighted)),
                        votes.toArray(String[]::new)));
    }
}
