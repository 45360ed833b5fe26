package io.millwright.registry.webhooks;

import java.util.Locale;

/// What happened to an entity. In the order of MLflow's numbers, from 1.
public enum WebhookAction {
    CREATED,
    UPDATED,
    DELETED,
    SET,
    EXCEEDED;

    /// As deliveries write it.
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
