package io.millwright.runtime.read;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Trees;
import io.millwright.runtime.read.PmmlColumns.Column;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Tree models made into binary trees that are added up.
///
/// A node's children are asked in their order, so each predicate becomes a split whose other side asks
/// the next; a missing value goes where the model's strategy says.
final class PmmlTrees {
    private static final int MAX_NODES = 4_000_000;
    private static final int MAX_BRANCHES = 2_000;

    /// A tree whose parts may be shared.
    private sealed interface Tree {}

    private record Leaf(Doubles values) implements Tree {}

    /// @param set categories that go to the left; null for what is at most the threshold
    /// @param missingLeft whether a missing value goes there, too
    private record Split(
            int feature, double threshold, @Nullable Ints set, Tree left, Tree right, boolean missingLeft)
            implements Tree {}

    /// Predicates in predicates may lead to the same questions again and again.
    private static final int MAX_ASKED = 2_000_000;

    private final Graph graph;
    private int asked;
    private final TreesBuilder builder;
    private final int width;
    private final Map<String, Integer> features = new LinkedHashMap<>();

    /// @param width how many numbers a leaf adds
    PmmlTrees(Graph graph, int width) {
        this.graph = graph;
        this.width = width;
        this.builder = new TreesBuilder(width);
    }

    /// @param values what a node adds when a row ends there
    void add(PmmlElement model, PmmlColumns columns, Function<PmmlElement, double[]> values) {
        model.allow("MiningSchema", "Output", "Targets", "LocalTransformations", "Node");
        Growing growing = new Growing(model, columns, values);
        PmmlElement root = model.only("Node");
        if (root.child("True").isEmpty()) throw root.unread("as a root with a predicate");
        flatten(growing.node(root));
    }

    /// The trees' sum, or its part.
    String build(String name, double divisor) {
        if (features.isEmpty()) throw new UnreadableModel("PMML's trees ask nothing, so they read no field");
        String input = graph.node(
                name + "_features", new Columns.Concat(), features.keySet().toArray(String[]::new));
        Trees trees = builder.build(
                features.size(),
                Precision.FLOAT64,
                Trees.Comparison.LESS_OR_EQUAL,
                new double[width],
                divisor,
                Precision.FLOAT64);
        return graph.node(name, trees, input);
    }

    private int feature(Column column) {
        Integer place = features.putIfAbsent(column.node(), features.size());
        return place != null ? place : features.size() - 1;
    }

    /// Adds the tree, what it shares as often as it is reached.
    private void flatten(Tree root) {
        int first = builder.size();
        builder.tree(first, 0);
        Deque<Tree> next = new ArrayDeque<>();
        next.add(root);
        // Breadth first: the children of each are the next two after those that wait.
        while (!next.isEmpty()) {
            if ((builder.size() + (long) next.size()) * Math.max(1, width / 8) > MAX_NODES)
                throw new UnreadableModel(
                        "PMML's trees have more than %d splits once written out".formatted(MAX_NODES));
            switch (next.poll()) {
                case Leaf(var values) -> builder.leaf(values.toArray());
                case Split split -> {
                    int left = builder.size() + next.size() + 1;
                    Trees.Missing missing = split.missingLeft ? Trees.Missing.NAN_LEFT : Trees.Missing.NAN_RIGHT;
                    if (split.set == null) {
                        builder.split(split.feature, split.threshold, left, left + 1, missing);
                    } else {
                        builder.split(
                                split.feature,
                                new Trees.CategorySplit(split.set, true, Ints.of()),
                                left,
                                left + 1,
                                missing);
                    }
                    next.add(split.left);
                    next.add(split.right);
                }
            }
        }
    }

    /// One model's nodes into a tree.
    private final class Growing {
        private final PmmlColumns columns;
        private final Function<PmmlElement, double[]> values;
        private final String missing;
        private final boolean lastPrediction;
        private final Tree nothing;

