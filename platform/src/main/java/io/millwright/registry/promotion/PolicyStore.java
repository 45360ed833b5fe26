package io.millwright.registry.promotion;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// The SQL of policies and their versions.
final class PolicyStore {
    private static final String SELECT =
            "select name, version, current, document, sha256, applied_by, applied_at from promotion_policies"
                    + " where workspace = ?";

    private static PolicyVersion read(ResultSet row) throws SQLException {
        return new PolicyVersion(
                row.getString(1),
                row.getLong(2),
                row.getInt(3) == 1,
                row.getString(4),
                row.getString(5),
                row.getString(6),
                Instant.ofEpochMilli(row.getLong(7)));
    }

    /// All in force, by name.
    List<PolicyVersion> current(Sql sql, String workspace) {
        return sql.query(SELECT + " and current = 1 order by name", PolicyStore::read, workspace);
    }

    Optional<PolicyVersion> current(Sql sql, String workspace, String name) {
        return sql.query(SELECT + " and current = 1 and name = ?", PolicyStore::read, workspace, name).stream()
                .findFirst();
    }

    Optional<PolicyVersion> version(Sql sql, String workspace, String name, long version) {
        return sql.query(SELECT + " and name = ? and version = ?", PolicyStore::read, workspace, name, version).stream()
                .findFirst();
    }

    /// The next versions below a number, newest first.
    List<PolicyVersion> versionsBefore(Sql sql, String workspace, String name, long before, int most) {
        return sql.query(
                SELECT + " and name = ? and version < ? order by version desc limit ?",
                PolicyStore::read,
                workspace,
                name,
                before,
                most);
    }

    long lastVersion(Sql sql, String workspace, String name) {
        return sql.query(
                        "select coalesce(max(version), 0) from promotion_policies where workspace = ? and name = ?",
                        row -> row.getLong(1),
                        workspace,
                        name)
                .getFirst();
    }

    void withdraw(Sql sql, String workspace, String name) {
        sql.update(
                "update promotion_policies set current = 0 where workspace = ? and name = ? and current = 1",
                workspace,
                name);
    }

    void insert(Sql sql, String workspace, PolicyVersion version) {
        sql.update(
                "insert into promotion_policies (workspace, name, version, current, document, sha256, applied_by,"
                        + " applied_at) values (?, ?, ?, 1, ?, ?, ?, ?)",
                workspace,
                version.name(),
                version.number(),
                version.document(),
                version.sha256(),
                version.appliedBy(),
                version.appliedAt().toEpochMilli());
    }
}
