package io.millwright.serving.live;

/// Is told how far the loading of a model is.
@FunctionalInterface
public interface Loading {
    Loading QUIETLY = step -> {};

    /// @param step what is done now, in a few words
    void step(String step);
}
