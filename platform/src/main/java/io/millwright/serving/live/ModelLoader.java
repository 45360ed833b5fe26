package io.millwright.serving.live;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;
import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import io.millwright.kernel.Ids;
import io.millwright.lake.ArtifactInfo;
import io.millwright.lake.ArtifactService;
import io.millwright.registry.VersionService;
import io.millwright.runtime.folder.ModelFolder;
import io.millwright.runtime.folder.Opened;
import io.millwright.runtime.format.ModelFile;
import io.millwright.runtime.read.UnreadableModel;
import io.millwright.serving.predict.MojoFile;
import io.millwright.serving.predict.MojoPredictor;
import io.millwright.serving.predict.NativePredictor;
import io.millwright.serving.predict.OnnxPredictor;
import io.millwright.serving.predict.Predictor;
import io.millwright.serving.worker.Folders;
import io.millwright.serving.worker.PythonEnvironments;
import io.millwright.serving.worker.WorkerPredictor;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/// Brings a version of a model from the artifact store into this process.
final class ModelLoader {
    private static final int MOST_EXPORTS = 200;
    private static final long WORTH_KEEPING = 1 << 20;
    private static final String PROGRAM = program();

    private final VersionService versions;
    private final ArtifactService artifacts;
    private final PythonEnvironments environments;
    private final Exports exports;
    private final PythonExporter exporter;
    private final ServingSettings settings;
    private final Clock clock;
    private final Ids ids;

    ModelLoader(
            VersionService versions,
            ArtifactService artifacts,
            PythonEnvironments environments,
            ServingSettings settings,
            Clock clock,
            Ids ids) {
        this.versions = versions;
        this.artifacts = artifacts;
        this.environments = environments;
        this.exports = new Exports(settings.folder().resolve("exports"), MOST_EXPORTS);
        this.exporter = new PythonExporter(environments, exports, settings.python());
        this.settings = settings;
        this.clock = clock;
        this.ids = ids;
    }

    /// Fetches the version's folder, opens it the best way, and lets it go again unless workers need it.
    ///
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when the model cannot be read,
    /// UNSUPPORTED when nothing here
    ///     runs it, TOO_LARGE, UNAVAILABLE when the store or the disk fails
    LoadedModel load(String model, String version, Loading loading) {
        Path folder = settings.folder().resolve("loading").resolve(ids.hex32());
        boolean kept = false;
        try {
            String root = versions.folder(model, version);
            loading.step("fetching the model");
            long bytes = fetch(root, folder);
            loading.step("opening the model");
            ModelFolder opened = ModelFolder.of(folder);
            Ready ready = ready(opened, bytes, model + "/" + version, loading);
            InputExample.Trial trial = tried(ready, folder, model + "/" + version, loading);
            kept = ready.keepsFolder();
            return new LoadedModel(
                    model,
                    version,
                    ready.predictor(),
                    opened.signature(),
                    ready.reader(),
                    trial,
                    clock.instant(),
                    bytes);
        } catch (UnreadableModel e) {
            throw INVALID_ARGUMENT.because(
                    "Model '%s' version %s cannot be served: %s.", model, version, e.getMessage());
        } catch (IOException e) {
            throw UNAVAILABLE.because(
                    "Model '%s' version %s could not be fetched: %s. Is the disk full?",
                    model, version, e.getMessage());
        } finally {
            if (!kept) remove(folder);
        }
    }

    private static InputExample.Trial tried(Ready ready, Path folder, String name, Loading loading) {
        Optional<InputExample> example = InputExample.in(folder);
        if (example.isEmpty()) return InputExample.Trial.NONE;
        loading.step("trying the model on its input example");
        try {
            return example.get().tryOn(ready.predictor(), name);
        } catch (RuntimeException e) {
            ready.predictor().close();
            throw e;
        }
    }

    /// @param keepsFolder whether it removes the model's folder when it is closed
    private record Ready(Predictor predictor, String reader, boolean keepsFolder) {}

    private Ready ready(ModelFolder folder, long bytes, String name, Loading loading) throws IOException {
        return switch (opened(folder, bytes, loading)) {
            case Opened.Native(var model, var reader) -> new Ready(new NativePredictor(model), reader, false);
            case Opened.NeedsOnnxRuntime(var file, var operators) ->
                inOnnxRuntime(folder, name, file, operators, loading);
            case Opened.NeedsGenmodel needed -> inGenmodel(folder, name, needed, loading);
            case Opened.NeedsPython(var why) -> new Ready(inPython(folder, name, why, loading), "python", true);
            case Opened.NeedsExport(var flavor) -> throw new IllegalStateException(flavor + " was exported to nothing");
        };
    }

