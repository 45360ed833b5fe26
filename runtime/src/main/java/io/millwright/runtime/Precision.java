package io.millwright.runtime;

/// In which type an operator computes. Operands are rounded to it first, and so is each result of an
/// operation.
public enum Precision {
    FLOAT32,
    FLOAT64
}
