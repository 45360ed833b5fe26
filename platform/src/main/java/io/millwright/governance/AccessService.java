package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;
import static io.millwright.kernel.ErrorCode.UNAUTHENTICATED;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Sql;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Users, service accounts and groups, their tokens, and what they may do. Every change counts from the next
/// request on.
public final class AccessService {
    static final int LARGEST_PAGE = 1000;
    static final int MOST_TOKENS = 100;
    static final int MOST_SESSIONS = 20;
    static final int MOST_GRANTS = 5000;
    static final int MOST_MEMBERS = 5000;

    private static final Subject FIRST = new Subject(Subject.Kind.USER, "admin");
    private static final Grant.Place EVERYWHERE = new Grant.Place(Grant.Place.EVERY_WORKSPACE, "workspace:*");
    private static final int SHORTEST_PASSWORD = 8;
    /// What the token of a browser's session is called, by what it was opened with.
    private static final String SESSION = "browser session";

    private static final String PROVIDER_SESSION = "oidc session";

    private final Db db;
    private final AccessEvents events;
    private final SignInService signIns;
    private final SecureRandom random;
    private final Ids ids;
    private final AccessStore store = new AccessStore();

    AccessService(Db db, AccessEvents events, SignInService signIns, SecureRandom random) {
        this.db = db;
        this.events = events;
        this.signIns = signIns;
        this.random = random;
        this.ids = new Ids(random);
    }

    /// A token as its owner gets to see it, once.
    public record NewToken(ApiToken token, String text) {}

    /// When nobody is administrator, makes one and tells its token, which is told this once only.
    public Optional<String> firstAdministrator() {
        if (db.read(store::hasAdministrator)) return Optional.empty();
        return change(sql -> {
            if (store.hasAdministrator(sql)) return Optional.empty();
            if (store.account(sql, FIRST.name()).isEmpty()) {
                store.insertAccount(sql, FIRST, null, now());
                events.append(sql, "user.created", FIRST.urn(), Map.of());
            }
            addGrant(sql, FIRST, EVERYWHERE, new Grant.Rule.Allow(Role.ADMIN));
            return Optional.of(
                    addToken(sql, FIRST, "first-administrator", null, null).text());
        });
    }

    /// @param kind a user or a service account
    /// @param password null for none: it then signs in with tokens
    public Account create(Subject.Kind kind, String name, @Nullable String password) {
        requireAdministrator();
        Subject subject = new Subject(kind, Subject.checkedName(name));
        String kept = password == null ? null : PasswordHash.of(checkedPassword(password), random);
        return change(sql -> {
            if (store.account(sql, name).isPresent()) {
                throw NAME_TAKEN.because("User (username=%s) already exists.", name);
            }
            store.insertAccount(sql, subject, kept, now());
            events.append(
                    sql,
                    kind == Subject.Kind.USER ? "user.created" : "service-account.created",
                    subject.urn(),
                    Map.of());
            return requireAccount(sql, name);
        });
    }

    /// Of oneself, or of anybody for an administrator.
    public Account account(String name) {
        if (!isSelf(name)) requireAdministrator();
        return db.read(sql -> requireAccount(sql, name));
    }

    /// @param after the number of the last one of the page before; 0 for the first
    public List<Account> accounts(Subject.Kind kind, long after, int limit) {
        requireAdministrator();
        return db.read(sql -> store.accounts(sql, kind, after, limit));
    }

    /// What is told of a page of accounts beside themselves, by name.
    Map<String, AccountUse> uses(Subject.Kind kind, List<Account> page) {
        requireAdministrator();
        if (page.isEmpty()) return Map.of();
        return db.read(sql ->
                store.uses(sql, kind, page.getFirst().no() - 1, page.getLast().no()));
    }

    /// The caller's own; empty on a server without authentication, where nobody has one.
    Optional<Account> self() {
        return db.read(sql -> store.account(sql, me()));
    }

    /// Whether the account holds the administrator's role itself; groups aside.
    public boolean isAdministrator(String name) {
        return db.read(sql -> administratorGrant(sql, name).isPresent());
    }

    private Optional<Grant> administratorGrant(Sql sql, String name) {
        return store.grantsFor(sql, name).stream()
                .filter(grant -> grant.subject().kind() != Subject.Kind.GROUP)
                .filter(grant -> grant.rule().equals(new Grant.Rule.Allow(Role.ADMIN)))
                .findFirst();
    }

