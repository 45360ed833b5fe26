package io.millwright.registry.promotion;

import static io.millwright.registry.promotion.TestRegistry.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.millwright.kernel.Failure;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.registry.promotion.PromotionService.Ask;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Promotion when processes die, people decide at once, and the clock goes back.
abstract class PromotionFaultsContract {
    private static final int AT_ONCE = 6;
    private static final String CHECKED_ONLY = """
            policy: churn
            stages:
              - dev
              - {name: production, aliases: [champion]}
            transitions:
              - from: dev
                to: production
                checks: [{metric: auc, at-least: 0.8}]
            """;
    private static final String APPROVED =
            CHECKED_ONLY.replace("checks:", "approve: [anyone]\n    expires-after: 7d\n    checks:");

    @TempDir
    Path home;

    private TestRegistry r;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        r = new TestRegistry(open(home), home);
    }

    @AfterEach
    void close() {
        r.close();
    }

    @Test
    void a_process_killed_after_any_commit_leaves_what_another_goes_on_with() {
        r.apply(CHECKED_ONLY);
        List<PromotionState> leftIn = new ArrayList<>();
        boolean killed = true;
        for (int commits = 1; killed; commits++) {
            String model = "churn-" + commits;
            r.version("ana", model, 0.9);
            DyingDb dying = new DyingDb(r.db, commits);
            PromotionService promotions = r.process(dying).promotions();
            killed = catchThrowable(() -> as("ben", () -> promotions.request(ask(model, 1)))) != null;
            leftIn.add(newest().state());

            r.promotion.worker().work();
            if (newest().state() != PromotionState.APPLIED) {
                // Held by the dead one for a while, and then by nobody.
                assertThat(newest().state()).isEqualTo(leftIn.getLast());
                r.clock.move(PromotionMachine.LEASE.plusMillis(1));
                r.promotion.worker().work();
            }

            assertThat(r.alias(model, "champion")).hasValue(1L);
            assertThat(r.events(newest()))
                    .containsExactly(
                            "promotion.requested", "promotion.checking", "promotion.approved", "promotion.applied");
        }
        assertThat(leftIn)
                .startsWith(PromotionState.REQUESTED)
                .contains(PromotionState.CHECKING, PromotionState.APPROVED)
                .endsWith(PromotionState.APPLIED);
    }

    @Test
    void what_waits_for_people_or_was_just_approved_outlives_its_process() {
        r.apply(APPROVED);
        r.version("ana", "churn", 0.9);
        Promotion waiting = as("ben", () -> r.promotion.promotions().request(ask("churn", 1)));
        PromotionSlice dying = r.process(new DyingDb(r.db, 1));

        Throwable killed =
                catchThrowable(() -> as("li", () -> dying.promotions().approve(waiting.id(), "")));
        PromotionState left = newest().state();
        PromotionSlice next = r.process(r.db);
        next.worker().work();

        assertThat(waiting.state()).isEqualTo(PromotionState.WAITING);
        assertThat(killed).isInstanceOf(DyingDb.Killed.class);
        assertThat(left).isEqualTo(PromotionState.APPROVED);
        assertThat(newest().state()).isEqualTo(PromotionState.APPLIED);
        assertThat(r.alias("churn", "champion")).hasValue(1L);
    }

    @Test
    void of_those_who_decide_at_once_one_wins() throws Exception {
        r.apply(APPROVED);
        r.version("ana", "churn", 0.9);
        long id = as("ben", () -> r.promotion.promotions().request(ask("churn", 1)))
                .id();

        List<Boolean> won = together(i -> () -> as("person-" + i, () -> {
            try {
                if (i % 2 == 0) r.promotion.promotions().approve(id, "");
                else r.promotion.promotions().reject(id, "");
                return true;
            } catch (Failure failure) {
                return false;
            }
        }));

        assertThat(won).containsOnlyOnce(true);
        List<String> events = r.events(newest());
        assertThat(events).containsOnlyOnce("promotion.decided");
        boolean applied = newest().state() == PromotionState.APPLIED;
        assertThat(r.alias("churn", "champion").isPresent()).isEqualTo(applied);
        assertThat(events).contains(applied ? "promotion.applied" : "promotion.rejected");
    }

    @Test
    void of_clients_that_move_one_alias_at_once_one_wins_and_the_ledger_shows_all() throws Exception {
        r.apply(APPROVED);
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            long version = r.version("ana", "churn", 0.9);
            ids.add(as("ben", () -> r.promotion.promotions().request(ask("churn", version)))
                    .id());
        }

        together(i -> () ->
                catchThrowable(() -> as("li", () -> r.promotion.promotions().approve(ids.get(i), ""))));
        r.promotion.worker().work();

        List<Promotion> all = all();
        assertThat(all)
                .extracting(Promotion::state)
                .containsOnlyOnce(PromotionState.APPLIED)
                .containsOnly(PromotionState.APPLIED, PromotionState.REJECTED);
        Promotion winner = all.stream()
                .filter(p -> p.state() == PromotionState.APPLIED)
                .findFirst()
                .orElseThrow();
        assertThat(r.alias("churn", "champion")).hasValue(winner.version());
        for (Promotion one : all) {
            assertThat(r.events(one)).startsWith("promotion.requested");
            assertThat(r.events(one).getLast())
                    .isEqualTo("promotion." + one.state().word());
        }
    }

    @Test
    void a_promotion_of_which_the_holder_changed_meanwhile_is_asked_for_anew() {
        r.apply(APPROVED + "freeze: [{name: new year, from: 2025-12-31T18:00, to: 2026-01-02T12:00}]\n");
        r.version("ana", "churn", 0.9);
        Promotion waiting = as("ben", () -> r.promotion.promotions().request(ask("churn", 1)));
        as("li", () -> r.promotion.promotions().approve(waiting.id(), ""));
        r.version("ana", "churn", 0.9);
        // Past the policy, as from before it was applied.
        r.db.tx(sql -> sql.update("insert into registered_model_aliases (workspace, model, alias, version)"
                + " values ('default', 'churn', 'champion', 2)"));

        r.clock.move(Duration.ofDays(3));
        r.promotion.worker().work();

        assertThat(newest().state()).isEqualTo(PromotionState.REJECTED);
        assertThat(newest().note()).contains("stands for version 2 now, and stood for 0 when this was asked for");
        assertThat(r.alias("churn", "champion")).hasValue(2L);
    }

    @Test
    void nothing_expires_twice_or_never_when_the_clock_goes_back() {
        r.apply(APPROVED);
        r.version("ana", "churn", 0.9);
        Promotion first = as("ben", () -> r.promotion.promotions().request(ask("churn", 1)));

        r.clock.move(Duration.ofDays(7));
        r.promotion.worker().work();
        r.clock.move(Duration.ofHours(-1));
        r.promotion.worker().work();
        Promotion second = as("ben", () -> r.promotion.promotions().request(ask("churn", 1)));
        r.clock.move(Duration.ofHours(-1));
        r.promotion.worker().work();

        assertThat(newest().state()).isEqualTo(PromotionState.WAITING);
        r.clock.move(Duration.ofDays(7).plusHours(1));
        r.promotion.worker().work();
        r.promotion.worker().work();

        assertThat(all()).extracting(Promotion::id).containsExactly(second.id(), first.id());
        for (Promotion one : all()) {
            assertThat(one.state()).isEqualTo(PromotionState.EXPIRED);
            assertThat(r.ledger.eventsAbout(one.urn()).stream().map(Event::type))
                    .containsOnlyOnce("promotion.expired");
        }
    }

    @Test
    void a_lease_taken_before_the_clock_went_back_keeps_nobody_waiting() {
        r.apply(CHECKED_ONLY);
        r.version("ana", "churn", 0.9);
        PromotionSlice dying = r.process(new DyingDb(r.db, 1));
        catchThrowable(() -> as("ben", () -> dying.promotions().request(ask("churn", 1))));

        r.clock.move(Duration.ofHours(-1));
        r.promotion.worker().work();

        assertThat(newest().state()).isEqualTo(PromotionState.APPLIED);
    }

    @Test
    void an_approval_that_comes_too_late_is_refused() {
        r.apply(APPROVED);
        r.version("ana", "churn", 0.9);
        Promotion waiting = as("ben", () -> r.promotion.promotions().request(ask("churn", 1)));
        r.clock.move(Duration.ofDays(7));

        Throwable refused =
                catchThrowable(() -> as("li", () -> r.promotion.promotions().approve(waiting.id(), "")));

        assertThat(refused).hasMessageContaining("expired at 2026-01-08T00:00:00Z");
        assertThat(r.alias("churn", "champion")).isEmpty();
    }

    private static Ask ask(String model, long version) {
        return new Ask(model, version, "champion", "", "");
    }

    private List<Promotion> all() {
        return r.promotion
                .promotions()
                .list(PromotionFilter.ALL, 100, Long.MAX_VALUE)
                .items();
    }

    private Promotion newest() {
        return all().getFirst();
    }

    private static <T> List<T> together(IntFunction<Callable<T>> work) throws Exception {
        CyclicBarrier start = new CyclicBarrier(AT_ONCE);
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<T>> futures = IntStream.range(0, AT_ONCE)
                    .mapToObj(work::apply)
                    .map(one -> executor.submit(() -> {
                        start.await();
                        return one.call();
                    }))
                    .toList();
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) results.add(future.get(120, TimeUnit.SECONDS));
            return results;
        }
    }
}
