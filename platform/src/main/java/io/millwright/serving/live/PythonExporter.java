package io.millwright.serving.live;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;
import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import io.millwright.runtime.folder.ModelFolder;
import io.millwright.runtime.folder.Opened;
import io.millwright.runtime.format.ModelFile;
import io.millwright.serving.worker.PythonEnvironments;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Has a pickled model exported by its own Python environment, in a process of its own: nothing is
/// unpickled here.
final class PythonExporter {
    private static final Duration AT_MOST = Duration.ofMinutes(2);
    private static final int NOT_EXPORTABLE = 3;

    private final PythonEnvironments environments;
    private final Exports exports;
    private final boolean allowed;

    PythonExporter(PythonEnvironments environments, Exports exports, boolean allowed) {
        this.environments = environments;
        this.exports = exports;
        this.allowed = allowed;
    }

    /// @param content of the folder, as [Exports#content] tells it
    /// @return native, or in need of Python when it has what no operator computes
    /// @throws io.millwright.kernel.Failure UNSUPPORTED when Python may not be run here; INVALID_ARGUMENT
    /// when the model cannot be opened
    Opened export(ModelFolder folder, String flavor, String content, Loading loading) {
        if (!allowed) {
            throw UNSUPPORTED.because(
                    "A %s model is pickled and has to be exported in its own Python environment, which this server may not"
                            + " run (serving.python). Export it where it was trained: millwright.export.save(model,"
                            + " '%s') into the model's folder before it is registered.",
                    flavor, ModelFile.NAME);
        }
        try {
            String key = Exports.key(content, environments.sdkDigest());
            Optional<String> refusal = exports.refusal(key);
            if (refusal.isPresent()) return new Opened.NeedsPython(refusal.get());
            if (exports.restore(key, folder.root())) return exported(folder.root(), "an earlier export");
            PythonEnvironments.Ran ran = run(folder.root(), loading);
            if (ran.exitCode() == NOT_EXPORTABLE) {
                exports.keepRefusal(key, ran.lastLine());
                return new Opened.NeedsPython(ran.lastLine());
            }
            Opened opened = exported(folder.root(), ran.tail());
            exports.keep(key, folder.root());
            return opened;
        } catch (IOException e) {
            throw UNAVAILABLE.because("The model could not be exported: %s. Is the disk full?", e.getMessage());
        }
    }

    private PythonEnvironments.Ran run(Path folder, Loading loading) {
        PythonEnvironments.Environment environment = environments.of(folder, loading::step);
        loading.step("exporting the model in its own environment");
        Path output = folder.resolve(ModelFile.NAME);
        PythonEnvironments.Ran ran =
                environment.run(List.of("-m", "millwright.export", folder.toString(), output.toString()), AT_MOST);
        if (ran.exitCode() != 0 && ran.exitCode() != NOT_EXPORTABLE)
            throw INVALID_ARGUMENT.because("The model could not be opened in its own environment: %s", ran.tail());
        return ran;
    }

    private static Opened exported(Path folder, String said) {
        return ModelFolder.exported(folder)
                .filter(Opened.Native.class::isInstance)
                .orElseThrow(() -> INVALID_ARGUMENT.because("The export of the model wrote no file: %s", said));
    }
}
