package io.millwright.registry.promotion;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.registry.Stage;
import io.millwright.registry.promotion.Policy.PolicyStage;
import io.millwright.registry.promotion.Policy.Transition;
import java.io.StringReader;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/// Reads a policy's file. Whatever is wrong is told with its line and column, all at once.
final class PolicyReader {
    static final int LONGEST_DOCUMENT = 200_000;

    private static final Set<String> POLICY_KEYS =
            sorted("policy", "applies-to", "stages", "transitions", "freeze", "time-zone", "rollback");
    private static final Set<String> STAGE_KEYS = sorted("name", "aliases", "mlflow-stage");
    private static final Set<String> TRANSITION_KEYS =
            sorted("from", "to", "ask", "approve", "approvals", "allow-author", "checks", "expires-after");
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?");
    private static final Pattern ALIAS = Pattern.compile("[\\w\\-]{1,255}", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern AGE = Pattern.compile("(\\d{1,5})([mhdw])");
    private static final String NAME_RULE = "1 to 64 of a-z, 0-9 and '-', not at the ends";
    private static final Duration USUAL_EXPIRY = Duration.ofDays(14);
    private static final Duration LONGEST_EXPIRY = Duration.ofDays(365);
    private static final int MOST_APPROVALS = 20;
    private static final int MOST_STARS = 3;

    private final Principals principals;
    private final PolicyProblems problems = new PolicyProblems();

    private PolicyReader(Principals principals) {
        this.principals = principals;
    }

    /// @param principals against whom the people it names are checked
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT with every problem and its place
    static Policy read(String document, Principals principals) {
        if (document.length() > LONGEST_DOCUMENT) {
            throw INVALID_ARGUMENT.because(
                    "The policy has %d characters, at most %d are taken.", document.length(), LONGEST_DOCUMENT);
        }
        PolicyReader reader = new PolicyReader(principals);
        Optional<Policy> policy = reader.root(document).flatMap(reader::policy);
        if (policy.isEmpty() || !reader.problems.isEmpty()) throw reader.problems.failure();
        return policy.get();
    }

    private Optional<Node> root(String document) {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(LONGEST_DOCUMENT);
        try {
            Node root = new Yaml(new SafeConstructor(options)).compose(new StringReader(document));
            if (root != null) return Optional.of(root);
            problems.at(new Mark("", 0, 0, 0, new int[0], 0), "the file is empty, expected a policy");
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
            problems.at(
                    mark == null ? new Mark("", 0, 0, 0, new int[0], 0) : mark, "this is no YAML: " + e.getProblem());
        } catch (YAMLException e) {
            throw INVALID_ARGUMENT.because("The policy is not applied: this is no YAML: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable"));
        }
        return Optional.empty();
    }

    private Optional<Policy> policy(Node root) {
        YamlMap map = new YamlMap(root, "the policy", POLICY_KEYS, problems);
        Optional<String> name = map.requiredText("policy");
        name.filter(text -> !NAME.matcher(text).matches())
                .ifPresent(text ->
                        problems.at(root, "'policy' is " + PolicyProblems.quoted(text) + ", expected " + NAME_RULE));
        List<String> models = map.at("applies-to").map(this::models).orElse(List.of());
        ZoneId zone = map.parsed("time-zone", "a time zone such as Europe/Berlin", PolicyReader::zone)
                .orElse(ZoneId.of("UTC"));
        boolean immediate = map.parsed("rollback", "immediate or checked", text -> switch (text) {
                    case "immediate" -> Optional.of(true);
                    case "checked" -> Optional.of(false);
                    default -> Optional.<Boolean>empty();
                })
                .orElse(true);

        PolicyRules rules = new PolicyRules(problems, principals);
        List<PolicyStage> stages = new ArrayList<>();
        map.required("stages").ifPresent(node -> {
            for (Node one : problems.items(node, "'stages'"))
                stage(one).ifPresent(stage -> {
                    rules.addStage(one, stage);
                    stages.add(stage);
                });
            if (stages.isEmpty()) problems.at(node, "'stages' names none, expected at least one");
        });
        List<Transition> transitions = new ArrayList<>();
        map.required("transitions").ifPresent(node -> {
            for (Node one : problems.items(node, "'transitions'"))
                transition(one, rules).ifPresent(transitions::add);
            rules.checkGraph(node);
        });
        List<FreezeWindow> freezes = map.at("freeze")
                .map(node -> new FreezeReader(problems, rules.stageNames()).windows(node))
                .orElse(List.of());
        return name.map(n -> new Policy(n, models, stages, transitions, freezes, zone, immediate));
    }

