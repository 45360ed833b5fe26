package io.millwright.ledger;

import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jooq.SQLDialect;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;
import org.sqlite.util.LibraryLoaderUtil;

/// SQLite in WAL mode: any number of readers, and one writer thread that commits in groups; see
/// [GroupCommit].
public final class SqliteDb implements Db {
    private static final Logger log = LoggerFactory.getLogger(SqliteDb.class);
    private static final int READERS = 8;
    private static final long PATIENCE_SECONDS = 30;
    private static final long GRACE_MILLIS = 200;
    private static final long CLOSE_AT_MOST_MILLIS = 1500;

    private enum Use {
        WRITE,
        READ,
        READ_BESIDE_ANOTHER_PROCESS
    }

    /// A held lock file.
    private record Lock(Path file, FileChannel channel) implements AutoCloseable {
        /// The files whose lock this JVM holds. The operating system's locks belong to the process: a
        /// second channel on the file, once closed, would drop the first one's lock. So nobody may open a
        /// second one to find out.
        private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

        static Lock take(Path database) throws IOException {
            Path file = database.resolveSibling(database.getFileName() + ".lock");
            if (!HELD.add(file)) throw inUse(database);
            FileChannel channel = null;
            try {
                channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                if (channel.tryLock() == null) throw inUse(database);
                return new Lock(file, channel);
            } catch (IOException | RuntimeException e) {
                HELD.remove(file);
                if (channel != null) channel.close();
                throw e;
            }
        }

        private static RuntimeException inUse(Path database) {
            return UNAVAILABLE.because(
                    "%s is in use by another Millwright process. Stop it first, or give this one its own --home;"
                            + " several processes on one database need PostgreSQL (--db postgresql://…).",
                    database);
        }

        @Override
        public void close() throws IOException {
            channel.close();
            HELD.remove(file);
        }
    }

    private final Path file;
    private final Lock lock;
    /// All that may be interrupted; a connection leaves it before it is closed.
    private final Set<Sql> connections = ConcurrentHashMap.newKeySet();
    private final ReentrantLock interrupting = new ReentrantLock(); // So that none is closed meanwhile.
    private final BlockingQueue<Sql> readers = new ArrayBlockingQueue<>(READERS);
    private final ScopedValue<Sql> open = ScopedValue.newInstance();
    private final GroupCommit writer;
    private volatile boolean closed;

    private SqliteDb(Path file, Lock lock, Sql writerSql) {
        this.file = file;
        this.lock = lock;
        this.writer = new GroupCommit(writerSql, open, file.resolveSibling(file.getFileName() + "-wal"));
    }

