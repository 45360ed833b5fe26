package io.millwright.lake;

import io.millwright.ledger.Sql;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// The SQL of what lies in the store. The row is what makes uploads of the same content and the sweep agree:
/// each of their steps changes or locks it.
final class BlobStore {
    private static final String ONE_CLAIM_LESS =
            "claimed_until = case when claims <= 1 then 0 else claimed_until end, claims = case when claims <= 1 then"
                    + " 0 else claims - 1 end";

    /// Makes sure the content has a row, and that no sweep takes it before `until`. Answers with the key under
    /// which the content is or will be: that of the row if there is one, else the new one.
    Claim claim(Sql sql, String newKey, String sha256, long sizeBytes, Instant now, Instant until) {
        return sql.query(
                        "insert into artifact_blobs (key, sha256, size_bytes, placed, claims, claimed_until,"
                                + " created_at) values (?, ?, ?, 0, 1, ?, ?) on conflict (sha256) do update set"
                                // Claims that ran out belonged to processes that died.
                                + " claims = case when artifact_blobs.claimed_until < ? then 1 else"
                                + " artifact_blobs.claims + 1 end, claimed_until = excluded.claimed_until returning"
                                + " key, placed",
                        row -> new Claim(row.getString(1), row.getInt(2) == 1),
                        newKey,
                        sha256,
                        sizeBytes,
                        until.toEpochMilli(),
                        now.toEpochMilli(),
                        now.toEpochMilli())
                .getFirst();
    }

    /// Claims a new key for content that goes there without a known hash.
    int reserve(Sql sql, Blob blob, Instant now, Instant until) {
        return sql.update(
                "insert into artifact_blobs (key, etag, size_bytes, placed, claims, claimed_until, created_at) values"
                        + " (?, ?, ?, 0, 1, ?, ?)",
                blob.key(),
                blob.etag().orElse(null),
                blob.sizeBytes(),
                until.toEpochMilli(),
                now.toEpochMilli());
    }

    /// Ends a claim because a row in artifacts stands now, in the same transaction. False when the claim ran out
    /// and the content was swept.
    boolean settle(Sql sql, String key) {
        return 1 == sql.update("update artifact_blobs set placed = 1, " + ONE_CLAIM_LESS + " where key = ?", key);
    }

    /// Ends a claim that came to nothing.
    boolean release(Sql sql, String key) {
        return 1 == sql.update("update artifact_blobs set " + ONE_CLAIM_LESS + " where key = ?", key);
    }

    /// Registers content that went to the store by itself.
    void insertPlaced(Sql sql, Blob blob, Instant now) {
        sql.update(
                "insert into artifact_blobs (key, sha256, etag, size_bytes, placed, claims, claimed_until, created_at)"
                        + " values (?, ?, ?, ?, 1, 0, 0, ?)",
                blob.key(),
                blob.sha256().orElse(null),
                blob.etag().orElse(null),
                blob.sizeBytes(),
                now.toEpochMilli());
    }

    /// Keys nobody refers to and nobody is about to, past the given one, in order.
    List<Blob> orphans(Sql sql, Instant now, String after, int limit) {
        return sql.query(
                "select key, sha256, etag, size_bytes from artifact_blobs b where key > ? and claimed_until < ?"
                        + " and not exists (select 1 from artifacts a where a.blob = b.key) order by key limit "
                        + limit,
                row -> new Blob(
                        row.getString(1),
                        Optional.ofNullable(row.getString(2)),
                        Optional.ofNullable(row.getString(3)),
                        row.getLong(4)),
                after,
                now.toEpochMilli());
    }

    /// Removes the row if nobody refers to it. Once this commits, nobody ever will.
    boolean removeOrphan(Sql sql, String key, Instant now) {
        // Two statements: on PostgreSQL the second one sees the uploads that the first one waited for.
        if (sql.isPostgres()) sql.query("select 1 from artifact_blobs where key = ? for update", row -> 1, key);
        return 1
                == sql.update(
                        "delete from artifact_blobs where key = ? and claimed_until < ? and not exists (select 1 from"
                                + " artifacts a where a.blob = artifact_blobs.key)",
                        key,
                        now.toEpochMilli());
    }

    /// Those of the keys that have a row here, or an upload that may still come to one.
    List<String> known(Sql sql, List<String> keys) {
        if (keys.isEmpty()) return List.of();
        String marks = String.join(", ", Collections.nCopies(keys.size(), "?"));
        List<Object> values = new ArrayList<>(keys);
        values.addAll(keys);
        return sql.query(
                "select key from artifact_blobs where key in (" + marks
                        + ") union all select key from artifact_uploads where completed_at is null and key in (" + marks
                        + ")",
                row -> row.getString(1),
                values.toArray());
    }

    /// @param placed whether some upload has placed the content already
    record Claim(String key, boolean placed) {}
}
