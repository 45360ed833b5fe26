package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.Server;
import io.millwright.registry.webhooks.HttpPost;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ArmeriaPostTest {
    @Test
    void a_receiver_whose_certificate_nobody_vouches_for_gets_nothing() {
        var reached = new AtomicInteger();
        Server receiver = Server.builder()
                .https(0)
                .tlsSelfSigned()
                .service("/", (context, request) -> {
                    reached.incrementAndGet();
                    return HttpResponse.of(200);
                })
                .build();
        receiver.start().join();
        try (ArmeriaPost http = new ArmeriaPost()) {
            assertThatThrownBy(() -> http.send(request(true, "localhost", receiver.activeLocalPort())))
                    .isInstanceOf(HttpPost.NotConnected.class)
                    .hasMessageContaining("SSL");
        } finally {
            receiver.stop().join();
        }
        assertThat(reached).hasValue(0);
    }

    /// The name in the URL is told as `Host` and never looked up: this one does not exist.
    @Test
    void the_given_address_is_opened_whatever_the_name() throws Exception {
        Server receiver = Server.builder()
                .http(0)
                .service(
                        "/",
                        (context, request) -> HttpResponse.of(request.headers().authority()))
                .build();
        receiver.start().join();
        int port = receiver.activeLocalPort();
        try (ArmeriaPost http = new ArmeriaPost()) {
            HttpPost.Answer answer = http.send(request(false, "nowhere.invalid", port));

            assertThat(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo("nowhere.invalid:" + port);
        } finally {
            receiver.stop().join();
        }
    }

    private static HttpPost.Request request(boolean tls, String host, int port) {
        return new HttpPost.Request(
                tls,
                host,
                port,
                InetAddress.getLoopbackAddress(),
                "/",
                Map.of("Content-Type", "application/json"),
                "{}".getBytes(StandardCharsets.UTF_8),
                Duration.ofSeconds(20));
    }
}
