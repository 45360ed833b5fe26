package io.millwright.lake.query;

import io.millwright.lake.duck.Duck;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// DuckDB's parser, in a DuckDB with nothing in it.
final class Parser {
    private static final long MEMORY = 256L << 20;

    private @Nullable Duck duck;

    /// What a text means, as JSON; an error is told in it.
    String tree(String text) throws SQLException {
        return asked("select json_serialize_sql(?)", text);
    }

    /// The reverse of [#tree].
    String text(String tree) throws SQLException {
        return asked("select json_deserialize_sql(?)", tree);
    }

    private String asked(String question, String argument) throws SQLException {
        Duck open = duck;
        if (open == null) {
            open = Duck.open(new Duck.Caps(MEMORY, 1, Optional.empty())).lockDown(List.of());
            duck = open;
        }
        try (PreparedStatement statement = open.connection().prepareStatement(question)) {
            statement.setString(1, argument);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) throw new SQLException("the parser gave no answer");
                return rows.getString(1);
            }
        } catch (SQLException e) {
            duck = null; // After some errors it answers nothing any more.
            open.close();
            throw e;
        }
    }
}
