package io.millwright.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.governance.SignInService.Presented;
import io.millwright.governance.Subject.Kind;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What browsers' sessions, and the lists and explanations that the web UI shows, promise on every database.
abstract class SessionContract {
    private static final String HERE = "192.0.2.7";
    private static final Duration AGE = Duration.ofHours(12);
    private static final Grant.Place TEAM = Grant.Place.of("default", "workspace:team");
    private static final Grant.Place EVERYWHERE = Grant.Place.of("default", "workspace:*");
    private static final Parents NO_PARENTS = urn -> List.of();

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
        slice = AccessSlice.wire(db, ledger, clock, nanos::get, new SecureRandom());
        access = slice.service();
        access.create(Kind.USER, "ann", "correct horse");
        access.grant(user("ann"), TEAM, new Grant.Rule.Allow(Role.MAINTAINER));
    }

    @AfterEach
    void close() {
        slice.close();
        ledger.close();
        db.close();
    }

    @Test
    void a_password_opens_a_session_that_does_what_its_owner_may_and_ends() {
        AccessService.NewToken session = open(password("ann", "correct horse"));

        assertThat(session.token().name()).isEqualTo("browser session");
        assertThat(session.token().expiresAt()).isEqualTo(clock.instant().plus(AGE));
        assertThat(mayDo(session.text(), Right.MANAGE)).isTrue();
        assertThat(access.tokens("ann"))
                .singleElement()
                .satisfies(token -> assertThat(token.isSession()).isTrue());

        clock.move(AGE);
        assertThat(refusal(() -> signIn(session.text())).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void a_session_of_a_token_keeps_its_scope_and_its_end() {
        Instant end = clock.instant().plus(Duration.ofHours(1));
        String token = access.createToken("ann", "laptop", Role.VIEWER, end).text();

        AccessService.NewToken session = open(new Presented.Token(token));

        assertThat(session.token().scope()).isEqualTo(Role.VIEWER);
        assertThat(session.token().expiresAt()).isEqualTo(end);
        assertThat(mayDo(session.text(), Right.READ)).isTrue();
        assertThat(mayDo(session.text(), Right.WRITE)).isFalse();
        String lasting = access.createToken("ann", "for ever", null, null).text();
        assertThat(open(new Presented.Token(lasting)).token().expiresAt())
                .isEqualTo(clock.instant().plus(AGE));
    }

    @Test
    void a_revoked_token_takes_the_sessions_that_it_opened_along() {
        AccessService.NewToken token = access.createToken("ann", "laptop", null, null);
        AccessService.NewToken other = access.createToken("ann", "desktop", null, null);
        String session = open(new Presented.Token(token.text())).text();
        String others = open(new Presented.Token(other.text())).text();
        assertThat(refusal(() -> open(new Presented.Token(session))).message()).contains("opens no other");

        access.revoke(token.token().id());

        assertThat(refusal(() -> signIn(session)).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(refusal(() -> open(new Presented.Token(session))).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(mayDo(others, Right.READ)).isTrue();
        assertThat(count("token.revoked")).isEqualTo(2);
    }

    @Test
    void what_ended_between_its_check_and_the_session_opens_none() {
        AccessService.NewToken token = access.createToken("ann", "laptop", null, null);
        SignInService.Shown shown = shown(new Presented.Token(token.text()));
        SignInService.Shown password = shown(password("ann", "correct horse"));

        access.revoke(token.token().id());
        assertThat(refusal(() -> context().call(() -> access.openSession(shown, AGE)))
                        .code())
                .isEqualTo(ErrorCode.UNAUTHENTICATED);

        access.create(Kind.USER, "bob", "correct horse");
        SignInService.Shown old = shown(password("bob", "correct horse"));
        access.setPassword("bob", "another horse", null, "");
        assertThat(refusal(() -> context().call(() -> access.openSession(old, AGE)))
                        .message())
                .contains("has changed");

        access.delete("ann");
        assertThat(refusal(() -> context().call(() -> access.openSession(password, AGE)))
                        .code())
                .isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void a_new_password_ends_the_sessions_of_the_old_one_but_for_the_one_that_set_it() {
        String setting = open(password("ann", "correct horse")).text();
        String other = open(password("ann", "correct horse")).text();
        String token = access.createToken("ann", "laptop", null, null).text();
        RequestContext ann = as(setting);

        ann.call(() -> {
            access.setPassword("ann", "new password", "correct horse", setting);
            return 0;
        });
        assertThat(mayDo(setting, Right.READ)).isTrue();
        assertThat(mayDo(token, Right.READ)).isTrue();
        assertThat(refusal(() -> signIn(other)).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);

        access.setPassword("ann", "set by another", null);
        assertThat(refusal(() -> signIn(setting)).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(mayDo(token, Right.READ)).isTrue();
    }

    @Test
    void wrong_passwords_are_slowed_down_here_and_in_headers_together() {
        for (int i = 0; i < 5; i++) refusal(() -> shown(password("ann", "wrong horse")));

        assertThat(refusal(() -> shown(password("ann", "correct horse"))).code())
                .isEqualTo(ErrorCode.BUSY);
        assertThat(count("sign-in.failed")).isEqualTo(6);
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        assertThat(shown(password("ann", "correct horse")).principal()).isEqualTo(new Principal("ann"));
        assertThat(count("sign-in.succeeded")).isEqualTo(1);
    }

    @Test
    void a_token_that_is_typed_as_a_password_counts_as_a_token() {
        AccessService.NewToken token = access.createToken("ann", "laptop", Role.VIEWER, null);

        AccessService.NewToken session = open(Presented.of("ann", token.text()));

        assertThat(session.token().openedWith()).isEqualTo(token.token().id());
        assertThat(session.token().scope()).isEqualTo(Role.VIEWER);
    }

    @Test
    void of_too_many_sessions_the_oldest_ends() {
        AccessService.NewToken token = access.createToken("ann", "laptop", null, null);
        List<String> sessions = new ArrayList<>();
        for (int i = 0; i <= AccessService.MOST_SESSIONS; i++) {
            sessions.add(open(new Presented.Token(token.text())).text());
        }

        assertThat(refusal(() -> signIn(sessions.getFirst())).code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(mayDo(sessions.get(1), Right.READ)).isTrue();
        assertThat(mayDo(token.text(), Right.READ)).isTrue();
        String scoped =
                access.createToken("ann", "dashboard", Role.VIEWER, null).text();
        assertThat(refusal(() -> open(new Presented.Token(scoped))).code()).isEqualTo(ErrorCode.WRONG_STATE);
        assertThat(mayDo(sessions.get(1), Right.READ)).isTrue();
    }

    @Test
    void an_administrator_sees_everybodys_tokens_page_by_page() {
        access.create(Kind.SERVICE_ACCOUNT, "ci", null);
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            made.add(access.createToken(i % 2 == 0 ? "ann" : "ci", "t" + i, null, null)
                    .token()
                    .id());
        }
        access.revoke(made.removeLast());

        List<String> seen = new ArrayList<>();
        String after = "";
        do {
            List<ApiToken> page = access.everybodysTokens(after, 3);
            page.forEach(token -> seen.add(token.id()));
            after = page.size() < 3 ? "" : page.getLast().id();
        } while (!after.isEmpty());

        assertThat(seen).containsExactlyInAnyOrderElementsOf(made);
        RequestContext ann = as(open(password("ann", "correct horse")).text());
        assertThat(refusal(() -> ann.call(() -> access.everybodysTokens("", 3))).code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void lists_tell_the_groups_the_last_use_and_how_many_members() {
        access.create(Kind.USER, "bob", null);
        access.createGroup("risk", "");
        access.createGroup("empty", "");
        access.addMember("risk", "ann");
        access.addMember("risk", "bob");
        signIn(open(password("ann", "correct horse")).text());

        List<Account> users = access.accounts(Kind.USER, 0, 10);
        var uses = access.uses(Kind.USER, users);

        assertThat(uses.get("ann")).isEqualTo(new AccountUse(List.of("risk"), clock.instant(), false));
        assertThat(uses.get("bob")).isEqualTo(new AccountUse(List.of("risk"), null, false));
        assertThat(access.uses(Kind.USER, users.subList(1, 2))).containsOnlyKeys("bob");
        assertThat(access.memberCounts(access.groups(0, 10)))
                .containsEntry("risk", 2)
                .containsEntry("empty", 0);
    }

    @Test
    void every_grant_is_listed_for_an_administrator_and_a_groups_for_its_members() {
        access.createGroup("risk", "");
        access.addMember("risk", "ann");
        Subject risk = new Subject(Kind.GROUP, "risk");
        Grant ofGroup = access.grant(risk, Grant.Place.of("default", "model:churn"), new Grant.Rule.Allow(Role.VIEWER));
        RequestContext ann = as(open(password("ann", "correct horse")).text());

        assertThat(access.grants(0, 10)).extracting(Grant::subject).containsExactly(user("ann"), risk);
        assertThat(ann.call(() -> access.grantsOf(risk, 0, 10))).containsExactly(ofGroup);
        assertThat(refusal(() -> ann.call(() -> access.grants(0, 10))).code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        access.removeMember("risk", "ann");
        assertThat(refusal(() -> ann.call(() -> access.grantsOf(risk, 0, 10))).code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void an_explanation_names_the_grant_the_group_the_parent_and_the_denial() {
        access.createGroup("risk", "");
        access.addMember("risk", "ann");
        Grant.Place version = Grant.Place.of("default", "model-version:churn/3");
        Grant fromGroup = access.grant(
                new Subject(Kind.GROUP, "risk"),
                Grant.Place.of("default", "model:churn"),
                new Grant.Rule.Allow(Role.CONTRIBUTOR));
        Grant own = access.grant(user("ann"), version, new Grant.Rule.Allow(Role.VIEWER));
        Grant denial = access.grant(
                user("ann"), Grant.Place.of("default", "workspace:default"), new Grant.Rule.Deny(Right.ALIAS));

        Explanation why = access.explain("ann", version, NO_PARENTS);

        assertThat(why.groups()).containsExactly("risk");
        assertThat(why.parents()).containsExactly("model:churn");
        assertThat(verdict(why, Right.READ).givenBy()).containsExactlyInAnyOrder(fromGroup, own);
        assertThat(verdict(why, Right.WRITE))
                .isEqualTo(new Explanation.Verdict(Right.WRITE, true, List.of(fromGroup), List.of()));
        assertThat(verdict(why, Right.ALIAS))
                .isEqualTo(new Explanation.Verdict(Right.ALIAS, false, List.of(fromGroup), List.of(denial)));
        assertThat(verdict(why, Right.MANAGE))
                .isEqualTo(new Explanation.Verdict(Right.MANAGE, false, List.of(), List.of()));
        for (Right right : Right.values()) {
            assertThat(verdict(why, right).allowed())
                    .as(right.name())
                    .isEqualTo(access.mayDo("ann", right, version, List.of("model:churn")));
        }
    }

    @Test
    void an_explanation_knows_the_parents_that_only_others_know() {
        access.grant(user("ann"), Grant.Place.of("default", "experiment:7"), new Grant.Rule.Allow(Role.CONTRIBUTOR));
        Parents experiment = urn -> urn.equals("run:a") ? List.of("experiment:7") : List.of();

        assertThat(access.explain("ann", Grant.Place.of("default", "run:a"), experiment)
                        .allowed())
                .containsExactlyInAnyOrderElementsOf(Role.CONTRIBUTOR.rights());
        assertThat(access.explain("ann", Grant.Place.of("default", "run:b"), experiment)
                        .allowed())
                .isEmpty();
    }

    @Test
    void one_explains_oneself_and_an_administrator_everybody() {
        access.create(Kind.USER, "bob", null);
        access.create(Kind.USER, "root", null);
        access.grant(user("root"), EVERYWHERE, new Grant.Rule.Allow(Role.ADMIN));
        RequestContext ann = as(open(password("ann", "correct horse")).text());
        RequestContext root = as(access.createToken("root", "t", null, null).text());

        assertThat(ann.call(() -> access.explain("ann", TEAM, NO_PARENTS)).allowed())
                .containsExactlyInAnyOrderElementsOf(Role.MAINTAINER.rights());
        assertThat(refusal(() -> ann.call(() -> access.explain("bob", TEAM, NO_PARENTS)))
                        .code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(root.call(() -> access.explain("bob", TEAM, NO_PARENTS)).allowed())
                .isEmpty();
        assertThat(root.call(() -> access.explain("root", TEAM, NO_PARENTS)).allowed())
                .containsExactlyInAnyOrder(Right.values());
        assertThat(refusal(() -> root.call(() -> access.explain("nobody", TEAM, NO_PARENTS)))
                        .code())
                .isEqualTo(ErrorCode.NOT_FOUND);
    }

    private static Explanation.Verdict verdict(Explanation why, Right right) {
        return why.verdicts().stream()
                .filter(verdict -> verdict.right() == right)
                .findFirst()
                .orElseThrow();
    }

    private AccessService.NewToken open(Presented presented) {
        return context().call(() -> access.openSession(slice.signIns().shown(presented, HERE), AGE));
    }

    private SignInService.Shown shown(Presented presented) {
        return context().call(() -> slice.signIns().shown(presented, HERE));
    }

    private SignInService.SignedIn signIn(String token) {
        return context()
                .call(() -> slice.signIns()
                        .known("Bearer " + token, HERE)
                        .orElseGet(() -> slice.signIns().signIn("Bearer " + token, HERE)));
    }

    private boolean mayDo(String token, Right right) {
        return as(token).in("team").allows(right, "workspace:team");
    }

    private RequestContext as(String token) {
        SignInService.SignedIn who = signIn(token);
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

    private long count(String type) {
        return db.read(
                sql -> sql.query("select count(*) from ledger_events where type = ?", row -> row.getLong(1), type)
                        .getFirst());
    }

    private static Subject user(String name) {
        return new Subject(Kind.USER, name);
    }

    private static Presented password(String user, String password) {
        return new Presented.Password(user, password);
    }
}
