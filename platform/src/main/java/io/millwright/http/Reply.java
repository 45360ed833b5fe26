package io.millwright.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
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

        /// Written only when it is sent, piece by piece, as fast as the client reads. What fails before the first piece
        /// is full is told as any failure is.
        ///
        /// @param gone told when the client leaves; absent for what is written within the time of any request
        record Stream(StreamWriter writer, Optional<Runnable> gone) implements Body {}

        /// Written as things happen, for as long as somebody reads. What fails before anything was sent is told as any
        /// failure is.
        record Feed(FeedWriter writer) implements Body {}
    }

    /// Tells what happens.
    @FunctionalInterface
    public interface FeedWriter {
        /// Returns when there is nothing more to tell. When nobody reads any more, or the server stops, the feed is no
        /// longer open and the thread is interrupted.
        void write(Feed feed) throws IOException, InterruptedException;
    }

    /// An answer that goes on.
    public interface Feed {
        /// Sends a text now; waits until the client has taken it.
        void send(String text) throws IOException;

        boolean isOpen();
    }

    /// An answer that goes on until its writer returns, its client leaves or the server stops.
    public static Reply feed(String contentType, FeedWriter writer) {
        return new Reply(200, Map.of("content-type", contentType), new Body.Feed(writer));
    }

    /// Writes bytes.
    @FunctionalInterface
    public interface StreamWriter {
        void write(OutputStream out) throws IOException;
    }

    /// Bytes of any kind and number, of which only a piece is in memory at a time.
    public static Reply stream(String contentType, StreamWriter writer) {
        return new Reply(200, Map.of("content-type", contentType), new Body.Stream(writer, Optional.empty()));
    }

    /// The same for what may take long before its first byte, and keeps its own time.
    ///
    /// @param gone told when the client leaves before the end
    public static Reply longStream(String contentType, StreamWriter writer, Runnable gone) {
        return new Reply(200, Map.of("content-type", contentType), new Body.Stream(writer, Optional.of(gone)));
    }

    /// Writes one JSON value.
    @FunctionalInterface
    public interface JsonWriter {
        void write(JsonGenerator json) throws IOException;
    }

    public static Reply json(JsonWriter writer) throws IOException {
        return json(200, "application/json", writer);
    }

    /// One JSON value of any size, of which only a piece is in memory at a time: the writer fetches what it
    /// writes as it goes.
    public static Reply largeJson(JsonWriter writer) {
        return stream("application/json", out -> write(out, writer));
    }

    /// Writes texts of JSON, a line each.
    @FunctionalInterface
    public interface LinesWriter {
        void write(Lines lines) throws IOException;
    }

    /// Takes a line.
    @FunctionalInterface
    public interface Lines {
        void line(String json) throws IOException;
    }

    /// Any number of JSON values, one to a line, sent as [#largeJson] is.
    public static Reply jsonLines(LinesWriter writer) {
        return stream(
                "application/jsonl",
                out -> write(
                        out, json -> writer.write(line -> json.writeRaw(line).writeRaw('\n'))));
    }

    private static void write(OutputStream out, JsonWriter writer) throws IOException {
        JsonGenerator json = Json.MAPPER.createGenerator(out);
        writer.write(json);
        json.close(); // Only when all went well: it closes the brackets.
    }

    public static Reply json(int status, String contentType, JsonWriter writer) throws IOException {
        Bytes bytes = new Bytes(512);
        try (JsonGenerator json = Json.MAPPER.createGenerator(bytes)) {
            writer.write(json);
        }
        return new Reply(status, Map.of("content-type", contentType), new Body.Bytes(bytes.view()));
    }

    /// One message of gRPC, which the server frames.
    public static Reply message(ByteBuffer message) {
        return new Reply(200, Map.of("content-type", "application/grpc"), new Body.Bytes(message));
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
