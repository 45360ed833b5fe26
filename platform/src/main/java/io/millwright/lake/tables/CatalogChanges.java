package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.NamespaceNotEmptyException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;

/// Changes of the catalog that are no commits: namespaces made and dropped, tables renamed, dropped and
/// restored. Failures are Iceberg's own, which the REST api and [TableService] each tell in their way.
final class CatalogChanges {
    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final TableStore tables = new TableStore();
    private final NamespaceStore namespaces = new NamespaceStore();

    CatalogChanges(Db db, Ledger ledger, Clock clock) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
    }

    List<String> tables(String workspace, String namespace) {
        return db.read(sql -> {
            if (!namespaces.exists(sql, workspace, namespace)) throw noNamespace(namespace);
            return tables.names(sql, workspace, namespace);
        });
    }

    List<String> namespaces(String workspace) {
        return db.read(sql -> namespaces.names(sql, workspace));
    }

    Map<String, String> properties(String workspace, String namespace) {
        return db.read(
                sql -> namespaces.properties(sql, workspace, namespace).orElseThrow(() -> noNamespace(namespace)));
    }

    /// Also those it lies in, if they are not there.
    void createNamespace(String workspace, String namespace, Map<String, String> properties) {
        DatasetName.checkNamespace(namespace);
        db.tx(sql -> {
            if (!createNamespace(sql, workspace, namespace, properties)) {
                throw new AlreadyExistsException("Namespace already exists: %s", namespace);
            }
            return 0;
        });
    }

    void ensureNamespace(String workspace, String namespace) {
        DatasetName.checkNamespace(namespace);
        if (db.read(sql -> namespaces.exists(sql, workspace, namespace))) return;
        db.tx(sql -> createNamespace(sql, workspace, namespace, Map.of()));
    }

    private boolean createNamespace(Sql sql, String workspace, String namespace, Map<String, String> properties) {
        int dot = namespace.lastIndexOf('.');
        if (dot > 0) {
            String parent = namespace.substring(0, dot);
            if (!namespaces.touch(sql, workspace, parent, now())) createNamespace(sql, workspace, parent, Map.of());
        }
        if (!namespaces.insert(sql, workspace, namespace, properties, now())) return false;
        ledger.append(sql, "namespace.created", "namespace:" + namespace, Map.of("properties", properties));
        return true;
    }

    void changeProperties(String workspace, String namespace, Map<String, String> set, Set<String> removed) {
        db.tx(sql -> {
            Map<String, String> properties = new LinkedHashMap<>(
                    namespaces.properties(sql, workspace, namespace).orElseThrow(() -> noNamespace(namespace)));
            properties.keySet().removeAll(removed);
            properties.putAll(set);
            namespaces.setProperties(sql, workspace, namespace, properties, now());
            ledger.append(sql, "namespace.changed", "namespace:" + namespace, Map.of("properties", properties));
            return 0;
        });
    }

    boolean dropNamespace(String workspace, String namespace) {
        return db.tx(sql -> {
            if (!namespaces.touch(sql, workspace, namespace, now())) return false;
            if (!namespaces.isEmpty(sql, workspace, namespace)) {
                throw new NamespaceNotEmptyException(
                        "Namespace %s is not empty: it holds tables or other namespaces. Drop them first.", namespace);
            }
            namespaces.remove(sql, workspace, namespace);
            ledger.append(sql, "namespace.dropped", "namespace:" + namespace, Map.of());
            return true;
        });
    }

    boolean drop(String workspace, DatasetName name) {
        return db.tx(sql -> {
            TableStore.Row row = tables.find(sql, workspace, name).orElse(null);
            if (row == null) return false;
            tables.setDropped(sql, row.id(), now());
            ledger.append(sql, "dataset.dropped", name.urn(), Map.of("table_id", row.id()));
            return true;
        });
    }

    /// Brings back the one that was dropped last under this name.
    void restore(String workspace, DatasetName name) {
        db.tx(sql -> {
            if (tables.find(sql, workspace, name).isPresent()) {
                throw new AlreadyExistsException("Table already exists: %s. Rename it, then restore the other.", name);
            }
            TableStore.Row row = tables.findDropped(sql, workspace, name)
                    .orElseThrow(() -> NOT_FOUND.because(
                            "No dataset '%s' is in the trash. It may have been removed for good by gc.", name));
            if (!namespaces.touch(sql, workspace, name.namespace(), now())) {
                createNamespace(sql, workspace, name.namespace(), Map.of());
            }
            tables.setDropped(sql, row.id(), null);
            ledger.append(sql, "dataset.restored", name.urn(), Map.of("table_id", row.id()));
            return 0;
        });
    }

    void rename(String workspace, DatasetName from, DatasetName to) {
        db.tx(sql -> {
            TableStore.Row row = tables.find(sql, workspace, from)
                    .orElseThrow(() -> new NoSuchTableException("Table does not exist: %s", from));
            if (from.equals(to)) return 0;
            if (!namespaces.touch(sql, workspace, to.namespace(), now())) throw noNamespace(to.namespace());
            if (tables.find(sql, workspace, to).isPresent()) {
                throw new AlreadyExistsException("Table already exists: %s", to);
            }
            tables.rename(sql, row.id(), to, now());
            tables.setSearch(sql, row.id(), Description.search(to, row.comment(), row.owners(), row.tags()));
            ledger.append(
                    sql,
                    "dataset.renamed",
                    to.urn(),
                    Map.of("table_id", row.id(), "from", from.toString(), "to", to.toString()));
            return 0;
        });
    }

    private static NoSuchNamespaceException noNamespace(String namespace) {
        return new NoSuchNamespaceException("Namespace does not exist: %s", namespace);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
