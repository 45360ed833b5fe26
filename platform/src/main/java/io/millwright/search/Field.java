package io.millwright.search;

/// The left side of a clause, or what a list is ordered by.
///
/// @param key of an attribute its canonical name (`start_time`, also where the caller wrote `created`); of anything
///     else the key as it was logged, without its quotes. May be empty, which matches nothing
public record Field(Entity entity, String key) {}