    /// With memberships, grants and tokens.
    public void delete(String name) {
        requireAdministrator();
        if (isSelf(name)) {
            throw ErrorCode.MALFORMED_REQUEST.because(
                    "Users cannot delete their own account. Ask another administrator to delete it.");
        }
        change(sql -> {
            Account account = requireAccount(sql, name);
            keepingAnAdministrator(sql, () -> store.deleteAccount(sql, account.subject(), now()));
            events.append(
                    sql,
                    account.subject().kind().word() + ".deleted",
                    account.subject().urn(),
                    Map.of());
            return 0;
        });
    }

    /// @param current the password that the user has; needed for one's own
    public void setPassword(String name, String password, @Nullable String current) {
        setPassword(name, password, current, "");
    }

    /// Ends the sessions that the old password opened.
    ///
    /// @param current the password that the user has; needed for one's own
    /// @param session the token of the one that goes on, since it asks; empty for none
    void setPassword(String name, String password, @Nullable String current, String session) {
        boolean self = isSelf(name);
        if (self) requireUncapped("change a password");
        else requireAdministrator();
        checkedPassword(password);
        Optional<String> before = db.read(sql -> {
            if (requireAccount(sql, name).subject().kind() != Subject.Kind.USER) {
                throw WRONG_STATE.because("'%s' is a service account, which has tokens and no password.", name);
            }
            if (store.hasIdentity(sql, name)) {
                throw WRONG_STATE.because(
                        "'%s' signs in at the identity provider, so has no password here. Use a token.", name);
            }
            return store.password(sql, name);
        });
        if (self && before.isPresent()) {
            if (current == null || current.isEmpty()) {
                throw INVALID_ARGUMENT.because("Current password is required when changing your own password.");
            }
            if (!signIns.fits(current, before.get())) {
                throw INVALID_ARGUMENT.because("Current password does not match.");
            }
            if (current.equals(password)) {
                throw INVALID_ARGUMENT.because("New password must differ from the current password.");
            }
        }
        String kept = PasswordHash.of(password, random);
        change(sql -> {
            Account account = requireAccount(sql, name);
            store.setPassword(sql, name, kept);
            events.append(sql, "user.password-set", account.subject().urn(), Map.of());
            String goesOn = store.tokenOf(sql, TokenText.digest(session))
                    .map(ApiToken::id)
                    .orElse("");
            for (ApiToken opened : store.sessionsOpenedWith(sql, name, ApiToken.WITH_PASSWORD)) {
                if (!self || !opened.id().equals(goesOn)) end(sql, opened);
            }
            return 0;
        });
    }

    private static String checkedPassword(String password) {
        if (password.length() >= SHORTEST_PASSWORD && password.length() <= SignInService.LONGEST_PASSWORD)
            return password;
        throw INVALID_ARGUMENT.because(
                "The password has %d characters, expected %d to %d.",
                password.length(), SHORTEST_PASSWORD, SignInService.LONGEST_PASSWORD);
    }

    /// @param description empty for none
    public Group createGroup(String name, String description) {
        requireAdministrator();
        Subject group = new Subject(Subject.Kind.GROUP, Subject.checkedName(name));
        checkDescription(description);
        return change(sql -> {
            if (store.group(sql, name).isPresent()) throw takenGroup(name);
            store.insertGroup(sql, name, RequestContext.current().workspace(), description, now());
            events.append(sql, "group.created", group.urn(), Map.of());
            return requireGroup(sql, name);
        });
    }

    private static Failure takenGroup(String name) {
        return NAME_TAKEN.because("There is a group '%s' already.", name);
    }

    private static void checkDescription(String description) {
        if (description.length() > 1000) {
            throw INVALID_ARGUMENT.because(
                    "The description has %d characters, expected at most 1000.", description.length());
        }
    }

    public Group group(String name) {
        requireAdministrator();
        return db.read(sql -> requireGroup(sql, name));
    }

    public Group group(long no) {
        requireAdministrator();
        return db.read(sql -> requireGroup(sql, no));
    }

    /// By their names, in order.
    public List<String> members(String group) {
        requireAdministrator();
        return db.read(sql -> store.members(sql, requireGroup(sql, group).name(), MOST_MEMBERS));
    }

    public List<Group> groups(long after, int limit) {
        requireAdministrator();
        return db.read(sql -> store.groups(sql, after, limit));
    }

