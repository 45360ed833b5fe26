package io.millwright.kernel;

import org.jspecify.annotations.Nullable;

/// Every failure a caller can see. One row has one meaning on every protocol.
///
/// The HTTP status is the one of our own API; a dialect may override it (see `http.Dialect`).
public enum ErrorCode {
    //                  MLflow name                 HTTP gRPC
    INVALID_ARGUMENT("INVALID_PARAMETER_VALUE", 400, 3),
    MALFORMED_REQUEST("BAD_REQUEST", 400, 3),
    NAME_TAKEN("RESOURCE_ALREADY_EXISTS", 409, 6),
    NOT_FOUND("RESOURCE_DOES_NOT_EXIST", 404, 5),
    NO_SUCH_ROUTE("ENDPOINT_NOT_FOUND", 404, 12),
    METHOD_NOT_ALLOWED("BAD_REQUEST", 405, 12),
    UNAUTHENTICATED("UNAUTHENTICATED", 401, 16),
    PERMISSION_DENIED("PERMISSION_DENIED", 403, 7),
    WRONG_STATE("INVALID_STATE", 409, 9),
    CONFLICT("RESOURCE_CONFLICT", 409, 10),
    PRECONDITION_FAILED("RESOURCE_CONFLICT", 412, 9),
    TOO_LARGE("BAD_REQUEST", 413, 8),
    TOO_SLOW("BAD_REQUEST", 408, 4),
    RANGE_NOT_SATISFIABLE("BAD_REQUEST", 416, 11),
    UNSUPPORTED("NOT_IMPLEMENTED", 501, 12),
    BUSY("REQUEST_LIMIT_EXCEEDED", 429, 8),
    UNAVAILABLE("TEMPORARILY_UNAVAILABLE", 503, 14),
    INTERNAL("INTERNAL_ERROR", 500, 13);

    private final String mlflowName;
    private final int httpStatus;
    private final int grpcStatus;

    ErrorCode(String mlflowName, int httpStatus, int grpcStatus) {
        this.mlflowName = mlflowName;
        this.httpStatus = httpStatus;
        this.grpcStatus = grpcStatus;
    }

    public String mlflowName() {
        return mlflowName;
    }

    public int httpStatus() {
        return httpStatus;
    }

    /// One of gRPC's 17, by number.
    public int grpcStatus() {
        return grpcStatus;
    }

    /// The failure to throw. The message says what was got, what was expected and what to do next; it is formatted only
    /// when there are arguments, so a client's text may be passed as the whole message.
    public Failure because(String message, @Nullable Object... args) {
        return new Failure(this, args.length == 0 ? message : message.formatted(args));
    }
}
