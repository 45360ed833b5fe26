package io.millwright.views;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// Millwright's own REST for saved views.
final class ViewApi {
    private static final String VIEWS = "/experiments/{experiment_id}/views";
    private static final String VIEW = VIEWS + "/{view_id}";

    private final ViewService views;

    ViewApi(ViewService views) {
        this.views = views;
    }

    /// Whoever may read an experiment may keep views of it for themselves; what more it takes the service decides.
    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.READ,
                        "GET",
                        VIEWS,
                        BodyKind.NONE,
                        "The saved views of an experiment's runs: one's own and those that are shared",
                        this::list)
                .on(Need.READ, "POST", VIEWS, BodyKind.JSON, "Saves a view of an experiment's runs", this::save)
                .on(
                        Need.READ,
                        "PUT",
                        VIEW,
                        BodyKind.JSON,
                        "Changes a saved view, or brings back one that was deleted; what is left out stays",
                        this::change)
                .on(
                        Need.READ,
                        "DELETE",
                        VIEW,
                        BodyKind.NONE,
                        "Deletes a saved view; for a day it can be brought back",
                        this::delete);
    }

    private Reply list(Call call) throws IOException {
        Query.of(call);
        long experiment = experiment(call);
        List<View> found = views.list(experiment);
        return Reply.json(json -> {
            json.writeStartObject().writeName("views").writeStartArray();
            for (View view : found) write(json, view);
            json.writeEndArray()
                    .writeBooleanProperty("may_share", views.mayShare(experiment))
                    .writeEndObject();
        });
    }

    private Reply save(Call call) throws IOException {
        JsonNode body = body(call, List.of("name", "state", "shared", "pinned"));
        View view = views.save(
                experiment(call),
                text(body, "name").orElseThrow(() -> missing("name")),
                text(body, "state").orElseThrow(() -> missing("state")),
                flag(body, "shared").orElse(false),
                flag(body, "pinned").orElse(false));
        return Reply.json(201, "application/json", json -> write(json, view));
    }

    private Reply change(Call call) throws IOException {
        JsonNode body = body(call, List.of("name", "state", "shared", "pinned", "deleted"));
        ViewChange change = new ViewChange(
                text(body, "name"),
                text(body, "state"),
                flag(body, "shared"),
                flag(body, "pinned"),
                flag(body, "deleted"));
        View view = views.change(experiment(call), call.pathVariable("view_id"), change);
        return Reply.json(json -> write(json, view));
    }

    private Reply delete(Call call) {
        views.delete(experiment(call), call.pathVariable("view_id"));
        return Reply.noContent(204);
    }

    private void write(JsonGenerator json, View view) {
        json.writeStartObject()
                .writeStringProperty("view_id", view.id())
                .writeStringProperty("name", view.name())
                .writeStringProperty("owner", view.owner())
                .writeStringProperty("state", view.state())
                .writeBooleanProperty("shared", view.shared())
                .writeBooleanProperty("pinned", view.pinned())
                .writeBooleanProperty("may_change", views.mayChange(view))
                .writeStringProperty("created_at", view.createdAt().toString())
                .writeStringProperty("updated_at", view.updatedAt().toString())
                .writeEndObject();
    }

    /// Read before the address, and strictly: what is misspelt would otherwise stay as it is without a word.
    private static JsonNode body(Call call, List<String> known) {
        JsonNode body = call.body().length == 0 ? Json.MAPPER.createObjectNode() : Json.parse(call.body());
        if (!body.isObject()) throw INVALID_ARGUMENT.because("The body is not a JSON object.");
        for (String field : body.propertyNames()) {
            if (!known.contains(field))
                throw INVALID_ARGUMENT.because("Unknown field '%s', expected some of %s.", field, known);
            boolean isText = field.equals("name") || field.equals("state");
            JsonNode value = body.path(field);
            if (isText != value.isString() || isText == value.isBoolean()) {
                throw INVALID_ARGUMENT.because("'%s' is no %s.", field, isText ? "text" : "true or false");
            }
        }
        return body;
    }

    private static Optional<String> text(JsonNode body, String field) {
        return body.has(field) ? Optional.of(body.path(field).stringValue()) : Optional.empty();
    }

    private static Optional<Boolean> flag(JsonNode body, String field) {
        return body.has(field) ? Optional.of(body.path(field).booleanValue()) : Optional.empty();
    }

    private static RuntimeException missing(String field) {
        return INVALID_ARGUMENT.because("'%s' is missing, expected a text.", field);
    }

    private static long experiment(Call call) {
        String id = call.pathVariable("experiment_id");
        if (id.matches("\\d{1,18}")) return Long.parseLong(id);
        throw INVALID_ARGUMENT.because("The experiment's id is '%s', expected a number such as 7.", id);
    }
}
