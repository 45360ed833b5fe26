package io.millwright.server;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import com.linecorp.armeria.common.HttpHeaders;
import io.millwright.http.Reply;
import io.millwright.kernel.Failure;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The bytes that gRPC puts around a message, for calls of one request and one answer.
///
/// Source: github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. Checked with grpc-java (`OipGrpcTest`) and
/// grpc's Python (`peers/test_triton.py`).
final class GrpcWire {
    /// After every message that is an answer; a failure has its status among the headers, and no message.
    static final HttpHeaders OK = HttpHeaders.of("grpc-status", "0");

    /// In which encodings messages are taken.
    static final String ENCODINGS = "identity,gzip,deflate";

    private static final int PREFIX = 5;

    private GrpcWire() {}

    /// Whether a request is one of gRPC: `application/grpc`, whatever its messages are written in. `grpc-web` is
    /// another protocol.
    static boolean isGrpc(@Nullable String contentType) {
        if (contentType == null || !contentType.startsWith("application/grpc")) return false;
        String rest = contentType.substring("application/grpc".length());
        return rest.isEmpty() || rest.charAt(0) == '+' || rest.charAt(0) == ';';
    }

    /// How its messages are packed, when they are.
    ///
    /// @throws Failure UNSUPPORTED
    static BodyEncoding encoding(@Nullable String header) {
        return switch (header == null ? "identity" : header) {
            case "identity" -> BodyEncoding.IDENTITY;
            case "gzip" -> BodyEncoding.GZIP;
            case "deflate" -> BodyEncoding.DEFLATE;
            default ->
                throw UNSUPPORTED.because("The grpc-encoding is '%s', expected identity, gzip or deflate.", header);
        };
    }

    /// Whether the one message of a body is packed.
    ///
    /// @throws Failure INVALID_ARGUMENT when the body is not exactly one message
    static boolean isPacked(byte[] body) {
        if (body.length < PREFIX) throw INVALID_ARGUMENT.because("The call has no message, expected one.");
        long length = Integer.toUnsignedLong(ByteBuffer.wrap(body).getInt(1));
        if (length != body.length - PREFIX) {
            throw INVALID_ARGUMENT.because(
                    "The call's message has %d bytes by its prefix and %d were sent, expected one whole message.",
                    length, body.length - PREFIX);
        }
        return body[0] != 0;
    }

    static byte[] message(byte[] body) {
        return Arrays.copyOfRange(body, PREFIX, body.length);
    }

    /// The answer with its message framed.
    static Reply framed(Reply reply, ByteBuffer message) {
        ByteBuffer frame = ByteBuffer.allocate(PREFIX + message.remaining());
        frame.put((byte) 0).putInt(message.remaining()).put(message.duplicate()).flip();
        return new Reply(reply.status(), reply.headers(), new Reply.Body.Bytes(frame));
    }

    /// How long the client waits: at most eight digits and a unit.
    ///
    /// @throws Failure INVALID_ARGUMENT
    static Optional<Duration> timeout(@Nullable String header) {
        if (header == null) return Optional.empty();
        if (!header.matches("\\d{1,8}[HMSmun]")) {
            throw INVALID_ARGUMENT.because("The grpc-timeout is '%s', expected one such as 500m.", header);
        }
        long amount = Long.parseLong(header.substring(0, header.length() - 1));
        return Optional.of(
                switch (header.charAt(header.length() - 1)) {
                    case 'H' -> Duration.ofHours(amount);
                    case 'M' -> Duration.ofMinutes(amount);
                    case 'S' -> Duration.ofSeconds(amount);
                    case 'm' -> Duration.ofMillis(amount);
                    case 'u' -> Duration.ofNanos(1_000 * amount);
                    default -> Duration.ofNanos(amount);
                });
    }
}
