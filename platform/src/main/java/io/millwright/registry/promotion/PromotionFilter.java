package io.millwright.registry.promotion;

import java.util.Optional;

/// Which promotions to list.
public record PromotionFilter(Optional<String> model, Optional<Long> version, Optional<PromotionState> state) {
    public static final PromotionFilter ALL = new PromotionFilter(Optional.empty(), Optional.empty(), Optional.empty());
}