    /// Opens or creates the database file; a second process on the same file is refused.
    public static SqliteDb open(Path file) {
        try {
            Path absolute = file.toAbsolutePath();
            Path folder = absolute.resolveSibling("");
            Files.createDirectories(folder);
            Path real = folder.toRealPath().resolve(file.getFileName());
            Lock lock = Lock.take(real);
            try {
                SqliteDb db = new SqliteDb(real, lock, connect(real, 32_000, Use.WRITE));
                for (int i = 0; i < READERS; i++) db.readers.add(connect(real, 2_000, Use.READ));
                db.connections.addAll(db.readers);
                db.connections.add(db.writer.sql());
                db.writer.start();
                return db;
            } catch (SQLException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw SqlErrors.translate(new DbException(e));
        }
    }

    /// Opens an existing database file to read it, also while another process has it open. For one thread
    /// at a time.
    public static Db openReadOnly(Path file) {
        Path absolute = file.toAbsolutePath();
        if (!Files.isRegularFile(absolute)) {
            throw NOT_FOUND.because("There is no database at %s. Check --home.", absolute);
        }
        try {
            return new ReadOnlySqlite(absolute, connect(absolute, 4_000, Use.READ_BESIDE_ANOTHER_PROCESS));
        } catch (SQLException e) {
            throw SqlErrors.translate(new DbException(e));
        }
    }

    /// Puts SQLite's own library where the driver looks first (`org.sqlite.lib.path`); otherwise it unpacks it at each
    /// start, which takes a tenth of a second.
    public static void unpackLibrary(Path folder) throws IOException {
        String name = LibraryLoaderUtil.getNativeLibName();
        String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name;
        try (InputStream library = SQLiteConfig.class.getResourceAsStream(resource)) {
            if (library == null) throw new IOException("SQLite's driver has no " + resource);
            Files.createDirectories(folder);
            Files.copy(library, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static Sql connect(Path file, int cacheKiB, Use use) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(30_000);
        config.setCacheSize(-cacheKiB);
        config.setTempStore(SQLiteConfig.TempStore.MEMORY);
        config.setPragma(SQLiteConfig.Pragma.CASE_SENSITIVE_LIKE, "true");
        config.setGetGeneratedKeys(false); // Else the driver asks for them after each insert.
        config.setOpenMode(SQLiteOpenMode.NOMUTEX); // Each connection has one thread at a time anyway.
        if (use == Use.READ_BESIDE_ANOTHER_PROCESS) {
            config.setReadOnly(true);
        } else {
            config.setJournalMode(SQLiteConfig.JournalMode.WAL);
            config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL); // WalFlush makes commits durable.
        }
        Connection connection = config.createConnection("jdbc:sqlite:" + file);
        try {
            // From here on the driver begins and ends no transactions: what it would send by itself, and when, is
            // hard to follow (its commit() also begins the next one). Ours are plain statements.
            connection.setAutoCommit(false);
            Sql sql = new Sql(connection, SQLDialect.SQLITE);
            sql.execute("rollback");
            if (use == Use.WRITE) {
                sql.execute("pragma wal_autocheckpoint = 4000");
                sql.execute("pragma journal_size_limit = 67108864");
            } else {
                sql.execute("pragma query_only = true");
            }
            return sql;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public <T> T read(Function<Sql, T> query) {
        if (open.isBound()) return query.apply(open.get());
        Sql sql;
        try {
            sql = closed ? null : readers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UNAVAILABLE.because("The request was interrupted while it waited for a database reader. Try again.");
        }
        if (sql == null) {
            if (closed) throw GroupCommit.stopping();
            throw UNAVAILABLE.because("All %d database readers were busy for 30 s. Try again.", READERS);
        }
        try {
            return ScopedValue.where(open, sql).call(() -> snapshot(sql, query));
        } finally {
            readers.add(sql);
        }
    }

    /// Runs a query so that all its statements see the same moment.
    static <T> T snapshot(Sql sql, Function<Sql, T> query) {
        try {
            sql.update("begin");
            T result = query.apply(sql);
            sql.update("commit");
            return result;
        } catch (RuntimeException e) {
            sql.rollBackIfOpen();
            throw SqlErrors.translate(e);
        } catch (Error e) {
            sql.rollBackIfOpen();
            throw e;
        }
    }

    @Override
    public <T> T tx(Function<Sql, T> body) {
        return writer.write(body);
    }

    @Override
    public void ping() {
        writer.trouble().ifPresent(trouble -> {
            throw trouble;
        });
        Db.super.ping();
    }

    @Override
    public String describe() {
        return "SQLite " + file;
    }

    @Override
    public void cancelRunning() {
        interrupting.lock();
        try {
            connections.forEach(Sql::interrupt);
        } finally {
            interrupting.unlock();
        }
    }

    /// Finishes the writes that wait and the queries that run; after a moment it interrupts them instead.
    @Override
    public void close() {
        if (closed) return;
        closed = true;
        Thread impatience = Thread.ofPlatform().name("sqlite-stop").start(this::cancelAgainAndAgain);
        try {
            writer.close();
            closeReaders();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            impatience.interrupt();
        }
        try {
            closeConnection(writer.sql()); // The last connection out moves the log into the database file.
            lock.close();
        } catch (SQLException | IOException e) {
            log.warn("closing {} failed", file, e);
        }
    }

    private void cancelAgainAndAgain() {
        try {
            Thread.sleep(GRACE_MILLIS);
            while (true) {
                cancelRunning();
                Thread.sleep(20); // What waited behind one that was interrupted may begin now.
            }
        } catch (InterruptedException e) {
            // All have ended.
        }
    }

    private void closeReaders() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_AT_MOST_MILLIS);
        for (int i = 0; i < READERS; i++) {
            Sql reader = readers.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (reader == null) {
                log.warn("{} readers of {} did not end in time", READERS - i, file);
                return;
            }
            try {
                closeConnection(reader);
            } catch (SQLException e) {
                log.warn("closing a reader of {} failed", file, e);
            }
        }
    }

    private void closeConnection(Sql sql) throws SQLException {
        interrupting.lock();
        try {
            connections.remove(sql);
        } finally {
            interrupting.unlock();
        }
        sql.close();
    }
}
