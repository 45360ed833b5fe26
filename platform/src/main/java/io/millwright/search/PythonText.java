package io.millwright.search;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/// Values as MLflow's messages show them: in Python's notation.
final class PythonText {
    private static final int LONGEST = 1_000;

    private PythonText() {}

    /// As Python's `repr`: in single quotes, unless only double ones save an escape.
    static String repr(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        var repr = new StringBuilder(text.length() + 2).append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> repr.append("\\n");
                case '\r' -> repr.append("\\r");
                case '\t' -> repr.append("\\t");
                case '\\' -> repr.append("\\\\");
                default -> {
                    if (c == quote) repr.append('\\').append(quote);
                    else if (Character.isISOControl(c)) repr.append(String.format("\\x%02x", c));
                    else repr.appendCodePoint(c);
                }
            }
        });
        return repr.append(quote).toString();
    }

    static String list(Collection<String> texts) {
        return texts.stream().map(PythonText::repr).collect(Collectors.joining(", ", "[", "]"));
    }

    static String tuple(List<String> texts) {
        return texts.stream().map(PythonText::repr).collect(Collectors.joining(", ", "(", ")"));
    }

    /// In alphabetical order, where Python's is chance.
    static String set(Collection<String> texts) {
        return texts.stream().sorted().map(PythonText::repr).collect(Collectors.joining(", ", "{", "}"));
    }

    /// Keeps a message about a long filter short.
    static String clip(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
