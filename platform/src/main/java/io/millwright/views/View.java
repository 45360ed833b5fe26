package io.millwright.views;

import java.time.Instant;

/// A run table as somebody left it, under a name.
///
/// @param owner the name of the principal who saved it
/// @param state the query of the screen's address: filter, columns, order and what else it holds
/// @param shared whether everybody sees it who may read the experiment; else only its owner does
/// @param pinned whether it stands above the table
public record View(
        String id,
        long experiment,
        String owner,
        String name,
        String state,
        boolean shared,
        boolean pinned,
        Instant createdAt,
        Instant updatedAt) {
    public String urn() {
        return "view:" + id;
    }

    View with(ViewChange change, Instant now) {
        return new View(
                id,
                experiment,
                owner,
                change.name().orElse(name),
                change.state().orElse(state),
                change.shared().orElse(shared),
                change.pinned().orElse(pinned),
                createdAt,
                now);
    }
}
