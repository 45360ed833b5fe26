package io.millwright.serving.worker;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Virtual environments of Python as models record them: made once, kept by what they were made of.
public final class PythonEnvironments {
    /// The SDK's modules, which are among this program's resources.
    static final List<String> SDK = List.of(
            "millwright/__init__.py",
            "millwright/export/__init__.py",
            "millwright/export/__main__.py",
            "millwright/export/estimators.py",
            "millwright/export/graph.py",
            "millwright/export/model.py",
            "millwright/export/steps.py",
            "millwright/export/trees.py",
            "millwright/worker/__init__.py",
            "millwright/worker/__main__.py",
            "millwright/worker/answers.py",
            "millwright/worker/rows.py");

    private static final Duration MADE_WITHIN = Duration.ofMinutes(15);
    private static final Pattern VERSION = Pattern.compile("python[=: ]+[\"']?(\\d+)\\.(\\d+)");
    private static final Pattern MLFLOW =
            Pattern.compile("^mlflow_version: ['\"]?(\\d+\\.\\d+\\.\\d+)['\"]?$", Pattern.MULTILINE);
    private static final List<String> NEEDED_BY_WORKERS = List.of("mlflow", "pandas", "pyarrow");
    private static final int TAIL = 2_000;
    private static final long MOST_OUTPUT = 1 << 20;

    private final Path folder;
    private final ConcurrentHashMap<String, ReentrantLock> making = new ConcurrentHashMap<>();

    public PythonEnvironments(Path folder) {
        this.folder = folder;
    }

    /// How a run ended.
    ///
    /// @param output the last of what it said, both its outputs together
    public record Ran(int exitCode, String output) {
        public String lastLine() {
            return output.strip().lines().reduce("", (before, line) -> line);
        }

        public String tail() {
            String all = output.strip();
            return all.length() <= TAIL ? all : "… " + all.substring(all.length() - TAIL);
        }
    }

    /// @param python its interpreter
    /// @param sdk the folder of our own modules
    public record Environment(Path python, Path sdk) {
        public Ran run(List<String> arguments, Duration atMost) {
            return PythonEnvironments.run(command(arguments), Map.of("PYTHONPATH", sdk.toString()), atMost);
        }

        private List<String> command(List<String> arguments) {
            List<String> command = new ArrayList<>(List.of(python.toString()));
            command.addAll(arguments);
            return command;
        }

        /// Starts a program that goes on until it is ended.
        ///
        /// @param home where it runs, and leaves what is temporary
        /// @param more variables of its environment
        Process start(List<String> arguments, Path home, Map<String, String> more) throws IOException {
            ProcessBuilder builder = builder(command(arguments), more).directory(home.toFile());
            builder.environment().put("PYTHONPATH", sdk.toString());
            builder.environment().put("TMPDIR", home.toString());
            return builder.start();
        }
    }

    /// The environment that a model's folder records, made now if it was not yet.
    ///
    /// @param step is told what is done when it takes long
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it cannot be made, with what pip says
    public Environment of(Path model, Consumer<String> step) {
        return of(model, step, List.of());
    }

    /// The same, with what a worker needs beside what the model does.
    public Environment ofWorker(Path model, Consumer<String> step) {
        return of(model, step, NEEDED_BY_WORKERS);
    }

    private Environment of(Path model, Consumer<String> step, List<String> modules) {
        try {
            String requirements = text(model.resolve("requirements.txt"));
            if (requirements.isBlank()) {
                throw INVALID_ARGUMENT.because(
                        "The model's folder has no requirements.txt, which its environment is made of.");
            }
            String python = interpreter(text(model.resolve("python_env.yaml")));
            String key = digest(python + "\n" + requirements);
            ReentrantLock lock = making.computeIfAbsent(key, each -> new ReentrantLock());
            lock.lock();
            try {
                Path made = folder.resolve("environments").resolve(key);
                if (!Files.exists(made.resolve("ready"))) make(made, python, requirements, step);
                if (!modules.isEmpty() && !Files.exists(made.resolve("ready-for-workers"))) {
                    complete(made, modules, mlflow(model), step);
                }
                return new Environment(made.resolve("venv/bin/python"), sdk());
            } finally {
                lock.unlock();
            }
        } catch (IOException e) {
            throw UNAVAILABLE.because("A Python environment could not be made: %s.", e.getMessage());
        }
    }

    private static String text(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return "";
        if (Files.size(file) > 1 << 20)
            throw INVALID_ARGUMENT.because("The model's %s is larger than 1 MB.", file.getFileName());
        return Files.readString(file);
    }

    /// The interpreter of the version the model was trained with, if there is one here.
    private static String interpreter(String environment) {
        Matcher version = VERSION.matcher(environment);
        if (!version.find()) return "python3";
        String wanted = "python" + version.group(1) + "." + version.group(2);
        return isThere(wanted) ? wanted : "python3";
    }

    private static boolean isThere(String program) {
        String path = System.getenv("PATH");
        if (path == null) return false;
        for (String each : path.split(java.io.File.pathSeparator)) {
            if (Files.isExecutable(Path.of(each).resolve(program))) return true;
        }
        return false;
    }