        private Growing(PmmlElement model, PmmlColumns columns, Function<PmmlElement, double[]> values) {
            this.columns = columns;
            this.values = values;
            this.missing = model.text("missingValueStrategy", "none");
            if (!List.of("none", "defaultChild", "lastPrediction", "nullPrediction")
                    .contains(missing)) throw model.unread("with missingValueStrategy='%s'".formatted(missing));
            if (model.number("missingValuePenalty", 1) != 1) throw model.unread("with a missingValuePenalty");
            String ending = model.text("noTrueChildStrategy", "returnNullPrediction");
            if (!List.of("returnNullPrediction", "returnLastPrediction").contains(ending))
                throw model.unread("with noTrueChildStrategy='%s'".formatted(ending));
            this.lastPrediction = ending.equals("returnLastPrediction");
            double[] none = new double[width];
            Arrays.fill(none, Double.NaN);
            this.nothing = new Leaf(Doubles.of(none));
        }

        private Tree node(PmmlElement node) {
            for (PmmlElement each : node.children()) {
                if (each.name().equals("Regression")
                        || each.name().equals("DecisionTree")
                        || each.name().equals("Partition")) throw each.unread("in a tree");
            }
            List<PmmlElement> children = node.all("Node");
            if (children.size() > MAX_BRANCHES) throw node.unread("with more than %d children".formatted(MAX_BRANCHES));
            if (children.isEmpty()) return leaf(node);
            Tree last = node.has("score") ? leaf(node) : nothing;
            Tree end = lastPrediction ? last : nothing;
            List<Tree> below = children.stream().map(this::node).toList();
            Tree unknown = switch (missing) {
                case "defaultChild" -> byId(node, children, below);
                case "lastPrediction" -> last;
                default -> nothing;
            };
            return chain(children, below, 0, end, unknown);
        }

        private Tree leaf(PmmlElement node) {
            columns.take(width);
            return new Leaf(Doubles.of(values.apply(node)));
        }

        private Tree byId(PmmlElement node, List<PmmlElement> children, List<Tree> below) {
            String wanted = node.text("defaultChild");
            for (int i = 0; i < children.size(); i++) {
                if (children.get(i).text("id", "").equals(wanted)) return below.get(i);
            }
            throw node.unread("with the defaultChild '%s'".formatted(wanted));
        }

        private Tree chain(List<PmmlElement> children, List<Tree> below, int from, Tree end, Tree unknown) {
            if (from == children.size()) return end;
            PmmlElement predicate = predicate(children.get(from));
            boolean pair = from == children.size() - 2 && areComplements(predicate, predicate(children.getLast()));
            if (missing.equals("none")) {
                // What cannot be told counts as false, and so is asked by the next child.
                Tree next = pair ? below.getLast() : chain(children, below, from + 1, end, unknown);
                Tree untold = pair ? end : next;
                return ask(predicate, below.get(from), next, untold);
            }
            Tree next = pair ? below.getLast() : chain(children, below, from + 1, end, unknown);
            return ask(predicate, below.get(from), next, unknown);
        }

        private static PmmlElement predicate(PmmlElement node) {
            return node.children().stream()
                    .filter(each -> each.name().endsWith("Predicate")
                            || each.name().equals("True")
                            || each.name().equals("False"))
                    .findFirst()
                    .orElseThrow(() -> node.unread("without a predicate"));
        }

        /// Whether of two predicates on one field exactly one holds unless the field is missing.
        private static boolean areComplements(PmmlElement one, PmmlElement other) {
            if (!one.name().equals(other.name()) || !one.text("field", "").equals(other.text("field", " ")))
                return false;
            if (one.name().equals("SimplePredicate")) {
                return one.text("value", "").equals(other.text("value", " "))
                        && opposite(one.text("operator")).equals(other.text("operator"));
            }
            return one.name().equals("SimpleSetPredicate")
                    && !one.text("booleanOperator").equals(other.text("booleanOperator"))
                    && one.only("Array").values().equals(other.only("Array").values());
        }

