package io.millwright.kernel;

import java.util.List;
import java.util.Locale;

/// Under which request, by whom and in which workspace something happens. Bound once by the server, read where an
/// event is written, where rights are asked for and where rows are scoped to a workspace.
///
/// @param requestId as answered in `X-Request-Id` and written in the log
/// @param workspace the team boundary; [#DEFAULT_WORKSPACE] unless the client names one
/// @param access what the principal may do
/// @param address where the request came from, without the port; empty for the process itself
public record RequestContext(String requestId, Principal principal, String workspace, Access access, String address) {
    public static final String DEFAULT_WORKSPACE = "default";

    private static final ScopedValue<RequestContext> CURRENT = ScopedValue.newInstance();
    private static final RequestContext PROCESS = new RequestContext("process", Principal.SYSTEM, DEFAULT_WORKSPACE);

    /// A context in which everything is allowed: of the process's own work.
    public RequestContext(String requestId, Principal principal, String workspace) {
        this(requestId, principal, workspace, Access.EVERYTHING, "");
    }

    /// The context of the request in hand; outside any request, that of the process itself.
    public static RequestContext current() {
        return CURRENT.isBound() ? CURRENT.get() : PROCESS;
    }

    /// Whether it is a request's and not the process's own.
    public boolean isRequest() {
        return !equals(PROCESS);
    }

    /// The same request in another workspace.
    public RequestContext in(String otherWorkspace) {
        return new RequestContext(requestId, principal, otherWorkspace, access, address);
    }

    /// The same request by another principal, as one who was recognised only now.
    public RequestContext as(Principal other) {
        return new RequestContext(requestId, other, workspace, access, address);
    }

    /// Whether the principal may do this to an entity of the workspace in hand; see [Access].
    public boolean allows(Right right, String entity, String... parents) {
        return access.allows(right, workspace, entity, List.of(parents));
    }

    /// What of a kind the principal may read in the workspace in hand; see [Access#visible].
    public Visible readable(String kind) {
        return access.visible(Right.READ, workspace, kind);
    }

    /// As [#require], on the workspace in hand as a whole.
    public void requireOnWorkspace(Right right) {
        require(right, "workspace:" + workspace);
    }

    /// @throws Failure PERMISSION_DENIED when the principal may not do this; see [#allows]
    public void require(Right right, String entity, String... parents) {
        if (allows(right, entity, parents)) return;
        throw ErrorCode.PERMISSION_DENIED.because(
                "Permission denied: '%s' has no right to %s %s in workspace '%s'. Ask an administrator for a role that"
                        + " has it.",
                principal.name(), right.name().toLowerCase(Locale.ROOT), entity, workspace);
    }

    /// Runs the body with this context bound.
    public <R, X extends Throwable> R call(ScopedValue.CallableOp<? extends R, X> body) throws X {
        return ScopedValue.where(CURRENT, this).call(body);
    }
}
