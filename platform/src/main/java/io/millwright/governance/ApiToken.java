package io.millwright.governance;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What is known of a token, which is not the token.
///
/// @param scope the role that caps it; null when nothing does
/// @param expiresAt null for never
/// @param lastUsedAt to the hour; null when never
/// @param openedWith of a browser's session: the id of the token it was opened with, [#WITH_PASSWORD] or
///     [#WITH_PROVIDER]; null for what is no session
/// @param endedAt when it was revoked or found expired; null while it counts
public record ApiToken(
        String id,
        String owner,
        String name,
        @Nullable Role scope,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant lastUsedAt,
        @Nullable String openedWith,
        @Nullable Instant endedAt) {
    static final String WITH_PASSWORD = "password";
    static final String WITH_PROVIDER = "identity-provider";

    boolean isSession() {
        return openedWith != null;
    }
}
