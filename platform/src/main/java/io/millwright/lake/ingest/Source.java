package io.millwright.lake.ingest;

import io.millwright.lake.duck.Duck;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.types.Type;

/// A file as a relation of DuckDB: what columns it has and how they are read.
sealed interface Source permits CsvSource, NestedSource {
    /// A column as the file has it.
    ///
    /// @param type inferred; of CSV from its first lines
    record Column(String name, Type type) {}

    FileKind kind();

    List<Column> columns();

    /// What to read from.
    ///
    /// @param as the types to read columns as, by position from 0; those left out are not wanted
    Read read(Map<Integer, Type> as);

    /// The value of a column in a row of [#read].
    String value(int position, Type as);

    /// One reading of the file.
    ///
    /// @param relation what to put behind `from`
    /// @param rejects the table that lines go into which could not be read; empty when reading
    ///     stops at them
    record Read(String relation, String rejects) {}

    /// Finds out what a file is and what it has.
    ///
    /// @param name what to call it
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it cannot be read as a table at all
    static Source open(Duck duck, Path file, String name, FileOptions options) throws IOException, SQLException {
        FileKind kind = FileKind.of(file, name, options);
        return switch (kind) {
            case CSV -> CsvSource.open(duck, file, options);
            case JSON, PARQUET -> NestedSource.open(duck, kind, file);
        };
    }
}
