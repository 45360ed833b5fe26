package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import io.millwright.ledger.TestDatabases;
import java.io.IOException;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Requests at and beyond what a database takes: answered, or refused as the client's fault, never a 500.
class DatabaseLimitsTest {
    private enum Database {
        SQLITE(Map.of()),
        POSTGRES(Map.of("db", TestDatabases.postgresUri().toString()));

        private final TestServer server;

        Database(Map<String, String> settings) {
            server = TestServer.start(settings);
        }

        RawHttp.Answer post(String path, String body) throws IOException {
            try (RawHttp raw = new RawHttp(server.uri())) {
                return raw.post("/api/2.0/mlflow/" + path, body).answer();
            }
        }

        RawHttp.Answer searchRuns(String fields) throws IOException {
            return post("runs/search", "{\"experiment_ids\": [\"0\"], " + fields + "}");
        }

        String newRun() throws IOException {
            var created = post("runs/create", "{\"experiment_id\": \"0\"}");
            return Json.MAPPER.readTree(created.body()).at("/run/info/run_id").asString();
        }
    }

    @AfterAll
    static void stop() {
        for (Database database : Database.values()) database.server.close();
    }

    private static String repeated(int count, String separator, java.util.function.IntFunction<String> part) {
        return IntStream.range(0, count).mapToObj(part).collect(Collectors.joining(separator));
    }

