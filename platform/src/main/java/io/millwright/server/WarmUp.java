package io.millwright.server;

import io.millwright.lake.Folders;
import io.millwright.ledger.SqliteDb;
import io.millwright.serving.live.SampleModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Starts a server on a temporary home and sends it what clients usually send, so that the JVM that trains the
/// ahead-of-time cache sees the classes and methods of a real start. Run by the launcher after a build. Also unpacks
/// what every start would unpack.
final class WarmUp {
    /// Enough for the compiler's profiles, which the cache keeps: with too few of them a new server takes half a minute
    /// of load to come up to its speed.
    private static final int ROUNDS = 4000;
    private static final int CLIENTS = 8;
    private static final String MANY_METRICS = IntStream.range(0, 1000)
            .mapToObj(i -> String.format(
                    Locale.ROOT,
                    "{\"key\":\"k%d\",\"value\":%f,\"timestamp\":%d,\"step\":%d}",
                    i % 10,
                    i / 7.0,
                    1_700_000_000_000L + i,
                    i / 10))
            .collect(Collectors.joining(","));
    private static final Pattern RUN_ID = Pattern.compile("\"run_id\"\\s*:\\s*\"([0-9a-f]{32})\"");
    private static final String LARGE = "x".repeat(8 << 20);
    private static final String MODEL = "warm-up";
    private static final String ONE_ROW = rows(1);
    private static final String MANY_ROWS = rows(1000);

    /// For what a server does by itself after it was asked: it loads a model, brings predictions into the lake.
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private WarmUp() {}

    static void run() throws IOException {
        String libraries = System.getProperty("org.sqlite.lib.path");
        if (libraries != null) SqliteDb.unpackLibrary(Path.of(libraries));
        Path home = Files.createTempDirectory("millwright-warm-up-");
        ServerFlags flags = ServerFlags.parse(new String[] {
                    "server",
                    "--home",
                    home.toString(),
                    "--port",
                    "0",
                    "--set",
                    "log.level=error",
                    "--set",
                    "serving.log-every=1s"
                })
                .orElseThrow();
        Settings settings = Settings.read(SettingValues.of(flags.settings(), Map.of(), null));
        Logging.apply(settings.log());
        try (Assembly assembly = Assembly.start(settings)) {
            exercise(assembly.uri());
        } finally {
            Folders.remove(home);
        }
    }

    private static void exercise(URI server) {
        for (String path :
                new String[] {"/health", "/version", "/metrics", "/", "/api/millwright/v1/version", "/nowhere"}) {
            send(server, "GET", path, "");
        }
        String experiments = "/api/2.0/mlflow/experiments/";
        send(server, "POST", experiments + "create", "{\"name\":\"warm-up\"}");
        send(server, "POST", experiments + "search", "{\"max_results\":100}");
        eachRound(round -> exerciseRun(server, round));
        deployModel(server);
        eachRound(round -> exerciseModel(server, round));
        await(
                "the predictions' dataset",
                () -> status(server, "/api/millwright/v1/datasets/predictions." + MODEL) == 200);
    }

    private static void eachRound(IntConsumer exercise) {
        try (var clients = Executors.newFixedThreadPool(CLIENTS)) {
            for (int i = 0; i < ROUNDS; i++) {
                int round = i;
                clients.execute(() -> exercise.accept(round));
            }
        }
    }

    private static void deployModel(URI server) {
        String mlflow = "/api/2.0/mlflow/";
        Matcher created = RUN_ID.matcher(send(server, "POST", mlflow + "runs/create", "{\"experiment_id\":\"0\"}"));
        if (!created.find()) throw new IllegalStateException("no run");
        String run = created.group(1);
        String folder = "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/model/";
        send(server, "PUT", folder + "MLmodel", "flavors: {sklearn: {pickled_model: model.pkl}}");
        send(server, "PUT", folder + SampleModel.FILE, SampleModel.file());
        send(server, "POST", mlflow + "registered-models/create", "{\"name\":\"" + MODEL + "\"}");
        send(
                server,
                "POST",
                mlflow + "model-versions/create",
                "{\"name\":\"%s\",\"source\":\"runs:/%s/model\",\"run_id\":\"%s\"}".formatted(MODEL, run, run));
        send(server, "POST", "/api/millwright/v1/endpoints/" + MODEL + "/deploy", "{\"model\":\"" + MODEL + "/1\"}");
        await("the endpoint", () -> status(server, "/v2/models/" + MODEL + "/ready") == 200);
    }

