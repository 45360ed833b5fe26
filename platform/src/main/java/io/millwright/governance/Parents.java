package io.millwright.governance;

import io.millwright.kernel.Failure;
import java.util.List;

/// What passes rights on to an entity whose URN does not tell, as the experiment of a run does.
@FunctionalInterface
public interface Parents {
    /// In the workspace and with the rights of the request in hand.
    ///
    /// @return URNs, without the workspace; empty for an entity that has none
    /// @throws Failure NOT_FOUND, or PERMISSION_DENIED when the caller may not know
    List<String> of(String urn);
}
