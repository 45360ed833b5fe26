package io.millwright.lake.query;

import java.time.Instant;

/// A query with a name, for everybody in the workspace.
///
/// @param owner who saved it first; only they and who manages the workspace change it
/// @param edition counts its changes, from 1
public record SavedQuery(String name, String text, String description, String owner, int edition, Instant updatedAt) {}