        private static String opposite(String operator) {
            return switch (operator) {
                case "lessThan" -> "greaterOrEqual";
                case "lessOrEqual" -> "greaterThan";
                case "greaterThan" -> "lessOrEqual";
                case "greaterOrEqual" -> "lessThan";
                case "equal" -> "notEqual";
                case "notEqual" -> "equal";
                default -> "";
            };
        }

        /// A predicate's three ways out.
        private Tree ask(PmmlElement predicate, Tree yes, Tree no, Tree unknown) {
            if (++asked > MAX_ASKED)
                throw predicate.unread("once predicates are written out %d times".formatted(MAX_ASKED));
            return switch (predicate.name()) {
                case "True" -> yes;
                case "False" -> no;
                case "SimplePredicate" -> simple(predicate, yes, no, unknown);
                case "SimpleSetPredicate" -> set(predicate, yes, no, unknown);
                case "CompoundPredicate" -> compound(predicate, yes, no, unknown);
                default -> throw predicate.unread("as a predicate");
            };
        }

        private Tree compound(PmmlElement compound, Tree yes, Tree no, Tree unknown) {
            List<PmmlElement> parts = compound.children().stream()
                    .filter(each -> !each.name().equals("Extension"))
                    .toList();
            if (parts.isEmpty() || parts.size() > MAX_BRANCHES)
                throw compound.unread("of %d predicates".formatted(parts.size()));
            return compound(compound, parts, 0, yes, no, unknown, false);
        }

        /// Kleene's logic from left to right.
        ///
        /// @param untold whether one before could not be told
        private Tree compound(
                PmmlElement compound,
                List<PmmlElement> parts,
                int from,
                Tree yes,
                Tree no,
                Tree unknown,
                boolean untold) {
            String operator = compound.text("booleanOperator");
            if (from == parts.size()) {
                return switch (operator) {
                    case "and" -> untold ? unknown : yes;
                    case "or" -> untold ? unknown : no;
                    case "surrogate" -> unknown;
                    default -> throw compound.unread("with booleanOperator='%s'".formatted(operator));
                };
            }
            Tree next = compound(compound, parts, from + 1, yes, no, unknown, untold);
            Tree nextUntold = operator.equals("surrogate") || untold
                    ? next
                    : compound(compound, parts, from + 1, yes, no, unknown, true);
            return switch (operator) {
                case "and" -> ask(parts.get(from), next, no, nextUntold);
                case "or" -> ask(parts.get(from), yes, next, nextUntold);
                default -> ask(parts.get(from), yes, no, next);
            };
        }

        private Tree simple(PmmlElement predicate, Tree yes, Tree no, Tree unknown) {
            Column column = columns.column(predicate.text("field"));
            String operator = predicate.text("operator");
            if (operator.equals("isMissing")) return present(column, no, yes);
            if (operator.equals("isNotMissing")) return present(column, yes, no);
            if (column.categories().isPresent()) {
                int code = column.code(predicate.text("value"));
                Ints set = code < 0 ? Ints.of() : Ints.of(code);
                return switch (operator) {
                    case "equal" -> split(column, 0, set, yes, no, unknown);
                    case "notEqual" -> split(column, 0, set, no, yes, unknown);
                    default -> throw predicate.unread("with operator='%s' on categories".formatted(operator));
                };
            }
            double told = predicate.number("value");
            double value = column.single() ? (float) told : told;
            if (Double.isNaN(value)) throw predicate.unread("of NaN");
            double below = Math.nextDown(value);
            return switch (operator) {
                case "lessOrEqual" -> split(column, value, null, yes, no, unknown);
                case "greaterThan" -> split(column, value, null, no, yes, unknown);
                case "lessThan" -> split(column, below, null, yes, no, unknown);
                case "greaterOrEqual" -> split(column, below, null, no, yes, unknown);
                case "equal" -> equal(column, value, yes, no, unknown);
                case "notEqual" -> equal(column, value, no, yes, unknown);
                default -> throw predicate.unread("with operator='%s'".formatted(operator));
            };
        }

        private Tree equal(Column column, double value, Tree yes, Tree no, Tree unknown) {
            Tree above = split(column, Math.nextDown(value), null, no, yes, yes);
            return split(column, value, null, above, no, unknown);
        }

