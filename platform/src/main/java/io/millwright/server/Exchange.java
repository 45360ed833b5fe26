package io.millwright.server;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.INTERNAL;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;
import static io.millwright.kernel.ErrorCode.TOO_SLOW;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.stream.SubscriptionOption;
import com.linecorp.armeria.common.util.TimeoutMode;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.PromptHandler;
import io.millwright.http.Reply;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Listener;
import io.millwright.kernel.RequestContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/// One request from its headers to its answer.
///
/// It begins on the event loop, where it is checked and its body collected; then a virtual thread runs the
/// handler and sends the answer. What a [PromptHandler] knows to be quick is answered on the event loop at once.
final class Exchange implements Call, Runnable, BodyCollector.Outcome {
    private static final String EXPECTED_TIMEOUT = "x-envoy-expected-rq-timeout-ms";
    private static final Logger log = LoggerFactory.getLogger(Exchange.class);
    private static final byte[] NO_BODY = {};
    private static final long SMALL_BODY = 1 << 16;
    private static final int PROMPT_BODY = 1 << 14;
    private static final Duration SHORT_WAIT = Duration.ofMillis(10);
    /// What parsing a byte takes at most; see [Json#bytesToParse].
    private static final long PARSING_PROMPT = 5 + Json.TREE_BYTES_PER_TOKEN;
    /// What the web UI calls itself in `X-Requested-With`.
    private static final String UI = "millwright-ui";
    /// RFC 7239: the first element is what the outermost proxy saw.
    private static final Pattern FORWARDED_BY_HTTPS =
            Pattern.compile("[^,]*?\\bproto=\"?https\\b", Pattern.CASE_INSENSITIVE);

    private static final Pattern ADDRESS = Pattern.compile("[0-9A-Fa-f.:]{2,45}");

    private final HttpServer server;
    private final ServiceRequestContext ctx;
    private final HttpRequest request;
    private final String method;
    private final String rawPath;
    private final String rawQuery;
    private final String requestId;
    private final long startNanos = System.nanoTime();
    private final CompletableFuture<HttpResponse> answer = new CompletableFuture<>();

    private Dialect dialect;
    private Router.@Nullable Endpoint endpoint;
    private RequestContext context;
    private Map<String, String> rawVariables = Map.of();
    private Map<String, String> variables = Map.of();
    private @Nullable Map<String, List<String>> query;
    private BodyEncoding encoding = BodyEncoding.IDENTITY;
    private byte[] body = NO_BODY;
    private @Nullable BodyBuffer bodyBuffer;
    private MemoryBudget.@Nullable Share parsing;
    private @Nullable BodyStream bodyStream;
    private @Nullable InputStream decodedStream;
    private volatile boolean bodyArrived = true;
    private boolean isTaken;
    /// Until when the client waits, when it says so and it is sooner than the server's own limit.
    private @Nullable Duration deadline;

    Exchange(HttpServer server, ServiceRequestContext ctx, HttpRequest request) {
        this.server = server;
        this.ctx = ctx;
        this.request = request;
        this.method = request.method().name();
        String target = Optional.ofNullable(ctx.routingContext().requestTarget().rawPath())
                .orElse(request.path());
        int question = target.indexOf('?');
        this.rawPath = question < 0 ? target : target.substring(0, question);
        this.rawQuery = question < 0 ? "" : target.substring(question + 1);
        this.requestId = server.requestIds.idOf(request.headers().get(HttpServer.X_REQUEST_ID));
        this.dialect = isGrpc() ? Dialect.GRPC : Dialect.ofPath(rawPath);
        this.context = server.authenticator.begin(requestId, RequestContext.DEFAULT_WORKSPACE, address());
    }

