package io.millwright.governance;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is told of an account in a list beside itself.
///
/// @param groups those that it is in, in order
/// @param lastUsedAt when a token or a session of it was used last, to the hour; null when never
/// @param atProvider whether it signs in at an identity provider
record AccountUse(List<String> groups, @Nullable Instant lastUsedAt, boolean atProvider) {
    static final AccountUse NONE = new AccountUse(List.of(), null, false);

    AccountUse {
        groups = List.copyOf(groups);
    }
}
