package io.millwright.ledger;

import java.util.function.Function;

/// The metadata database. Stores are written once against it, for SQLite and for PostgreSQL.
public interface Db extends AutoCloseable {
    /// Runs a query on a reader. All its statements see one and the same moment, and every commit that was
    /// answered before it began. Inside a transaction, it reads in that transaction.
    <T> T read(Function<Sql, T> query);

    /// Runs one transaction and returns once its commit is durable; when the body throws, nothing of it stays.
    ///
    /// The body may run more than once (a racing writer on PostgreSQL) and must not reach outside the database:
    /// on SQLite it runs on the one writer thread, while everybody else waits. It lets database errors out
    /// instead of catching them. A transaction inside a transaction is refused.
    ///
    /// Of two transactions that change the same row or add the same key, the second sees what the first left, on
    /// both databases. Two that only *read* what the other changes may not see each other on PostgreSQL
    /// (repeatable read): where that matters, both write a common row.
    ///
    /// @throws io.millwright.kernel.Failure BUSY when too many writes wait, UNAVAILABLE when the database cannot
    ///     take the write now, CONFLICT when others kept coming first or the key exists; nothing stays of it in
    ///     each case
    <T> T tx(Function<Sql, T> body);

    /// As [#tx], for a body that locks rows and must then see what the lock's holders left: on PostgreSQL each
    /// of its statements sees what was committed before *it* began (read committed). A lock that nobody wrote
    /// under raises no conflict there, so in [#tx] such a body would go on with what it saw before it waited.
    default <T> T txAfterLocks(Function<Sql, T> body) {
        return tx(body);
    }

    /// Throws when the database does not answer.
    default void ping() {
        read(sql -> sql.query("select 1", row -> row.getInt(1)));
    }

    /// Ends the queries and transactions that run now with UNAVAILABLE; nothing of them stays. For a server that stops.
    default void cancelRunning() {}

    /// For people: which database, where; no password.
    String describe();

    /// Ends within about a second: what runs then is cancelled.
    @Override
    void close();
}
