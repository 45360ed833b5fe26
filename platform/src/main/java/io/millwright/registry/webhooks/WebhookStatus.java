package io.millwright.registry.webhooks;

/// Whether a webhook is told anything. In the order of MLflow's numbers, from 1.
public enum WebhookStatus {
    ACTIVE,
    DISABLED;

    /// As its row holds it.
    int number() {
        return ordinal() + 1;
    }

    static WebhookStatus ofNumber(int number) {
        return values()[number - 1];
    }
}
