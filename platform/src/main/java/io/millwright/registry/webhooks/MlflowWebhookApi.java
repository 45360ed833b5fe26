package io.millwright.registry.webhooks;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Page;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/// MLflow's REST for webhooks.
final class MlflowWebhookApi {
    private static final String ID = "webhook_id";
    private static final int DEFAULT_PAGE = 100;
    private static final int MOST_EVENTS = 100;

    private final WebhookService webhooks;

    MlflowWebhookApi(WebhookService webhooks) {
        this.webhooks = webhooks;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("2.0")
                .post(Need.MANAGE, "/mlflow/webhooks", this::create)
                .on(Need.MANAGE, "GET", "/mlflow/webhooks", BodyKind.JSON, this::list)
                .on(Need.MANAGE, "GET", "/mlflow/webhooks/{webhook_id}", BodyKind.JSON, this::get)
                .on(Need.MANAGE, "PATCH", "/mlflow/webhooks/{webhook_id}", BodyKind.JSON, this::update)
                .delete(Need.MANAGE, "/mlflow/webhooks/{webhook_id}", this::delete)
                .post(Need.MANAGE, "/mlflow/webhooks/{webhook_id}/test", this::test);
    }

    private Reply create(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        message.requiredText("name");
        message.requiredText("url");
        if (!message.has("events")) throw message.missing("events");
        return reply(webhooks.create(change(message)));
    }

    private Reply list(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        Page<Webhook> page = webhooks.list(
                message.smallInteger("max_results").orElse(DEFAULT_PAGE),
                message.text("page_token").filter(token -> !token.isEmpty()));
        return Reply.json(json -> {
            json.writeStartObject();
            if (!page.items().isEmpty()) {
                json.writeName("webhooks").writeStartArray();
                for (Webhook webhook : page.items()) write(json, webhook);
                json.writeEndArray();
            }
            page.nextToken().ifPresent(token -> json.writeStringProperty("next_page_token", token));
            json.writeEndObject();
        });
    }

    private Reply get(Call call) throws IOException {
        return reply(webhooks.get(call.pathVariable(ID)));
    }

    private Reply update(Call call) throws IOException {
        return reply(webhooks.update(call.pathVariable(ID), change(MlflowMessage.of(call))));
    }

    private Reply delete(Call call) {
        webhooks.delete(call.pathVariable(ID));
        return Reply.emptyJson();
    }

    private Reply test(Call call) throws IOException {
        Optional<WebhookEvent> event = MlflowMessage.of(call).message("event").map(one -> event(one, "event"));
        WebhookService.TestResult result = webhooks.test(call.pathVariable(ID), event.orElse(null));
        return Reply.json(json -> {
            json.writeStartObject().writeName("result").writeStartObject();
            json.writeBooleanProperty("success", result.success());
            Integer status = result.status();
            if (status != null) {
                json.writeNumberProperty("response_status", status);
                json.writeStringProperty("response_body", result.answer());
            } else {
                json.writeStringProperty("error_message", "Failed to test webhook: " + result.error());
            }
            json.writeEndObject().writeEndObject();
        });
    }

    private static WebhookChange change(MlflowMessage message) {
        return new WebhookChange(
                message.text("name").orElse(null),
                message.text("url").orElse(null),
                message.has("events") ? events(message) : null,
                message.text("description").orElse(null),
                message.text("secret").orElse(null),
                message.choice("status", WebhookStatus.class, 1).orElse(null));
    }

    private static List<WebhookEvent> events(MlflowMessage message) {
        List<MlflowMessage> given = message.messages("events");
        if (given.size() > MOST_EVENTS) {
            throw INVALID_ARGUMENT.because("There are %d events, at most %d are taken.", given.size(), MOST_EVENTS);
        }
        return given.stream().map(one -> event(one, "events")).toList();
    }

    /// MLflow fails (500) on what it does not know.
    private static WebhookEvent event(MlflowMessage message, String field) {
        WebhookEntity entity = message.choice("entity", WebhookEntity.class, 1)
                .orElseThrow(
                        () -> INVALID_ARGUMENT.because("'entity' in '" + field + "' is missing or unknown, expected"
                                + " one of " + Arrays.toString(WebhookEntity.values()) + "."));
        WebhookAction action = message.choice("action", WebhookAction.class, 1)
                .orElseThrow(() -> INVALID_ARGUMENT.because("'action' in '" + field
                        + "' is missing or unknown, expected" + " one of " + entity.actions() + "."));
        return new WebhookEvent(entity, action);
    }

    private static Reply reply(Webhook webhook) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("webhook");
            write(json, webhook);
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, Webhook webhook) {
        json.writeStartObject();
        json.writeStringProperty("webhook_id", webhook.id());
        json.writeStringProperty("name", webhook.name());
        if (!webhook.description().isEmpty()) json.writeStringProperty("description", webhook.description());
        json.writeStringProperty("url", webhook.url());
        json.writeName("events").writeStartArray();
        for (WebhookEvent event : webhook.events()) {
            json.writeStartObject()
                    .writeStringProperty("entity", event.entity().name())
                    .writeStringProperty("action", event.action().name())
                    .writeEndObject();
        }
        json.writeEndArray();
        json.writeStringProperty("status", webhook.status().name());
        json.writeNumberProperty("creation_timestamp", webhook.createdAt().toEpochMilli());
        json.writeNumberProperty("last_updated_timestamp", webhook.updatedAt().toEpochMilli());
        json.writeEndObject();
    }
}
