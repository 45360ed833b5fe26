package io.millwright.registry.webhooks;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Page;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Millwright's own REST for what became of what webhooks were told.
final class WebhookDeliveryApi {
    private static final int USUAL_PAGE = 50;
    private static final int USUAL_WEBHOOKS = 100;

    private final WebhookService webhooks;

    WebhookDeliveryApi(WebhookService webhooks) {
        this.webhooks = webhooks;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.MANAGE,
                        "GET",
                        "/webhooks",
                        BodyKind.NONE,
                        "A page of webhooks, the newest first, with how their deliveries are doing",
                        this::webhooks)
                .on(
                        Need.MANAGE,
                        "GET",
                        "/webhooks/{webhook_id}/deliveries/{delivery_id}",
                        BodyKind.NONE,
                        "A delivery with the body as it is sent",
                        this::get)
                .on(
                        Need.MANAGE,
                        "GET",
                        "/webhooks/{webhook_id}/deliveries",
                        BodyKind.NONE,
                        "A page of what a webhook was told, the newest first, with the attempts",
                        this::list)
                .on(
                        Need.MANAGE,
                        "POST",
                        "/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
                        BodyKind.NONE,
                        "Sends a delivery that ended once more, under the same id",
                        this::redeliver);
    }

    private Reply webhooks(Call call) throws IOException {
        Query query = Query.of(call, "max_results", "page_token");
        Page<WebhookService.Watched> page = webhooks.watch(
                query.number("max_results", USUAL_WEBHOOKS, 1, WebhookService.LARGEST_PAGE), query.text("page_token"));
        return Reply.json(json -> {
            json.writeStartObject().writeName("webhooks").writeStartArray();
            for (WebhookService.Watched one : page.items()) write(json, one);
            json.writeEndArray();
            page.nextToken().ifPresent(token -> json.writeStringProperty("next_page_token", token));
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, WebhookService.Watched watched) {
        Webhook webhook = watched.webhook();
        json.writeStartObject();
        json.writeStringProperty("webhook_id", webhook.id());
        json.writeStringProperty("name", webhook.name());
        json.writeStringProperty("description", webhook.description());
        json.writeStringProperty("url", webhook.url());
        json.writeName("events").writeStartArray();
        webhook.events().forEach(event -> json.writeString(event.word()));
        json.writeEndArray();
        json.writeStringProperty("status", webhook.status().name());
        json.writeBooleanProperty("signed", webhook.signed());
        json.writeStringProperty("created_at", webhook.createdAt().toString());
        json.writeStringProperty("changed_at", webhook.updatedAt().toString());
        json.writeNumberProperty("waiting", watched.waiting());
        Delivery last = watched.last();
        if (last != null) {
            json.writeName("last").writeStartObject();
            json.writeStringProperty("event", last.what());
            json.writeStringProperty("state", last.state().word());
            json.writeStringProperty("at", last.createdAt().toString());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private Reply get(Call call) throws IOException {
        WebhookService.Sent sent = webhooks.delivery(call.pathVariable("webhook_id"), call.pathVariable("delivery_id"));
        return Reply.json(json -> write(json, sent.delivery(), sent.body()));
    }

    private Reply list(Call call) throws IOException {
        Page<Delivery> page =
                webhooks.deliveries(call.pathVariable("webhook_id"), maxResults(call), call.queryValue("page_token"));
        return Reply.json(json -> {
            json.writeStartObject().writeName("deliveries").writeStartArray();
            for (Delivery delivery : page.items()) write(json, delivery);
            json.writeEndArray();
            page.nextToken().ifPresent(token -> json.writeStringProperty("next_page_token", token));
            json.writeEndObject();
        });
    }

    private Reply redeliver(Call call) throws IOException {
        Delivery delivery = webhooks.redeliver(call.pathVariable("webhook_id"), call.pathVariable("delivery_id"));
        return Reply.json(202, "application/json", json -> write(json, delivery));
    }

    private static int maxResults(Call call) {
        try {
            return call.queryValue("max_results").map(Integer::parseInt).orElse(USUAL_PAGE);
        } catch (NumberFormatException e) {
            throw INVALID_ARGUMENT.because(
                    "'max_results' is no number, expected 1 to %d.", WebhookService.LARGEST_DELIVERY_PAGE);
        }
    }

    private static void write(JsonGenerator json, Delivery delivery) {
        write(json, delivery, null);
    }

    private static void write(JsonGenerator json, Delivery delivery, @Nullable String body) {
        json.writeStartObject();
        if (body != null) json.writeStringProperty("request_body", body);
        json.writeStringProperty("delivery_id", delivery.id());
        json.writeStringProperty("event", delivery.what());
        json.writeStringProperty("event_id", delivery.eventId());
        json.writeStringProperty("state", delivery.state().word());
        json.writeStringProperty("created_at", delivery.createdAt().toString());
        if (delivery.nextAt() != null)
            json.writeStringProperty("next_attempt_at", delivery.nextAt().toString());
        if (delivery.endedAt() != null)
            json.writeStringProperty("ended_at", delivery.endedAt().toString());
        json.writeNumberProperty("attempt_count", delivery.attemptCount());
        json.writeName("attempts").writeStartArray();
        delivery.attempts().forEach(attempt -> write(json, attempt));
        json.writeEndArray().writeEndObject();
    }

    private static void write(JsonGenerator json, Delivery.Attempt attempt) {
        json.writeStartObject();
        json.writeNumberProperty("number", attempt.number());
        json.writeStringProperty("at", attempt.at().toString());
        json.writeNumberProperty("duration_ms", attempt.millis());
        Integer status = attempt.status();
        if (status != null) {
            json.writeNumberProperty("response_status", status);
            json.writeStringProperty("response_body", attempt.answer());
        }
        if (!attempt.error().isEmpty()) json.writeStringProperty("error", attempt.error());
        json.writeEndObject();
    }
}
