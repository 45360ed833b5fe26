package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

/// A user's text before any parser sees it: without comments, and not nested deeper than DuckDB's parser can take. That
/// one is native and recursive; a text that is nested ten thousand times ends the process.
final class SqlText {
    static final int LONGEST = 100_000;
    private static final int DEEPEST = 120;

    private final String text;
    private final StringBuilder plain = new StringBuilder();
    private int at;
    private int depth;

    private SqlText(String text) {
        this.text = text;
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it is no text for a parser
    static String checked(String text) {
        if (text.isBlank()) throw INVALID_ARGUMENT.because("'sql' is empty, expected a query such as select 1.");
        if (text.length() > LONGEST) {
            throw INVALID_ARGUMENT.because("'sql' has %d characters, expected at most %d.", text.length(), LONGEST);
        }
        return new SqlText(text).plain();
    }

    private String plain() {
        while (at < text.length()) {
            char c = text.charAt(at);
            switch (c) {
                case '\0' -> throw INVALID_ARGUMENT.because("'sql' has a zero byte at character %d.", at + 1);
                case '\'' -> quoted('\'');
                case '"' -> quoted('"');
                case '$' -> dollar();
                case '(', '[', '{' -> {
                    if (++depth > DEEPEST) {
                        throw INVALID_ARGUMENT.because(
                                "'sql' is nested deeper than %d brackets. Name parts of it with WITH.", DEEPEST);
                    }
                    keep();
                }
                case ')', ']', '}' -> {
                    if (depth > 0) depth--;
                    keep();
                }
                case '-' -> {
                    if (next() == '-') lineComment();
                    else keep();
                }
                case '/' -> {
                    if (next() == '*') comment();
                    else keep();
                }
                default -> keep();
            }
        }
        return plain.toString();
    }

    private void keep() {
        plain.append(text.charAt(at++));
    }

    private char next() {
        return at + 1 < text.length() ? text.charAt(at + 1) : '\0';
    }

    private void quoted(char quote) {
        if (quote == '\'' && isEscapeString()) {
            throw INVALID_ARGUMENT.because(
                    "'sql' has an E'…' string at character %d; write it as '…', with chr(10) for a new line.", at);
        }
        int begin = at;
        keep();
        while (true) {
            if (at >= text.length()) {
                throw INVALID_ARGUMENT.because(
                        "'sql' has a %s at character %d that is never closed.", quote, begin + 1);
            }
            if (text.charAt(at) != quote) {
                keep();
            } else if (next() == quote) {
                keep();
                keep();
            } else {
                keep();
                return;
            }
        }
    }

    /// A backslash means something else inside. In doubt it is one: what stands before may be the end of a number,
    /// or a blank that is none in ASCII.
    private boolean isEscapeString() {
        if (at == 0 || "eE".indexOf(text.charAt(at - 1)) < 0) return false;
        int first = at - 1;
        while (first > 0 && isWord(text.charAt(first - 1))) first--;
        boolean alone = first == at - 1;
        boolean number = Character.isDigit(text.charAt(first));
        boolean foreign = first > 0 && text.charAt(first - 1) > 0x7f;
        return alone || number || foreign;
    }

    private static boolean isWord(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
    }

    /// `$tag$…$tag$` would be a string, `$1` a parameter.
    private void dollar() {
        throw INVALID_ARGUMENT.because(
                "'sql' has a $ at character %d, expected none outside of '…' and \"…\": parameters and $$…$$ are not"
                        + " offered.",
                at + 1);
    }

    private void lineComment() {
        while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') at++;
        plain.append(' ');
    }

    /// Parsers differ in whether these nest, so one inside another is refused.
    private void comment() {
        int begin = at;
        int end = text.indexOf("*/", at + 2);
        if (end < 0) {
            throw INVALID_ARGUMENT.because("'sql' has a comment at character %d that is never closed.", begin + 1);
        }
        int inner = text.indexOf("/*", at + 2);
        if (inner >= 0 && inner < end) {
            throw INVALID_ARGUMENT.because("'sql' has a comment inside a comment at character %d.", inner + 1);
        }
        at = end + 2;
        plain.append(' ');
    }
}