    private static void exerciseModel(URI server, int round) {
        String infer = "/v2/models/" + MODEL + "/infer";
        send(server, "POST", infer, ONE_ROW);
        if (round % 4 == 0)
            send(
                    server,
                    "POST",
                    "/endpoints/" + MODEL + "/invocations",
                    "{\"inputs\":[[" + numbers(SampleModel.WIDTH) + "]]}");
        if (round % 20 == 0) send(server, "POST", infer, MANY_ROWS);
        if (round % 500 == 0) send(server, "GET", "/api/millwright/v1/endpoints/" + MODEL, "");
    }

    private static String rows(int count) {
        return "{\"inputs\":[{\"name\":\"input\",\"shape\":[%d,%d],\"datatype\":\"FP64\",\"data\":[%s]}]}"
                .formatted(count, SampleModel.WIDTH, numbers(count * SampleModel.WIDTH));
    }

    private static String numbers(int count) {
        return ThreadLocalRandom.current()
                .doubles(count, -2, 2)
                .mapToObj(number -> String.format(Locale.ROOT, "%.6f", number))
                .collect(Collectors.joining(","));
    }

    private static void await(String what, BooleanSupplier done) {
        Instant until = Instant.now().plus(PATIENCE);
        while (!done.getAsBoolean()) {
            if (Instant.now().isAfter(until)) throw new IllegalStateException("no sign of " + what);
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }

    private static void exerciseRun(URI server, int round) {
        String runs = "/api/2.0/mlflow/runs/";
        Matcher created = RUN_ID.matcher(
                send(
                        server,
                        "POST",
                        runs + "create",
                        "{\"experiment_id\":\"0\",\"run_name\":\"r\",\"start_time\":1,\"tags\":[{\"key\":\"a\",\"value\":\"b\"}]}"));
        if (!created.find()) return;
        String run = created.group(1);
        String id = "{\"run_id\":\"" + run + "\",";
        send(
                server,
                "POST",
                runs + "log-metric",
                id + "\"key\":\"m\",\"value\":0.5,\"timestamp\":1,\"step\":" + round + "}");
        send(
                server,
                "POST",
                runs + "log-batch",
                id + "\"metrics\":[{\"key\":\"n\",\"value\":1,\"timestamp\":1,\"step\":0},"
                        + "{\"key\":\"n\",\"value\":2,\"timestamp\":2,\"step\":1}],\"params\":[{\"key\":\"p\",\"value\":\"1\"}],"
                        + "\"tags\":[{\"key\":\"t\",\"value\":\"v\"}]}");
        send(server, "GET", runs + "get?run_id=" + run, "");
        send(server, "GET", "/api/2.0/mlflow/metrics/get-history?metric_key=n&run_id=" + run, "");
        if (round % 20 == 0) {
            send(server, "POST", runs + "log-batch", id + "\"metrics\":[" + MANY_METRICS + "]}");
            send(server, "GET", "/api/2.0/mlflow/metrics/get-history?metric_key=k1&run_id=" + run, "");
            send(
                    server,
                    "POST",
                    runs + "search",
                    "{\"experiment_ids\":[\"0\"],\"max_results\":50,\"filter\":\"metrics.m > 0.1 and"
                            + " params.p = '1'\",\"order_by\":[\"metrics.m DESC\"]}");
            String file = "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/model/data.txt";
            send(server, "PUT", file, "content");
            send(server, "GET", file, "");
            send(server, "GET", "/api/2.0/mlflow/artifacts/list?run_id=" + run, "");
        }
        if (round % 100 == 0) {
            String file = "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/model/large.txt";
            send(server, "PUT", file, LARGE + round);
            send(server, "GET", file, "");
        }
        send(server, "POST", runs + "update", id + "\"status\":\"FINISHED\",\"end_time\":2}");
    }

    private static String send(URI server, String method, String path, String body) {
        return send(server, method, path, body.getBytes(StandardCharsets.UTF_8));
    }

    private static String send(URI server, String method, String path, byte[] body) {
        try {
            HttpURLConnection connection = connection(server, method, path, body);
            var answer = connection.getResponseCode() < 400 ? connection.getInputStream() : connection.getErrorStream();
            return answer == null ? "" : new String(answer.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int status(URI server, String path) {
        try {
            return connection(server, "GET", path, new byte[0]).getResponseCode();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HttpURLConnection connection(URI server, String method, String path, byte[] body)
            throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) server.resolve(path).toURL().openConnection();
        connection.setRequestMethod(method);
        if (body.length > 0) {
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "application/json");
            connection.getOutputStream().write(body);
        }
        return connection;
    }
}
