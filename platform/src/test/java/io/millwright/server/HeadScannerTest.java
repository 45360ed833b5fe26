package io.millwright.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// However the bytes of a connection are cut, the same requests are found out.
class HeadScannerTest {
    private static final String PLAIN = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String WITH_LENGTH =
            "POST / HTTP/1.1\r\nContent-Length: 31\r\n\r\nTransfer-Encoding: chunked\r\n\r\nx";
    private static final String CHUNKED =
            "POST / HTTP/1.1\nTRANSFER-encoding: chunked\n\n1e;x=y\r\nContent-Length: 5\r\n\r\nGET / H\r\n1\r\nx\r\n0\r\nContent-Length: 7\r\n\r\n";
    private static final String BOTH = "POST / HTTP/1.1\r\nContent-Length: 100\r\nX: " + "y".repeat(100)
            + "\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    private static final String BOTH_THE_OTHER_WAY =
            "\r\nPOST / HTTP/1.1\r\ntransfer-encoding:chunked\r\ncontent-length:0\r\n\r\n0\r\n\r\n";

    private static final List<String> KINDS = List.of(PLAIN, WITH_LENGTH, CHUNKED, BOTH, BOTH_THE_OTHER_WAY);

    @Test
    void requests_with_both_framings_are_found_wherever_the_bytes_are_cut() {
        for (int seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            StringBuilder connection = new StringBuilder();
            List<Boolean> expected = new ArrayList<>();
            for (int i = random.nextInt(6); i >= 0; i--) {
                int kind = random.nextInt(KINDS.size());
                connection.append(KINDS.get(kind));
                expected.add(kind >= 3);
            }

            Http1Guard.HeadScanner scanner = scan(connection.toString(), random);

            List<Boolean> found = new ArrayList<>();
            for (int i = 1; i <= expected.size(); i++) found.add(scanner.hadBothFramings(i));
            assertThat(found).as("seed %d", seed).isEqualTo(expected);
        }
    }

    @Test
    void after_an_upgrade_the_bytes_are_no_longer_read() {
        Http1Guard.HeadScanner scanner = scan(PLAIN + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + BOTH, new Random(1));

        assertThat(scanner.sawHttp2Preface).isTrue();
        assertThat(scanner.hadBothFramings(3)).isFalse();
    }

    private static Http1Guard.HeadScanner scan(String connection, Random random) {
        Http1Guard.HeadScanner scanner = new Http1Guard.HeadScanner();
        byte[] bytes = connection.getBytes(US_ASCII);
        for (int at = 0; at < bytes.length; ) {
            int n = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 5 : 300));
            scanner.scan(Unpooled.wrappedBuffer(bytes, at, n));
            at += n;
        }
        return scanner;
    }
}
