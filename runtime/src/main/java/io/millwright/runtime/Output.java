package io.millwright.runtime;

/// One answer of a model.
///
/// @param source the node, or field, whose values it is
/// @param column whether it is one value a row (shape `[rows]`) and not a row of them (`[rows, width]`)
public record Output(String name, String source, FieldType type, boolean column) {}
