package io.millwright.server;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.metric.NoopMeterRegistry;
import com.linecorp.armeria.common.util.EventLoopGroups;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.RequestTimeoutException;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.millwright.http.Dialect;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.util.AsciiString;
import io.netty.util.AttributeKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// HTTP/1.1 and HTTP/2 (cleartext) on one port. The only place, with its helpers beside it, that knows the HTTP
/// library.
final class HttpServer implements AutoCloseable {
    static {
        // The library's own switches, set before any field below loads it; each may be overridden with -D.
        setDefault("com.linecorp.armeria.tlsEngineType", "jdk"); // Else BoringSSL is loaded to be not used.
        setDefault("com.linecorp.armeria.allowDoubleDotsInQueryString", "true"); // Search filters may hold them.
        setDefault("com.linecorp.armeria.allowSemicolonInPathComponent", "true");
        setDefault("com.linecorp.armeria.warnNettyVersions", "false");
    }

    /// Loads what this class needs of its library, which takes some time.
    static void begin() {
        log.trace("the HTTP library has begun");
    }

    static final AsciiString X_REQUEST_ID = HttpHeaderNames.of("x-request-id");
    static final AsciiString X_MLFLOW_WORKSPACE = HttpHeaderNames.of("x-mlflow-workspace");
    static final Map<String, String> CLOSE = Map.of("connection", "close");

    private static final Logger log = LoggerFactory.getLogger(HttpServer.class);
    private static final AttributeKey<Exchange> EXCHANGE = AttributeKey.valueOf(HttpServer.class, "exchange");
    /// Of the 256 MiB that the launcher gives the heap: bodies as they came, what parsing them makes, answers in
    /// pieces (see ReplySender); the rest is for the database's rows and the program itself.
    private static final long BODIES_IN_MEMORY = 48L << 20;
    private static final long PARSING_IN_MEMORY = 96L << 20;
    /// Of the five seconds that stopping may take in all.
    private static final Duration DRAIN_AT_MOST = Duration.ofSeconds(3);
    private static final Duration QUIET = Duration.ofMillis(300);

    final ServerSettings settings;
    final ServerMetrics metrics;
    final Router router;
    final HostCheck hostCheck;
    final Authenticator authenticator;
    final RequestIds requestIds = new RequestIds(ThreadLocalRandom.current().nextInt());
    final ReplySender sender;

