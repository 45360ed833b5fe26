package io.millwright.runtime.evaluate;

/// A model was given a value it refuses: one it has no category for.
public final class RefusedValue extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int row;
    private final String column;
    private final String problem;

    RefusedValue(int row, String column, String problem) {
        super("row %d, column '%s': %s".formatted(row, column, problem));
        this.row = row;
        this.column = column;
        this.problem = problem;
    }

    /// The row of the batch, from 0.
    public int row() {
        return row;
    }

    public String column() {
        return column;
    }

    public String problem() {
        return problem;
    }
}
