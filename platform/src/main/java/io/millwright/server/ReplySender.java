package io.millwright.server;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.millwright.http.Reply;
import io.netty.buffer.ByteBuf;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends answers: small ones at once, large ones piece by piece, only as fast as their client reads.
final class ReplySender {
    private static final Logger log = LoggerFactory.getLogger(ReplySender.class);
    private static final int SMALLEST_PACKED = 1024;
    private static final int LARGEST_AT_ONCE = 256 * 1024;
    private static final int PIECE = 64 * 1024;
    private static final Duration FEED_PATIENCE = Duration.ofSeconds(10);
    private static final long LARGE_ANSWERS_BYTES = 24 << 20;

    private final Duration patience;
    private final BooleanSupplier draining;
    private final MemoryBudget largeAnswers;
    private final Feeds feeds;
    /// Deflaters hold native memory and are slow to make.
    private final ConcurrentLinkedQueue<Deflater> deflaters = new ConcurrentLinkedQueue<>();

    /// @param patience how long a reader may stay silent in the middle of a large answer
    /// @param draining whether each answer is to be the last of its connection
    ReplySender(Duration patience, BooleanSupplier draining) {
        this.patience = patience;
        this.draining = draining;
        this.feeds = new Feeds(patience.compareTo(FEED_PATIENCE) < 0 ? patience : FEED_PATIENCE);
        this.largeAnswers = new MemoryBudget("Large answers", LARGE_ANSWERS_BYTES, patience.dividedBy(2));
    }

    /// Whether [#send] does not wait for the client of this.
    static boolean isSmall(Reply reply) {
        return reply.body() instanceof Reply.Body.Bytes(ByteBuffer bytes) && bytes.remaining() <= PIECE;
    }

    /// Completes the answer and, when it is a large one, stays until it is sent. May block.
    void send(ServiceRequestContext ctx, Exchange exchange, Reply reply, CompletableFuture<HttpResponse> answer) {
        exchange.measure(reply.status());
        switch (reply.body()) {
            case Reply.Body.Bytes(ByteBuffer bytes) -> {
                Reply packed = packed(exchange, reply, bytes);
                ByteBuffer toSend = packed.body() instanceof Reply.Body.Bytes(ByteBuffer b) ? b : bytes;
                if (toSend.remaining() <= LARGEST_AT_ONCE || exchange.isHead()) {
                    answer.complete(small(exchange, packed));
                } else {
                    stream(ctx, exchange, packed, new BytesChannel(toSend), toSend.remaining(), answer);
                }
            }
            case Reply.Body.Channel(ReadableByteChannel channel, long length) -> {
                if (exchange.isHead()) {
                    closeQuietly(channel);
                    answer.complete(HttpResponse.of(headers(exchange, reply, length)));
                } else {
                    stream(ctx, exchange, reply, channel, length, answer);
                }
            }
            case Reply.Body.Stream _, Reply.Body.Feed _ -> throw new IllegalArgumentException("is written first");
        }
    }

    /// Writes an answer of unknown length. What is small is left to [#send], which knows its length.
    ///
    /// @return what is still to be sent, if anything
    Optional<Reply> write(
            ServiceRequestContext ctx,
            Exchange exchange,
            Reply head,
            Reply.StreamWriter writer,
            CompletableFuture<HttpResponse> answer)
            throws IOException {
        Reply varying = head.with("vary", "accept-encoding");
        LargeAnswer large =
                new LargeAnswer(ctx, exchange, headers(exchange, varying, -1), answer, patience, largeAnswers);
        Optional<ByteBuffer> small = large.write(writer);
        if (small.isEmpty()) exchange.measure(head.status());
        return small.map(bytes -> new Reply(head.status(), head.headers(), new Reply.Body.Bytes(bytes)));
    }

    /// Sends an answer that goes on, until it ends.
    void feed(
            ServiceRequestContext ctx,
            Exchange exchange,
            Reply head,
            Reply.FeedWriter writer,
            CompletableFuture<HttpResponse> answer)
            throws IOException {
        feeds.run(ctx, exchange, headers(exchange, head, -1), writer, answer);
    }

