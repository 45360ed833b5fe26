package io.millwright.registry.promotion;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Nearest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/// What is wrong with a policy's file, each with its place; all at once, so that nobody mends it line by line.
final class PolicyProblems {
    private static final int MOST_TOLD = 20;
    private static final int MOST_ITEMS = 100;
    private static final int LONGEST_TEXT = 256;
    private static final int SHOWN = 60;

    /// @param line from 1
    /// @param column from 1
    record Problem(int line, int column, String message) {
        @Override
        public String toString() {
            return "line %d, column %d: %s".formatted(line, column, message);
        }
    }

    private final List<Problem> problems = new ArrayList<>();

    void at(Node node, String message) {
        at(node.getStartMark(), message);
    }

    void at(Mark mark, String message) {
        problems.add(new Problem(mark.getLine() + 1, mark.getColumn() + 1, message));
    }

    boolean isEmpty() {
        return problems.isEmpty();
    }

    Failure failure() {
        String all = problems.stream()
                .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
                .distinct()
                .limit(MOST_TOLD)
                .map(Problem::toString)
                .collect(Collectors.joining("\n"));
        int more = problems.size() - MOST_TOLD;
        return INVALID_ARGUMENT.because(
                "The policy is not applied:\n" + all + (more > 0 ? "\nand " + more + " more." : ""));
    }

    void unknown(Node node, String what, String got, Collection<String> known) {
        at(node, "unknown " + what + " " + quoted(got) + ", " + expected(got, known));
    }

    private static String expected(String got, Collection<String> known) {
        String all = known.isEmpty() ? "but there are none" : "expected one of " + String.join(", ", known);
        return all
                + Nearest.to(got, known)
                        .map(near -> "; did you mean '" + near + "'?")
                        .orElse("");
    }

    /// The text of a scalar.
    Optional<String> text(Node node, String what) {
        if (!(node instanceof ScalarNode scalar) || node.getTag().equals(Tag.NULL)) {
            at(node, what + " is " + kind(node) + ", expected a text");
            return Optional.empty();
        }
        String text = scalar.getValue();
        if (text.isBlank() || text.length() > LONGEST_TEXT) {
            at(node, what + " has " + text.length() + " characters, expected 1 to " + LONGEST_TEXT);
            return Optional.empty();
        }
        return Optional.of(text);
    }

    /// The items of a list; one text alone is a list of one.
    List<Node> items(Node node, String what) {
        if (node instanceof ScalarNode && !node.getTag().equals(Tag.NULL)) return List.of(node);
        if (!(node instanceof SequenceNode list)) {
            at(node, what + " is " + kind(node) + ", expected a list");
            return List.of();
        }
        if (list.getValue().size() > MOST_ITEMS) {
            at(node, what + " has " + list.getValue().size() + " entries, at most " + MOST_ITEMS + " are taken");
            return List.of();
        }
        return list.getValue();
    }

    /// Texts without those that are none, each once.
    List<String> texts(Node node, String what) {
        List<String> texts = new ArrayList<>();
        for (Node item : items(node, what)) {
            text(item, "an entry of " + what).ifPresent(text -> {
                if (texts.contains(text)) at(item, quoted(text) + " stands twice in " + what);
                else texts.add(text);
            });
        }
        return texts;
    }

    static String kind(Node node) {
        return switch (node) {
            case MappingNode _ -> "a map";
            case SequenceNode _ -> "a list";
            default -> node.getTag().equals(Tag.NULL) ? "empty" : "a text";
        };
    }

    static String quoted(String text) {
        return "'" + (text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text) + "'";
    }
}
