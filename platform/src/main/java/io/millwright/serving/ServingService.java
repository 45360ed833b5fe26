package io.millwright.serving;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.registry.ModelVersion;
import io.millwright.registry.VersionService;
import io.millwright.serving.endpoints.Canary;
import io.millwright.serving.endpoints.Endpoint;
import io.millwright.serving.endpoints.EndpointService;
import io.millwright.serving.endpoints.Guards;
import io.millwright.serving.endpoints.Policy;
import io.millwright.serving.endpoints.Revision;
import io.millwright.serving.endpoints.Setup;
import io.millwright.serving.endpoints.Variant;
import io.millwright.serving.live.LiveEndpoint;
import io.millwright.serving.live.LiveEndpoints;
import io.millwright.serving.live.LoadedModel;
import io.millwright.serving.live.Loading;
import io.millwright.serving.predict.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Endpoints deployed, steered, asked.
///
/// A change is made in this order: the models it needs are loaded here, the revision is written down,
/// this process switches. What cannot be loaded changes nothing; what was written down is served after
/// a restart, too, and by the other servers within a second.
public final class ServingService {
    private final EndpointService endpoints;
    private final LiveEndpoints live;
    private final VersionService versions;

    ServingService(EndpointService endpoints, LiveEndpoints live, VersionService versions) {
        this.endpoints = endpoints;
        this.live = live;
        this.versions = versions;
    }

    public EndpointService endpoints() {
        return endpoints;
    }

    public LiveEndpoints live() {
        return live;
    }

    /// Lets a version answer under a name: all requests, or with a weight some of them beside those
    /// that answer now.
    ///
    /// @param model `churn/3`, `churn@champion` or `churn`, its newest; `models:/` may stand before it
    public Endpoint deploy(String name, String model, Optional<Integer> weight, Loading loading) {
        EndpointService.checkName(name);
        endpoints.requireWrite(name);
        ModelVersion version = version(model);
        Optional<Endpoint> before = endpoints.find(name);
        Setup setup = before.map(endpoint -> endpoint.revision().setup()).orElse(null);
        List<Variant> variants = new ArrayList<>();
        if (weight.isPresent() && setup != null) {
            setup.variants().stream().filter(variant -> !isOf(variant, version)).forEach(variants::add);
        }
        List<Variant> shadows = setup == null
                ? List.of()
                : setup.shadows().stream()
                        .filter(shadow -> !isOf(shadow, version))
                        .toList();
        List<Variant> taken = Stream.concat(variants.stream(), shadows.stream()).toList();
        variants.add(variant(taken, version, weight.orElse(100)));
        Setup next =
                setup == null ? Setup.of(variants) : setup.shadowedBy(shadows).with(variants);
        return revise(name, before, next, "deployed", Map.of(), loading);
    }

    private static boolean isOf(Variant variant, ModelVersion version) {
        return variant.model().equals(version.model()) && variant.version().equals(String.valueOf(version.number()));
    }

    private static Variant variant(List<Variant> taken, ModelVersion version, int weight) {
        String number = String.valueOf(version.number());
        return new Variant(free(taken, number), version.model(), number, weight);
    }

    /// `v3`; a number of another model that is taken gets a letter.
    private static String free(List<Variant> variants, String number) {
        String name = "v" + number;
        for (char letter = 'b'; isTaken(variants, name); letter++) name = "v" + number + letter;
        return name;
    }

    private static boolean isTaken(List<Variant> variants, String name) {
        return variants.stream().anyMatch(variant -> variant.name().equals(name));
    }

    /// @param model `churn/3`, `churn@champion` or `churn`, its newest; `models:/` may stand before it
    ModelVersion version(String model) {
        String text = model.startsWith("models:/") ? model.substring("models:/".length()) : model;
        int at = text.lastIndexOf('@');
        if (at > 0) return versions.byAlias(text.substring(0, at), text.substring(at + 1));
        int slash = text.lastIndexOf('/');
        if (slash > 0) return versions.get(text.substring(0, slash), text.substring(slash + 1));
        if (text.isBlank())
            throw INVALID_ARGUMENT.because("The model is empty, expected one such as churn@champion or churn/3.");
        return versions.byAlias(text, "latest");
    }

