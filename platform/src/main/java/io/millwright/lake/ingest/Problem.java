package io.millwright.lake.ingest;

import java.util.List;
import java.util.Optional;

/// Something in a file that cannot be read as it should be.
///
/// @param line of the file, from 1; absent when it is about the file as a whole
/// @param column empty when it is about the whole line
record Problem(Optional<Long> line, String column, String what) {
    /// So many are told at most.
    static final int MOST = 100;

    private static final int MOST_IN_TEXT = 20;

    static Problem of(String what) {
        return new Problem(Optional.empty(), "", what);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        line.ifPresent(number -> text.append("line ").append(number));
        if (!column.isEmpty())
            text.append(text.isEmpty() ? "column '" : ", column '")
                    .append(column)
                    .append("'");
        return text.isEmpty() ? what : text + ": " + what;
    }

    /// All of them, one to a line.
    static String text(List<Problem> problems) {
        StringBuilder text = new StringBuilder();
        for (Problem problem : problems.subList(0, Math.min(MOST_IN_TEXT, problems.size()))) {
            text.append("\n  ").append(problem);
        }
        if (problems.size() > MOST_IN_TEXT) {
            text.append("\n  and ").append(problems.size() >= MOST ? "more" : problems.size() - MOST_IN_TEXT + " more");
        }
        return text.toString();
    }
}
