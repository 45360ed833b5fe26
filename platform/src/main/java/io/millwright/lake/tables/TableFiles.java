package io.millwright.lake.tables;

import java.util.Map;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.SupportsBulkOperations;

/// The files of one table, and no others: a manifest may name anything, also what its writer may not read.
@SuppressWarnings("serial") // Iceberg's interface is serializable for engines that ship it; this one stays here.
final class TableFiles implements SupportsBulkOperations {
    private final transient Warehouse warehouse;
    private final String location;

    /// @param location of the table
    TableFiles(Warehouse warehouse, String location) {
        this.warehouse = warehouse;
        this.location = location;
    }

    @Override
    public InputFile newInputFile(String path) {
        return warehouse.input(own(path));
    }

    @Override
    public OutputFile newOutputFile(String path) {
        return warehouse.output(own(path));
    }

    @Override
    public void deleteFile(String path) {
        warehouse.delete(own(path));
    }

    /// Iceberg would hand them to threads of its own otherwise, and look every 10 ms whether they are done.
    @Override
    public void deleteFiles(Iterable<String> paths) {
        paths.forEach(this::deleteFile);
    }

    Warehouse.Lease local(String path, long bytes) {
        return warehouse.local(own(path), bytes);
    }

    /// As engines write it: `file:/x` and `/x` for `file:///x`, `s3a:` for `s3:`.
    private String own(String path) {
        if (!isOwn(path)) throw FolderWarehouse.outside(path);
        return path;
    }

    boolean isOwn(String path) {
        return plain(path).startsWith(plain(location) + "/") && !path.contains("/../");
    }

    static String plain(String path) {
        if (path.startsWith("file:")) return path.substring("file:".length()).replaceFirst("^/+", "/");
        return path.replaceFirst("^s3[an]://", "s3://");
    }

    @Override
    public Map<String, String> properties() {
        return Map.of();
    }
}
