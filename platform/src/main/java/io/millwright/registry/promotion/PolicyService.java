package io.millwright.registry.promotion;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.PRECONDITION_FAILED;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Policies of a workspace: applied, looked up, withdrawn. Each application is a version that is kept.
public final class PolicyService {
    private static final int MOST_POLICIES = 200;

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final Principals principals;
    private final PolicyStore store = new PolicyStore();

    PolicyService(Db db, Ledger ledger, Clock clock, Principals principals) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.principals = principals;
    }

    /// Puts a policy in force; the one that is, if it is the same.
    ///
    /// @param expected the number of the version in force, 0 for none; empty for whatever it is
    /// @param dryRun whether to check everything and change nothing
    /// @return the version in force, or the one that would be
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT with each problem's line and column;
    ///     PRECONDITION_FAILED when another version is in force
    public PolicyVersion apply(String name, String document, OptionalLong expected, boolean dryRun) {
        Policy policy = PolicyReader.read(document, principals);
        if (!policy.name().equals(name)) {
            throw INVALID_ARGUMENT.because(
                    "The file's policy is '%s', expected '%s' as in the address.", policy.name(), name);
        }
        requireManage(policy.models());
        String sha256 = Evidence.sha256(document);
        if (dryRun) return db.read(sql -> next(sql, policy, document, sha256, expected));
        return db.tx(sql -> {
            PolicyVersion next = next(sql, policy, document, sha256, expected);
            Optional<PolicyVersion> current = store.current(sql, workspace(), name);
            if (current.isPresent() && current.get().number() == next.number()) return next;
            store.withdraw(sql, workspace(), name);
            store.insert(sql, workspace(), next);
            ledger.append(
                    sql,
                    "promotion-policy.applied",
                    next.urn(),
                    Map.of("version", next.number(), "sha256", sha256, "models", policy.models()));
            return next;
        });
    }

    private PolicyVersion next(Sql sql, Policy policy, String document, String sha256, OptionalLong expected) {
        Optional<PolicyVersion> current = store.current(sql, workspace(), policy.name());
        current.ifPresent(version -> requireManage(models(version)));
        requireExpected(policy.name(), current, expected);
        if (current.isPresent() && current.get().sha256().equals(sha256)) return current.get();
        List<PolicyVersion> others = store.current(sql, workspace());
        if (current.isEmpty() && others.size() >= MOST_POLICIES) {
            throw WRONG_STATE.because(
                    "The workspace has %d policies, and takes no more. Let one govern several models.", others.size());
        }
        for (PolicyVersion other : others) {
            if (other.name().equals(policy.name())) continue;
            List<String> theirs = models(other);
            boolean both = policy.models().isEmpty()
                    ? theirs.isEmpty()
                    : policy.models().stream().anyMatch(theirs::contains);
            if (both) {
                throw NAME_TAKEN.because(
                        "The policy '%s' already governs the same models. Change that one, or withdraw it first.",
                        other.name());
            }
        }
        return new PolicyVersion(
                policy.name(),
                store.lastVersion(sql, workspace(), policy.name()) + 1,
                true,
                document,
                sha256,
                RequestContext.current().principal().name(),
                clock.instant().truncatedTo(ChronoUnit.MILLIS));
    }

    /// Takes a policy out of force: its models are ungoverned, or governed by a wider one. Promotions that are open go
    /// on under it.
    public void withdraw(String name, OptionalLong expected) {
        db.tx(sql -> {
            Optional<PolicyVersion> current = store.current(sql, workspace(), name);
            PolicyVersion version = current.orElseThrow(() -> unknown(name));
            requireManage(models(version));
            requireExpected(name, current, expected);
            store.withdraw(sql, workspace(), name);
            ledger.append(sql, "promotion-policy.withdrawn", version.urn(), Map.of("version", version.number()));
            return 0;
        });
    }

    /// The version in force.
    public PolicyVersion get(String name) {
        RequestContext.current().require(Right.READ, workspaceUrn());
        return db.read(sql -> store.current(sql, workspace(), name)).orElseThrow(() -> unknown(name));
    }

    public PolicyVersion version(String name, long number) {
        RequestContext.current().require(Right.READ, workspaceUrn());
        return db.read(sql -> store.version(sql, workspace(), name, number))
                .orElseThrow(() -> NOT_FOUND.because("There is no version %d of a policy '%s'.", number, name));
    }

    /// Newest first.
    ///
    /// @param before only those with a smaller number
    public Page<PolicyVersion> versions(String name, int most, long before) {
        RequestContext.current().require(Right.READ, workspaceUrn());
        List<PolicyVersion> found = db.read(sql -> store.versionsBefore(sql, workspace(), name, before, most + 1));
        if (found.size() <= most) return Page.last(found);
        List<PolicyVersion> page = found.subList(0, most);
        return new Page<>(page, Optional.of(String.valueOf(page.getLast().number())));
    }

    /// All in force, by name: there are never many.
    public List<PolicyVersion> list() {
        RequestContext.current().require(Right.READ, workspaceUrn());
        return db.read(sql -> store.current(sql, workspace()));
    }

    private static void requireExpected(String name, Optional<PolicyVersion> current, OptionalLong expected) {
        long number = current.map(PolicyVersion::number).orElse(0L);
        if (expected.isEmpty() || expected.getAsLong() == number) return;
        throw PRECONDITION_FAILED.because(
                "Of the policy '%s' version %d is in force, and %d was expected. Look at it, and apply yours again.",
                name, number, expected.getAsLong());
    }

    private List<String> models(PolicyVersion version) {
        return PolicyReader.read(version.document(), Principals.EVERYBODY).models();
    }

    /// A policy of named models is their managers' business, any other the workspace's.
    private static void requireManage(List<String> models) {
        boolean named = !models.isEmpty() && models.stream().noneMatch(model -> model.contains("*"));
        if (!named) RequestContext.current().require(Right.MANAGE, workspaceUrn());
        else models.forEach(model -> RequestContext.current().require(Right.MANAGE, "model:" + model));
    }

    private static RuntimeException unknown(String name) {
        return NOT_FOUND.because("No policy '%s' is in force. `millwright policy apply` applies one.", name);
    }

    private static String workspaceUrn() {
        return "workspace:" + workspace();
    }

    private static String workspace() {
        return RequestContext.current().workspace();
    }
}
