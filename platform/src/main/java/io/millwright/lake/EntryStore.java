package io.millwright.lake;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// The SQL of what clients see: files and directories, each a row under its directory.
///
/// A directory's row stands as long as something is below it. On PostgreSQL a writer holds a share lock on the
/// row of the directory it writes into, so that nobody removes it meanwhile; on SQLite there is one writer.
final class EntryStore {
    private static final String RANGE_BELOW = "select blob, size_bytes from artifacts where workspace = ?"
            + " and directory >= ? and directory < ? and blob is not null";
    /// Contents below a directory, each once: how many files there have it, and how many anywhere.
    private static final String CONTENTS_BELOW = "with below as (" + RANGE_BELOW + " union all " + RANGE_BELOW + "),"
            + " counted as (select blob, count(*) as n, max(size_bytes) as size_bytes from below group by blob),"
            + " contents as (select blob, n, size_bytes, (select count(*) from artifacts a where a.blob = counted.blob)"
            + " as everywhere from counted) ";

    /// A file or a directory.
    ///
    /// @param blob absent for a directory
    record Entry(Optional<Blob> blob, long sizeBytes, Instant storedAt) {
        boolean directory() {
            return blob.isEmpty();
        }
    }

    /// What a tree held when it was removed.
    ///
    /// @param rows files and directories
    record Removed(long rows, long files, long bytes) {
        Removed plus(Removed other) {
            return new Removed(rows + other.rows, files + other.files, bytes + other.bytes);
        }
    }

    Optional<Entry> find(Sql sql, String workspace, ArtifactPath path) {
        return sql
                .query(
                        "select a.blob, b.sha256, b.etag, a.size_bytes, a.stored_at from artifacts a left join"
                                + " artifact_blobs b on b.key = a.blob where a.workspace = ? and a.directory = ? and"
                                + " a.name = ?",
                        EntryStore::readEntry,
                        workspace,
                        path.parent().value(),
                        path.name())
                .stream()
                .findFirst();
    }

    List<ArtifactInfo> children(Sql sql, String workspace, ArtifactPath directory) {
        return sql.query(
                "select name, blob is null, size_bytes from artifacts where workspace = ? and directory = ? order by"
                        + " name",
                row -> new ArtifactInfo(row.getString(1), row.getBoolean(2), row.getLong(3)),
                workspace,
                directory.value());
    }

    boolean hasChildren(Sql sql, String workspace, ArtifactPath directory) {
        return !sql.query(
                        "select 1 from artifacts where workspace = ? and directory = ? limit 1",
                        row -> 1,
                        workspace,
                        directory.value())
                .isEmpty();
    }

    /// Makes sure the directory and all above it have their rows, and keeps the directory from being removed
    /// until the transaction ends. False when one of them is a file.
    boolean ensureDirectory(Sql sql, String workspace, ArtifactPath directory, Instant now) {
        if (directory.isRoot()) return true;
        while (true) {
            Optional<Boolean> isDirectory = lockShared(sql, workspace, directory);
            if (isDirectory.isPresent()) return isDirectory.get();
            if (!ensureDirectory(sql, workspace, directory.parent(), now)) return false;
            int inserted = sql.update(
                    "insert into artifacts (workspace, directory, name, blob, size_bytes, stored_at) values (?, ?, ?,"
                            + " null, 0, ?) on conflict do nothing",
                    workspace,
                    directory.parent().value(),
                    directory.name(),
                    now.toEpochMilli());
            if (inserted == 1) return true;
            // Another transaction made it first; it may also have been removed since.
        }
    }

    private Optional<Boolean> lockShared(Sql sql, String workspace, ArtifactPath directory) {
        String lock = sql.isPostgres() ? " for key share" : "";
        return sql
                .query(
                        "select blob is null from artifacts where workspace = ? and directory = ? and name = ?" + lock,
                        row -> row.getBoolean(1),
                        workspace,
                        directory.parent().value(),
                        directory.name())
                .stream()
                .findFirst();
    }

    /// Makes the path name this content. False when it is a directory.
    boolean put(Sql sql, String workspace, ArtifactPath path, Blob blob, Instant now) {
        return 1
                == sql.update(
                        "insert into artifacts (workspace, directory, name, blob, size_bytes, stored_at) values (?, ?,"
                                + " ?, ?, ?, ?) on conflict (workspace, directory, name) do update set blob ="
                                + " excluded.blob, size_bytes = excluded.size_bytes, stored_at = excluded.stored_at where"
                                + " artifacts.blob is not null",
                        workspace,
                        path.parent().value(),
                        path.name(),
                        blob.key(),
                        blob.sizeBytes(),
                        now.toEpochMilli());
    }

