package io.millwright.ledger;

import java.util.Optional;

/// The SQL of subscribers: how far each has come, and which process reads for it now.
final class CursorStore {
    /// The last place that was finished.
    record Cursor(long block, int position) {}

    /// Takes or renews the lease on a subscriber's cursor; empty while another process holds it.
    Optional<Cursor> hold(Sql sql, String subscriber, String holder, long now, long until) {
        sql.update(
                "insert into ledger_cursors (subscriber, block, position, holder, held_until) values (?, 0, -1, '', 0)"
                        + " on conflict (subscriber) do nothing",
                subscriber);
        int held = sql.update(
                "update ledger_cursors set holder = ?, held_until = ?"
                        + " where subscriber = ? and (holder = ? or held_until < ?)",
                holder,
                until,
                subscriber,
                holder,
                now);
        if (held == 0) return Optional.empty();
        return sql
                .query(
                        "select block, position from ledger_cursors where subscriber = ?",
                        row -> new Cursor(row.getLong(1), row.getInt(2)),
                        subscriber)
                .stream()
                .findFirst();
    }

    /// Moves the cursor and renews the lease, unless it was lost meanwhile; whether it moved.
    boolean advance(Sql sql, String subscriber, String holder, Cursor to, long until) {
        return sql.update(
                        "update ledger_cursors set block = ?, position = ?, held_until = ?"
                                + " where subscriber = ? and holder = ?",
                        to.block(),
                        to.position(),
                        until,
                        subscriber,
                        holder)
                == 1;
    }

    void releaseAll(Sql sql) {
        sql.update("update ledger_cursors set holder = '', held_until = 0 where held_until <> 0");
    }

    void release(Sql sql, String subscriber, String holder) {
        sql.update(
                "update ledger_cursors set holder = '', held_until = 0 where subscriber = ? and holder = ?",
                subscriber,
                holder);
    }
}
