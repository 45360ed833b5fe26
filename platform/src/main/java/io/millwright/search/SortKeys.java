package io.millwright.search;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.SortField;
import org.jooq.impl.DSL;

/// The full order of a search, as expressions that are never null, the last of them unique; and where in that order a
/// page begins.
public final class SortKeys {
    private record Key(Field<?> field, Class<?> type, boolean ascending) {}

    private final List<Key> keys = new ArrayList<>();

    public SortKeys integer(String sql, boolean ascending, Object... binds) {
        keys.add(new Key(DSL.field(sql, Long.class, binds), Long.class, ascending));
        return this;
    }

    public SortKeys number(String sql, boolean ascending) {
        keys.add(new Key(DSL.field(sql, Double.class), Double.class, ascending));
        return this;
    }

    public SortKeys text(String sql, boolean ascending) {
        keys.add(new Key(DSL.field(sql, String.class), String.class, ascending));
        return this;
    }

    public List<SortField<?>> order() {
        List<SortField<?>> order = new ArrayList<>();
        for (Key key : keys) order.add(key.ascending ? key.field.asc() : key.field.desc());
        return order;
    }

    public List<Field<?>> fields() {
        List<Field<?>> fields = new ArrayList<>();
        for (Key key : keys) fields.add(key.field);
        return fields;
    }

    /// The sort key of a row whose key columns begin at `column`.
    public List<Object> read(ResultSet row, int column) throws SQLException {
        List<Object> values = new ArrayList<>(keys.size());
        for (int i = 0; i < keys.size(); i++) {
            Class<?> type = keys.get(i).type;
            if (type == Long.class) values.add(row.getLong(column + i));
            else if (type == Double.class) values.add(row.getDouble(column + i));
            else values.add(row.getString(column + i));
        }
        return values;
    }

    public List<Object> parse(String token) {
        return PageToken.decode(token, keys.stream().map(Key::type).toArray(Class<?>[]::new));
    }

    /// Rows after the one with this sort key. The first key's bound stands alone too, so that an index can seek by it.
    public Condition after(Optional<List<Object>> position) {
        if (position.isEmpty()) return DSL.noCondition();
        List<Object> at = position.get();
        Condition after = DSL.falseCondition();
        Condition equalSoFar = DSL.trueCondition();
        for (int i = 0; i < keys.size(); i++) {
            after = after.or(equalSoFar.and(compare(keys.get(i), keys.get(i).ascending ? ">" : "<", at.get(i))));
            equalSoFar = equalSoFar.and(compare(keys.get(i), "=", at.get(i)));
        }
        Key first = keys.getFirst();
        return compare(first, first.ascending ? ">=" : "<=", at.getFirst()).and(after);
    }

    private static Condition compare(Key key, String op, Object value) {
        return DSL.condition("{0} " + op + " {1}", key.field, DSL.val(value));
    }
}
