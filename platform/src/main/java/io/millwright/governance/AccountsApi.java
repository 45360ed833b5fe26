package io.millwright.governance;

import io.millwright.governance.Subject.Kind;
import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Cookie;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/// Our own REST for users, service accounts and groups.
final class AccountsApi {
    private final AccessService access;
    private final SignInSettings settings;

    AccountsApi(AccessService access, SignInSettings settings) {
        this.access = access;
        this.settings = settings;
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
                .on(
                        "DELETE",
                        "/groups/{name}/members/{member}",
                        BodyKind.NONE,
                        "Puts somebody out",
                        this::removeMember);
    }

    private Reply me(Call call) throws IOException {
        RequestContext context = RequestContext.current();
        String name = context.principal().name();
        List<Group> groups = access.groupsOf(name);
        Optional<Account> account = settings.required() ? access.self() : Optional.empty();
        boolean scoped = context.access() instanceof GrantedAccess granted && granted.isCapped();
        return Reply.json(json -> {
            json.writeStartObject()
                    .writeStringProperty("name", name)
                    .writeStringProperty(
                            "kind",
                            account.map(self -> self.subject().kind().word()).orElse("local"))
                    .writeStringProperty("workspace", context.workspace())
                    .writeBooleanProperty("authentication", settings.required())
                    .writeBooleanProperty("identity_provider", settings.identityProvider())
                    .writeBooleanProperty("session", isSession(call))
                    .writeBooleanProperty("scoped", scoped)
                    .writeBooleanProperty(
                            "has_password", account.filter(Account::hasPassword).isPresent());
            json.writeName("groups").writeStartArray();
            for (Group group : groups) json.writeString(group.name());
            json.writeEndArray().writeName("rights").writeStartArray();
            for (Right right : Right.values()) {
                if (context.allows(right, "workspace:" + context.workspace()))
                    json.writeString(right.name().toLowerCase(Locale.ROOT));
            }
            json.writeEndArray().writeEndObject();
        });
    }

    /// Whether it is the browser's cookie that says who asks.
    private static boolean isSession(Call call) {
        return call.header("authorization").isEmpty() && !session(call).isEmpty();
    }

    private static String session(Call call) {
        return call.header("cookie").flatMap(Cookie.SESSION::in).orElse("");
    }

    private Reply list(Call call, Kind kind) throws IOException {
        int size = Fields.pageSize(call);
        List<Account> found = access.accounts(kind, Fields.after(call), size + 1);
        List<Account> page = found.subList(0, Math.min(size, found.size()));
        Map<String, AccountUse> uses = access.uses(kind, page);
        return Reply.json(json -> {
            json.writeStartObject().writeName("accounts").writeStartArray();
            for (Account account : page) {
                json.writeStartObject();
                fields(json, account);
                use(json, uses.getOrDefault(account.name(), AccountUse.NONE));
                json.writeEndObject();
            }
            json.writeEndArray();
            Fields.endPage(
                    json,
                    found.size() > size,
                    page.isEmpty() ? 0 : page.getLast().no());
        });
    }

    private static void fields(JsonGenerator json, Account account) {
        json.writeStringProperty("name", account.name())
                .writeStringProperty("subject", account.subject().urn())
                .writeBooleanProperty("has_password", account.hasPassword())
                .writeStringProperty("created_at", account.createdAt().toString());
    }

    private static void use(JsonGenerator json, AccountUse use) {
        json.writeBooleanProperty("identity_provider", use.atProvider())
                .writeName("groups")
                .writeStartArray();
        for (String group : use.groups()) json.writeString(group);
        json.writeEndArray();
        if (use.lastUsedAt() != null)
            json.writeStringProperty("last_used_at", use.lastUsedAt().toString());
    }

    private Reply create(Call call, Kind kind) throws IOException {
        Fields fields = kind == Kind.USER ? Fields.of(call, "name", "password") : Fields.of(call, "name");
        Account account = access.create(
                kind, fields.required("name"), fields.text("password").orElse(null));
        return Reply.json(201, "application/json", json -> {
            json.writeStartObject();
            fields(json, account);
            json.writeEndObject();
        });
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
                fields.text("current_password").orElse(null),
                isSession(call) ? session(call) : "");
        return Reply.noContent(204);
    }

    private Reply groups(Call call) throws IOException {
        int size = Fields.pageSize(call);
        List<Group> found = access.groups(Fields.after(call), size + 1);
        List<Group> page = found.subList(0, Math.min(size, found.size()));
        Map<String, Integer> members = access.memberCounts(page);
        return Reply.json(json -> {
            json.writeStartObject().writeName("groups").writeStartArray();
            for (Group group : page) {
                json.writeStartObject()
                        .writeStringProperty("name", group.name())
                        .writeNumberProperty("members", members.getOrDefault(group.name(), 0))
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
}
