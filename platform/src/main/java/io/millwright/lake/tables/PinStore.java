package io.millwright.lake.tables;

import io.millwright.ledger.Sql;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// The SQL of pins.
final class PinStore {
    private static final long WHOLE = 0;

    List<Pin> of(Sql sql, String table) {
        return sql.query(
                "select snapshot_id, kind, holder, reason, actor, created_at from lake_pins where table_id = ? order by"
                        + " snapshot_id, kind, holder",
                row -> new Pin(
                        Optional.of(row.getLong(1)).filter(id -> id != WHOLE),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        Instant.ofEpochMilli(row.getLong(6))),
                table);
    }

    /// False when there is one of this kind and holder already.
    boolean insert(Sql sql, String table, Pin pin) {
        return 1
                == sql.update(
                        "insert into lake_pins (table_id, snapshot_id, kind, holder, reason, actor, created_at) values (?, ?, ?,"
                                + " ?, ?, ?, ?) on conflict do nothing",
                        table,
                        pin.snapshotId().orElse(WHOLE),
                        pin.kind(),
                        pin.holder(),
                        pin.reason(),
                        pin.actor(),
                        pin.createdAt().toEpochMilli());
    }

    boolean remove(Sql sql, String table, Optional<Long> snapshot, String kind, String holder) {
        return 1
                == sql.update(
                        "delete from lake_pins where table_id = ? and snapshot_id = ? and kind = ? and holder = ?",
                        table,
                        snapshot.orElse(WHOLE),
                        kind,
                        holder);
    }

    /// Has what was pinned to one snapshot be pinned to another; legal holds stay where they are.
    void move(Sql sql, String table, long from, long to) {
        sql.update(
                "update lake_pins set snapshot_id = ? where table_id = ? and snapshot_id = ? and kind <> ?",
                to,
                table,
                from,
                Pin.LEGAL_HOLD);
    }

    void removeAll(Sql sql, String table) {
        sql.update("delete from lake_pins where table_id = ?", table);
    }
}
