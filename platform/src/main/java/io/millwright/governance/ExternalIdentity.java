package io.millwright.governance;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Somebody as an identity provider knows them.
///
/// @param issuer the provider
/// @param subject what the provider calls them for ever, and nobody else
/// @param name what they would be called here, if it were free
/// @param groups those that they belong to, of which only the ones that exist here count; null when the provider does
///     not decide on groups
public record ExternalIdentity(
        String issuer,
        String subject,
        String name,
        @Nullable Set<String> groups) {
    public ExternalIdentity {
        if (issuer.isEmpty() || subject.isEmpty())
            throw new IllegalArgumentException("an identity has an issuer and a subject");
        if (groups != null) groups = Set.copyOf(groups);
    }
}
