package io.millwright.registry.promotion;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/// Reads the checks of a transition.
final class CheckReader {
    private static final Set<String> WORDS = PolicyReader.sorted("description", "owner", "signature", "provenance");
    private static final Set<String> MAP_KEYS =
            PolicyReader.sorted("metric", "at-least", "at-most", "tolerance", "tags", "provenance");
    private static final String HOLDER = "holder";

    private final PolicyProblems problems;

    CheckReader(PolicyProblems problems) {
        this.problems = problems;
    }

    List<Check> checks(Node node) {
        List<Check> checks = new ArrayList<>();
        for (Node one : problems.items(node, "'checks'")) check(one).ifPresent(checks::add);
        return checks;
    }

    private Optional<Check> check(Node node) {
        if (!(node instanceof MappingNode))
            return problems.text(node, "a check").flatMap(word -> named(node, word));
        YamlMap map = new YamlMap(node, "a check", MAP_KEYS, problems);
        long kinds = List.of("metric", "tags", "provenance").stream()
                .filter(key -> map.at(key).isPresent())
                .count();
        if (kinds != 1) {
            problems.at(node, "a check is one of metric, tags and provenance, this is " + kinds + " of them");
            return Optional.empty();
        }
        if (map.at("metric").isPresent()) return metric(map);
        for (String key : List.of("at-least", "at-most", "tolerance"))
            map.at(key).ifPresent(value -> problems.at(value, "'" + key + "' belongs to a metric only"));
        Optional<Node> tags = map.at("tags");
        if (tags.isPresent()) return Optional.of(new Check.RequiredTags(problems.texts(tags.get(), "'tags'")));
        return map.at("provenance").map(this::provenance);
    }

    private Optional<Check> named(Node node, String word) {
        return switch (word) {
            case "description" -> Optional.of(new Check.Described());
            case "owner" -> Optional.of(new Check.Owned());
            case "signature" -> Optional.of(new Check.Signed());
            case "provenance" -> Optional.of(new Check.Provenance(List.of(Check.Part.values())));
            default -> {
                problems.unknown(node, "check", word, WORDS);
                yield Optional.empty();
            }
        };
    }

    private Check provenance(Node node) {
        List<Check.Part> parts = new ArrayList<>();
        List<String> words = Arrays.stream(Check.Part.values())
                .map(part -> part.name().toLowerCase(Locale.ROOT))
                .toList();
        for (String word : problems.texts(node, "'provenance'")) {
            if (words.contains(word)) parts.add(Check.Part.values()[words.indexOf(word)]);
            else problems.unknown(node, "part of a provenance", word, words);
        }
        if (parts.isEmpty()) problems.at(node, "'provenance' names nothing, expected some of " + words);
        return new Check.Provenance(parts);
    }

    private Optional<Check> metric(YamlMap map) {
        Optional<String> metric = map.text("metric");
        boolean least = map.at("at-least").isPresent();
        if (least == map.at("at-most").isPresent()) {
            problems.at(map.node, "a metric has either 'at-least' or 'at-most'");
            return Optional.empty();
        }
        String key = least ? "at-least" : "at-most";
        Check.Bound bound = least ? Check.Bound.AT_LEAST : Check.Bound.AT_MOST;
        boolean againstHolder = map.text(key).filter(HOLDER::equals).isPresent();
        if (againstHolder) {
            double tolerance = map.parsed(
                            "tolerance", "a number >= 0", text -> number(text).filter(n -> n >= 0))
                    .orElse(0.0);
            return metric.map(m -> new Check.MetricAgainstHolder(m, bound, tolerance));
        }
        map.at("tolerance").ifPresent(node -> problems.at(node, "'tolerance' belongs to '" + key + ": holder'"));
        Optional<Double> limit = map.parsed(key, "a number, or the word holder", CheckReader::number);
        return metric.flatMap(m -> limit.map(l -> new Check.MetricLimit(m, bound, l)));
    }

    private static Optional<Double> number(String text) {
        // parseDouble alone would also take "1d" and hexadecimal.
        if (!text.matches("[+-]?(\\d{1,40}(\\.\\d{0,40})?|\\.\\d{1,40})([eE][+-]?\\d{1,3})?")) return Optional.empty();
        return Optional.of(Double.parseDouble(text)).filter(Double::isFinite);
    }
}
