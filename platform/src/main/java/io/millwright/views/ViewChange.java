package io.millwright.views;

import java.util.Optional;

/// What is to become of a view; what is empty stays as it is.
///
/// @param deleted false brings back one that was deleted
public record ViewChange(
        Optional<String> name,
        Optional<String> state,
        Optional<Boolean> shared,
        Optional<Boolean> pinned,
        Optional<Boolean> deleted) {
    /// Whether it is about more than where the view stands.
    boolean isMoreThanAPin() {
        return name.isPresent() || state.isPresent() || shared.isPresent() || deleted.isPresent();
    }
}
