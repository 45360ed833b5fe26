package io.millwright.registry.promotion;

import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.registry.Governor;
import io.millwright.registry.ModelMoves;
import io.millwright.tracking.TrackingSlice;
import java.time.Clock;

/// Promotion, wired. Its tables are among the registry's.
public final class PromotionSlice implements AutoCloseable {
    private final PolicyService policies;
    private final PromotionService promotions;
    private final Governor governor;
    private final PromotionWorker worker;

    private PromotionSlice(
            PolicyService policies, PromotionService promotions, Governor governor, PromotionWorker worker) {
        this.policies = policies;
        this.promotions = promotions;
        this.governor = governor;
        this.worker = worker;
    }

    public static PromotionSlice wire(
            Db db, Ledger ledger, Clock clock, Ids ids, TrackingSlice tracking, Principals principals) {
        ModelMoves moves = new ModelMoves(ledger, clock, tracking.runs());
        Policies read = new Policies();
        FactReader facts = new FactReader(db, moves, tracking.runs(), tracking.artifacts());
        PromotionMachine machine = new PromotionMachine(db, ledger, clock, moves, read, facts);
        PromotionService promotions = new PromotionService(db, ledger, ids, moves, read, machine, principals);
        return new PromotionSlice(
                new PolicyService(db, ledger, clock, principals),
                promotions,
                new PromotionGovernor(db, moves, read, promotions, machine),
                new PromotionWorker(db, ids, machine));
    }

    public PolicyService policies() {
        return policies;
    }

    public PromotionService promotions() {
        return promotions;
    }

    /// What the registry asks before it moves anything.
    public Governor governor() {
        return governor;
    }

    PromotionWorker worker() {
        return worker;
    }

    public void addRoutes(Routes routes) {
        new PolicyApi(policies).addRoutes(routes);
        new PromotionApi(promotions).addRoutes(routes);
    }

    /// Starts going on with what is open.
    public PromotionSlice start() {
        worker.start();
        return this;
    }

    @Override
    public void close() {
        worker.close();
    }
}
