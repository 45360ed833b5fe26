package io.millwright.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/// One answer.
public record Reply(int status, Map<String, String> headers, Body body) {
    public Reply {
        headers = Map.copyOf(headers);
    }

    /// What is sent after the headers.
    public sealed interface Body {
        record Bytes(ByteBuffer bytes) implements Body {}

        /// Sent piece by piece, only as fast as the client reads; closed afterwards in every case.
        ///
        /// @param length exact
        record Channel(ReadableByteChannel channel, long length) implements Body {}
    }

    /// Writes one JSON value.
    @FunctionalInterface
    public interface JsonWriter {
        void write(JsonGenerator json) throws IOException;
    }

    public static Reply json(JsonWriter writer) throws IOException {
        return json(200, "application/json", writer);
    }

    public static Reply json(int status, String contentType, JsonWriter writer) throws IOException {
        Bytes bytes = new Bytes(512);
        try (JsonGenerator json = Json.MAPPER.createGenerator(bytes)) {
            writer.write(json);
        }
        return new Reply(status, Map.of("content-type", contentType), new Body.Bytes(bytes.view()));
    }

    public static Reply emptyJson() {
        return EMPTY_JSON;
    }

    public static Reply text(int status, String text) {
        return new Reply(
                status,
                Map.of("content-type", "text/plain; charset=utf-8"),
                new Body.Bytes(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
    }

    public static Reply noContent(int status) {
        return new Reply(status, Map.of(), new Body.Bytes(ByteBuffer.allocate(0)));
    }

    public Reply with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Reply(status, more, body);
    }

    private static final Reply EMPTY_JSON = new Reply(
            200,
            Map.of("content-type", "application/json"),
            new Body.Bytes(
                    ByteBuffer.wrap("{}".getBytes(StandardCharsets.UTF_8)).asReadOnlyBuffer()));

    /// A growing array that hands out its bytes without copying them.
    private static final class Bytes extends OutputStream {
        private byte[] bytes;
        private int size;

        Bytes(int capacity) {
            bytes = new byte[capacity];
        }

        @Override
        public void write(int b) {
            room(1);
            bytes[size++] = (byte) b;
        }

        @Override
        public void write(byte[] source, int offset, int length) {
            room(length);
            System.arraycopy(source, offset, bytes, size, length);
            size += length;
        }

        private void room(int more) {
            if (size + more > bytes.length) {
                bytes = java.util.Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
            }
        }

        ByteBuffer view() {
            return ByteBuffer.wrap(bytes, 0, size);
        }
    }
}
