package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.RequestContext;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/// Our own REST for grants and denials.
final class GrantsApi {
    private final AccessService access;

    GrantsApi(AccessService access) {
        this.access = access;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.SIGNED_IN,
                        "GET",
                        "/grants",
                        BodyKind.NONE,
                        "A page of the grants and denials: of a subject, on an entity, or all",
                        this::list)
                .on(
                        Need.MANAGE,
                        "POST",
                        "/grants",
                        BodyKind.JSON,
                        "Grants a role on an entity, or denies a right",
                        this::add)
                .on(
                        Need.MANAGE,
                        "DELETE",
                        "/grants/{grant_id}",
                        BodyKind.NONE,
                        "Removes a grant or a denial",
                        this::remove);
    }

    private Reply list(Call call) throws IOException {
        Optional<String> subject = call.queryValue("subject");
        Optional<String> entity = call.queryValue("entity");
        if (subject.isPresent() && entity.isPresent()) {
            throw INVALID_ARGUMENT.because(
                    "Give one of 'subject' (user:ann) and 'entity' (experiment:7), or none for all there are.");
        }
        int size = Fields.pageSize(call);
        long after = Fields.after(call);
        List<Grant> found;
        if (subject.isPresent()) found = access.grantsOf(Subject.of(subject.get()), after, size + 1);
        else if (entity.isPresent()) found = access.grantsOn(place(entity.get()), after, size + 1);
        else found = access.grants(after, size + 1);
        List<Grant> page = found.subList(0, Math.min(size, found.size()));
        return Reply.json(json -> {
            json.writeStartObject().writeName("grants").writeStartArray();
            for (Grant grant : page) write(json, grant);
            json.writeEndArray();
            Fields.endPage(
                    json,
                    found.size() > size,
                    page.isEmpty() ? 0 : page.getLast().no());
        });
    }

    static void write(JsonGenerator json, Grant grant) {
        json.writeStartObject()
                .writeStringProperty("grant_id", String.valueOf(grant.no()))
                .writeStringProperty("subject", grant.subject().urn())
                .writeStringProperty("workspace", grant.place().workspace())
                .writeStringProperty("entity", grant.place().entity());
        switch (grant.rule()) {
            case Grant.Rule.Allow(var role) -> json.writeStringProperty("role", role.word());
            case Grant.Rule.Deny(var right) ->
                json.writeStringProperty("deny", right.name().toLowerCase(Locale.ROOT));
        }
        json.writeStringProperty("created_at", grant.createdAt().toString()).writeEndObject();
    }

    private Reply add(Call call) throws IOException {
        Fields fields = Fields.of(call, "subject", "entity", "role", "deny");
        Optional<String> role = fields.text("role");
        Optional<String> deny = fields.text("deny");
        if (role.isPresent() == deny.isPresent()) {
            throw INVALID_ARGUMENT.because("Give one of 'role' (viewer) and 'deny' (write).");
        }
        Grant.Rule rule = role.isPresent()
                ? new Grant.Rule.Allow(Role.of(role.get()))
                : new Grant.Rule.Deny(Role.right(deny.orElseThrow()));
        Grant grant = access.grant(Subject.of(fields.required("subject")), place(fields.required("entity")), rule);
        return Reply.json(201, "application/json", json -> write(json, grant));
    }

    private Reply remove(Call call) {
        String text = call.pathVariable("grant_id");
        access.removeGrant(text.matches("\\d{1,18}") ? Long.parseLong(text) : 0);
        return Reply.noContent(204);
    }

    private static Grant.Place place(String urn) {
        return Grant.Place.of(RequestContext.current().workspace(), urn);
    }
}
