package io.millwright.lake;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The SQL of uploads that take more than one request.
final class UploadStore {
    private static final String SELECT =
            "select id, workspace, path, kind, parts, key, remote_id, created_at, completed_at from artifact_uploads";
    private static final String PENDING = " where kind = 'direct' and completed_at is null and workspace = ?";

    void insert(Sql sql, Upload upload) {
        sql.update(
                "insert into artifact_uploads (id, workspace, path, kind, parts, key, remote_id, created_at) values"
                        + " (?, ?, ?, ?, ?, ?, ?, ?)",
                upload.id(),
                upload.workspace(),
                upload.path().value(),
                upload.kind().word(),
                upload.parts(),
                upload.key().orElse(null),
                upload.remoteId().orElse(null),
                upload.createdAt().toEpochMilli());
    }

    void setRemoteId(Sql sql, String id, String remoteId) {
        sql.update("update artifact_uploads set remote_id = ? where id = ?", remoteId, id);
    }

    Optional<Upload> find(Sql sql, String id) {
        return sql.query(SELECT + " where id = ?", UploadStore::read, id).stream()
                .findFirst();
    }

    /// Presigned uploads of this very path, and of all paths below it.
    List<Upload> pendingBelow(Sql sql, String workspace, ArtifactPath path, int limit) {
        if (path.isRoot())
            return sql.query(SELECT + PENDING + " order by path limit " + limit, UploadStore::read, workspace);
        return sql.query(
                SELECT + PENDING
                        + " and path >= ? and path < ? and (path = ? or path >= ?) order by path, created_at limit "
                        + limit,
                UploadStore::read,
                workspace,
                path.value(),
                path.value() + "0",
                path.value(),
                path.value() + "/");
    }

    /// Marks it as done. False when it is gone or was done already.
    boolean complete(Sql sql, String id, Instant now) {
        return 1
                == sql.update(
                        "update artifact_uploads set completed_at = ? where id = ? and completed_at is null",
                        now.toEpochMilli(),
                        id);
    }

    /// Removes it with its parts unless it was completed; false when there was nothing to remove.
    boolean removeUnfinished(Sql sql, String id) {
        boolean removed = 1 == sql.update("delete from artifact_uploads where id = ? and completed_at is null", id);
        if (removed) removeParts(sql, id);
        return removed;
    }

    void removeParts(Sql sql, String id) {
        sql.update("delete from artifact_upload_parts where upload = ?", id);
    }

    void remove(Sql sql, String id) {
        removeParts(sql, id);
        sql.update("delete from artifact_uploads where id = ?", id);
    }

    List<Upload> olderThan(Sql sql, Instant before, int limit) {
        return sql.query(
                SELECT + " where created_at < ? order by created_at limit " + limit,
                UploadStore::read,
                before.toEpochMilli());
    }

    boolean isKnown(Sql sql, String id) {
        return !sql.query("select 1 from artifact_uploads where id = ?", row -> 1, id)
                .isEmpty();
    }

    boolean hasRemoteId(Sql sql, String remoteId) {
        return !sql.query("select 1 from artifact_uploads where remote_id = ?", row -> 1, remoteId)
                .isEmpty();
    }

    /// Keeps a part, in place of what came under its number before. False when the upload is gone or done.
    boolean putPart(Sql sql, String upload, Part part) {
        String lock = sql.isPostgres() ? " for key share" : "";
        if (sql.query("select 1 from artifact_uploads where id = ? and completed_at is null" + lock, row -> 1, upload)
                .isEmpty()) return false;
        sql.update(
                "insert into artifact_upload_parts (upload, number, sha256, size_bytes) values (?, ?, ?, ?) on"
                        + " conflict (upload, number) do update set sha256 = excluded.sha256, size_bytes ="
                        + " excluded.size_bytes",
                upload,
                part.number(),
                part.sha256(),
                part.sizeBytes());
        return true;
    }

    /// In the order of their numbers.
    List<Part> parts(Sql sql, String upload) {
        return sql.query(
                "select number, sha256, size_bytes from artifact_upload_parts where upload = ? order by number",
                row -> new Part(row.getInt(1), row.getString(2), row.getLong(3)),
                upload);
    }

    private static Upload read(ResultSet row) throws SQLException {
        long completedAt = row.getLong(9);
        boolean completed = !row.wasNull();
        return new Upload(
                row.getString(1),
                row.getString(2),
                ArtifactPath.stored(row.getString(3)),
                Upload.Kind.of(row.getString(4)),
                row.getInt(5),
                optional(row.getString(6)),
                optional(row.getString(7)),
                Instant.ofEpochMilli(row.getLong(8)),
                completed ? Optional.of(Instant.ofEpochMilli(completedAt)) : Optional.empty());
    }

    private static Optional<String> optional(@Nullable String text) {
        return Optional.ofNullable(text);
    }

    /// One part that arrived.
    record Part(int number, String sha256, long sizeBytes) {
        String etag() {
            return "\"" + sha256 + "\"";
        }
    }
}
