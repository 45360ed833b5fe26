package io.millwright.registry.webhooks;

import java.time.Instant;
import java.util.List;

/// An address that wants to hear of some events of a workspace's registry. Its secret is not in here.
///
/// @param id a UUID
/// @param description empty when there is none
/// @param url may itself hold a secret: shown to who may manage webhooks, never logged
/// @param events in order, at least one
/// @param signed whether it has a secret, so that deliveries carry a signature
public record Webhook(
        String id,
        String workspace,
        String name,
        String description,
        String url,
        List<WebhookEvent> events,
        WebhookStatus status,
        boolean signed,
        Instant createdAt,
        Instant updatedAt) {
    public Webhook {
        events = List.copyOf(events);
    }

    boolean isActive() {
        return status == WebhookStatus.ACTIVE;
    }

    String urn() {
        return urn(id);
    }

    static String urn(String id) {
        return "webhook:" + id;
    }
}
