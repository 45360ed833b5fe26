package io.millwright.registry.webhooks;

import static io.millwright.registry.webhooks.WebhookAction.CREATED;
import static io.millwright.registry.webhooks.WebhookAction.DELETED;
import static io.millwright.registry.webhooks.WebhookAction.EXCEEDED;
import static io.millwright.registry.webhooks.WebhookAction.SET;

import java.util.List;
import java.util.Locale;

/// What something happens to. In the order of MLflow's numbers, from 1.
public enum WebhookEntity {
    REGISTERED_MODEL(CREATED),
    MODEL_VERSION(CREATED),
    MODEL_VERSION_TAG(DELETED, SET),
    MODEL_VERSION_ALIAS(CREATED, DELETED),
    PROMPT(CREATED),
    PROMPT_VERSION(CREATED),
    PROMPT_TAG(DELETED, SET),
    PROMPT_VERSION_TAG(DELETED, SET),
    PROMPT_ALIAS(CREATED, DELETED),
    /// May be asked for, as in MLflow; nothing here tells it yet.
    BUDGET_POLICY(EXCEEDED);

    private final List<WebhookAction> actions;

    WebhookEntity(WebhookAction... actions) {
        this.actions = List.of(actions);
    }

    /// What can happen to it, in alphabetical order.
    List<WebhookAction> actions() {
        return actions;
    }

    /// As deliveries write it.
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
