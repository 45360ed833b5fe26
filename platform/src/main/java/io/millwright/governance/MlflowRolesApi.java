package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.RequestContext;
import java.io.IOException;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/// MLflow's REST for roles (`mlflow.server.auth`): what MLflow calls a role, permissions with a name that
/// users are assigned to, is a group here.
final class MlflowRolesApi {
    private final AccessService access;

    MlflowRolesApi(AccessService access) {
        this.access = access;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("3.0")
                .post(Need.ADMIN, "/mlflow/roles/create", this::create)
                .on(Need.ADMIN, "GET", "/mlflow/roles/get", BodyKind.JSON, this::get)
                .on(Need.ADMIN, "GET", "/mlflow/roles/list", BodyKind.JSON, this::list)
                .on(Need.ADMIN, "PATCH", "/mlflow/roles/update", BodyKind.JSON, this::update)
                .delete(Need.ADMIN, "/mlflow/roles/delete", this::delete)
                .post(Need.ADMIN, "/mlflow/roles/permissions/add", this::addPermission)
                .delete(Need.ADMIN, "/mlflow/roles/permissions/remove", this::removePermission)
                .on(Need.ADMIN, "GET", "/mlflow/roles/permissions/list", BodyKind.JSON, this::permissions)
                .on(Need.ADMIN, "PATCH", "/mlflow/roles/permissions/update", BodyKind.JSON, this::updatePermission)
                .post(Need.ADMIN, "/mlflow/roles/assign", this::assign)
                .delete(Need.ADMIN, "/mlflow/roles/unassign", this::unassign)
                .on(Need.SIGNED_IN, "GET", "/mlflow/users/roles/list", BodyKind.JSON, this::rolesOf)
                .on(Need.ADMIN, "GET", "/mlflow/roles/users/list", BodyKind.JSON, this::usersOf);
    }

    private Reply create(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        String name = message.requiredText("name");
        Group role = RequestContext.current()
                .in(Grant.Place.of("", "workspace:" + message.requiredText("workspace"))
                        .workspace())
                .call(() -> access.createGroup(name, message.textOrEmpty("description")));
        return role(role);
    }

    private Reply get(Call call) throws IOException {
        return role(access.group(MlflowMessage.of(call).requiredInteger("role_id")));
    }

    private Reply role(Group role) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("role");
            write(json, role, grantsOf(role));
            json.writeEndObject();
        });
    }

    static void write(JsonGenerator json, Group role, List<Grant> grants) {
        json.writeStartObject()
                .writeNumberProperty("id", role.no())
                .writeStringProperty("name", role.name())
                .writeStringProperty("workspace", role.workspace());
        if (!role.description().isEmpty()) json.writeStringProperty("description", role.description());
        json.writeName("permissions").writeStartArray();
        for (Grant grant : grants) write(json, role, grant);
        json.writeEndArray().writeEndObject();
    }

    private static void write(JsonGenerator json, Group role, Grant grant) {
        MlflowPermission.of(grant)
                .ifPresent(permission -> json.writeStartObject()
                        .writeNumberProperty("id", grant.no())
                        .writeNumberProperty("role_id", role.no())
                        .writeStringProperty("resource_type", permission.type())
                        .writeStringProperty("resource_pattern", permission.id())
                        .writeStringProperty("permission", permission.level())
                        .writeEndObject());
    }

    private List<Grant> grantsOf(Group role) {
        return access.grantsOf(role.subject(), 0, AccessService.MOST_GRANTS);
    }

    private Reply list(Call call) throws IOException {
        List<String> workspaces = MlflowMessage.of(call).texts("workspace");
        List<Group> roles = access.groups(0, AccessService.LARGEST_PAGE).stream()
                .filter(role -> workspaces.isEmpty() || workspaces.contains(role.workspace()))
                .toList();
        return roles(roles);
    }

    private Reply roles(List<Group> roles) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("roles").writeStartArray();
            for (Group role : roles) write(json, role, access.grantsOfGroup(role));
            json.writeEndArray().writeEndObject();
        });
    }

    private Reply update(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        Group before = access.group(message.requiredInteger("role_id"));
        if (!message.has("name") && !message.has("description")) {
            throw INVALID_ARGUMENT.because(
                    "At least one of 'name' or 'description' must be provided to update a role.");
        }
        return role(access.changeGroup(
                before.no(),
                message.text("name").orElse(before.name()),
                message.text("description").orElse(before.description())));
    }

    private Reply delete(Call call) {
        access.deleteGroup(
                access.group(MlflowMessage.of(call).requiredInteger("role_id")).name());
        return Reply.emptyJson();
    }

    private Reply addPermission(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        Group role = access.group(message.requiredInteger("role_id"));
        String type = message.requiredText("resource_type");
        Grant.Place place = MlflowPermission.place(role.workspace(), type, message.requiredText("resource_pattern"));
        Grant.Rule rule = MlflowPermission.rule(type, message.requiredText("permission"));
        return permission(role, access.grant(role.subject(), place, rule));
    }

    private static Reply permission(Group role, Grant grant) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("role_permission");
            write(json, role, grant);
            json.writeEndObject();
        });
    }

    private Reply removePermission(Call call) {
        access.removeGrant(MlflowMessage.of(call).requiredInteger("role_permission_id"));
        return Reply.emptyJson();
    }

    private Reply permissions(Call call) throws IOException {
        Group role = access.group(MlflowMessage.of(call).requiredInteger("role_id"));
        List<Grant> grants = grantsOf(role);
        return Reply.json(json -> {
            json.writeStartObject().writeName("role_permissions").writeStartArray();
            for (Grant grant : grants) write(json, role, grant);
            json.writeEndArray().writeEndObject();
        });
    }

    /// A grant is never rewritten: the new one has another id, which the answer tells.
    private Reply updatePermission(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        Grant before = access.grant(message.requiredInteger("role_permission_id"));
        Group role = access.group(before.subject().name());
        String type = before.place().isWorkspace() ? "workspace" : "";
        Grant.Rule rule = MlflowPermission.rule(type, message.requiredText("permission"));
        Grant after = access.grant(before.subject(), before.place(), rule);
        if (after.no() != before.no()) access.removeGrant(before.no());
        return permission(role, after);
    }

    private Reply assign(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        Account user = access.account(message.requiredText("username"));
        Group role = access.group(message.requiredInteger("role_id"));
        access.addMember(role.name(), user.name());
        return Reply.json(json -> {
            json.writeStartObject().writeName("assignment");
            assignment(json, user, role);
            json.writeEndObject();
        });
    }

    /// An assignment has no row of its own here; its id is its user's.
    private static void assignment(JsonGenerator json, Account user, Group role) {
        json.writeStartObject()
                .writeNumberProperty("id", user.no())
                .writeNumberProperty("user_id", user.no())
                .writeNumberProperty("role_id", role.no())
                .writeEndObject();
    }

    private Reply unassign(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        Account user = access.account(message.requiredText("username"));
        access.removeMember(access.group(message.requiredInteger("role_id")).name(), user.name());
        return Reply.emptyJson();
    }

    private Reply rolesOf(Call call) throws IOException {
        return roles(access.groupsOf(
                access.account(MlflowMessage.of(call).requiredText("username")).name()));
    }

    private Reply usersOf(Call call) throws IOException {
        Group role = access.group(MlflowMessage.of(call).requiredInteger("role_id"));
        List<String> members = access.members(role.name());
        return Reply.json(json -> {
            json.writeStartObject().writeName("assignments").writeStartArray();
            for (String member : members) assignment(json, access.account(member), role);
            json.writeEndArray().writeEndObject();
        });
    }
}
