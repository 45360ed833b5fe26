package io.millwright.registry.promotion;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;
import static java.util.Objects.requireNonNull;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Names;
import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import io.millwright.registry.ModelMoves;
import io.millwright.registry.promotion.Policies.InForce;
import io.millwright.registry.promotion.Policy.PolicyStage;
import io.millwright.registry.promotion.Policy.Transition;
import io.millwright.registry.promotion.Promotion.Decision;
import io.millwright.registry.promotion.Promotion.Kind;
import io.millwright.registry.promotion.Promotion.Story;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Promotions: asked for, decided, rolled back, looked up. Each answers once the promotion rests; see
/// [PromotionMachine].
public final class PromotionService {
    private static final int LONGEST_MESSAGE = 2_000;
    private static final int MOST_OPEN = 100;

    private final Db db;
    private final Ledger ledger;
    private final Ids ids;
    private final ModelMoves moves;
    private final Policies policies;
    private final PromotionMachine machine;
    private final Principals principals;
    private final PromotionStore store = new PromotionStore();

    PromotionService(
            Db db,
            Ledger ledger,
            Ids ids,
            ModelMoves moves,
            Policies policies,
            PromotionMachine machine,
            Principals principals) {
        this.db = db;
        this.ledger = ledger;
        this.ids = ids;
        this.moves = moves;
        this.policies = policies;
        this.machine = machine;
        this.principals = principals;
    }

    /// What somebody asks for.
    ///
    /// @param alias empty to have the only one of the stage
    /// @param stage empty to have the alias's
    public record Ask(String model, long version, String alias, String stage, String reason) {}

    /// Asks for a promotion; the one that is open already, if it is the same.
    ///
    /// @return as far as it came at once: applied, when checks passed and nobody must approve
    public Promotion request(Ask ask) {
        requireAsk(ask.model());
        Names.limited("reason", LONGEST_MESSAGE, ask.reason());
        String holder = ids.hex32();
        long id = db.tx(sql -> open(sql, ask, holder));
        return machine.advance(id, holder);
    }

    private long open(Sql sql, Ask ask, String holder) {
        String model = ask.model();
        if (!moves.claim(sql, model) || moves.version(sql, model, ask.version()).isEmpty()) {
            throw NOT_FOUND.because("There is no version %d of a model '%s'.", ask.version(), model);
        }
        InForce inForce = policies.of(sql, model)
                .orElseThrow(() -> WRONG_STATE.because(
                        "No policy governs the model '%s': its aliases are set directly. `millwright policy apply`"
                                + " puts one in force.",
                        model));
        Policy policy = inForce.policy();
        PolicyStage to = target(policy, ask);
        String alias = alias(to, ask);
        String from = machine.stageOf(sql, policy, model, ask.version());
        List<Promotion> open = store.open(sql, workspace(), model);
        Optional<Promotion> same = open.stream()
                .filter(p -> p.version() == ask.version()
                        && p.to().equals(to.name())
                        && p.alias().equals(alias))
                .findFirst();
        if (same.isPresent()) return same.get().id();
        if (open.size() >= MOST_OPEN) {
            throw WRONG_STATE.because(
                    "%d promotions of '%s' are open, and no more are taken. Decide or cancel some.",
                    open.size(), model);
        }
        long now = alias.isEmpty() ? 0 : moves.aliased(sql, model, alias).orElse(0);
        if (from.equals(to.name()) && (alias.isEmpty() || now == ask.version())) {
            throw WRONG_STATE.because("Version %d of '%s' is in stage '%s' already.", ask.version(), model, from);
        }
        Transition transition = transition(policy, from, to.name(), ask);
        requireListed(transition.ask(), "ask for a promotion from '" + from + "' to '" + to.name() + "'", policy);
        return insert(sql, inForce, transition, Kind.PROMOTION, from, alias, ask, holder);
    }

    private static PolicyStage target(Policy policy, Ask ask) {
        if (!ask.stage().isEmpty()) {
            return policy.stage(ask.stage())
                    .orElseThrow(() -> INVALID_ARGUMENT.because(
                            "The policy '%s' has no stage '%s', expected one of %s.",
                            policy.name(),
                            ask.stage(),
                            policy.stages().stream().map(PolicyStage::name).toList()));
        }
        return policy.stageOfAlias(ask.alias())
                .orElseThrow(() -> INVALID_ARGUMENT.because(
                        "No stage of the policy '%s' governs an alias '%s'.", policy.name(), ask.alias()));
    }