    /// Checks the request and starts answering it; called on the event loop.
    HttpResponse begin() {
        server.metrics.begin();
        try {
            check();
        } catch (Failure failure) {
            return refuseAfterBody(failure, Map.of());
        }
        String closedBecause = request.headers().get(Http1Guard.REFUSED);
        if (closedBecause != null) {
            ErrorCode code = closedBecause.equals(Http1Guard.INVALID_PATH) ? INVALID_ARGUMENT : MALFORMED_REQUEST;
            return refuse(code.because(closedBecause), HttpServer.CLOSE);
        }
        switch (server.router.match(method, rawPath)) {
            case Router.Match.Missing(Failure failure, String allow) -> {
                if (allow.isEmpty()) return refuseAfterBody(failure, Map.of());
                if (method.equals("OPTIONS"))
                    return respond(Reply.noContent(204).with("allow", allow));
                return refuseAfterBody(failure, Map.of("allow", allow));
            }
            case Router.Match.Found(Router.Endpoint found, Map<String, String> raw) -> {
                endpoint = found;
                rawVariables = raw;
                dialect = found.route().dialect();
                // Whoever calls gRPC's path but does not speak it reads no status among headers.
                if (dialect == Dialect.GRPC && !isGrpc()) dialect = Dialect.OIP;
            }
        }
        try {
            keepDeadline();
            Optional<RequestContext> known = server.authenticator.known(context, endpoint.route(), authorization());
            if (known.isEmpty()) {
                server.run(this::signIn);
                return HttpResponse.of(answer);
            }
            context = known.get();
            acceptBody(endpoint.route().body());
        } catch (Failure failure) {
            return refuseSender(failure);
        }
        return HttpResponse.of(answer);
    }

    boolean isGrpc() {
        return GrpcWire.isGrpc(request.headers().get(HttpHeaderNames.CONTENT_TYPE));
    }

    /// Whether it is answered as a call of gRPC.
    boolean speaksGrpc() {
        return dialect == Dialect.GRPC;
    }

    /// How long the caller waits, as gRPC says it; over REST as Envoy tells those it passes requests on to.
    private Optional<Duration> patience() {
        if (isGrpc()) return GrpcWire.timeout(request.headers().get("grpc-timeout"));
        String millis = request.headers().get(EXPECTED_TIMEOUT);
        if (millis == null) return Optional.empty();
        if (millis.matches("\\d{1,9}")) return Optional.of(Duration.ofMillis(Integer.parseInt(millis)));
        throw INVALID_ARGUMENT.because("%s is '%s', expected milliseconds.", EXPECTED_TIMEOUT, millis);
    }

    private void keepDeadline() {
        Duration timeout = patience()
                .filter(told -> told.compareTo(server.settings.requestTimeout()) < 0)
                .orElse(null);
        if (timeout == null) return;
        deadline = timeout;
        // The library takes no time of 0; what has so little is answered before anything is computed, see run().
        ctx.setRequestTimeout(TimeoutMode.SET_FROM_START, timeout.isZero() ? Duration.ofMillis(1) : timeout);
    }

    /// Asks who sends this before its body is read; on a virtual thread of its own.
    private void signIn() {
        Router.Endpoint found = endpoint;
        if (found == null) throw new IllegalStateException("not begun");
        try {
            context = server.authenticator.signIn(context, found.route(), authorization());
            acceptBody(found.route().body());
        } catch (Failure failure) {
            answer.complete(refuseSender(failure));
        } catch (Throwable t) {
            answer.complete(respond(onThrown(t)));
        }
    }

    private HttpResponse refuseSender(Failure failure) {
        return refuseAfterBody(failure, Authenticator.headersOf(failure, isOwnPage()));
    }

    /// A small body is taken and dropped first: over HTTP/2, an answer that overtakes it ends the stream
    /// before the client has read why.
    private HttpResponse refuseAfterBody(Failure failure, Map<String, String> told) {
        long length = request.headers().contentLength();
        if (length <= 0 || length > SMALL_BODY || bodyBuffer != null) return refuse(failure, told);
        return HttpResponse.of(request.subscribe().handle((nothing, broken) -> refuse(failure, told)));
    }

    /// Whether a script of the web UI sends this. Its stream of changes can carry no header of its own, and over plain
    /// HTTP a browser does not say what a request is for; but only a script asks for a stream of events.
    private boolean isOwnPage() {
        RequestHeaders headers = request.headers();
        if (UI.equals(headers.get("x-requested-with"))) return true;
        if ("text/event-stream".equals(headers.get(HttpHeaderNames.ACCEPT))) return true;
        String mode = headers.get("sec-fetch-mode");
        return mode != null
                && !mode.equals("navigate")
                && "same-origin".equals(headers.get(HttpHeaderNames.SEC_FETCH_SITE));
    }

    /// What is presented: the header, or else the session of a browser.
    private @Nullable String authorization() {
        String header = request.headers().get(HttpHeaderNames.AUTHORIZATION);
        return header != null
                ? header
                : Authenticator.ofSession(request.headers().get(HttpHeaderNames.COOKIE));
    }

