package io.millwright.registry.promotion;

import io.millwright.registry.promotion.Policy.PolicyStage;
import io.millwright.registry.promotion.Policy.Transition;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.nodes.Node;

/// What must hold between the parts of a policy: known stages, no way round in a circle, and nobody locked out.
final class PolicyRules {
    private final PolicyProblems problems;
    private final Principals principals;
    private final Map<String, PolicyStage> stages = new LinkedHashMap<>();
    private final Map<String, Node> stageNodes = new LinkedHashMap<>();
    private final Map<Transition, Node> transitions = new LinkedHashMap<>();

    PolicyRules(PolicyProblems problems, Principals principals) {
        this.problems = problems;
        this.principals = principals;
    }

    Set<String> stageNames() {
        return stages.keySet();
    }

    void addStage(Node node, PolicyStage stage) {
        if (stages.containsKey(stage.name())) {
            problems.at(node, "the stage '" + stage.name() + "' stands twice");
            return;
        }
        if (stages.isEmpty() && (!stage.aliases().isEmpty() || stage.mlflow() != null))
            problems.at(node, "the first stage governs no alias and no stage of MLflow's: every version begins in it");
        for (PolicyStage other : stages.values()) {
            for (String alias : stage.aliases()) {
                if (other.aliases().contains(alias))
                    problems.at(node, "the alias '" + alias + "' already belongs to the stage '" + other.name() + "'");
            }
            if (stage.mlflow() != null && Objects.equals(stage.mlflow(), other.mlflow()))
                problems.at(
                        node,
                        "MLflow's stage " + stage.mlflow().label() + " already goes with the stage '" + other.name()
                                + "'");
        }
        stages.put(stage.name(), stage);
        stageNodes.put(stage.name(), node);
    }

    People people(Node node) {
        List<Node> entries = problems.items(node, "a list of people");
        List<String> known = entries.stream()
                .flatMap(entry ->
                        problems.text(entry, "one of the people").stream().filter(name -> isKnown(entry, name)))
                .toList();
        return new People(known);
    }

    private boolean isKnown(Node node, String name) {
        if (name.equals(People.ANYONE)) return true;
        boolean group = name.startsWith(People.GROUP);
        boolean known = group ? principals.groupExists(name.substring(People.GROUP.length())) : principals.exists(name);
        if (!known)
            problems.at(
                    node,
                    "unknown " + (group ? "group " : "principal ")
                            + PolicyProblems.quoted(group ? name.substring(People.GROUP.length()) : name)
                            + ", expected a user, group:<name> or anyone");
        return known;
    }

    void addTransition(YamlMap map, Transition transition) {
        stageOf(map, "from", transition.from());
        stageOf(map, "to", transition.to());
        for (Transition other : transitions.keySet()) {
            if (other.from().equals(transition.from()) && other.to().equals(transition.to()))
                problems.at(
                        map.node, "the transition from '" + other.from() + "' to '" + other.to() + "' stands twice");
        }
        transitions.put(transition, map.node);
        if (transition.approvals() == 0 && !transition.approve().entries().isEmpty())
            problems.at(map.node, "'approve' names people and 'approvals' is 0; leave 'approve' out, or ask for one");
        checkSomebodyCan(map.node, transition);
    }

    private void stageOf(YamlMap map, String key, String stage) {
        if (!stages.containsKey(stage)) problems.unknown(map.at(key).orElse(map.node), "stage", stage, stageNames());
    }

    /// That somebody may ask, and enough others may approve what that one asks for.
    private void checkSomebodyCan(Node node, Transition transition) {
        Optional<Set<String>> askers = transition.ask().all(principals);
        if (askers.isPresent() && askers.get().isEmpty()) {
            problems.at(node, "this locks everybody out: nobody may ask for the transition");
            return;
        }
        Optional<Set<String>> approvers = transition.approve().all(principals);
        if (approvers.isEmpty()) return;
        boolean someAskerDoesNotApprove =
                transition.allowAuthor() || askers.isEmpty() || !approvers.get().containsAll(askers.get());
        int left = approvers.get().size() - (someAskerDoesNotApprove ? 0 : 1);
        if (left < transition.approvals())
            problems.at(
                    node,
                    "this locks everybody out: it needs " + transition.approvals()
                            + (transition.approvals() == 1 ? " approval" : " approvals") + ", and only " + left
                            + " may give one" + (someAskerDoesNotApprove ? "" : " besides the one who asks")
                            + "; name more people in 'approve', or ask for fewer");
    }

    /// That each alias can be reached, and no way leads back: an earlier version comes back by a roll-back.
    void checkGraph(Node node) {
        transitions.forEach((transition, place) -> {
            if (reaches(transition.to(), transition.from()))
                problems.at(
                        place,
                        "the transitions go round in a circle through '" + transition.from() + "' and '"
                                + transition.to() + "'; they lead forward only, a roll-back leads back");
        });
        String first = stages.isEmpty() ? "" : stages.keySet().iterator().next();
        stages.values().forEach(stage -> {
            if (!stage.name().equals(first) && !reaches(first, stage.name()))
                problems.at(
                        stageNodes.getOrDefault(stage.name(), node),
                        "this locks everybody out: no transitions lead from '" + first + "' to '" + stage.name() + "'");
        });
    }

    private boolean reaches(String from, String to) {
        Deque<String> next = new ArrayDeque<>(Set.of(from));
        Set<String> seen = new HashSet<>();
        for (String at = next.poll(); at != null; at = next.poll()) {
            if (at.equals(to)) return true;
            if (!seen.add(at)) continue;
            for (Transition transition : transitions.keySet()) {
                if (transition.from().equals(at)) next.add(transition.to());
            }
        }
        return false;
    }
}
