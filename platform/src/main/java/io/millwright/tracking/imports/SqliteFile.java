package io.millwright.tracking.imports;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.sqlite.SQLiteConfig;

/// A SQLite file of somebody else, read-only. Any thread may ask; each question has a connection to itself.
final class SqliteFile implements AutoCloseable {
    private final Path file;
    /// Connections that nobody uses now.
    private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();

    SqliteFile(Path file) {
        this.file = file;
    }

    @FunctionalInterface
    interface RowVisitor {
        void visit(ResultSet row) throws SQLException;
    }

    @FunctionalInterface
    interface Query<T> {
        T run(Connection connection) throws SQLException;
    }

    void each(String sql, List<?> values, RowVisitor visitor) throws IOException {
        with(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < values.size(); i++) statement.setObject(i + 1, values.get(i));
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) visitor.visit(rows);
                }
            }
            return 0;
        });
    }

    <T> T with(Query<T> query) throws IOException {
        try {
            Connection reused = idle.poll();
            Connection connection = reused == null ? connect() : reused;
            try {
                return query.run(connection);
            } finally {
                idle.push(connection);
            }
        } catch (SQLException e) {
            throw new IOException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    private Connection connect() throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setBusyTimeout(30_000);
        Connection connection = config.createConnection("jdbc:sqlite:" + file);
        try (var statement = connection.createStatement()) {
            statement.execute("pragma query_only = true");
            // The file may come from anybody: nothing in its schema is to be run.
            statement.execute("pragma trusted_schema = false");
        }
        return connection;
    }

    /// Empty for null.
    static String text(ResultSet row, int column) throws SQLException {
        String text = row.getString(column);
        return text == null ? "" : text;
    }

    @Override
    public void close() throws IOException {
        try {
            for (Connection connection = idle.poll(); connection != null; connection = idle.poll()) connection.close();
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }
}
