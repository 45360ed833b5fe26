package io.millwright.serving.live;

import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.serving.endpoints.Canary;
import io.millwright.serving.endpoints.Revision;
import io.millwright.serving.endpoints.Variant;
import io.millwright.serving.log.Source;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/// Which variant answers a request: by weight, and for a sticky caller always the same one as long as
/// weights allow.
///
/// Weighted rendezvous hashing (Thaler and Ravishankar 1998; weights as in Schindelhauer and Schomaker
/// 2005): each variant draws a number from the caller's key and its own name, `-weight / ln(draw)`,
/// and the largest answers. When a weight moves, only callers move that must: from variants that lost
/// share to ones that gained it.
public final class Routing {
    private final Revision revision;
    private final List<LoadedModel> models;
    private final List<Source> sources;
    private final List<Tally> tallies;
    private final int champion;
    private final int canary;
    private final long[] seeds;
    private final double[] weights;
    private final int only;

    /// @param models of each variant and then of each shadow, in their order
    Routing(String workspace, String endpoint, Revision revision, List<LoadedModel> models) {
        this.revision = revision;
        this.models = List.copyOf(models);
        List<Variant> variants = revision.setup().variants();
        List<Variant> all = revision.setup().all();
        sources = IntStream.range(0, all.size())
                .mapToObj(place -> new Source(
                        workspace,
                        endpoint,
                        revision,
                        all.get(place),
                        models.get(place).predictor().inputs()))
                .toList();
        tallies = all.stream().map(each -> new Tally()).toList();
        Optional<Canary> tested = revision.setup().canary();
        canary = tested.map(each -> place(variants, each.variant())).orElse(-1);
        champion = place(
                variants,
                tested.map(Canary::champion)
                        .orElseGet(() -> revision.setup().champion().name()));
        seeds = variants.stream().mapToLong(variant -> hash(variant.name())).toArray();
        weights = variants.stream().mapToDouble(Variant::weight).toArray();
        int found = -1;
        int weighty = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                found = i;
                weighty++;
            }
        }
        only = weighty == 1 ? found : -1;
    }

    /// The same, with models that have been loaded again; what was counted goes on.
    private Routing(Routing before, List<LoadedModel> models) {
        this.revision = before.revision;
        this.models = List.copyOf(models);
        this.sources = before.sources;
        this.tallies = before.tallies;
        this.champion = before.champion;
        this.canary = before.canary;
        this.seeds = before.seeds;
        this.weights = before.weights;
        this.only = before.only;
    }

    /// @param models the same as [#loaded], loaded again
    Routing with(List<LoadedModel> models) {
        return new Routing(this, models);
    }

    private static int place(List<Variant> variants, String name) {
        for (int i = 0; i < variants.size(); i++) if (variants.get(i).name().equals(name)) return i;
        throw new IllegalStateException("no variant " + name);
    }

    public Revision revision() {
        return revision;
    }

    /// The models of its variants and then of its shadows, in their order.
    public List<LoadedModel> loaded() {
        return models;
    }

    /// What each has done, in the order of [#loaded].
    public List<Tally> tallies() {
        return tallies;
    }

    /// Who they are in the prediction log, in the order of [#loaded].
    List<Source> sources() {
        return sources;
    }

    /// The place of the variant that the others are compared with.
    public int champion() {
        return champion;
    }

    /// The place of the variant that is on its way up; -1 for none.
    public int canary() {
        return canary;
    }

    /// The first place that a shadow has.
    int firstShadow() {
        return weights.length;
    }

    /// The place of the variant that has this version or name.
    ///
    /// @throws io.millwright.kernel.Failure NOT_FOUND
    public int named(String version) {
        List<Variant> variants = revision.setup().variants();
        for (int i = 0; i < variants.size(); i++) {
            Variant variant = variants.get(i);
            if (variant.version().equals(version) || variant.name().equals(version)) return i;
        }
        throw NOT_FOUND.because(
                "No variant has version '%s', only %s.",
                version, variants.stream().map(Variant::version).toList());
    }

    /// The place of the variant that answers a caller who has no key.
    int draw() {
        return only >= 0 ? only : choose(ThreadLocalRandom.current().nextLong());
    }

    /// The place of the variant that answers a caller with this key.
    int choose(String key) {
        return only >= 0 ? only : choose(hash(key));
    }

    private int choose(long key) {
        int best = -1;
        double highest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] == 0) continue;
            // The upper 53 bits as a number above 0 and below 1.
            double draw = ((mix(key ^ seeds[i]) >>> 11) + 0.5) * 0x1.0p-53;
            double score = -weights[i] / Math.log(draw);
            if (score > highest) {
                highest = score;
                best = i;
            }
        }
        return best;
    }

    private static long hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) hash = (hash ^ each) * 0x100000001b3L;
        return mix(hash);
    }

    /// The finaliser of SplitMix64: each bit of the key changes about half the bits of the answer.
    private static long mix(long key) {
        long bits = key + 0x9e3779b97f4a7c15L;
        bits = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
        bits = (bits ^ (bits >>> 27)) * 0x94d049bb133111ebL;
        return bits ^ (bits >>> 31);
    }
}
