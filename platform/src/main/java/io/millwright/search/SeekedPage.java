package io.millwright.search;

import static java.util.Objects.requireNonNull;

import io.millwright.kernel.Page;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Collects the rows of one page, from a query that asks for one row more than the page holds: whether there is a next
/// one, and the token that seeks to it.
public final class SeekedPage<T> {
    /// Reads what a row holds.
    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private final SortKeys keys;
    private final int keyColumn;
    private final int size;
    private final RowReader<T> reader;
    private final List<T> found = new ArrayList<>();
    /// Of the page's last row, once it was added.
    private @Nullable List<Object> position;

    /// @param keyColumn where the columns of the sort keys begin
    public SeekedPage(SortKeys keys, int keyColumn, int size, RowReader<T> reader) {
        this.keys = keys;
        this.keyColumn = keyColumn;
        this.size = size;
        this.reader = reader;
    }

    public void add(ResultSet row) throws SQLException {
        found.add(reader.read(row));
        if (found.size() == size) position = keys.read(row, keyColumn);
    }

    public Page<T> page() {
        if (found.size() <= size) return Page.last(found);
        return new Page<>(found.subList(0, size), Optional.of(PageToken.encode(requireNonNull(position))));
    }
}
