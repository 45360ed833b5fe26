package io.millwright.search;

/// A piece of a filter: what it is and the characters it was made of.
///
/// @param text exactly as the caller wrote it, quotes included
record Token(Kind kind, String text, int start, int end) {
    enum Kind {
        /// `loss`, `metrics.loss`, `` params.`learning rate` ``, `"a b"`: anything that may name a field. A text in
        /// double quotes is one too, since only its place tells a value from a key.
        NAME,
        /// In single quotes.
        STRING,
        NUMBER,
        /// `>=`, `LIKE`, `NOT LIKE`; also ones nobody understands, such as `=>`.
        COMPARATOR,
        /// `AND`, `OR`, `NOT`, `IN`, `IS`, `NULL`, `BETWEEN`, `TRUE`, `FALSE`.
        KEYWORD,
        OPEN,
        CLOSE,
        SEMICOLON,
        /// `+`, `-`, `/` …: glues its two neighbours into something that is neither a field nor a value.
        OPERATOR,
        /// A whole `(…)`.
        LIST,
        /// Two operands and the operator between them, such as the unquoted key `metrics.val/loss`.
        OPERATION,
        /// Comments, commas, stray characters.
        OTHER
    }

    boolean is(Kind wanted) {
        return kind == wanted;
    }

    boolean isKeyword(String word) {
        return kind == Kind.KEYWORD && text.equalsIgnoreCase(word);
    }

    /// Whether it may stand on one side of a comparator.
    boolean isOperand() {
        return switch (kind) {
            case NAME, STRING, NUMBER, LIST, OPERATION -> true;
            case KEYWORD -> isKeyword("NULL");
            case COMPARATOR, OPEN, CLOSE, SEMICOLON, OPERATOR, OTHER -> false;
        };
    }
}
