package io.millwright.server;

import static io.millwright.kernel.ErrorCode.TOO_LARGE;
import static io.millwright.kernel.ErrorCode.TOO_SLOW;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.stream.SubscriptionOption;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// The body of a request as it arrives, for a handler that blocks. A few pieces are asked for ahead; when the handler
/// does not keep up, reading from the socket stops, so memory stays flat whatever the length.
///
/// The end of the stream is always the true end: a broken connection, a missing byte or a sender that stalls throws.
final class BodyStream extends InputStream implements Subscriber<HttpObject> {
    private static final int AHEAD = 8;
    /// Asking for one piece at a time would wake the event loop for each.
    private static final int ASK_FOR = AHEAD / 2;
    /// A sender may stall now and then, but not crawl: less than this over the time spent waiting for it is refused.
    private static final long SLOWEST_BYTES_PER_SECOND = 256;

    private sealed interface Arrival {
        record Piece(HttpData data) implements Arrival {}

        record End() implements Arrival {}

        record Broken(Throwable cause) implements Arrival {}
    }

    private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
    private final long expected;
    private final long cap;
    private final Duration patience;
    private final Executor eventLoop;
    private volatile @Nullable Subscription subscription;
    private volatile boolean closed;
    private volatile boolean complete;

    // Of the reading thread:
    private @Nullable ByteBuf current;
    private long received;
    private int taken;
    private long waitedNanos;
    private boolean ended;
    private boolean broken;

    /// @param expected what `Content-Length` says, or -1
    /// @param patience how long a sender may stay silent
    /// @param eventLoop where the request's pieces arrive
    BodyStream(HttpRequest request, long expected, long cap, Duration patience, Executor eventLoop) {
        this.expected = expected;
        this.cap = cap;
        this.patience = patience;
        this.eventLoop = eventLoop;
        request.subscribe(this, SubscriptionOption.WITH_POOLED_OBJECTS);
    }

    /// Whether a read has failed because of the client.
    boolean isBroken() {
        return broken;
    }

    /// Whether everything the client had to send has arrived here.
    boolean isComplete() {
        return complete;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) return 0;
        ByteBuf piece = current;
        if (piece == null) {
            if (ended) return -1;
            piece = next();
            if (piece == null) return -1;
        }
        int n = Math.min(length, piece.readableBytes());
        piece.readBytes(target, offset, n);
        if (!piece.isReadable()) {
            piece.release();
            current = null;
        }
        return n;
    }

    private @Nullable ByteBuf next() throws IOException {
        if (broken) throw new IOException("the request body broke off before");
        switch (await()) {
            case Arrival.Piece(HttpData data) -> {
                if (++taken % ASK_FOR == 0) request(ASK_FOR);
                received += data.length();
                if (received > cap) {
                    data.close();
                    throw tooLarge();
                }
                current = data.byteBuf();
                return current;
            }
            case Arrival.End() -> {
                if (expected >= 0 && received != expected) {
                    broken = true;
                    throw new IOException("the request body ended after " + received + " of " + expected + " bytes");
                }
                ended = true;
                return null;
            }
            case Arrival.Broken(Throwable cause) -> {
                broken = true;
                throw new IOException("the request body broke off after " + received + " bytes", cause);
            }
        }
    }

    private Arrival await() throws IOException {
        Arrival ready = arrivals.poll();
        if (ready != null) return ready;
        long before = System.nanoTime();
        try {
            ready = arrivals.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the request body", e);
        }
        waitedNanos += System.nanoTime() - before;
        double waitedSeconds = waitedNanos / 1e9;
        boolean crawls = waitedSeconds > patience.toSeconds() && received < waitedSeconds * SLOWEST_BYTES_PER_SECOND;
        if (ready == null || crawls) {
            broken = true;
            throw TOO_SLOW.because(
                    "The request body came too slowly: %d bytes in %.0f s of waiting. Send it again on a better"
                            + " connection, or raise server.idle-timeout.",
                    received, waitedSeconds);
        }
        return ready;
    }

    private RuntimeException tooLarge() {
        return TOO_LARGE.because(
                "The request body has more than %d bytes, which is the most that is taken"
                        + " (server.max-upload-size). Send less, or raise the setting.",
                cap);
    }

    private void request(long n) {
        Subscription s = subscription;
        if (s != null) s.request(n);
    }

    @Override
    public void onSubscribe(Subscription s) {
        subscription = s;
        if (closed) s.cancel();
        else s.request(AHEAD);
    }

    @Override
    public void onNext(HttpObject object) {
        if (object instanceof HttpData data && !data.isEmpty() && !closed) {
            arrivals.add(new Arrival.Piece(data));
            if (closed) drop();
            return;
        }
        if (object instanceof HttpData data) data.close();
        request(1);
    }

    @Override
    public void onError(Throwable cause) {
        complete = true;
        arrivals.add(new Arrival.Broken(cause));
    }

    @Override
    public void onComplete() {
        complete = true;
        arrivals.add(new Arrival.End());
    }

    /// What still arrives is thrown away. The reader that closed has ended; pieces that slip in meanwhile are freed by
    /// whoever sees them.
    @Override
    public void close() {
        if (closed) return;
        closed = true;
        if (current != null) current.release();
        current = null;
        drop();
        Subscription s = subscription;
        // The decoder of a piece must not see the stream close under its hands: it would answer 500.
        if (s != null && !complete) eventLoop.execute(s::cancel);
    }

    private void drop() {
        for (Arrival arrival = arrivals.poll(); arrival != null; arrival = arrivals.poll()) {
            if (arrival instanceof Arrival.Piece(HttpData data)) data.close();
        }
    }
}
