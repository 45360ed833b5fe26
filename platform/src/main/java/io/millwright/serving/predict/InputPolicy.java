package io.millwright.serving.predict;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What is done about input that does not fit what a model reads.
///
/// @param actions by kind of problem; a kind that is not there is as in [#DEFAULT]
public record InputPolicy(Map<Problem, Action> actions) {
    /// Does not fit in one of these ways.
    public enum Problem {
        /// A column the model reads is not sent. Let through, it is missing in every row.
        MISSING_COLUMN(Action.ERROR),
        /// A column is sent that the model does not read. Let through, it is not looked at.
        EXTRA_COLUMN(Action.WARN),
        /// A row lacks a value that the model can do without. Where it cannot, this is always an error.
        MISSING_VALUE(Action.ALLOW),
        /// A text for a number. Let through, it is the number it spells; what spells none is always an
        /// error, and so is a number for a text and a fraction for a whole number.
        WRONG_TYPE(Action.ERROR),
        /// A number outside the range the model was made for. Let through, it is computed with as it is.
        OUT_OF_RANGE(Action.ERROR),
        /// A text that is none of the categories the model was made for. Let through, the model's own
        /// rule for it holds; where it has none, this is always an error.
        UNSEEN_CATEGORY(Action.ERROR);

        private final Action usual;

        Problem(Action usual) {
            this.usual = usual;
        }

        /// As people write it: `missing-column`.
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /// @throws Failure INVALID_ARGUMENT for a word that names none
        public static Problem of(String word) {
            List<String> words = new ArrayList<>();
            for (Problem each : values()) {
                if (each.word().equals(word)) return each;
                words.add(each.word());
            }
            throw INVALID_ARGUMENT.because("'%s' is no problem of an input, expected one of %s.", word, words);
        }
    }

    public enum Action {
        /// It is let through, and nothing is said.
        ALLOW,
        /// It is let through, counted, and told with the answer.
        WARN,
        /// The request is refused.
        ERROR;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /// @throws Failure INVALID_ARGUMENT for a word that names none
        public static Action of(String word) {
            for (Action each : values()) if (each.word().equals(word)) return each;
            throw INVALID_ARGUMENT.because("'%s' is no action, expected allow, warn or error.", word);
        }
    }

    /// Errors, but for columns too many, which are told of, and for missing values where the model can
    /// do without: those are nothing unusual.
    public static final InputPolicy DEFAULT = new InputPolicy(Map.of());

    public InputPolicy {
        Map<Problem, Action> all = new EnumMap<>(Problem.class);
        for (Problem each : Problem.values()) all.put(each, actions.getOrDefault(each, each.usual));
        actions = Map.copyOf(all);
    }

    public Action on(Problem problem) {
        return actions.getOrDefault(problem, problem.usual);
    }

    public InputPolicy with(Problem problem, Action action) {
        Map<Problem, Action> all = new EnumMap<>(actions);
        all.put(problem, action);
        return new InputPolicy(all);
    }
}
