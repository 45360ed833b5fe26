package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millwright.http.Json;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// One line for each refused request, wherever it was refused.
class RefusalLogTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(RefusalLog.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
        LogEncoder.json = false;
    }

    private static String encoded(ILoggingEvent event) {
        return new String(new LogEncoder().encode(event), StandardCharsets.UTF_8);
    }

    @Test
    void what_a_handler_refuses_is_logged_like_what_none_saw() throws Exception {
        try (TestServer server = TestServer.start(java.util.Map.of("server.max-body-size", "1KB"));
                RawHttp raw = new RawHttp(server.uri())) {
            String get = "GET %s HTTP/1.1\r\nHost: HOST\r\n\r\n";
            List<RawHttp.Answer> answers = List.of(
                    raw.send(get.formatted("/api/2.0/mlflow/experiments/get?experiment_id=987"))
                            .answer(),
                    raw.post("/api/2.0/mlflow/runs/create", "{\"experiment_id\": []}")
                            .answer(),
                    raw.post("/api/2.0/mlflow/runs/create", "{").answer(),
                    raw.send(get.formatted("/api/millwright/v1/uploads/nowhere"))
                            .answer(),
                    raw.send(get.formatted("/nowhere")).answer());

            assertThat(answers).extracting(RawHttp.Answer::status).containsExactly(404, 400, 400, 404, 404);
            assertThat(lines.list).hasSize(5);
            for (int i = 0; i < 5; i++) {
                String id = answers.get(i).headers().get("x-request-id");
                assertThat(encoded(lines.list.get(i))).contains("request=" + id + " refused: from=/127.0.0.1");
            }
            assertThat(encoded(lines.list.getFirst())).contains("NOT_FOUND", "experiments/get", "987");
        }
    }

    @Test
    void a_json_line_carries_the_request_as_a_field() {
        LogEncoder.json = true;
        RequestContext context = new RequestContext("r-\"1", Principal.LOCAL, RequestContext.DEFAULT_WORKSPACE);
        context.call(() -> {
            logger.info("inside");
            assertThat(Json.MAPPER
                            .readTree(encoded(lines.list.getLast()))
                            .path("request")
                            .asString())
                    .isEqualTo("r-\"1");
            return 0;
        });
        logger.atInfo().addKeyValue(LogEncoder.REQUEST, "r-2").log("named");
        assertThat(Json.MAPPER
                        .readTree(encoded(lines.list.getLast()))
                        .path("request")
                        .asString())
                .isEqualTo("r-2");
        logger.info("outside");
        JsonNode outside = Json.MAPPER.readTree(encoded(lines.list.getLast()));
        assertThat(outside.has("request")).isFalse();
        assertThat(outside.path("message").asString()).isEqualTo("outside");
    }

    @Test
    void a_flood_is_cut_and_what_was_left_out_is_counted() {
        try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
            timer.shutdown(); // This test ends the seconds itself.
            RefusalLog refusals = new RefusalLog(timer);
            for (int second = 0; second < 2; second++) {
                lines.list.clear();
                for (int i = 0; i < 1000; i++) {
                    refusals.log(
                            ErrorCode.NOT_FOUND.because("no"),
                            "r",
                            "GET",
                            "/x",
                            InetSocketAddress.createUnresolved("c", 1));
                }
                refusals.endSecond();
                refusals.endSecond();

                assertThat(lines.list).hasSize(RefusalLog.LINES_PER_SECOND + 1);
                assertThat(lines.list.getLast().getFormattedMessage())
                        .isEqualTo("refused: " + (1000 - RefusalLog.LINES_PER_SECOND)
                                + " more requests in the same second");
            }
        }
    }
}