    /// Where the request comes from, without the port. Behind a trusted proxy, what that proxy saw.
    private String address() {
        String forwarded = server.settings.trustProxy() ? request.headers().get("x-forwarded-for") : null;
        if (forwarded != null) {
            String last = forwarded.substring(forwarded.lastIndexOf(',') + 1).strip();
            if (ADDRESS.matcher(last).matches()) return last;
        }
        return ctx.remoteAddress().getAddress().getHostAddress();
    }

    /// What is checked whatever the route.
    private void check() {
        RequestHeaders headers = request.headers();
        String host = headers.authority();
        if (host == null || !server.hostCheck.isAllowed(host)) {
            throw PERMISSION_DENIED.because(
                    "Invalid Host header '" + host + "': this server is not known under that name."
                            + " Use its address, or add the name to server.allowed-hosts.");
        }
        if (!isReading()) {
            checkOrigin(headers, host);
            checkSession(headers);
        }
        String workspace = headers.get(HttpServer.X_MLFLOW_WORKSPACE);
        Authenticator.refuseTokenInUrl(rawQuery);
        context = server.authenticator.begin(requestId, workspaceOf(workspace), context.address());
    }

    private boolean isReading() {
        return method.equals("GET") || method.equals("HEAD") || method.equals("OPTIONS");
    }

    /// A browser lets any page send requests here; its page's origin tells them from the user's own.
    private static void checkOrigin(RequestHeaders headers, String host) {
        String origin = headers.get(HttpHeaderNames.ORIGIN);
        if (origin != null && !HostCheck.isSameOrigin(origin, host)) {
            throw PERMISSION_DENIED.because(
                    "Cross-origin request blocked: a page of '" + origin
                            + "' may not change anything here. Send the request from a page of this server or from outside a browser.");
        }
        if ("cross-site".equals(headers.get(HttpHeaderNames.SEC_FETCH_SITE))) {
            throw PERMISSION_DENIED.because(
                    "Cross-origin request blocked: a page of another site may not change anything here."
                            + " Send the request from a page of this server or from outside a browser.");
        }
    }

    /// A browser adds the session's cookie by itself, also for a page of a neighbouring host. So where the cookie alone
    /// says who asks, the browser must say which page asks, and every browser does.
    private static void checkSession(RequestHeaders headers) {
        if (headers.contains(HttpHeaderNames.AUTHORIZATION) || headers.contains(HttpHeaderNames.ORIGIN)) return;
        if (Authenticator.ofSession(headers.get(HttpHeaderNames.COOKIE)) == null) return;
        if ("same-origin".equals(headers.get(HttpHeaderNames.SEC_FETCH_SITE))) return;
        throw PERMISSION_DENIED.because(
                "Cross-origin request blocked: a session's cookie changes something only with the Origin of a page of"
                        + " this server. Outside a browser, send a token as 'Authorization: Bearer'.");
    }

    private static String workspaceOf(@Nullable String name) {
        if (name == null || name.isEmpty() || name.equals(RequestContext.DEFAULT_WORKSPACE)) {
            return RequestContext.DEFAULT_WORKSPACE;
        }
        boolean valid = name.length() <= 63 && name.charAt(0) != '-' && name.charAt(name.length() - 1) != '-';
        for (int i = 0; valid && i < name.length(); i++) {
            char c = name.charAt(i);
            valid = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-';
        }
        if (valid) return name;
        throw INVALID_ARGUMENT.because("Workspace name '" + name
                + "' (X-MLFLOW-WORKSPACE) is not valid, expected 1 to 63 of a-z, 0-9 and '-', not at the ends.");
    }

    private void acceptBody(BodyKind kind) {
        long length = request.headers().contentLength();
        boolean empty = length == 0 || request.headers().isEndOfStream();
        switch (kind) {
            case NONE -> {
                // A small body that nobody asked for is taken first, for the same reason as in refuseAfterBody.
                if (empty || length < 0 || length > SMALL_BODY) {
                    server.run(this);
                } else {
                    var _ = request.subscribe().whenComplete((nothing, broken) -> server.run(this));
                }
            }
            case JSON -> {
                if (empty) {
                    server.run(this);
                    return;
                }
                encoding = BodyEncoding.of(request.headers().get(HttpHeaderNames.CONTENT_ENCODING));
                BodyEncoding.requireUtf8(request.headers().get(HttpHeaderNames.CONTENT_TYPE));
                collectBody(length);
            }
            case MESSAGE -> {
                if (!isGrpc()) {
                    throw MALFORMED_REQUEST.because(
                            "Content-Type is '%s', expected application/grpc: this path is called by clients of gRPC.",
                            request.headers().get(HttpHeaderNames.CONTENT_TYPE));
                }
                encoding = GrpcWire.encoding(request.headers().get("grpc-encoding"));
                collectBody(length);
            }
            case STREAM -> {
                encoding = BodyEncoding.of(request.headers().get(HttpHeaderNames.CONTENT_ENCODING));
                long cap = server.settings.maxUploadSizeBytes();
                if (length > cap) {
                    throw TOO_LARGE.because(
                            "The request body has %d bytes, at most %d are taken (server.max-upload-size)."
                                    + " Send less, or raise the setting.",
                            length, cap);
                }
                ctx.clearRequestTimeout(); // Uploads may take long; the stream watches their progress.
                bodyStream = new BodyStream(request, length, cap, server.settings.idleTimeout(), ctx.eventLoop());
                server.run(this);
            }
        }
    }

