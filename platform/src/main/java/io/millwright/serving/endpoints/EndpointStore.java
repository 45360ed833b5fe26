package io.millwright.serving.endpoints;

import io.millwright.kernel.Visible;
import io.millwright.ledger.Sql;
import io.millwright.search.Compare;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.impl.DSL;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The SQL of endpoints and their revisions.
final class EndpointStore {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String REVISION =
            "r.number, r.variants, r.shadows, r.sticky, r.policy, r.canary, r.created_at, r.created_by";
    private static final String WHOLE = "select e.id, e.name, e.created_at, " + REVISION + " from endpoints e"
            + " join endpoint_revisions r on r.endpoint = e.id and r.number = e.revision";

    Optional<Endpoint> find(Sql sql, String workspace, String name) {
        return sql.query(WHOLE + " where e.workspace = ? and e.name = ?", EndpointStore::read, workspace, name).stream()
                .findFirst();
    }

    /// By name, after a name.
    List<Endpoint> page(Sql sql, String workspace, Visible visible, String after, int limit) {
        Condition where = DSL.condition("e.workspace = ? and e.name > ?", workspace, after)
                .and(Compare.named("e.name", visible));
        List<Endpoint> page = new ArrayList<>();
        sql.scan(
                sql.dsl().resultQuery(WHOLE + " where {0} order by e.name limit {1}", where, DSL.inline(limit)),
                row -> page.add(read(row)));
        return page;
    }

    /// Of all workspaces: what a process has to keep loaded.
    List<EndpointService.Placed> all(Sql sql) {
        return sql.query(
                WHOLE.replace("select e.id", "select e.workspace, e.id") + " order by e.workspace, e.name",
                row -> new EndpointService.Placed(row.getString(1), read(row, 1)));
    }

    void insert(Sql sql, String workspace, Endpoint endpoint) {
        sql.update(
                "insert into endpoints (id, workspace, name, revision, created_at) values (?, ?, ?, ?, ?)",
                endpoint.id(),
                workspace,
                endpoint.name(),
                endpoint.revision().number(),
                endpoint.createdAt().toEpochMilli());
        insertRevision(sql, endpoint.id(), endpoint.revision());
    }

    /// @return false when the endpoint's revision is no longer the one before
    boolean revise(Sql sql, String workspace, String name, Revision revision) {
        String id = id(sql, workspace, name).orElse("");
        int changed = sql.update(
                "update endpoints set revision = ? where id = ? and revision = ?",
                revision.number(),
                id,
                revision.number() - 1);
        if (changed == 0) return false;
        insertRevision(sql, id, revision);
        return true;
    }

    private void insertRevision(Sql sql, String id, Revision revision) {
        sql.update(
                "insert into endpoint_revisions (endpoint, number, variants, shadows, sticky, policy, canary,"
                        + " created_at, created_by) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                id,
                revision.number(),
                written(revision.setup().variants()),
                written(revision.setup().shadows()),
                revision.setup().sticky(),
                written(revision.setup().policy()),
                written(revision.setup().canary()),
                revision.createdAt().toEpochMilli(),
                revision.by());
    }

    private Optional<String> id(Sql sql, String workspace, String name) {
        return sql
                .query(
                        "select id from endpoints where workspace = ? and name = ?",
                        row -> row.getString(1),
                        workspace,
                        name)
                .stream()
                .findFirst();
    }

    /// Newest first, before a number.
    List<Revision> revisions(Sql sql, String workspace, String name, int before, int limit) {
        return sql.query(
                "select " + REVISION + " from endpoint_revisions r"
                        + " join endpoints e on e.id = r.endpoint where e.workspace = ? and e.name = ? and r.number < ?"
                        + " order by r.number desc limit ?",
                row -> revision(row, 0),
                workspace,
                name,
                before,
                limit);
    }

    void tellCounts(Sql sql, Endpoint endpoint, String process, String counts, Instant at) {
        int number = endpoint.revision().number();
        sql.update("delete from endpoint_counts where endpoint = ? and revision < ?", endpoint.id(), number);
        int changed = sql.update(
                "update endpoint_counts set counts = ?, updated_at = ? where endpoint = ? and revision = ? and process = ?",
                counts,
                at.toEpochMilli(),
                endpoint.id(),
                number,
                process);
        if (changed > 0) return;
        sql.update(
                "insert into endpoint_counts (endpoint, revision, process, counts, updated_at) values (?, ?, ?, ?, ?)",
                endpoint.id(),
                number,
                process,
                counts,
                at.toEpochMilli());
    }

    List<String> countsOfOthers(Sql sql, Endpoint endpoint, String process) {
        return sql.query(
                "select counts from endpoint_counts where endpoint = ? and revision = ? and process <> ?",
                row -> row.getString(1),
                endpoint.id(),
                endpoint.revision().number(),
                process);
    }

    boolean delete(Sql sql, String workspace, String name) {
        String id = id(sql, workspace, name).orElse("");
        sql.update("delete from endpoint_revisions where endpoint = ?", id);
        sql.update("delete from endpoint_counts where endpoint = ?", id);
        return sql.update("delete from endpoints where id = ?", id) > 0;
    }

    private static Endpoint read(ResultSet row) throws SQLException {
        return read(row, 0);
    }

    private static Endpoint read(ResultSet row, int offset) throws SQLException {
        return new Endpoint(
                row.getString(offset + 1),
                row.getString(offset + 2),
                revision(row, offset + 3),
                Instant.ofEpochMilli(row.getLong(offset + 3)));
    }

    private static Revision revision(ResultSet row, int offset) throws SQLException {
        try {
            Setup setup = new Setup(
                    SetupJson.variants(JSON.readTree(row.getString(offset + 2))),
                    SetupJson.variants(JSON.readTree(row.getString(offset + 3))),
                    row.getString(offset + 4),
                    SetupJson.changed(Policy.DEFAULT, JSON.readTree(row.getString(offset + 5))),
                    SetupJson.canary(JSON.readTree(row.getString(offset + 6))));
            return new Revision(
                    row.getInt(offset + 1),
                    setup,
                    Instant.ofEpochMilli(row.getLong(offset + 7)),
                    row.getString(offset + 8));
        } catch (JacksonException e) {
            throw new IllegalStateException("a revision is no JSON", e);
        }
    }

    private static String written(List<Variant> variants) {
        ArrayNode list = JSON.createArrayNode();
        SetupJson.write(variants, list);
        return JSON.writeValueAsString(list);
    }

    private static String written(Policy policy) {
        ObjectNode object = JSON.createObjectNode();
        SetupJson.write(policy, object);
        return JSON.writeValueAsString(object);
    }

    private static String written(Optional<Canary> canary) {
        ObjectNode object = JSON.createObjectNode();
        canary.ifPresent(each -> SetupJson.write(each, object));
        return JSON.writeValueAsString(object);
    }
}
