package io.millwright.server;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponseWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Sends each piece that is written to it once the client has taken the one before.
final class PieceStream extends OutputStream {
    /// Nobody is left to write for.
    static final class ClientGone extends IOException {
        private static final long serialVersionUID = 1;

        ClientGone(String message) {
            super(message);
        }
    }

    private final HttpResponseWriter writer;
    private final ByteBufAllocator memory;
    private final Duration patience;

    PieceStream(HttpResponseWriter writer, ByteBufAllocator memory, Duration patience) {
        this.writer = writer;
        this.memory = memory;
        this.patience = patience;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuf piece = memory.buffer(length).writeBytes(bytes, offset, length);
        if (!writer.tryWrite(HttpData.wrap(piece))) throw new ClientGone("closed"); // Frees the piece itself.
        try {
            writer.whenConsumed().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new ClientGone(String.valueOf(e.getCause()));
        } catch (TimeoutException e) {
            throw new IOException("the client took nothing for " + patience.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /// The regular end.
    @Override
    public void close() {
        writer.close();
    }
}
