package io.millwright.governance;

import io.millwright.governance.Subject.Kind;
import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import java.io.IOException;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/// Our own REST for users, service accounts, groups and tokens.
final class AccountsApi {
    private final AccessService access;

    AccountsApi(AccessService access) {
        this.access = access;
    }

    void addRoutes(Routes routes) {
        Routes.Own own = routes.own();
        own.on(Need.SIGNED_IN, "GET", "/me", BodyKind.NONE, "Who the caller is, and what they may do here", this::me);
        for (Kind kind : List.of(Kind.USER, Kind.SERVICE_ACCOUNT)) {
            String path = "/" + kind.word() + "s";
            String what = kind == Kind.USER ? "user" : "service account";
            own.on("GET", path, BodyKind.NONE, "A page of the " + what + "s", call -> list(call, kind))
                    .on("POST", path, BodyKind.JSON, "Makes a " + what, call -> create(call, kind))
                    .on(
                            "DELETE",
                            path + "/{name}",
                            BodyKind.NONE,
                            "Deletes a " + what + " with its rights",
                            this::delete);
        }
        own.on(Need.SIGNED_IN, "PUT", "/users/{name}/password", BodyKind.JSON, "Sets a password", this::setPassword)
                .on("GET", "/groups", BodyKind.NONE, "A page of the groups", this::groups)
                .on("POST", "/groups", BodyKind.JSON, "Makes a group", this::createGroup)
                .on("GET", "/groups/{name}", BodyKind.NONE, "A group with its members", this::group)
                .on("DELETE", "/groups/{name}", BodyKind.NONE, "Deletes a group with its rights", this::deleteGroup)
                .on("PUT", "/groups/{name}/members/{member}", BodyKind.NONE, "Takes somebody in", this::addMember)
                .on("DELETE", "/groups/{name}/members/{member}", BodyKind.NONE, "Puts somebody out", this::removeMember)
                .on(
                        Need.SIGNED_IN,
                        "GET",
                        "/tokens",
                        BodyKind.NONE,
                        "The tokens of the caller or of an owner",
                        this::tokens)
                .on(
                        Need.SIGNED_IN,
                        "POST",
                        "/tokens",
                        BodyKind.JSON,
                        "Makes a token; this answer alone has it",
                        this::createToken)
                .on(Need.SIGNED_IN, "DELETE", "/tokens/{token_id}", BodyKind.NONE, "Revokes a token", this::revoke);
    }

    private Reply me(Call call) throws IOException {
        RequestContext context = RequestContext.current();
        String name = context.principal().name();
        List<Group> groups = access.groupsOf(name);
        return Reply.json(json -> {
            json.writeStartObject()
                    .writeStringProperty("name", name)
                    .writeStringProperty("workspace", context.workspace());
            json.writeName("groups").writeStartArray();
            for (Group group : groups) json.writeString(group.name());
            json.writeEndArray().writeName("rights").writeStartArray();
            for (Right right : Right.values()) {
                if (context.allows(right, "workspace:" + context.workspace()))
                    json.writeString(right.name().toLowerCase(java.util.Locale.ROOT));
            }
            json.writeEndArray().writeEndObject();
        });
    }

    private Reply list(Call call, Kind kind) throws IOException {
        int size = Fields.pageSize(call);
        List<Account> found = access.accounts(kind, Fields.after(call), size + 1);
        List<Account> page = found.subList(0, Math.min(size, found.size()));
        return Reply.json(json -> {
            json.writeStartObject().writeName("accounts").writeStartArray();
            for (Account account : page) write(json, account);
            json.writeEndArray();
            Fields.endPage(
                    json,
                    found.size() > size,
                    page.isEmpty() ? 0 : page.getLast().no());
        });
    }

    private static void write(JsonGenerator json, Account account) {
        json.writeStartObject()
                .writeStringProperty("name", account.name())
                .writeStringProperty("subject", account.subject().urn())
                .writeBooleanProperty("has_password", account.hasPassword())
                .writeStringProperty("created_at", account.createdAt().toString())
                .writeEndObject();
    }

