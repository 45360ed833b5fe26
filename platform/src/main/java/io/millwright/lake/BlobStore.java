package io.millwright.lake;

import io.millwright.ledger.Sql;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// The SQL of what lies in the store. The row is what makes uploads of the same content and the sweep agree: each of
/// their steps changes or locks it.
final class BlobStore {
    /// Makes sure the content has a row, and that no sweep takes it before `until`. Returns the key under which the
    /// content is or will be: that of the row if there is one, else the new one.
    String claim(Sql sql, String newKey, String sha256, long sizeBytes, Lease lease, Instant now) {
        return sql.query(
                        "insert into artifact_blobs (key, sha256, size_bytes, placed, lease, lease_until, created_at) values (?, ?, ?, 0, ?, ?, ?)"
                                + " on conflict (sha256) do update set lease = excluded.lease, lease_until = excluded.lease_until returning key",
                        row -> row.getString(1),
                        newKey, sha256, sizeBytes, lease.id(), lease.until().toEpochMilli(), now.toEpochMilli())
                .getFirst();
    }

    /// Takes a key for content that goes there without a known hash.
    int reserve(Sql sql, Blob blob, Lease lease, Instant now) {
        return sql.update(
                "insert into artifact_blobs (key, etag, size_bytes, placed, lease, lease_until, created_at) values (?, ?, ?, 0, ?, ?, ?)",
                blob.key(), blob.etag().orElse(null), blob.sizeBytes(), lease.id(), lease.until().toEpochMilli(), now.toEpochMilli());
    }

    /// Ends the claim because a row in artifacts stands now, in the same transaction. False when the lease ran out and
    /// the content was swept.
    boolean settle(Sql sql, String key, String lease) {
        // A later claim's lease is that upload's to end.
        return 1 == sql.update(
                "update artifact_blobs set placed = 1, lease_until = case when lease = ? then 0 else lease_until end where key = ?",
                lease, key);
    }

    /// Registers content that went to the store by itself.
    void insertPlaced(Sql sql, Blob blob, Instant now) {
        sql.update(
                "insert into artifact_blobs (key, sha256, etag, size_bytes, placed, lease, lease_until, created_at) values (?, ?, ?, ?, 1, '', 0, ?)",
                blob.key(), blob.sha256().orElse(null), blob.etag().orElse(null), blob.sizeBytes(), now.toEpochMilli());
    }

    /// Keys nobody refers to and nobody is about to, past the given one, in order.
    List<Blob> orphans(Sql sql, Instant now, String after, int limit) {
        return sql.query(
                "select key, sha256, etag, size_bytes from artifact_blobs b where key > ? and lease_until < ?"
                        + " and not exists (select 1 from artifacts a where a.blob = b.key) order by key limit " + limit,
                row -> new Blob(row.getString(1), Optional.ofNullable(row.getString(2)), Optional.ofNullable(row.getString(3)), row.getLong(4)),
                after, now.toEpochMilli());
    }

    /// Removes the row if nobody refers to it. Once this commits, nobody ever will.
    boolean removeOrphan(Sql sql, String key, Instant now) {
        // Two statements: on PostgreSQL the second one sees the uploads that the first one waited for.
        if (sql.isPostgres()) sql.query("select 1 from artifact_blobs where key = ? for update", row -> 1, key);
        return 1 == sql.update(
                "delete from artifact_blobs where key = ? and lease_until < ? and not exists (select 1 from artifacts a where a.blob = artifact_blobs.key)",
                key, now.toEpochMilli());
    }

    /// Those of the keys that have a row here, or an upload that may still come to one.
    List<String> known(Sql sql, List<String> keys) {
        if (keys.isEmpty()) return List.of();
        String marks = String.join(", ", Collections.nCopies(keys.size(), "?"));
        List<Object> values = new ArrayList<>(keys);
        values.addAll(keys);
        return sql.query(
                "select key from artifact_blobs where key in (" + marks + ") union all select key from artifact_uploads where completed_at is null and key in (" + marks + ")",
                row -> row.getString(1),
                values.toArray());
    }

    /// What an upload holds while it has no row of its own.
    record Lease(String id, Instant until) {}
}
