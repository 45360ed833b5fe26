package io.millwright.registry.promotion;

import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import io.millwright.registry.ModelMoves;
import io.millwright.registry.ModelVersion;
import io.millwright.registry.Stage;
import io.millwright.registry.promotion.Check.Outcome;
import io.millwright.registry.promotion.Policy.PolicyStage;
import io.millwright.registry.promotion.Policy.Transition;
import io.millwright.registry.promotion.Promotion.Kind;
import io.millwright.registry.promotion.PromotionStore.Place;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Moves promotions from state to state, each time in one transaction with its event. Whatever process dies between two
/// of them, the next that [steps][#step] goes on from there.
final class PromotionMachine {
    /// For how long one process alone looks at a promotion that is requested or being checked.
    static final Duration LEASE = Duration.ofSeconds(30);
    /// The tag that shows which stage of its policy a version is in.
    static final String STAGE_TAG = "millwright.stage";

    private static final long AT_ONCE = 0;

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final ModelMoves moves;
    private final Policies policies;
    private final FactReader facts;
    private final PromotionStore store = new PromotionStore();

    PromotionMachine(Db db, Ledger ledger, Clock clock, ModelMoves moves, Policies policies, FactReader facts) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.moves = moves;
        this.policies = policies;
        this.facts = facts;
    }

    /// Steps until the promotion rests: it is over, or waits for people, for a time, or for another process.
    ///
    /// @param holder who looks at it, for the lease
    Promotion advance(long id, String holder) {
        Promotion before;
        Promotion after = current(id);
        do {
            before = after;
            step(before, holder);
            after = current(id);
        } while (after.state() != before.state());
        return after;
    }

    private Promotion current(long id) {
        return db.read(sql -> store.find(sql, workspace(), id)).orElseThrow();
    }

    /// Moves it on by one state, if it is time for it.
    void step(Promotion promotion, String holder) {
        switch (promotion.state()) {
            case REQUESTED -> begin(promotion, holder);
            case CHECKING -> check(promotion, holder);
            case WAITING -> expire(promotion);
            case APPROVED -> apply(promotion);
            case REJECTED, EXPIRED, APPLIED, SUPERSEDED -> {}
        }
    }

    /// Moves it in the transaction in hand, with the event and the line of its history.
    ///
    /// @return false when it is not in its state any more
    boolean move(Sql sql, Promotion promotion, PromotionState to, String note, @Nullable Long dueAt) {
        if (!store.move(sql, promotion, to, note, now(), dueAt)) return false;
        record(sql, promotion, to, note);
        return true;
    }

    /// The event and the line of the history.
    void record(Sql sql, Promotion promotion, PromotionState state, String note) {
        String actor = RequestContext.current().principal().name();
        store.addStep(sql, promotion.id(), new Promotion.Step(state, actor, note, now()));
        ledger.append(sql, "promotion." + state.word(), promotion.urn(), payload(promotion, note));
    }

    static Map<String, Object> payload(Promotion promotion, String note) {
        Map<String, Object> what = new LinkedHashMap<>();
        what.put("kind", promotion.kind().word());
        what.put("model", promotion.model());
        what.put("version", promotion.version());
        what.put("from", promotion.from());
        what.put("to", promotion.to());
        what.put("alias", promotion.alias());
        what.put("policy", promotion.policy());
        what.put("policy_version", promotion.policyVersion());
        if (!promotion.evidenceSha256().isEmpty()) what.put("evidence_sha256", promotion.evidenceSha256());
        if (!note.isEmpty()) what.put("note", note);
        return what;
    }

    private void begin(Promotion promotion, String holder) {
        db.tx(sql -> store.hold(sql, promotion.id(), holder, now(), now().plus(LEASE))
                && move(sql, promotion, PromotionState.CHECKING, "", AT_ONCE));
    }

    private void check(Promotion promotion, String holder) {
        if (!db.tx(sql -> store.hold(sql, promotion.id(), holder, now(), now().plus(LEASE)))) return;
        Policy policy = db.read(sql -> policies.of(sql, promotion));
        Transition transition = transition(policy, promotion);
        boolean immediate = isImmediate(policy, promotion);
        Optional<CheckFacts> found = asSystem(() -> facts.read(promotion));
        List<Outcome> outcomes = immediate || found.isEmpty()
                ? List.of()
                : transition.checks().stream()
                        .map(check -> check.judge(found.get()))
                        .toList();
        Evidence evidence = evidence(promotion, outcomes, found, immediate);
        String failed = outcomes.stream()
                .filter(outcome -> !outcome.passed())
                .map(outcome -> outcome.rule() + ": " + outcome.explanation())
                .collect(Collectors.joining("; "));
        db.tx(sql -> {
            // Whoever else took over meanwhile has the later facts.
            if (!store.hold(sql, promotion.id(), holder, now(), now().plus(LEASE))) return false;
            store.setEvidence(sql, promotion.id(), evidence);
            Promotion checked = store.find(sql, workspace(), promotion.id()).orElseThrow();
            if (checked.state() != PromotionState.CHECKING) return false;
            if (found.isEmpty()) return move(sql, checked, PromotionState.REJECTED, "the version is gone", null);
            if (!failed.isEmpty()) return move(sql, checked, PromotionState.REJECTED, "checks failed: " + failed, null);
            if (immediate)
                return move(sql, checked, PromotionState.APPROVED, "the policy has roll-backs at once", AT_ONCE);
            if (transition.approvals() == 0)
                return move(sql, checked, PromotionState.APPROVED, "the policy needs no approval", AT_ONCE);
            return move(
                    sql,
                    checked,
                    PromotionState.WAITING,
                    "0 of %d approvals; %s may approve".formatted(transition.approvals(), transition.approve()),
                    checked.expiresAt().toEpochMilli());
        });
    }

    private Evidence evidence(
            Promotion promotion, List<Outcome> outcomes, Optional<CheckFacts> found, boolean immediate) {
        Map<String, Object> content = payload(promotion, "");
        content.remove("evidence_sha256");
        content.put("format", "millwright-promotion-evidence-1");
        content.put("promotion", promotion.id());
        content.put("workspace", workspace());
        content.put("holder", promotion.holder());
        content.put("requester", promotion.requester());
        content.put("author", promotion.author());
        content.put("reason", promotion.reason());
        content.put("checked_at", now().toString());
        content.put("skipped", immediate);
        found.ifPresent(read -> {
            content.put("source", read.version().source());
            content.put("run", read.version().run());
        });
        content.put(
                "checks",
                outcomes.stream()
                        .map(outcome -> Map.of(
                                "rule", outcome.rule(),
                                "verdict", outcome.passed() ? "passed" : "failed",
                                "read", outcome.read(),
                                "explanation", outcome.explanation()))
                        .toList());
        return Evidence.of(content);
    }

    private void expire(Promotion promotion) {
        if (now().isBefore(promotion.expiresAt())) return;
        db.tx(sql -> move(
                sql,
                promotion,
                PromotionState.EXPIRED,
                "nobody decided until " + promotion.expiresAt() + "; ask again",
                null));
    }

    private void apply(Promotion promotion) {
        db.tx(sql -> {
            Policy policy = policies.of(sql, promotion);
            Optional<Instant> frozen =
                    isImmediate(policy, promotion) ? Optional.empty() : policy.frozenUntil(promotion.to(), now());
            if (frozen.isPresent()) {
                store.postpone(sql, promotion, "approved; a freeze window ends at " + frozen.get(), frozen.get());
                return false;
            }
            Optional<ModelVersion> version = moves.claim(sql, promotion.model())
                    ? moves.version(sql, promotion.model(), promotion.version())
                    : Optional.empty();
            if (version.isEmpty()) return move(sql, promotion, PromotionState.REJECTED, "the version is gone", null);
            if (!promotion.alias().isEmpty()) {
                long holder =
                        moves.aliased(sql, promotion.model(), promotion.alias()).orElse(0);
                if (holder != promotion.holder())
                    return move(
                            sql,
                            promotion,
                            PromotionState.REJECTED,
                            "'%s' stands for version %d now, and stood for %d when this was asked for; ask again"
                                    .formatted(promotion.alias(), holder, promotion.holder()),
                            null);
            }
            if (!move(sql, promotion, PromotionState.APPLIED, "", null)) return false;
            takeAlias(sql, policy, promotion);
            enter(sql, policy, version.get(), promotion.to(), promotion.from());
            return true;
        });
    }

    private void takeAlias(Sql sql, Policy policy, Promotion promotion) {
        String alias = promotion.alias();
        if (alias.isEmpty()) return;
        String by = "promotion " + promotion.id() + " moved '" + alias + "'";
        for (Promotion old : store.applied(sql, workspace(), promotion.model(), alias)) {
            if (old.id() != promotion.id()) move(sql, old, PromotionState.SUPERSEDED, by, null);
        }
        for (Promotion other : store.open(sql, workspace(), promotion.model())) {
            if (other.alias().equals(alias)) move(sql, other, PromotionState.REJECTED, by + "; ask again", null);
        }
        moves.setAlias(sql, promotion.model(), alias, promotion.version());
        if (promotion.holder() != 0 && promotion.holder() != promotion.version())
            stepBack(sql, policy, promotion.model(), promotion.holder(), promotion.to());
    }

    /// The version that lost an alias returns to the stage it came from, unless it holds another one of this stage.
    private void stepBack(Sql sql, Policy policy, String model, long number, String stage) {
        Optional<ModelVersion> version = moves.version(sql, model, number);
        Optional<Place> place = store.place(sql, workspace(), model, number);
        if (version.isEmpty() || place.isEmpty() || !place.get().stage().equals(stage)) return;
        boolean holdsAnother = policy.stage(stage).map(PolicyStage::aliases).orElse(List.of()).stream()
                .anyMatch(alias -> moves.aliased(sql, model, alias).orElse(0) == number);
        if (holdsAnother) return;
        String first = policy.firstStage().name();
        enter(sql, policy, version.get(), place.get().cameFrom(), first);
    }

    private void enter(Sql sql, Policy policy, ModelVersion version, String stage, String cameFrom) {
        store.setPlace(sql, workspace(), version.model(), version.number(), new Place(stage, cameFrom));
        moves.setTag(sql, version.model(), version.number(), STAGE_TAG, stage);
        Stage mlflow = policy.stage(stage).map(PolicyStage::mlflow).orElse(Stage.NONE);
        if (mlflow != version.stage()) moves.setStage(sql, version.model(), version.number(), version.stage(), mlflow);
    }

    /// The stage of its policy that a version is in.
    String stageOf(Sql sql, Policy policy, String model, long version) {
        return store.place(sql, workspace(), model, version)
                .map(Place::stage)
                .filter(stage -> policy.stage(stage).isPresent())
                .orElse(policy.firstStage().name());
    }

    /// The rules under which a promotion runs. A roll-back, which may come from any stage, and another alias of the
    /// stage that a version is in have those of the first way into the stage.
    static Transition transition(Policy policy, Promotion promotion) {
        Optional<Transition> transition =
                promotion.kind() == Kind.ROLLBACK || promotion.from().equals(promotion.to())
                        ? policy.transitionTo(promotion.to())
                        : policy.transition(promotion.from(), promotion.to());
        return transition.orElseThrow();
    }

    static boolean isImmediate(Policy policy, Promotion promotion) {
        return promotion.kind() == Kind.ROLLBACK && policy.immediateRollback();
    }

    /// The server reads for the checks whatever they need, whoever asked for the promotion.
    private static <T> T asSystem(ScopedValue.CallableOp<T, RuntimeException> body) {
        RequestContext asked = RequestContext.current();
        return new RequestContext(asked.requestId(), Principal.SYSTEM, asked.workspace()).call(body);
    }

    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static String workspace() {
        return RequestContext.current().workspace();
    }
}