    /// Shares requests out anew.
    ///
    /// @param weights by name of a variant; those that are not named get none
    /// @param sticky absent to leave it
    public Endpoint setTraffic(String name, Map<String, Integer> weights, Optional<String> sticky) {
        endpoints.requireWrite(name);
        Endpoint before = endpoints.get(name);
        Setup setup = before.revision().setup();
        for (String variant : weights.keySet()) {
            if (!isTaken(setup.variants(), variant)) {
                throw NOT_FOUND.because(
                        "Endpoint '%s' has no variant '%s', only %s. Deploy it with a weight first.",
                        name,
                        variant,
                        setup.variants().stream().map(Variant::name).toList());
            }
        }
        Setup next = weights.isEmpty()
                ? setup
                : setup.with(setup.variants().stream()
                        .map(variant -> variant.weighing(weights.getOrDefault(variant.name(), 0)))
                        .toList());
        if (sticky.isPresent()) next = next.stickyBy(sticky.get());
        return revise(name, Optional.of(before), next, "traffic-set", Map.of(), Loading.QUIETLY);
    }

    /// Has these versions asked what the endpoint is asked, and no others.
    ///
    /// @param models as [#deploy] takes them; empty for no shadows
    public Endpoint setShadows(String name, List<String> models, Loading loading) {
        endpoints.requireWrite(name);
        Endpoint before = endpoints.get(name);
        Setup setup = before.revision().setup();
        List<Variant> shadows = new ArrayList<>();
        for (String model : models) {
            ModelVersion version = version(model);
            Optional<Variant> answering = setup.variants().stream()
                    .filter(variant -> isOf(variant, version))
                    .findFirst();
            if (answering.isPresent()) {
                throw INVALID_ARGUMENT.because(
                        "%s/%d answers already, as '%s': it cannot be a shadow, too.",
                        version.model(), version.number(), answering.get().name());
            }
            shadows.add(variant(
                    Stream.concat(setup.variants().stream(), shadows.stream()).toList(), version, 0));
        }
        return revise(name, Optional.of(before), setup.shadowedBy(shadows), "shadowed", Map.of(), loading);
    }

    /// @param change of the policy that holds
    public Endpoint setPolicy(String name, UnaryOperator<Policy> change) {
        endpoints.requireWrite(name);
        Endpoint before = endpoints.get(name);
        Setup setup = before.revision().setup();
        Setup next = setup.under(change.apply(setup.policy()));
        return revise(name, Optional.of(before), next, "policy-set", Map.of(), Loading.QUIETLY);
    }

    /// Lets a version answer a growing share of the requests, as long as it keeps to its guards; see [CanaryWatch].
    ///
    /// @param model as [#deploy] takes it
    public Endpoint startCanary(String name, String model, CanaryPlan plan, Loading loading) {
        endpoints.requireWrite(name);
        ModelVersion version = version(model);
        Endpoint before = endpoints.get(name);
        Setup setup = before.revision().setup();
        List<Variant> answering = setup.variants().stream()
                .filter(variant -> variant.weight() > 0)
                .toList();
        if (answering.size() != 1) {
            throw WRONG_STATE.because(
                    "Endpoint '%s' has %d variants that answer; a canary is compared with one. Give one of them all requests"
                            + " first.",
                    name, answering.size());
        }
        Variant champion = answering.getFirst();
        if (isOf(champion, version)) {
            throw WRONG_STATE.because("%s/%d answers all requests already.", version.model(), version.number());
        }
        List<Variant> shadows = setup.shadows().stream()
                .filter(shadow -> !isOf(shadow, version))
                .toList();
        List<Variant> taken =
                Stream.concat(Stream.of(champion), shadows.stream()).toList();
        Variant canary = variant(taken, version, 0);
        Canary tested = new Canary(
                canary.name(),
                champion.name(),
                plan.steps(),
                0,
                plan.holdSeconds(),
                plan.leastRequests(),
                plan.guards());
        Setup next = at(setup.shadowedBy(shadows), champion, canary, tested);
        Map<String, Object> because = Map.of("guards", plan.guards().toString(), "steps", plan.steps());
        return revise(name, Optional.of(before), next, "canary-started", because, loading);
    }

