package io.millwright.kernel;

/// Under which request, by whom and in which workspace something happens. Bound once by the server, read where an
/// event is written and where rows are scoped to a workspace.
///
/// @param requestId as answered in `X-Request-Id` and written in the log
/// @param workspace the team boundary; [#DEFAULT_WORKSPACE] unless the client names one
public record RequestContext(String requestId, Principal principal, String workspace) {
    public static final String DEFAULT_WORKSPACE = "default";

    private static final ScopedValue<RequestContext> CURRENT = ScopedValue.newInstance();
    private static final RequestContext PROCESS = new RequestContext("process", Principal.SYSTEM, DEFAULT_WORKSPACE);

    /// The context of the request in hand; outside any request, that of the process itself.
    public static RequestContext current() {
        return CURRENT.isBound() ? CURRENT.get() : PROCESS;
    }

    /// Runs the body with this context bound.
    public <R, X extends Throwable> R call(ScopedValue.CallableOp<? extends R, X> body) throws X {
        return ScopedValue.where(CURRENT, this).call(body);
    }
}
