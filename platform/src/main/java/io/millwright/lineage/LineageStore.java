package io.millwright.lineage;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The SQL of the graph.
final class LineageStore {
    private static final String GREATEST = Character.toString(Character.MAX_CODE_POINT);

    /// A node as it is kept.
    record Row(long id, Node node, long goneAt) {}

    /// An edge as it is kept.
    record EdgeRow(
            long source,
            long target,
            EdgeKind kind,
            Instant firstSeen,
            Instant lastSeen,
            Optional<Instant> endedAt,
            String detail,
            String requestId,
            String actor,
            String said) {}

    @FunctionalInterface
    interface Step {
        void edge(long from, long to, int kindOfTo);
    }

    /// The one that is there now, or else the last one that was.
    Optional<Row> find(Sql sql, String workspace, String urn) {
        return sql
                .query(
                        "select id, urn, parent, gone_at from lineage_nodes where workspace = ? and urn = ?"
                                + " order by case when gone_at = 0 then 0 else 1 end, gone_at desc limit 1",
                        LineageStore::row,
                        workspace,
                        urn)
                .stream()
                .findFirst();
    }

    private static Row row(ResultSet row) throws SQLException {
        Node bare = Node.parse(row.getString(2));
        return new Row(row.getLong(1), new Node(bare.kind(), bare.name(), row.getString(3)), row.getLong(4));
    }

    /// The node that is there now under this name, made if there is none.
    long nodeId(Sql sql, String workspace, Node node, Instant at) {
        String urn = node.urn();
        Optional<Long> known = live(sql, workspace, urn);
        if (known.isPresent()) {
            if (!node.parent().isEmpty()) {
                sql.update(
                        "update lineage_nodes set parent = ? where id = ? and parent = ''", node.parent(), known.get());
            }
            return known.get();
        }
        sql.update(
                "insert into lineage_nodes (workspace, urn, kind, parent, first_seen, gone_at) values (?, ?, ?, ?, ?, 0)",
                workspace,
                urn,
                node.kind().code(),
                node.parent(),
                at.toEpochMilli());
        return live(sql, workspace, urn).orElseThrow();
    }

    Optional<Long> live(Sql sql, String workspace, String urn) {
        return sql
                .query(
                        "select id from lineage_nodes where workspace = ? and urn = ? and gone_at = 0",
                        row -> row.getLong(1),
                        workspace,
                        urn)
                .stream()
                .findFirst();
    }

    long insertReport(Sql sql, Report report) {
        return sql.query(
                        "insert into lineage_reports (workspace, request_id, actor, source, at) values (?, ?, ?, ?, ?)"
                                + " returning id",
                        row -> row.getLong(1),
                        report.workspace(),
                        report.requestId(),
                        report.actor(),
                        report.source(),
                        report.at().toEpochMilli())
                .getFirst();
    }

    /// First and last time of an edge that is there; empty when it is not.
    Optional<long[]> times(Sql sql, long source, long target, EdgeKind kind, long term) {
        return sql
                .query(
                        "select first_seen, last_seen, ended_at from lineage_edges"
                                + " where source = ? and target = ? and kind = ? and term = ?",
                        row -> new long[] {row.getLong(1), row.getLong(2), row.getLong(3)},
                        source,
                        target,
                        kind.code(),
                        term)
                .stream()
                .findFirst();
    }

    void setTimes(Sql sql, long source, long target, EdgeKind kind, long term, long first, long last, long ended) {
        sql.update(
                "update lineage_edges set first_seen = ?, last_seen = ?, ended_at = ?"
                        + " where source = ? and target = ? and kind = ? and term = ?",
                first,
                last,
                ended,
                source,
                target,
                kind.code(),
                term);
    }

    void insertEdge(Sql sql, long source, long target, Fact.Edge edge, long term, long report) {
        sql.update(
                "insert into lineage_edges (source, target, kind, term, source_kind, target_kind, first_seen, last_seen,"
                        + " ended_at, report, detail) values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
                source,
                target,
                edge.kind().code(),
                term,
                edge.from().kind().code(),
                edge.to().kind().code(),
                edge.at().toEpochMilli(),
                edge.at().toEpochMilli(),
                report,
                edge.detail().isEmpty() ? null : edge.detail());
    }

    /// @return how many ended
    int end(Sql sql, long target, EdgeKind kind, long exceptSource, long exceptTerm, Instant at) {
        return sql.update(
                "update lineage_edges set ended_at = ? where target = ? and kind = ? and ended_at = 0"
                        + " and not (source = ? and term = ?)",
                at.toEpochMilli(),
                target,
                kind.code(),
                exceptSource,
                exceptTerm);
    }

    void setGone(Sql sql, long id, Instant at) {
        sql.update("update lineage_nodes set gone_at = ? where id = ?", Math.max(1, at.toEpochMilli()), id);
    }

