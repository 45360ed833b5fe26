package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.governance.Subject.Kind;
import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import java.io.IOException;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/// MLflow's REST for users and their permissions (`mlflow.server.auth`), on our accounts and grants.
final class MlflowUsersApi {
    private static final Grant.Place EVERYWHERE = Grant.Place.of("default", "workspace:*");
    private static final Grant.Rule ADMINISTRATOR = new Grant.Rule.Allow(Role.ADMIN);

    private final AccessService access;

    MlflowUsersApi(AccessService access) {
        this.access = access;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("2.0")
                .post(Need.ADMIN, "/mlflow/users/create", this::create)
                .on(Need.SIGNED_IN, "GET", "/mlflow/users/get", BodyKind.JSON, this::get)
                .on(Need.ADMIN, "GET", "/mlflow/users/list", BodyKind.JSON, this::list)
                .on(Need.SIGNED_IN, "GET", "/mlflow/users/current", BodyKind.JSON, this::current)
                .on(Need.SIGNED_IN, "PATCH", "/mlflow/users/update-password", BodyKind.JSON, this::updatePassword)
                .on(Need.ADMIN, "PATCH", "/mlflow/users/update-admin", BodyKind.JSON, this::updateAdmin)
                .delete(Need.ADMIN, "/mlflow/users/delete", this::delete);
        routes.mlflow("3.0")
                .on(Need.SIGNED_IN, "GET", "/mlflow/users/current/permissions", BodyKind.JSON, this::currentPermissions)
                .on(Need.SIGNED_IN, "GET", "/mlflow/users/permissions/list", BodyKind.JSON, this::permissions)
                .on(Need.SIGNED_IN, "GET", "/mlflow/users/permissions/get", BodyKind.JSON, this::permission)
                .post(Need.MANAGE, "/mlflow/users/permissions/grant", this::grant)
                .post(Need.MANAGE, "/mlflow/users/permissions/revoke", this::revoke);
    }

    private Reply create(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        return user(access.create(Kind.USER, message.requiredText("username"), message.requiredText("password")));
    }

    private Reply get(Call call) throws IOException {
        return user(access.account(MlflowMessage.of(call).requiredText("username")));
    }

