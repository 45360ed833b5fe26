package io.millwright.serving.predict;

/// Values of a request that did not fit and were let through.
///
/// @param row the first one, from 0; -1 when the column as a whole did not fit
/// @param count how many values
public record InputWarning(InputPolicy.Problem problem, String column, int row, long count) {}
