package io.millwright.ledger;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jooq.SQLDialect;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// PostgreSQL through a pool; any number of processes may share the database.
///
/// Everything runs at `repeatable read`: a read sees one moment, and a transaction that changes a row which
/// somebody changed since it began fails and is run again. At PostgreSQL's default level it would overwrite that
/// change, which no test on SQLite could show.
public final class PostgresDb implements Db {
    private static final Logger log = LoggerFactory.getLogger(PostgresDb.class);
    private static final int FREE_ATTEMPTS = 2;
    private static final int ATTEMPTS = 20;
    /// Only luck decides who loses to others, so on a slow machine one may lose more often than that. A key that
    /// is taken stays taken.
    private static final Duration RETRIED_FOR = Duration.ofSeconds(20);

    private enum Mode {
        READ,
        WRITE,
        WRITE_AFTER_LOCKS
    }

    private record Open(Sql sql, boolean readOnly) {}

    private final HikariDataSource pool;
    private final String description;
    private final Set<Connection> inUse = ConcurrentHashMap.newKeySet();
    private final ScopedValue<Open> open = ScopedValue.newInstance();
    /// Held by the one transaction of this process that lost a race twice: of many that want the same row, one
    /// would win each round and all the others would run for nothing.
    private final ReentrantLock retries = new ReentrantLock(true);

    /// Shared by what runs; taken for good by close, so that what runs ends first.
    private final ReentrantReadWriteLock running = new ReentrantReadWriteLock();
    private volatile boolean closed;

    private PostgresDb(HikariDataSource pool, String description) {
        this.pool = pool;
        this.description = description;
    }

    /// Connects, or fails at once when nothing answers there.
    ///
    /// @param uri `postgresql://user:password@host:port/database?option=value`
    public static PostgresDb open(URI uri) {
        if (uri.getHost() == null || uri.getPath().length() < 2) {
            throw INVALID_ARGUMENT.because("The database's address is not of the form"
                    + " postgresql://user:password@host:port/database. (Escape special characters: @ is %40.)");
        }
        HikariConfig config = new HikariConfig();
        String at = uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()) + uri.getPath();
        config.setJdbcUrl("jdbc:postgresql://" + at + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()));
        String userInfo = uri.getUserInfo();
        if (userInfo != null) {
            int colon = userInfo.indexOf(':');
            config.setUsername(colon < 0 ? userInfo : userInfo.substring(0, colon));
            if (colon >= 0) config.setPassword(userInfo.substring(colon + 1));
        }
        config.setMaximumPoolSize(16);
        config.setConnectionTimeout(30_000);
        config.setAutoCommit(false);
        config.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
        config.setPoolName("postgres");
        config.addDataSourceProperty("reWriteBatchedInserts", "true");
        config.addDataSourceProperty("ApplicationName", "millwright");
        // A filter of many clauses is a join of many tables: planning it would take longer than running it.
        config.addDataSourceProperty("options", "-c geqo_effort=1");
        try {
            return new PostgresDb(new HikariDataSource(config), "PostgreSQL " + at);
        } catch (PoolInitializationException e) {
            SQLException sql = SqlErrors.sqlOf(e);
            throw UNAVAILABLE.because(
                    "PostgreSQL at %s cannot be used: %s", at, sql == null ? e.getMessage() : sql.getMessage());
        }
    }

    @Override
    public <T> T read(Function<Sql, T> query) {
        if (open.isBound()) return query.apply(open.get().sql());
        try {
            return once(query, Mode.READ);
        } catch (RuntimeException e) {
            throw SqlErrors.translate(e);
        }
    }

    @Override
    public <T> T tx(Function<Sql, T> body) {
        return retrying(body, Mode.WRITE);
    }

    @Override
    public <T> T txAfterLocks(Function<Sql, T> body) {
        return retrying(body, Mode.WRITE_AFTER_LOCKS);
    }

    private <T> T retrying(Function<Sql, T> body, Mode mode) {
        if (open.isBound() && !open.get().readOnly()) {
            throw new IllegalStateException("a transaction inside a transaction");
        }
        for (int attempt = 1; attempt <= FREE_ATTEMPTS; attempt++) {
            try {
                return once(body, mode);
            } catch (RuntimeException e) {
                if (!SqlErrors.isRace(e)) throw SqlErrors.translate(e);
            }
        }
        long end = System.nanoTime() + RETRIED_FOR.toNanos();
        retries.lock();
        try {
            for (int attempt = FREE_ATTEMPTS + 1; ; attempt++) {
                pause(attempt); // For the other processes.
                try {
                    return once(body, mode);
                } catch (RuntimeException e) {
                    boolean last = attempt >= ATTEMPTS && (!SqlErrors.isLostRace(e) || System.nanoTime() - end > 0);
                    if (!SqlErrors.isRace(e) || last) throw SqlErrors.translate(e);
                }
            }
        } finally {
            retries.unlock();
        }
    }

    private static void pause(int attempt) {
        long most = TimeUnit.MILLISECONDS.toNanos(Math.min(attempt, 16));
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most));
    }

    private <T> T once(Function<Sql, T> body, Mode mode) {
        running.readLock().lock();
        try {
            if (closed) throw UNAVAILABLE.because("The server is stopping. Try again.");
            return onConnection(body, mode);
        } finally {
            running.readLock().unlock();
        }
    }

    private <T> T onConnection(Function<Sql, T> body, Mode mode) {
        try (Connection connection = pool.getConnection();
                var _ = new Use(connection)) {
            boolean readOnly = mode == Mode.READ;
            connection.setReadOnly(readOnly);
            // The pool sets it back.
            if (mode == Mode.WRITE_AFTER_LOCKS) {
                connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            }
            Sql sql = new Sql(connection, SQLDialect.POSTGRES);
            try {
                T result = ScopedValue.where(open, new Open(sql, readOnly)).call(() -> body.apply(sql));
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException | Error e) {
                rollBack(connection, e);
                throw e;
            }
        } catch (SQLException e) {
            throw new DbException(e);
        }
    }

    /// On a lost connection the roll-back fails too; what counts is the error that came first.
    private static void rollBack(Connection connection, Throwable first) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            first.addSuppressed(e);
        }
    }

    @Override
    public String describe() {
        return description;
    }

    /// Among those that can be cancelled while it is open.
    private final class Use implements AutoCloseable {
        private final Connection connection;

        Use(Connection connection) {
            this.connection = connection;
            inUse.add(connection);
        }

        @Override
        public void close() {
            inUse.remove(connection);
        }
    }

    @Override
    public void cancelRunning() {
        for (Connection connection : inUse) {
            try {
                connection.unwrap(PGConnection.class).cancelQuery();
            } catch (SQLException e) {
                log.debug("nothing to cancel: {}", e.toString());
            }
        }
    }

    /// Lets what runs come to its end for a moment, then cancels it; a connection that does not hear that is cut.
    @Override
    public void close() {
        closed = true;
        try {
            for (int wait = 0; wait < 5 && !running.writeLock().tryLock(200, TimeUnit.MILLISECONDS); wait++) {
                Thread.ofVirtual().name("postgres-stop").start(this::cancelRunning); // It may wait for the network.
            }
            if (running.isWriteLockedByCurrentThread()) running.writeLock().unlock();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        pool.close();
    }
}