    private void collectBody(long length) {
        BodyBuffer buffer = newBodyBuffer("The request body");
        if (length > buffer.cap()) throw buffer.tooLarge(Long.toString(length));
        bodyBuffer = buffer;
        bodyArrived = false;
        request.subscribe(
                new BodyCollector(buffer, length, this, ctx.sessionProtocol().isMultiplex()),
                ctx.eventLoop(),
                SubscriptionOption.WITH_POOLED_OBJECTS);
    }

    private BodyBuffer newBodyBuffer(String what) {
        boolean anybody = endpoint != null && endpoint.route().need() == Need.PUBLIC;
        return anybody ? server.newSmallBodyBuffer(what, SMALL_BODY) : server.newBodyBuffer(what);
    }

    @Override
    public void collected() {
        bodyArrived = true;
        if (isPrompt()) context.call(this::answerHere);
        else server.run(this);
    }

    /// Whether the answer is a matter of microseconds, with nothing to wait for.
    private boolean isPrompt() {
        BodyBuffer collected = bodyBuffer;
        if (collected == null || collected.size() > PROMPT_BODY || encoding != BodyEncoding.IDENTITY) return false;
        if (endpoint == null || !(endpoint.route().handler() instanceof PromptHandler handler)) return false;
        // Whoever waits for less than that is told so by the event loop, which must be free for it.
        if (deadline != null && deadline.compareTo(SHORT_WAIT) < 0) return false;
        parsing = server.parsing.takeNow(PARSING_PROMPT * collected.size()).orElse(null);
        if (parsing == null) return false;
        try {
            variables = Percent.decodeAll(rawVariables);
            takeBody(collected);
            return context.call(() -> handler.isPrompt(this));
        } catch (RuntimeException e) {
            return false; // It is met, and told, on the other thread again.
        }
    }

    /// Answers on the event loop; what fails, or is large, on a virtual thread, since it may wait for something.
    private int answerHere() {
        Reply reply;
        try {
            reply = handle();
        } catch (Throwable thrown) {
            settle();
            server.run(() -> context.call(() -> deliver(onThrown(thrown))));
            return 0;
        }
        settle();
        if (reply == null || ReplySender.isSmall(reply)) deliver(reply);
        else server.run(() -> context.call(() -> deliver(reply)));
        return 0;
    }

    @Override
    public void refused(Failure failure) {
        answer.complete(refuse(failure, Map.of()));
    }

    @Override
    public void broken(Throwable cause) {
        server.metrics.end();
        answer.completeExceptionally(cause);
    }

    /// Runs the handler; on its own virtual thread.
    @Override
    public void run() {
        context.call(() -> {
            Listener.call(this::isNotAwaited, this::answer);
            return 0;
        });
    }

    private void answer() {
        Reply reply;
        try {
            reply = handle();
        } catch (IOException | UncheckedIOException e) {
            reply = onBrokenIo(e);
            if (reply == null) return;
        } catch (Throwable t) {
            reply = onThrown(t);
        } finally {
            settle();
        }
        deliver(reply);
    }

    private void settle() {
        releaseBody();
        server.authenticator.settle(requestId);
    }

    /// @param reply null when it went out while it was written
    private int deliver(@Nullable Reply reply) {
        try {
            if (reply != null) server.sender.send(ctx, this, reply, answer);
        } catch (RuntimeException | Error e) {
            log.error("answering failed: {} {}", method, rawPath, e);
            answer.completeExceptionally(e);
        } finally {
            if (bodyStream != null) bodyStream.close();
            server.metrics.end();
        }
        return 0;
    }