    /// How many members each of a page of groups has, by name.
    Map<String, Integer> memberCounts(List<Group> page) {
        requireAdministrator();
        if (page.isEmpty()) return Map.of();
        return db.read(sql ->
                store.memberCounts(sql, page.getFirst().no() - 1, page.getLast().no()));
    }

    public List<Group> groupsOf(String principal) {
        if (!isSelf(principal)) requireAdministrator();
        return db.read(sql -> store.groupsOf(sql, principal).stream()
                .flatMap(name -> store.group(sql, name).stream())
                .toList());
    }

    /// Members and grants follow.
    public Group changeGroup(long no, String name, String description) {
        requireAdministrator();
        Subject.checkedName(name);
        checkDescription(description);
        return change(sql -> {
            Group before = requireGroup(sql, no);
            if (!before.name().equals(name) && store.group(sql, name).isPresent()) throw takenGroup(name);
            store.renameGroup(sql, before.name(), name, description);
            events.append(sql, "group.changed", "group:" + name, Map.of("from", before.name()));
            return requireGroup(sql, no);
        });
    }

    public void deleteGroup(String name) {
        requireAdministrator();
        change(sql -> {
            requireGroup(sql, name);
            keepingAnAdministrator(sql, () -> store.deleteGroup(sql, name));
            events.append(sql, "group.deleted", "group:" + name, Map.of());
            return 0;
        });
    }

    /// Nothing when it is one already.
    public void addMember(String group, String member) {
        requireAdministrator();
        change(sql -> {
            requireGroup(sql, group);
            requireAccount(sql, member);
            takeIn(sql, group, member, false);
            return 0;
        });
    }

    private void takeIn(Sql sql, String group, String member, boolean byProvider) {
        if (store.members(sql, group, MOST_MEMBERS).size() >= MOST_MEMBERS) {
            throw INVALID_ARGUMENT.because("Group '%s' has %d members, which is the most.", group, MOST_MEMBERS);
        }
        if (store.addMember(sql, group, member, byProvider)) {
            events.append(sql, "group.member-added", "group:" + group, Map.of("member", member));
        }
    }

    /// Nothing when it is none.
    public void removeMember(String group, String member) {
        requireAdministrator();
        change(sql -> {
            requireGroup(sql, group);
            if (store.groupsOf(sql, member).contains(group)) {
                keepingAnAdministrator(sql, () -> putOut(sql, group, member));
            }
            return 0;
        });
    }

    private void putOut(Sql sql, String group, String member) {
        store.removeMember(sql, group, member);
        events.append(sql, "group.member-removed", "group:" + group, Map.of("member", member));
    }

    /// Lets in somebody for whom an identity provider vouches; the first time as a new user without any right.
    /// Never as a user that was made otherwise, whatever the provider calls them.
    ///
    /// @param expiresAt when the token that is the session ends
    public NewToken signIn(ExternalIdentity who, Instant expiresAt) {
        RequestContext asking = RequestContext.current();
        return change(sql -> {
            Optional<String> known = store.principalOf(sql, who.issuer(), who.subject());
            Subject user = new Subject(Subject.Kind.USER, known.orElseGet(() -> freeName(sql, who.name())));
            return asking.as(new Principal(user.name())).call(() -> {
                if (known.isEmpty()) welcome(sql, user, who);
                Set<String> groups = who.groups();
                if (groups != null) moveToGroups(sql, user.name(), groups);
                Map<String, String> how = Map.of("with", "identity provider " + who.issuer());
                events.append(sql, "sign-in.succeeded", "principal:" + user.name(), how);
                return openSession(
                        sql, user, new NewSession(PROVIDER_SESSION, null, expiresAt, ApiToken.WITH_PROVIDER));
            });
        });
    }

    private String freeName(Sql sql, String wanted) {
        String name = Subject.nameLike(wanted);
        return Stream.iterate(name, taken -> name + "-" + ids.hex32().substring(0, 8))
                .filter(free -> isFree(sql, free))
                .findFirst()
                .orElseThrow();
    }

    /// The name of the first administrator is never free: it may be made an administrator when none is left.
    private boolean isFree(Sql sql, String name) {
        return Subject.isName(name)
                && !name.equals(FIRST.name())
                && store.account(sql, name).isEmpty();
    }

