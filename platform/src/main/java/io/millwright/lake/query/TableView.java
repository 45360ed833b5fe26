package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.iceberg.types.Types;

/// A version of a dataset as DuckDB reads it: its files here, with the columns that the version has, whatever they
/// were called when a file was written, and without the rows that were deleted since.
public final class TableView implements AutoCloseable {
    private final TableScan scan;
    private final Map<String, TableService.LocalFile> files;

    private TableView(TableScan scan, Map<String, TableService.LocalFile> files) {
        this.scan = scan;
        this.files = files;
    }

    /// Makes the files readable here until it is closed.
    ///
    /// @throws io.millwright.kernel.Failure UNAVAILABLE when one is missing or altered; UNSUPPORTED when they are
    ///     of a kind that DuckDB does not read
    public static TableView open(TableService tables, TableScan scan) {
        TableView view = new TableView(scan, new LinkedHashMap<>());
        try {
            for (TableScan.ScanFile file : scan.files()) {
                if (!file.format().equals("PARQUET")) throw unsupported(scan, file.format() + " files");
                view.fetch(tables, file.location(), file.bytes());
                for (TableScan.Delete delete : file.deletes()) {
                    if (!delete.kind().equals("positions")) throw unsupported(scan, "deletes by " + delete.kind());
                    view.fetch(tables, delete.location(), delete.bytes());
                }
            }
            return view;
        } catch (RuntimeException | Error e) {
            view.close();
            throw e;
        }
    }

    private static RuntimeException unsupported(TableScan scan, String what) {
        return UNSUPPORTED.because(
                "'%s' has %s, which SQL does not read here. Rewrite its files with Spark's rewrite_data_files.",
                scan.dataset(), what);
    }

    private void fetch(TableService tables, String location, long bytes) {
        files.computeIfAbsent(location, one -> tables.local(scan, one, bytes));
    }

    public TableScan scan() {
        return scan;
    }

    public List<Path> paths() {
        return files.values().stream().map(TableService.LocalFile::path).toList();
    }

    /// A query for all rows.
    public String sql() {
        List<String> whole = new ArrayList<>();
        List<String> parts = new ArrayList<>();
        for (TableScan.ScanFile file : scan.files()) {
            if (file.deletes().isEmpty()) whole.add(literal(file.location()));
            else parts.add(without(file));
        }
        if (!whole.isEmpty()) {
            parts.addFirst(
                    "select " + columns() + " from read_parquet([" + String.join(", ", whole) + "], " + schema() + ")");
        }
        return parts.isEmpty() ? nothing() : String.join(" union all ", parts);
    }

    private String nothing() {
        return scan.schema().columns().stream()
                .map(field -> "cast(null as " + ColumnTypes.duck(field.type()) + ") as " + Duck.quoted(field.name()))
                .collect(Collectors.joining(", ", "select ", " limit 0"));
    }

    private String without(TableScan.ScanFile file) {
        String deletes = file.deletes().stream()
                .map(delete -> literal(delete.location()))
                .collect(Collectors.joining(", ", "[", "]"));
        return "select " + columns() + " from read_parquet(" + literal(file.location()) + ", " + schema()
                + ", file_row_number = true) as d where not exists (select 1 from read_parquet(" + deletes
                + ") as x where x.pos = d.file_row_number and x.file_path = " + Duck.literal(file.location()) + ")";
    }

    private String literal(String location) {
        TableService.LocalFile file = files.get(location);
        if (file == null) throw new IllegalStateException(location);
        return Duck.literal(file.path().toString());
    }

    private String columns() {
        return scan.schema().columns().stream()
                .map(field -> Duck.quoted(field.name()))
                .collect(Collectors.joining(", "));
    }

    private String schema() {
        return scan.schema().columns().stream()
                .map(TableView::column)
                .collect(Collectors.joining(", ", "schema = map {", "}"));
    }

    private static String column(Types.NestedField field) {
        return field.fieldId() + ": {name: " + Duck.literal(field.name()) + ", type: "
                + Duck.literal(ColumnTypes.duck(field.type())) + ", default_value: null}";
    }

    @Override
    public void close() {
        files.values().forEach(TableService.LocalFile::close);
    }
}
