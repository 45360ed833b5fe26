package io.millwright.registry;

import io.millwright.search.Clause;
import io.millwright.search.Comparison;
import io.millwright.search.Entity;
import io.millwright.search.Value;
import java.util.List;

/// Searches are for models, and for prompts only when their filter says so. A clause on the prompt's tag that does not
/// say so is dropped, since models do not have the tag.
final class PromptFilter {
    private PromptFilter() {}

    /// Whether the first clause on the tag asks for prompts.
    static boolean asksForPrompts(List<Clause> clauses) {
        return clauses.stream()
                .filter(PromptFilter::isOnTag)
                .findFirst()
                .filter(clause -> clause.value() instanceof Value.Text(String text)
                        && (clause.comparison() == Comparison.EQ && text.equalsIgnoreCase("true")
                                || clause.comparison() == Comparison.NE && text.equalsIgnoreCase("false")))
                .isPresent();
    }

    static boolean isOnTag(Clause clause) {
        return clause.field().entity() == Entity.TAG && clause.field().key().equals(RegisteredModel.PROMPT_TAG);
    }
}
