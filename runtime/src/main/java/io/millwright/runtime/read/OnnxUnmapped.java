package io.millwright.runtime.read;

/// What an ONNX model computes cannot be said with our operators; the file itself is sound.
final class OnnxUnmapped extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// @param message what of which node
    OnnxUnmapped(String message) {
        super(message);
    }
}
