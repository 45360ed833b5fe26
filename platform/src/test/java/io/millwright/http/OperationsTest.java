package io.millwright.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.RequestContext;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class OperationsTest {
    private final Operations operations = new Operations(new FakeClock(), new Ids(new Random(1)));
    private final Routes routes = new Routes();

    @BeforeEach
    void addRoutes() {
        operations.addRoutes(routes);
    }

    @AfterEach
    void close() {
        operations.close();
    }

    @Test
    void work_that_is_cancelled_ends_at_its_next_step() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        String id = id(operations.start("endless", progress -> endless(progress, ended)));
        awaitProgress(id);

        ask("POST", id, "/cancel");
        ended.await();

        assertThat(awaitEnd(id).path("state").asString()).isEqualTo("cancelled");
    }

    @Test
    void what_runs_ends_when_the_process_does() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        String id = id(operations.start("endless", progress -> endless(progress, ended)));
        awaitProgress(id);

        operations.close();

        assertThat(ended.getCount()).isZero();
    }

    @Test
    void a_failure_is_told_and_a_defect_is_not() throws Exception {
        String failure = id(operations.start("failing", progress -> {
            throw ErrorCode.UNAVAILABLE.because("The disk is full.");
        }));
        String defect = id(operations.start("failing", progress -> {
            throw new IllegalStateException("a secret");
        }));

        assertThat(awaitEnd(failure).at("/error/detail").asString()).isEqualTo("The disk is full.");
        assertThat(awaitEnd(failure).at("/error/code").asString()).isEqualTo("UNAVAILABLE");
        assertThat(awaitEnd(defect).path("state").asString()).isEqualTo("failed");
        assertThat(awaitEnd(defect).at("/error/detail").asString()).doesNotContain("secret");
    }

    @Test
    void only_so_many_run_at_once_and_those_that_ended_are_forgotten_first() throws Exception {
        String endless = id(operations.start("endless", progress -> endless(progress, new CountDownLatch(1))));
        for (int i = 0; i < 600; i++)
            awaitEnd(id(operations.start("short", progress -> Json.MAPPER.createArrayNode())));
        for (int i = 0; i < 7; i++) operations.start("endless", progress -> endless(progress, new CountDownLatch(1)));

        assertThat(ask("GET", endless, "").path("state").asString()).isEqualTo("running");
        assertThatThrownBy(() -> operations.start("one more", progress -> Json.MAPPER.createArrayNode()))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("8 operations are running");
    }

    @Test
    void what_is_told_of_a_result_is_decided_for_whoever_reads_it() throws Exception {
        JsonNode secret = Json.MAPPER.createArrayNode().add("a secret");
        JsonNode nothing = Json.MAPPER.createArrayNode();
        String id = id(operations.start(
                "checking",
                progress -> secret,
                result -> RequestContext.current().requestId().equals("trusted") ? result : nothing));
        var trusted = new RequestContext(
                "trusted",
                RequestContext.current().principal(),
                RequestContext.current().workspace());

        assertThat(awaitEnd(id).path("result")).isEqualTo(nothing);
        assertThat(trusted.<JsonNode, Exception>call(() -> ask("GET", id, "")).path("result"))
                .isEqualTo(secret);
        assertThat(ask("GET", id, "").path("result")).isEqualTo(nothing);
    }

    private static JsonNode endless(Operations.Progress progress, CountDownLatch ended) {
        try {
            for (long i = 1; ; i++) {
                progress.tell("steps", i);
                Thread.onSpinWait();
            }
        } finally {
            ended.countDown();
        }
    }

    private void awaitProgress(String id) throws Exception {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
        while (ask("GET", id, "").at("/progress/steps").asLong(0) == 0) {
            assertThat(Instant.now()).isBefore(deadline);
        }
    }

    private JsonNode awaitEnd(String id) throws Exception {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
        while (true) {
            JsonNode operation = ask("GET", id, "");
            if (!operation.path("state").asString().equals("running")) return operation;
            assertThat(Instant.now()).isBefore(deadline);
        }
    }

    private static String id(Reply begun) {
        assertThat(begun.status()).isEqualTo(202);
        String id = json(begun).path("operation_id").asString();
        assertThat(begun.headers()).containsEntry("location", "/api/millwright/v1/operations/" + id);
        return id;
    }

    private JsonNode ask(String method, String id, String rest) throws Exception {
        String path = "/api/millwright/v1/operations/{operation_id}" + rest;
        Route route = routes.all().stream()
                .filter(r -> r.method().equals(method) && r.path().equals(path))
                .findFirst()
                .orElseThrow();
        return json(route.handler().handle(new CallOf(method, id)));
    }

    private static JsonNode json(Reply reply) {
        ByteBuffer bytes = ((Reply.Body.Bytes) reply.body()).bytes();
        byte[] text = new byte[bytes.remaining()];
        bytes.get(text);
        return Json.MAPPER.readTree(text);
    }

    private record CallOf(String method, String id) implements Call {
        @Override
        public RequestContext asOfNow() {
            return RequestContext.current();
        }

        @Override
        public String rawPath() {
            return "";
        }

        @Override
        public String pathVariable(String name) {
            return id;
        }

        @Override
        public Map<String, List<String>> query() {
            return Map.of();
        }

        @Override
        public Optional<String> header(String name) {
            return Optional.empty();
        }

        @Override
        public URI origin() {
            return URI.create("http://localhost");
        }

        @Override
        public byte[] body() {
            return new byte[0];
        }

        @Override
        public InputStream stream() {
            return InputStream.nullInputStream();
        }

        @Override
        public long contentLength() {
            return 0;
        }
    }
}
