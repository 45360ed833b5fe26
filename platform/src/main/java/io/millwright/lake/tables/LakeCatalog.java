package io.millwright.lake.tables;

import io.millwright.kernel.Failure;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.BaseMetastoreCatalog;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;

/// The catalog of one workspace as iceberg-core knows catalogs. It asks nobody's rights; [TableService] and
/// the REST api do, before they come here.
final class LakeCatalog extends BaseMetastoreCatalog implements SupportsNamespaces {
    /// What every table begins with; a client's own properties win.
    private static final Map<String, String> DEFAULTS = Map.of(
            CatalogProperties.TABLE_DEFAULT_PREFIX + TableProperties.FORMAT_VERSION, "2",
            CatalogProperties.TABLE_DEFAULT_PREFIX + TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED, "true",
            CatalogProperties.TABLE_DEFAULT_PREFIX + TableProperties.METADATA_COMPRESSION, "gzip",
            CatalogProperties.TABLE_DEFAULT_PREFIX + TableProperties.PARQUET_COMPRESSION, "zstd");

    private final String workspace;
    private final TableCommits commits;
    private final CatalogChanges changes;

    LakeCatalog(String workspace, TableCommits commits, CatalogChanges changes) {
        this.workspace = workspace;
        this.commits = commits;
        this.changes = changes;
    }

    @Override
    public String name() {
        return "millwright";
    }

    @Override
    protected Map<String, String> properties() {
        return DEFAULTS;
    }

    @Override
    protected DatasetOperations newTableOps(TableIdentifier id) {
        return new DatasetOperations(commits, workspace, id);
    }

    @Override
    protected boolean isValidIdentifier(TableIdentifier id) {
        try {
            DatasetName.of(id);
            return true;
        } catch (Failure e) {
            return false;
        }
    }

    @Override
    protected String defaultWarehouseLocation(TableIdentifier id) {
        return commits.newLocation(workspace, DatasetName.of(id));
    }

    @Override
    public List<TableIdentifier> listTables(Namespace namespace) {
        return changes.tables(workspace, DatasetName.text(namespace)).stream()
                .map(name -> TableIdentifier.of(namespace, name))
                .toList();
    }

    /// To the trash, whether it is to be purged or not: what nobody restores goes with the next `gc`.
    @Override
    public boolean dropTable(TableIdentifier id, boolean purge) {
        return changes.drop(workspace, DatasetName.of(id));
    }

    @Override
    public void renameTable(TableIdentifier from, TableIdentifier to) {
        changes.rename(workspace, DatasetName.of(from), DatasetName.of(to));
    }

    @Override
    public void createNamespace(Namespace namespace, Map<String, String> properties) {
        changes.createNamespace(workspace, DatasetName.text(namespace), properties);
    }

    @Override
    public List<Namespace> listNamespaces(Namespace parent) {
        String prefix = parent.isEmpty() ? "" : DatasetName.text(parent) + ".";
        if (!parent.isEmpty() && !namespaceExists(parent)) {
            throw new NoSuchNamespaceException("Namespace does not exist: %s", parent);
        }
        return changes.namespaces(workspace).stream()
                .filter(name -> name.startsWith(prefix) && name.indexOf('.', prefix.length()) < 0)
                .map(DatasetName::namespaceOf)
                .toList();
    }

    @Override
    public Map<String, String> loadNamespaceMetadata(Namespace namespace) {
        return changes.properties(workspace, DatasetName.text(namespace));
    }

    @Override
    public boolean dropNamespace(Namespace namespace) {
        return changes.dropNamespace(workspace, DatasetName.text(namespace));
    }

    @Override
    public boolean setProperties(Namespace namespace, Map<String, String> properties) {
        changes.changeProperties(workspace, DatasetName.text(namespace), properties, Set.of());
        return true;
    }

    @Override
    public boolean removeProperties(Namespace namespace, Set<String> properties) {
        changes.changeProperties(workspace, DatasetName.text(namespace), Map.of(), properties);
        return true;
    }
}
