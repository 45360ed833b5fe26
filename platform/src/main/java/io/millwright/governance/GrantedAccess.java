package io.millwright.governance;

import io.millwright.kernel.Access;
import io.millwright.kernel.Right;
import io.millwright.kernel.Visible;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What one principal may do, as its grants stood when it was read. Immutable; a question costs a few look-ups.
final class GrantedAccess implements Access {
    private static final int EVERYTHING = bits(Set.of(Right.values()));
    private static final Rules NO_RULES = new Rules(0, 0);

    /// Bits of the rights that are allowed and denied at one place.
    private record Rules(int allowed, int denied) {
        Rules and(Rules other) {
            return new Rules(allowed | other.allowed, denied | other.denied);
        }
    }

    private final Rules everywhere;
    /// By workspace, then by URN.
    private final Map<String, Map<String, Rules>> byWorkspace;
    private final int cap;

    private GrantedAccess(Rules everywhere, Map<String, Map<String, Rules>> byWorkspace, int cap) {
        this.everywhere = everywhere;
        this.byWorkspace = byWorkspace;
        this.cap = cap;
    }

    /// @param scope what caps it; null for nothing
    static GrantedAccess of(List<Grant> grants, @Nullable Role scope) {
        Rules everywhere = NO_RULES;
        Map<String, Map<String, Rules>> byWorkspace = new HashMap<>();
        for (Grant grant : grants) {
            Rules rules = rules(grant.rule());
            if (grant.place().isEverywhere()) {
                everywhere = everywhere.and(rules);
            } else {
                byWorkspace
                        .computeIfAbsent(grant.place().workspace(), name -> new HashMap<>())
                        .merge(grant.place().entity(), rules, Rules::and);
            }
        }
        return new GrantedAccess(everywhere, byWorkspace, scope == null ? EVERYTHING : bits(scope.rights()));
    }

    private static Rules rules(Grant.Rule rule) {
        return switch (rule) {
            case Grant.Rule.Allow(Role role) -> new Rules(bits(role.rights()), 0);
            // Nobody changes what they may not see.
            case Grant.Rule.Deny(Right right) ->
                new Rules(0, right == Right.READ ? EVERYTHING & ~bit(Right.ADMIN) : bit(right));
        };
    }

    private static int bits(Set<Right> rights) {
        return rights.stream().mapToInt(GrantedAccess::bit).sum();
    }

    private static int bit(Right right) {
        return 1 << right.ordinal();
    }

    /// Whether a token's scope holds it below what its owner may do.
    boolean isCapped() {
        return cap != EVERYTHING;
    }

    @Override
    public boolean allows(Right right, String workspace, String entity, List<String> parents) {
        int bit = bit(right);
        if ((cap & bit) == 0) return false;
        if (right == Right.ADMIN) return (everywhere.allowed & bit) != 0;
        Map<String, Rules> here = byWorkspace.getOrDefault(workspace, Map.of());
        int allowed = everywhere.allowed;
        int denied = everywhere.denied;
        if (!here.isEmpty()) {
            Rules onWorkspace = here.getOrDefault("workspace:" + workspace, NO_RULES);
            Rules onEntity = here.getOrDefault(entity, NO_RULES);
            allowed |= onWorkspace.allowed | onEntity.allowed;
            denied |= onWorkspace.denied | onEntity.denied;
            for (String parent : parents) {
                Rules onParent = here.getOrDefault(parent, NO_RULES);
                allowed |= onParent.allowed;
                denied |= onParent.denied;
            }
        }
        return (allowed & ~denied & bit) != 0;
    }

    @Override
    public boolean allowsSomewhere(Right right, String workspace) {
        int bit = bit(right);
        if ((cap & bit) == 0) return false;
        if (right == Right.ADMIN) return (everywhere.allowed & bit) != 0;
        Map<String, Rules> here = byWorkspace.getOrDefault(workspace, Map.of());
        int denied = everywhere.denied | here.getOrDefault("workspace:" + workspace, NO_RULES).denied;
        if ((denied & bit) != 0) return false;
        return (everywhere.allowed & bit) != 0 || here.values().stream().anyMatch(rules -> (rules.allowed & bit) != 0);
    }

    @Override
    public Visible visible(Right right, String workspace, String kind) {
        int bit = bit(right);
        Map<String, Rules> here = byWorkspace.getOrDefault(workspace, Map.of());
        Rules whole = everywhere.and(here.getOrDefault("workspace:" + workspace, NO_RULES));
        if ((cap & bit) == 0 || (whole.denied & bit) != 0) return Visible.NOTHING;
        Set<String> shown = new HashSet<>();
        Set<String> hidden = new HashSet<>();
        here.forEach((urn, rules) -> {
            if (!urn.startsWith(kind + ":")) return;
            String id = urn.substring(kind.length() + 1);
            if ((rules.denied & bit) != 0) hidden.add(id);
            else if ((rules.allowed & bit) != 0) shown.add(id);
        });
        return new Visible((whole.allowed & bit) != 0, shown, hidden);
    }
}