    private Reply user(Account account) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("user");
            write(json, account);
            json.writeEndObject().writeEndObject();
        });
    }

    /// Leaves its object open.
    private void write(JsonGenerator json, Account account) {
        json.writeStartObject()
                .writeNumberProperty("id", account.no())
                .writeStringProperty("username", account.name())
                .writeBooleanProperty("is_admin", access.isAdministrator(account.name()));
    }

    private Reply list(Call call) throws IOException {
        List<Account> users = access.accounts(Kind.USER, 0, AccessService.LARGEST_PAGE);
        return Reply.json(json -> {
            json.writeStartObject().writeName("users").writeStartArray();
            for (Account account : users) {
                write(json, account);
                json.writeName("roles").writeStartArray();
                for (Group role : access.groupsOf(account.name())) MlflowRolesApi.write(json, role, List.of());
                json.writeEndArray().writeEndObject();
            }
            json.writeEndArray().writeEndObject();
        });
    }

    private Reply current(Call call) throws IOException {
        Account account = access.account(caller());
        return Reply.json(json -> {
            json.writeStartObject().writeName("user");
            write(json, account);
            json.writeEndObject()
                    .writeBooleanProperty("is_basic_auth", account.hasPassword())
                    .writeEndObject();
        });
    }

    private Reply updatePassword(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        access.setPassword(
                message.requiredText("username"),
                message.requiredText("password"),
                message.text("current_password").orElse(null));
        return Reply.emptyJson();
    }

    private Reply updateAdmin(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        Subject subject = access.account(message.requiredText("username")).subject();
        boolean wanted = message.flag("is_admin").orElseThrow(() -> message.missing("is_admin"));
        if (wanted) access.grant(subject, EVERYWHERE, ADMINISTRATOR);
        else
            access.grantsAt(subject, EVERYWHERE).stream()
                    .filter(grant -> grant.rule().equals(ADMINISTRATOR))
                    .forEach(grant -> access.removeGrant(grant.no()));
        return Reply.emptyJson();
    }

    private Reply delete(Call call) {
        access.delete(MlflowMessage.of(call).requiredText("username"));
        return Reply.emptyJson();
    }

    private Reply currentPermissions(Call call) throws IOException {
        return permissions(caller());
    }

    private Reply permissions(Call call) throws IOException {
        return permissions(MlflowMessage.of(call).requiredText("username"));
    }

    private Reply permissions(String name) throws IOException {
        Account account = access.account(name);
        List<Grant> own = access.grantsOf(account.subject(), 0, AccessService.MOST_GRANTS);
        return Reply.json(json -> {
            json.writeStartObject().writeBooleanProperty("is_admin", access.isAdministrator(name));
            json.writeName("permissions").writeStartArray();
            // MLflow keeps what is granted to a user alone in a role of that user's own.
            for (Grant grant : own) row(json, 0, "__user_%d__".formatted(account.no()), grant);
            for (Group role : access.groupsOf(name)) {
                for (Grant grant : access.grantsOfGroup(role)) row(json, role.no(), role.name(), grant);
            }
            json.writeEndArray().writeEndObject();
        });
    }

    private static void row(JsonGenerator json, long role, String roleName, Grant grant) {
        MlflowPermission.of(grant)
                .ifPresent(permission -> json.writeStartObject()
                        .writeNumberProperty("role_id", role)
                        .writeStringProperty("role_name", roleName)
                        .writeStringProperty("workspace", grant.place().workspace())
                        .writeStringProperty("resource_type", permission.type())
                        .writeStringProperty("resource_pattern", permission.id())
                        .writeStringProperty("permission", permission.level())
                        .writeEndObject());
    }

    private Reply permission(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        String user = message.requiredText("username");
        Grant.Place place = place(message);
        String level = level(user, place);
        return Reply.json(json -> json.writeStartObject()
                .writeBooleanProperty("allowed", level.equals("EDIT") || level.equals("MANAGE"))
                .writeStringProperty("permission", level)
                .writeEndObject());
    }

    private String level(String user, Grant.Place place) {
        if (access.mayDo(user, Right.MANAGE, place, List.of())) return "MANAGE";
        if (access.mayDo(user, Right.WRITE, place, List.of())) return "EDIT";
        return access.mayDo(user, Right.READ, place, List.of()) ? "READ" : "NO_PERMISSIONS";
    }

    private Reply grant(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        Grant.Place place = resource(message);
        Grant.Rule rule =
                MlflowPermission.rule(message.requiredText("resource_type"), message.requiredText("permission"));
        Subject subject = new Subject(Kind.USER, Subject.checkedName(message.requiredText("username")));
        List<Grant> before = access.grantsAt(subject, place);
        access.grant(subject, place, rule);
        // One permission a resource, as MLflow has it.
        before.stream().filter(old -> !old.rule().equals(rule)).forEach(old -> access.removeGrant(old.no()));
        return Reply.emptyJson();
    }

    private Reply revoke(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        Subject subject = new Subject(Kind.USER, Subject.checkedName(message.requiredText("username")));
        Grant.Place place = resource(message);
        List<Grant> grants = access.grantsAt(subject, place);
        if (grants.isEmpty()) {
            throw NOT_FOUND.because("%s has no permission of their own on %s.", subject.urn(), place.entity());
        }
        grants.forEach(grant -> access.removeGrant(grant.no()));
        return Reply.emptyJson();
    }

    private static Grant.Place resource(MlflowMessage message) {
        if (message.requiredText("resource_type").equals("workspace")) {
            throw INVALID_ARGUMENT.because("resource_type 'workspace' is not supported by the per-user permission"
                    + " convenience APIs. Assign a role instead.");
        }
        return place(message);
    }

    private static Grant.Place place(MlflowMessage message) {
        return MlflowPermission.place(
                RequestContext.current().workspace(),
                message.requiredText("resource_type"),
                message.requiredText("resource_id"));
    }

    private static String caller() {
        return RequestContext.current().principal().name();
    }
}
