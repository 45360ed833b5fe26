package io.millwright.registry;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.Arrays;
import java.util.stream.Collectors;

/// How far a version came, in MLflow's fixed words. Aliases have taken their place; old clients still ask.
public enum Stage {
    NONE("None"),
    STAGING("Staging"),
    PRODUCTION("Production"),
    ARCHIVED("Archived");

    private final String label;

    Stage(String label) {
        this.label = label;
    }

    /// As MLflow writes it.
    public String label() {
        return label;
    }

    /// Whether moving a version here may archive the ones that are there.
    boolean active() {
        return this == STAGING || this == PRODUCTION;
    }

    int number() {
        return ordinal();
    }

    static Stage ofNumber(int number) {
        return values()[number];
    }

    /// @param text in any case
    static Stage parse(String text) {
        return Arrays.stream(values())
                .filter(stage -> stage.label.equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() -> INVALID_ARGUMENT.because(
                        "Invalid Model Version stage: " + text + ". Value must be one of " + labels() + "."));
    }

    private static String labels() {
        return Arrays.stream(values()).map(Stage::label).collect(Collectors.joining(", "));
    }
}
