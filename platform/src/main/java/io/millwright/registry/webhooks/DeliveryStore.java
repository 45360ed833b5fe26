package io.millwright.registry.webhooks;

import io.millwright.ledger.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The SQL of deliveries, their attempts, and who sends for a webhook now.
///
/// Whatever adds, takes or ends a waiting delivery writes the webhook's row: so of two that race, the second sees what
/// the first left, and no delivery waits unnoticed.
final class DeliveryStore {
    private static final String COLUMNS = "seq, id, event, what, state, attempts, created_at, next_at, ended_at";
    private static final int ATTEMPTS_SHOWN = 20;
    private static final int REMOVED_AT_ONCE = 500;

    /// The next one to send.
    ///
    /// @param nextAt in epoch milliseconds; 0 for at once
    record Due(long seq, String id, String body, int attempts, int triesLeft, long nextAt) {}

    /// @return false when the webhook has it already
    boolean insert(Sql sql, Delivery delivery, String webhook, String body, int tries) {
        return sql.update(
                        "insert into webhook_deliveries (id, webhook, event, what, body, state, attempts, tries_left,"
                                + " created_at, next_at, ended_at) values (?, ?, ?, ?, ?, 'pending', 0, ?, ?, 0, null)"
                                + " on conflict (webhook, event) do nothing",
                        delivery.id(),
                        webhook,
                        delivery.eventId(),
                        delivery.what(),
                        body,
                        tries,
                        delivery.createdAt().toEpochMilli())
                == 1;
    }

    /// Something waits for this webhook. Zero stands for at once, whatever the clock says.
    void wake(Sql sql, String webhook) {
        sql.update("update webhooks set due_at = coalesce(due_at, 0) where id = ?", webhook);
    }

    /// Webhooks that have something to send and nobody who does it.
    ///
    /// @param latest a lease or a time beyond it comes from a clock that went back, and does not count
    List<String> waiting(Sql sql, long now, long latest, int most) {
        return sql.query(
                "select id from webhooks where due_at is not null and (due_at <= ? or due_at > ?)"
                        + " and (held_until < ? or held_until > ?) order by due_at limit " + most,
                row -> row.getString(1),
                now,
                latest,
                now,
                latest);
    }

    /// Takes the lease on a webhook, unless somebody has it.
    boolean hold(Sql sql, String webhook, String holder, long now, long latest, long until) {
        return sql.update(
                        "update webhooks set holder = ?, held_until = ?"
                                + " where id = ? and due_at is not null and (held_until < ? or held_until > ?)",
                        holder,
                        until,
                        webhook,
                        now,
                        latest)
                == 1;
    }

    /// Renews the lease and gives what is to be sent now; otherwise notes when something will be, and gives the lease
    /// back. Empty as well when the lease was lost.
    Optional<Due> take(Sql sql, String webhook, String holder, long now, long latest, long until) {
        if (sql.update("update webhooks set held_until = ? where id = ? and holder = ?", until, webhook, holder) == 0) {
            return Optional.empty();
        }
        Optional<Due> head = sql
                .query(
                        "select seq, id, body, attempts, tries_left, next_at from webhook_deliveries"
                                + " where webhook = ? and next_at is not null order by seq limit 1",
                        row -> new Due(
                                row.getLong(1),
                                row.getString(2),
                                row.getString(3),
                                row.getInt(4),
                                row.getInt(5),
                                row.getLong(6)),
                        webhook)
                .stream()
                .findFirst();
        if (head.filter(due -> due.nextAt() <= now || due.nextAt() > latest).isPresent()) return head;
        Long dueAt = head.map(Due::nextAt).orElse(null);
        sql.update("update webhooks set due_at = ?, holder = '', held_until = 0 where id = ?", dueAt, webhook);
        return Optional.empty();
    }

    /// Adds what an attempt came to.
    ///
    /// @param state what the delivery becomes, unless somebody ended it meanwhile
    /// @param nextAt when it is tried again; null when it is not
    void record(Sql sql, Due due, Delivery.Attempt attempt, Delivery.State state, @Nullable Long nextAt, long now) {
        sql.update(
                "update webhook_deliveries set attempts = attempts + 1, tries_left = tries_left - 1 where seq = ?",
                due.seq());
        List<Integer> number =
                sql.query("select attempts from webhook_deliveries where seq = ?", row -> row.getInt(1), due.seq());
        if (number.isEmpty()) return; // Its webhook was deleted.
        sql.update(
                "insert into webhook_attempts (delivery, number, at, millis, status, answer, error)"
                        + " values (?, ?, ?, ?, ?, ?, ?)",
                due.seq(),
                number.getFirst(),
                attempt.at().toEpochMilli(),
                attempt.millis(),
                attempt.status(),
                attempt.answer(),
                attempt.error());
        sql.update(
                "update webhook_deliveries set state = ?, next_at = ?, ended_at = ? where seq = ? and state = 'pending'",
                state.word(),
                nextAt,
                nextAt == null ? now : null,
                due.seq());
    }

