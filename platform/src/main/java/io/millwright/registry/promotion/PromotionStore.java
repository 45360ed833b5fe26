package io.millwright.registry.promotion;

import io.millwright.ledger.Sql;
import io.millwright.registry.promotion.Promotion.Decision;
import io.millwright.registry.promotion.Promotion.Kind;
import io.millwright.registry.promotion.Promotion.Step;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The SQL of promotions, their decisions and history, and of the stages that versions are in.
final class PromotionStore {
    private static final String COLUMNS = "id, model, version, kind, from_stage, to_stage, alias, policy,"
            + " policy_version, state, requester, author, reason, note, holder, coalesce(evidence_sha256, ''),"
            + " requested_at, changed_at, expires_at";
    private static final String SELECT = "select " + COLUMNS + " from promotions where workspace = ?";
    private static final String OPEN = " and state in ('requested', 'checking', 'waiting', 'approved')";

    /// A promotion that the worker should look at.
    record Due(String workspace, long id) {}

    private static Promotion read(ResultSet row) throws SQLException {
        return new Promotion(
                row.getLong(1),
                row.getString(2),
                row.getLong(3),
                row.getString(4).equals(Kind.ROLLBACK.word()) ? Kind.ROLLBACK : Kind.PROMOTION,
                row.getString(5),
                row.getString(6),
                row.getString(7),
                row.getString(8),
                row.getLong(9),
                PromotionState.of(row.getString(10)).orElseThrow(),
                row.getString(11),
                row.getString(12),
                row.getString(13),
                row.getString(14),
                row.getLong(15),
                row.getString(16),
                Instant.ofEpochMilli(row.getLong(17)),
                Instant.ofEpochMilli(row.getLong(18)),
                Instant.ofEpochMilli(row.getLong(19)));
    }

