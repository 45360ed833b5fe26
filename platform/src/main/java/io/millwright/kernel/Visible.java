package io.millwright.kernel;

import java.util.Set;

/// Which entities of one kind a list may show.
///
/// @param all whether all but the hidden ones, as a right on their workspace has it
/// @param shown ids of those that have the right by themselves
/// @param hidden ids of those that are denied, whatever else holds
public record Visible(boolean all, Set<String> shown, Set<String> hidden) {
    public static final Visible EVERYTHING = new Visible(true, Set.of(), Set.of());
    public static final Visible NOTHING = new Visible(false, Set.of(), Set.of());

    public Visible {
        shown = Set.copyOf(shown);
        hidden = Set.copyOf(hidden);
    }

    public boolean shows(String id) {
        return !hidden.contains(id) && (all || shown.contains(id));
    }

    /// Whether nothing is hidden.
    public boolean isEverything() {
        return all && hidden.isEmpty();
    }
}
