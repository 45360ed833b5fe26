package io.millwright.search;

/// One key of an ordering. Missing values come last in either direction.
public record Order(Field field, boolean ascending) {}
