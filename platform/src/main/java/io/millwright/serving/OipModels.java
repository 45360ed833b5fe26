package io.millwright.serving;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;
import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.serving.endpoints.Endpoint;
import io.millwright.serving.endpoints.Variant;
import io.millwright.serving.live.LiveEndpoint;
import io.millwright.serving.live.LoadedModel;
import io.millwright.serving.live.Routing;
import io.millwright.serving.predict.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Endpoints as the Open Inference Protocol sees them, over REST and gRPC alike: each is a model, whose versions are
/// those of its variants. A version that is not named is empty.
final class OipModels {
    static final String SERVER = "millwright";

    private final ServingService serving;
    private final String programVersion;

    OipModels(ServingService serving, String programVersion) {
        this.serving = serving;
        this.programVersion = programVersion;
    }

    String programVersion() {
        return programVersion;
    }

    /// @param platform what reads the model
    record Description(List<String> versions, String platform, LoadedModel model) {}

    Description describe(String name, String version) {
        Routing routing = routing(name);
        LoadedModel model = routing.loaded().get(place(routing, version));
        return new Description(
                routing.revision().setup().variants().stream()
                        .map(Variant::version)
                        .toList(),
                SERVER + "_" + model.reader().toLowerCase(Locale.ROOT),
                model);
    }

    /// @throws Failure UNAVAILABLE while it is loaded; NOT_FOUND
    void requireReady(String name, String version) {
        place(routing(name), version);
    }

    private Routing routing(String name) {
        RequestContext.current().require(Right.READ, Endpoint.urn(name));
        return serving.live()
                .get(name)
                .routing()
                .orElseThrow(() -> UNAVAILABLE.because("Endpoint '%s' is being loaded by this server.", name));
    }

    /// The variant of a version; without one, the one that answers most.
    private static int place(Routing routing, String version) {
        if (!version.isEmpty()) return routing.named(version);
        int best = 0;
        for (int i = 1; i < routing.revision().setup().variants().size(); i++) {
            if (routing.revision().setup().variants().get(i).weight()
                    > routing.revision().setup().variants().get(best).weight()) best = i;
        }
        return best;
    }

    boolean isPrompt(String name, int bytes) {
        return serving.isPrompt(name, bytes);
    }

    LiveEndpoint.Answered predict(String name, String version, Frame rows) {
        return serving.predict(name, version.isEmpty() ? null : version, rows);
    }

    /// A version of a model and whether it answers.
    ///
    /// @param version empty while it is not known
    /// @param state READY or UNAVAILABLE
    record Indexed(String name, String version, String state, String reason) {}

    /// Those that the caller may see.
    List<Indexed> index(boolean readyOnly) {
        List<Indexed> index = new ArrayList<>();
        for (String name : serving.live().names()) {
            if (!RequestContext.current().allows(Right.READ, Endpoint.urn(name))) continue;
            Optional<Routing> routing = serving.live().get(name).routing();
            if (routing.isPresent()) {
                for (Variant variant : routing.get().revision().setup().variants())
                    index.add(new Indexed(name, variant.version(), "READY", ""));
            } else if (!readyOnly) {
                index.add(new Indexed(
                        name, "", "UNAVAILABLE", serving.live().trouble(name).orElse("loading")));
            }
        }
        return index;
    }

    /// @param verb load or unload
    static Failure deployedInstead(String verb) {
        return UNSUPPORTED.because(
                "Models are not %sed by this protocol: deploy one (millwright deploy), or delete its endpoint.", verb);
    }
}
