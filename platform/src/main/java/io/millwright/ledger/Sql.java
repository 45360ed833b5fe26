package io.millwright.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jooq.DSLContext;
import org.jooq.Query;
import org.jooq.SQLDialect;
import org.jooq.conf.Settings;
import org.jooq.conf.StatementType;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConnection;

/// One connection as a store sees it: jOOQ for nearly everything, and for the few statements that run ten
/// thousand times a second, prepared text, which skips rendering. Used by one thread at a time.
public final class Sql {
    private static final Logger log = LoggerFactory.getLogger(Sql.class);
    private static final int MOST_PREPARED = 120;
    /// A longer text has ids written into it and will not come again; compiled, it holds a hundred KiB outside the
    /// heap.
    private static final int LONGEST_KEPT = 4_000;
    private static final int ROWS_AT_ONCE = 100;
    private static final int ROWS_FETCHED = 4096;

    static {
        // Whoever migrates comes here first, alone. Of several threads that begin with jOOQ at once (3.21.9), one may
        // meet its tables of data types half filled: it is told that a type is not supported, and the class that
        // asked stays broken for good. `peers/test_first_requests.py` asks so.
        if (!DSL.field("1", SQLDataType.OTHER).getDataType().isOther()) throw new IllegalStateException("jOOQ's types");
    }

    /// Loads what this class needs of its library, which takes some time.
    public static void begin() {
        log.trace("jOOQ has begun");
    }

    private final Connection connection;
    private final SQLDialect dialect;
    /// Made on first use: starting jOOQ costs a tenth of the server's start, and many a start needs no query of
    /// it.
    private @Nullable DSLContext dsl;
    /// Present on SQLite, whose connections are ours for life; PostgreSQL's driver has a cache of its own.
    private final @Nullable SequencedMap<String, PreparedStatement> prepared;

    /// Each insert of one row, as text for [#ROWS_AT_ONCE].
    private final Map<String, String> manyRows = new HashMap<>();

    Sql(Connection connection, SQLDialect dialect) {
        this.connection = connection;
        this.dialect = dialect;
        this.prepared = dialect == SQLDialect.SQLITE ? new LinkedHashMap<>() : null;
    }

    public DSLContext dsl() {
        DSLContext made = dsl;
        if (made == null) dsl = made = DSL.using(connection, dialect, Jooq.SETTINGS);
        return made;
    }

    private static final class Jooq {
        private static final Settings SETTINGS = new Settings()
                .withExecuteLogging(false)
                .withRenderSchema(false)
                .withStatementType(StatementType.PREPARED_STATEMENT);
    }

    public boolean isPostgres() {
        return dialect == SQLDialect.POSTGRES;
    }

    /// Runs one statement with bound values; returns the number of changed rows.
    public int update(String text, @Nullable Object... values) {
        return withStatement(text, statement -> {
            bind(statement, values);
            return statement.executeUpdate();
        });
    }

    /// Reads all rows of a query with bound values.
    public <T> List<T> query(String text, RowReader<T> reader, @Nullable Object... values) {
        return withStatement(text, statement -> {
            bind(statement, values);
            try (ResultSet rows = statement.executeQuery()) {
                List<T> result = new ArrayList<>();
                while (rows.next()) result.add(reader.read(rows));
                return result;
            }
        });
    }

    /// Walks the rows of a query without keeping them; for large results into columns.
    public void scan(String text, RowVisitor visitor, @Nullable Object... values) {
        withStatement(text, statement -> {
            bind(statement, values);
            if (isPostgres()) statement.setFetchSize(ROWS_FETCHED); // Its driver would keep all rows otherwise.
            return visit(statement, visitor);
        });
    }

    /// Walks the rows of a query built with jOOQ, past its per-row records.
    public void scan(Query query, RowVisitor visitor) {
        scan(dsl().render(query), visitor, query.getBindValues().toArray());
    }

    /// Inserts `count` rows given as columns, in one round trip.
    ///
    /// @param insert `insert into t (a, b) values (?, ?) …`
    /// @param unnest the same for PostgreSQL, with one array parameter per column
    /// @param columns each `long[]`, `int[]`, `double[]` or `String[]` of at least `count`
    public void insertColumns(String insert, String unnest, int count, Object... columns) {
        if (count == 0) return;
        if (isPostgres()) {
            withStatement(unnest, statement -> {
                for (int c = 0; c < columns.length; c++) {
                    statement.setArray(c + 1, PostgresArrays.of(connection, columns[c], count));
                }
                return statement.executeUpdate();
            });
            return;
        }
        // Many rows a statement halve SQLite's cost per row; what is left over goes one by one.
        int whole = 0;
        int tuple = insert.indexOf("values (");
        if (tuple >= 0 && count >= ROWS_AT_ONCE) {
            String many = manyRows.computeIfAbsent(insert, one -> withManyRows(one, tuple));
            whole = count - count % ROWS_AT_ONCE;
            insertRows(many, ROWS_AT_ONCE, 0, whole, columns);
        }
        insertRows(insert, 1, whole, count, columns);
    }

