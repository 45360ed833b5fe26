package io.millwright.governance;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What is known of a token, which is not the token.
///
/// @param scope the role that caps it; null when nothing does
/// @param expiresAt null for never
/// @param lastUsedAt to the hour; null when never
/// @param endedAt when it was revoked or found expired; null while it counts
public record ApiToken(
        String id,
        String owner,
        String name,
        @Nullable Role scope,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant lastUsedAt,
        @Nullable Instant endedAt) {}
