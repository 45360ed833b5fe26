package io.millwright.lake.rewrite;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.lake.duck.Duck;
import io.millwright.lake.duck.FileMetrics;
import io.millwright.lake.duck.ParquetCopy;
import io.millwright.lake.query.TableView;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;

/// Reads files of a dataset and writes their rows into a new one.
final class Rewriter {
    private final TableService tables;
    private final Duck.Caps caps;

    Rewriter(TableService tables, Duck.Caps caps) {
        this.tables = tables;
        this.caps = caps;
    }

    /// A finished Parquet file.
    record Written(Path path, Metrics metrics) {}

    /// @param folder made if it is not there
    List<Written> write(TableScan scan, List<TableScan.ScanFile> group, Path folder) {
        Schema schema = scan.schema();
        Path target = folder.resolve(UUID.randomUUID() + ".parquet");
        try (TableView view = TableView.open(tables, scan.of(group));
                Duck duck = Duck.open(caps)) {
            Files.createDirectories(folder);
            String copy = "copy (" + view.sql() + ") to " + Duck.literal(target.toString())
                    + " (format parquet, compression zstd, return_stats, field_ids " + ParquetCopy.fieldIds(schema)
                    + ")";
            return duck.query(copy, row -> {
                long rows = row.getLong("count");
                Metrics metrics =
                        FileMetrics.of(schema, rows, ParquetCopy.statistics(row.getObject("column_statistics")));
                return new Written(Path.of(row.getString("filename")), metrics);
            });
        } catch (SQLException e) {
            throw UNAVAILABLE.because(
                    "The files of '%s' cannot be rewritten, and nothing was changed: %s",
                    scan.dataset(),
                    String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
