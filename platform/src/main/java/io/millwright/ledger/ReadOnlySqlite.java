package io.millwright.ledger;

import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.function.Function;

/// A SQLite database opened only to be read, beside the process that may be writing it. Used by one thread at a
/// time.
final class ReadOnlySqlite implements Db {
    private final Path file;
    private final Sql sql;

    ReadOnlySqlite(Path file, Sql sql) {
        this.file = file;
        this.sql = sql;
    }

    @Override
    public <T> T read(Function<Sql, T> query) {
        return SqliteDb.snapshot(sql, query);
    }

    @Override
    public <T> T tx(Function<Sql, T> body) {
        throw WRONG_STATE.because("%s is open for reading only.", file);
    }

    @Override
    public String describe() {
        return "SQLite " + file + " (read only)";
    }

    @Override
    public void close() {
        try {
            sql.close();
        } catch (SQLException e) {
            throw new DbException(e);
        }
    }
}
