package io.millwright.server;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.millwright.http.Reply;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One answer of any size: kept as long as it is little, sent in pieces from then on.
final class LargeAnswer extends OutputStream {
    private static final Logger log = LoggerFactory.getLogger(LargeAnswer.class);
    private static final int PIECE = 64 * 1024;
    /// A piece here, one in the network's buffers, a deflater, and the rows that are written next.
    private static final long SHARE_BYTES = 512 * 1024;

    private final ServiceRequestContext ctx;
    private final Exchange exchange;
    private final ResponseHeaders headers;
    private final CompletableFuture<HttpResponse> answer;
    private final Duration patience;
    private final MemoryBudget budget;

    private byte[] bytes = new byte[1024];
    private int size;
    private MemoryBudget.@Nullable Share share;
    private @Nullable HttpResponseWriter response;
    private @Nullable OutputStream pieces;

    /// @param headers of the answer, should it be large
    /// @param patience how long the client may take for a piece
    /// @param budget for all large answers
    LargeAnswer(
            ServiceRequestContext ctx,
            Exchange exchange,
            ResponseHeaders headers,
            CompletableFuture<HttpResponse> answer,
            Duration patience,
            MemoryBudget budget) {
        this.ctx = ctx;
        this.exchange = exchange;
        this.headers = headers;
        this.answer = answer;
        this.patience = patience;
        this.budget = budget;
    }

    /// What fails before the first piece is out is thrown; later, all that is left is to break off, so that nobody
    /// takes a part for the whole.
    ///
    /// @return the answer's body, when it is small and still to be sent
    Optional<ByteBuffer> write(Reply.StreamWriter writer) throws IOException {
        try {
            writer.write(this);
            if (pieces == null) return Optional.of(ByteBuffer.wrap(bytes, 0, size));
            send();
            pieces.close();
        } catch (IOException | RuntimeException | Error e) {
            if (response == null) throw e;
            if (e instanceof PieceStream.ClientGone || e.getCause() instanceof PieceStream.ClientGone) {
                log.debug("client went away: {}", e.getMessage());
            } else {
                log.warn("answer broke off: {}: {}", exchange.rawPath(), e.toString());
            }
            response.close(e);
        } finally {
            if (share != null) share.close();
        }
        return Optional.empty();
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        int from = offset;
        int end = offset + length;
        while (from < end) {
            if (size == PIECE) send();
            int n = Math.min(end - from, PIECE - size);
            if (size + n > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.min(PIECE, Math.max(size + n, bytes.length * 2)));
            }
            System.arraycopy(source, from, bytes, size, n);
            size += n;
            from += n;
        }
    }

    private void send() throws IOException {
        OutputStream begun = pieces;
        if (begun == null) pieces = begun = begin();
        begun.write(bytes, 0, size);
        size = 0;
    }

    private OutputStream begin() throws IOException {
        if (exchange.isHead()) {
            answer.complete(HttpResponse.of(headers));
            return OutputStream.nullOutputStream();
        }
        share = budget.take(SHARE_BYTES);
        ctx.clearRequestTimeout(); // From here on progress is watched, not the whole.
        HttpResponseWriter begun = HttpResponse.streaming();
        if (!answer.complete(begun)) throw new PieceStream.ClientGone("answered already");
        response = begun;
        OutputStream plain = new PieceStream(begun, ctx.alloc(), patience);
        if (!exchange.acceptsGzip()) {
            begun.write(headers);
            return plain;
        }
        begun.write(headers.withMutations(h -> h.set("content-encoding", "gzip")));
        return new GZIPOutputStream(plain, PIECE) {
            {
                def.setLevel(Deflater.BEST_SPEED);
            }
        };
    }
}