    private static String withManyRows(String insert, int tuple) {
        String one = insert.substring(tuple + "values ".length(), insert.indexOf(')', tuple) + 1);
        return insert.replace(one, String.join(", ", Collections.nCopies(ROWS_AT_ONCE, one)));
    }

    private void insertRows(String insert, int rowsAtOnce, int from, int to, Object[] columns) {
        withStatement(insert, statement -> {
            for (int first = from; first < to; first += rowsAtOnce) {
                int index = 1;
                for (int row = first; row < first + rowsAtOnce; row++) {
                    for (Object column : columns) bindCell(statement, index++, column, row);
                }
                statement.executeUpdate();
            }
            return to;
        });
    }

    private static int visit(PreparedStatement statement, RowVisitor visitor) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            int n = 0;
            for (; rows.next(); n++) visitor.visit(rows);
            return n;
        }
    }

    private static void bindCell(PreparedStatement statement, int index, Object column, int row) throws SQLException {
        switch (column) {
            case long[] longs -> statement.setLong(index, longs[row]);
            case int[] ints -> statement.setInt(index, ints[row]);
            case double[] doubles -> statement.setDouble(index, doubles[row]);
            case String[] texts -> statement.setString(index, texts[row]);
            default -> throw new IllegalArgumentException("column of " + column.getClass());
        }
    }

    private static void bind(PreparedStatement statement, @Nullable Object[] values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            switch (values[i]) {
                case Long n -> statement.setLong(i + 1, n);
                case Integer n -> statement.setInt(i + 1, n);
                case Double n -> statement.setDouble(i + 1, n);
                case String text -> statement.setString(i + 1, text);
                case byte[] bytes -> statement.setBytes(i + 1, bytes);
                case null, default -> statement.setObject(i + 1, values[i]);
            }
        }
    }

    private <T> T withStatement(String text, StatementBody<T> body) {
        try {
            if (prepared == null) {
                try (PreparedStatement statement = connection.prepareStatement(text)) {
                    return body.run(statement);
                }
            }
            // Taken out while in use: the same text inside a row's visitor gets a statement of its own.
            PreparedStatement known = prepared.remove(text);
            PreparedStatement statement = known != null ? known : connection.prepareStatement(text);
            boolean usable = true;
            try {
                return body.run(statement);
            } catch (SQLException e) {
                usable = false; // The driver closes a statement that failed.
                throw e;
            } finally {
                if (usable && text.length() <= LONGEST_KEPT) keep(prepared, text, statement);
                else statement.close();
            }
        } catch (SQLException e) {
            throw new DbException(e);
        }
    }

    private static void keep(SequencedMap<String, PreparedStatement> prepared, String text, PreparedStatement statement)
            throws SQLException {
        PreparedStatement twin = prepared.put(text, statement);
        if (twin != null) twin.close();
        if (prepared.size() > MOST_PREPARED)
            prepared.pollFirstEntry().getValue().close();
    }

    /// Runs a statement that is seen once, such as one of a migration.
    void execute(String text) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(text);
        } catch (SQLException e) {
            throw new DbException(e);
        }
    }

    /// For SQLite, which may have ended the transaction by itself.
    void rollBackIfOpen() {
        try {
            execute("rollback");
        } catch (DbException e) {
            log.debug("nothing to roll back: {}", e.toString());
        }
    }

    /// Makes the statement that runs on a SQLite connection end with an error; from any thread, before [#close].
    void interrupt() {
        if (!(connection instanceof SQLiteConnection sqlite)) return;
        try {
            sqlite.getDatabase().interrupt();
        } catch (SQLException e) {
            throw new DbException(e);
        }
    }

    void close() throws SQLException {
        if (prepared != null) {
            for (PreparedStatement statement : prepared.values()) statement.close();
        }
        connection.close();
    }

    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    @FunctionalInterface
    public interface RowVisitor {
        void visit(ResultSet row) throws SQLException;
    }

    @FunctionalInterface
    private interface StatementBody<T> {
        T run(PreparedStatement statement) throws SQLException;
    }
}
