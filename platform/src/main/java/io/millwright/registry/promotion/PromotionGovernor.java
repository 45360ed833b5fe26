package io.millwright.registry.promotion;

import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Db;
import io.millwright.ledger.Sql;
import io.millwright.registry.Governor;
import io.millwright.registry.ModelMoves;
import io.millwright.registry.ModelVersion;
import io.millwright.registry.Stage;
import io.millwright.registry.promotion.Policies.InForce;
import io.millwright.registry.promotion.PromotionService.Ask;
import java.util.List;
import java.util.Optional;

/// Turns what MLflow's clients do to a governed model into promotions, or refuses it with the reason.
final class PromotionGovernor implements Governor {
    private static final String ASKED = "asked for by an MLflow client";

    private final Db db;
    private final ModelMoves moves;
    private final Policies policies;
    private final PromotionService promotions;
    private final PromotionMachine machine;
    private final PromotionStore store = new PromotionStore();

    PromotionGovernor(
            Db db, ModelMoves moves, Policies policies, PromotionService promotions, PromotionMachine machine) {
        this.db = db;
        this.moves = moves;
        this.policies = policies;
        this.promotions = promotions;
        this.machine = machine;
    }

    @Override
    public boolean governsAlias(Sql sql, String model, String alias) {
        return policies.of(sql, model)
                .flatMap(inForce -> inForce.policy().stageOfAlias(alias))
                .isPresent();
    }

    @Override
    public void moveAlias(String model, String alias, long version) {
        long now = db.read(sql -> moves.aliased(sql, model, alias)).orElse(0);
        if (now == version) return; // As it was asked for; a client may well ask again once it is approved.
        Promotion promotion = promotions.request(new Ask(model, version, alias, "", ASKED));
        if (promotion.state() != PromotionState.APPLIED)
            throw notYet("The alias '" + alias + "' of '" + model + "'", promotion);
    }

    @Override
    public boolean governsStage(Sql sql, String model, Stage from, Stage to) {
        return policies.of(sql, model)
                .filter(inForce -> inForce.policy().stageOf(from).isPresent()
                        || inForce.policy().stageOf(to).isPresent())
                .isPresent();
    }

    @Override
    public void moveStage(String model, long version, Stage to) {
        Optional<ModelVersion> found = db.read(sql -> moves.version(sql, model, version));
        if (found.filter(v -> v.stage() == to).isPresent()) return;
        InForce inForce = db.read(sql -> policies.of(sql, model))
                .orElseThrow(() -> WRONG_STATE.because("The policy of '%s' was withdrawn just now. Try again.", model));
        String stage = inForce.policy()
                .stageOf(to)
                .orElseThrow(() -> refused(
                        inForce,
                        "version " + version + " of '" + model + "' leaves its stage when another takes its place,"
                                + " not by hand"))
                .name();
        Promotion promotion = promotions.request(new Ask(model, version, "", stage, ASKED));
        if (promotion.state() != PromotionState.APPLIED)
            throw notYet("The stage " + to.label() + " of '" + model + "'", promotion);
    }

    /// What an MLflow client tells its user: why nothing moved, and where to look.
    private static Failure notYet(String what, Promotion promotion) {
        String how = switch (promotion.state()) {
            case REJECTED -> "was rejected";
            case EXPIRED -> "expired";
            case REQUESTED, CHECKING -> "is being checked";
            case WAITING -> "waits for approval";
            case APPROVED -> "is approved and waits";
            case APPLIED, SUPERSEDED -> "was overtaken by a later one";
        };
        String note = promotion.note().isEmpty() ? "" : " (" + promotion.note() + ")";
        return WRONG_STATE.because(
                "%s moves only by promotion (policy '%s', version %d). Promotion %d for version %d %s%s. See %s or"
                        + " `millwright promotions show %d`.",
                what,
                promotion.policy(),
                promotion.policyVersion(),
                promotion.id(),
                promotion.version(),
                how,
                note,
                promotion.link(),
                promotion.id());
    }

    @Override
    public void beforeAliasIsDeleted(Sql sql, String model, String alias) {
        policies.of(sql, model)
                .filter(inForce -> inForce.policy().stageOfAlias(alias).isPresent())
                .ifPresent(inForce -> {
                    throw refused(
                            inForce,
                            "the alias '" + alias + "' is not deleted by hand; promote another version, or roll back");
                });
    }

    @Override
    public void beforeVersionIsDeleted(Sql sql, ModelVersion version, List<String> aliases) {
        policies.of(sql, version.model()).ifPresent(inForce -> {
            for (String alias : aliases) {
                if (inForce.policy().stageOfAlias(alias).isPresent())
                    throw refused(
                            inForce,
                            "version " + version.number() + " holds the alias '" + alias
                                    + "' and is not deleted; promote another version, or roll back, first");
            }
        });
        store.forgetPlace(sql, workspace(), version.model(), version.number());
    }

    @Override
    public void beforeModelIsDeleted(Sql sql, String model) {
        policies.of(sql, model)
                .ifPresent(inForce -> inForce.policy().stages().stream()
                        .flatMap(stage -> stage.aliases().stream())
                        .filter(alias -> moves.aliased(sql, model, alias).isPresent())
                        .findFirst()
                        .ifPresent(alias -> {
                            throw refused(
                                    inForce,
                                    "the model '" + model + "' is not deleted while its alias '" + alias
                                            + "' stands for a version; withdraw the policy first");
                        }));
        String gone = "the model was deleted";
        for (Promotion open : store.open(sql, workspace(), model))
            machine.move(sql, open, PromotionState.REJECTED, gone, null);
        for (Promotion applied : store.applied(sql, workspace(), model))
            machine.move(sql, applied, PromotionState.SUPERSEDED, gone, null);
        store.forgetPlaces(sql, workspace(), model);
    }

    /// A name is what a policy governs by: a rename must lead neither out of one nor into one.
    @Override
    public void beforeModelIsRenamed(Sql sql, String from, String to) {
        Optional<InForce> before = policies.of(sql, from);
        Optional<InForce> after = policies.of(sql, to);
        String old = before.map(p -> p.policy().name()).orElse("");
        if (!old.equals(after.map(p -> p.policy().name()).orElse(""))) {
            throw refused(
                    before.or(() -> after).orElseThrow(),
                    "the model '" + from + "' is not renamed to '" + to + "', which has not the same policy");
        }
        store.rename(sql, workspace(), from, to);
    }

    @Override
    public void beforeVersionIsTagged(Sql sql, String model, String key) {
        if (!key.equals(PromotionMachine.STAGE_TAG)) return;
        policies.of(sql, model).ifPresent(inForce -> {
            throw refused(inForce, "the tag '" + key + "' shows the stage of a version, and is set by its promotion");
        });
    }

    private static Failure refused(InForce inForce, String why) {
        return PERMISSION_DENIED.because(
                "The policy '%s' (version %d) governs this: %s.",
                inForce.policy().name(), inForce.number(), why);
    }

    private static String workspace() {
        return RequestContext.current().workspace();
    }
}