    private static String alias(PolicyStage stage, Ask ask) {
        if (!ask.alias().isEmpty()) {
            if (stage.aliases().contains(ask.alias())) return ask.alias();
            throw INVALID_ARGUMENT.because(
                    "The alias '%s' does not belong to the stage '%s', which has %s.",
                    ask.alias(), stage.name(), stage.aliases());
        }
        if (stage.aliases().size() > 1) {
            throw INVALID_ARGUMENT.because(
                    "The stage '%s' has the aliases %s: say which one the version is to get.",
                    stage.name(), stage.aliases());
        }
        return stage.aliases().isEmpty() ? "" : stage.aliases().getFirst();
    }

    /// A version in the stage already, for another of its aliases, has the rules by which versions come there.
    private static Transition transition(Policy policy, String from, String to, Ask ask) {
        Optional<Transition> found = from.equals(to) ? policy.transitionTo(to) : policy.transition(from, to);
        return found.orElseThrow(() -> WRONG_STATE.because(
                "Version %d of '%s' is in stage '%s', and the policy '%s' has no transition from there to '%s'."
                        + " Versions come there from %s.",
                ask.version(),
                ask.model(),
                from,
                policy.name(),
                to,
                policy.transitions().stream()
                        .filter(t -> t.to().equals(to))
                        .map(Transition::from)
                        .toList()));
    }

    private long insert(
            Sql sql,
            InForce inForce,
            Transition transition,
            Kind kind,
            String from,
            String alias,
            Ask ask,
            String holder) {
        Instant now = machine.now();
        Promotion promotion = new Promotion(
                0,
                ask.model(),
                ask.version(),
                kind,
                from,
                transition.to(),
                alias,
                inForce.policy().name(),
                inForce.number(),
                PromotionState.REQUESTED,
                principal(),
                moves.author(sql, ask.model(), ask.version()),
                ask.reason(),
                "",
                alias.isEmpty() ? 0 : moves.aliased(sql, ask.model(), alias).orElse(0),
                "",
                now,
                now,
                now.plus(transition.expiresAfter()));
        long id = store.insert(sql, workspace(), promotion, holder, now.plus(PromotionMachine.LEASE));
        machine.record(sql, found(sql, id), PromotionState.REQUESTED, ask.reason());
        return id;
    }

    public Promotion approve(long id, String message) {
        return decide(id, "approve", message);
    }

    public Promotion reject(long id, String message) {
        return decide(id, "reject", message);
    }

    private Promotion decide(long id, String verdict, String message) {
        Names.limited("message", LONGEST_MESSAGE, message);
        RequestContext.current().require(Right.APPROVE, modelUrn(visible(id).model()));
        db.tx(sql -> {
            store.claim(sql, workspace(), id);
            Promotion promotion = found(sql, id);
            requireDecidable(promotion);
            List<Decision> before = store.decisions(sql, id);
            boolean decided =
                    before.stream().anyMatch(decision -> decision.principal().equals(principal()));
            Transition transition =
                    requireDecider(promotion, policies.of(sql, promotion), decided, this::includesCaller);
            store.addDecision(sql, id, new Decision(principal(), verdict, message, machine.now()));
            ledger.append(sql, "promotion.decided", promotion.urn(), Map.of("verdict", verdict, "message", message));
            settle(sql, promotion, verdict, before.size() + 1, transition, message);
            return 0;
        });
        return machine.advance(id, ids.hex32());
    }

    /// Why the caller may not decide those that wait, by their numbers; nothing of one that they may decide.
    public Map<Long, String> whyNot(List<Promotion> promotions) {
        List<Promotion> waiting = promotions.stream()
                .filter(promotion -> promotion.state() == PromotionState.WAITING)
                .toList();
        if (waiting.isEmpty()) return Map.of();
        record Governed(String policy, long version) {}
        Map<Governed, Policy> governing = new HashMap<>();
        Set<Long> decided = db.read(sql -> {
            for (Promotion one : waiting) {
                var governed = new Governed(one.policy(), one.policyVersion());
                if (!governing.containsKey(governed)) governing.put(governed, policies.of(sql, one));
            }
            return store.decidedBy(
                    sql, principal(), waiting.stream().map(Promotion::id).toList());
        });
        // Who is in a group is a question to the database too.
        Map<People, Boolean> included = new HashMap<>();
        Map<Long, String> refusals = new HashMap<>();
        for (Promotion one : waiting) {
            try {
                RequestContext.current().require(Right.APPROVE, modelUrn(one.model()));
                Policy policy = requireNonNull(governing.get(new Governed(one.policy(), one.policyVersion())));
                requireDecider(
                        one,
                        policy,
                        decided.contains(one.id()),
                        people -> included.computeIfAbsent(people, this::includesCaller));
            } catch (Failure refused) {
                // Anything else is no answer to the question.
                if (refused.code() != PERMISSION_DENIED && refused.code() != WRONG_STATE) throw refused;
                refusals.put(one.id(), refused.message());
            }
        }
        return refusals;
    }

