package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpRequestWriter;
import com.linecorp.armeria.common.RequestHeaders;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class BodyStreamTest {
    private final HttpRequestWriter request = HttpRequest.streaming(RequestHeaders.of(HttpMethod.PUT, "/"));
    private final Queue<Runnable> eventLoop = new ArrayDeque<>();
    private final BodyStream stream =
            new BodyStream(request, -1, Long.MAX_VALUE, Duration.ofSeconds(20), eventLoop::add);

    /// The library's decoder asks whether the request is open and then writes to it, and answers 500 when it was
    /// closed in between.
    @Test
    void a_reader_that_gives_up_closes_the_request_only_between_two_pieces() throws IOException {
        request.write(HttpData.ofUtf8("a"));
        assertThat(stream.read()).isEqualTo('a');

        stream.close();
        assertThat(request.tryWrite(HttpData.ofUtf8("piece"))).isTrue();

        eventLoop.remove().run();

        assertThat(request.isOpen()).isFalse();
    }
}
