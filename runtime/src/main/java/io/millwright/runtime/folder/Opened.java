package io.millwright.runtime.folder;

import io.millwright.runtime.Model;
import java.nio.file.Path;
import java.util.List;

/// How a model can be run.
public sealed interface Opened {
    /// By our own operators.
    ///
    /// @param reader what read it, as people call it
    record Native(Model model, String reader) implements Opened {}

    /// By our own operators, once its own Python environment has exported it (`python -m
    /// millwright.export`).
    ///
    /// @param flavor its flavor in the MLmodel file
    record NeedsExport(String flavor) implements Opened {}

    /// By ONNX Runtime, or else by its own Python environment.
    ///
    /// @param operators which are not ours
    record NeedsOnnxRuntime(Path file, List<String> operators) implements Opened {
        public NeedsOnnxRuntime {
            operators = List.copyOf(operators);
        }
    }

    /// By H2O's own library for MOJO files, genmodel.
    ///
    /// @param python whether its own Python environment could run it, too
    record NeedsGenmodel(Path file, boolean python) implements Opened {}

    /// By its own Python environment.
    ///
    /// @param why why not by operators
    record NeedsPython(String why) implements Opened {}
}
