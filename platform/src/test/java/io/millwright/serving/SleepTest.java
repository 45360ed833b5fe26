package io.millwright.serving;

import static io.millwright.serving.ServedModels.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.server.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// An endpoint nobody asks gives its memory back, and nobody who asks it then can tell.
class SleepTest {
    private static ServedModels served;

    @BeforeAll
    static void start() {
        // No two models fit.
        served = new ServedModels(TestServer.start(Map.of("serving.memory", "1000B")));
        served.register("steps", 1);
        served.register("steps", 2);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static JsonNode endpoint(String name) {
        return json(served.get("/api/millwright/v1/endpoints/" + name));
    }

    private static void awaitAsleep(String name) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!endpoint(name).path("asleep").asBoolean(false)) {
            assertThat(System.nanoTime()).as("%s falls asleep", name).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private static JsonNode policy(String endpoint, String change) {
        return json(served.send("PUT", "/api/millwright/v1/endpoints/" + endpoint + "/policy", change));
    }

    private static int answered(String endpoint) {
        return json(served.get("/api/millwright/v1/endpoints/" + endpoint + "/activity"))
                .at("/now/0/answered")
                .asInt(-1);
    }

    @Test
    void one_that_nobody_asks_sleeps_and_is_woken_by_who_asks() {
        served.deploy("drowsy", "{\"model\": \"steps/2\"}");
        policy("drowsy", "{\"sleep_after_seconds\": 1}");
        served.predict("drowsy", 3);
        JsonNode awake = endpoint("drowsy");

        awaitAsleep("drowsy");

        JsonNode asleep = endpoint("drowsy");
        assertThat(asleep.path("serving_revision")).isEqualTo(awake.path("serving_revision"));
        assertThat(asleep.at("/models/0/inputs")).isEqualTo(awake.at("/models/0/inputs"));
        assertThat(json(served.get("/v2/models/drowsy")).path("inputs").size()).isEqualTo(1);
        assertThat(served.get("/v2/models/drowsy/ready").statusCode()).isEqualTo(200);
        int before = answered("drowsy");

        List<Double> answers = IntStream.range(0, 20)
                .parallel()
                .mapToObj(i -> served.predict("drowsy", i % 2 == 0 ? 3 : 30))
                .toList();

        assertThat(answers)
                .isEqualTo(Stream.iterate(2.0, last -> last == 2.0 ? 2.5 : 2.0)
                        .limit(20)
                        .toList());
        assertThat(endpoint("drowsy").has("asleep")).isFalse();
        assertThat(answered("drowsy")).isEqualTo(before + 20);
    }

    @Test
    void one_that_sleeps_can_be_changed() {
        served.deploy("changed", "{\"model\": \"steps/1\"}");
        policy("changed", "{\"sleep_after_seconds\": 1}");
        awaitAsleep("changed");

        served.deploy("changed", "{\"model\": \"steps/2\"}");

        assertThat(served.predict("changed", 3)).isEqualTo(2);
    }

    @Test
    void those_not_asked_for_longest_sleep_when_memory_is_short() {
        served.deploy("older", "{\"model\": \"steps/1\"}");
        served.deploy("newer", "{\"model\": \"steps/2\"}");

        awaitAsleep("older");

        assertThat(served.predict("older", 3)).isEqualTo(1);
        assertThat(served.predict("newer", 3)).isEqualTo(2);
    }

    @Test
    void a_policy_that_makes_no_sense_is_refused() {
        served.deploy("refused", "{\"model\": \"steps/1\"}");

        var answer = served.send("PUT", "/api/millwright/v1/endpoints/refused/policy", "{\"sleep_after_seconds\": -1}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("sleep_after_seconds").contains("expected 0");
    }
}
