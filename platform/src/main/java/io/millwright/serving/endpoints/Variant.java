package io.millwright.serving.endpoints;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

/// A version of a model that an endpoint answers with.
///
/// @param name unique in its revision; `v3` unless it was given another
/// @param model the registered model
/// @param version its number, as the registry writes it
/// @param weight its share of the requests, as weights of all are to each other; 0 for one that is
/// kept ready
public record Variant(String name, String model, String version, int weight) {
    public static final int MOST_WEIGHT = 1_000_000;

    public Variant {
        if (weight < 0 || weight > MOST_WEIGHT) {
            throw INVALID_ARGUMENT.because(
                    "Variant '%s' has the weight %d, expected 0 to %d.", name, weight, MOST_WEIGHT);
        }
    }

    public Variant weighing(int other) {
        return new Variant(name, model, version, other);
    }

    /// As the registry knows it.
    public String urn() {
        return "model-version:" + model + "/" + version;
    }
}
