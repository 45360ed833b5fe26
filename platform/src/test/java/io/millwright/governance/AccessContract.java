package io.millwright.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.governance.Subject.Kind;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What identities and access promise on every database.
abstract class AccessContract {
    private static final String HERE = "192.0.2.7";
    private static final Grant.Place TEAM = Grant.Place.of("default", "workspace:team");

    @TempDir
    Path home;

    private final FakeClock clock = new FakeClock();
    private final AtomicLong nanos = new AtomicLong(1);
    private Db db;
    private Ledger ledger;
    private AccessSlice slice;
    private AccessService access;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        db = open(home);
        new Migrator(db)
                .migrate(Stream.of(Ledger.MIGRATIONS, AccessSlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        ledger = new Ledger(db, clock, new Ids(new Random(7)));
        slice = slice();
        access = slice.service();
    }

    private AccessSlice slice() {
        return AccessSlice.wire(db, ledger, clock, nanos::get, new SecureRandom());
    }

    @AfterEach
    void close() {
        slice.close();
        ledger.close();
        db.close();
    }

    @Test
    void the_first_administrator_is_told_once() {
        String token = access.firstAdministrator().orElseThrow();

        assertThat(access.firstAdministrator()).isEmpty();
        assertThat(token).matches("mw_[A-Za-z0-9_-]{43}");
        assertThat(mayDo(bearer(token), Right.ADMIN, "anywhere")).isTrue();
        assertThat(stored()).doesNotContain(token);
    }

    @Test
    void a_password_and_a_token_lead_to_the_same_person() {
        access.create(Kind.USER, "ann", "correct horse");
        access.grant(user("ann"), TEAM, allow(Role.CONTRIBUTOR));
        String token = access.createToken("ann", "laptop", null, null).text();

        for (String shown : List.of(
                basic("ann", "correct horse"), bearer(token), basic("__token__", token), basic("somebody", token))) {
            assertThat(signIn(shown).principal()).isEqualTo(new Principal("ann"));
            assertThat(mayDo(shown, Right.WRITE, "team")).isTrue();
            assertThat(mayDo(shown, Right.WRITE, "default")).isFalse();
        }
        assertThat(stored()).doesNotContain("correct horse").doesNotContain(token);
    }

    @Test
    void a_wrong_password_and_an_unknown_user_are_told_the_same() {
        access.create(Kind.USER, "ann", "correct horse");

        assertThat(refusal(() -> signIn(basic("ann", "wrong horse"))).message())
                .isEqualTo(refusal(() -> signIn(basic("bob", "wrong horse"))).message());
        assertThat(refusal(() -> signIn(basic("ann", ""))).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(refusal(() -> signIn("Negotiate abc")).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(refusal(() -> signIn("Basic ###")).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(events("sign-in.failed"))
                .hasSize(5)
                .allSatisfy(event -> assertThat(event.payload()).contains(HERE).doesNotContain("wrong horse"));
    }

    @Test
    void failing_again_and_again_is_slowed_down_but_stops_no_token() {
        access.create(Kind.USER, "ann", "correct horse");
        String token = access.createToken("ann", "laptop", null, null).text();
        for (int i = 0; i < 5; i++) refusal(() -> signIn(basic("ann", "wrong horse")));

        assertThat(refusal(() -> signIn(basic("ann", "correct horse"))).code()).isEqualTo(ErrorCode.BUSY);
        assertThat(signIn(bearer(token)).principal().name()).isEqualTo("ann");
        assertThat(events("sign-in.failed"))
                .hasSize(6)
                .last()
                .satisfies(event -> assertThat(event.payload()).contains("too many failed before"));

        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        assertThat(signIn(basic("ann", "correct horse")).principal().name()).isEqualTo("ann");
    }

    @Test
    void failures_beyond_sixty_a_minute_of_an_address_are_told_together() {
        for (int i = 0; i < 100; i++) refusal(() -> signIn(bearer("mw_wrong")));
        slice.watch().look();
        assertThat(events("sign-in.failed")).hasSize(EventBudget.PER_MINUTE);
        assertThat(events("sign-in.failed-left-out")).isEmpty();

        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        slice.watch().look();
        slice.watch().look();

        assertThat(events("sign-in.failed-left-out")).singleElement().satisfies(event -> {
            assertThat(event.actor()).isEqualTo("anonymous");
            assertThat(event.payload()).contains("\"count\":40").contains(HERE);
        });
        refusal(() -> signIn(bearer("mw_wrong")));
        assertThat(events("sign-in.failed")).hasSize(EventBudget.PER_MINUTE + 1);
    }

    @Test
    void refusals_beyond_sixty_a_minute_of_somebody_are_told_at_the_latest_when_the_process_ends() {
        RequestContext ann =
                new RequestContext("r3", new Principal("ann"), "team", context().access(), HERE);
        for (int i = 0; i < 70; i++) {
            ann.call(() -> {
                slice.refused("GET", "/x", "no right");
                return 0;
            });
        }

        slice.close();

        assertThat(events("access.refused")).hasSize(EventBudget.PER_MINUTE);
        assertThat(events("access.refused-left-out")).singleElement().satisfies(event -> {
            assertThat(event.actor()).isEqualTo("ann");
            assertThat(event.entity()).isEqualTo("principal:ann");
            assertThat(event.workspace()).isEqualTo(RequestContext.DEFAULT_WORKSPACE);
            assertThat(event.payload()).isEqualTo("{\"count\":10}");
        });
    }

    @Test
    void what_was_shown_before_is_known_until_anything_changes() {
        access.create(Kind.USER, "ann", "correct horse");
        AccessService.NewToken token = access.createToken("ann", "laptop", null, null);
        signIn(bearer(token.text()));
        assertThat(slice.signIns().known(bearer(token.text()), HERE)).isPresent();

        access.revoke(token.token().id());

        assertThat(slice.signIns().known(bearer(token.text()), HERE)).isEmpty();
        assertThat(refusal(() -> signIn(bearer(token.text()))).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void a_grant_counts_from_the_next_request_on_and_so_does_its_end() {
        access.create(Kind.SERVICE_ACCOUNT, "ci", null);
        String token = access.createToken("ci", "pipeline", null, null).text();
        assertThat(mayDo(bearer(token), Right.READ, "team")).isFalse();

        Grant grant = access.grant(new Subject(Kind.SERVICE_ACCOUNT, "ci"), TEAM, allow(Role.VIEWER));
        assertThat(mayDo(bearer(token), Right.READ, "team")).isTrue();

        access.removeGrant(grant.no());
        assertThat(mayDo(bearer(token), Right.READ, "team")).isFalse();
    }

    @Test
    void a_group_gives_its_members_what_it_has() {
        access.firstAdministrator();
        access.create(Kind.USER, "ann", null);
        access.createGroup("team", "");
        access.grant(new Subject(Kind.GROUP, "team"), TEAM, allow(Role.APPROVER));
        String token = access.createToken("ann", "laptop", null, null).text();
        assertThat(mayDo(bearer(token), Right.APPROVE, "team")).isFalse();

        access.addMember("team", "ann");
        assertThat(mayDo(bearer(token), Right.APPROVE, "team")).isTrue();
        assertThat(access.members("team")).containsExactly("ann");

        access.removeMember("team", "ann");
        assertThat(mayDo(bearer(token), Right.APPROVE, "team")).isFalse();
    }

    @Test
    void another_process_notices_when_it_looks() {
        access.create(Kind.USER, "ann", null);
        AccessService.NewToken token = access.createToken("ann", "laptop", null, null);
        AccessSlice other = AccessSlice.wire(
                db, new Ledger(db, clock, new Ids(new Random(8))), clock, nanos::get, new SecureRandom());
        AccessWatch watch = other.watch();
        watch.look();
        context().call(() -> other.signIns().signIn(bearer(token.text()), HERE));
        watch.look();
        assertThat(other.signIns().known(bearer(token.text()), HERE)).isPresent();

        access.revoke(token.token().id());
        watch.look();

        assertThat(other.signIns().known(bearer(token.text()), HERE)).isEmpty();
    }

    @Test
    void a_token_expires_once_and_for_good_whatever_the_clock_does() {
        access.create(Kind.USER, "ann", null);
        Instant expiry = clock.instant().plus(Duration.ofMinutes(30));
        String token = access.createToken("ann", "short", null, expiry).text();
        assertThat(signIn(bearer(token)).principal().name()).isEqualTo("ann");

        clock.move(Duration.ofHours(1));
        assertThat(slice.signIns().known(bearer(token), HERE)).isEmpty();
        clock.move(Duration.ofHours(-1));
        assertThat(refusal(() -> signIn(bearer(token))).message()).contains("expired");

        assertThat(access.endExpired()).isEqualTo(1);
        assertThat(access.endExpired()).isZero();
        AccessSlice restarted = AccessSlice.wire(
                db, new Ledger(db, clock, new Ids(new Random(8))), clock, nanos::get, new SecureRandom());
        assertThat(refusal(() -> context().call(() -> restarted.signIns().signIn(bearer(token), HERE)))
                        .code())
                .isEqualTo(ErrorCode.UNAUTHENTICATED);
        clock.move(Duration.ofHours(2));
        assertThat(restarted.service().endExpired()).isZero();
        assertThat(events("token.expired")).hasSize(1);
    }

    @Test
    void a_scope_caps_a_token_and_makes_no_others() {
        access.create(Kind.USER, "ann", "correct horse");
        access.grant(user("ann"), TEAM, allow(Role.MAINTAINER));
        String token = access.createToken("ann", "dashboard", Role.VIEWER, null).text();

        assertThat(mayDo(bearer(token), Right.READ, "team")).isTrue();
        assertThat(mayDo(bearer(token), Right.WRITE, "team")).isFalse();
        RequestContext capped = as(bearer(token));
        assertThat(refusal(() -> capped.call(() -> access.createToken("ann", "more", null, null)))
                        .code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(refusal(() -> capped.call(() -> {
                            access.setPassword("ann", "new password", "correct horse");
                            return 0;
                        }))
                        .code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void nobody_grants_more_than_they_have_or_where_they_do_not_manage() {
        access.create(Kind.USER, "ann", null);
        access.create(Kind.USER, "bob", null);
        access.grant(user("ann"), new Grant.Place("default", "experiment:7"), allow(Role.MAINTAINER));
        RequestContext ann =
                as(bearer(access.createToken("ann", "laptop", null, null).text()));
        Grant.Place experiment = new Grant.Place("default", "experiment:7");

        Grant given = ann.call(() -> access.grant(user("bob"), experiment, allow(Role.CONTRIBUTOR)));
        assertThat(given.rule()).isEqualTo(allow(Role.CONTRIBUTOR));
        assertThat(ann.call(() -> access.grant(user("bob"), experiment, allow(Role.CONTRIBUTOR))))
                .isEqualTo(given);

        for (Grant.Place place : List.of(
                new Grant.Place("default", "experiment:8"),
                new Grant.Place("default", "workspace:default"),
                new Grant.Place("*", "workspace:*"))) {
            assertThat(refusal(() -> ann.call(() -> access.grant(user("ann"), place, allow(Role.VIEWER))))
                            .code())
                    .isEqualTo(ErrorCode.PERMISSION_DENIED);
        }
        assertThat(refusal(() -> ann.call(() -> access.create(Kind.USER, "eve", null)))
                        .code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(refusal(() -> ann.call(() -> access.tokens("bob"))).code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void the_last_administrator_stays() {
        access.firstAdministrator();
        Grant grant = access.grantsOf(user("admin"), 0, 10).getFirst();

        assertThat(refusal(() -> access.removeGrant(grant.no())).code()).isEqualTo(ErrorCode.WRONG_STATE);
        assertThat(refusal(() -> access.delete("admin")).code()).isEqualTo(ErrorCode.WRONG_STATE);
        assertThat(access.isAdministrator("admin")).isTrue();
    }

    @Test
    void whoever_makes_a_thing_maintains_it_and_no_successor_of_its_name_inherits() {
        access.create(Kind.USER, "ann", null);
        access.create(Kind.USER, "bob", null);
        access.grant(user("ann"), TEAM, allow(Role.CONTRIBUTOR));
        String token = access.createToken("ann", "laptop", null, null).text();
        RequestContext ann = as(bearer(token)).in("team");

        append(ann, "model.created", "model:churn", Map.of());
        assertThat(as(bearer(token)).in("team").allows(Right.MANAGE, "model:churn"))
                .isTrue();
        assertThat(as(bearer(token)).in("team").allows(Right.MANAGE, "model:other"))
                .isFalse();

        access.grant(user("bob"), new Grant.Place("team", "model-version:churn/3"), allow(Role.VIEWER));
        append(ann, "model.renamed", "model:attrition", Map.of("from", "churn", "to", "attrition"));
        assertThat(as(bearer(token)).in("team").allows(Right.MANAGE, "model:churn"))
                .isFalse();
        assertThat(as(bearer(token)).in("team").allows(Right.MANAGE, "model:attrition"))
                .isTrue();
        assertThat(access.mayDo("bob", Right.READ, new Grant.Place("team", "model-version:attrition/3"), List.of()))
                .isTrue();

        append(ann, "model.deleted", "model:attrition", Map.of());
        assertThat(as(bearer(token)).in("team").allows(Right.MANAGE, "model:attrition"))
                .isFalse();
        assertThat(access.grantsOf(user("bob"), 0, 10)).isEmpty();
    }

    @Test
    void a_deleted_user_is_out_at_once_and_leaves_nothing_to_a_successor() {
        access.firstAdministrator();
        access.create(Kind.USER, "ann", "correct horse");
        access.grant(user("ann"), TEAM, allow(Role.VIEWER));
        String token = access.createToken("ann", "laptop", null, null).text();
        signIn(bearer(token));

        access.delete("ann");
        access.create(Kind.USER, "ann", null);

        assertThat(refusal(() -> signIn(bearer(token))).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(refusal(() -> signIn(basic("ann", "correct horse"))).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(access.grantsOf(user("ann"), 0, 10)).isEmpty();
    }

    @Test
    void one_changes_the_own_password_only_with_the_old_one() {
        access.create(Kind.USER, "ann", "correct horse");
        RequestContext ann = as(basic("ann", "correct horse"));

        for (@Nullable String current : new String[] {null, "", "wrong horse"}) {
            assertThat(refusal(() -> ann.call(() -> {
                                access.setPassword("ann", "new password", current);
                                return 0;
                            }))
                            .code())
                    .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        }
        ann.call(() -> {
            access.setPassword("ann", "new password", "correct horse");
            return 0;
        });

        assertThat(signIn(basic("ann", "new password")).principal().name()).isEqualTo("ann");
        assertThat(refusal(() -> signIn(basic("ann", "correct horse"))).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void names_roles_and_places_that_are_none_are_refused() {
        for (String name : List.of("", "a b", "local", "system", "__token__", "a/b", "ann\n", "x".repeat(129))) {
            assertThat(refusal(() -> access.create(Kind.USER, name, null)).code())
                    .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        }
        assertThat(refusal(() -> Role.of("owner")).message()).contains("viewer, contributor");
        assertThat(refusal(() -> Role.right("admin")).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        for (String urn : List.of("", "experiment", "experiment:", "workspace:A", "prediction:1", "workspace:")) {
            assertThat(refusal(() -> Grant.Place.of("default", urn)).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        }
        access.create(Kind.USER, "ann", null);
        assertThat(refusal(() -> access.create(Kind.SERVICE_ACCOUNT, "ann", null))
                        .code())
                .isEqualTo(ErrorCode.NAME_TAKEN);
        assertThat(refusal(() -> access.grant(user("ann"), TEAM, allow(Role.ADMIN)))
                        .code())
                .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(refusal(() -> access.grant(user("nobody"), TEAM, allow(Role.VIEWER)))
                        .code())
                .isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void every_change_is_an_event_with_an_address_and_a_sign_in_is_one_an_hour() {
        access.create(Kind.USER, "ann", null);
        String token = access.createToken("ann", "laptop", null, null).text();
        signIn(bearer(token));
        signIn(bearer(token));
        assertThat(events("sign-in.succeeded")).hasSize(1);

        context().call(() -> slice.signIns().signIn(bearer(token), "192.0.2.8"));
        nanos.addAndGet(Duration.ofMinutes(61).toNanos());
        signIn(bearer(token));

        assertThat(events("sign-in.succeeded")).hasSize(3).allSatisfy(event -> {
            assertThat(event.actor()).isEqualTo("ann");
            assertThat(event.requestId()).isEqualTo("r1");
            assertThat(event.payload()).contains("address").doesNotContain(token);
        });
        assertThat(events("user.created")).hasSize(1);
        assertThat(events("token.created")).hasSize(1);
    }

    private void append(RequestContext context, String type, String entity, Map<String, ?> payload) {
        context.call(() -> db.tx(sql -> {
            ledger.append(sql, type, entity, payload);
            return 0;
        }));
        slice.settle(context.requestId());
    }

    private SignInService.SignedIn signIn(String authorization) {
        return context()
                .call(() -> slice.signIns()
                        .known(authorization, HERE)
                        .orElseGet(() -> slice.signIns().signIn(authorization, HERE)));
    }

    private boolean mayDo(String authorization, Right right, String workspace) {
        return as(authorization).in(workspace).allows(right, "workspace:" + workspace);
    }

    private RequestContext as(String authorization) {
        SignInService.SignedIn who = signIn(authorization);
        return new RequestContext("r2", who.principal(), "default", who.access(), HERE);
    }

    private static RequestContext context() {
        return new RequestContext(
                "r1", new Principal("anonymous"), "default", (right, workspace, entity, parents) -> false, HERE);
    }

    private static Failure refusal(ThrowingCallable call) {
        List<Failure> failures = new ArrayList<>();
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failures::add);
        return failures.getFirst();
    }

    private List<Event> events(String type) {
        return db.read(sql -> sql.query(
                "select id, at, actor, request_id, workspace, type, entity, payload from ledger_events where type = ?"
                        + " order by seq",
                row -> new Event(
                        row.getString(1),
                        Instant.ofEpochMilli(row.getLong(2)),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        row.getString(7),
                        row.getString(8)),
                type));
    }

    /// Every text that the access tables and the ledger hold.
    private String stored() {
        return db.read(sql -> String.join(
                "\n",
                Stream.of(
                                "select payload from ledger_events",
                                "select coalesce(password, '') from access_principals",
                                "select digest || name from access_tokens")
                        .flatMap(query -> sql.query(query, row -> row.getString(1)).stream())
                        .toList()));
    }

    private static Subject user(String name) {
        return new Subject(Kind.USER, name);
    }

    private static Grant.Rule allow(Role role) {
        return new Grant.Rule.Allow(role);
    }

    private static String bearer(String token) {
        return "Bearer " + token;
    }

    private static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }
}
