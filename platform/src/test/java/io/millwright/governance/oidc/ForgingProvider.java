package io.millwright.governance.oidc;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/// An OpenID provider that answers whatever a test tells it to.
final class ForgingProvider implements AutoCloseable {
    private final HttpServer http;
    private final String issuer;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicInteger keyRequests = new AtomicInteger();
    private volatile String discovery;
    private volatile List<JWK> keys = List.of();
    private volatile int status = 200;
    private volatile String answer = "{}";
    private volatile boolean silent;
    private volatile Map<String, String> form = Map.of();
    private volatile String authorization = "";

    ForgingProvider() {
        try {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        http.setExecutor(threads);
        http.createContext("/.well-known/openid-configuration", call -> send(call, 200, discovery));
        http.createContext("/keys", call -> {
            keyRequests.incrementAndGet();
            send(call, 200, new JWKSet(keys).toPublicJWKSet().toString());
        });
        http.createContext("/token", this::token);
        http.start();
        issuer = "http://127.0.0.1:" + http.getAddress().getPort();
        discovery = usualDiscovery();
    }

    String issuer() {
        return issuer;
    }

    String usualDiscovery() {
        return """
                {"issuer": "ISSUER", "authorization_endpoint": "ISSUER/authorize?tenant=1",
                 "token_endpoint": "ISSUER/token", "jwks_uri": "ISSUER/keys"}""".replace("ISSUER", issuer());
    }

    void discovery(String document) {
        discovery = document;
    }

    void publish(JWK... published) {
        keys = List.of(published);
    }

    int keyRequests() {
        return keyRequests.get();
    }

    /// What the token endpoint answers from now on.
    void answer(int newStatus, String newAnswer) {
        status = newStatus;
        answer = newAnswer;
    }

    /// From now on the token endpoint takes requests and does not answer.
    void fallSilent() {
        silent = true;
    }

    /// What the token endpoint was sent last.
    Map<String, String> form() {
        return form;
    }

    String authorization() {
        return authorization;
    }

    private void token(HttpExchange call) throws IOException {
        String sent = new String(call.getRequestBody().readAllBytes(), UTF_8);
        form = Arrays.stream(sent.split("&"))
                .map(field -> field.split("=", 2))
                .collect(Collectors.toMap(field -> field[0], field -> URLDecoder.decode(field[1], UTF_8)));
        authorization = String.valueOf(call.getRequestHeaders().getFirst("authorization"));
        try {
            if (silent) closing.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (status == 302) call.getResponseHeaders().set("location", issuer() + "/keys");
        send(call, status, answer);
    }

    private static void send(HttpExchange call, int status, String body) throws IOException {
        try (call) {
            byte[] bytes = body.getBytes(UTF_8);
            call.getResponseHeaders().set("content-type", "application/json");
            call.sendResponseHeaders(status, bytes.length);
            call.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        if (closing.getCount() == 0) return;
        closing.countDown();
        http.stop(0);
        threads.close();
    }
}
