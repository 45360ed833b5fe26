package io.millwright.kernel;

import org.jspecify.annotations.Nullable;

/// Every failure a caller can see. One row has one meaning on every protocol.
///
/// The HTTP status is the one of our own API; a dialect may override it (see `http.Dialect`).
public enum ErrorCode {
    //                  MLflow name                 HTTP
    INVALID_ARGUMENT("INVALID_PARAMETER_VALUE", 400),
    MALFORMED_REQUEST("BAD_REQUEST", 400),
    NAME_TAKEN("RESOURCE_ALREADY_EXISTS", 409),
    NOT_FOUND("RESOURCE_DOES_NOT_EXIST", 404),
    NO_SUCH_ROUTE("ENDPOINT_NOT_FOUND", 404),
    METHOD_NOT_ALLOWED("BAD_REQUEST", 405),
    UNAUTHENTICATED("UNAUTHENTICATED", 401),
    PERMISSION_DENIED("PERMISSION_DENIED", 403),
    WRONG_STATE("INVALID_STATE", 409),
    CONFLICT("RESOURCE_CONFLICT", 409),
    PRECONDITION_FAILED("RESOURCE_CONFLICT", 412),
    TOO_LARGE("BAD_REQUEST", 413),
    TOO_SLOW("BAD_REQUEST", 408),
    RANGE_NOT_SATISFIABLE("BAD_REQUEST", 416),
    UNSUPPORTED("NOT_IMPLEMENTED", 501),
    BUSY("REQUEST_LIMIT_EXCEEDED", 429),
    UNAVAILABLE("TEMPORARILY_UNAVAILABLE", 503),
    INTERNAL("INTERNAL_ERROR", 500);

    private final String mlflowName;
    private final int httpStatus;

    ErrorCode(String mlflowName, int httpStatus) {
        this.mlflowName = mlflowName;
        this.httpStatus = httpStatus;
    }

    public String mlflowName() {
        return mlflowName;
    }

    public int httpStatus() {
        return httpStatus;
    }

    /// The failure to throw. The message says what was got, what was expected and what to do next; it is formatted only
    /// when there are arguments, so a client's text may be passed as the whole message.
    public Failure because(String message, @Nullable Object... args) {
        return new Failure(this, args.length == 0 ? message : message.formatted(args));
    }
}