    /// Brings back what of a dataset went at a moment, where nothing has taken its name since.
    int setBack(Sql sql, String workspace, Node whole, long goneAt) {
        List<Row> rows = new ArrayList<>(sql.query(
                "select id, urn, parent, gone_at from lineage_nodes where workspace = ? and gone_at = ?"
                        + " and (urn = ? or urn = ? or (urn >= ? and urn < ?) or (urn >= ? and urn < ?))",
                LineageStore::row,
                workspace,
                goneAt,
                whole.urn(),
                "columns:" + whole.name(),
                "column:" + whole.name() + "#",
                "column:" + whole.name() + "#" + GREATEST,
                "snapshot:" + whole.name() + "@",
                "snapshot:" + whole.name() + "@" + GREATEST));
        rows.removeIf(row -> live(sql, workspace, row.node().urn()).isPresent());
        for (Row row : rows) sql.update("update lineage_nodes set gone_at = 0 where id = ?", row.id());
        return rows.size();
    }

    void setUrn(Sql sql, long id, String urn) {
        sql.update("update lineage_nodes set urn = ? where id = ?", urn, id);
    }

    /// Those that are there whose URN begins so.
    List<Row> beginning(Sql sql, String workspace, String prefix) {
        return sql.query(
                "select id, urn, parent, gone_at from lineage_nodes where workspace = ? and urn >= ? and urn < ?"
                        + " and gone_at = 0",
                LineageStore::row,
                workspace,
                prefix,
                prefix + GREATEST);
    }

    /// What edges lead to from some nodes, or where they come from.
    ///
    /// @param ids in order
    /// @param at null for now
    void step(Sql sql, long[] ids, boolean down, @Nullable Instant at, Step step) {
        String here = down ? "source" : "target";
        String there = down ? "target" : "source";
        String text = "select e." + here + ", e." + there + ", e." + there + "_kind from lineage_edges e where e."
                + here + " " + inList(sql) + held(at);
        if (at == null) {
            sql.scan(text, row -> step.edge(row.getLong(1), row.getLong(2), row.getInt(3)), list(ids));
            return;
        }
        long millis = at.toEpochMilli();
        sql.scan(text, row -> step.edge(row.getLong(1), row.getLong(2), row.getInt(3)), list(ids), millis, millis);
    }

    private static String held(@Nullable Instant at) {
        return at == null ? " and e.ended_at = 0" : " and e.first_seen <= ? and (e.ended_at = 0 or e.ended_at > ?)";
    }

    /// One text whatever the number of ids, so that it is compiled once.
    private static String inList(Sql sql) {
        return sql.isPostgres()
                ? "= any(string_to_array(?, ',')::bigint[])"
                : "in (select value from json_each('[' || ? || ']'))";
    }

    private static String list(long[] ids) {
        return Arrays.stream(ids).mapToObj(Long::toString).collect(Collectors.joining(","));
    }

    Map<Long, Node> nodes(Sql sql, Collection<Long> ids) {
        Map<Long, Node> found = new HashMap<>();
        long[] sorted = ids.stream().mapToLong(Long::longValue).sorted().toArray();
        sql.scan(
                "select id, urn, parent, gone_at from lineage_nodes where id " + inList(sql),
                row -> {
                    Row one = row(row);
                    found.put(one.id(), one.node());
                },
                list(sorted));
        return found;
    }

    /// The edges that hold and leave some nodes, with who said so.
    List<EdgeRow> edges(Sql sql, long[] sources, @Nullable Instant at) {
        String text =
                "select e.source, e.target, e.kind, e.first_seen, e.last_seen, e.ended_at, e.detail, r.request_id,"
                        + " r.actor, r.source from lineage_edges e join lineage_reports r on r.id = e.report where e.source "
                        + inList(sql) + held(at) + " order by e.source, e.target, e.kind, e.term";
        if (at == null) return sql.query(text, LineageStore::edge, list(sources));
        return sql.query(text, LineageStore::edge, list(sources), at.toEpochMilli(), at.toEpochMilli());
    }

    private static EdgeRow edge(ResultSet row) throws SQLException {
        long ended = row.getLong(6);
        String detail = row.getString(7);
        return new EdgeRow(
                row.getLong(1),
                row.getLong(2),
                EdgeKind.of(row.getInt(3)),
                Instant.ofEpochMilli(row.getLong(4)),
                Instant.ofEpochMilli(row.getLong(5)),
                ended == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(ended)),
                detail == null ? "" : detail,
                row.getString(8),
                row.getString(9),
                row.getString(10));
    }

    boolean wasRead(Sql sql, String event) {
        return !sql.query("select 1 from lineage_read where event = ?", row -> true, event)
                .isEmpty();
    }

    /// Remembers a batch instead of the one before.
    void setRead(Sql sql, List<String> events) {
        sql.update("delete from lineage_read");
        String[] ids = events.toArray(String[]::new);
        sql.insertColumns(
                "insert into lineage_read (event) values (?)",
                "insert into lineage_read (event) select * from unnest(?::text[])",
                ids.length,
                (Object) ids);
    }
}
