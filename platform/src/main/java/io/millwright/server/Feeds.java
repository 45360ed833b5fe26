package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.millwright.http.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The answers that go on. Each is written on the thread of its request, which is woken when its client leaves or the
/// server stops.
final class Feeds {
    private static final Logger log = LoggerFactory.getLogger(Feeds.class);
    private final Set<OpenFeed> open = ConcurrentHashMap.newKeySet();
    private final Duration patience;
    private volatile boolean ending;

    /// @param patience a client that takes nothing for so long is dropped
    Feeds(Duration patience) {
        this.patience = patience;
    }

    /// Writes one answer to its end.
    void run(
            ServiceRequestContext ctx,
            Exchange exchange,
            ResponseHeaders headers,
            Reply.FeedWriter writer,
            CompletableFuture<HttpResponse> answer)
            throws IOException {
        OpenFeed feed = new OpenFeed(ctx, exchange, headers, answer, patience);
        open.add(feed);
        if (ending) feed.end();
        try {
            writer.write(feed);
        } catch (InterruptedException e) {
            log.debug("feed ended: {}", exchange.rawPath());
        } catch (IOException | RuntimeException | Error e) {
            if (!feed.hasBegun()) throw e;
            feed.fail(e);
        } finally {
            open.remove(feed);
            feed.settle();
        }
        feed.finish();
    }

    void end() {
        ending = true;
        open.forEach(OpenFeed::end);
    }

    private static final class OpenFeed implements Reply.Feed {
        private final ServiceRequestContext ctx;
        private final Exchange exchange;
        private final ResponseHeaders headers;
        private final CompletableFuture<HttpResponse> answer;
        private final Duration patience;
        private final ReentrantLock lock = new ReentrantLock();
        /// Whom to wake; null once it has returned. Guarded by the lock.
        private @Nullable Thread writer = Thread.currentThread();

        private @Nullable HttpResponseWriter response;
        private @Nullable PieceStream pieces;
        private volatile boolean closed;

        OpenFeed(
                ServiceRequestContext ctx,
                Exchange exchange,
                ResponseHeaders headers,
                CompletableFuture<HttpResponse> answer,
                Duration patience) {
            this.ctx = ctx;
            this.exchange = exchange;
            this.headers = headers;
            this.answer = answer;
            this.patience = patience;
        }

        @Override
        public boolean isOpen() {
            return !closed;
        }

        @Override
        public void send(String text) throws IOException {
            PieceStream begun = pieces;
            if (begun == null) begun = begin();
            if (exchange.isHead()) return;
            begun.write(text.getBytes(UTF_8));
        }

        private PieceStream begin() throws IOException {
            ctx.clearRequestTimeout(); // It has none; each piece has.
            exchange.measure(headers.status().code());
            HttpResponseWriter begun = HttpResponse.streaming();
            PieceStream stream = new PieceStream(begun, ctx.alloc(), patience);
            response = begun;
            pieces = stream;
            if (!answer.complete(begun)) throw new PieceStream.ClientGone("answered already");
            var _ = begun.whenComplete().handle((nothing, broken) -> {
                end();
                return null;
            });
            if (!begun.tryWrite(headers)) throw new PieceStream.ClientGone("closed");
            if (exchange.isHead()) end();
            return stream;
        }

        boolean hasBegun() {
            return response != null;
        }

        /// Wakes the writer for the last time.
        void end() {
            closed = true;
            lock.lock();
            try {
                if (writer != null) writer.interrupt();
            } finally {
                lock.unlock();
            }
        }

        /// After this the thread is not woken any more.
        void settle() {
            lock.lock();
            try {
                writer = null;
            } finally {
                lock.unlock();
            }
            var _ = Thread.interrupted();
        }

        void fail(Throwable e) {
            HttpResponseWriter begun = response;
            if (begun == null || closed) return;
            log.debug("feed broke off: {}: {}", exchange.rawPath(), e.toString());
            begun.close(e);
        }

        /// The regular end, also of a feed that had nothing to tell.
        void finish() throws IOException {
            PieceStream stream = pieces;
            if (stream == null) stream = begin();
            stream.close();
        }
    }
}