    private void welcome(Sql sql, Subject user, ExternalIdentity who) {
        store.insertAccount(sql, user, null, now());
        store.insertIdentity(sql, who.issuer(), who.subject(), user.name());
        events.append(sql, "user.created", user.urn(), Map.of("issuer", who.issuer(), "subject", who.subject()));
    }

    /// Groups that the provider does not name are left only when it was the provider that put the user into them.
    private void moveToGroups(Sql sql, String user, Set<String> named) {
        for (String group : store.groupsByProvider(sql, user)) {
            if (!named.contains(group)) putOut(sql, group, user);
        }
        List<String> already = store.groupsOf(sql, user);
        for (String group : named) {
            if (!already.contains(group) && store.group(sql, group).isPresent()) takeIn(sql, group, user, true);
        }
    }

    /// Opens a browser's session for whoever showed this. It has the scope of the token that was shown, and never
    /// outlives it.
    ///
    /// @param age how long it lasts otherwise
    /// @throws Failure UNAUTHENTICATED when what was shown has ended in between
    NewToken openSession(SignInService.Shown shown, Duration age) {
        Instant end = now().plus(age);
        ApiToken with = shown.token();
        String name = shown.principal().name();
        return RequestContext.current()
                .as(shown.principal())
                .call(() -> change(sql -> {
                    Account account = store.account(sql, name)
                            .orElseThrow(() -> UNAUTHENTICATED.because("'%s' was deleted. Sign in as another.", name));
                    if (with == null) {
                        if (!store.claimPassword(sql, name, shown.kept())) {
                            throw UNAUTHENTICATED.because("The password has changed. Sign in with the new one.");
                        }
                        return openSession(
                                sql, account.subject(), new NewSession(SESSION, null, end, ApiToken.WITH_PASSWORD));
                    }
                    // Otherwise it would outlive what opened the one before.
                    if (with.isSession()) {
                        throw UNAUTHENTICATED.because("A browser's session opens no other. Sign in with a token.");
                    }
                    ApiToken token = store.token(sql, with.id())
                            .filter(found -> !signIns.isPast(found.expiresAt()) && store.claim(sql, found))
                            .orElseThrow(() -> UNAUTHENTICATED.because("The token has expired or was revoked."));
                    Instant last = token.expiresAt();
                    Instant expiresAt = last == null || end.isBefore(last) ? end : last;
                    return openSession(
                            sql, account.subject(), new NewSession(SESSION, token.scope(), expiresAt, token.id()));
                }));
    }

    private record NewSession(String name, @Nullable Role scope, Instant expiresAt, String openedWith) {}

    /// Of too many, the oldest ends: one that was opened alike, or of what has no scope any.
    private NewToken openSession(Sql sql, Subject user, NewSession session) {
        List<ApiToken> sessions = store.tokensOf(sql, user.name(), MOST_TOKENS + MOST_SESSIONS).stream()
                .filter(ApiToken::isSession)
                .toList();
        if (sessions.size() >= MOST_SESSIONS) {
            ApiToken oldest = sessions.stream()
                    .filter(other ->
                            session.scope() == null || session.openedWith().equals(other.openedWith()))
                    .findFirst()
                    .orElseThrow(() -> WRONG_STATE.because(
                            "'%s' has %d sessions, and a token with a scope ends none of them. Sign out of one.",
                            user.name(), MOST_SESSIONS));
            end(sql, oldest);
        }
        String text = TokenText.make(random);
        ApiToken token = new ApiToken(
                ids.hex32(),
                user.name(),
                session.name(),
                session.scope(),
                now(),
                session.expiresAt().truncatedTo(ChronoUnit.MILLIS),
                null,
                session.openedWith(),
                null);
        return addToken(sql, token, text);
    }

    /// Ends the token of a browser's session. Whoever has it may: no other right is asked for.
    ///
    /// @return whether it counted until now
    public boolean endSession(String token) {
        Optional<ApiToken> found = db.read(sql -> store.tokenOf(sql, TokenText.digest(token)))
                .filter(session -> session.endedAt() == null);
        if (found.isEmpty()) return false;
        RequestContext owner =
                RequestContext.current().as(new Principal(found.get().owner()));
        return owner.call(() -> change(sql -> end(sql, found.get())));
    }

