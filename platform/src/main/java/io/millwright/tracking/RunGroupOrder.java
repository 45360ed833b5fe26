package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.search.Column;
import java.util.List;

/// In which order groups of runs come.
///
/// @param column of a mean its place among the columns asked for, else -1
record RunGroupOrder(Key key, int column, boolean ascending) {
    enum Key {
        /// What the runs of a group have in common; as numbers where both are.
        VALUE,
        /// How many runs a group has.
        RUNS,
        /// The mean of a column.
        MEAN
    }

    /// @param text `value`, `runs` or one of the columns, and `ASC` or `DESC` behind it
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it is none of these
    static RunGroupOrder parse(String text, List<Column> columns) {
        String name = text.strip();
        boolean ascending = true;
        for (String direction : List.of("asc", "desc")) {
            int end = name.length() - direction.length();
            if (end > 1
                    && Character.isWhitespace(name.charAt(end - 1))
                    && name.regionMatches(true, end, direction, 0, direction.length())) {
                name = name.substring(0, end).strip();
                ascending = direction.equals("asc");
                break;
            }
        }
        if (name.equals("value")) return new RunGroupOrder(Key.VALUE, -1, ascending);
        if (name.equals("runs")) return new RunGroupOrder(Key.RUNS, -1, ascending);
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).text().equals(name)) return new RunGroupOrder(Key.MEAN, i, ascending);
        }
        throw INVALID_ARGUMENT.because(
                "'order_by' is '%s', expected value, runs or one of the columns asked for, with ASC or DESC.", text);
    }
}
