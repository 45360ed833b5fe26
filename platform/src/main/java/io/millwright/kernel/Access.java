package io.millwright.kernel;

import java.util.List;

/// What the principal in hand may do. Worked out when it is authenticated, so that asking costs nothing.
@FunctionalInterface
public interface Access {
    /// Of the process itself, and of everybody on a server that only this machine reaches.
    Access EVERYTHING = (right, workspace, entity, parents) -> true;

    /// @param entity a URN, as in `run:8f…`; `workspace:<name>` for the workspace itself
    /// @param parents the URNs that pass rights on to it, as in `experiment:7`; the workspace always does
    boolean allows(Right right, String workspace, String entity, List<String> parents);

    /// Whether the right is held on anything at all in a workspace; what is asked before an entity is known.
    default boolean allowsSomewhere(Right right, String workspace) {
        return true;
    }

    /// On which entities of a kind the right is held, as far as grants on their workspace and on themselves tell.
    ///
    /// @param kind how their URNs begin, as in `experiment`
    default Visible visible(Right right, String workspace, String kind) {
        return Visible.EVERYTHING;
    }
}