    /// The answer still to be sent; none when it went out while it was written.
    private @Nullable Reply handle() throws IOException {
        Router.Endpoint found = endpoint;
        if (found == null) throw new IllegalStateException("not begun");
        if (!isTaken) {
            variables = Percent.decodeAll(rawVariables);
            if (bodyBuffer != null) takeBody(bodyBuffer);
        }
        if (dialect == Dialect.GRPC) requireListener();
        Reply reply = found.route().handler().handle(this);
        return switch (reply.body()) {
            case Reply.Body.Stream(var writer, var gone) -> {
                releaseBody();
                gone.ifPresent(this::takeYourTime);
                yield server.sender.write(ctx, this, reply, writer, answer).orElse(null);
            }
            case Reply.Body.Feed(var writer) -> {
                releaseBody();
                server.sender.feed(ctx, this, reply, writer, answer);
                yield null;
            }
            case Reply.Body.Bytes(var message) when dialect == Dialect.GRPC -> GrpcWire.framed(reply, message);
            case Reply.Body.Bytes _, Reply.Body.Channel _ -> reply;
        };
    }

    private void takeYourTime(Runnable gone) {
        ctx.clearRequestTimeout();
        var _ = ctx.whenRequestCancelling().thenRun(gone);
    }

    private void takeBody(BodyBuffer collected) {
        body = collected.toArray();
        boolean message = dialect == Dialect.GRPC;
        if (message) {
            boolean packed = GrpcWire.isPacked(body);
            if (packed && encoding == BodyEncoding.IDENTITY)
                throw MALFORMED_REQUEST.because("The message is packed, and no grpc-encoding says how.");
            if (!packed) encoding = BodyEncoding.IDENTITY;
            body = GrpcWire.message(body);
        }
        if (encoding != BodyEncoding.IDENTITY) {
            BodyBuffer unpacked = newBodyBuffer("The request body, unpacked,");
            try {
                encoding.decode(body, unpacked);
                body = unpacked.toArray();
            } finally {
                collected.release();
                bodyBuffer = unpacked;
            }
        }
        // A value of one byte becomes a number of eight.
        if (parsing == null) parsing = server.parsing.take(message ? 9L * body.length : Json.bytesToParse(body));
        isTaken = true;
    }

    private void releaseBody() {
        body = NO_BODY;
        if (bodyBuffer != null) bodyBuffer.release();
        if (parsing != null) parsing.close();
    }

    static Failure outOfMemory() {
        return BUSY.because("The server is short of memory. Send this again in a moment, or ask for less at once.");
    }

    /// The answer when reading or writing failed; none when it was the client that went away.
    private @Nullable Reply onBrokenIo(Exception e) {
        if (bodyStream == null || !bodyStream.isBroken()) return onThrown(e);
        log.debug("client went away: {} {}: {}", method, rawPath, e.getMessage());
        bodyStream.close();
        server.metrics.end();
        answer.completeExceptionally(e);
        return null;
    }

    private Reply onThrown(Throwable thrown) {
        Reply reply = switch (thrown) {
            case Failure failure -> {
                if (failure.code() == PERMISSION_DENIED) {
                    server.authenticator.refused(context, failure, method, rawPath);
                }
                yield refusal(failure);
            }
            case JacksonException e when Json.malformed(e) instanceof Failure failure -> refusal(failure);
            case OutOfMemoryError e -> {
                log.error("out of memory: {} {}", method, rawPath);
                yield failed(outOfMemory());
            }
            default -> {
                log.error("request failed: {} {}", method, rawPath, thrown);
                yield failed(INTERNAL.because(
                        "An internal error occurred. The server's log tells more under request id " + requestId + "."));
            }
        };
        boolean unread = bodyStream != null && !bodyStream.isComplete();
        return unread && thrown instanceof Failure f && f.code() == TOO_SLOW
                ? reply.with("connection", "close")
                : reply;
    }

    private Reply refusal(Failure failure) {
        server.refusals.log(failure, requestId, method, rawPath, ctx.remoteAddress());
        return failed(failure);
    }

    private Reply failed(Failure failure) {
        return dialect.render(failure, requestId);
    }

    /// Answers what no handler gets to see.
    private HttpResponse refuse(Failure failure, Map<String, String> headers) {
        server.metrics.refused(failure.code().name());
        Reply reply = refusal(failure);
        for (var header : headers.entrySet()) reply = reply.with(header.getKey(), header.getValue());
        return respond(reply);
    }

