package io.millwright.lake.tables;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The SQL of tables: where the metadata of each stands, and its versions.
final class TableStore {
    private static final String TABLE =
            "id, namespace, name, location, metadata, created_at, changed_at, dropped_at, comment,"
                    + " owners, tags, main_snapshot from lake_tables";
    private static final String VERSION = "number, snapshot_id, parent_id, branch, operation, schema_id, added_rows,"
            + " deleted_rows, row_count, size_bytes, files, message, committed_at, actor, request_id, expired_at"
            + " from lake_versions";

    /// A table's row.
    ///
    /// @param comment with owners and tags, joined by commas: as the metadata has them
    /// @param mainSnapshot the latest of the branch main
    record Row(
            String id,
            DatasetName name,
            String location,
            String metadata,
            Instant createdAt,
            Instant changedAt,
            Optional<Instant> droppedAt,
            String comment,
            String owners,
            String tags,
            Optional<Long> mainSnapshot) {}

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
    ///
    /// @param words each must be in what is said of the table or of one of its columns, in small letters
    List<Row> page(Sql sql, String workspace, String afterNamespace, String afterName, List<String> words, int most) {
        List<Object> values = new ArrayList<>(List.of(workspace, afterNamespace, afterNamespace, afterName));
        StringBuilder matches = new StringBuilder();
        for (String word : words) {
            matches.append(" and (search like ? escape '\\' or exists (select 1 from lake_columns c where c.table_id ="
                    + " lake_tables.id and c.search like ? escape '\\'))");
            String pattern = "%" + word.replaceAll("([\\\\%_])", "\\\\$1") + "%";
            values.add(pattern);
            values.add(pattern);
        }
        values.add(most);
        return sql.query(
                "select " + TABLE
                        + " where workspace = ? and dropped_at is null and (namespace > ? or (namespace = ? and"
                        + " name > ?))" + matches + " order by namespace, name limit ?",
                TableStore::readRow,
                values.toArray());
    }

    List<String> names(Sql sql, String workspace, String namespace) {
        return sql.query(
                "select name from lake_tables where workspace = ? and namespace = ? and dropped_at is null order by name",
                row -> row.getString(1),
                workspace,
                namespace);
    }

    List<Row> dropped(Sql sql, String workspace, int most) {
        return sql.query(
                "select " + TABLE
                        + " where workspace = ? and dropped_at is not null order by dropped_at desc, id limit ?",
                TableStore::readRow,
                workspace,
                most);
    }

    /// Those of one workspace that were dropped before a time and are after another in the order of ids.
    List<Row> droppedBefore(Sql sql, String workspace, Instant before, String afterId, int most) {
        return sql.query(
                "select " + TABLE + " where workspace = ? and dropped_at <= ? and id > ? order by id limit ?",
                TableStore::readRow,
                workspace,
                before.toEpochMilli(),
                afterId,
                most);
    }

    List<String> workspaces(Sql sql) {
        return sql.query("select distinct workspace from lake_tables order by workspace", row -> row.getString(1));
    }

    Optional<Row> at(Sql sql, String location) {
        return first(sql.query("select " + TABLE + " where location = ?", TableStore::readRow, location));
    }

    boolean isLocationTaken(Sql sql, String location) {
        return !sql.query("select 1 from lake_tables where location = ?", row -> 1, location)
                .isEmpty();
    }

    void insert(Sql sql, String id, String workspace, DatasetName name, String location, String metadata, Instant now) {
        sql.update(
                "insert into lake_tables (id, workspace, namespace, name, location, metadata, comment, owners, tags, search,"
                        + " created_at, changed_at) values (?, ?, ?, ?, ?, ?, '', '', '', '', ?, ?)",
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

    /// Has others who change the table's row wait for this transaction.
    void touch(Sql sql, String id, Instant now) {
        sql.update("update lake_tables set changed_at = ? where id = ?", now.toEpochMilli(), id);
    }

    void setMain(Sql sql, String id, @Nullable Long snapshot) {
        sql.update("update lake_tables set main_snapshot = ? where id = ?", snapshot, id);
    }

    /// In place of what was known before.
    void describe(Sql sql, String id, DatasetName name, Description description) {
        sql.update(
                "update lake_tables set comment = ?, owners = ?, tags = ?, search = ? where id = ?",
                description.comment(),
                String.join(",", description.owners()),
                String.join(",", description.tags()),
                description.search(name),
                id);
        sql.update("delete from lake_columns where table_id = ?", id);
        List<Description.Column> columns = description.columns();
        int count = columns.size();
        String insert = "insert into lake_columns (table_id, position, field_id, path, type, required, doc, unit, tags,"
                + " search) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        String unnest = "insert into lake_columns (table_id, position, field_id, path, type, required, doc, unit, tags,"
                + " search) select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        sql.insertColumns(
                insert,
                unnest,
                count,
                columns.stream().map(column -> id).toArray(String[]::new),
                IntStream.range(0, count).toArray(),
                columns.stream().mapToInt(Description.Column::fieldId).toArray(),
                texts(columns, Description.Column::path),
                texts(columns, Description.Column::type),
                columns.stream().mapToInt(column -> column.required() ? 1 : 0).toArray(),
                texts(columns, Description.Column::doc),
                texts(columns, Description.Column::unit),
                texts(columns, column -> String.join(",", column.tags())),
                texts(columns, Description.Column::search));
    }

    void setSearch(Sql sql, String id, String search) {
        sql.update("update lake_tables set search = ? where id = ?", search, id);
    }

    private static String[] texts(List<Description.Column> columns, Function<Description.Column, String> text) {
        return columns.stream().map(text).toArray(String[]::new);
    }

    /// The paths of columns in which a word stands, in their order.
    List<String> columnsWith(Sql sql, String id, String word, int most) {
        return sql.query(
                "select path from lake_columns where table_id = ? and search like ? escape '\\' order by position limit ?",
                row -> row.getString(1),
                id,
                "%" + word.replaceAll("([\\\\%_])", "\\\\$1") + "%",
                most);
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

    /// For good, if it is still in the trash.
    boolean remove(Sql sql, String id) {
        if (sql.update("delete from lake_tables where id = ? and dropped_at is not null", id) == 0) return false;
        sql.update("delete from lake_versions where table_id = ?", id);
        sql.update("delete from lake_columns where table_id = ?", id);
        return true;
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
                instant(row, 8),
                row.getString(9),
                row.getString(10),
                row.getString(11),
                number(row, 12));
    }

    private static Optional<Long> number(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(value);
    }

    private static DatasetVersion readVersion(ResultSet row) throws SQLException {
        return new DatasetVersion(
                row.getInt(1),
                row.getLong(2),
                number(row, 3),
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
