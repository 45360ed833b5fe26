package io.millwright.governance;

import io.millwright.kernel.Right;
import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The SQL of accounts, groups, tokens and grants.
final class AccessStore {
    private static final String ACCOUNT = "no, kind, name, password is not null, created_at";
    private static final String GROUP = "no, name, workspace, description";
    private static final String TOKEN =
            "id, owner, name, scope, created_at, expires_at, last_used_at, opened_with, ended_at";
    private static final String GRANT = "no, subject_kind, subject, workspace, entity, role, denied, created_at";

    void insertAccount(Sql sql, Subject subject, @Nullable String password, Instant now) {
        sql.update(
                "insert into access_principals (name, kind, password, created_at) values (?, ?, ?, ?)",
                subject.name(),
                subject.kind().ordinal(),
                password,
                now.toEpochMilli());
    }

    Optional<Account> account(Sql sql, String name) {
        return sql
                .query("select " + ACCOUNT + " from access_principals where name = ?", AccessStore::readAccount, name)
                .stream()
                .findFirst();
    }

    List<Account> accounts(Sql sql, Subject.Kind kind, long after, int limit) {
        return sql.query(
                "select " + ACCOUNT + " from access_principals where no > ? and kind = ? order by no limit ?",
                AccessStore::readAccount,
                after,
                kind.ordinal(),
                limit);
    }

