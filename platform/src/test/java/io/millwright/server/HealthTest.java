package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HealthTest {
    @Test
    void it_is_down_while_a_part_does_not_answer() {
        AtomicBoolean broken = new AtomicBoolean();
        AtomicLong now = new AtomicLong();
        Health health = new Health(
                Map.of(
                        "database", () -> {},
                        "artifact store",
                                () -> {
                                    if (broken.get()) throw ErrorCode.UNAVAILABLE.because("secret place");
                                }),
                now::get);

        health.check();
        broken.set(true);
        now.addAndGet(Duration.ofSeconds(2).toNanos());

        assertThatThrownBy(health::check)
                .isInstanceOf(Failure.class)
                .hasMessageContaining("The artifact store does not answer")
                .hasMessageNotContaining("secret");
        broken.set(false);
        now.addAndGet(Duration.ofSeconds(2).toNanos());
        assertThatCode(health::check).doesNotThrowAnyException();
    }

    @Test
    void many_probes_ask_once_a_second() {
        AtomicInteger asked = new AtomicInteger();
        AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // The clock's zero is anywhere.
        Health health = new Health(Map.of("database", (Runnable) asked::incrementAndGet), now::get);

        for (int i = 0; i < 100; i++) health.check();
        assertThat(asked).hasValue(1);
        now.addAndGet(Duration.ofMillis(1100).toNanos());
        health.check();
        assertThat(asked).hasValue(2);
    }

    @Test
    void a_server_whose_artifacts_went_away_is_not_healthy_until_they_are_back() throws IOException {
        try (TestServer server = TestServer.start()) {
            Path blobs = server.home().resolve("artifacts/blobs");
            Path away = server.home().resolve("away");
            assertThat(health(server)).isEqualTo("200 OK");

            Files.move(blobs, away);
            assertThat(comesToBe(server, "503 The artifact store does not answer. The server's log tells why.\n"))
                    .isTrue();
            Files.move(away, blobs);
            assertThat(comesToBe(server, "200 OK")).isTrue();
        }
    }

    private static boolean comesToBe(TestServer server, String expected) throws IOException {
        Instant deadline = Instant.now().plusSeconds(30);
        while (Instant.now().isBefore(deadline)) if (health(server).equals(expected)) return true;
        return false;
    }

    private static String health(TestServer server) throws IOException {
        try (RawHttp raw = new RawHttp(server.uri())) {
            var answer = raw.send("GET /health HTTP/1.1\r\nHost: HOST\r\n\r\n").answer();
            return answer.status() + " " + answer.text();
        }
    }
}
