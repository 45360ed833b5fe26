package io.millwright.lake.tables;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The SQL of tables: where the metadata of each stands, and its versions.
final class TableStore {
    private static final String TABLE =
            "id, namespace, name, location, metadata, created_at, changed_at, dropped_at from lake_tables";
    private static final String VERSION = "number, snapshot_id, parent_id, branch, operation, schema_id, added_rows,"
            + " deleted_rows, row_count, size_bytes, files, message, committed_at, actor, request_id, expired_at"
            + " from lake_versions";

    /// A table's row.
    record Row(
            String id,
            DatasetName name,
            String location,
            String metadata,
            Instant createdAt,
            Instant changedAt,
            Optional<Instant> droppedAt) {}

    Optional<Row> find(Sql sql, String workspace, DatasetName name) {
        return first(sql.query(
                "select " + TABLE + " where workspace = ? and namespace = ? and name = ? and dropped_at is null",
                TableStore::readRow,
                workspace,
                name.namespace(),
                name.name()));
    }

    /// The one dropped last under this name.
    Optional<Row> findDropped(Sql sql, String workspace, DatasetName name) {
        return first(sql.query(
                "select " + TABLE + " where workspace = ? and namespace = ? and name = ? and dropped_at is not null"
                        + " order by dropped_at desc, id limit 1",
                TableStore::readRow,
                workspace,
                name.namespace(),
                name.name()));
    }

    Optional<Row> byId(Sql sql, String id) {
        return first(sql.query("select " + TABLE + " where id = ?", TableStore::readRow, id));
    }

    /// In the order of their names, after one of them.
    List<Row> page(Sql sql, String workspace, String afterNamespace, String afterName, int most) {
        return sql.query(
                "select " + TABLE
                        + " where workspace = ? and dropped_at is null and (namespace > ? or (namespace = ? and"
                        + " name > ?)) order by namespace, name limit ?",
                TableStore::readRow,
                workspace,
                afterNamespace,
                afterNamespace,
                afterName,
                most);
    }

    List<String> names(Sql sql, String workspace, String namespace) {
        return sql.query(
                "select name from lake_tables where workspace = ? and namespace = ? and dropped_at is null order by name",
                row -> row.getString(1),
                workspace,
                namespace);
    }

    List<Row> droppedBefore(Sql sql, Instant before, int most) {
        return sql.query(
                "select " + TABLE + " where dropped_at < ? order by dropped_at, id limit ?",
                TableStore::readRow,
                before.toEpochMilli(),
                most);
    }

    /// All there are, also the dropped ones, in the order of their ids.
    List<Row> all(Sql sql, String afterId, int most) {
        return sql.query("select " + TABLE + " where id > ? order by id limit ?", TableStore::readRow, afterId, most);
    }

    boolean isLocationTaken(Sql sql, String location) {
        return !sql.query("select 1 from lake_tables where location = ?", row -> 1, location)
                .isEmpty();
    }

    void insert(Sql sql, String id, String workspace, DatasetName name, String location, String metadata, Instant now) {
        sql.update(
                "insert into lake_tables (id, workspace, namespace, name, location, metadata, created_at, changed_at)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?)",
                id,
                workspace,
                name.namespace(),
                name.name(),
                location,
                metadata,
                now.toEpochMilli(),
                now.toEpochMilli());
    }

    /// False when the current metadata is no longer the one expected, or the table is gone.
    boolean swap(Sql sql, String id, String expected, String metadata, Instant now) {
        return 1
                == sql.update(
                        "update lake_tables set metadata = ?, changed_at = ? where id = ? and metadata = ? and dropped_at is"
                                + " null",
                        metadata,
                        now.toEpochMilli(),
                        id,
                        expected);
    }

    boolean rename(Sql sql, String id, DatasetName to, Instant now) {
        return 1
                == sql.update(
                        "update lake_tables set namespace = ?, name = ?, changed_at = ? where id = ? and dropped_at is null",
                        to.namespace(),
                        to.name(),
                        now.toEpochMilli(),
                        id);
    }

    boolean setDropped(Sql sql, String id, @Nullable Instant at) {
        return 1
                == sql.update(
                        "update lake_tables set dropped_at = ? where id = ?",
                        at == null ? null : at.toEpochMilli(),
                        id);
    }

    void remove(Sql sql, String id) {
        sql.update("delete from lake_versions where table_id = ?", id);
        sql.update("delete from lake_tables where id = ?", id);
    }

    int lastNumber(Sql sql, String table) {
        return sql.query(
                        "select coalesce(max(number), 0) from lake_versions where table_id = ?",
                        row -> row.getInt(1),
                        table)
                .getFirst();
    }

    void insertVersion(Sql sql, String table, DatasetVersion version) {
        sql.update(
                "insert into lake_versions (table_id, number, snapshot_id, parent_id, branch, operation, schema_id,"
                        + " added_rows, deleted_rows, row_count, size_bytes, files, message, committed_at, actor,"
                        + " request_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                table,
                version.number(),
                version.snapshotId(),
                version.parentId().orElse(null),
                version.branch(),
                version.operation(),
                version.schemaId(),
                version.addedRows(),
                version.deletedRows(),
                version.rows(),
                version.bytes(),
                version.files(),
                version.message(),
                version.at().toEpochMilli(),
                version.actor(),
                version.requestId());
    }

    void setExpired(Sql sql, String table, long snapshotId, Instant at) {
        sql.update(
                "update lake_versions set expired_at = ? where table_id = ? and snapshot_id = ? and expired_at is null",
                at.toEpochMilli(),
                table,
                snapshotId);
    }

    Optional<DatasetVersion> version(Sql sql, String table, int number) {
        return first(sql.query(
                "select " + VERSION + " where table_id = ? and number = ?", TableStore::readVersion, table, number));
    }

    Optional<DatasetVersion> versionOf(Sql sql, String table, long snapshotId) {
        return first(sql.query(
                "select " + VERSION + " where table_id = ? and snapshot_id = ?",
                TableStore::readVersion,
                table,
                snapshotId));
    }

    /// Latest first, those below a number.
    List<DatasetVersion> versions(Sql sql, String table, int below, int most) {
        return sql.query(
                "select " + VERSION + " where table_id = ? and number < ? order by number desc limit ?",
                TableStore::readVersion,
                table,
                below,
                most);
    }

    private static <T> Optional<T> first(List<T> rows) {
        return rows.stream().findFirst();
    }

    private static Row readRow(ResultSet row) throws SQLException {
        return new Row(
                row.getString(1),
                new DatasetName(row.getString(2), row.getString(3)),
                row.getString(4),
                row.getString(5),
                Instant.ofEpochMilli(row.getLong(6)),
                Instant.ofEpochMilli(row.getLong(7)),
                instant(row, 8));
    }

    private static DatasetVersion readVersion(ResultSet row) throws SQLException {
        long parent = row.getLong(3);
        return new DatasetVersion(
                row.getInt(1),
                row.getLong(2),
                row.wasNull() ? Optional.empty() : Optional.of(parent),
                row.getString(4),
                row.getString(5),
                row.getInt(6),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9),
                row.getLong(10),
                row.getLong(11),
                row.getString(12),
                Instant.ofEpochMilli(row.getLong(13)),
                row.getString(14),
                row.getString(15),
                instant(row, 16));
    }

    private static Optional<Instant> instant(ResultSet row, int column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
