package io.millwright.registry;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One version of a registered model.
///
/// @param number 1, 2, 3 … in the order of creation; a deleted one's is not used again
/// @param description null once it was cleared
/// @param source where its client said the artifacts lie, as a URI; never rewritten
/// @param location where they lie, once `models:/…` is followed
/// @param run the run it comes from, or empty
/// @param loggedModel the logged model that it registers, or null
/// @param aliases in order; empty where nobody asked for them
public record ModelVersion(
        String model,
        long number,
        @Nullable String description,
        Stage stage,
        String source,
        String location,
        String run,
        String runLink,
        @Nullable String loggedModel,
        Instant createdAt,
        Instant updatedAt,
        Map<String, String> tags,
        List<String> aliases) {
    public ModelVersion {
        if (number < 1) throw new IllegalArgumentException("number %d, expected >= 1".formatted(number));
        tags = Map.copyOf(tags);
        aliases = List.copyOf(aliases);
    }

    public String urn() {
        return urn(model, number);
    }

    /// Whether the request in hand may read it.
    boolean isReadable() {
        return RequestContext.current().allows(Right.READ, urn(), RegisteredModel.urn(model));
    }

    /// @throws io.millwright.kernel.Failure PERMISSION_DENIED when the request in hand may not do this
    static void may(Right right, String model, long number) {
        RequestContext.current().require(right, urn(model, number), RegisteredModel.urn(model));
    }

    static String urn(String model, long number) {
        return "model-version:" + model + "/" + number;
    }

    ModelVersion with(Map<String, String> tags, List<String> aliases) {
        return new ModelVersion(
                model,
                number,
                description,
                stage,
                source,
                location,
                run,
                runLink,
                loggedModel,
                createdAt,
                updatedAt,
                tags,
                aliases);
    }
}
