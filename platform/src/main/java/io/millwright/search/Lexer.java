package io.millwright.search;

import static io.millwright.search.Token.Kind.CLOSE;
import static io.millwright.search.Token.Kind.COMPARATOR;
import static io.millwright.search.Token.Kind.KEYWORD;
import static io.millwright.search.Token.Kind.NAME;
import static io.millwright.search.Token.Kind.NUMBER;
import static io.millwright.search.Token.Kind.OPEN;
import static io.millwright.search.Token.Kind.OPERATOR;
import static io.millwright.search.Token.Kind.OTHER;
import static io.millwright.search.Token.Kind.SEMICOLON;
import static io.millwright.search.Token.Kind.STRING;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Cuts a filter or an order into tokens. One pass, linear; every text has tokens, white space has none.
///
/// Quotes follow sqlparse, which MLflow uses: a doubled quote or one behind a backslash does not end the text, unless
/// no other quote follows that could; and both stay in the text as written.
final class Lexer {
    private static final Set<String> KEYWORDS =
            Set.of("AND", "OR", "NOT", "IN", "IS", "NULL", "BETWEEN", "TRUE", "FALSE");
    private static final Set<String> DIRECTIONS = Set.of("ASC", "DESC");
    private static final Set<String> WORD_COMPARATORS = Set.of("LIKE", "ILIKE", "RLIKE", "REGEXP");
    private static final String COMPARATOR_CHARACTERS = "<>=~!";
    private static final String OPERATOR_CHARACTERS = "+-*/%@#&^|";

    private final String text;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private boolean noCommentEndFollows;

    private Lexer(String text) {
        this.text = text;
    }

    static List<Token> tokens(String text) {
        var lexer = new Lexer(text);
        while (lexer.at < text.length()) lexer.next();
        return lexer.tokens;
    }

    private void next() {
        char c = text.charAt(at);
        if (isBlank(c)) {
            at++;
        } else if (startsComment()) {
            add(OTHER, commentEnd());
        } else if (numberEnd(at) > at) {
            add(NUMBER, numberEnd(at));
        } else if (namePartEnd(at) > at) {
            nameOrKeyword();
        } else if (c == '\'') {
            int end = quotedEnd(at);
            if (end > at) add(STRING, end);
            else add(OTHER, at + 1);
        } else if (c == '(') {
            add(OPEN, at + 1);
        } else if (c == ')') {
            add(CLOSE, at + 1);
        } else if (c == ';') {
            add(SEMICOLON, at + 1);
        } else if (COMPARATOR_CHARACTERS.indexOf(c) >= 0) {
            int end = at;
            while (end < text.length() && COMPARATOR_CHARACTERS.indexOf(text.charAt(end)) >= 0) end++;
            add(COMPARATOR, end);
        } else if (OPERATOR_CHARACTERS.indexOf(c) >= 0) {
            add(OPERATOR, at + 1);
        } else {
            add(OTHER, at + Character.charCount(text.codePointAt(at)));
        }
    }

    private void add(Token.Kind kind, int end) {
        tokens.add(new Token(kind, text.substring(at, end), at, end));
        at = end;
    }

    private boolean startsComment() {
        return text.startsWith("--", at)
                || text.startsWith("# ", at)
                || (text.startsWith("/*", at) && blockCommentEnd() > 0);
    }

    private int commentEnd() {
        if (text.charAt(at) == '/') return blockCommentEnd();
        int end = at;
        while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') end++;
        return end;
    }

    /// Behind the next end mark, or -1. Remembers that there is none, or many openings would each search to the end.
    private int blockCommentEnd() {
        if (noCommentEndFollows) return -1;
        int close = text.indexOf("*/", at + 2);
        noCommentEndFollows = close < 0;
        return close < 0 ? -1 : close + 2;
    }

