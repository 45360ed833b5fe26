package io.millwright.server;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/// Columns of texts as a terminal shows them, each as wide as its widest.
final class TextTable {
    private static final String GAP = "  ";

    private final List<List<String>> lines = new ArrayList<>();
    private final List<Boolean> right;

    /// @param right which columns stand at their right end
    TextTable(List<String> head, List<Boolean> right) {
        this.right = List.copyOf(right);
        lines.add(head);
    }

    /// All columns stand at their left end.
    TextTable(List<String> head) {
        this(head, head.stream().map(column -> false).toList());
    }

    void add(List<String> line) {
        lines.add(line);
    }

    /// @param ruled whether a line stands below the head
    void print(PrintStream to, boolean ruled) {
        int[] widths = new int[right.size()];
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++)
                widths[i] = Math.max(widths[i], line.get(i).length());
        }
        for (int row = 0; row < lines.size(); row++) {
            to.println(text(lines.get(row), widths));
            if (row == 0 && ruled) to.println(rule(widths));
        }
    }

    private String text(List<String> line, int[] widths) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String cell = line.get(i);
            String blanks = " ".repeat(widths[i] - cell.length());
            text.append(right.get(i) ? blanks + cell : cell + blanks).append(GAP);
        }
        return text.toString().stripTrailing();
    }

    private static String rule(int[] widths) {
        StringBuilder rule = new StringBuilder();
        for (int width : widths) rule.append("-".repeat(width)).append(GAP);
        return rule.toString().stripTrailing();
    }
}
