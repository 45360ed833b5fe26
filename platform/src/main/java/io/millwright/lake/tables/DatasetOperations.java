package io.millwright.lake.tables;

import java.util.List;
import org.apache.iceberg.BaseMetastoreTableOperations;
import org.apache.iceberg.MetadataUpdate;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.UpdateRequirement;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.io.FileIO;
import org.jspecify.annotations.Nullable;

/// One table as Iceberg's own commits see it: its metadata file is named by our row.
final class DatasetOperations extends BaseMetastoreTableOperations {
    private final TableCommits commits;
    private final String workspace;
    private final DatasetName name;
    private TableStore.@Nullable Row row;
    private @Nullable String location;

    DatasetOperations(TableCommits commits, String workspace, TableIdentifier id) {
        this.commits = commits;
        this.workspace = workspace;
        this.name = DatasetName.of(id);
    }

    @Override
    protected String tableName() {
        return name.toString();
    }

    @Override
    public FileIO io() {
        String at = location;
        return commits.files(at != null ? at : commits.workspaceRoot(workspace));
    }

    @Override
    protected void doRefresh() {
        TableStore.Row found = commits.find(workspace, name).orElse(null);
        row = found;
        if (found == null) {
            if (currentMetadataLocation() != null) {
                throw new NoSuchTableException("Table does not exist: %s", name);
            }
            disableRefresh();
            return;
        }
        location = found.location();
        refreshFromMetadataLocation(found.metadata(), null, 0, this::load);
    }

    private TableMetadata load(String metadata) {
        return commits.cache().get(metadata, () -> TableMetadataParser.read(io().newInputFile(metadata)));
    }

    @Override
    protected void doCommit(@Nullable TableMetadata base, TableMetadata metadata) {
        if (base == null) location = commits.checkedLocation(workspace, metadata.location());
        TableMetadata next = commits.checked(name, row, base, metadata);
        String written = commits.metadata().write(io(), currentVersion() + 1, next);
        commits.publish(new TableCommits.Change(workspace, name, row, base, next, written, CommitNote.current()));
    }

    /// A commit of a client, ready to be published beside others.
    ///
    /// @throws org.apache.iceberg.exceptions.CommitFailedException when the table is not as the client
    ///     believes
    TableCommits.Change prepare(List<UpdateRequirement> requirements, List<MetadataUpdate> updates) {
        TableMetadata base = current();
        for (UpdateRequirement requirement : requirements) requirement.validate(base);
        TableMetadata.Builder builder = base == null ? TableMetadata.buildFromEmpty() : TableMetadata.buildFrom(base);
        for (MetadataUpdate update : updates) update.applyTo(builder);
        TableMetadata asked = builder.build();
        if (base == null) location = commits.checkedLocation(workspace, asked.location());
        TableMetadata next = commits.checked(name, row, base, asked);
        String written = commits.metadata().write(io(), currentVersion() + 1, next);
        return new TableCommits.Change(workspace, name, row, base, next, written, CommitNote.current());
    }
}
