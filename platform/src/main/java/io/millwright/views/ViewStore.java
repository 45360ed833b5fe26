package io.millwright.views;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// The SQL of views.
final class ViewStore {
    private static final String COLUMNS =
            "id, experiment, owner, name, state, shared, pinned, created_at, updated_at from saved_views";

    /// Those that somebody sees: pinned ones first, then by name.
    List<View> of(Sql sql, long experiment, String reader) {
        return sql.query(
                "select " + COLUMNS + " where experiment = ? and deleted_at is null and (shared = 1 or owner = ?)"
                        + " order by pinned desc, name, owner",
                ViewStore::read,
                experiment,
                reader);
    }

    Optional<View> find(Sql sql, long experiment, String id) {
        return first(sql.query(
                "select " + COLUMNS + " where id = ? and experiment = ? and deleted_at is null",
                ViewStore::read,
                id,
                experiment));
    }

    Optional<View> findDeleted(Sql sql, long experiment, String id) {
        return first(sql.query(
                "select " + COLUMNS + " where id = ? and experiment = ? and deleted_at is not null",
                ViewStore::read,
                id,
                experiment));
    }

    Optional<View> named(Sql sql, long experiment, String owner, String name) {
        return first(sql.query(
                "select " + COLUMNS + " where experiment = ? and owner = ? and name = ? and deleted_at is null",
                ViewStore::read,
                experiment,
                owner,
                name));
    }

    private static Optional<View> first(List<View> views) {
        return views.stream().findFirst();
    }

    int countShared(Sql sql, long experiment) {
        return sql.query(
                        "select count(*) from saved_views where experiment = ? and shared = 1 and deleted_at is null",
                        row -> row.getInt(1),
                        experiment)
                .getFirst();
    }

    int countPrivate(Sql sql, long experiment, String owner) {
        return sql.query(
                        "select count(*) from saved_views"
                                + " where experiment = ? and owner = ? and shared = 0 and deleted_at is null",
                        row -> row.getInt(1),
                        experiment,
                        owner)
                .getFirst();
    }

    void insert(Sql sql, View view) {
        sql.update(
                "insert into saved_views (id, experiment, owner, name, state, shared, pinned, created_at, updated_at)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                view.id(),
                view.experiment(),
                view.owner(),
                view.name(),
                view.state(),
                view.shared() ? 1 : 0,
                view.pinned() ? 1 : 0,
                view.createdAt().toEpochMilli(),
                view.updatedAt().toEpochMilli());
    }

    /// All that can change; one that was deleted is there again.
    void update(Sql sql, View view) {
        sql.update(
                "update saved_views set name = ?, state = ?, shared = ?, pinned = ?, updated_at = ?,"
                        + " deleted_at = null where id = ?",
                view.name(),
                view.state(),
                view.shared() ? 1 : 0,
                view.pinned() ? 1 : 0,
                view.updatedAt().toEpochMilli(),
                view.id());
    }

    void markDeleted(Sql sql, String id, Instant now) {
        sql.update("update saved_views set deleted_at = ? where id = ?", now.toEpochMilli(), id);
    }

    /// Takes away for good what was deleted before an instant, and of the rest all but the newest.
    void forgetDeleted(Sql sql, long experiment, Instant before, int kept) {
        sql.update(
                "delete from saved_views where experiment = ? and deleted_at is not null and (deleted_at < ?"
                        + " or id not in (select v.id from saved_views v where v.experiment = ?"
                        + " and v.deleted_at is not null order by v.deleted_at desc, v.id limit ?))",
                experiment,
                before.toEpochMilli(),
                experiment,
                kept);
    }

    void deleteAllOf(Sql sql, long experiment) {
        sql.update("delete from saved_views where experiment = ?", experiment);
    }

    /// What nobody else sees goes with its owner.
    void deletePrivateOf(Sql sql, String owner) {
        sql.update("delete from saved_views where owner = ? and (shared = 0 or deleted_at is not null)", owner);
    }

    private static View read(ResultSet row) throws SQLException {
        return new View(
                row.getString(1),
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getInt(6) == 1,
                row.getInt(7) == 1,
                Instant.ofEpochMilli(row.getLong(8)),
                Instant.ofEpochMilli(row.getLong(9)));
    }
}
