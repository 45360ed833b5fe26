package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// How the addresses begin that the server gives out.
class TrustedProxyTest {
    private static String partUrl(TestServer server, String headers) throws IOException {
        try (RawHttp raw = new RawHttp(server.uri())) {
            String body = "{\"path\": \"m.bin\", \"num_parts\": 1}";
            raw.send("POST /api/2.0/mlflow-artifacts/mpu/create/0/r HTTP/1.1\r\nHost: app.localhost\r\n" + headers
                    + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            return Json.MAPPER
                    .readTree(raw.answer().body())
                    .at("/credentials/0/url")
                    .asString();
        }
    }

    @Test
    void a_trusted_proxy_says_whether_its_clients_use_https() throws IOException {
        try (TestServer server = TestServer.start(Map.of("server.trust-proxy", "true"))) {
            for (String https : new String[] {
                "X-Forwarded-Proto: https\r\n",
                "X-Forwarded-Proto: HTTPS, http\r\n",
                "Forwarded: for=192.0.2.43;proto=https;by=203.0.113.43, for=1.2.3.4;proto=http\r\n",
                "Forwarded: proto=\"https\"\r\n"
            }) {
                assertThat(partUrl(server, https)).as(https).startsWith("https://app.localhost/api/2.0/");
            }
            for (String http : new String[] {
                "",
                "X-Forwarded-Proto: http, https\r\n",
                "X-Forwarded-Proto: javascript\r\n",
                "Forwarded: for=1.2.3.4, proto=https\r\n",
                "Forwarded: proto=httpsx\r\n",
                "X-Forwarded-Proto: http\r\nForwarded: proto=https\r\n"
            }) {
                assertThat(partUrl(server, http)).as(http).startsWith("http://app.localhost/api/2.0/");
            }
        }
    }

    @Test
    void without_one_nobody_says_so() throws IOException {
        try (TestServer server = TestServer.start()) {
            assertThat(partUrl(server, "X-Forwarded-Proto: https\r\nForwarded: proto=https\r\n"))
                    .startsWith("http://app.localhost/api/2.0/");
        }
    }
}
