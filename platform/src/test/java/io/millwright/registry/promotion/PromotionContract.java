package io.millwright.registry.promotion;

import static io.millwright.registry.promotion.TestRegistry.as;
import static io.millwright.registry.promotion.TestRegistry.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.kernel.Access;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.registry.Stage;
import io.millwright.registry.promotion.PromotionService.Ask;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// How a promotion comes to its end, on every database.
abstract class PromotionContract extends PromotionSuite {
    @Test
    void an_ungoverned_alias_is_set_at_once() {
        r.apply(POLICY);
        r.version("ana", "other", 0.1);
        r.version("ana", "churn", 0.1);

        setAlias("ben", "other", "champion", 1);
        setAlias("ben", "churn", "unheard-of", 1);

        assertThat(r.alias("other", "champion")).hasValue(1L);
        assertThat(r.alias("churn", "unheard-of")).hasValue(1L);
    }

    @Test
    void a_governed_alias_moves_once_another_approves_and_the_answer_names_the_promotion() {
        r.apply(POLICY);
        r.version("ana", "churn", 0.9);

        Failure answer = failure(() -> setAlias("ben", "churn", "champion", 1));
        Promotion waiting = only();

        assertThat(answer.code()).isEqualTo(ErrorCode.WRONG_STATE);
        assertThat(answer.message())
                .isEqualTo(
                        "The alias 'champion' of 'churn' moves only by promotion (policy 'churn', version 1). Promotion "
                                + waiting.id()
                                + " for version 1 waits for approval (0 of 1 approvals; ana, li, mo may approve)."
                                + " See /api/millwright/v1/promotions/" + waiting.id()
                                + " or `millwright promotions show "
                                + waiting.id() + "`.");
        assertThat(r.alias("churn", "champion")).isEmpty();

        Promotion applied = as("li", () -> r.promotion.promotions().approve(waiting.id(), "good"));

        assertThat(applied.state()).isEqualTo(PromotionState.APPLIED);
        assertThat(r.alias("churn", "champion")).hasValue(1L);
        assertThat(r.versions.get("churn", "1").tags()).containsEntry("millwright.stage", "production");
        assertThat(r.versions.get("churn", "1").stage()).isEqualTo(Stage.PRODUCTION);
        assertThat(r.events(applied))
                .containsExactly(
                        "promotion.requested",
                        "promotion.checking",
                        "promotion.waiting",
                        "promotion.decided",
                        "promotion.approved",
                        "promotion.applied");
        setAlias("ben", "churn", "champion", 1); // Again, as a client may: it stands.
    }

    @Test
    void asking_again_answers_with_the_request_that_is_open() {
        r.apply(POLICY);
        r.version("ana", "churn", 0.9);

        failure(() -> setAlias("ben", "churn", "champion", 1));
        failure(() -> setAlias("ana", "churn", "champion", 1));

        assertThat(list()).hasSize(1);
    }

    @Test
    void a_failed_check_rejects_with_what_it_found() {
        r.apply(POLICY);
        r.version("ana", "churn", 0.7);

        Failure answer = failure(() -> setAlias("ben", "churn", "champion", 1));

        assertThat(answer.message())
                .contains("was rejected (checks failed: metric auc at least 0.8: auc is 0.7, expected at least 0.8)");
        assertThat(only().state()).isEqualTo(PromotionState.REJECTED);
    }

    @Test
    void passed_checks_are_enough_where_nobody_must_approve_and_the_holder_is_the_measure() {
        r.apply(POLICY.replace("    approve: [ana, li, mo]\n", "")
                .replace("at-least: 0.8", "at-least: holder, tolerance: 0.01"));
        r.version("ana", "churn", 0.9);
        r.version("ana", "churn", 0.895);
        r.version("ana", "churn", 0.88);

        setAlias("ben", "churn", "champion", 1);
        setAlias("ben", "churn", "champion", 2);
        Failure worse = failure(() -> setAlias("ben", "churn", "champion", 3));

        assertThat(r.alias("churn", "champion")).hasValue(2L);
        assertThat(worse.message())
                .contains("auc is 0.88, expected at least 0.885 (version 2 has 0.895, tolerance 0.01)");
        assertThat(list())
                .extracting(Promotion::state)
                .containsExactly(PromotionState.REJECTED, PromotionState.APPLIED, PromotionState.SUPERSEDED);
        assertThat(r.versions.get("churn", "1").tags()).containsEntry("millwright.stage", "dev");
        assertThat(r.versions.get("churn", "1").stage()).isEqualTo(Stage.NONE);
    }