    private HttpResponse respond(Reply reply) {
        server.metrics.end();
        measure(reply.status());
        return server.sender.small(this, reply);
    }

    void measure(int status) {
        if (endpoint != null) endpoint.metrics().answered(status, System.nanoTime() - startNanos);
        else server.metrics.unrouted().answered(status, System.nanoTime() - startNanos);
    }

    /// The answer to a request that was not answered in time, in the shape its client parses.
    Reply timedOut() {
        Duration told = deadline;
        if (told != null) return refusal(late(told));
        boolean waitedForBody = !bodyArrived;
        Failure failure = waitedForBody
                ? TOO_SLOW.because(
                        "The request body did not arrive within %d s (server.request-timeout). Send it again.",
                        server.settings.requestTimeout().toSeconds())
                : UNAVAILABLE.because(
                        "The request was not answered within %d s (server.request-timeout). Ask for less at once.",
                        server.settings.requestTimeout().toSeconds());
        return refusal(failure).with("connection", "close");
    }

    /// What nobody waits for any more is not computed.
    private void requireListener() {
        if (!isNotAwaited()) return;
        Duration told = deadline;
        throw told != null && isPast(told) ? late(told) : UNAVAILABLE.because("The call was cancelled by its client.");
    }

    private boolean isNotAwaited() {
        return deadline != null && isPast(deadline) || ctx.isCancelled();
    }

    private boolean isPast(Duration deadline) {
        return System.nanoTime() - startNanos >= deadline.toNanos();
    }

    private Failure late(Duration deadline) {
        return (isGrpc() ? TOO_SLOW : UNAVAILABLE)
                .because(
                        "The call was not answered within its deadline, %d ms. Give it more time, or ask for less at once.",
                        deadline.toMillis());
    }

    /// The answer when the library reports an error of this exchange.
    Reply onError(Throwable cause) {
        return context.call(() -> onThrown(cause));
    }

    String requestId() {
        return requestId;
    }

    @Override
    public String method() {
        return method.equals("HEAD") ? "GET" : method;
    }

    @Override
    public String rawPath() {
        return rawPath;
    }

    @Override
    public String pathVariable(String name) {
        String value = variables.get(name);
        if (value == null) throw new IllegalArgumentException("the route has no variable " + name);
        return value;
    }

    @Override
    public Map<String, List<String>> query() {
        Map<String, List<String>> decoded = query;
        if (decoded == null) query = decoded = Percent.decodeQuery(rawQuery);
        return decoded;
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(request.headers().get(name));
    }

    @Override
    public URI origin() {
        return URI.create(scheme() + "://" + request.headers().authority());
    }

    /// A client can write these headers too, so they count only where a proxy is known to set them.
    private String scheme() {
        if (!server.settings.trustProxy()) return "http";
        String forwarded = request.headers().get("forwarded");
        String proto = request.headers().get("x-forwarded-proto");
        boolean https = proto != null
                ? proto.split(",", 2)[0].strip().equalsIgnoreCase("https")
                : forwarded != null && FORWARDED_BY_HTTPS.matcher(forwarded).lookingAt();
        return https ? "https" : "http";
    }

    @Override
    public byte[] body() {
        return body;
    }

    @Override
    public InputStream stream() {
        BodyStream raw = bodyStream;
        if (raw == null) return InputStream.nullInputStream();
        InputStream decoded = decodedStream;
        if (decoded == null) decodedStream = decoded = encoding.unpack(raw, server.settings.maxUploadSizeBytes());
        return decoded;
    }

    @Override
    public long contentLength() {
        // Of a packed body it tells nothing about the content that the handler reads.
        return encoding == BodyEncoding.IDENTITY ? request.headers().contentLength() : -1;
    }

    @Override
    public RequestContext asOfNow() {
        Router.Endpoint found = endpoint;
        if (found == null) throw new IllegalStateException("not begun");
        Authenticator authenticator = server.authenticator;
        RequestContext begun = authenticator.begin(requestId, context.workspace(), context.address());
        return authenticator
                .known(begun, found.route(), authorization())
                .orElseGet(() -> authenticator.signIn(begun, found.route(), authorization()));
    }

    boolean isHead() {
        return method.equals("HEAD");
    }

    boolean acceptsGzip() {
        return BodyEncoding.accepts(request.headers().get(HttpHeaderNames.ACCEPT_ENCODING), "gzip");
    }
}