    /// What is told of accounts beside themselves, by name.
    ///
    /// @param after as [#accounts]
    /// @param last the number of the last one
    Map<String, AccountUse> uses(Sql sql, Subject.Kind kind, long after, long last) {
        Map<String, List<String>> groups = new HashMap<>();
        sql.query(
                        "select p.name, m.group_name from access_principals p join access_members m on m.member = p.name"
                                + " where p.no > ? and p.no <= ? and p.kind = ? order by p.name, m.group_name",
                        row -> Map.entry(row.getString(1), row.getString(2)),
                        after,
                        last,
                        kind.ordinal())
                .forEach(member -> groups.computeIfAbsent(member.getKey(), name -> new ArrayList<>())
                        .add(member.getValue()));
        return sql
                .query(
                        "select p.name, (select max(t.last_used_at) from access_tokens t where t.owner = p.name),"
                                + " exists (select 1 from access_identities i where i.principal = p.name)"
                                + " from access_principals p where p.no > ? and p.no <= ? and p.kind = ?",
                        row -> Map.entry(
                                row.getString(1),
                                new AccountUse(
                                        groups.getOrDefault(row.getString(1), List.of()),
                                        instant(row, 2),
                                        row.getBoolean(3))),
                        after,
                        last,
                        kind.ordinal())
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Account readAccount(ResultSet row) throws SQLException {
        return new Account(
                row.getLong(1),
                new Subject(Subject.Kind.values()[row.getInt(2)], row.getString(3)),
                row.getBoolean(4),
                Instant.ofEpochMilli(row.getLong(5)));
    }

    /// How a user's password is checked; empty when there is no such user, or none with a password.
    Optional<String> password(Sql sql, String name) {
        return sql
                .query(
                        "select password from access_principals where name = ? and password is not null",
                        row -> row.getString(1),
                        name)
                .stream()
                .findFirst();
    }

    void setPassword(Sql sql, String name, String password) {
        sql.update("update access_principals set password = ? where name = ?", password, name);
    }

    /// The user that an identity provider's subject is here.
    Optional<String> principalOf(Sql sql, String issuer, String subject) {
        return sql
                .query(
                        "select principal from access_identities where issuer = ? and subject = ?",
                        row -> row.getString(1),
                        issuer,
                        subject)
                .stream()
                .findFirst();
    }

    void insertIdentity(Sql sql, String issuer, String subject, String principal) {
        sql.update(
                "insert into access_identities (issuer, subject, principal) values (?, ?, ?)",
                issuer,
                subject,
                principal);
    }

    /// Whether an identity provider says who this user is.
    boolean hasIdentity(Sql sql, String principal) {
        return !sql.query("select 1 from access_identities where principal = ?", row -> 1, principal)
                .isEmpty();
    }

    /// With memberships, grants and what identity providers call it; the tokens' rows stay, ended.
    void deleteAccount(Sql sql, Subject subject, Instant now) {
        sql.update("delete from access_identities where principal = ?", subject.name());
        sql.update("delete from access_members where member = ?", subject.name());
        deleteGrantsOf(sql, subject);
        sql.update(
                "update access_tokens set ended_at = ? where owner = ? and ended_at is null",
                now.toEpochMilli(),
                subject.name());
        sql.update("delete from access_principals where name = ?", subject.name());
    }

    void insertGroup(Sql sql, String name, String workspace, String description, Instant now) {
        sql.update(
                "insert into access_groups (name, workspace, description, created_at) values (?, ?, ?, ?)",
                name,
                workspace,
                description,
                now.toEpochMilli());
    }

    Optional<Group> group(Sql sql, String name) {
        return sql
                .query("select " + GROUP + " from access_groups where name = ?", AccessStore::readGroup, name)
                .stream()
                .findFirst();
    }

    Optional<Group> group(Sql sql, long no) {
        return sql.query("select " + GROUP + " from access_groups where no = ?", AccessStore::readGroup, no).stream()
                .findFirst();
    }

    List<Group> groups(Sql sql, long after, int limit) {
        return sql.query(
                "select " + GROUP + " from access_groups where no > ? order by no limit ?",
                AccessStore::readGroup,
                after,
                limit);
    }

    /// How many members each of a page of groups has, by name.
    Map<String, Integer> memberCounts(Sql sql, long after, long last) {
        return sql
                .query(
                        "select g.name, count(m.member) from access_groups g left join access_members m"
                                + " on m.group_name = g.name where g.no > ? and g.no <= ? group by g.name",
                        row -> Map.entry(row.getString(1), row.getInt(2)),
                        after,
                        last)
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Group readGroup(ResultSet row) throws SQLException {
        return new Group(row.getLong(1), row.getString(2), row.getString(3), row.getString(4));
    }

    /// With its members and grants.
    void renameGroup(Sql sql, String from, String to, String description) {
        sql.update("update access_groups set name = ?, description = ? where name = ?", to, description, from);
        if (from.equals(to)) return;
        sql.update("update access_members set group_name = ? where group_name = ?", to, from);
        sql.update("update access_grants set subject = ? where subject = ? and subject_kind = 2", to, from);
    }

    void deleteGroup(Sql sql, String name) {
        sql.update("delete from access_members where group_name = ?", name);
        deleteGrantsOf(sql, new Subject(Subject.Kind.GROUP, name));
        sql.update("delete from access_groups where name = ?", name);
    }

    /// @param byProvider whether an identity provider said so, which may then also end it
    /// @return false when it was one already
    boolean addMember(Sql sql, String group, String member, boolean byProvider) {
        return sql.update(
                        "insert into access_members (group_name, member, by_provider) values (?, ?, ?)"
                                + " on conflict do nothing",
                        group,
                        member,
                        byProvider ? 1 : 0)
                == 1;
    }

    void removeMember(Sql sql, String group, String member) {
        sql.update("delete from access_members where group_name = ? and member = ?", group, member);
    }

    List<String> members(Sql sql, String group, int limit) {
        return sql.query(
                "select member from access_members where group_name = ? order by member limit ?",
                row -> row.getString(1),
                group,
                limit);
    }

    List<String> groupsOf(Sql sql, String member) {
        return sql.query(
                "select group_name from access_members where member = ? order by group_name",
                row -> row.getString(1),
                member);
    }

    /// Those that an identity provider put the member into.
    List<String> groupsByProvider(Sql sql, String member) {
        return sql.query(
                "select group_name from access_members where member = ? and by_provider = 1 order by group_name",
                row -> row.getString(1),
                member);
    }

    void insertToken(Sql sql, ApiToken token, String digest) {
        sql.update(
                "insert into access_tokens (id, owner, name, digest, scope, created_at, expires_at, opened_with)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?)",
                token.id(),
                token.owner(),
                token.name(),
                digest,
                token.scope() == null ? null : token.scope().name(),
                token.createdAt().toEpochMilli(),
                token.expiresAt() == null ? null : token.expiresAt().toEpochMilli(),
                token.openedWith());
    }

    Optional<ApiToken> tokenOf(Sql sql, String digest) {
        return sql
                .query("select " + TOKEN + " from access_tokens where digest = ?", AccessStore::readToken, digest)
                .stream()
                .findFirst();
    }

    Optional<ApiToken> token(Sql sql, String id) {
        return sql.query("select " + TOKEN + " from access_tokens where id = ?", AccessStore::readToken, id).stream()
                .findFirst();
    }

    /// The tokens of an owner that still count, the oldest first.
    List<ApiToken> tokensOf(Sql sql, String owner, int limit) {
        return sql.query(
                "select " + TOKEN + " from access_tokens where owner = ? and ended_at is null order by no limit ?",
                AccessStore::readToken,
                owner,
                limit);
    }

    /// The tokens of everybody that still count, in the order of their ids.
    List<ApiToken> tokens(Sql sql, String after, int limit) {
        return sql.query(
                "select " + TOKEN + " from access_tokens where id > ? and ended_at is null order by id limit ?",
                AccessStore::readToken,
                after,
                limit);
    }

    /// Whether a token still counts. Its row and its owner's are written, so that of this and its end, or the end of
    /// its owner, one comes after the other also on PostgreSQL.
    boolean claim(Sql sql, ApiToken token) {
        return sql.update("update access_tokens set name = name where id = ? and ended_at is null", token.id()) == 1
                && sql.update("update access_principals set name = name where name = ?", token.owner()) == 1;
    }

    /// Whether a password is still kept so; the row is written, as in [#claim].
    boolean claimPassword(Sql sql, String name, String kept) {
        return sql.update(
                        "update access_principals set password = password where name = ? and password = ?", name, kept)
                == 1;
    }

    /// The sessions of an owner that still count and were opened with this.
    List<ApiToken> sessionsOpenedWith(Sql sql, String owner, String openedWith) {
        return sql.query(
                "select " + TOKEN + " from access_tokens where opened_with = ? and ended_at is null and owner = ?",
                AccessStore::readToken,
                openedWith,
                owner);
    }

    private static ApiToken readToken(ResultSet row) throws SQLException {
        String scope = row.getString(4);
        return new ApiToken(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                scope == null ? null : Role.valueOf(scope),
                Instant.ofEpochMilli(row.getLong(5)),
                instant(row, 6),
                instant(row, 7),
                row.getString(8),
                instant(row, 9));
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? null : Instant.ofEpochMilli(millis);
    }

    /// @return false when it had ended before
    boolean endToken(Sql sql, String id, Instant now) {
        return sql.update(
                        "update access_tokens set ended_at = ? where id = ? and ended_at is null",
                        now.toEpochMilli(),
                        id)
                == 1;
    }

    /// Those that have expired and are not ended yet.
    List<ApiToken> expired(Sql sql, Instant now, int limit) {
        return sql.query(
                "select " + TOKEN + " from access_tokens where ended_at is null and expires_at <= ? limit ?",
                AccessStore::readToken,
                now.toEpochMilli(),
                limit);
    }

    void used(Sql sql, String id, Instant now) {
        sql.update("update access_tokens set last_used_at = ? where id = ?", now.toEpochMilli(), id);
    }

    void insertGrant(Sql sql, Subject subject, Grant.Place place, Grant.Rule rule, Instant now) {
        sql.update(
                "insert into access_grants (subject_kind, subject, workspace, entity, role, denied, created_at)"
                        + " values (?, ?, ?, ?, ?, ?, ?)",
                subject.kind().ordinal(),
                subject.name(),
                place.workspace(),
                place.entity(),
                rule instanceof Grant.Rule.Allow(Role role) ? role.name() : null,
                rule instanceof Grant.Rule.Deny(Right right) ? right.name() : null,
                now.toEpochMilli());
    }

    Optional<Grant> grant(Sql sql, long no) {
        return sql.query("select " + GRANT + " from access_grants where no = ?", AccessStore::readGrant, no).stream()
                .findFirst();
    }

    void deleteGrant(Sql sql, long no) {
        sql.update("delete from access_grants where no = ?", no);
    }

    private static void deleteGrantsOf(Sql sql, Subject subject) {
        sql.update(
                "delete from access_grants where subject = ? and subject_kind = ?",
                subject.name(),
                subject.kind().ordinal());
    }

    List<Grant> grantsOf(Sql sql, Subject subject, long after, int limit) {
        return sql.query(
                "select " + GRANT + " from access_grants where subject = ? and subject_kind = ? and no > ?"
                        + " order by no limit ?",
                AccessStore::readGrant,
                subject.name(),
                subject.kind().ordinal(),
                after,
                limit);
    }

    List<Grant> grants(Sql sql, long after, int limit) {
        return sql.query(
                "select " + GRANT + " from access_grants where no > ? order by no limit ?",
                AccessStore::readGrant,
                after,
                limit);
    }

    List<Grant> grantsOn(Sql sql, Grant.Place place, long after, int limit) {
        return sql.query(
                "select " + GRANT + " from access_grants where workspace = ? and entity = ? and no > ?"
                        + " order by no limit ?",
                AccessStore::readGrant,
                place.workspace(),
                place.entity(),
                after,
                limit);
    }

    /// All that hold for somebody: their own and their groups'.
    List<Grant> grantsFor(Sql sql, String principal) {
        return sql.query(
                "select " + GRANT + " from access_grants where subject = ? and subject_kind in (0, 1)"
                        + " union all select g.no, g.subject_kind, g.subject, g.workspace, g.entity, g.role, g.denied,"
                        + " g.created_at from access_members m join access_grants g on g.subject = m.group_name"
                        + " and g.subject_kind = 2 where m.member = ?",
                AccessStore::readGrant,
                principal,
                principal);
    }

    private static Grant readGrant(ResultSet row) throws SQLException {
        String role = row.getString(6);
        return new Grant(
                row.getLong(1),
                new Subject(Subject.Kind.values()[row.getInt(2)], row.getString(3)),
                new Grant.Place(row.getString(4), row.getString(5)),
                role == null
                        ? new Grant.Rule.Deny(Right.valueOf(row.getString(7)))
                        : new Grant.Rule.Allow(Role.valueOf(role)),
                Instant.ofEpochMilli(row.getLong(8)));
    }

    /// Whether somebody is left who may undo everything.
    boolean hasAdministrator(Sql sql) {
        return !sql.query(
                        "select 1 from access_grants g where g.role = 'ADMIN' and ("
                                + "g.subject_kind < 2 and exists (select 1 from access_principals p where p.name = g.subject)"
                                + " or g.subject_kind = 2 and exists (select 1 from access_members m where m.group_name = g.subject))"
                                + " limit 1",
                        row -> 1)
                .isEmpty();
    }

    /// Grants on a model and on its versions follow it.
    ///
    /// @return how many there were
    int moveModel(Sql sql, String workspace, String from, String to) {
        int moved = sql.update(
                "update access_grants set entity = ? where workspace = ? and entity = ?",
                "model:" + to,
                workspace,
                "model:" + from);
        String prefix = "model-version:" + from + "/";
        return moved
                + sql.update(
                        "update access_grants set entity = ? || substr(entity, ?) where workspace = ?"
                                + " and entity >= ? and entity < ?",
                        "model-version:" + to + "/",
                        prefix.length() + 1,
                        workspace,
                        prefix,
                        "model-version:" + from + "0"); // '0' is the character after '/'.
    }

    /// @return how many there were
    int deleteModel(Sql sql, String workspace, String name) {
        return sql.update(
                "delete from access_grants where workspace = ? and (entity = ? or entity >= ? and entity < ?)",
                workspace,
                "model:" + name,
                "model-version:" + name + "/",
                "model-version:" + name + "0");
    }

    /// Grants on a thing follow it; what was granted on another that had the new name goes.
    ///
    /// @return how many there were
    int moveEntity(Sql sql, String workspace, String from, String to) {
        return deleteEntity(sql, workspace, to)
                + sql.update(
                        "update access_grants set entity = ? where workspace = ? and entity = ?", to, workspace, from);
    }

    /// @return how many there were
    int deleteEntity(Sql sql, String workspace, String urn) {
        return sql.update("delete from access_grants where workspace = ? and entity = ?", workspace, urn);
    }

    void noteChange(Sql sql, Instant now) {
        sql.update("insert into access_changes (at) values (?)", now.toEpochMilli());
    }

    /// Of what was noted: how many are kept, and the number of the newest. Commits may come out of order, so
    /// the newest alone would miss some.
    record Changes(long count, long newest) {}

    Changes changes(Sql sql) {
        return sql.query(
                        "select count(*), coalesce(max(seq), 0) from access_changes",
                        row -> new Changes(row.getLong(1), row.getLong(2)))
                .getFirst();
    }

    void forgetChanges(Sql sql, Instant before) {
        sql.update("delete from access_changes where at < ?", before.toEpochMilli());
    }
}
