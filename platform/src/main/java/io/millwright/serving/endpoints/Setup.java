package io.millwright.serving.endpoints;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// How an endpoint answers.
///
/// @param variants those that answer, by their weights
/// @param shadows those that are asked the same afterwards, and whose answers nobody gets
/// @param sticky the input column by whose value a caller keeps to one variant; empty when each request is drawn anew
/// @param canary the variant that is on its way up; whatever else changes the variants ends it
public record Setup(
        List<Variant> variants, List<Variant> shadows, String sticky, Policy policy, Optional<Canary> canary) {
    public static final int MOST_VARIANTS = 20;

    public Setup {
        variants = List.copyOf(variants);
        shadows = List.copyOf(shadows);
        if (variants.isEmpty() || variants.size() > MOST_VARIANTS) {
            throw INVALID_ARGUMENT.because("An endpoint has 1 to %d variants, not %d.", MOST_VARIANTS, variants.size());
        }
        if (shadows.size() > MOST_VARIANTS) {
            throw INVALID_ARGUMENT.because(
                    "An endpoint has at most %d shadows, not %d.", MOST_VARIANTS, shadows.size());
        }
        Set<String> names = new HashSet<>();
        for (Variant variant :
                Stream.concat(variants.stream(), shadows.stream()).toList()) {
            if (!names.add(variant.name()))
                throw INVALID_ARGUMENT.because("Two variants are named '%s'.", variant.name());
        }
        if (variants.stream().mapToLong(Variant::weight).sum() == 0) {
            throw INVALID_ARGUMENT.because("All variants have the weight 0: nobody would answer.");
        }
    }

    public static Setup of(List<Variant> variants) {
        return new Setup(variants, List.of(), "", Policy.DEFAULT, Optional.empty());
    }

    /// Other variants, and no canary.
    public Setup with(List<Variant> others) {
        return new Setup(others, shadows, sticky, policy, Optional.empty());
    }

    public Setup shadowedBy(List<Variant> others) {
        return new Setup(variants, others, sticky, policy, canary);
    }

    public Setup stickyBy(String column) {
        return new Setup(variants, shadows, column, policy, canary);
    }

    public Setup under(Policy other) {
        return new Setup(variants, shadows, sticky, other, canary);
    }

    public Setup testing(Canary one) {
        return new Setup(variants, shadows, sticky, policy, Optional.of(one));
    }

    /// Variants first, then shadows.
    public List<Variant> all() {
        return Stream.concat(variants.stream(), shadows.stream()).toList();
    }

    public Optional<Variant> named(String name) {
        return all().stream().filter(variant -> variant.name().equals(name)).findFirst();
    }

    /// The one with the largest weight: what the others are compared with.
    public Variant champion() {
        Variant best = variants.getFirst();
        for (Variant variant : variants) if (variant.weight() > best.weight()) best = variant;
        return best;
    }
}