    /// @param steps shares of the requests in percent
    /// @param holdSeconds how long each holds at least
    public record CanaryPlan(List<Integer> steps, int holdSeconds, int leastRequests, Guards guards) {
        public CanaryPlan {
            steps = List.copyOf(steps);
            Canary.check(steps);
        }
    }

    private static Setup at(Setup setup, Variant champion, Variant canary, Canary tested) {
        return setup.with(List.of(champion.weighing(100 - tested.share()), canary.weighing(tested.share())))
                .testing(tested);
    }

    /// Does what a judgement of the canary demands.
    void conclude(Endpoint now, Judgement judgement) {
        Setup setup = now.revision().setup();
        Canary tested = setup.canary().orElseThrow();
        Variant champion = setup.named(tested.champion()).orElseThrow();
        Variant canary = setup.named(tested.variant()).orElseThrow();
        boolean advance = judgement.verdict() == Judgement.Verdict.ADVANCE;
        Setup next;
        String why;
        if (advance && !tested.isLast()) {
            next = at(setup, champion, canary, tested.next());
            why = "canary-advanced";
        } else {
            next = setup.with(List.of((advance ? canary : champion).weighing(100)));
            why = advance ? "canary-completed" : "canary-rolled-back";
        }
        revise(now.name(), Optional.of(now), next, why, judgement.told(tested), Loading.QUIETLY);
    }

    /// Answers again as an earlier revision did.
    ///
    /// @param number of the revision; absent for the one before
    public Endpoint rollBack(String name, Optional<Integer> number, Loading loading) {
        endpoints.requireWrite(name);
        Endpoint now = endpoints.get(name);
        int wanted = number.orElse(now.revision().number() - 1);
        Revision earlier = endpoints.revisions(name, wanted + 1, 1).stream()
                .filter(revision -> revision.number() == wanted)
                .findFirst()
                .orElseThrow(() -> NOT_FOUND.because("Endpoint '%s' has no revision %d to go back to.", name, wanted));
        return revise(name, Optional.of(now), withoutCanary(earlier.setup()), "rolled-back", Map.of(), loading);
    }

    /// What it ended with: all requests to the champion.
    private static Setup withoutCanary(Setup setup) {
        return setup.canary()
                .map(tested -> setup.with(
                        List.of(setup.named(tested.champion()).orElseThrow().weighing(100))))
                .orElse(setup);
    }

    private Endpoint revise(
            String name,
            Optional<Endpoint> before,
            Setup setup,
            String why,
            Map<String, Object> because,
            Loading loading) {
        int expected = before.map(endpoint -> endpoint.revision().number()).orElse(0);
        for (Variant variant : setup.all()) {
            RequestContext.current().require(Right.READ, variant.urn(), "model:" + variant.model());
        }
        List<LoadedModel> models = live.load(name, setup.all(), loading);
        Endpoint after;
        try {
            loading.step("switching");
            after = endpoints.revise(name, expected, setup, why, because);
        } catch (RuntimeException e) {
            live.letGo(models);
            throw e;
        }
        live.activate(after, models);
        return after;
    }

    public void delete(String name) {
        endpoints.delete(name);
        live.retire(RequestContext.current().workspace(), name);
    }

    /// Whether an endpoint answers a request of so many bytes in a fraction of a millisecond and waits for nothing.
    boolean isPrompt(String name, int bytes) {
        return live.find(name)
                .filter(endpoint -> !endpoint.isAsleep())
                .flatMap(LiveEndpoint::routing)
                .filter(routing -> routing.revision().setup().policy().log() != Policy.Log.SYNC)
                .filter(routing -> routing.loaded().stream()
                        .allMatch(model -> model.predictor().isPrompt(bytes)))
                .isPresent();
    }

    /// @param version absent for whichever variant's turn it is
    public LiveEndpoint.Answered predict(String name, @Nullable String version, Frame rows) {
        RequestContext.current().require(Right.READ, Endpoint.urn(name));
        return live.get(name).predict(rows, version);
    }
}
