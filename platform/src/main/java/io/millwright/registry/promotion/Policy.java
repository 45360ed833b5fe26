package io.millwright.registry.promotion;

import io.millwright.registry.Stage;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// How versions of some models move from stage to stage: see `docs/design/promotion.md` for its grammar.
///
/// @param models names, or patterns with `*`; none for every model of the workspace
/// @param stages in order; a version begins in the first
/// @param zone of the freeze windows
/// @param immediateRollback whether a roll-back skips checks, approvals and freeze windows
record Policy(
        String name,
        List<String> models,
        List<PolicyStage> stages,
        List<Transition> transitions,
        List<FreezeWindow> freezes,
        ZoneId zone,
        boolean immediateRollback) {
    Policy {
        models = List.copyOf(models);
        stages = List.copyOf(stages);
        transitions = List.copyOf(transitions);
        freezes = List.copyOf(freezes);
    }

    /// @param aliases that stand for versions in this stage
    /// @param mlflow the stage of MLflow's that goes with it, or null
    record PolicyStage(
            String name, List<String> aliases, @Nullable Stage mlflow) {
        PolicyStage {
            aliases = List.copyOf(aliases);
        }
    }

    /// One step that a version may take.
    ///
    /// @param approvals how many must approve; 0 when passed checks are enough
    /// @param allowAuthor whether who made the version or asks for the promotion may approve it
    record Transition(
            String from,
            String to,
            People ask,
            People approve,
            int approvals,
            boolean allowAuthor,
            List<Check> checks,
            Duration expiresAfter) {
        Transition {
            checks = List.copyOf(checks);
        }
    }

    /// How closely it names a model, greater is closer; empty when it does not govern it.
    Optional<Integer> closeness(String model) {
        if (models.isEmpty()) return Optional.of(0);
        return models.stream()
                .filter(pattern -> matches(pattern, model))
                .map(pattern -> pattern.contains("*") ? pattern.replace("*", "").length() + 1 : Integer.MAX_VALUE)
                .max(Comparator.naturalOrder());
    }

    private static boolean matches(String pattern, String model) {
        // Names have at most 256 characters and a pattern few stars, see PolicyReader.
        String regex = Pattern.compile("\\*")
                .splitAsStream(pattern + "\0")
                .map(part -> part.replace("\0", ""))
                .map(Pattern::quote)
                .collect(Collectors.joining(".*"));
        return Pattern.compile(regex, Pattern.DOTALL).matcher(model).matches();
    }

    PolicyStage firstStage() {
        return stages.getFirst();
    }

    Optional<PolicyStage> stage(String wanted) {
        return stages.stream().filter(stage -> stage.name().equals(wanted)).findFirst();
    }

    Optional<PolicyStage> stageOfAlias(String alias) {
        return stages.stream().filter(stage -> stage.aliases().contains(alias)).findFirst();
    }

    Optional<PolicyStage> stageOf(Stage mlflow) {
        return stages.stream()
                .filter(stage -> Objects.equals(stage.mlflow(), mlflow))
                .findFirst();
    }

    Optional<Transition> transition(String from, String to) {
        return transitions.stream()
                .filter(t -> t.from().equals(from) && t.to().equals(to))
                .findFirst();
    }

    Optional<Transition> transitionTo(String to) {
        return transitions.stream().filter(t -> t.to().equals(to)).findFirst();
    }

    /// Until when nothing moves to a stage; empty when it may now.
    Optional<Instant> frozenUntil(String stage, Instant now) {
        return freezes.stream()
                .filter(window -> window.concerns(stage))
                .flatMap(window -> window.frozenUntil(now.atZone(zone)).stream())
                .max(Comparator.naturalOrder());
    }
}
