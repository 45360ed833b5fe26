package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.search.Column;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    private static final Pattern WRITTEN = Pattern.compile("(.*?)(?:\\s+(asc|desc))?", Pattern.CASE_INSENSITIVE);

    /// @param text `value`, `runs` or one of the columns, and `ASC` or `DESC` behind it
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it is none of these
    static RunGroupOrder parse(String text, List<Column> columns) {
        Matcher written = WRITTEN.matcher(text.strip());
        if (written.matches()) {
            String direction = written.group(2);
            boolean ascending =
                    direction == null || direction.toLowerCase(Locale.ROOT).equals("asc");
            String name = written.group(1);
            if (name.equals("value")) return new RunGroupOrder(Key.VALUE, -1, ascending);
            if (name.equals("runs")) return new RunGroupOrder(Key.RUNS, -1, ascending);
            for (int i = 0; i < columns.size(); i++) {
                if (columns.get(i).text().equals(name)) return new RunGroupOrder(Key.MEAN, i, ascending);
            }
        }
        throw INVALID_ARGUMENT.because(
                "'order_by' is '%s', expected value, runs or one of the columns asked for, with ASC or DESC.", text);
    }
}
