package io.millwright.registry.webhooks;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The SQL of webhooks.
final class WebhookStore {
    private static final String COLUMNS =
            "id, workspace, name, description, url, events, status, secret is not null, created_at, updated_at";

    void insert(Sql sql, Webhook webhook, byte @Nullable [] secret) {
        sql.update(
                "insert into webhooks (id, workspace, name, description, url, events, secret, status, created_at,"
                        + " updated_at, started, due_at, holder, held_until)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, null, '', 0)",
                webhook.id(),
                webhook.workspace(),
                webhook.name(),
                webhook.description(),
                webhook.url(),
                WebhookEvent.words(webhook.events()),
                secret,
                webhook.status().number(),
                webhook.createdAt().toEpochMilli(),
                webhook.updatedAt().toEpochMilli());
    }

    /// All that a client may change, but the secret.
    void update(Sql sql, Webhook webhook) {
        sql.update(
                "update webhooks set name = ?, description = ?, url = ?, events = ?, status = ?, updated_at = ?"
                        + " where id = ?",
                webhook.name(),
                webhook.description(),
                webhook.url(),
                WebhookEvent.words(webhook.events()),
                webhook.status().number(),
                webhook.updatedAt().toEpochMilli(),
                webhook.id());
    }

    void setSecret(Sql sql, String id, byte @Nullable [] secret) {
        sql.update("update webhooks set secret = ? where id = ?", secret, id);
    }

    Optional<Webhook> find(Sql sql, String workspace, String id) {
        return sql
                .query(
                        "select " + COLUMNS + " from webhooks where workspace = ? and id = ?",
                        WebhookStore::read,
                        workspace,
                        id)
                .stream()
                .findFirst();
    }

    Optional<Webhook> find(Sql sql, String id) {
        return sql.query("select " + COLUMNS + " from webhooks where id = ?", WebhookStore::read, id).stream()
                .findFirst();
    }

    byte @Nullable [] secret(Sql sql, String id) {
        List<Optional<byte[]>> found =
                sql.query("select secret from webhooks where id = ?", row -> Optional.ofNullable(row.getBytes(1)), id);
        return found.isEmpty() ? null : found.getFirst().orElse(null);
    }

    long count(Sql sql, String workspace) {
        return sql.query("select count(*) from webhooks where workspace = ?", row -> row.getLong(1), workspace)
                .getFirst();
    }

    /// The newest first, from behind a place on.
    List<Webhook> page(Sql sql, String workspace, int most, long before, String after) {
        return sql.query(
                "select " + COLUMNS + " from webhooks where workspace = ?"
                        + " and (created_at < ? or created_at = ? and id > ?) order by created_at desc, id limit "
                        + most,
                WebhookStore::read,
                workspace,
                before,
                before,
                after);
    }

    /// Lets the feed tell it what comes from now on.
    void start(Sql sql, String id) {
        sql.update("update webhooks set started = 1 where id = ?", id);
    }

    /// Those of a workspace that are told what happens.
    List<Webhook> listening(Sql sql, String workspace) {
        return sql.query(
                "select " + COLUMNS + " from webhooks where workspace = ? and started = 1 and status = ?"
                        + " order by created_at, id",
                WebhookStore::read,
                workspace,
                WebhookStatus.ACTIVE.number());
    }

    /// Writes the row and changes nothing: before any change to its deliveries.
    boolean claim(Sql sql, String workspace, String id) {
        return sql.update("update webhooks set started = started where workspace = ? and id = ?", workspace, id) == 1;
    }

    void delete(Sql sql, String id) {
        sql.update(
                "delete from webhook_attempts where delivery in"
                        + " (select seq from webhook_deliveries where webhook = ?)",
                id);
        sql.update("delete from webhook_deliveries where webhook = ?", id);
        sql.update("delete from webhooks where id = ?", id);
    }

    private static Webhook read(ResultSet row) throws SQLException {
        String description = row.getString(4);
        return new Webhook(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                description == null ? "" : description,
                row.getString(5),
                WebhookEvent.ofWords(row.getString(6)),
                WebhookStatus.ofNumber(row.getInt(7)),
                row.getBoolean(8),
                Instant.ofEpochMilli(row.getLong(9)),
                Instant.ofEpochMilli(row.getLong(10)));
    }
}