    /// @throws Failure unless the caller may decide it by its policy, and has not yet
    private Transition requireDecider(
            Promotion promotion, Policy policy, boolean decided, Predicate<People> includesCaller) {
        Transition transition = PromotionMachine.transition(policy, promotion);
        if (!includesCaller.test(transition.approve()))
            throw refused("decide promotion " + promotion.id(), transition.approve(), policy);
        if (!transition.allowAuthor()) requireFourEyes(promotion);
        if (decided) {
            throw WRONG_STATE.because("'%s' has already decided on promotion %d.", principal(), promotion.id());
        }
        return transition;
    }

    private void settle(
            Sql sql, Promotion promotion, String verdict, int approvals, Transition transition, String message) {
        String by = "by " + principal() + (message.isEmpty() ? "" : ": " + message);
        if (verdict.equals("reject")) {
            machine.move(sql, promotion, PromotionState.REJECTED, by, null);
        } else if (approvals >= transition.approvals()) {
            machine.move(sql, promotion, PromotionState.APPROVED, by, 0L);
        } else {
            store.postpone(
                    sql,
                    promotion,
                    "%d of %d approvals; %s may approve"
                            .formatted(approvals, transition.approvals(), transition.approve()),
                    promotion.expiresAt());
        }
    }

    private void requireDecidable(Promotion promotion) {
        if (promotion.state() != PromotionState.WAITING) {
            throw WRONG_STATE.because(
                    "Promotion %d is %s%s; only one that is waiting is decided.",
                    promotion.id(),
                    promotion.state().word(),
                    promotion.note().isEmpty() ? "" : " (" + promotion.note() + ")");
        }
        if (!machine.now().isBefore(promotion.expiresAt())) {
            throw WRONG_STATE.because("Promotion %d expired at %s. Ask again.", promotion.id(), promotion.expiresAt());
        }
    }

    private static void requireFourEyes(Promotion promotion) {
        String who = principal();
        if (who.equals(promotion.requester())) {
            throw PERMISSION_DENIED.because(
                    "Promotion %d was asked for by '%s', and another must decide it.", promotion.id(), who);
        }
        if (who.equals(promotion.author())) {
            throw PERMISSION_DENIED.because(
                    "Version %d of '%s' was made by '%s', and another must decide promotion %d.",
                    promotion.version(), promotion.model(), who, promotion.id());
        }
    }

    /// Takes back what one has asked for, or whoever manages the model.
    public Promotion cancel(long id, String message) {
        Names.limited("message", LONGEST_MESSAGE, message);
        Promotion seen = visible(id);
        if (!seen.requester().equals(principal()))
            RequestContext.current().require(Right.MANAGE, modelUrn(seen.model()));
        db.tx(sql -> {
            store.claim(sql, workspace(), id);
            Promotion promotion = found(sql, id);
            if (!promotion.state().isOpen()) {
                throw WRONG_STATE.because(
                        "Promotion %d is %s already.", id, promotion.state().word());
            }
            String note = "cancelled by " + principal() + (message.isEmpty() ? "" : ": " + message);
            machine.move(sql, promotion, PromotionState.REJECTED, note, null);
            return 0;
        });
        return visible(id);
    }

    /// Gives the alias back to the version that held it before this promotion: itself a promotion.
    ///
    /// @param reason required
    public Promotion rollBack(long id, String reason) {
        Names.limited("reason", LONGEST_MESSAGE, reason);
        if (reason.isBlank()) throw INVALID_ARGUMENT.because("A roll-back needs a 'reason'.");
        requireAsk(visible(id).model());
        String holder = ids.hex32();
        long back = db.tx(sql -> openRollback(sql, id, reason, holder));
        return machine.advance(back, holder);
    }

