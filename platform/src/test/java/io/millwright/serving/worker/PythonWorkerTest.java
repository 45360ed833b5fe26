package io.millwright.serving.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Listener;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.folder.ModelFolder;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import io.millwright.serving.predict.InputPolicy;
import io.millwright.serving.wire.Invocation;
import io.millwright.serving.wire.Predictions;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Models in real processes of Python: the interpreter with MLflow that `MILLWRIGHT_PEERS_PYTHON` names.
class PythonWorkerTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final WorkerSettings USUAL = new WorkerSettings(2, Duration.ofSeconds(20), 4_000_000_000L);
    private static final String COLUMNS = """
            [{"type": "double", "name": "x", "required": true},
             {"type": "string", "name": "act", "required": false},
             {"type": "long", "name": "whole", "required": false},
             {"type": "integer", "name": "small", "required": false},
             {"type": "float", "name": "single", "required": false},
             {"type": "boolean", "name": "flag", "required": false},
             {"type": "datetime", "name": "moment", "required": false},
             {"type": "string", "name": "file", "required": false}]""";

    @TempDir
    private static Path folders;

    private static WorkerPredictor usual;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(
                System.getenv("MILLWRIGHT_PEERS_PYTHON") != null,
                "set MILLWRIGHT_PEERS_PYTHON to a python with mlflow");
        usual = start(COLUMNS, "answers", USUAL);
    }

    @AfterAll
    static void stop() {
        if (usual != null) usual.close();
    }

    private static PythonEnvironments.Environment environment() {
        return new PythonEnvironments.Environment(
                Path.of(System.getenv("MILLWRIGHT_PEERS_PYTHON")),
                Path.of("../sdk/python").toAbsolutePath().normalize());
    }

    /// @param signature of the inputs; empty for none
    /// @param data what the model loads
    private static ModelFolder folder(String signature, String data) throws IOException {
        Path folder = Files.createDirectories(
                Files.createTempDirectory(folders, "model").resolve("it"));
        Files.createDirectory(folder.resolve("code"));
        Files.writeString(folder.resolve("code/worker_model.py"), resource("worker_model.py"));
        Files.writeString(folder.resolve("data"), data);
        Files.writeString(
                folder.resolve("MLmodel"),
                "flavors:\n  python_function: {loader_module: worker_model, code: code, data: data}\n"
                        + (signature.isEmpty() ? "" : "signature: {inputs: '" + signature.replace("\n", " ") + "'}\n"));
        return ModelFolder.of(folder);
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = PythonWorkerTest.class.getResourceAsStream("/serving/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static WorkerPredictor start(String signature, String data, WorkerSettings settings) throws IOException {
        return WorkerPredictor.start(environment(), folder(signature, data), "asked/1", settings);
    }

    private static Frame rows(String act, double... x) {
        String[] acts = new String[x.length];
        Arrays.fill(acts, act);
        return new Frame(
                x.length, List.of(Column.of("x", FieldType.FLOAT64, 1, true, x), Column.of("act", 1, true, acts)));
    }

    private static double[] numbers(Frame answer) {
        return answer.columns().getFirst().numbers();
    }

    private static void waitUntil(BooleanSupplier true_) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!true_.getAsBoolean()) {
            assertThat(System.nanoTime()).as("a minute has passed").isLessThan(deadline);
            Thread.yield();
        }
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    private static JsonNode ours(WorkerPredictor predictor, String body) {
        Frame answer = ask(predictor, json(body.getBytes(StandardCharsets.UTF_8)));
        StringWriter written = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(written)) {
            json.writeStartObject().writeName("predictions");
            Predictions.write(json, answer);
            json.writeEndObject();
        }
        return JSON.readTree(written.toString());
    }

    private static void assertSameAsScoringServer(String signature, List<String> bodies) throws IOException {
        ModelFolder folder = folder(signature, "answers");
        Path script = Files.writeString(folders.resolve("scoring_server.py"), resource("scoring_server.py"));
        PythonEnvironments.Ran ran = environment()
                .run(
                        List.of(script.toString(), folder.root().toString(), "[" + String.join(",", bodies) + "]"),
                        Duration.ofMinutes(1));
        assertThat(ran.lastLine()).as(ran.tail()).startsWith("answers: ");
        JsonNode theirs = JSON.readTree(ran.lastLine().substring("answers: ".length()));

        try (WorkerPredictor predictor = WorkerPredictor.start(environment(), folder, "asked/1", USUAL)) {
            for (int i = 0; i < bodies.size(); i++) {
                assertThat(ours(predictor, bodies.get(i))).as(bodies.get(i)).isEqualTo(theirs.get(i));
            }
        }
    }

    private static String body(String act) {
        return """
                {"dataframe_split": {"columns": ["x", "act"], "data": [[1.5, "%1$s"], [-2.25, "%1$s"]]}}""".formatted(act);
    }

    @Test
    void answers_are_those_of_mlflows_scoring_server() throws IOException {
        List<String> bodies = new ArrayList<>();
        for (String act :
                List.of("double", "frame", "series", "matrix", "texts", "records", "by_name", "flags", "narrow")) {
            bodies.add(body(act));
        }
        bodies.add("""
                {"dataframe_records": [{"x": 1.5, "act": "types", "whole": 3, "small": 4, "single": 0.1, "flag": true,
                                        "moment": "2026-01-02T03:04:05"}]}""");
        bodies.add("""
                {"dataframe_split": {"columns": ["act", "x", "file"], "data": [["types", 1, null], ["types", 2, "f"]]}}""");
        bodies.add("""
                {"inputs": {"x": [1, 2, 3]}}""");
        assertSameAsScoringServer(COLUMNS, bodies);
    }

    @Test
    void tensors_become_arrays_of_the_declared_shape_and_type() throws IOException {
        assertSameAsScoringServer("""
                [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2, 2]}}]""", List.of("""
                {"instances": [[[1, 2], [3, 4]], [[0.1, 0.2], [0.3, 0.4]]]}"""));
    }

    @Test
    void without_a_signature_named_columns_are_a_frame_and_others_an_array() throws IOException {
        assertSameAsScoringServer("", List.of("""
                {"dataframe_split": {"columns": ["x", "act"], "data": [[1, "types"], [2, "types"]]}}""", """
                {"inputs": [[1, 2], [3, 4.5]]}""", """
                {"instances": [1, 2, 3]}"""));
    }

    @Test
    void params_reach_the_model_as_its_signature_says() throws IOException {
        String signature = COLUMNS + """
                ', params: '[{"name": "heat", "type": "double", "default": 0.5, "shape": null},
                            {"name": "stop", "type": "string", "default": ["a"], "shape": [-1]}]""";
        List<String> bodies = new ArrayList<>();
        for (String params : List.of("{}", "{\"heat\": 2}", "{\"stop\": [\"b\", \"c\"], \"unknown\": 1}", "null")) {
            bodies.add(body("told").replaceFirst("\\{", "{\"params\": " + params + ", "));
        }
        assertSameAsScoringServer(signature, bodies);
        try (WorkerPredictor predictor = start(signature, "answers", USUAL)) {
            assertThatThrownBy(() -> ask(predictor, json("""
                            {"params": {"heat": "hot"}, "inputs": {"x": [1]}}""".getBytes(StandardCharsets.UTF_8))))
                    .isInstanceOfSatisfying(Failure.class, failure -> {
                        assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
                        assertThat(failure.message()).contains("heat").contains("hot");
                    });
        }
        assertThatThrownBy(() -> json("""
                        {"params": [1], "inputs": {"x": [1]}}""".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("'params' is not an object");
    }

    @Test
    void a_value_that_the_declared_type_cannot_hold_is_refused_by_column() {
        assertThatThrownBy(() -> ask(usual, json("""
                        {"dataframe_split": {"columns": ["x", "whole"], "data": [[1, 2], [1, 2.5]]}}""".getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("whole")
                .hasMessageContaining("2.5");
        assertThatThrownBy(() -> ask(usual, json("""
                        {"dataframe_split": {"columns": ["act"], "data": [["double"]]}}""".getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("missing inputs ['x']");
    }

    @Test
    void what_has_no_columns_is_refused_and_not_rounded() {
        for (String act : List.of("huge", "ragged", "nothing")) {
            assertThatThrownBy(() -> ask(usual, rows(act, 1)))
                    .as(act)
                    .isInstanceOfSatisfying(
                            Failure.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNSUPPORTED));
        }
        assertThat(numbers(ask(usual, rows("scalar", 1, 2)))).containsExactly(3);
    }

    @Test
    void what_a_model_raises_is_told_in_one_line() {
        assertThatThrownBy(() -> ask(usual, rows("fails", 1))).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(failure.message()).endsWith("x is not to my taste").doesNotContain("Traceback");
        });
        assertThatThrownBy(() -> ask(usual, rows("stops", 1))).hasMessageContaining("SystemExit: enough");
    }

    @Test
    void what_a_model_prints_disturbs_nothing() {
        for (int i = 0; i < 20; i++)
            assertThat(numbers(ask(usual, rows("prints", i)))).containsExactly(2 * i);
    }

    @Test
    void many_requests_at_once_get_each_their_own_answer() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Frame>> answers = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                double value = i;
                answers.add(threads.submit(() -> ask(usual, rows("double", value, -value))));
            }
            for (int i = 0; i < 100; i++)
                assertThat(numbers(answers.get(i).get())).containsExactly(2.0 * i, -2.0 * i);
        }
    }

    /// Asks by as many threads as there are values, of one worker.
    ///
    /// @return the answer to each, or what was said instead
    private static List<Object> askedAtOnce(WorkerPredictor predictor, int mostTogether, String act, double... values)
            throws Exception {
        List<Object> said = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Frame>> answers = new ArrayList<>();
            for (double value : values)
                answers.add(threads.submit(() -> predictor
                        .predict(rows(act, value), InputPolicy.DEFAULT, mostTogether)
                        .answer()));
            for (Future<Frame> answer : answers) {
                try {
                    said.add(numbers(answer.get())[0]);
                } catch (ExecutionException e) {
                    said.add(String.valueOf(e.getCause().getMessage()));
                }
            }
        }
        return said;
    }

    @Test
    void requests_that_wait_are_computed_together_where_that_is_allowed() throws Exception {
        double[] values = new double[60];
        for (int i = 0; i < values.length; i++) values[i] = i;
        try (WorkerPredictor one =
                start(COLUMNS, "answers", new WorkerSettings(1, Duration.ofSeconds(20), 4_000_000_000L))) {
            assertThat(askedAtOnce(one, 0, "together", 1, 2, 3, 4, 5)).containsOnly(1.0);

            List<Object> sizes = askedAtOnce(one, 16, "together", values);
            assertThat(sizes).contains(1.0).contains(16.0).allMatch(size -> (double) size <= 16);

            List<Object> answers = askedAtOnce(one, 16, "double", values);
            for (int i = 0; i < values.length; i++) assertThat(answers.get(i)).isEqualTo(2.0 * i);
        }
    }

    @Test
    void nobody_gets_what_the_rows_of_others_cause() throws Exception {
        double[] values = new double[40];
        Arrays.fill(values, 1);
        values[20] = -1;
        try (WorkerPredictor one =
                start(COLUMNS, "answers", new WorkerSettings(1, Duration.ofSeconds(20), 4_000_000_000L))) {
            List<Object> said = askedAtOnce(one, 8, "together", values);

            for (int i = 0; i < values.length; i++) {
                if (i == 20) assertThat(said.get(i).toString()).contains("x is negative");
                else assertThat(said.get(i)).isInstanceOf(Double.class);
            }
            // The one that kills its worker is answered by the next, and so are those beside it.
            values[20] = 99;
            assertThat(askedAtOnce(one, 8, "together", values)).allMatch(Double.class::isInstance);
        }
    }

    @Test
    void what_nobody_waits_for_any_more_is_not_computed() throws Exception {
        AtomicBoolean gone = new AtomicBoolean();
        try (WorkerPredictor one =
                        start(COLUMNS, "answers", new WorkerSettings(1, Duration.ofSeconds(20), 4_000_000_000L));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            ask(one, rows("double", 1));
            Future<Frame> first = threads.submit(() -> ask(one, rows("sleeps", 1)));
            waitUntil(() -> one.free() == 0);
            Future<?> second =
                    threads.submit(() -> Listener.call(gone::get, () -> ask(one, rows("sleeps", 1_000_000))));
            gone.set(true);

            assertThat(numbers(first.get())).containsExactly(2);
            assertThatThrownBy(second::get).hasMessageContaining("before a worker was free");
            assertThat(numbers(ask(one, rows("double", 4)))).containsExactly(8);
        }
    }

    @Test
    void all_workers_take_part() throws Exception {
        waitUntil(() -> usual.pids().size() == 2);
        Set<Double> pids = new HashSet<>();
        waitUntil(() -> {
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Frame>> answers = new ArrayList<>();
                for (int i = 0; i < 8; i++) answers.add(threads.submit(() -> ask(usual, rows("pid", 1))));
                for (Future<Frame> answer : answers) pids.add(numbers(answer.get())[0]);
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException(e);
            }
            return pids.size() == 2;
        });
    }

    @Test
    void a_request_whose_worker_is_killed_is_answered_by_another() throws Exception {
        try (WorkerPredictor predictor = start(COLUMNS, "answers", USUAL);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            waitUntil(() -> predictor.pids().size() == 2);
            long busy = (long) numbers(ask(predictor, rows("pid", 1)))[0];

            // The last that was free is asked first.
            Future<Frame> answer = threads.submit(() -> ask(predictor, rows("sleeps", 2)));
            waitUntil(() -> predictor.free() == 1);
            ProcessHandle.of(busy).orElseThrow().destroyForcibly();

            assertThat(numbers(answer.get())).containsExactly(4);
            waitUntil(() -> predictor.pids().size() == 2 && !predictor.pids().contains(busy));
        }
    }

    @Test
    void a_worker_that_ends_itself_is_started_again() throws IOException {
        try (WorkerPredictor predictor = start(COLUMNS, "answers", USUAL)) {
            waitUntil(() -> predictor.pids().size() == 2);
            String file = folders.resolve("once").toString();
            Frame once = new Frame(
                    1,
                    List.of(
                            Column.of("x", FieldType.FLOAT64, 1, true, new double[] {5}),
                            Column.of("act", 1, true, new String[] {"dies_once"}),
                            Column.of("file", 1, true, new String[] {file})));

            assertThat(numbers(ask(predictor, once))).containsExactly(10);

            for (String act : List.of("dies", "crashes")) {
                waitUntil(() -> predictor.free() == 2);
                assertThatThrownBy(() -> ask(predictor, rows(act, 1)))
                        .isInstanceOfSatisfying(
                                Failure.class,
                                failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE));
            }
            waitUntil(() -> predictor.free() == 2);
            assertThat(numbers(ask(predictor, rows("double", 4)))).containsExactly(8);
        }
    }

    @Test
    void a_model_that_hangs_is_ended_and_the_next_request_answered() throws IOException {
        WorkerSettings hasty = new WorkerSettings(1, Duration.ofMillis(500), USUAL.memoryBytes());
        try (WorkerPredictor predictor = start(COLUMNS, "answers", hasty)) {
            long hanging = predictor.pids().getFirst();

            assertThatThrownBy(() -> ask(predictor, rows("hangs", 1)))
                    .isInstanceOfSatisfying(Failure.class, failure -> {
                        assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                        assertThat(failure.message()).contains("serving.worker-timeout");
                    });

            waitUntil(() -> !isAlive(hanging) && predictor.free() == 1);
            assertThat(numbers(ask(predictor, rows("double", 4)))).containsExactly(8);
        }
    }

    @Test
    void a_model_that_eats_memory_is_told_so_and_goes_on() {
        assertThatThrownBy(() -> ask(usual, rows("eats", 1))).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(failure.message()).contains("serving.worker-memory");
        });
        assertThat(numbers(ask(usual, rows("double", 4)))).containsExactly(8);
    }

    @Test
    void who_finds_all_workers_busy_is_told_so() throws Exception {
        WorkerSettings hasty = new WorkerSettings(1, Duration.ofSeconds(2), USUAL.memoryBytes());
        try (WorkerPredictor predictor = start(COLUMNS, "answers", hasty);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Frame> first = threads.submit(() -> ask(predictor, rows("sleeps", 1.9)));
            waitUntil(() -> predictor.free() == 0);
            List<Future<Frame>> others = new ArrayList<>();
            for (int i = 0; i < 200; i++) others.add(threads.submit(() -> ask(predictor, rows("sleeps", 1.9))));

            assertThat(numbers(first.get())).containsExactly(3.8);
            int busy = 0;
            for (Future<Frame> other : others) {
                try {
                    assertThat(numbers(other.get())).containsExactly(3.8);
                } catch (ExecutionException e) {
                    assertThat(((Failure) e.getCause()).code()).isEqualTo(ErrorCode.BUSY);
                    busy++;
                }
            }
            assertThat(busy).isGreaterThanOrEqualTo(198);
        }
    }

    @Test
    void closing_ends_the_processes_their_children_and_the_folder() throws IOException {
        ModelFolder folder = folder(COLUMNS, "answers");
        WorkerPredictor predictor = WorkerPredictor.start(environment(), folder, "asked/1", USUAL);
        waitUntil(() -> predictor.pids().size() == 2);
        List<Long> pids = new ArrayList<>(predictor.pids());
        pids.add((long) numbers(ask(predictor, rows("breeds", 1)))[0]);
        assertThat(pids).allMatch(PythonWorkerTest::isAlive);

        predictor.close();

        waitUntil(() -> pids.stream().noneMatch(PythonWorkerTest::isAlive));
        assertThat(folder.root().getParent()).isEmptyDirectory();
    }

    @Test
    void a_model_that_cannot_be_loaded_is_refused_with_what_python_said() throws IOException {
        assertThatThrownBy(() -> start(COLUMNS, "fails", USUAL))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("RuntimeError: the weights are from another world");
        assertThatThrownBy(() -> start(COLUMNS, "dies", USUAL))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("my last words")
                .hasMessageContaining("exit code 7");
    }

    /// Whatever becomes of the server, its workers end: nothing but their standard input is closed here.
    @Test
    void a_worker_ends_with_its_server_however_busy_it_is() throws Exception {
        try (WorkerPredictor predictor =
                        start(COLUMNS, "answers", new WorkerSettings(1, Duration.ofMinutes(5), USUAL.memoryBytes()));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long pid = predictor.pids().getFirst();
            long child = (long) numbers(ask(predictor, rows("breeds", 1)))[0];
            var unused = threads.submit(() -> ask(predictor, rows("hangs", 1)));
            waitUntil(() -> predictor.free() == 0);

            predictor.closeStandardInputs();

            waitUntil(() -> !isAlive(pid) && !isAlive(child));
            predictor.close(); // Or the request would be asked of the next worker.
        }
    }

    private static Frame ask(WorkerPredictor predictor, Frame rows) {
        return predictor.predict(rows, InputPolicy.DEFAULT).answer();
    }

    private static Frame json(byte[] body) {
        return Invocation.read("application/json", body, Set.of()).orElseThrow().rows();
    }
}