    /// `-3`, `.5`, `1.`, `1e-2`, `1e+16`; the end of what starts at `from`, or `from` if no number does.
    private int numberEnd(int from) {
        int start = from < text.length() && text.charAt(from) == '-' ? from + 1 : from;
        int whole = digitsEnd(start);
        int end = whole;
        if (charAt(whole) == '.') {
            int fraction = digitsEnd(whole + 1);
            if (whole > start || fraction > whole + 1) end = fraction;
        }
        if (end == start) return from;
        if (charAt(end) == 'e' || charAt(end) == 'E') {
            int sign = charAt(end + 1) == '-' || charAt(end + 1) == '+' ? end + 2 : end + 1;
            int exponent = digitsEnd(sign);
            if (exponent > sign) end = exponent;
        }
        // 1e, 1_000 and 12abc are words.
        return isWordAt(end) ? from : end;
    }

    private int digitsEnd(int from) {
        int end = from;
        while (charAt(end) >= '0' && charAt(end) <= '9') end++;
        return end;
    }

    /// Takes `part(.part)*`; white space may stand around the dots, and nothing behind the last. In "IN .5" and
    /// "AND .x" the dot is not the word's.
    private void nameOrKeyword() {
        int first = namePartEnd(at);
        int end = first;
        while (true) {
            int dot = skipBlanks(end);
            if (charAt(dot) != '.') break;
            boolean blankBefore = dot > end;
            if (blankBefore && (startsNumber(dot) || (end == first && isReserved(text.substring(at, end))))) break;
            int part = skipBlanks(dot + 1);
            int partEnd = charAt(part) == '\'' ? quotedEnd(part) : namePartEnd(part);
            // A blank behind the dot leaves `AND` and its like what they are, as in "tags. AND" and "metrics. DESC".
            boolean word = part > dot + 1 && partEnd > part && isReserved(text.substring(part, partEnd));
            end = partEnd > part && !word ? partEnd : dot + 1;
        }
        if (end > first) {
            add(NAME, end);
            return;
        }
        String word = text.substring(at, end).toUpperCase(Locale.ROOT);
        if (WORD_COMPARATORS.contains(word)) {
            add(COMPARATOR, end);
        } else if (word.equals("NOT") && comparatorWordEnd(end) > end) {
            add(COMPARATOR, comparatorWordEnd(end));
        } else {
            add(KEYWORDS.contains(word) ? KEYWORD : NAME, end);
        }
    }

    private boolean startsNumber(int dot) {
        return digitsEnd(dot + 1) > dot + 1;
    }

    private static boolean isReserved(String text) {
        String word = text.toUpperCase(Locale.ROOT);
        return KEYWORDS.contains(word) || WORD_COMPARATORS.contains(word) || DIRECTIONS.contains(word);
    }

    private int comparatorWordEnd(int from) {
        int start = skipBlanks(from);
        int end = wordEnd(start);
        return WORD_COMPARATORS.contains(text.substring(start, end).toUpperCase(Locale.ROOT)) ? end : from;
    }

    private int namePartEnd(int from) {
        char c = charAt(from);
        return c == '`' || c == '"' ? quotedEnd(from) : wordEnd(from);
    }

    private int wordEnd(int from) {
        int end = from;
        while (isWordAt(end)) end += Character.charCount(text.codePointAt(end));
        return end;
    }

    /// Behind the quote that closes the one at `from`, or `from` if none does.
    private int quotedEnd(int from) {
        char quote = text.charAt(from);
        boolean backslashes = quote != '`';
        int lastResort = from;
        int i = from + 1;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c == quote && charAt(i + 1) == quote) {
                lastResort = i + 1;
                i += 2;
            } else if (c == quote) {
                return i + 1;
            } else if (backslashes && c == '\\' && charAt(i + 1) == quote) {
                lastResort = i + 2;
                i += 2;
            } else {
                i++;
            }
        }
        return lastResort;
    }

    private int skipBlanks(int from) {
        int end = from;
        while (end < text.length() && isBlank(text.charAt(end))) end++;
        return end;
    }

    private boolean isWordAt(int index) {
        if (index >= text.length()) return false;
        int c = text.codePointAt(index);
        return c == '_' || Character.isLetterOrDigit(c);
    }

    private static boolean isBlank(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /// NUL behind the end: no rule asks for one.
    private char charAt(int index) {
        return index < text.length() ? text.charAt(index) : '\0';
    }
}
