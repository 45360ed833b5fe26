package io.millwright.lake.profiles;

import io.millwright.lake.tables.DatasetVersion;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.Schema;

/// What a version of a dataset holds.
///
/// @param version absent when there is none yet
/// @param merged of all its files, under the version's columns
/// @param deletedRows that its files still have, and the figures include
record Profile(Optional<DatasetVersion> version, Schema schema, FileProfile merged, long deletedRows) {
    /// One column of the version.
    ///
    /// @param values absent when no file was written with it
    record Column(int fieldId, String name, String type, Optional<ColumnProfile> values) {}

    List<Column> columns() {
        return schema.columns().stream()
                .map(field -> new Column(
                        field.fieldId(),
                        field.name(),
                        field.type().toString(),
                        Optional.ofNullable(merged.columns().get(field.fieldId()))))
                .toList();
    }
}