    /// Gives back what a process holds, or on a database that only it has open, what any held.
    void release(Sql sql, @Nullable String holder) {
        if (holder == null) sql.update("update webhooks set holder = '', held_until = 0 where held_until <> 0");
        else sql.update("update webhooks set holder = '', held_until = 0 where holder = ?", holder);
    }

    /// Ends what waits for a webhook.
    void cancel(Sql sql, String webhook, long now) {
        sql.update(
                "update webhook_deliveries set state = 'cancelled', next_at = null, ended_at = ?"
                        + " where webhook = ? and next_at is not null",
                now,
                webhook);
    }

    /// Lets one be sent again, with all its tries.
    void redeliver(Sql sql, String webhook, long seq, int tries) {
        sql.update(
                "update webhook_deliveries set state = 'pending', next_at = 0, ended_at = null, tries_left = ?"
                        + " where seq = ?",
                tries,
                seq);
        sql.update("update webhooks set due_at = 0 where id = ?", webhook);
    }

    Optional<Delivery> find(Sql sql, String webhook, String id) {
        List<Delivery> found = sql.query(
                "select " + COLUMNS + " from webhook_deliveries where id = ? and webhook = ?",
                DeliveryStore::read,
                id,
                webhook);
        return withAttempts(sql, found).stream().findFirst();
    }

    String body(Sql sql, long seq) {
        return sql.query("select body from webhook_deliveries where seq = ?", row -> row.getString(1), seq)
                .getFirst();
    }

    /// How many wait, of those webhooks for which any do.
    Map<String, Long> waitingOf(Sql sql, List<String> webhooks) {
        Map<String, Long> waiting = new HashMap<>();
        if (webhooks.isEmpty()) return waiting;
        sql.scan(
                "select webhook, count(*) from webhook_deliveries where next_at is not null and webhook in ("
                        + marks(webhooks) + ") group by webhook",
                row -> waiting.put(row.getString(1), row.getLong(2)),
                webhooks.toArray());
        return waiting;
    }

    /// The newest delivery of each, without its attempts.
    Map<String, Delivery> lastOf(Sql sql, List<String> webhooks) {
        Map<String, Delivery> last = new HashMap<>();
        if (webhooks.isEmpty()) return last;
        sql.scan(
                "select " + COLUMNS + ", webhook from webhook_deliveries where seq in (select max(seq)"
                        + " from webhook_deliveries where webhook in (" + marks(webhooks) + ") group by webhook)",
                row -> last.put(row.getString(10), read(row)),
                webhooks.toArray());
        return last;
    }

    private static String marks(List<?> values) {
        return String.join(", ", Collections.nCopies(values.size(), "?"));
    }

    /// The newest first.
    List<Delivery> page(Sql sql, String webhook, long before, int most) {
        return withAttempts(
                sql,
                sql.query(
                        "select " + COLUMNS + " from webhook_deliveries where webhook = ? and seq < ?"
                                + " order by seq desc limit " + most,
                        DeliveryStore::read,
                        webhook,
                        before));
    }

    private static List<Delivery> withAttempts(Sql sql, List<Delivery> deliveries) {
        if (deliveries.isEmpty()) return deliveries;
        Map<Long, List<Delivery.Attempt>> attempts = new HashMap<>();
        sql.scan(
                "select a.delivery, a.number, a.at, a.millis, a.status, a.answer, a.error from webhook_attempts a"
                        + " join webhook_deliveries d on d.seq = a.delivery where d.seq in ("
                        + marks(deliveries)
                        + ") and a.number > d.attempts - "
                        + ATTEMPTS_SHOWN + " order by a.delivery, a.number",
                row -> attempts.computeIfAbsent(row.getLong(1), seq -> new ArrayList<>())
                        .add(attempt(row)),
                deliveries.stream().map(Delivery::seq).toArray());
        return deliveries.stream()
                .map(delivery -> delivery.with(attempts.getOrDefault(delivery.seq(), List.of())))
                .toList();
    }

    /// Removes some of those that ended before a moment; how many.
    int removeSome(Sql sql, long before) {
        String old = "(select seq from webhook_deliveries where ended_at < ? order by ended_at limit " + REMOVED_AT_ONCE
                + ")";
        sql.update("delete from webhook_attempts where delivery in " + old, before);
        return sql.update("delete from webhook_deliveries where seq in " + old, before);
    }

    private static Delivery.Attempt attempt(ResultSet row) throws SQLException {
        int status = row.getInt(5);
        return new Delivery.Attempt(
                row.getInt(2),
                Instant.ofEpochMilli(row.getLong(3)),
                row.getLong(4),
                status == 0 ? null : status,
                row.getString(6),
                row.getString(7));
    }

    private static Delivery read(ResultSet row) throws SQLException {
        return new Delivery(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                Delivery.State.ofWord(row.getString(5)),
                row.getInt(6),
                Instant.ofEpochMilli(row.getLong(7)),
                moment(row, 8),
                moment(row, 9),
                List.of());
    }

    private static @Nullable Instant moment(ResultSet row, int column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? null : Instant.ofEpochMilli(millis);
    }
}
