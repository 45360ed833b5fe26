package io.millwright.registry.promotion;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// Where a promotion is: requested → checking → waiting → approved | rejected | expired; approved → applied, and once
/// another version took its alias, superseded.
public enum PromotionState {
    REQUESTED,
    CHECKING,
    WAITING,
    APPROVED,
    REJECTED,
    EXPIRED,
    APPLIED,
    SUPERSEDED;

    /// As in tables, answers and events.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Whether it may still be applied.
    public boolean isOpen() {
        return this == REQUESTED || this == CHECKING || this == WAITING || this == APPROVED;
    }

    static Optional<PromotionState> of(String word) {
        return Arrays.stream(values())
                .filter(state -> state.word().equals(word))
                .findFirst();
    }
}