    private Opened opened(ModelFolder folder, long bytes, Loading loading) throws IOException {
        if (Files.isRegularFile(folder.root().resolve(ModelFile.NAME), LinkOption.NOFOLLOW_LINKS)) return folder.open();
        String content = Exports.content(folder.root());
        Opened opened = bytes < WORTH_KEEPING ? folder.open() : openedBefore(folder, content);
        return opened instanceof Opened.NeedsExport(var flavor)
                ? exporter.export(folder, flavor, content, loading)
                : opened;
    }

    /// Libraries' own files of large models take long to read, and much memory: they are kept in ours.
    private Opened openedBefore(ModelFolder folder, String content) throws IOException {
        String key = Exports.key(content, PROGRAM);
        Optional<Opened.Native> known = exports.model(key);
        if (known.isPresent()) return known.get();
        Opened opened = folder.open();
        if (opened instanceof Opened.Native read) exports.keep(key, read);
        return opened;
    }

    /// This build: another one may read the same file otherwise.
    private static String program() {
        try {
            Path place = Path.of(ModelLoader.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return place + " " + Files.size(place) + " " + Files.getLastModifiedTime(place);
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException("the program does not find itself", e);
        }
    }

    /// What ONNX Runtime does not take here, such as data in other files, Python may.
    private Ready inOnnxRuntime(ModelFolder folder, String name, Path file, List<String> operators, Loading loading) {
        try {
            return new Ready(OnnxPredictor.open(file), "ONNX Runtime", false);
        } catch (UnreadableModel e) {
            String why = "no operators of ours compute %s, and %s".formatted(operators, e.getMessage());
            return new Ready(inPython(folder, name, why, loading), "python", true);
        }
    }

    /// A damaged file is refused; what is only not run here, Python may.
    private Ready inGenmodel(ModelFolder folder, String name, Opened.NeedsGenmodel needed, Loading loading) {
        MojoFile mojo = MojoFile.read(needed.file());
        Optional<String> whyNot = mojo.whyNot();
        if (whyNot.isEmpty() || !needed.python()) return new Ready(MojoPredictor.of(mojo), "H2O MOJO", false);
        return new Ready(inPython(folder, name, whyNot.get(), loading), "python", true);
    }

    private Predictor inPython(ModelFolder folder, String name, String why, Loading loading) {
        if (!settings.python()) {
            throw UNSUPPORTED.because(
                    "The model runs only in Python (%s), which this server may not do (serving.python). Export it with"
                            + " millwright.export, or log it with a flavor that is read: xgboost, lightgbm, sklearn.",
                    why);
        }
        PythonEnvironments.Environment environment = environments.ofWorker(folder.root(), loading::step);
        loading.step("starting the model's Python workers");
        return WorkerPredictor.start(environment, folder, name, settings.workers());
    }

    /// @return the size of its files
    private long fetch(String root, Path folder) throws IOException {
        Files.createDirectories(folder);
        long[] left = {settings.maxModelBytes()};
        fetch(root, folder, left, 0);
        return settings.maxModelBytes() - left[0];
    }

    private void fetch(String from, Path to, long[] left, int depth) throws IOException {
        if (depth > 20) throw INVALID_ARGUMENT.because("The model's folder is nested deeper than 20.");
        for (ArtifactInfo each : artifacts.list(from)) {
            Path target = to.resolve(each.name()).normalize();
            if (!to.equals(target.getParent())) {
                throw INVALID_ARGUMENT.because("The model has a file named '%s'.", each.name());
            }
            if (each.directory()) {
                Files.createDirectory(target);
                fetch(from + "/" + each.name(), target, left, depth + 1);
                continue;
            }
            left[0] -= each.sizeBytes();
            if (left[0] < 0) {
                throw TOO_LARGE.because(
                        "The model has more than %d bytes (serving.max-model-size).", settings.maxModelBytes());
            }
            try (InputStream in = artifacts.open(from + "/" + each.name()).stream()) {
                Files.copy(in, target);
            }
        }
    }

    static void remove(Path folder) {
        Folders.remove(folder);
    }
}
