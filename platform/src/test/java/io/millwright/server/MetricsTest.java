package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class MetricsTest {
    @Test
    void metrics_tell_when_the_ledger_last_sealed() throws Exception {
        long before = Instant.now().getEpochSecond();
        try (TestServer server = TestServer.start();
                RawHttp raw = new RawHttp(server.uri())) {
            byte[] body = raw.send("GET /metrics HTTP/1.1\r\nHost: HOST\r\n\r\n")
                    .answer()
                    .body();

            String line = new String(body, UTF_8)
                    .lines()
                    .filter(each -> each.startsWith("millwright_ledger_last_seal_timestamp_seconds "))
                    .findFirst()
                    .orElseThrow();
            assertThat(Double.parseDouble(line.split(" ")[1]))
                    .isBetween((double) before, (double) Instant.now().getEpochSecond());
        }
    }
}
