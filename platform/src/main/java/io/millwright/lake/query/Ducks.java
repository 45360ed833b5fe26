package io.millwright.lake.query;

import io.millwright.lake.duck.Duck;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// A new DuckDB for each query. Opening and closing takes longer than many a query does, so the last is closed and the
/// next opened while nobody waits for it.
final class Ducks {
    private final Duck.Caps caps;
    private final ExecutorService beside = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("ducks").factory());
    private @Nullable Future<Duck> next;

    Ducks(Duck.Caps caps) {
        this.caps = caps;
    }

    /// One that was asked nothing yet.
    Duck take() throws SQLException {
        Future<Duck> opened = next;
        next = null;
        if (opened == null) return Duck.openStreaming(caps);
        try {
            return opened.get();
        } catch (ExecutionException e) {
            throw new SQLException("opening a DuckDB failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted", e);
        }
    }

    /// Nobody needs the last one any more.
    void closeLater(Sandbox last) {
        next = beside.submit(() -> {
            last.close();
            return Duck.openStreaming(caps);
        });
    }
}