    final MemoryBudget parsing;
    private final BodyBuffer.Budget bodies = new BodyBuffer.Budget(BODIES_IN_MEMORY);
    private final ExecutorService handlers =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().factory());
    private final EventLoopGroup eventLoops = EventLoopGroups.newEventLoopGroup(
            Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 4), "http", true);
    final RefusalLog refusals = new RefusalLog(eventLoops);
    private final Set<Channel> connections = ConcurrentHashMap.newKeySet();
    private final Server armeria;
    private int port;
    private volatile boolean draining;
    private volatile long lastRequestNanos;
    /// Known from the first connection on; before it there is nothing to drain.
    private volatile @Nullable Channel listener;

    private HttpServer(
            ServerSettings settings,
            List<Route> routes,
            ServerMetrics metrics,
            String machineName,
            Authenticator authenticator) {
        this.settings = settings;
        this.authenticator = authenticator;
        this.metrics = metrics;
        this.router = new Router(routes, metrics);
        this.parsing = new MemoryBudget(
                "Large requests", PARSING_IN_MEMORY, settings.requestTimeout().dividedBy(2));
        this.hostCheck = new HostCheck(settings.host(), machineName, settings.allowedHosts());
        this.sender = new ReplySender(settings.idleTimeout(), () -> draining);
        this.armeria = build();
    }

    /// Starts to listen; answers as soon as this returns.
    ///
    /// @param machineName under which this machine may be addressed too
    static HttpServer start(
            ServerSettings settings,
            List<Route> routes,
            ServerMetrics metrics,
            String machineName,
            Authenticator authenticator) {
        HttpServer server = new HttpServer(settings, routes, metrics, machineName, authenticator);
        metrics.gauge("millwright_http_connections", "Connections open now.", server.connections::size);
        metrics.gauge("millwright_http_body_bytes", "Bytes of collected bodies held now.", server.bodies::usedBytes);
        metrics.gauge(
                "millwright_http_parsing_bytes", "Memory set aside for parsing bodies.", server.parsing::usedBytes);
        try {
            server.armeria.start().join();
            server.port = server.armeria.activeLocalPort();
        } catch (CompletionException e) {
            var _ = server.eventLoops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw ErrorCode.UNAVAILABLE.because(
                    "Cannot listen on %s:%d: %s. Choose another --port, or stop what listens there.",
                    settings.host(), settings.port(), rootMessage(e));
        }
        return server;
    }

    private Server build() {
        return Server.builder()
                .http(new InetSocketAddress(settings.host(), settings.port()))
                .serviceUnder("/", this::serve)
                .errorHandler(new ErrorShapes())
                .childChannelPipelineCustomizer(this::onConnection)
                .workerGroup(eventLoops, false)
                .maxRequestLength(0) // Each kind of route has a cap of its own.
                .requestTimeout(settings.requestTimeout())
                .idleTimeout(settings.idleTimeout())
                .maxNumConnections(settings.maxConnections())
                .http1MaxInitialLineLength(settings.maxHeaderSizeBytes())
                .http1MaxHeaderSize(settings.maxHeaderSizeBytes())
                .http2MaxHeaderListSize(settings.maxHeaderSizeBytes())
                .http2MaxStreamsPerConnection(256)
                .disableServerHeader()
                .meterRegistry(NoopMeterRegistry.get())
                .unloggedExceptionsReportInterval(Duration.ZERO)
                .gracefulShutdownTimeout(Duration.ZERO, Duration.ZERO)
                .build();
    }

    private HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
        if (draining) lastRequestNanos = System.nanoTime();
        Exchange exchange = new Exchange(this, ctx, request);
        ctx.setAttr(EXCHANGE, exchange);
        return exchange.begin();
    }

    void run(Runnable exchange) {
        handlers.execute(exchange);
    }

    BodyBuffer newBodyBuffer(String what) {
        return new BodyBuffer(
                bodies,
                settings.maxBodySizeBytes(),
                " (server.max-body-size). Send less at a time, or raise the setting.",
                what);
    }

    /// For a body of whoever, who should not fill the memory that everybody's bodies share.
    BodyBuffer newSmallBodyBuffer(String what, long cap) {
        return new BodyBuffer(bodies, cap, " from whoever is not signed in. Send less.", what);
    }

    private void onConnection(ChannelPipeline pipeline) {
        Channel channel = pipeline.channel();
        listener = channel.parent();
        connections.add(channel);
        channel.closeFuture().addListener(closed -> connections.remove(channel));
        pipeline.addFirst("http1-head-scanner", new Http1Guard());
    }

    int port() {
        return port;
    }

    /// Where a client on this machine reaches the server.
    URI uri() {
        String host = switch (settings.host()) {
            case "0.0.0.0", "localhost" -> "127.0.0.1";
            case "::", "[::]" -> "[::1]";
            default ->
                settings.host().indexOf(':') >= 0 && !settings.host().startsWith("[")
                        ? "[" + settings.host() + "]"
                        : settings.host();
        };
        return URI.create("http://" + host + ":" + port());
    }

    /// Stops to accept, answers what was accepted, then closes. A connection that is kept open closes with
    /// its next answer; those without any in a short while are idle. At most a few seconds.
    @Override
    public void close() {
        draining = true;
        lastRequestNanos = System.nanoTime();
        sender.endFeeds();
        Channel listening = listener;
        if (listening != null) {
            var _ = listening.close();
        }
        long deadline = System.nanoTime() + DRAIN_AT_MOST.toNanos();
        try {
            while (System.nanoTime() < deadline && !isQuiet()) Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (metrics.inFlight() > 0) log.warn("{} requests did not end in time and are broken off", metrics.inFlight());
        for (Channel connection : connections) {
            var _ = connection.close();
        }
        var _ = armeria.stop(); // Nothing is left to wait for.
        handlers.shutdown();
        eventLoops.shutdownGracefully(0, 300, TimeUnit.MILLISECONDS).awaitUninterruptibly(500);
        sender.close();
        refusals.endSecond();
    }

    private boolean isQuiet() {
        if (metrics.inFlight() > 0) return false;
        return connections.isEmpty() || System.nanoTime() - lastRequestNanos > QUIET.toNanos();
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) root = root.getCause();
        return String.valueOf(root.getMessage());
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) System.setProperty(property, value);
    }

    /// Whatever goes wrong outside a handler is told in the dialect of the path too.
    private final class ErrorShapes implements ServerErrorHandler {
        @Override
        public HttpResponse onServiceException(ServiceRequestContext ctx, Throwable cause) {
            Exchange exchange = ctx.attr(EXCHANGE);
            if (exchange == null) return HttpResponse.of(HttpStatus.INTERNAL_SERVER_ERROR);
            Throwable root =
                    cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
            if (root instanceof RequestTimeoutException) return sender.small(exchange, exchange.timedOut());
            // Nobody is left to read an answer when the stream was closed or cancelled.
            if (root instanceof IOException || Exceptions.isStreamCancelling(root) || Exceptions.isExpected(root)) {
                return HttpResponse.ofFailure(root);
            }
            return sender.small(exchange, exchange.onError(root));
        }

        @Override
        public AggregatedHttpResponse renderStatus(
                @Nullable ServiceRequestContext ctx,
                ServiceConfig config,
                @Nullable RequestHeaders headers,
                HttpStatus status,
                @Nullable String description,
                @Nullable Throwable cause) {
            String target = headers == null ? "" : headers.path();
            String path = target.indexOf('?') < 0 ? target : target.substring(0, target.indexOf('?'));
            Failure failure = failureOf(status, description);
            String requestId = requestIds.idOf(null);
            refusals.log(
                    failure, requestId, headers == null ? "?" : headers.method().name(), path, UNKNOWN);
            metrics.refused(failure.code().name());
            Reply reply = Dialect.ofPath(path).render(failure, requestId);
            byte[] body = reply.body() instanceof Reply.Body.Bytes(var bytes) ? copy(bytes) : new byte[0];
            return AggregatedHttpResponse.of(
                    ResponseHeaders.builder(status)
                            .add(X_REQUEST_ID, requestId)
                            .add(HttpHeaderNames.X_CONTENT_TYPE_OPTIONS, "nosniff")
                            .set(
                                    HttpHeaderNames.CONTENT_TYPE,
                                    String.valueOf(reply.headers().get("content-type")))
                            .build(),
                    HttpData.wrap(body));
        }

        private Failure failureOf(HttpStatus status, @Nullable String description) {
            String what = description == null ? status.reasonPhrase() : description;
            return switch (status.code()) {
                case 405 -> ErrorCode.METHOD_NOT_ALLOWED.because(what + ".");
                case 413, 414, 431 ->
                    ErrorCode.TOO_LARGE.because(
                            "%s: at most %d bytes are taken (server.max-header-size).",
                            what, settings.maxHeaderSizeBytes());
                case 503 -> ErrorCode.UNAVAILABLE.because("The server is stopping. Try again.");
                default ->
                    status.isServerError()
                            ? ErrorCode.INTERNAL.because("An internal error occurred.")
                            : ErrorCode.MALFORMED_REQUEST.because("The request is not valid HTTP: " + what + ".");
            };
        }

        private static byte[] copy(java.nio.ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            return copy;
        }
    }

    private static final InetSocketAddress UNKNOWN = InetSocketAddress.createUnresolved("unknown", 0);
}
