package io.millwright.search;

/// One condition of a filter. A filter is a list of them, all of which must hold.
public record Clause(Field field, Comparison comparison, Value value) {}
