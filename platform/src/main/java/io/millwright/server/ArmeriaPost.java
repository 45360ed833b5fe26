package io.millwright.server;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.Endpoint;
import com.linecorp.armeria.client.UnprocessedRequestException;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.client.proxy.ProxyConfig;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.RequestHeadersBuilder;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.SplitHttpResponse;
import io.millwright.registry.webhooks.HttpPost;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Sends what domains post to other machines, over HTTP/1.1. The address is given, so no name is looked up; Armeria
/// follows no redirect by itself, and no proxy is asked.
final class ArmeriaPost implements HttpPost, AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(10);
    private static final int MOST_BYTES_READ = 16_384;

    private final ReentrantLock lock = new ReentrantLock();
    /// Made on first use, since most servers have no webhook; guarded by the lock.
    private @Nullable ClientFactory factory;

    @Override
    public Answer send(Request request) throws IOException {
        WebClient client = WebClient.builder(
                        request.tls() ? SessionProtocol.H1 : SessionProtocol.H1C, endpoint(request))
                .factory(factory())
                .responseTimeout(request.timeout())
                .writeTimeout(request.timeout())
                .maxResponseLength(0)
                .build();
        RequestHeadersBuilder headers = RequestHeaders.builder(HttpMethod.POST, request.target());
        headers.add(HttpHeaderNames.USER_AGENT, "Millwright/" + Version.MILLWRIGHT);
        request.headers().forEach(headers::add);
        try {
            SplitHttpResponse response = client.execute(HttpRequest.of(headers.build(), HttpData.wrap(request.body())))
                    .split();
            ResponseHeaders answer = response.headers().get();
            return new Answer(
                    answer.status().code(),
                    Optional.ofNullable(answer.get(HttpHeaderNames.RETRY_AFTER)),
                    beginning(response));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (ExecutionException e) {
            throw told(e.getCause() == null ? e : e.getCause());
        }
    }

    private static Endpoint endpoint(Request request) throws IOException {
        try {
            return Endpoint.of(request.host(), request.port())
                    .withIpAddr(request.address().getHostAddress());
        } catch (IllegalArgumentException e) {
            throw new IOException("the host's name is not understood: " + e.getMessage(), e);
        }
    }

    /// The status counts even when the body breaks off.
    private static byte[] beginning(SplitHttpResponse response) {
        try (InputStream body = response.body().toInputStream(data -> data)) {
            return body.readNBytes(MOST_BYTES_READ);
        } catch (IOException e) {
            return new byte[0];
        }
    }

    private static IOException told(Throwable thrown) {
        if (thrown instanceof UnprocessedRequestException unprocessed) {
            Throwable cause = unprocessed.getCause() == null ? unprocessed : unprocessed.getCause();
            return new NotConnected("no connection: " + cause);
        }
        return new IOException(thrown.toString(), thrown);
    }

    private ClientFactory factory() {
        lock.lock();
        try {
            ClientFactory known = factory;
            if (known == null) {
                factory = known = ClientFactory.builder()
                        .connectTimeout(CONNECT_TIMEOUT)
                        .idleTimeout(IDLE_TIMEOUT)
                        .proxyConfig(ProxyConfig.direct())
                        // As MLflow spells them, for receivers that do not know that case does not count.
                        .http1HeaderNaming(name -> spelled(name.toString()))
                        .build();
            }
            return known;
        } finally {
            lock.unlock();
        }
    }

    private static String spelled(String name) {
        return switch (name) {
            case "x-mlflow-delivery-id" -> "X-MLflow-Delivery-Id";
            case "x-mlflow-timestamp" -> "X-MLflow-Timestamp";
            case "x-mlflow-signature" -> "X-MLflow-Signature";
            case "content-type" -> "Content-Type";
            case "content-length" -> "Content-Length";
            case "host" -> "Host";
            case "user-agent" -> "User-Agent";
            default -> name;
        };
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (factory != null) factory.close();
        } finally {
            lock.unlock();
        }
    }
}
