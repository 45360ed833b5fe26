package io.millwright.search;

import io.millwright.search.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A filter's shape, before anybody asks what its words mean: comparisons, and what belongs to none.
///
/// As in MLflow `AND` only separates: it may be missing, doubled, or stand at either end.
///
/// @param strays texts of whatever is neither a comparison nor `AND`
/// @param several whether something follows a semicolon
record Statement(List<Condition> conditions, List<String> strays, boolean several) {
    /// `left comparator right`, still unchecked.
    ///
    /// @param comparator in capitals, single blanks between its words
    /// @param right absent for `IS NULL` and `IS NOT NULL`
    record Condition(
            Token left, String comparator, @Nullable Token right) {}

    static Statement read(String filter) {
        return new Reader(filter).read();
    }

    /// The tokens with each `(…)` and each `a / b` made one.
    static List<Token> folded(String text) {
        return foldOperations(text, foldLists(text, Lexer.tokens(text)));
    }

    private static List<Token> foldLists(String text, List<Token> tokens) {
        int[] closeOf = new int[tokens.size()];
        var open = new ArrayDeque<Integer>();
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.get(i).is(Kind.OPEN)) open.push(i);
            else if (tokens.get(i).is(Kind.CLOSE) && !open.isEmpty()) closeOf[open.pop()] = i;
        }
        var folded = new ArrayList<Token>(tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            if (closeOf[i] == 0) {
                folded.add(tokens.get(i));
            } else {
                folded.add(span(Kind.LIST, text, tokens.get(i), tokens.get(closeOf[i])));
                i = closeOf[i];
            }
        }
        return folded;
    }

    private static List<Token> foldOperations(String text, List<Token> tokens) {
        var folded = new ArrayList<Token>(tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            int last = i;
            while (tokens.get(last).isOperand()
                    && last + 2 < tokens.size()
                    && tokens.get(last + 1).is(Kind.OPERATOR)
                    && tokens.get(last + 2).isOperand()) {
                last += 2;
            }
            folded.add(last == i ? tokens.get(i) : span(Kind.OPERATION, text, tokens.get(i), tokens.get(last)));
            i = last;
        }
        return folded;
    }

    private static Token span(Kind kind, String text, Token first, Token last) {
        return new Token(kind, text.substring(first.start(), last.end()), first.start(), last.end());
    }

    private static final class Reader {
        private final String filter;
        private final List<Token> tokens;
        private final List<Condition> conditions = new ArrayList<>();
        private final List<String> strays = new ArrayList<>();
        private int at;

        Reader(String filter) {
            this.filter = filter;
            this.tokens = folded(filter);
        }

        Statement read() {
            boolean several = false;
            // Where the last thing began, if a name right behind it reads as its alias ("a = 1 x"), as in SQL.
            int aliasable = -1;
            while (at < tokens.size()) {
                Token first = tokens.get(at);
                int before = conditions.size();
                if (first.isKeyword("AND")) {
                    at++;
                    aliasable = -1;
                } else if (condition()) {
                    aliasable = conditions.size() > before ? first.start() : -1;
                } else if (first.is(Kind.NAME) && aliasable >= 0) {
                    unAlias(aliasable, first);
                    at++;
                    aliasable = -1;
                } else {
                    strays.add(first.text());
                    several |= first.is(Kind.SEMICOLON) && at + 1 < tokens.size();
                    aliasable = first.is(Kind.NAME) ? first.start() : -1;
                    at++;
                }
            }
            return new Statement(conditions, strays, several);
        }

        /// The thing before and the name behind it are one stray.
        private void unAlias(int start, Token alias) {
            boolean conditionBefore =
                    !conditions.isEmpty() && conditions.getLast().left().start() == start;
            if (conditionBefore) conditions.removeLast();
            else strays.removeLast();
            strays.add(filter.substring(start, alias.end()));
        }

        private boolean condition() {
            Token left = tokens.get(at);
            if (!left.isOperand()) return false;

            Token right = peek(2);
            if (is(1, Kind.COMPARATOR) && right != null && right.isOperand()) {
                return take(3, left, symbol(tokens.get(at + 1)), right);
            }
            if (!left.is(Kind.NAME)) return false;
            if (isKeyword(1, "IN") && right != null && right.is(Kind.LIST)) return take(3, left, "IN", right);
            Token list = peek(3);
            if (isKeyword(1, "NOT") && isKeyword(2, "IN") && list != null && list.is(Kind.LIST)) {
                return take(4, left, "NOT IN", list);
            }
            if (isKeyword(1, "IS") && isKeyword(2, "NULL")) return take(3, left, "IS NULL", null);
            if (isKeyword(1, "IS") && isKeyword(2, "NOT") && isKeyword(3, "NULL")) {
                return take(4, left, "IS NOT NULL", null);
            }
            return false;
        }

        private boolean take(int count, Token left, String comparator, @Nullable Token right) {
            conditions.add(new Condition(left, comparator, right));
            at += count;
            return true;
        }

        private static String symbol(Token comparator) {
            String symbol = comparator.text().toUpperCase(Locale.ROOT);
            return symbol.startsWith("NOT") ? "NOT " + symbol.substring(3).strip() : symbol;
        }

        private @Nullable Token peek(int ahead) {
            return at + ahead < tokens.size() ? tokens.get(at + ahead) : null;
        }

        private boolean is(int ahead, Kind kind) {
            Token token = peek(ahead);
            return token != null && token.is(kind);
        }

        private boolean isKeyword(int ahead, String word) {
            Token token = peek(ahead);
            return token != null && token.isKeyword(word);
        }
    }
}
