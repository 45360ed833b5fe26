package io.millwright.http;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;

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
    /// The Open Inference Protocol's `{"error": …}`.
    OIP {
        @Override
        Reply body(int status, Failure failure, String requestId) throws IOException {
            return Reply.json(
                    status,
                    "application/json",
                    json -> json.writeStartObject()
                            .writeStringProperty("error", failure.message())
                            .writeEndObject());
        }
    },
    /// gRPC: a number and a message among the headers. The status of the reply is what is measured; over HTTP every
    /// call is answered with 200.
    GRPC {
        @Override
        Reply body(int status, Failure failure, String requestId) {
            return new Reply(
                    status,
                    Map.of(
                            "content-type",
                            "application/grpc",
                            "grpc-status",
                            String.valueOf(failure.code().grpcStatus()),
                            "grpc-message",
                            escaped(failure.message())),
                    new Reply.Body.Bytes(ByteBuffer.allocate(0)));
        }

        // Percent-encoded, as far as a header needs it; long ones are cut, because clients take 8 KiB of headers in
        // all.
        private String escaped(String message) {
            StringBuilder escaped = new StringBuilder();
            for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
                if (escaped.length() > 4_000) return escaped.append("...").toString();
                if (b >= ' ' && b < 127 && b != '%') escaped.append((char) b);
                else escaped.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
            return escaped.toString();
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
            Reply reply = body(status(failure.code()), failure, requestId);
            boolean again = failure.code() == ErrorCode.BUSY || failure.code() == ErrorCode.UNAVAILABLE;
            return again ? reply.with("retry-after", String.valueOf(failure.retryAfterSeconds())) : reply;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Writing into memory does not fail.
        }
    }

    /// The dialect of a path that no route serves.
    public static Dialect ofPath(String path) {
        if (path.startsWith("/iceberg/")) return ICEBERG;
        // What asks for gRPC's paths without speaking it is told in JSON.
        if (path.equals("/v2") || path.startsWith("/v2/") || path.startsWith("/inference.")) return OIP;
        if (path.startsWith("/api/v1/")) return OPENLINEAGE;
        return path.startsWith("/api/millwright/") || path.startsWith("/auth/") ? OWN : MLFLOW;
    }
}
