package io.millwright.lake.ingest;

import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.duck.Duck;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.iceberg.types.Type;

/// JSON and Parquet: columns have names and types, and may be nested.
record NestedSource(FileKind kind, String relation, List<Column> columns, List<String> duckTypes) implements Source {
    NestedSource {
        columns = List.copyOf(columns);
        duckTypes = List.copyOf(duckTypes);
    }

    static NestedSource open(Duck duck, FileKind kind, Path file) throws IOException, SQLException {
        String path = Duck.literal(file.toString());
        if (kind == FileKind.PARQUET) return described(duck, kind, "read_parquet(" + path + ")");
        // The whole file is looked at: the types are true for all of it then.
        String json = "read_json(" + path + ", sample_size=-1, records='true', compression='"
                + (FileKind.isGzip(file) ? "gzip" : "none") + "'";
        NestedSource found = described(duck, kind, json + ")");
        String columns = found.columns.stream()
                .map(column -> Duck.literal(column.name()) + ": "
                        + Duck.literal(found.duckTypes.get(found.columns.indexOf(column))))
                .collect(Collectors.joining(", ", ", columns={", "})"));
        return new NestedSource(kind, json + columns, found.columns, found.duckTypes);
    }

    private static NestedSource described(Duck duck, FileKind kind, String relation) throws SQLException {
        List<String[]> rows = duck.query(
                "describe select * from " + relation, row -> new String[] {row.getString(1), row.getString(2)});
        return new NestedSource(
                kind,
                relation,
                rows.stream()
                        .map(row -> new Column(row[0], ColumnTypes.iceberg(row[1])))
                        .toList(),
                rows.stream().map(row -> row[1]).toList());
    }

    @Override
    public Read read(Map<Integer, Type> as) {
        return new Read(relation, "");
    }

    @Override
    public String value(int position, Type as) {
        String column = Duck.quoted(columns.get(position).name());
        String duck = ColumnTypes.duck(as);
        return duck.equals(duckTypes.get(position)) ? column : "cast(" + column + " as " + duck + ")";
    }
}
