package io.millwright.search;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A name of a filter or an order taken apart: `entity.key`, or only the key of an attribute.
///
/// @param text the name as written
/// @param spelling its entity as written, without backticks; null when it has none
/// @param key without its quotes, not yet canonical
record FieldName(String text, @Nullable String spelling, String key) {
    static FieldName read(SearchKind kind, String text) {
        int dot = text.indexOf('.');
        if (dot < 0) return new FieldName(text, null, unquoted(text));
        String spelling = text.substring(0, dot);
        // MLflow forgives them here only.
        if (kind == SearchKind.RUNS) spelling = withoutEnds(spelling, '`').orElse(spelling);
        return new FieldName(text, spelling, unquoted(text.substring(dot + 1)));
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when this kind of search has no such entity
    Entity entity(SearchKind kind) {
        if (spelling == null) return Entity.ATTRIBUTE;
        Entity entity = kind.entities().get(spelling);
        if (entity == null) throw Wording.unknownEntity(kind, spelling);
        return entity;
    }

    private static String unquoted(String key) {
        String bare = inQuotes(key).orElse(key);
        return withoutEnds(bare, '`').orElse(bare);
    }

    /// The text between single or double quotes; empty when there are none.
    static Optional<String> inQuotes(String text) {
        return withoutEnds(text, '\'').or(() -> withoutEnds(text, '"'));
    }

    private static Optional<String> withoutEnds(String text, char end) {
        return text.length() >= 2 && text.charAt(0) == end && text.charAt(text.length() - 1) == end
                ? Optional.of(text.substring(1, text.length() - 1))
                : Optional.empty();
    }
}
