package io.millwright.registry;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a `models:/…` URI names.
sealed interface ModelUri {
    /// `models:/m-…`
    record OfLoggedModel(String id) implements ModelUri {}

    /// `models:/name/3`
    record OfVersion(String model, String number) implements ModelUri {}

    /// `models:/name@alias`
    record OfAlias(String model, String alias) implements ModelUri {}

    /// `models:/name/latest`, `models:/name/Production`
    ///
    /// @param stage null for any
    record OfNewest(String model, @Nullable String stage) implements ModelUri {}

    /// Empty when it has none of these forms.
    static Optional<ModelUri> of(SourceUri uri) {
        String path = uri.path();
        if (!path.startsWith("/")) return Optional.empty();
        String[] parts = path.substring(1).split("/", -1);
        if (parts.length > 2 || parts[0].isBlank()) return Optional.empty();
        if (parts.length == 1) return ofOne(parts[0]);
        String suffix = parts[1];
        if (suffix.isBlank()) return Optional.empty();
        if (suffix.chars().allMatch(Character::isDigit)) return Optional.of(new OfVersion(parts[0], suffix));
        boolean latest = suffix.toLowerCase(Locale.ROOT).equals("latest");
        return Optional.of(new OfNewest(parts[0], latest ? null : suffix));
    }

    private static Optional<ModelUri> ofOne(String part) {
        int at = part.lastIndexOf('@');
        if (at < 0) return Optional.of(new OfLoggedModel(part));
        String alias = part.substring(at + 1);
        return alias.isBlank() ? Optional.empty() : Optional.of(new OfAlias(part.substring(0, at), alias));
    }
}
