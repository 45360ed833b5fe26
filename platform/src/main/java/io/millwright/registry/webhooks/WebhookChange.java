package io.millwright.registry.webhooks;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a client gives of a webhook. Null stands for what it left out: the default of a new one, no change of another.
///
/// @param secret empty for none
public record WebhookChange(
        @Nullable String name,
        @Nullable String url,
        @Nullable List<WebhookEvent> events,
        @Nullable String description,
        @Nullable String secret,
        @Nullable WebhookStatus status) {}