    private Reply create(Call call, Kind kind) throws IOException {
        Fields fields = kind == Kind.USER ? Fields.of(call, "name", "password") : Fields.of(call, "name");
        Account account = access.create(
                kind, fields.required("name"), fields.text("password").orElse(null));
        return Reply.json(201, "application/json", json -> write(json, account));
    }

    private Reply delete(Call call) {
        access.delete(call.pathVariable("name"));
        return Reply.noContent(204);
    }

    private Reply setPassword(Call call) {
        Fields fields = Fields.of(call, "password", "current_password");
        access.setPassword(
                call.pathVariable("name"),
                fields.required("password"),
                fields.text("current_password").orElse(null));
        return Reply.noContent(204);
    }

    private Reply groups(Call call) throws IOException {
        int size = Fields.pageSize(call);
        List<Group> found = access.groups(Fields.after(call), size + 1);
        List<Group> page = found.subList(0, Math.min(size, found.size()));
        return Reply.json(json -> {
            json.writeStartObject().writeName("groups").writeStartArray();
            for (Group group : page) {
                json.writeStartObject()
                        .writeStringProperty("name", group.name())
                        .writeEndObject();
            }
            json.writeEndArray();
            Fields.endPage(
                    json,
                    found.size() > size,
                    page.isEmpty() ? 0 : page.getLast().no());
        });
    }

    private Reply createGroup(Call call) {
        access.createGroup(Fields.of(call, "name").required("name"), "");
        return Reply.noContent(201);
    }

    private Reply group(Call call) throws IOException {
        String name = call.pathVariable("name");
        List<String> members = access.members(name);
        return Reply.json(json -> {
            json.writeStartObject().writeStringProperty("name", name);
            json.writeName("members").writeStartArray();
            for (String member : members) json.writeString(member);
            json.writeEndArray().writeEndObject();
        });
    }

    private Reply deleteGroup(Call call) {
        access.deleteGroup(call.pathVariable("name"));
        return Reply.noContent(204);
    }

    private Reply addMember(Call call) {
        access.addMember(call.pathVariable("name"), call.pathVariable("member"));
        return Reply.noContent(204);
    }

    private Reply removeMember(Call call) {
        access.removeMember(call.pathVariable("name"), call.pathVariable("member"));
        return Reply.noContent(204);
    }

    private Reply tokens(Call call) throws IOException {
        List<ApiToken> found =
                access.tokens(call.queryValue("owner").map(Subject::checkedName).orElseGet(AccountsApi::caller));
        return Reply.json(json -> {
            json.writeStartObject().writeName("tokens").writeStartArray();
            for (ApiToken token : found) {
                json.writeStartObject();
                fields(json, token);
                json.writeEndObject();
            }
            json.writeEndArray().writeEndObject();
        });
    }

    private Reply createToken(Call call) throws IOException {
        Fields fields = Fields.of(call, "name", "owner", "scope", "expires_at");
        AccessService.NewToken made = access.createToken(
                fields.text("owner").orElseGet(AccountsApi::caller),
                fields.required("name"),
                fields.text("scope").map(Role::of).orElse(null),
                fields.instant("expires_at").orElse(null));
        return Reply.json(201, "application/json", json -> {
                    json.writeStartObject();
                    fields(json, made.token());
                    json.writeStringProperty("token", made.text()).writeEndObject();
                })
                .with("cache-control", "no-store");
    }

    private static void fields(JsonGenerator json, ApiToken token) {
        json.writeStringProperty("token_id", token.id())
                .writeStringProperty("owner", token.owner())
                .writeStringProperty("name", token.name())
                .writeStringProperty("created_at", token.createdAt().toString());
        if (token.scope() != null)
            json.writeStringProperty("scope", token.scope().word());
        if (token.expiresAt() != null)
            json.writeStringProperty("expires_at", token.expiresAt().toString());
        if (token.lastUsedAt() != null)
            json.writeStringProperty("last_used_at", token.lastUsedAt().toString());
    }

    private Reply revoke(Call call) {
        access.revoke(call.pathVariable("token_id"));
        return Reply.noContent(204);
    }

    private static String caller() {
        return RequestContext.current().principal().name();
    }
}