    private List<String> models(Node node) {
        List<String> models = problems.texts(node, "'applies-to'");
        if (models.isEmpty()) problems.at(node, "'applies-to' names no model; leave it out for all of the workspace");
        for (String model : models) {
            if (model.contains("/")
                    || model.contains(":")
                    || model.chars().filter(c -> c == '*').count() > MOST_STARS)
                problems.at(
                        node,
                        PolicyProblems.quoted(model) + " is no model's name and no pattern with up to " + MOST_STARS
                                + " '*'");
        }
        return models;
    }

    private Optional<PolicyStage> stage(Node node) {
        if (node instanceof ScalarNode) {
            return problems.text(node, "a stage")
                    .flatMap(name -> stageName(node, name))
                    .map(name -> new PolicyStage(name, List.of(), null));
        }
        YamlMap map = new YamlMap(node, "a stage", STAGE_KEYS, problems);
        List<String> aliases =
                map.at("aliases").map(list -> problems.texts(list, "'aliases'")).orElse(List.of());
        for (String alias : aliases) {
            if (!ALIAS.matcher(alias).matches() || alias.equalsIgnoreCase("latest"))
                problems.at(node, PolicyProblems.quoted(alias) + " can be no alias");
        }
        Stage mlflow = map.parsed("mlflow-stage", "Staging, Production or Archived", PolicyReader::mlflowStage)
                .orElse(null);
        return map.requiredText("name")
                .flatMap(name -> stageName(node, name))
                .map(name -> new PolicyStage(name, aliases, mlflow));
    }

    private Optional<String> stageName(Node node, String name) {
        if (NAME.matcher(name).matches()) return Optional.of(name);
        problems.at(node, "the stage's name is " + PolicyProblems.quoted(name) + ", expected " + NAME_RULE);
        return Optional.empty();
    }

    private static Optional<Stage> mlflowStage(String text) {
        return Arrays.stream(Stage.values())
                .filter(stage -> stage != Stage.NONE && stage.label().equalsIgnoreCase(text))
                .findFirst();
    }

    private Optional<Transition> transition(Node node, PolicyRules rules) {
        YamlMap map = new YamlMap(node, "a transition", TRANSITION_KEYS, problems);
        Optional<String> from = map.requiredText("from");
        Optional<String> to = map.requiredText("to");
        People ask = map.at("ask").map(rules::people).orElse(new People(List.of(People.ANYONE)));
        People approve = map.at("approve").map(rules::people).orElse(new People(List.of()));
        int approvals = map.parsed("approvals", "a number from 0 to " + MOST_APPROVALS, PolicyReader::approvals)
                .orElse(map.at("approve").isPresent() ? 1 : 0);
        Duration expiry = map.parsed("expires-after", "1m to 365d: a number and m, h, d or w", PolicyReader::expiry)
                .orElse(USUAL_EXPIRY);
        List<Check> checks = map.at("checks")
                .map(list -> new CheckReader(problems).checks(list))
                .orElse(List.of());
        if (from.isEmpty() || to.isEmpty()) return Optional.empty();
        Transition transition = new Transition(
                from.get(), to.get(), ask, approve, approvals, map.flag("allow-author", false), checks, expiry);
        rules.addTransition(map, transition);
        return Optional.of(transition);
    }

    private static Optional<Integer> approvals(String text) {
        if (!text.matches("\\d{1,3}")) return Optional.empty();
        return Optional.of(Integer.parseInt(text)).filter(n -> n <= MOST_APPROVALS);
    }

    private static Optional<Duration> expiry(String text) {
        Matcher matcher = AGE.matcher(text);
        if (!matcher.matches()) return Optional.empty();
        long number = Long.parseLong(matcher.group(1));
        Duration expiry = switch (matcher.group(2)) {
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            case "d" -> Duration.ofDays(number);
            default -> Duration.ofDays(7 * number);
        };
        return Optional.of(expiry).filter(e -> e.isPositive() && e.compareTo(LONGEST_EXPIRY) <= 0);
    }

    private static Optional<ZoneId> zone(String text) {
        try {
            return Optional.of(ZoneId.of(text));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    static Set<String> sorted(String... keys) {
        return new TreeSet<>(List.of(keys));
    }
}
