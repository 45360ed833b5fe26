package io.millwright.registry.promotion;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Whom a policy names: principals, `group:<name>`, or `anyone`.
record People(List<String> entries) {
    static final String ANYONE = "anyone";
    static final String GROUP = "group:";

    People {
        entries = List.copyOf(entries);
    }

    boolean include(String principal, Principals principals) {
        return entries.stream()
                .anyMatch(entry -> entry.equals(ANYONE)
                        || entry.equals(principal)
                        || entry.startsWith(GROUP)
                                && principals
                                        .members(entry.substring(GROUP.length()))
                                        .map(members -> members.contains(principal))
                                        .orElse(false));
    }

    /// All of them; empty when that may be anybody.
    Optional<Set<String>> all(Principals principals) {
        Set<String> all = new HashSet<>();
        for (String entry : entries) {
            if (entry.equals(ANYONE)) return Optional.empty();
            if (!entry.startsWith(GROUP)) {
                all.add(entry);
                continue;
            }
            Optional<Set<String>> members = principals.members(entry.substring(GROUP.length()));
            if (members.isEmpty()) return Optional.empty();
            all.addAll(members.get());
        }
        return Optional.of(all);
    }

    @Override
    public String toString() {
        return String.join(", ", entries);
    }
}
