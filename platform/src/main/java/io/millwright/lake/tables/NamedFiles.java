package io.millwright.lake.tables;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Set;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.PartitionStatisticsFile;
import org.apache.iceberg.ReachableFileUtil;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.StaticTableOperations;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.io.CloseableIterable;

/// All files that a table's current metadata names, over all versions it has. Memory grows with their number.
final class NamedFiles {
    private final Set<String> files = new HashSet<>();

    private NamedFiles() {}

    /// @throws io.millwright.kernel.Failure when a file that names others cannot be read
    static NamedFiles of(TableStore.Row row, TableCommits commits) {
        TableFiles io = commits.files(row.location());
        return IcebergFailures.told(() -> {
            TableMetadata metadata = commits.cache()
                    .get(row.metadata(), () -> TableMetadataParser.read(io.newInputFile(row.metadata())));
            BaseTable table = new BaseTable(
                    new StaticTableOperations(metadata, io), row.name().toString());
            NamedFiles named = new NamedFiles();
            named.add(row.metadata());
            ReachableFileUtil.metadataFileLocations(table, false).forEach(named::add);
            ReachableFileUtil.manifestListLocations(table).forEach(named::add);
            ReachableFileUtil.statisticsFilesLocations(table).forEach(named::add);
            for (PartitionStatisticsFile statistics : table.partitionStatisticsFiles()) named.add(statistics.path());
            for (Snapshot snapshot : table.snapshots()) {
                for (ManifestFile manifest : snapshot.allManifests(io)) named.addManifest(manifest, table, io);
            }
            return named;
        });
    }

    private void addManifest(ManifestFile manifest, BaseTable table, TableFiles io) {
        if (!add(manifest.path())) return;
        try (CloseableIterable<String> paths = ManifestFiles.readPaths(manifest, io, table.specs())) {
            paths.forEach(this::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean add(String location) {
        return files.add(TableFiles.plain(location));
    }

    boolean contains(String location) {
        return files.contains(TableFiles.plain(location));
    }
}
