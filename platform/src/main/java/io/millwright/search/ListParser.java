package io.millwright.search;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import java.util.ArrayList;
import java.util.List;

/// Reads the list behind `IN`. It is a Python tuple to MLflow, so that its texts, and only they, have escapes: `\'`,
/// `\\`, `\n`, `\x41`. Unlike Python it wants a comma between two texts.
final class ListParser {
    static final int MOST_ITEMS = 10_000;

    private final String source;
    private final List<String> texts = new ArrayList<>();
    private final List<String> shown = new ArrayList<>();
    private int at = 1;

    private ListParser(String source) {
        this.source = source;
    }

    /// @param source from `(` to `)`
    static List<String> parse(String source) {
        return new ListParser(source).parse();
    }

    private List<String> parse() {
        boolean onlyTexts = true;
        boolean comma = true;
        while (current() != ')') {
            if (!comma) throw illFormed();
            onlyTexts &= item();
            if (shown.size() > MOST_ITEMS) {
                throw ErrorCode.INVALID_ARGUMENT.because(
                        "A list in the filter has more than %d items; split it over several searches.", MOST_ITEMS);
            }
            comma = current() == ',';
            if (comma) at++;
        }
        if (at != source.length() - 1) throw illFormed();
        if (shown.isEmpty()) {
            throw ErrorCode.INVALID_ARGUMENT.because(
                    "While parsing a list in the query, expected a non-empty list of string values, but got empty list");
        }
        if (!onlyTexts) {
            String tuple = shown.size() == 1 ? "(" + shown.getFirst() + ",)" : "(" + String.join(", ", shown) + ")";
            throw ErrorCode.INVALID_ARGUMENT.because(
                    "While parsing a list in the query, expected string value, punctuation, or whitespace, "
                            + "but got different type in list: " + PythonText.clip(tuple));
        }
        return texts;
    }

    /// Takes one item and tells whether it is a text.
    private boolean item() {
        if (current() == '\'' || current() == '"') {
            String text = text();
            texts.add(text);
            shown.add(PythonText.repr(text));
            return true;
        }
        int start = at;
        while (Character.isLetterOrDigit(source.charAt(at)) || "+-._".indexOf(source.charAt(at)) >= 0) at++;
        String word = source.substring(start, at);
        boolean literal = word.equals("None") || word.equals("True") || word.equals("False");
        if (!literal && !word.matches("[+-]?[0-9.][0-9.eE+-]*")) throw illFormed();
        shown.add(word);
        return false;
    }

    private String text() {
        char quote = source.charAt(at++);
        var text = new StringBuilder();
        while (source.charAt(at) != quote) {
            char c = source.charAt(at++);
            if (c == '\n' || c == '\r' || at >= source.length()) throw illFormed();
            if (c == '\\') escape(text);
            else text.append(c);
            if (at >= source.length()) throw illFormed();
        }
        at++;
        return text.toString();
    }

    private void escape(StringBuilder text) {
        char c = source.charAt(at++);
        switch (c) {
            case '\'', '"', '\\' -> text.append(c);
            case 'n' -> text.append('\n');
            case 'r' -> text.append('\r');
            case 't' -> text.append('\t');
            case 'x' -> text.append(hexadecimal(2));
            case 'u' -> text.append(hexadecimal(4));
            default -> text.append('\\').append(c);
        }
    }

    private char hexadecimal(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < source.length() ? Character.digit(source.charAt(at++), 16) : -1;
            if (digit < 0) throw illFormed();
            value = value * 16 + digit;
        }
        return (char) value;
    }

    /// The next character that is not blank. There always is one: the source ends with `)`.
    private char current() {
        while (Character.isWhitespace(source.charAt(at))) at++;
        return source.charAt(at);
    }

    private static Failure illFormed() {
        return ErrorCode.INVALID_ARGUMENT.because(
                "While parsing a list in the query, expected a non-empty list of string values, "
                        + "but got ill-formed list.");
    }
}