    /// Removes one row; false when there was none.
    boolean remove(Sql sql, String workspace, ArtifactPath path) {
        return 1
                == sql.update(
                        "delete from artifacts where workspace = ? and directory = ? and name = ?",
                        workspace,
                        path.parent().value(),
                        path.name());
    }

    /// Removes everything below a directory, and the directory.
    Removed removeTree(Sql sql, String workspace, ArtifactPath directory) {
        lockExclusive(sql, workspace, directory);
        Removed removed = new Removed(0, 0, 0);
        while (true) {
            Removed more = removeBelow(sql, workspace, directory);
            removed = removed.plus(more);
            // A writer deeper down that was waited for has left rows which the statement before could not see.
            if (more.rows() == 0 || !sql.isPostgres()) break;
        }
        remove(sql, workspace, directory);
        return removed;
    }

    private static Removed removeBelow(Sql sql, String workspace, ArtifactPath directory) {
        long[] sums = new long[3];
        for (Range range : Range.below(directory)) {
            sql.scan(
                    "delete from artifacts where workspace = ? and directory >= ? and directory < ? returning blob is"
                            + " null, size_bytes",
                    row -> {
                        sums[0]++;
                        if (!row.getBoolean(1)) sums[1]++;
                        sums[2] += row.getLong(2);
                    },
                    workspace,
                    range.from(),
                    range.to());
        }
        return new Removed(sums[0], sums[1], sums[2]);
    }

    /// Waits for whoever is writing into this directory, and lets nobody begin.
    private static void lockExclusive(Sql sql, String workspace, ArtifactPath directory) {
        if (!sql.isPostgres()) return;
        sql.query(
                "select 1 from artifacts where workspace = ? and directory = ? and name = ? for update",
                row -> 1,
                workspace,
                directory.parent().value(),
                directory.name());
    }

    /// Removes a directory's row if nothing is left in it; whether it did.
    boolean removeIfEmpty(Sql sql, String workspace, ArtifactPath directory) {
        lockExclusive(sql, workspace, directory);
        return !hasChildren(sql, workspace, directory) && remove(sql, workspace, directory);
    }

    private static Object[] below(String workspace, ArtifactPath directory) {
        List<Range> ranges = Range.below(directory);
        return new Object[] {
            workspace,
            ranges.get(0).from(),
            ranges.get(0).to(),
            workspace,
            ranges.get(1).from(),
            ranges.get(1).to()
        };
    }

    /// Sums up what lies below a directory.
    SpaceReport spaceBelow(Sql sql, String workspace, ArtifactPath directory) {
        return sql.query(
                        CONTENTS_BELOW + "select coalesce(sum(n), 0), coalesce(sum(n * size_bytes), 0),"
                                + " coalesce(sum(case when n = everywhere then size_bytes else 0 end), 0) from contents",
                        row -> new SpaceReport(row.getLong(1), row.getLong(2), row.getLong(3)),
                        below(workspace, directory))
                .getFirst();
    }

    /// A content that files elsewhere have too.
    record Shared(String blob, long here, long everywhere, long sizeBytes) {}

    List<Shared> sharedBelow(Sql sql, String workspace, ArtifactPath directory) {
        return sql.query(
                CONTENTS_BELOW + "select blob, n, everywhere, size_bytes from contents where n < everywhere",
                row -> new Shared(row.getString(1), row.getLong(2), row.getLong(3), row.getLong(4)),
                below(workspace, directory));
    }

    long references(Sql sql, String key) {
        return sql.query("select count(*) from artifacts where blob = ?", row -> row.getLong(1), key)
                .getFirst();
    }

    /// The values of `directory` from one up to, without, another.
    private record Range(String from, String to) {
        /// The directory's own children, and those of all directories below it. The root is above everything.
        static List<Range> below(ArtifactPath directory) {
            String path = directory.value();
            if (directory.isRoot()) return List.of(new Range("", "\u0001"), new Range("\u0001", LAST));
            return List.of(new Range(path, path + "\u0001"), new Range(path + "/", path + "0"));
        }

        private static final String LAST = "\udbff\udfff"; // U+10FFFF
    }

    private static Entry readEntry(ResultSet row) throws SQLException {
        Optional<String> key = Optional.ofNullable(row.getString(1));
        Optional<String> sha256 = Optional.ofNullable(row.getString(2));
        Optional<String> etag = Optional.ofNullable(row.getString(3));
        long size = row.getLong(4);
        return new Entry(key.map(k -> new Blob(k, sha256, etag, size)), size, Instant.ofEpochMilli(row.getLong(5)));
    }
}
