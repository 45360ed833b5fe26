package io.millwright.lake.tables;

import java.util.List;
import java.util.Optional;
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
    ///
    /// @param kind `positions` (Parquet with `file_path` and `pos`), `equality` or `vector`
    /// @param rows that it takes away, perhaps from several data files
    public record Delete(String location, String kind, long bytes, long rows) {}

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
