package io.millwright.registry.promotion;

import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Sql;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Which policy governs a model: the one in force that names it most closely.
final class Policies {
    private static final int MOST_KEPT = 500;

    /// @param number of its version
    record InForce(Policy policy, long number) {}

    private final PolicyStore store = new PolicyStore();
    /// Read policies by the hash of their document, which never changes.
    private final Map<String, Policy> read = new ConcurrentHashMap<>();

    /// Empty for an ungoverned model.
    Optional<InForce> of(Sql sql, String model) {
        return store.current(sql, RequestContext.current().workspace()).stream()
                .map(this::read)
                .filter(inForce -> inForce.policy().closeness(model).isPresent())
                .max(Comparator.comparingInt((InForce inForce) ->
                                inForce.policy().closeness(model).orElse(0))
                        .thenComparing(inForce -> inForce.policy().name(), Comparator.reverseOrder()));
    }

    /// The policy under which a promotion runs.
    Policy of(Sql sql, Promotion promotion) {
        return store.version(sql, RequestContext.current().workspace(), promotion.policy(), promotion.policyVersion())
                .map(this::read)
                .orElseThrow()
                .policy();
    }

    private InForce read(PolicyVersion version) {
        if (read.size() > MOST_KEPT) read.clear();
        Policy policy = read.computeIfAbsent(
                version.sha256(), hash -> PolicyReader.read(version.document(), Principals.EVERYBODY));
        return new InForce(policy, version.number());
    }
}
