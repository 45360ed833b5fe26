package io.millwright.lake.profiles;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.lake.duck.Duck;
import io.millwright.lake.query.TableView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.iceberg.types.Types;
import org.duckdb.DuckDBResultSet;

/// Reads all values of a file once, some columns at a time, on as many threads as it may use.
final class Profiler implements AutoCloseable {
    private static final int COLUMNS_AT_ONCE = 64;
    private static final int BATCH = 16_384;
    private static final int SAMPLE = 5_000;
    private static final long ARROW_BYTES = 512L << 20;

    private final Duck.Caps caps;
    private final ExecutorService threads;

    /// @param caps for each of the threads
    Profiler(Duck.Caps caps, int threads) {
        this.caps = caps;
        this.threads = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("profile-", 0).factory());
        this.width = threads;
    }

    private final int width;

    private record Column(Types.NestedField field, ColumnKind kind) {}

    /// @param view of the file
    FileProfile profile(TableView view) {
        List<Column> columns = view.scan().schema().columns().stream()
                .map(field -> new Column(field, ColumnKind.of(field.type())))
                .toList();
        int share = Math.clamp((columns.size() + width - 1) / width, 1, COLUMNS_AT_ONCE);
        List<Future<FileProfile>> parts = new ArrayList<>();
        for (int from = 0; from < columns.size(); from += share) {
            List<Column> some = columns.subList(from, Math.min(columns.size(), from + share));
            parts.add(threads.submit(() -> read(view, some)));
        }
        FileProfile whole = new FileProfile();
        whole.addRows(view.scan().rows());
        for (Future<FileProfile> part : parts) done(part).columns().forEach(whole.columns()::put);
        whole.correlations().merge(done(threads.submit(sampling(view, columns))));
        return whole;
    }

    private static <T> T done(Future<T> part) {
        try {
            return part.get();
        } catch (InterruptedException e) {
            part.cancel(true);
            Thread.currentThread().interrupt();
            throw UNAVAILABLE.because("The profile was interrupted. Ask again.");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) throw failure;
            throw new IllegalStateException(e.getCause());
        }
    }

    private FileProfile read(TableView view, List<Column> columns) {
        String text = columns.stream()
                .map(column -> column.kind().value(column.field()) + " as "
                        + Duck.quoted(column.field().name()))
                .collect(Collectors.joining(", ", "select ", " from (" + view.sql() + ")"));
        FileProfile profile = new FileProfile();
        List<ColumnProfile> into = new ArrayList<>();
        for (Column column : columns) {
            ColumnProfile one = new ColumnProfile(column.kind());
            into.add(one);
            profile.columns().put(column.field().fieldId(), one);
        }
        arrow(view, text, batch -> {
            for (int i = 0; i < into.size(); i++) add(into.get(i), batch.getVector(i), batch.getRowCount());
        });
        return profile;
    }

    private static void add(ColumnProfile into, FieldVector values, int rows) {
        long nulls = 0;
        switch (values) {
            case Float8Vector numbers -> {
                for (int row = 0; row < rows; row++) {
                    if (numbers.isNull(row)) nulls++;
                    else into.add(numbers.get(row));
                }
            }
            case VarCharVector texts -> {
                for (int row = 0; row < rows; row++) {
                    if (texts.isNull(row)) nulls++;
                    else into.add(texts.get(row));
                }
            }
            default -> throw new IllegalStateException("a vector of " + values.getMinorType());
        }
        into.addNulls(nulls);
    }

    private Callable<Correlations> sampling(TableView view, List<Column> columns) {
        List<Column> numeric = columns.stream()
                .filter(column -> column.kind() == ColumnKind.NUMBER)
                .sorted(java.util.Comparator.comparingInt(
                        column -> column.field().fieldId()))
                .limit(Correlations.MOST_COLUMNS)
                .toList();
        return () -> {
            Correlations correlations = new Correlations();
            if (numeric.size() < 2) return correlations;
            int[] ids = numeric.stream()
                    .mapToInt(column -> column.field().fieldId())
                    .toArray();
            String text = numeric.stream()
                    .map(column -> column.kind().value(column.field()))
                    .collect(Collectors.joining(
                            ", ",
                            "select ",
                            " from (" + view.sql() + ") using sample reservoir(" + SAMPLE + " rows) repeatable (7)"));
            arrow(view, text, batch -> {
                double[] row = new double[ids.length];
                for (int i = 0; i < batch.getRowCount(); i++) {
                    for (int c = 0; c < ids.length; c++) {
                        Float8Vector values = (Float8Vector) batch.getVector(c);
                        row[c] = values.isNull(i) ? Double.NaN : values.get(i);
                    }
                    correlations.add(ids, row);
                }
            });
            return correlations;
        };
    }

    @FunctionalInterface
    private interface Batches {
        void take(VectorSchemaRoot batch);
    }

    private void arrow(TableView view, String text, Batches batches) {
        try (Duck duck = Duck.openStreaming(caps);
                PreparedStatement statement = duck.connection().prepareStatement(text);
                ResultSet result = statement.executeQuery();
                BufferAllocator memory = new RootAllocator(ARROW_BYTES);
                ArrowReader reader =
                        (ArrowReader) result.unwrap(DuckDBResultSet.class).arrowExportStream(memory, BATCH)) {
            VectorSchemaRoot batch = reader.getVectorSchemaRoot();
            while (reader.loadNextBatch()) batches.take(batch);
        } catch (SQLException e) {
            throw UNAVAILABLE.because(
                    "A file of '%s' cannot be read for its profile: %s",
                    view.scan().dataset(), firstLine(e));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String firstLine(SQLException e) {
        return Optional.ofNullable(e.getMessage())
                .orElse("")
                .lines()
                .findFirst()
                .orElse("");
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