    /// A token for oneself, or for anybody by an administrator.
    ///
    /// @param scope the role that caps it; null for all that its owner may do
    /// @param expiresAt null for never
    public NewToken createToken(String owner, String name, @Nullable Role scope, @Nullable Instant expiresAt) {
        if (!isSelf(owner)) requireAdministrator();
        requireUncapped("make tokens");
        if (name.isBlank() || name.length() > 200) {
            throw INVALID_ARGUMENT.because(
                    "A token needs a name of 1 to 200 characters that says what it is for, got %d.", name.length());
        }
        if (signIns.isPast(expiresAt)) throw INVALID_ARGUMENT.because("The token would have expired at %s.", expiresAt);
        return change(sql -> {
            Account account = requireAccount(sql, owner);
            if (store.tokensOf(sql, owner, MOST_TOKENS).size() >= MOST_TOKENS) {
                throw INVALID_ARGUMENT.because(
                        "'%s' has %d tokens, which is the most. Revoke those that are not needed.", owner, MOST_TOKENS);
            }
            return addToken(sql, account.subject(), name, scope, expiresAt);
        });
    }

    private NewToken addToken(Sql sql, Subject owner, String name, @Nullable Role scope, @Nullable Instant expiresAt) {
        ApiToken token = new ApiToken(ids.hex32(), owner.name(), name, scope, now(), expiresAt, null, null, null);
        return addToken(sql, token, TokenText.make(random));
    }

    private NewToken addToken(Sql sql, ApiToken token, String text) {
        store.insertToken(sql, token, TokenText.digest(text));
        Map<String, Object> what = new LinkedHashMap<>(Map.of("owner", token.owner(), "name", token.name()));
        if (token.scope() != null) what.put("scope", token.scope().word());
        if (token.expiresAt() != null) what.put("expires_at", token.expiresAt().toString());
        events.append(sql, "token.created", "token:" + token.id(), what);
        return new NewToken(token, text);
    }

    /// Those that count, the oldest first.
    public List<ApiToken> tokens(String owner) {
        if (!isSelf(owner)) requireAdministrator();
        return db.read(sql -> store.tokensOf(sql, owner, MOST_TOKENS + MOST_SESSIONS));
    }

    /// Everybody's that count, in the order of their ids.
    ///
    /// @param after the id of the last one of the page before; empty for the first
    List<ApiToken> everybodysTokens(String after, int limit) {
        requireAdministrator();
        return db.read(sql -> store.tokens(sql, after, limit));
    }

    /// Ends a token for good, and the sessions that it opened.
    public void revoke(String id) {
        change(sql -> {
            ApiToken token = store.token(sql, id)
                    .filter(found ->
                            isSelf(found.owner()) || RequestContext.current().allows(Right.ADMIN, EVERYWHERE.entity()))
                    .orElseThrow(() -> NOT_FOUND.because("There is no token '%s' of yours.", id));
            if (!end(sql, token)) {
                throw WRONG_STATE.because("Token '%s' was revoked or has expired before.", id);
            }
            return 0;
        });
    }

    /// @return false when it had ended before
    private boolean end(Sql sql, ApiToken token) {
        if (!store.endToken(sql, token.id(), now())) return false;
        Map<String, Object> what = Map.of("owner", token.owner(), "name", token.name());
        events.append(sql, "token.revoked", "token:" + token.id(), what);
        for (ApiToken opened : store.sessionsOpenedWith(sql, token.owner(), token.id())) end(sql, opened);
        return true;
    }

    /// Ends what has expired; see [SignInService] for the clock.
    ///
    /// @return how many
    int endExpired() {
        Instant now = signIns.now();
        if (db.read(sql -> store.expired(sql, now, 1)).isEmpty()) return 0;
        return change(sql -> {
            int ended = 0;
            for (ApiToken token : store.expired(sql, now, LARGEST_PAGE)) {
                if (!store.endToken(sql, token.id(), now)) continue;
                Map<String, Object> what = Map.of("owner", token.owner(), "name", token.name());
                events.append(sql, "token.expired", "token:" + token.id(), what);
                ended++;
            }
            return ended;
        });
    }

