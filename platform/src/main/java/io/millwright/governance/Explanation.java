package io.millwright.governance;

import io.millwright.kernel.Right;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/// What somebody may do to an entity, and which of their grants say so.
///
/// @param groups those that they are in
/// @param parents of the entity, without its workspace
/// @param verdicts one for each right
record Explanation(
        Subject principal, List<String> groups, Grant.Place place, List<String> parents, List<Verdict> verdicts) {
    private static final Grant ALL = new Grant(
            0,
            new Subject(Subject.Kind.USER, "all"),
            new Grant.Place(Grant.Place.EVERY_WORKSPACE, "workspace:*"),
            new Grant.Rule.Allow(Role.ADMIN),
            java.time.Instant.EPOCH);

    /// @param givenBy grants that have the right here
    /// @param deniedBy denials that take it away here
    record Verdict(Right right, boolean allowed, List<Grant> givenBy, List<Grant> deniedBy) {}

    Explanation {
        groups = List.copyOf(groups);
        parents = List.copyOf(parents);
        verdicts = List.copyOf(verdicts);
    }

    /// @param grants all that hold for the principal
    static Explanation of(
            Subject principal, List<String> groups, List<Grant> grants, Grant.Place place, List<String> parents) {
        List<Verdict> verdicts = Arrays.stream(Right.values())
                .map(right -> new Verdict(
                        right,
                        allows(grants, right, place, parents),
                        grants.stream()
                                .filter(grant -> allows(List.of(grant), right, place, parents))
                                .toList(),
                        grants.stream()
                                .filter(grant -> !allows(List.of(ALL, grant), right, place, parents))
                                .toList()))
                .toList();
        return new Explanation(principal, groups, place, parents, verdicts);
    }

    /// The question that every request asks, so that what is told here is what will happen.
    private static boolean allows(List<Grant> grants, Right right, Grant.Place place, List<String> parents) {
        return GrantedAccess.of(grants, null).allows(right, place.workspace(), place.entity(), parents);
    }

    /// Everything that is allowed.
    EnumSet<Right> allowed() {
        EnumSet<Right> all = EnumSet.noneOf(Right.class);
        for (Verdict verdict : verdicts) if (verdict.allowed()) all.add(verdict.right());
        return all;
    }
}
