package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Right;
import java.util.Optional;

/// MLflow's words for what somebody may do to what, and ours: a permission on a resource is a grant or a
/// denial at a place.
///
/// @param type as in `experiment`
/// @param id of the resource; `*` for a workspace
/// @param level READ, USE, EDIT, MANAGE or DENY
record MlflowPermission(String type, String id, String level) {
    /// @param workspace the one in hand
    static Grant.Place place(String workspace, String type, String id) {
        if (!type.equals("workspace") && (id.equals("*") || id.isEmpty())) {
            throw INVALID_ARGUMENT.because(
                    "Permissions on every %s at once are not kept apart here: grant on the workspace, or on each by its"
                            + " id.",
                    type);
        }
        return switch (type) {
            case "workspace" -> Grant.Place.of(workspace, "workspace:" + workspace);
            case "experiment" -> Grant.Place.of(workspace, "experiment:" + id);
            case "registered_model", "prompt" -> Grant.Place.of(workspace, "model:" + id);
            case "run" -> Grant.Place.of(workspace, "run:" + id);
            case "logged_model" -> Grant.Place.of(workspace, "logged-model:" + id);
            default ->
                throw INVALID_ARGUMENT.because(
                        "Unsupported resource type '%s', expected experiment, registered_model, prompt, run,"
                                + " logged_model or workspace.",
                        type);
        };
    }

    static Grant.Rule rule(String type, String level) {
        return switch (level) {
            case "READ" -> new Grant.Rule.Allow(Role.VIEWER);
            // On a workspace it means to be a member, who makes things there.
            case "USE" -> new Grant.Rule.Allow(type.equals("workspace") ? Role.CONTRIBUTOR : Role.VIEWER);
            case "EDIT" -> new Grant.Rule.Allow(Role.CONTRIBUTOR);
            case "MANAGE" -> new Grant.Rule.Allow(Role.MAINTAINER);
            case "NO_PERMISSIONS", "DENY" -> new Grant.Rule.Deny(Right.READ);
            default ->
                throw INVALID_ARGUMENT.because(
                        "Invalid permission '%s'. Valid permissions are: READ, USE, EDIT, MANAGE, NO_PERMISSIONS, DENY",
                        level);
        };
    }

    /// Empty for what MLflow has no words for, such as the denial of a single right.
    static Optional<MlflowPermission> of(Grant grant) {
        String urn = grant.place().entity();
        int colon = urn.indexOf(':');
        String type = switch (urn.substring(0, colon)) {
            case "workspace" -> "workspace";
            case "experiment" -> "experiment";
            case "model" -> "registered_model";
            case "run" -> "run";
            case "logged-model" -> "logged_model";
            default -> "";
        };
        String level = switch (grant.rule()) {
            case Grant.Rule.Allow(Role role) ->
                switch (role) {
                    case VIEWER, APPROVER, AUDITOR, ALIAS_ONLY, ASSESSMENT_ONLY -> "READ";
                    case CONTRIBUTOR -> type.equals("workspace") ? "USE" : "EDIT";
                    case MAINTAINER, ADMIN -> "MANAGE";
                };
            case Grant.Rule.Deny(Right right) -> right == Right.READ ? "DENY" : "";
        };
        if (type.isEmpty() || level.isEmpty()) return Optional.empty();
        return Optional.of(
                new MlflowPermission(type, type.equals("workspace") ? "*" : urn.substring(colon + 1), level));
    }
}