    private static void assertRefused(RawHttp.Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.text()).contains("INVALID_PARAMETER_VALUE");
    }

    private static void assertAnswered(RawHttp.Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource
    void as_many_orders_as_are_allowed_are_answered_and_more_refused(Database database) throws IOException {
        for (String entity : new String[] {"metrics", "params", "tags"}) {
            String fifty = repeated(50, ",", i -> "\"" + entity + ".k" + i + " DESC\"");

            assertAnswered(database.searchRuns("\"order_by\": [" + fifty + "]"));
            assertRefused(database.searchRuns("\"order_by\": [" + fifty + ", \"metrics.more\"]"));
        }
        for (int count : new int[] {50, 51, 100}) {
            String orders = repeated(count, ",", i -> "{\"field_name\": \"metrics.k" + i + "\"}");
            var answer = database.post(
                    "logged-models/search", "{\"experiment_ids\": [\"0\"], \"order_by\": [" + orders + "]}");

            if (count == 50) assertAnswered(answer);
            else assertRefused(answer);
        }
    }

    @ParameterizedTest
    @EnumSource
    void as_many_clauses_as_are_allowed_are_answered_and_more_refused(Database database) throws IOException {
        for (String clause : new String[] {
            "metrics.k# > #", "params.k# = 'v'", "tags.k# LIKE '%v'", "run_name != 'n#'", "dataset.name = 'd#'"
        }) {
            String most = repeated(60, " AND ", i -> clause.replace("#", String.valueOf(i)));

            assertAnswered(database.searchRuns("\"filter\": \"" + most + "\""));
            assertRefused(database.searchRuns("\"filter\": \"" + most + " AND metrics.more > 1\""));
        }
        String models = repeated(60, " AND ", i -> "metrics.k" + i + " > 1");
        assertAnswered(
                database.post("logged-models/search", "{\"experiment_ids\": [\"0\"], \"filter\": \"" + models + "\"}"));
        String experiments = repeated(60, " AND ", i -> "tags.k" + i + " = 'v'");
        assertAnswered(
                database.post("experiments/search", "{\"max_results\": 5, \"filter\": \"" + experiments + "\"}"));
    }

    @ParameterizedTest
    @EnumSource
    void long_lists_and_long_texts_in_a_filter_are_no_internal_error(Database database) throws IOException {
        assertAnswered(database.searchRuns("\"filter\": \"run_id IN (" + repeated(10_000, ",", i -> "''") + ")\""));
        assertAnswered(
                database.searchRuns("\"filter\": \"run_id IN (" + repeated(10_000, ",", i -> "'" + i + "'") + ")\""));
        assertAnswered(database.searchRuns("\"filter\": \"run_name = '" + "x".repeat(99_000) + "'\""));
    }

    @ParameterizedTest
    @EnumSource
    void a_long_pattern_is_refused_on_every_kind_of_field(Database database) throws IOException {
        for (String field : new String[] {"run_name", "params.p", "tags.t", "dataset.name"}) {
            for (String like : new String[] {"LIKE", "ILIKE"}) {
                assertAnswered(
                        database.searchRuns("\"filter\": \"%s %s '%s%%'\"".formatted(field, like, "x".repeat(49_000))));
                assertRefused(
                        database.searchRuns("\"filter\": \"%s %s '%s%%'\"".formatted(field, like, "x".repeat(50_000))));
                assertRefused(database.searchRuns(
                        "\"filter\": \"%s %s '%s'\"".formatted(field, like, "\u20ac".repeat(20_000))));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_pattern_that_would_keep_a_regular_expression_busy_for_ever_is_answered(Database database)
            throws IOException {
        String pattern = "%_".repeat(40) + "%S%";

        assertAnswered(database.searchRuns("\"filter\": \"status LIKE '" + pattern + "'\""));
        assertAnswered(database.searchRuns("\"filter\": \"status ILIKE '" + "%".repeat(40_000) + "x'\""));
    }

    @ParameterizedTest
    @EnumSource
    void thousands_of_experiments_are_searched_and_too_many_refused(Database database) throws IOException {
        String few = LongStream.range(0, 10_000).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(","));
        String many = LongStream.range(0, 150_000)
                .mapToObj(i -> "\"" + (Long.MAX_VALUE - i) + "\"")
                .collect(Collectors.joining(","));

        assertAnswered(database.post("runs/search", "{\"experiment_ids\": [" + few + "]}"));
        var answer = database.post("runs/search", "{\"experiment_ids\": [" + many + "]}");
        assertThat(answer.status()).as(answer.text()).isIn(200, 400);
    }

    @ParameterizedTest
    @EnumSource
    void a_long_model_id_is_refused(Database database) throws IOException {
        String run = database.newRun();
        Random random = new Random(3);
        String id = repeated(5000, "", i -> Integer.toString(random.nextInt(36), 36));

        String models = "{\"run_id\": \"" + run + "\", \"models\": [{\"model_id\": \"" + id + "\", \"step\": 1}]}";
        assertRefused(database.post("runs/log-inputs", models));
        assertRefused(database.post("runs/outputs", models));
        assertAnswered(database.post("runs/outputs", models.replace(id, id.substring(0, 250))));
    }

    @Test
    void a_text_that_an_index_cannot_take_is_the_clients_fault() throws IOException {
        Random random = new Random(4);
        String text = repeated(20_000, "", i -> Integer.toString(random.nextInt(36), 36));

        for (Database database : Database.values()) {
            String run = database.newRun();
            for (String[] request : new String[][] {
                {"experiments/create", "{\"name\": \"TEXT\"}"},
                {"experiments/set-experiment-tag", "{\"experiment_id\": \"0\", \"key\": \"TEXT\", \"value\": \"TEXT\"}"
                },
                {"runs/set-tag", "{\"run_id\": \"" + run + "\", \"key\": \"TEXT\", \"value\": \"TEXT\"}"},
                {"runs/log-metric", "{\"run_id\": \"" + run + "\", \"key\": \"TEXT\", \"value\": 1, \"timestamp\": 1}"},
                {"runs/create", "{\"experiment_id\": \"0\", \"user_id\": \"TEXT\", \"run_name\": \"TEXT\"}"},
                {
                    "logged-models",
                    "{\"experiment_id\": \"0\", \"name\": \"TEXT\", \"model_type\": \"TEXT\", \"source_run_id\": \"TEXT\","
                            + " \"tags\": [{\"key\": \"TEXT\", \"value\": \"TEXT\"}], \"params\": [{\"key\": \"TEXT\", \"value\": \"TEXT\"}]}"
                },
            }) {
                var answer = database.post(request[0], request[1].replace("TEXT", text));
                assertThat(answer.status()).as(database + " " + request[0]).isIn(200, 400);
            }
        }
    }
}
