package io.millwright.ledger;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/// Fresh databases for tests of every package. PostgreSQL is a real server, started once for all tests of this
/// JVM and stopped with it.
public final class TestDatabases {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private TestDatabases() {}

    /// A database file of its own.
    ///
    /// @param folder a test's own, as from `@TempDir`
    public static Db sqlite(Path folder) {
        return SqliteDb.open(folder.resolve("test-%d.db".formatted(NUMBER.incrementAndGet())));
    }

    public static Db postgres() {
        return PostgresDb.open(postgresUri());
    }

    /// The address of a fresh database, for tests with several processes on one.
    public static URI postgresUri() {
        String name = "test_" + NUMBER.incrementAndGet();
        EmbeddedPostgres server = Server.RUNNING;
        try (var connection = server.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return URI.create("postgresql://postgres:postgres@localhost:%d/%s".formatted(server.getPort(), name));
    }

    private static final class Server {
        static final EmbeddedPostgres RUNNING = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder()
                        .setServerConfig("max_connections", "300")
                        .setServerConfig("fsync", "off")
                        .start(); // It stops itself when the JVM ends.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