    /// Gives a role or takes a right, on a place that the caller may manage; never more than the caller has
    /// there.
    public Grant grant(Subject subject, Grant.Place place, Grant.Rule rule) {
        requireManage(place);
        if (rule instanceof Grant.Rule.Allow(Role role)) {
            if (role == Role.ADMIN && !place.isEverywhere()) {
                throw INVALID_ARGUMENT.because(
                        "The role admin is granted on workspace:* only, got %s.", place.entity());
            }
            for (Right right : role.rights()) {
                if (isAllowed(right, place)) continue;
                throw PERMISSION_DENIED.because(
                        "Permission denied: '%s' has no right to %s %s, so cannot grant the role %s there.",
                        me(), right.name().toLowerCase(Locale.ROOT), place.entity(), role.word());
            }
        }
        return change(sql -> {
            requireSubject(sql, subject);
            List<Grant> known = store.grantsOf(sql, subject, 0, MOST_GRANTS);
            Optional<Grant> same = find(known, place, rule);
            if (same.isPresent()) return same.get();
            if (known.size() >= MOST_GRANTS) {
                throw INVALID_ARGUMENT.because(
                        "%s has %d grants, which is the most. Grant a role on the workspace instead.",
                        subject.urn(), MOST_GRANTS);
            }
            addGrant(sql, subject, place, rule);
            return find(store.grantsOf(sql, subject, 0, MOST_GRANTS + 1), place, rule)
                    .orElseThrow();
        });
    }

    private static Optional<Grant> find(List<Grant> grants, Grant.Place place, Grant.Rule rule) {
        return grants.stream()
                .filter(grant -> grant.place().equals(place) && grant.rule().equals(rule))
                .findFirst();
    }

    private void addGrant(Sql sql, Subject subject, Grant.Place place, Grant.Rule rule) {
        store.insertGrant(sql, subject, place, rule, now());
        events.append(sql, "grant.added", place.entity(), describe(subject, place, rule));
    }

    private static Map<String, Object> describe(Subject subject, Grant.Place place, Grant.Rule rule) {
        return Map.of("subject", subject.urn(), "workspace", place.workspace(), "rule", rule.word());
    }

    public Grant grant(long no) {
        Grant grant = db.read(sql -> store.grant(sql, no))
                .orElseThrow(() -> NOT_FOUND.because("There is no grant %d that you may see.", no));
        requireManage(grant.place());
        return grant;
    }

    public void removeGrant(long no) {
        RequestContext asker = RequestContext.current();
        change(sql -> {
            Grant grant = store.grant(sql, no)
                    .filter(found ->
                            isAllowed(Right.MANAGE, found.place()) || asker.allows(Right.ADMIN, EVERYWHERE.entity()))
                    .orElseThrow(() -> NOT_FOUND.because("There is no grant %d that you may remove.", no));
            keepingAnAdministrator(sql, () -> store.deleteGrant(sql, no));
            events.append(
                    sql,
                    "grant.removed",
                    grant.place().entity(),
                    describe(grant.subject(), grant.place(), grant.rule()));
            return 0;
        });
    }

    /// Somebody's grants, without those of their groups; a group's for its members too.
    public List<Grant> grantsOf(Subject subject, long after, int limit) {
        return db.read(sql -> {
            boolean own = subject.kind() == Subject.Kind.GROUP
                    ? store.groupsOf(sql, me()).contains(subject.name())
                    : isSelf(subject.name());
            if (!own) requireAdministrator();
            return store.grantsOf(sql, subject, after, limit);
        });
    }

    /// Everybody's, in every workspace.
    List<Grant> grants(long after, int limit) {
        requireAdministrator();
        return db.read(sql -> store.grants(sql, after, limit));
    }

    /// Of a group, for its members too.
    public List<Grant> grantsOfGroup(Group group) {
        return db.read(sql -> {
            if (!store.groupsOf(sql, me()).contains(group.name())) requireAdministrator();
            return store.grantsOf(sql, group.subject(), 0, MOST_GRANTS);
        });
    }

    /// Somebody's own grants and denials at one place.
    public List<Grant> grantsAt(Subject subject, Grant.Place place) {
        requireManage(place);
        return db.read(sql -> {
            requireSubject(sql, subject);
            return store.grantsOf(sql, subject, 0, MOST_GRANTS).stream()
                    .filter(grant -> grant.place().equals(place))
                    .toList();
        });
    }

    public List<Grant> grantsOn(Grant.Place place, long after, int limit) {
        requireManage(place);
        return db.read(sql -> store.grantsOn(sql, place, after, limit));
    }

