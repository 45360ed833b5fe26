package io.millwright.serving.wire;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.ArrayList;
import java.util.List;

/// Lines of comma-separated values as RFC 4180 has them.
public final class Csv {
    private final String text;
    private int at;

    public Csv(String text) {
        this.text = text;
    }

    /// The cells of the next line that is not empty; none at the end.
    public List<String> line() {
        while (at < text.length() && (text.charAt(at) == '\n' || text.charAt(at) == '\r')) at++;
        List<String> cells = new ArrayList<>();
        if (at == text.length()) return cells;
        while (true) {
            cells.add(cell());
            if (cells.size() > 100_000)
                throw INVALID_ARGUMENT.because("A line of the CSV has more than 100000 values.");
            if (at == text.length() || text.charAt(at) != ',') return cells;
            at++;
        }
    }

    private String cell() {
        if (at < text.length() && text.charAt(at) == '"') return quoted();
        int start = at;
        while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) at++;
        return text.substring(start, at);
    }

    private String quoted() {
        StringBuilder cell = new StringBuilder();
        at++;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != '"') cell.append(c);
            else if (at < text.length() && text.charAt(at) == '"') {
                cell.append('"');
                at++;
            } else return cell.toString();
        }
        throw INVALID_ARGUMENT.because("The CSV ends within quotes.");
    }
}
