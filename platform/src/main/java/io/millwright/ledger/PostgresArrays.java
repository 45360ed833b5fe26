package io.millwright.ledger;

import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import org.postgresql.PGConnection;

/// Columns as PostgreSQL's arrays, sent in binary and without an object for each value.
final class PostgresArrays {
    private PostgresArrays() {}

    /// The first `count` values of a column.
    static Array of(Connection connection, Object column, int count) throws SQLException {
        PGConnection postgres = connection.unwrap(PGConnection.class);
        return switch (column) {
            case long[] longs -> postgres.createArrayOf("int8", Arrays.copyOf(longs, count));
            case int[] ints -> postgres.createArrayOf("int4", Arrays.copyOf(ints, count));
            case double[] doubles -> postgres.createArrayOf("float8", Arrays.copyOf(doubles, count));
            case String[] texts -> postgres.createArrayOf("text", Arrays.copyOf(texts, count));
            default -> throw new IllegalArgumentException("column of " + column.getClass());
        };
    }
}
