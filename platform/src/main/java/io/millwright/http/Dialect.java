package io.millwright.http;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;

/// In which shape a route's failures are told. Rendering happens outermost, so that even a refused
/// request comes back in the shape its client parses.
public enum Dialect {
    /// MLflow's `{"error_code": …, "message": …}`. A taken name is 400 there, and so is a wrong state:
    /// MLflow's own 500 would make its client retry a user's mistake.
    MLFLOW {
        @Override
        int status(ErrorCode code) {
            return switch (code) {
                case NAME_TAKEN, WRONG_STATE, TOO_SLOW -> 400;
                default -> code.httpStatus();
            };
        }

        @Override
        Reply body(int status, Failure failure, String requestId) throws IOException {
            return Reply.json(
                    status,
                    "application/json",
                    json -> json.writeStartObject()
                            .writeStringProperty("error_code", failure.code().mlflowName())
                            .writeStringProperty("message", failure.message())
                            .writeEndObject());
        }
    },
    /// RFC 9457 problem details carrying the catalogue's code.
    OWN {
        @Override
        Reply body(int status, Failure failure, String requestId) throws IOException {
            return Reply.json(
                    status,
                    "application/problem+json",
                    json -> json.writeStartObject()
                            .writeStringProperty(
                                    "type",
                                    "urn:millwright:error:" + failure.code().name())
                            .writeStringProperty(
                                    "title",
                                    failure.code()
                                            .name()
                                            .toLowerCase(java.util.Locale.ROOT)
                                            .replace('_', ' '))
                            .writeNumberProperty("status", status)
                            .writeStringProperty("detail", failure.message())
                            .writeStringProperty("code", failure.code().name())
                            .writeStringProperty("request_id", requestId)
                            .writeEndObject());
        }
    },
    /// Iceberg's REST catalog: `{"error": {"message", "type", "code"}}`. Its clients go by the status,
    /// and by a few types.
    ICEBERG {
        @Override
        Reply body(int status, Failure failure, String requestId) throws IOException {
            return icebergError(status, typeOf(failure.code()), failure.message());
        }

        private String typeOf(ErrorCode code) {
            return switch (code) {
                case UNAUTHENTICATED -> "NotAuthorizedException";
                case PERMISSION_DENIED -> "ForbiddenException";
                case NOT_FOUND, NO_SUCH_ROUTE -> "NotFoundException";
                case NAME_TAKEN -> "AlreadyExistsException";
                case CONFLICT, PRECONDITION_FAILED -> "CommitFailedException";
                case UNSUPPORTED -> "UnsupportedOperationException";
                case UNAVAILABLE, BUSY -> "ServiceUnavailableException";
                case INTERNAL -> "InternalServerError";
                default -> "BadRequestException";
            };
        }
    },
    /// OpenLineage, whose specification leaves the shape open: `{"code", "message"}`, as Marquez
    /// answers. Its clients go by the status and show the body.
    OPENLINEAGE {
        @Override
        Reply body(int status, Failure failure, String requestId) throws IOException {
            return Reply.json(
                    status,
                    "application/json",
                    json -> json.writeStartObject()
                            .writeNumberProperty("code", status)
                            .writeStringProperty("message", failure.message())
                            .writeEndObject());
        }
    },
    /// Plain text, for probes and browsers.
    PLAIN {
        @Override
        Reply body(int status, Failure failure, String requestId) {
            return Reply.text(status, failure.message() + "\n");
        }
    };

    /// An error of Iceberg's REST catalog, of a type that has no code of ours.
    public static Reply icebergError(int status, String type, String message) throws IOException {
        return Reply.json(
                status,
                "application/json",
                json -> json.writeStartObject()
                        .writeName("error")
                        .writeStartObject()
                        .writeStringProperty("message", message)
                        .writeStringProperty("type", type)
                        .writeNumberProperty("code", status)
                        .writeEndObject()
                        .writeEndObject());
    }

    int status(ErrorCode code) {
        return code.httpStatus();
    }

    abstract Reply body(int status, Failure failure, String requestId) throws IOException;

    public Reply render(Failure failure, String requestId) {
        try {
            return body(status(failure.code()), failure, requestId);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Writing into memory does not fail.
        }
    }

    /// The dialect of a path that no route serves.
    public static Dialect ofPath(String path) {
        if (path.startsWith("/iceberg/")) return ICEBERG;
        if (path.startsWith("/api/v1/")) return OPENLINEAGE;
        return path.startsWith("/api/millwright/") || path.startsWith("/auth/") ? OWN : MLFLOW;
    }
}