    private long openRollback(Sql sql, long id, String reason, String holder) {
        store.claim(sql, workspace(), id);
        Promotion undone = found(sql, id);
        if (undone.state() != PromotionState.APPLIED) {
            throw WRONG_STATE.because(
                    "Promotion %d is %s%s; only one that is applied is rolled back.",
                    id, undone.state().word(), undone.note().isEmpty() ? "" : " (" + undone.note() + ")");
        }
        if (undone.alias().isEmpty() || undone.holder() == 0) {
            throw WRONG_STATE.because(
                    "Promotion %d took its place from no version, so there is none to return to.", id);
        }
        moves.claim(sql, undone.model());
        if (moves.version(sql, undone.model(), undone.holder()).isEmpty()) {
            throw WRONG_STATE.because(
                    "Version %d of '%s', which held the alias before, is gone.", undone.holder(), undone.model());
        }
        InForce inForce = policies.of(sql, undone.model())
                .orElseThrow(() -> WRONG_STATE.because(
                        "No policy governs '%s' any more: set the alias directly.", undone.model()));
        Policy policy = inForce.policy();
        Transition transition = policy.transitionTo(undone.to())
                .filter(t ->
                        policy.stage(t.to()).stream().anyMatch(s -> s.aliases().contains(undone.alias())))
                .orElseThrow(() -> WRONG_STATE.because(
                        "The policy '%s' no longer governs '%s' in a stage '%s'.",
                        policy.name(), undone.alias(), undone.to()));
        if (!includesCaller(transition.approve())) requireListed(transition.ask(), "roll back promotion " + id, policy);
        String from = machine.stageOf(sql, policy, undone.model(), undone.holder());
        Ask ask = new Ask(undone.model(), undone.holder(), undone.alias(), undone.to(), reason);
        return insert(sql, inForce, transition, Kind.ROLLBACK, from, undone.alias(), ask, holder);
    }

    public Story get(long id) {
        Promotion promotion = visible(id);
        return db.read(sql -> new Story(promotion, store.decisions(sql, id), store.history(sql, id)));
    }

    /// What its checks found, as it was hashed.
    public String evidence(long id) {
        visible(id);
        return db.read(sql -> store.evidence(sql, workspace(), id))
                .map(Evidence::json)
                .orElseThrow(() -> NOT_FOUND.because("The checks of promotion %d have not run yet.", id));
    }

    /// Newest first; without those of models that the principal may not see, so a page may be short.
    ///
    /// @param before only those with a smaller id
    public Page<Promotion> list(PromotionFilter filter, int most, long before) {
        List<Promotion> found = db.read(sql -> store.page(sql, workspace(), filter, before, most + 1));
        boolean more = found.size() > most;
        List<Promotion> page = more ? found.subList(0, most) : found;
        List<Promotion> seen = page.stream()
                .filter(p -> RequestContext.current().allows(Right.READ, modelUrn(p.model())))
                .toList();
        return new Page<>(seen, more ? Optional.of(String.valueOf(page.getLast().id())) : Optional.empty());
    }

    /// Whether the principal may approve or reject it now, as far as anybody can tell before they do.
    ///
    /// @param whyNot what [#whyNot] told
    public boolean mayDecide(Promotion promotion, Map<Long, String> whyNot) {
        return promotion.state() == PromotionState.WAITING
                && machine.now().isBefore(promotion.expiresAt())
                && !whyNot.containsKey(promotion.id());
    }

    private Promotion visible(long id) {
        Promotion promotion = db.read(sql -> found(sql, id));
        RequestContext.current().require(Right.READ, modelUrn(promotion.model()));
        return promotion;
    }

    private Promotion found(Sql sql, long id) {
        return store.find(sql, workspace(), id)
                .orElseThrow(
                        () -> NOT_FOUND.because("There is no promotion %d in the workspace '%s'.", id, workspace()));
    }

    private void requireListed(People people, String what, Policy policy) {
        if (!includesCaller(people)) throw refused(what, people, policy);
    }

    private boolean includesCaller(People people) {
        return people.include(principal(), principals);
    }

    private static Failure refused(String what, People people, Policy policy) {
        return PERMISSION_DENIED.because(
                "'%s' may not %s: the policy '%s' lets %s.",
                principal(), what, policy.name(), people.entries().isEmpty() ? "nobody" : people);
    }

    private static void requireAsk(String model) {
        RequestContext context = RequestContext.current();
        if (!context.allows(Right.WRITE, modelUrn(model))) context.require(Right.ALIAS, modelUrn(model));
    }

    private static String modelUrn(String model) {
        return "model:" + model;
    }

    private static String principal() {
        return RequestContext.current().principal().name();
    }

    private static String workspace() {
        return RequestContext.current().workspace();
    }
}