    /// @param promotion its id does not count
    /// @param heldBy who looks at it first
    /// @return its id
    long insert(Sql sql, String workspace, Promotion promotion, String heldBy, Instant heldUntil) {
        return sql.query(
                        "insert into promotions (workspace, model, version, kind, from_stage, to_stage, alias, policy,"
                                + " policy_version, state, requester, author, reason, note, holder, requested_at,"
                                + " changed_at, expires_at, due_at, held_by, held_until)"
                                + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?) returning id",
                        row -> row.getLong(1),
                        workspace,
                        promotion.model(),
                        promotion.version(),
                        promotion.kind().word(),
                        promotion.from(),
                        promotion.to(),
                        promotion.alias(),
                        promotion.policy(),
                        promotion.policyVersion(),
                        promotion.state().word(),
                        promotion.requester(),
                        promotion.author(),
                        promotion.reason(),
                        promotion.note(),
                        promotion.holder(),
                        promotion.requestedAt().toEpochMilli(),
                        promotion.changedAt().toEpochMilli(),
                        promotion.expiresAt().toEpochMilli(),
                        heldBy,
                        heldUntil.toEpochMilli())
                .getFirst();
    }

    Optional<Promotion> find(Sql sql, String workspace, long id) {
        return sql.query(SELECT + " and id = ?", PromotionStore::read, workspace, id).stream()
                .findFirst();
    }

    /// Writes the row and changes nothing, so that of two that decide the second sees what the first did.
    boolean claim(Sql sql, String workspace, long id) {
        return sql.update("update promotions set note = note where workspace = ? and id = ?", workspace, id) == 1;
    }

    /// Takes or renews the lease under which one process looks at a promotion. A lease further ahead than any may be
    /// was taken before the clock went back: it has run out.
    boolean hold(Sql sql, long id, String holder, Instant now, Instant until) {
        return sql.update(
                        "update promotions set held_by = ?, held_until = ?"
                                + " where id = ? and (held_by = ? or held_until < ? or held_until > ?)",
                        holder,
                        until.toEpochMilli(),
                        id,
                        holder,
                        now.toEpochMilli(),
                        until.toEpochMilli())
                == 1;
    }

    /// Moves a promotion to another state, and lets go of it unless its checks begin.
    ///
    /// @param dueAt when the worker looks at it again, 0 at once; null when nothing is left to do
    /// @return false when it is not in the state any more
    boolean move(Sql sql, Promotion promotion, PromotionState to, String note, Instant now, @Nullable Long dueAt) {
        return sql.update(
                        "update promotions set state = ?, note = ?, changed_at = ?, due_at = ?, held_until ="
                                + " case when ? = 'checking' then held_until else 0 end"
                                + " where id = ? and state = ?",
                        to.word(),
                        note,
                        now.toEpochMilli(),
                        dueAt,
                        to.word(),
                        promotion.id(),
                        promotion.state().word())
                == 1;
    }

    void postpone(Sql sql, Promotion promotion, String note, Instant until) {
        sql.update(
                "update promotions set note = ?, due_at = ? where id = ? and state = ?",
                note,
                until.toEpochMilli(),
                promotion.id(),
                promotion.state().word());
    }

    void addStep(Sql sql, long id, Step step) {
        sql.update(
                "insert into promotion_history (promotion, number, state, actor, note, changed_at)"
                        + " select ?, coalesce(max(number), 0) + 1, ?, ?, ?, ? from promotion_history where promotion = ?",
                id,
                step.state().word(),
                step.actor(),
                step.note(),
                step.at().toEpochMilli(),
                id);
    }

    List<Step> history(Sql sql, long id) {
        return sql.query(
                "select state, actor, note, changed_at from promotion_history where promotion = ? order by number",
                row -> new Step(
                        PromotionState.of(row.getString(1)).orElseThrow(),
                        row.getString(2),
                        row.getString(3),
                        Instant.ofEpochMilli(row.getLong(4))),
                id);
    }

    void setEvidence(Sql sql, long id, Evidence evidence) {
        sql.update(
                "update promotions set evidence = ?, evidence_sha256 = ? where id = ?",
                evidence.json(),
                evidence.sha256(),
                id);
    }

    Optional<Evidence> evidence(Sql sql, String workspace, long id) {
        return sql
                .query(
                        "select evidence, evidence_sha256 from promotions"
                                + " where workspace = ? and id = ? and evidence is not null",
                        row -> new Evidence(row.getString(1), row.getString(2)),
                        workspace,
                        id)
                .stream()
                .findFirst();
    }

    void addDecision(Sql sql, long id, Decision decision) {
        sql.update(
                "insert into promotion_decisions (promotion, principal, verdict, message, decided_at)"
                        + " values (?, ?, ?, ?, ?)",
                id,
                decision.principal(),
                decision.verdict(),
                decision.message(),
                decision.at().toEpochMilli());
    }

    List<Decision> decisions(Sql sql, long id) {
        return sql.query(
                "select principal, verdict, message, decided_at from promotion_decisions where promotion = ?"
                        + " order by decided_at, principal",
                row -> new Decision(
                        row.getString(1), row.getString(2), row.getString(3), Instant.ofEpochMilli(row.getLong(4))),
                id);
    }

    /// Which of these promotions a principal has decided on.
    Set<Long> decidedBy(Sql sql, String principal, Collection<Long> ids) {
        // Our own numbers may stand in the text.
        String in = ids.stream().map(String::valueOf).collect(Collectors.joining(","));
        return Set.copyOf(sql.query(
                "select promotion from promotion_decisions where principal = ? and promotion in (" + in + ")",
                row -> row.getLong(1),
                principal));
    }

    /// Those of a model that may still be applied, oldest first.
    List<Promotion> open(Sql sql, String workspace, String model) {
        return sql.query(SELECT + " and model = ?" + OPEN + " order by id", PromotionStore::read, workspace, model);
    }

    /// Those of an alias that were applied and not yet superseded.
    List<Promotion> applied(Sql sql, String workspace, String model, String alias) {
        return sql.query(
                SELECT + " and model = ? and alias = ? and state = 'applied' order by id",
                PromotionStore::read,
                workspace,
                model,
                alias);
    }

    List<Promotion> applied(Sql sql, String workspace, String model) {
        return sql.query(
                SELECT + " and model = ? and state = 'applied' order by id", PromotionStore::read, workspace, model);
    }

    List<Due> due(Sql sql, Instant now, Instant furthestLease, int most) {
        return sql.query(
                "select workspace, id from promotions where due_at <= ? and (held_until < ? or held_until > ?)"
                        + " order by due_at, id limit ?",
                row -> new Due(row.getString(1), row.getLong(2)),
                now.toEpochMilli(),
                now.toEpochMilli(),
                furthestLease.toEpochMilli(),
                most);
    }

    /// Newest first.
    ///
    /// @param before the id of the last one of the page before
    List<Promotion> page(Sql sql, String workspace, PromotionFilter filter, long before, int most) {
        StringBuilder text = new StringBuilder(SELECT + " and id < ?");
        List<Object> binds = new ArrayList<>(List.of(workspace, before));
        filter.model().ifPresent(model -> {
            text.append(" and model = ?");
            binds.add(model);
        });
        filter.version().ifPresent(version -> {
            text.append(" and version = ?");
            binds.add(version);
        });
        filter.state().ifPresent(state -> {
            text.append(" and state = ?");
            binds.add(state.word());
        });
        binds.add(most);
        return sql.query(text + " order by id desc limit ?", PromotionStore::read, binds.toArray());
    }

    /// In which stage a version is, and from which it came there.
    record Place(String stage, String cameFrom) {}

    Optional<Place> place(Sql sql, String workspace, String model, long version) {
        return sql
                .query(
                        "select stage, came_from from promotion_stages"
                                + " where workspace = ? and model = ? and version = ?",
                        row -> new Place(row.getString(1), row.getString(2)),
                        workspace,
                        model,
                        version)
                .stream()
                .findFirst();
    }

    void setPlace(Sql sql, String workspace, String model, long version, Place place) {
        sql.update(
                "insert into promotion_stages (workspace, model, version, stage, came_from) values (?, ?, ?, ?, ?)"
                        + " on conflict (workspace, model, version) do update"
                        + " set stage = excluded.stage, came_from = excluded.came_from",
                workspace,
                model,
                version,
                place.stage(),
                place.cameFrom());
    }

    void forgetPlace(Sql sql, String workspace, String model, long version) {
        sql.update(
                "delete from promotion_stages where workspace = ? and model = ? and version = ?",
                workspace,
                model,
                version);
    }

    void forgetPlaces(Sql sql, String workspace, String model) {
        sql.update("delete from promotion_stages where workspace = ? and model = ?", workspace, model);
    }

    void rename(Sql sql, String workspace, String from, String to) {
        sql.update("update promotions set model = ? where workspace = ? and model = ?", to, workspace, from);
        sql.update("update promotion_stages set model = ? where workspace = ? and model = ?", to, workspace, from);
    }
}