    private void make(Path made, String python, String requirements, Consumer<String> step) throws IOException {
        step.accept("making the model's Python environment (once; a minute or two)");
        Folders.remove(made);
        Files.createDirectories(made);
        Path wanted = made.resolve("requirements.txt");
        Files.writeString(wanted, requirements);
        require(run(List.of(python, "-m", "venv", made.resolve("venv").toString()), Map.of(), MADE_WITHIN));
        install(made, List.of("-r", wanted.toString()));
        Files.createFile(made.resolve("ready"));
    }

    private static void install(Path made, List<String> what) {
        List<String> command = new ArrayList<>(List.of(
                made.resolve("venv/bin/python").toString(),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input"));
        command.addAll(what);
        require(run(command, Map.of(), MADE_WITHIN));
    }

    /// Installs those modules that an environment lacks.
    private static void complete(Path made, List<String> modules, String mlflow, Consumer<String> step)
            throws IOException {
        List<String> missing = new ArrayList<>();
        for (String module : modules) {
            Ran found = run(
                    List.of(
                            made.resolve("venv/bin/python").toString(),
                            "-c",
                            "import importlib.util, sys; sys.exit(importlib.util.find_spec('" + module + "') is None)"),
                    Map.of(),
                    Duration.ofMinutes(1));
            if (found.exitCode() != 0) missing.add(module.equals("mlflow") ? mlflow : module);
        }
        if (!missing.isEmpty()) {
            step.accept("adding " + String.join(", ", missing) + " to the model's Python environment (once)");
            install(made, missing);
        }
        Files.createFile(made.resolve("ready-for-workers"));
    }

    /// MLflow's smallest package, of the version that saved the model.
    private static String mlflow(Path model) throws IOException {
        Matcher version = MLFLOW.matcher(text(model.resolve("MLmodel")));
        return version.find() ? "mlflow-skinny==" + version.group(1) : "mlflow-skinny";
    }

    private static void require(Ran ran) {
        if (ran.exitCode() == 0) return;
        throw INVALID_ARGUMENT.because(
                "The model's Python environment cannot be made: %s. What answers now goes on answering.", ran.tail());
    }

    /// Tells versions of the SDK apart.
    public String sdkDigest() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String module : SDK) {
            try (InputStream in = resource(module)) {
                all.append(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                        .append('\0');
            }
        }
        return digest(all.toString());
    }

    private static InputStream resource(String module) throws IOException {
        InputStream in = PythonEnvironments.class.getResourceAsStream("/sdk/" + module);
        if (in == null) throw new IOException("the program lacks its resource /sdk/" + module);
        return in;
    }

    private Path sdk() throws IOException {
        Path sdk = folder.resolve("sdk");
        for (String module : SDK) {
            Path target = sdk.resolve(module);
            Files.createDirectories(target.getParent());
            try (InputStream in = resource(module)) {
                Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return sdk;
    }

    /// Runs a program with nothing of this process's environment but what finding packages takes. It
    /// is ended with all its children when it takes too long.
    private static Ran run(List<String> command, Map<String, String> more, Duration atMost) {
        try {
            Process process = builder(command, more).start();
            process.getOutputStream().close();
            StringBuilder said = new StringBuilder();
            Thread listener = Thread.ofVirtual().start(() -> listen(process, said));
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
                return new Ran(-1, "it took longer than " + atMost.toSeconds() + " s and was ended");
            }
            listener.join(Duration.ofSeconds(5));
            synchronized (said) {
                return new Ran(process.exitValue(), said.toString());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UNAVAILABLE.because("The server is stopping.");
        } catch (IOException e) {
            return new Ran(-1, String.valueOf(e.getMessage()));
        }
    }

    private static ProcessBuilder builder(List<String> command, Map<String, String> more) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> !isPassedOn(name));
        builder.environment().putAll(more);
        builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
        builder.environment().put("OPENBLAS_NUM_THREADS", "1");
        return builder;
    }

    private static boolean isPassedOn(String name) {
        String lower = name.toLowerCase(java.util.Locale.ROOT);
        return lower.equals("path")
                || lower.equals("home")
                || lower.equals("lang")
                || lower.equals("tmpdir")
                || lower.startsWith("lc_")
                || lower.startsWith("pip_")
                || lower.startsWith("ssl_cert_")
                || lower.equals("requests_ca_bundle")
                || lower.endsWith("_proxy");
    }

    private static void listen(Process process, StringBuilder said) {
        try (InputStream in = process.getInputStream()) {
            byte[] bytes = new byte[8192];
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                synchronized (said) {
                    said.append(new String(bytes, 0, read, StandardCharsets.UTF_8));
                    if (said.length() > MOST_OUTPUT) said.delete(0, said.length() - TAIL);
                }
            }
        } catch (IOException e) {
            // It ended; what it said until then is told.
        }
    }

    private static String digest(String text) {
        byte[] hash = Digests.sha256().digest(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(hash, 0, 16);
    }
}
