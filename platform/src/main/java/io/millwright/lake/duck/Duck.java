package io.millwright.lake.duck;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;

/// A DuckDB of its own, in memory: what runs in it sees nothing of any other. Opening costs about 15 ms, the first of
/// a process half a second more.
///
/// No extension is ever fetched. Until it is locked down it reads and writes files, so only our own text may run in it.
public final class Duck implements AutoCloseable {
    /// What one of them may use.
    ///
    /// @param memoryBytes above it a query fails, or spills when there is a folder for it
    /// @param spill where to; whoever names it also empties it
    public record Caps(long memoryBytes, int threads, Optional<Path> spill) {
        public Caps {
            if (memoryBytes < 32 << 20)
                throw new IllegalArgumentException("memory %d, expected 32 MiB at least".formatted(memoryBytes));
            if (threads < 1) throw new IllegalArgumentException("threads %d, expected 1 at least".formatted(threads));
        }
    }

    private final DuckDBConnection connection;
    private final Caps caps;

    private Duck(DuckDBConnection connection, Caps caps) {
        this.connection = connection;
        this.caps = caps;
    }

    public static Duck open(Caps caps) throws SQLException {
        return open(caps, new Properties());
    }

    /// One whose results are read as they come to be: as little of them is in memory as possible, and a result ends
    /// when
    /// another statement begins.
    public static Duck openStreaming(Caps caps) throws SQLException {
        Properties settings = new Properties();
        settings.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
        return open(caps, settings);
    }

    private static Duck open(Caps caps, Properties settings) throws SQLException {
        settings.setProperty("autoinstall_known_extensions", "false");
        settings.setProperty("autoload_known_extensions", "false");
        settings.setProperty("allow_community_extensions", "false");
        settings.setProperty("memory_limit", caps.memoryBytes() / 1024 + "KiB");
        settings.setProperty("threads", Integer.toString(caps.threads()));
        settings.setProperty("temp_directory", caps.spill().map(Path::toString).orElse(""));
        Connection opened = DriverManager.getConnection("jdbc:duckdb:", settings);
        Duck duck = new Duck(opened.unwrap(DuckDBConnection.class), caps);
        try {
            // Times with a zone are shown and read in UTC, wherever the server stands.
            duck.execute("set timezone = 'UTC'");
        } catch (SQLException e) {
            duck.close();
            throw e;
        }
        return duck;
    }

    /// Takes everything away that reaches outside, for good: no file but the named ones can be opened, no setting
    /// changed, nothing attached or loaded. The named files are still open to writing; what keeps a user's
    /// text from it stands in `lake.query`.
    public Duck lockDown(Collection<Path> files) throws SQLException {
        String paths = files.stream().map(file -> literal(file.toString())).collect(Collectors.joining(", "));
        if (!files.isEmpty()) execute("set allowed_paths = [" + paths + "]");
        execute("set enable_external_access = false");
        execute("set lock_configuration = true");
        return this;
    }

    public Caps caps() {
        return caps;
    }

    public DuckDBConnection connection() {
        return connection;
    }

    /// Runs text of ours.
    public void execute(String text) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    /// Reads all rows of a query of ours.
    public <T> List<T> query(String text, RowReader<T> reader) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(text)) {
            List<T> result = new ArrayList<>();
            while (rows.next()) result.add(reader.read(rows));
            return result;
        }
    }

    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /// A text as a literal.
    public static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /// A name of a column, table or schema, whatever characters it has.
    public static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
