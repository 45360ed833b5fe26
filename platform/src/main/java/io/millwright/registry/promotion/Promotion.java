package io.millwright.registry.promotion;

import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// A version of a model on its way to a stage.
///
/// @param alias that it gets there; empty when the stage governs none
/// @param policyVersion under which it runs to its end
/// @param author who made the version; empty when nobody knows
/// @param note why it is in its state
/// @param holder the version that held the alias when this was asked for; 0 for none
/// @param evidenceSha256 of the evidence as it is exported; empty before the checks ran
public record Promotion(
        long id,
        String model,
        long version,
        Kind kind,
        String from,
        String to,
        String alias,
        String policy,
        long policyVersion,
        PromotionState state,
        String requester,
        String author,
        String reason,
        String note,
        long holder,
        String evidenceSha256,
        Instant requestedAt,
        Instant changedAt,
        Instant expiresAt) {
    /// What it is for.
    public enum Kind {
        PROMOTION,
        ROLLBACK;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// What somebody decided.
    ///
    /// @param verdict `approve` or `reject`
    public record Decision(String principal, String verdict, String message, Instant at) {}

    /// One state that it came to.
    public record Step(PromotionState state, String actor, String note, Instant at) {}

    /// All there is to know of one, but the evidence itself.
    public record Story(Promotion promotion, List<Decision> decisions, List<Step> history) {
        public Story {
            decisions = List.copyOf(decisions);
            history = List.copyOf(history);
        }
    }

    public String urn() {
        return "promotion:" + id;
    }

    /// Where to look at it.
    public String link() {
        return "/api/millwright/v1/promotions/" + id;
    }
}