    /// What somebody may do, as the next request of theirs would find it.
    ///
    /// @param parents as in [io.millwright.kernel.Access#allows]
    public boolean mayDo(String principal, Right right, Grant.Place place, List<String> parents) {
        if (!isSelf(principal)) requireManage(place);
        return db.read(sql -> {
            requireAccount(sql, principal);
            return GrantedAccess.of(store.grantsFor(sql, principal), null)
                    .allows(right, place.workspace(), place.entity(), parents);
        });
    }

    /// What somebody may do to an entity, as the next request of theirs would find it, and which grants say so. Of
    /// oneself, or of anybody for an administrator.
    Explanation explain(String principal, Grant.Place place, Parents parents) {
        RequestContext asking = RequestContext.current();
        boolean administers = asking.allows(Right.ADMIN, EVERYWHERE.entity());
        if (!isSelf(principal)) requireAdministrator();
        // An administrator may explain also what is hidden from them.
        RequestContext knowing = administers
                ? new RequestContext(asking.requestId(), Principal.SYSTEM, place.workspace())
                : asking.in(place.workspace());
        List<String> above =
                knowing.call(() -> Stream.concat(Stream.of(parents(place)), parents.of(place.entity()).stream())
                        .toList());
        return db.read(sql -> Explanation.of(
                requireAccount(sql, principal).subject(),
                store.groupsOf(sql, principal),
                store.grantsFor(sql, principal),
                place,
                above));
    }

    private void requireManage(Grant.Place place) {
        if (isAllowed(Right.MANAGE, place)) return;
        RequestContext context = RequestContext.current();
        // An administrator undoes also what denies it something.
        if (!context.allows(Right.ADMIN, EVERYWHERE.entity())) {
            context.in(place.workspace()).require(Right.MANAGE, place.entity(), parents(place));
        }
    }

    private static boolean isAllowed(Right right, Grant.Place place) {
        return RequestContext.current().in(place.workspace()).allows(right, place.entity(), parents(place));
    }

    private static String[] parents(Grant.Place place) {
        String prefix = "model-version:";
        int slash = place.entity().lastIndexOf('/');
        return place.entity().startsWith(prefix) && slash > 0
                ? new String[] {"model:" + place.entity().substring(prefix.length(), slash)}
                : new String[0];
    }

    private void requireSubject(Sql sql, Subject subject) {
        if (subject.kind() == Subject.Kind.GROUP) {
            requireGroup(sql, subject.name());
        } else if (!requireAccount(sql, subject.name()).subject().equals(subject)) {
            throw NOT_FOUND.because("There is no %s.", subject.urn());
        }
    }

    private Account requireAccount(Sql sql, String name) {
        return store.account(sql, name).orElseThrow(() -> NOT_FOUND.because("User with username=%s not found", name));
    }

    private Group requireGroup(Sql sql, long no) {
        return store.group(sql, no).orElseThrow(() -> NOT_FOUND.because("Role with id=%d not found", no));
    }

    private Group requireGroup(Sql sql, String name) {
        return store.group(sql, name).orElseThrow(() -> NOT_FOUND.because("There is no group '%s'.", name));
    }

    /// Where there is an administrator, one must be left.
    private void keepingAnAdministrator(Sql sql, Runnable change) {
        boolean had = store.hasAdministrator(sql);
        change.run();
        if (had && !store.hasAdministrator(sql)) {
            throw WRONG_STATE.because("Nobody would be administrator after this. Grant the role to another first.");
        }
    }

    private static void requireAdministrator() {
        RequestContext.current().require(Right.ADMIN, EVERYWHERE.entity());
    }

    private static void requireUncapped(String what) {
        RequestContext context = RequestContext.current();
        if (context.access() instanceof GrantedAccess granted && granted.isCapped()) {
            throw PERMISSION_DENIED.because(
                    "Permission denied: a token with a scope cannot %s. Use a token without one, or a password.", what);
        }
    }

    private static boolean isSelf(String name) {
        return me().equals(name);
    }

    private static String me() {
        return RequestContext.current().principal().name();
    }

    /// One transaction; once it is committed, everybody's next request sees what it changed.
    private <T> T change(Function<Sql, T> body) {
        T result = db.tx(sql -> {
            store.noteChange(sql, now());
            return body.apply(sql);
        });
        signIns.forgetAll();
        return result;
    }

    private Instant now() {
        return signIns.now().truncatedTo(ChronoUnit.MILLIS);
    }
}
