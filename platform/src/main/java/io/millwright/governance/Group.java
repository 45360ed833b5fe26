package io.millwright.governance;

/// A set of users and service accounts that are granted rights together. MLflow's clients call it a role.
///
/// @param no of its row; what MLflow's clients know it by
/// @param workspace in which MLflow's clients see it; its grants may be anywhere
/// @param description empty for none
public record Group(long no, String name, String workspace, String description) {
    Subject subject() {
        return new Subject(Subject.Kind.GROUP, name);
    }
}