    /// Ends the answers that go on; there are no new ones from now on.
    void endFeeds() {
        feeds.end();
    }

    /// The whole answer at once; does not block.
    HttpResponse small(Exchange exchange, Reply reply) {
        if (!(reply.body() instanceof Reply.Body.Bytes(ByteBuffer bytes)))
            throw new IllegalArgumentException("streamed");
        ResponseHeaders headers = headers(exchange, reply, bytes.remaining());
        if (exchange.isHead() || !bytes.hasRemaining()) return HttpResponse.of(headers);
        return HttpResponse.of(headers, data(bytes), trailers(exchange));
    }

    /// Those of an answer; what failed told so among its headers.
    private static HttpHeaders trailers(Exchange exchange) {
        return exchange.speaksGrpc() ? GrpcWire.OK : HttpHeaders.of();
    }

    private static HttpData data(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            return HttpData.wrap(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return HttpData.wrap(copy);
    }

    /// @param length -1 when it is not known
    private ResponseHeaders headers(Exchange exchange, Reply reply, long length) {
        boolean grpc = exchange.speaksGrpc();
        ResponseHeadersBuilder headers =
                ResponseHeaders.builder(grpc ? HttpStatus.OK : HttpStatus.valueOf(reply.status()));
        headers.add(HttpServer.X_REQUEST_ID, exchange.requestId());
        if (grpc) {
            headers.add("grpc-accept-encoding", GrpcWire.ENCODINGS);
        } else { // For browsers, none of which reads gRPC.
            headers.add(HttpHeaderNames.X_CONTENT_TYPE_OPTIONS, "nosniff");
            headers.add(HttpHeaderNames.X_FRAME_OPTIONS, "SAMEORIGIN");
            headers.add(HttpHeaderNames.CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
            headers.add(HttpHeaderNames.REFERRER_POLICY, "no-referrer");
        }
        // gRPC's clients take a status among headers only when nothing comes after them, not even an empty frame.
        if (grpc && length == 0) headers.endOfStream(true);
        for (Map.Entry<String, String> header : reply.headers().entrySet())
            headers.set(header.getKey(), header.getValue());
        if (length >= 0 && !grpc && reply.status() != 204 && reply.status() != 304) headers.contentLength(length);
        if (draining.getAsBoolean()) headers.set(HttpHeaderNames.CONNECTION, "close");
        return headers.build();
    }

    private void stream(
            ServiceRequestContext ctx,
            Exchange exchange,
            Reply reply,
            ReadableByteChannel channel,
            long length,
            CompletableFuture<HttpResponse> answer) {
        try (channel) {
            ctx.clearRequestTimeout(); // From here on progress is watched, not the whole.
            HttpResponseWriter writer = HttpResponse.streaming();
            if (!answer.complete(writer)) {
                writer.abort();
                return;
            }
            if (!writer.tryWrite(headers(exchange, reply, length))) return;
            try {
                pump(ctx, channel, length, writer, trailers(exchange));
            } catch (IOException | TimeoutException e) {
                // The headers are out: all that is left is to break off, so that nobody takes a part for the whole.
                log.warn("answer broke off: {}: {}", exchange.rawPath(), e.toString());
                writer.close(e);
            } catch (ExecutionException e) {
                log.debug("client went away: {}", String.valueOf(e.getCause()));
                writer.abort();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                writer.abort();
            }
        } catch (IOException e) {
            log.warn("closing the source of an answer failed: {}", e.toString());
        }
    }

    private void pump(
            ServiceRequestContext ctx,
            ReadableByteChannel channel,
            long length,
            HttpResponseWriter writer,
            HttpHeaders trailers)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        for (long sent = 0; sent < length; ) {
            ByteBuf piece = ctx.alloc().buffer((int) Math.min(PIECE, length - sent));
            boolean handedOver = false;
            try {
                fill(piece, channel);
                sent += piece.readableBytes();
                handedOver = true;
                if (!writer.tryWrite(HttpData.wrap(piece))) return; // Frees the piece itself.
            } finally {
                if (!handedOver) piece.release();
            }
            writer.whenConsumed().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        }
        if (!trailers.isEmpty() && !writer.tryWrite(trailers)) return;
        writer.close();
    }

    private static void fill(ByteBuf piece, ReadableByteChannel channel) throws IOException {
        ByteBuffer target = piece.internalNioBuffer(piece.writerIndex(), piece.writableBytes());
        int start = target.position();
        while (target.hasRemaining()) {
            if (channel.read(target) < 0) break;
        }
        int n = target.position() - start;
        if (n == 0) throw new EOFException("the content is shorter than its length");
        piece.writerIndex(piece.writerIndex() + n);
    }

    /// The reply packed, when its client takes that and it is worth it.
    private Reply packed(Exchange exchange, Reply reply, ByteBuffer bytes) {
        if (bytes.remaining() < SMALLEST_PACKED || !bytes.hasArray()) return reply;
        if (!isText(reply.headers().get("content-type")) || reply.headers().containsKey("content-encoding"))
            return reply;
        if (!exchange.acceptsGzip()) return reply.with("vary", "accept-encoding");
        return new Reply(reply.status(), reply.headers(), new Reply.Body.Bytes(gzip(bytes)))
                .with("content-encoding", "gzip")
                .with("vary", "accept-encoding");
    }

    private static boolean isText(@Nullable String type) {
        return type != null
                && (type.startsWith("application/json")
                        || type.startsWith("text/")
                        || type.startsWith("application/problem+json"));
    }

    /// RFC 1952: ten bytes of head, the deflated content, its checksum and its size.
    private ByteBuffer gzip(ByteBuffer bytes) {
        Deflater deflater = deflaters.poll();
        if (deflater == null) deflater = new Deflater(Deflater.BEST_SPEED, true);
        try {
            int length = bytes.remaining();
            deflater.setInput(bytes.array(), bytes.arrayOffset() + bytes.position(), length);
            deflater.finish();
            // Deflate never grows its input by more than 5 bytes in 16 KiB; JSON usually shrinks to a tenth.
            ByteBuffer out = ByteBuffer.allocate(length / 4 + 256).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            out.put(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 4, (byte) 0xff});
            while (!deflater.finished()) {
                if (out.remaining() < 64) {
                    ByteBuffer larger = ByteBuffer.allocate(out.capacity() * 2).order(java.nio.ByteOrder.LITTLE_ENDIAN);
                    out = larger.put(out.flip());
                }
                deflater.deflate(out);
            }
            var crc = new java.util.zip.CRC32();
            crc.update(bytes.array(), bytes.arrayOffset() + bytes.position(), length);
            if (out.remaining() < 8) {
                out = ByteBuffer.allocate(out.capacity() + 8)
                        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                        .put(out.flip());
            }
            return out.putInt((int) crc.getValue()).putInt(length).flip();
        } finally {
            deflater.reset();
            if (deflaters.size() < 4) deflaters.add(deflater);
            else deflater.end();
        }
    }

    private static void closeQuietly(ReadableByteChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            log.warn("closing the source of an answer failed: {}", e.toString());
        }
    }

    void close() {
        for (Deflater deflater = deflaters.poll(); deflater != null; deflater = deflaters.poll()) deflater.end();
    }

    private static final class BytesChannel implements ReadableByteChannel {
        private final ByteBuffer bytes;

        BytesChannel(ByteBuffer bytes) {
            this.bytes = bytes.duplicate();
        }

        @Override
        public int read(ByteBuffer target) {
            if (!bytes.hasRemaining()) return -1;
            int n = Math.min(target.remaining(), bytes.remaining());
            target.put(bytes.slice(bytes.position(), n));
            bytes.position(bytes.position() + n);
            return n;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