        private Tree set(PmmlElement predicate, Tree yes, Tree no, Tree unknown) {
            Column column = columns.column(predicate.text("field"));
            if (column.categories().isEmpty()) throw predicate.unread("of a number");
            Ints members = Ints.of(predicate.only("Array").values().stream()
                    .mapToInt(column::code)
                    .filter(code -> code >= 0)
                    .distinct()
                    .sorted()
                    .toArray());
            return switch (predicate.text("booleanOperator")) {
                case "isIn" -> split(column, 0, members, yes, no, unknown);
                case "isNotIn" -> split(column, 0, members, no, yes, unknown);
                default ->
                    throw predicate.unread("with booleanOperator='%s'".formatted(predicate.text("booleanOperator")));
            };
        }

        private Tree present(Column column, Tree yes, Tree no) {
            return column.missing() ? new Split(feature(column), Double.POSITIVE_INFINITY, null, yes, no, false) : yes;
        }

        /// @param left for what is at most the threshold, or in the set
        private Tree split(Column column, double threshold, @Nullable Ints set, Tree left, Tree right, Tree unknown) {
            boolean untoldLeft = isSame(unknown, left);
            if (isSame(left, right) && (untoldLeft || !column.missing())) return left;
            if (!column.missing() || untoldLeft || isSame(unknown, right)) {
                return new Split(feature(column), threshold, set, left, right, column.missing() && untoldLeft);
            }
            return present(column, new Split(feature(column), threshold, set, left, right, false), unknown);
        }
    }

    /// Whether two ways lead to the same part, not to one that is alike: comparing those would walk all
    /// of both.
    @SuppressWarnings("ReferenceEquality")
    private static boolean isSame(Tree one, Tree other) {
        return one == other;
    }

    /// The classes that the tree tells of, as the dictionary orders them; in the tree's order where it
    /// does not.
    static List<String> classes(PmmlElement model, PmmlColumns columns) {
        List<String> listed = PmmlReader.classes(model, columns);
        if (!listed.isEmpty()) return listed;
        Set<String> found = new LinkedHashSet<>();
        gather(model, found);
        return List.copyOf(found);
    }

    private static void gather(PmmlElement element, Set<String> found) {
        for (PmmlElement each : element.children()) {
            if (each.name().equals("ScoreDistribution")) found.add(each.text("value"));
            if (!each.name().equals("Node")) continue;
            if (each.has("score")) found.add(each.text("score"));
            gather(each, found);
        }
    }

    /// A leaf's score as a number.
    static double[] score(PmmlElement node) {
        return new double[] {node.number("score")};
    }

    /// A share for each class, and the place of the score.
    static double[] shares(PmmlElement node, List<String> classes) {
        double[] values = new double[classes.size() + 1];
        int score = classes.indexOf(node.text("score"));
        if (score < 0) throw node.unread("with the score '%s', which is no class".formatted(node.text("score")));
        values[classes.size()] = score;
        List<PmmlElement> distribution = node.all("ScoreDistribution");
        if (distribution.isEmpty()) {
            values[score] = 1;
            return values;
        }
        boolean told = distribution.stream().allMatch(each -> each.has("probability"));
        for (PmmlElement each : distribution) {
            int place = classes.indexOf(each.text("value"));
            if (place < 0) throw each.unread("of '%s', which is no class".formatted(each.text("value")));
            values[place] = each.number(told ? "probability" : "recordCount");
        }
        double total = told
                ? 1
                : IntStream.range(0, classes.size()).mapToDouble(i -> values[i]).sum();
        for (int i = 0; i < classes.size(); i++) values[i] /= total;
        return values;
    }

    /// 1 for the class of the score.
    static double[] vote(PmmlElement node, List<String> classes) {
        double[] values = new double[classes.size()];
        int score = classes.indexOf(node.text("score"));
        if (score < 0) throw node.unread("with the score '%s', which is no class".formatted(node.text("score")));
        values[score] = 1;
        return values;
    }
}