    @Test
    void neither_the_author_nor_the_one_who_asks_decides_unless_the_policy_says_so() {
        r.apply(POLICY.replace("[ana, li, mo]", "[ana, ben, li, mo]"));
        r.version("ana", "churn", 0.9);
        failure(() -> setAlias("ben", "churn", "champion", 1));
        long id = only().id();

        assertThat(failure(() -> as("ana", () -> r.promotion.promotions().approve(id, "")))
                        .message())
                .contains("Version 1 of 'churn' was made by 'ana', and another must decide");
        assertThat(failure(() -> as("ben", () -> r.promotion.promotions().approve(id, "")))
                        .message())
                .contains("was asked for by 'ben', and another must decide it");
        assertThat(failure(() -> as("eve", () -> r.promotion.promotions().approve(id, "")))
                        .message())
                .contains("'eve' may not decide promotion");
        as("mo", () -> r.promotion.promotions().reject(id, "no"));
        assertThat(only().note()).isEqualTo("by mo: no");

        r.apply(POLICY.replace("expires-after", "allow-author: true\n    expires-after"));
        failure(() -> setAlias("ana", "churn", "champion", 1));
        as("ana", () -> r.promotion.promotions().approve(list().getFirst().id(), ""));

        assertThat(r.alias("churn", "champion")).hasValue(1L);
    }

    @Test
    void as_many_must_approve_as_the_policy_says_each_once() {
        r.apply(POLICY.replace("expires-after", "approvals: 2\n    expires-after"));
        r.version("ana", "churn", 0.9);
        failure(() -> setAlias("ben", "churn", "champion", 1));
        long id = only().id();

        Promotion first = as("li", () -> r.promotion.promotions().approve(id, ""));
        Failure again = failure(() -> as("li", () -> r.promotion.promotions().approve(id, "")));
        Promotion second = as("mo", () -> r.promotion.promotions().approve(id, ""));

        assertThat(first.state()).isEqualTo(PromotionState.WAITING);
        assertThat(first.note()).startsWith("1 of 2 approvals");
        assertThat(again.message()).contains("has already decided");
        assertThat(second.state()).isEqualTo(PromotionState.APPLIED);
    }

    @Test
    void a_page_tells_of_each_promotion_whether_the_caller_may_decide_it() {
        r.apply(POLICY.replace("expires-after", "approvals: 2\n    expires-after"));
        for (long version = 1; version <= 3; version++) {
            long asked = r.version("ana", "churn", 0.9);
            failure(() -> setAlias("ben", "churn", "champion", asked));
        }
        PromotionService promotions = r.promotion.promotions();
        List<Promotion> page = list();
        long decided = page.get(1).id();
        long rejected = page.get(2).id();
        as("li", () -> promotions.approve(decided, ""));
        as("li", () -> promotions.reject(rejected, ""));

        List<Promotion> now = list();

        assertThat(as("li", () -> promotions.whyNot(now)))
                .containsOnlyKeys(decided)
                .hasEntrySatisfying(decided, reason -> assertThat(reason).contains("has already decided"));
        assertThat(as("mo", () -> promotions.whyNot(now))).isEmpty();
        assertThat(now).filteredOn(one -> promotions.mayDecide(one, Map.of())).hasSize(2);
        assertThat(as("ana", () -> promotions.whyNot(now)).values())
                .hasSize(2)
                .allMatch(reason -> reason.contains("was made by 'ana'"));
        assertThat(with(Set.of(Right.READ), "mo", () -> promotions.whyNot(now))).hasSize(2);
    }

