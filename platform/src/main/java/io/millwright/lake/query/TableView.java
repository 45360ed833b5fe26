package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;
import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.iceberg.deletes.PositionDeleteIndex;
import org.apache.iceberg.types.Types;

/// A version of a dataset as DuckDB reads it: its files here, with the columns that the version has, whatever they
/// were called when a file was written, and without the rows that were deleted since.
public final class TableView implements AutoCloseable {
    /// More are no text any more.
    private static final int MOST_POSITIONS = 1_000_000;

    private final TableScan scan;
    private final Map<String, TableService.LocalFile> files = new LinkedHashMap<>();
    private final Map<TableScan.Vector, String> positions = new HashMap<>();

    private TableView(TableScan scan) {
        this.scan = scan;
    }

    /// Makes the files readable here until it is closed.
    ///
    /// @throws io.millwright.kernel.Failure UNAVAILABLE when one is missing or altered; UNSUPPORTED when they are
    ///     of a kind that DuckDB does not read
    public static TableView open(TableService tables, TableScan scan) {
        TableView view = new TableView(scan);
        try {
            for (TableScan.ScanFile file : scan.files()) {
                if (!file.format().equals("PARQUET")) throw unsupported(scan, file.format() + " files");
                view.fetch(tables, file.location(), file.bytes());
                for (TableScan.Delete delete : file.deletes()) {
                    view.fetch(tables, delete.location(), delete.bytes());
                    if (delete instanceof TableScan.Vector vector) view.read(vector);
                    if (delete instanceof TableScan.Equality equality) view.requireColumns(equality);
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

    private void read(TableScan.Vector vector) {
        if (vector.rows() > MOST_POSITIONS) throw unsupported(scan, "a file with " + vector.rows() + " deleted rows");
        if (positions.containsKey(vector)) return;
        StringBuilder list = new StringBuilder();
        try (RandomAccessFile file =
                new RandomAccessFile(path(vector.location()).toFile(), "r")) {
            byte[] blob = new byte[Math.toIntExact(vector.file().contentSizeInBytes())];
            file.seek(vector.file().contentOffset());
            file.readFully(blob);
            PositionDeleteIndex.deserialize(blob, vector.file())
                    .forEach(position -> list.append(list.isEmpty() ? "" : ", ").append(position));
        } catch (IOException | IllegalArgumentException | NullPointerException e) {
            throw UNAVAILABLE.because(
                    "The file %s of '%s', which says which rows are deleted, cannot be read: it was altered or damaged.",
                    name(vector.location()), scan.dataset());
        }
        positions.put(vector, list.toString());
    }

    private static String name(String location) {
        return location.substring(location.lastIndexOf('/') + 1);
    }

    private void requireColumns(TableScan.Equality delete) {
        for (int id : delete.fields()) {
            if (scan.schema().columns().stream().noneMatch(field -> field.fieldId() == id)) {
                throw unsupported(scan, "deletes by a column that it has no more, or within another column");
            }
        }
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
            parts.addFirst("select " + columns() + " from read_parquet(" + listOf(whole) + ", "
                    + schema(scan.schema().columns()) + ")");
        }
        return parts.isEmpty() ? nothing() : String.join(" union all ", parts);
    }

    private String nothing() {
        return scan.schema().columns().stream()
                .map(field -> "cast(null as " + ColumnTypes.duck(field.type()) + ") as " + Duck.quoted(field.name()))
                .collect(Collectors.joining(", ", "select ", " limit 0"));
    }

    private String without(TableScan.ScanFile file) {
        List<String> conditions = new ArrayList<>();
        List<String> byPosition = new ArrayList<>();
        Map<List<Integer>, List<String>> byValue = new LinkedHashMap<>();
        for (TableScan.Delete delete : file.deletes()) {
            switch (delete) {
                case TableScan.Positions one -> byPosition.add(literal(one.location()));
                case TableScan.Equality one ->
                    byValue.computeIfAbsent(one.fields(), fields -> new ArrayList<>())
                            .add(literal(one.location()));
                case TableScan.Vector one ->
                    conditions.add("d.file_row_number not in (select unnest([" + positions.get(one) + "]::bigint[]))");
            }
        }
        if (!byPosition.isEmpty()) {
            conditions.add("not exists (select 1 from read_parquet(" + listOf(byPosition)
                    + ") as x where x.pos = d.file_row_number and x.file_path = " + Duck.literal(file.location())
                    + ")");
        }
        byValue.forEach((fields, locations) -> conditions.add(hasNot(fields, locations)));
        return "select " + columns() + " from read_parquet(" + literal(file.location()) + ", "
                + schema(scan.schema().columns()) + ", file_row_number = true) as d where "
                + String.join(" and ", conditions);
    }

    /// Values are equal as Iceberg has it: no value equals no value.
    private String hasNot(List<Integer> fields, List<String> locations) {
        List<Types.NestedField> columns =
                fields.stream().map(id -> scan.schema().findField(id)).toList();
        String equal = columns.stream()
                .map(field -> Duck.quoted(field.name()))
                .map(name -> "x." + name + " is not distinct from d." + name)
                .collect(Collectors.joining(" and "));
        return "not exists (select 1 from read_parquet(" + listOf(locations) + ", " + schema(columns) + ") as x where "
                + equal + ")";
    }

    private static String listOf(List<String> literals) {
        return literals.stream().collect(Collectors.joining(", ", "[", "]"));
    }

    private Path path(String location) {
        TableService.LocalFile file = files.get(location);
        if (file == null) throw new IllegalStateException(location);
        return file.path();
    }

    private String literal(String location) {
        return Duck.literal(path(location).toString());
    }

    private String columns() {
        return scan.schema().columns().stream()
                .map(field -> Duck.quoted(field.name()))
                .collect(Collectors.joining(", "));
    }

    private static String schema(List<Types.NestedField> columns) {
        return columns.stream().map(TableView::column).collect(Collectors.joining(", ", "schema = map {", "}"));
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
