package io.millwright.server;

import com.linecorp.armeria.common.RequestTarget;
import io.millwright.http.Dialect;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// Sees an HTTP/1 request before the HTTP library tidies it up, which drops what a smuggled request is known by: both
/// `Content-Length` and `Transfer-Encoding`, no `Host` or two of them, a path outside the root.
///
/// A bad request goes on, marked with [#REFUSED] and under a harmless path of its dialect, so that it is answered in
/// its turn and in the right shape.
///
/// Two handlers on each connection: this one reads the bytes as they come and remembers which heads had both ways of
/// framing; [OfRequests] sits behind the library's decoder and marks.
final class Http1Guard extends ChannelInboundHandlerAdapter {
    /// Why the guard refused; a client that sends it itself is refused too.
    static final String REFUSED = "x-millwright-refused";
    /// MLflow's words for a path that climbs; also told of one that is not percent-encoded.
    static final String INVALID_PATH = "Invalid path";

    private static final int HTTP2_PREFACE = 0x50524920; // "PRI "

    private final HeadScanner scanner = new HeadScanner();
    private @Nullable ByteBuf firstBytes;
    private boolean isHttp2;
    private boolean installed;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (isHttp2 || !(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (!installed) {
            bytes = withFirstBytes(ctx, bytes);
            if (bytes.readableBytes() < 4) {
                firstBytes = bytes;
                return;
            }
            installed = true;
            isHttp2 = bytes.getInt(bytes.readerIndex()) == HTTP2_PREFACE;
            if (!isHttp2) {
                scanner.scan(bytes);
                // Four bytes decide the protocol and make the library add its decoder; nothing is decoded from them
                // yet.
                ctx.fireChannelRead(bytes.readRetainedSlice(4));
                installBehindDecoder(ctx.pipeline());
            }
            ctx.fireChannelRead(bytes);
            return;
        }
        scanner.scan(bytes);
        isHttp2 = scanner.sawHttp2Preface; // After an upgrade.
        ctx.fireChannelRead(bytes);
    }

    private ByteBuf withFirstBytes(ChannelHandlerContext ctx, ByteBuf bytes) {
        ByteBuf before = firstBytes;
        if (before == null) return bytes;
        firstBytes = null;
        ByteBuf joined = ctx.alloc().buffer(before.readableBytes() + bytes.readableBytes());
        joined.writeBytes(before).writeBytes(bytes);
        before.release();
        bytes.release();
        return joined;
    }

    private void installBehindDecoder(ChannelPipeline pipeline) {
        ChannelHandlerContext decoder = pipeline.context(CombinedChannelDuplexHandler.class);
        if (decoder == null)
            throw new IllegalStateException("the HTTP library's pipeline is not the one known: " + pipeline.names());
        pipeline.addAfter(decoder.name(), "http1-guard", new OfRequests(scanner));
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (firstBytes != null) firstBytes.release();
        firstBytes = null;
    }

    /// Marks the decoded requests that are to be refused.
    private static final class OfRequests extends ChannelInboundHandlerAdapter {
        private final HeadScanner scanner;
        private long requests;

        OfRequests(HeadScanner scanner) {
            this.scanner = scanner;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpRequest request
                    && request.decoderResult().isSuccess()) {
                requests++;
                String refusal = refusal(request);
                if (refusal != null) refuse(request, refusal);
            }
            ctx.fireChannelRead(message);
        }

        private @Nullable String refusal(HttpRequest request) {
            var headers = request.headers();
            if (request.protocolVersion().majorVersion() != 1) {
                return "The protocol is " + shown(request.protocolVersion().text())
                        + ", expected HTTP/1.1, HTTP/1.0 or HTTP/2.";
            }
            if (scanner.hadBothFramings(requests)) {
                return "The request has both Content-Length and Transfer-Encoding, expected one of them.";
            }
            List<String> encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
            if (encodings.size() > 1
                    || encodings.size() == 1 && !encodings.getFirst().strip().equalsIgnoreCase("chunked")) {
                return "Transfer-Encoding '" + shown(String.join(",", encodings))
                        + "' is not supported, expected chunked.";
            }
            if (!encodings.isEmpty() && request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) < 0) {
                return "Transfer-Encoding is not allowed in HTTP/1.0.";
            }
            List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
            if (hosts.size() > 1) return "The request has " + hosts.size() + " Host headers, expected one.";
            if (hosts.isEmpty() && request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) >= 0) {
                return "The request has no Host header, which HTTP/1.1 demands.";
            }
            if (isUnusual(request.uri()) && RequestTarget.forServer(request.uri()) == null) {
                return INVALID_PATH;
            }
            return null;
        }

        /// As a header may hold it.
        private static String shown(String text) {
            StringBuilder shown = new StringBuilder();
            for (int i = 0; i < text.length() && i < 200; i++) {
                char c = text.charAt(i);
                shown.append(c > ' ' && c < 127 ? c : '?');
            }
            return shown.toString();
        }

        private static void refuse(HttpRequest request, String why) {
            request.setUri(
                    switch (Dialect.ofPath(request.uri())) {
                        case MLFLOW -> "/api/refused";
                        case OWN -> "/api/millwright/refused";
                        case ICEBERG -> "/iceberg/refused";
                        case OPENLINEAGE -> "/api/v1/refused";
                        case OIP -> "/v2/refused";
                        case PLAIN, GRPC -> "/refused";
                    });
            request.headers().set(REFUSED, why);
            HttpUtil.setKeepAlive(request, false); // What follows on this connection may be part of the same trick.
        }

        /// Whether the library's parser might refuse it; it need not be asked about all others twice.
        private static boolean isUnusual(String uri) {
            if (uri.isEmpty() || uri.charAt(0) != '/') return true;
            for (int i = 0; i < uri.length(); i++) {
                char c = uri.charAt(i);
                if (c == '%'
                        || c <= ' '
                        || c >= 127
                        || c == '\\'
                        || c == '.' && i + 1 < uri.length() && uri.charAt(i + 1) == '.') {
                    return true;
                }
            }
            return false;
        }
    }

    /// Follows the framing of a connection's requests just far enough to read the names of their headers.
    static final class HeadScanner {
        private static final byte[] CONTENT_LENGTH =
                "content-length".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        private static final byte[] TRANSFER_ENCODING =
                "transfer-encoding".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

        private enum State {
            FIRST_LINE,
            HEADER,
            BODY,
            CHUNK_SIZE,
            CHUNK,
            TRAILER
        }

        private State state = State.FIRST_LINE;
        private final byte[] line = new byte[48];
        private int lineLength;
        private long heads;
        private long bodyLeft;
        private long contentLength = -1;
        private boolean chunked;
        private final Queue<Long> headsWithBoth = new ArrayDeque<>(1);
        boolean sawHttp2Preface;

        /// Whether the n-th request, counted from 1, had both framings. Asked in order.
        boolean hadBothFramings(long request) {
            Long next = headsWithBoth.peek();
            if (next == null || next != request) return false;
            headsWithBoth.remove();
            return true;
        }

        /// Reads on; the buffer's own position stays.
        void scan(ByteBuf bytes) {
            int end = bytes.writerIndex();
            for (int i = bytes.readerIndex(); i < end && !sawHttp2Preface; ) {
                if (state == State.BODY || state == State.CHUNK) {
                    long skipped = Math.min(bodyLeft, end - i);
                    bodyLeft -= skipped;
                    i += (int) skipped;
                    if (bodyLeft == 0) state = state == State.BODY ? State.FIRST_LINE : State.CHUNK_SIZE;
                    continue;
                }
                int newline = bytes.indexOf(i, end, (byte) '\n');
                int stop = newline < 0 ? end : newline;
                keep(bytes, i, stop);
                i = stop + 1;
                if (newline >= 0) endOfLine();
            }
        }

        /// Only the beginning of a line matters.
        private void keep(ByteBuf bytes, int from, int to) {
            int room = Math.min(to - from, line.length - lineLength);
            if (room > 0) bytes.getBytes(from, line, lineLength, room);
            lineLength += Math.max(0, room);
        }

        private void endOfLine() {
            int length = lineLength > 0 && line[lineLength - 1] == '\r' ? lineLength - 1 : lineLength;
            lineLength = 0;
            switch (state) {
                case FIRST_LINE -> {
                    if (length == 0) return; // Blank lines between requests are allowed.
                    sawHttp2Preface =
                            length >= 4 && line[0] == 'P' && line[1] == 'R' && line[2] == 'I' && line[3] == ' ';
                    heads++;
                    contentLength = -1;
                    chunked = false;
                    state = State.HEADER;
                }
                case HEADER -> {
                    if (length == 0) endOfHead();
                    else readHeader(length);
                }
                case CHUNK_SIZE -> {
                    if (length == 0) return; // The end of the chunk before.
                    bodyLeft = number(0, length, 16);
                    state = bodyLeft == 0 ? State.TRAILER : State.CHUNK;
                }
                case TRAILER -> {
                    if (length == 0) state = State.FIRST_LINE;
                }
                case BODY, CHUNK -> throw new IllegalStateException();
            }
        }

        private void endOfHead() {
            if (chunked && contentLength >= 0) headsWithBoth.add(heads);
            bodyLeft = Math.max(0, contentLength);
            if (chunked) state = State.CHUNK_SIZE;
            else state = bodyLeft > 0 ? State.BODY : State.FIRST_LINE;
        }

        private void readHeader(int length) {
            if (isNamed(CONTENT_LENGTH, length)) {
                contentLength = number(CONTENT_LENGTH.length + 1, length, 10);
            } else if (isNamed(TRANSFER_ENCODING, length)) {
                chunked = true;
            }
        }

        private boolean isNamed(byte[] name, int length) {
            if (length <= name.length || line[name.length] != ':') return false;
            for (int i = 0; i < name.length; i++) {
                if ((line[i] | 0x20) != name[i] && line[i] != name[i]) return false;
            }
            return true;
        }

        private long number(int from, int to, int radix) {
            long value = 0;
            int i = from;
            while (i < to && (line[i] == ' ' || line[i] == '\t')) i++;
            for (; i < to; i++) {
                int digit = Character.digit(line[i], radix);
                if (digit < 0 || value > Long.MAX_VALUE / 32) break;
                value = value * radix + digit;
            }
            return value;
        }
    }
}