    @Test
    void a_database_that_does_not_answer_is_no_reason_why_one_may_not_decide() {
        r.apply(POLICY);
        r.version("ana", "churn", 0.9);
        failure(() -> setAlias("ben", "churn", "champion", 1));
        List<Promotion> waiting = list();
        Access unknown = (right, workspace, entity, parents) -> {
            throw ErrorCode.UNAVAILABLE.because("The database does not answer.");
        };
        var context = new RequestContext("test", new Principal("li"), "default", unknown, "");

        assertThat(failure(() -> context.call(() -> r.promotion.promotions().whyNot(waiting)))
                        .code())
                .isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void rights_come_on_top_of_the_lists() {
        r.apply(POLICY.replace("approve:", "ask: [ben]\n    approve:"));
        r.version("ana", "churn", 0.9);
        Ask ask = new Ask("churn", 1, "champion", "", "");
        PromotionService promotions = r.promotion.promotions();

        assertThat(failure(() -> with(Set.of(Right.READ), "ben", () -> promotions.request(ask)))
                        .code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(failure(() -> with(Set.of(Right.WRITE), "ana", () -> promotions.request(ask)))
                        .message())
                .contains("'ana' may not ask for a promotion from 'dev' to 'production': the policy 'churn' lets ben.");
        long id = with(Set.of(Right.READ, Right.ALIAS), "ben", () -> promotions.request(ask))
                .id();
        assertThat(failure(() -> with(Set.of(Right.READ, Right.WRITE), "li", () -> promotions.approve(id, "")))
                        .code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(failure(() -> with(Set.of(), "li", () -> promotions.get(id))).code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(with(Set.of(), "li", () -> promotions.list(PromotionFilter.ALL, 10, Long.MAX_VALUE))
                        .items())
                .isEmpty();
        assertThat(failure(() -> with(Set.of(Right.WRITE), "li", () -> r.apply(POLICY)))
                        .code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(with(Set.of(Right.READ, Right.APPROVE), "li", () -> promotions.approve(id, ""))
                        .state())
                .isEqualTo(PromotionState.APPLIED);
    }

    @Test
    void nothing_is_applied_in_a_freeze_window_of_the_policy_s_zone() {
        // It is 2026-01-01T01:00 in Berlin.
        r.apply(POLICY + """
                time-zone: Europe/Berlin
                freeze: [{name: new year, from: 2025-12-31T18:00, to: 2026-01-02T12:00}]
                """);
        r.version("ana", "churn", 0.9);
        failure(() -> setAlias("ben", "churn", "champion", 1));

        Promotion approved = as("li", () -> r.promotion.promotions().approve(only().id(), ""));
        r.clock.move(Duration.ofHours(35).minusMillis(1));
        r.promotion.worker().work();

        assertThat(approved.state()).isEqualTo(PromotionState.APPROVED);
        assertThat(approved.note()).isEqualTo("approved; a freeze window ends at 2026-01-02T11:00:00Z");
        assertThat(r.alias("churn", "champion")).isEmpty();

        r.clock.move(Duration.ofMillis(1));
        r.promotion.worker().work();

        assertThat(r.alias("churn", "champion")).hasValue(1L);
    }

    @Test
    void a_roll_back_is_a_promotion_of_the_version_before() {
        r.apply(POLICY);
        promote(0.9);
        long second = promote(0.95);

        assertThat(failure(() -> as("li", () -> r.promotion.promotions().rollBack(second, " ")))
                        .message())
                .contains("needs a 'reason'");
        assertThat(failure(() -> as("li", () -> r.promotion.promotions().rollBack(second - 1, "x")))
                        .message())
                .contains("only one that is applied is rolled back");
        Promotion back = as("li", () -> r.promotion.promotions().rollBack(second, "it declines everybody"));

        assertThat(back.state()).isEqualTo(PromotionState.APPLIED);
        assertThat(back.kind()).isEqualTo(Promotion.Kind.ROLLBACK);
        assertThat(back.version()).isEqualTo(1);
        assertThat(evidence(back.id()).path("skipped").asBoolean()).isTrue();
        assertThat(r.alias("churn", "champion")).hasValue(1L);
        assertThat(r.versions.get("churn", "1").stage()).isEqualTo(Stage.PRODUCTION);
        assertThat(r.versions.get("churn", "2").tags()).containsEntry("millwright.stage", "dev");
        assertThat(as("li", () -> r.promotion.promotions().get(second))
                        .promotion()
                        .state())
                .isEqualTo(PromotionState.SUPERSEDED);
    }

    @Test
    void a_roll_back_is_checked_and_approved_where_the_policy_says_so() {
        r.apply(POLICY + "rollback: checked\n");
        promote(0.9);
        long second = promote(0.95);

        Promotion back = as("ben", () -> r.promotion.promotions().rollBack(second, "worse"));

        assertThat(back.state()).isEqualTo(PromotionState.WAITING);
        assertThat(as("mo", () -> r.promotion.promotions().approve(back.id(), ""))
                        .state())
                .isEqualTo(PromotionState.APPLIED);
        assertThat(r.alias("churn", "champion")).hasValue(1L);
    }

    @Test
    void a_step_that_the_policy_has_not_is_refused_with_the_way_there() {
        r.apply(POLICY.replace("  - {name: production", "  - staging\n  - {name: production")
                .replace("to: production", "to: staging\n  - from: staging\n    to: production"));
        r.version("ana", "churn", 0.9);

        Failure answer = failure(() -> setAlias("ben", "churn", "champion", 1));

        assertThat(answer.message())
                .isEqualTo("Version 1 of 'churn' is in stage 'dev', and the policy 'churn' has no transition from there"
                        + " to 'production'. Versions come there from [staging].");
        assertThat(as("ben", () -> r.promotion.promotions().request(new Ask("churn", 1, "", "staging", "")))
                        .state())
                .isEqualTo(PromotionState.APPLIED);
        assertThat(failure(() -> setAlias("ben", "churn", "champion", 1)).message())
                .contains("waits for approval");
    }

    @Test
    void who_asked_may_cancel() {
        r.apply(POLICY);
        r.version("ana", "churn", 0.9);
        failure(() -> setAlias("ben", "churn", "champion", 1));
        long id = only().id();

        assertThat(failure(() -> with(
                                Set.of(Right.READ),
                                "li",
                                () -> r.promotion.promotions().cancel(id, "")))
                        .code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        Promotion cancelled = as("ben", () -> r.promotion.promotions().cancel(id, "too early"));

        assertThat(cancelled.state()).isEqualTo(PromotionState.REJECTED);
        assertThat(cancelled.note()).isEqualTo("cancelled by ben: too early");
        assertThat(failure(() -> as("li", () -> r.promotion.promotions().approve(id, "")))
                        .code())
                .isEqualTo(ErrorCode.WRONG_STATE);
    }
}
