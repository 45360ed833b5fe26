package io.millwright.lake.tables;

import io.millwright.kernel.Digests;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.Consumer;
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
            for (String path : paths) {
                add(path);
                add(beside(table.location(), path));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Where bytes are kept that belong to a data file.
    static String beside(String table, String dataFile) {
        byte[] digest = Digests.sha256().digest(TableFiles.plain(dataFile).getBytes(StandardCharsets.UTF_8));
        return table + "/profiles/" + HexFormat.of().formatHex(digest, 0, 16) + ".sketch";
    }

    private boolean add(String location) {
        return files.add(TableFiles.plain(location));
    }

    /// @param plain as [TableFiles#plain] has it
    void forEach(Consumer<String> plain) {
        files.forEach(plain);
    }

    boolean contains(String location) {
        return files.contains(TableFiles.plain(location));
    }
}
