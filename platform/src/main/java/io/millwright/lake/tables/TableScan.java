package io.millwright.lake.tables;

import java.util.List;
import java.util.Optional;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Schema;

/// What to read for one version of a dataset: its files, nothing of them read yet.
///
/// @param schema the version's own, with field ids
/// @param version absent when nothing was committed yet
/// @param rows before deletes
/// @param filesInAll of the version; more than `files` when a filter has left some out
public record TableScan(
        DatasetName dataset,
        String tableId,
        Optional<DatasetVersion> version,
        Schema schema,
        List<ScanFile> files,
        long rows,
        long bytes,
        long filesInAll) {
    public TableScan {
        files = List.copyOf(files);
    }

    /// One data file.
    ///
    /// @param location as the table's metadata has it; [TableService#local] makes it readable here
    /// @param deletes what was deleted from it since it was written
    public record ScanFile(String location, String format, long rows, long bytes, List<Delete> deletes) {
        public ScanFile {
            deletes = List.copyOf(deletes);
        }
    }

    /// A file that says which rows of data files are gone.
    public sealed interface Delete {
        String location();

        /// Of the whole file.
        long bytes();

        /// How many it takes away, perhaps from several data files.
        long rows();
    }

    /// Parquet with `file_path` and `pos`.
    public record Positions(String location, long bytes, long rows) implements Delete {}

    /// Parquet with values: rows that have them are gone.
    ///
    /// @param fields ids of its columns
    public record Equality(String location, long bytes, long rows, List<Integer> fields) implements Delete {
        public Equality {
            fields = List.copyOf(fields);
        }
    }

    /// A bitmap of positions within a Puffin file.
    ///
    /// @param file as the metadata has it: where in the file, and how many positions
    public record Vector(String location, long bytes, long rows, DeleteFile file) implements Delete {}

    /// One of its files alone, with all the rows that were written to it.
    public TableScan of(ScanFile file) {
        ScanFile whole = new ScanFile(file.location(), file.format(), file.rows(), file.bytes(), List.of());
        return of(List.of(whole));
    }

    /// Some of its files.
    public TableScan of(List<ScanFile> some) {
        long someRows = some.stream().mapToLong(ScanFile::rows).sum();
        long someBytes = some.stream().mapToLong(ScanFile::bytes).sum();
        return new TableScan(dataset, tableId, version, schema, some, someRows, someBytes, filesInAll);
    }
}
