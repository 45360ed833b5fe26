package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Handler;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.iceberg.MetadataUpdate;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.BadRequestException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NamespaceNotEmptyException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.UnprocessableEntityException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.rest.CatalogHandlers;
import org.apache.iceberg.rest.Endpoint;
import org.apache.iceberg.rest.RESTCatalogProperties.SnapshotMode;
import org.apache.iceberg.rest.requests.CommitTransactionRequest;
import org.apache.iceberg.rest.requests.CreateNamespaceRequest;
import org.apache.iceberg.rest.requests.CreateTableRequest;
import org.apache.iceberg.rest.requests.RenameTableRequest;
import org.apache.iceberg.rest.requests.UpdateNamespacePropertiesRequest;
import org.apache.iceberg.rest.requests.UpdateTableRequest;
import org.apache.iceberg.rest.responses.ConfigResponse;
import org.apache.iceberg.rest.responses.ListNamespacesResponse;
import org.apache.iceberg.rest.responses.ListTablesResponse;
import org.apache.iceberg.rest.responses.LoadTableResponse;

/// Iceberg's REST catalog. The prefix of its paths is the workspace, which a client names as its `warehouse`.
final class IcebergCatalogApi {
    private static final String NAMESPACES = "/namespaces";
    private static final String NAMESPACE = NAMESPACES + "/{namespace}";
    private static final String TABLES = NAMESPACE + "/tables";
    private static final String TABLE = TABLES + "/{table}";
    private static final List<Endpoint> ENDPOINTS = List.of(
            Endpoint.V1_LIST_NAMESPACES,
            Endpoint.V1_LOAD_NAMESPACE,
            Endpoint.V1_NAMESPACE_EXISTS,
            Endpoint.V1_CREATE_NAMESPACE,
            Endpoint.V1_UPDATE_NAMESPACE,
            Endpoint.V1_DELETE_NAMESPACE,
            Endpoint.V1_LIST_TABLES,
            Endpoint.V1_LOAD_TABLE,
            Endpoint.V1_TABLE_EXISTS,
            Endpoint.V1_CREATE_TABLE,
            Endpoint.V1_UPDATE_TABLE,
            Endpoint.V1_DELETE_TABLE,
            Endpoint.V1_RENAME_TABLE,
            Endpoint.V1_REPORT_METRICS,
            Endpoint.V1_COMMIT_TRANSACTION);

    private final TableCommits commits;
    private final CatalogChanges changes;
    /// What a client needs to reach the files; its own settings win.
    private final Map<String, String> defaults;

    IcebergCatalogApi(TableCommits commits, CatalogChanges changes, Map<String, String> defaults) {
        this.commits = commits;
        this.changes = changes;
        this.defaults = Map.copyOf(defaults);
    }

    void addRoutes(Routes routes) {
        routes.add(new Route(
                "GET",
                "/iceberg/v1/config",
                Dialect.ICEBERG,
                BodyKind.NONE,
                "Iceberg: what a client begins with",
                Need.SIGNED_IN,
                told(this::config)));
        on(routes, "GET", NAMESPACES, this::listNamespaces);
        on(routes, "POST", NAMESPACES, this::createNamespace);
        on(routes, "GET", NAMESPACE, this::loadNamespace);
        on(routes, "HEAD", NAMESPACE, this::namespaceExists);
        on(routes, "DELETE", NAMESPACE, this::dropNamespace);
        on(routes, "POST", NAMESPACE + "/properties", this::updateNamespace);
        on(routes, "GET", TABLES, this::listTables);
        on(routes, "POST", TABLES, this::createTable);
        on(routes, "GET", TABLE, this::loadTable);
        on(routes, "HEAD", TABLE, this::tableExists);
        on(routes, "POST", TABLE, this::updateTable);
        on(routes, "DELETE", TABLE, this::dropTable);
        on(routes, "POST", TABLE + "/metrics", this::reportMetrics);
        on(routes, "POST", "/tables/rename", this::renameTable);
        on(routes, "POST", "/transactions/commit", this::commitTransaction);
    }

    /// The workspace stands in the path, so the rights are asked for in it, by each handler.
    private void on(Routes routes, String method, String path, Handler handler) {
        BodyKind body = method.equals("POST") ? BodyKind.JSON : BodyKind.NONE;
        Handler inWorkspace = call -> {
            RequestContext context = RequestContext.current().in(call.pathVariable("workspace"));
            requireSomewhere(context);
            return context.call(() -> handler.handle(call));
        };
        routes.add(new Route(
                method,
                "/iceberg/v1/{workspace}" + path,
                Dialect.ICEBERG,
                body,
                "Iceberg " + path,
                Need.SIGNED_IN,
                told(inWorkspace)));
    }

    private static void requireSomewhere(RequestContext context) {
        if (context.access().allowsSomewhere(Right.READ, context.workspace())) return;
        throw PERMISSION_DENIED.because(
                "Permission denied: '%s' has no right to read anything in workspace '%s'. Name another as the catalog's"
                        + " warehouse, or ask an administrator.",
                context.principal().name(), context.workspace());
    }

    private Reply config(Call call) throws IOException {
        String workspace = call.queryValue("warehouse")
                .filter(name -> !name.isBlank())
                .orElse(RequestContext.current().workspace());
        var config = ConfigResponse.builder().withOverride("prefix", workspace).withEndpoints(ENDPOINTS);
        defaults.forEach(config::withDefault);
        return IcebergJson.reply(config.build());
    }

    private Reply listNamespaces(Call call) throws IOException {
        Namespace parent =
                call.queryValue("parent").map(IcebergCatalogApi::namespace).orElse(Namespace.empty());
        ListNamespacesResponse all = CatalogHandlers.listNamespaces(catalog(), parent);
        return IcebergJson.reply(ListNamespacesResponse.builder()
                .addAll(all.namespaces().stream()
                        .filter(namespace -> allows(Right.READ, namespace))
                        .toList())
                .build());
    }

    private Reply createNamespace(Call call) throws IOException {
        var request = IcebergJson.read(call.body(), CreateNamespaceRequest.class);
        require(Right.WRITE, request.namespace());
        return IcebergJson.reply(CatalogHandlers.createNamespace(catalog(), request));
    }

    private Reply loadNamespace(Call call) throws IOException {
        Namespace namespace = namespace(call);
        require(Right.READ, namespace);
        return IcebergJson.reply(CatalogHandlers.loadNamespace(catalog(), namespace));
    }

    private Reply namespaceExists(Call call) {
        Namespace namespace = namespace(call);
        require(Right.READ, namespace);
        CatalogHandlers.namespaceExists(catalog(), namespace);
        return Reply.noContent(204);
    }

    private Reply dropNamespace(Call call) {
        Namespace namespace = namespace(call);
        require(Right.MANAGE, namespace);
        CatalogHandlers.dropNamespace(catalog(), namespace);
        return Reply.noContent(204);
    }

    private Reply updateNamespace(Call call) throws IOException {
        Namespace namespace = namespace(call);
        require(Right.WRITE, namespace);
        var request = IcebergJson.read(call.body(), UpdateNamespacePropertiesRequest.class);
        return IcebergJson.reply(CatalogHandlers.updateNamespaceProperties(catalog(), namespace, request));
    }

    private Reply listTables(Call call) throws IOException {
        ListTablesResponse all = CatalogHandlers.listTables(catalog(), namespace(call));
        return IcebergJson.reply(ListTablesResponse.builder()
                .addAll(all.identifiers().stream()
                        .filter(id -> allows(Right.READ, DatasetName.of(id)))
                        .toList())
                .build());
    }

    private Reply createTable(Call call) throws IOException {
        Namespace namespace = namespace(call);
        require(Right.WRITE, namespace);
        var request = IcebergJson.read(call.body(), CreateTableRequest.class);
        new DatasetName(DatasetName.text(namespace), request.name());
        if (request.location() != null) {
            commits.checkedLocation(RequestContext.current().workspace(), request.location());
        }
        LoadTableResponse made = request.stageCreate()
                ? CatalogHandlers.stageTableCreate(catalog(), namespace, request)
                : CatalogHandlers.createTable(catalog(), namespace, request);
        return loaded(made);
    }

    private Reply loadTable(Call call) throws IOException {
        TableIdentifier id = table(call);
        TableService.require(Right.READ, DatasetName.of(id));
        String mode = call.queryValue("snapshots").orElse("all").toUpperCase(Locale.ROOT);
        if (!mode.equals("ALL") && !mode.equals("REFS")) {
            throw INVALID_ARGUMENT.because("snapshots is '%s', expected all or refs.", mode);
        }
        LoadTableResponse table = CatalogHandlers.loadTable(catalog(), id, SnapshotMode.valueOf(mode));
        boolean all = mode.equals("ALL");
        String etag = etag(table, all ? "" : "-refs");
        boolean known = call.header("if-none-match").filter(etag::equals).isPresent();
        if (known) return Reply.noContent(304).with("etag", etag);
        return all ? loaded(table) : IcebergJson.reply(table).with("etag", etag);
    }

    private Reply loaded(LoadTableResponse table) throws IOException {
        String location = table.metadataLocation();
        if (location == null) return IcebergJson.reply(table);
        byte[] metadata = commits.metadata().json(location, table.tableMetadata());
        return IcebergJson.reply(location, metadata, table.config()).with("etag", etag(table, ""));
    }

    /// A metadata file never changes, so its name stands for what is in it.
    ///
    /// @param part of the metadata that is answered
    private static String etag(LoadTableResponse table, String part) {
        String location = String.valueOf(table.metadataLocation());
        return '"' + location.substring(location.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9-]", "-") + part + '"';
    }

    private Reply tableExists(Call call) {
        TableIdentifier id = table(call);
        TableService.require(Right.READ, DatasetName.of(id));
        CatalogHandlers.tableExists(catalog(), id);
        return Reply.noContent(204);
    }

    private Reply updateTable(Call call) throws IOException {
        TableIdentifier id = table(call);
        var request = IcebergJson.read(call.body(), UpdateTableRequest.class);
        requireToUpdate(id, request.updates());
        return loaded(CatalogHandlers.updateTable(catalog(), id, request));
    }

    private void requireToUpdate(TableIdentifier id, List<MetadataUpdate> updates) {
        DatasetName name = DatasetName.of(id);
        boolean removes = updates.stream()
                .anyMatch(update -> update instanceof MetadataUpdate.RemoveSnapshots
                        || update instanceof MetadataUpdate.RemoveSnapshotRef);
        TableService.require(removes ? Right.MANAGE : Right.WRITE, name);
    }

    private Reply dropTable(Call call) {
        TableIdentifier id = table(call);
        TableService.require(Right.MANAGE, DatasetName.of(id));
        CatalogHandlers.dropTable(catalog(), id);
        return Reply.noContent(204);
    }

    /// What engines tell of their scans is taken and not kept.
    private Reply reportMetrics(Call call) {
        TableService.require(Right.READ, DatasetName.of(table(call)));
        return Reply.noContent(204);
    }

    private Reply renameTable(Call call) {
        var request = IcebergJson.read(call.body(), RenameTableRequest.class);
        TableService.require(Right.MANAGE, DatasetName.of(request.source()));
        require(Right.WRITE, request.destination().namespace());
        CatalogHandlers.renameTable(catalog(), request);
        return Reply.noContent(204);
    }

    private Reply commitTransaction(Call call) {
        var request = IcebergJson.read(call.body(), CommitTransactionRequest.class);
        for (UpdateTableRequest change : request.tableChanges()) requireToUpdate(change.identifier(), change.updates());
        LakeCatalog catalog = catalog();
        List<TableCommits.Change> prepared = new ArrayList<>();
        try {
            for (UpdateTableRequest change : request.tableChanges()) {
                prepared.add(catalog.newTableOps(change.identifier()).prepare(change.requirements(), change.updates()));
            }
        } catch (RuntimeException e) {
            commits.discard(prepared);
            throw e;
        }
        commits.publishAll(prepared);
        return Reply.noContent(204);
    }

    private LakeCatalog catalog() {
        return new LakeCatalog(RequestContext.current().workspace(), commits, changes);
    }

    private static TableIdentifier table(Call call) {
        TableIdentifier id = TableIdentifier.of(namespace(call), call.pathVariable("table"));
        try {
            DatasetName.of(id);
        } catch (io.millwright.kernel.Failure e) {
            // Spark asks for `table.snapshots` and the like as tables first, and goes on when there are none.
            throw new NoSuchTableException("Table does not exist: %s", id);
        }
        return id;
    }

    private static Namespace namespace(Call call) {
        return namespace(call.pathVariable("namespace"));
    }

    /// Levels are joined by the unit separator.
    private static Namespace namespace(String text) {
        Namespace namespace = Namespace.of(text.split("\u001f", -1));
        for (String level : namespace.levels()) {
            if (level.contains(".")) throw INVALID_ARGUMENT.because("'%s' has a dot, which joins namespaces.", level);
        }
        return namespace;
    }

    private static boolean allows(Right right, DatasetName name) {
        return RequestContext.current().allows(right, name.urn(), name.parents());
    }

    private static boolean allows(Right right, Namespace namespace) {
        String name = DatasetName.text(namespace);
        return RequestContext.current().allows(right, "namespace:" + name, DatasetName.parentsOf(name, false));
    }

    private static void require(Right right, Namespace namespace) {
        String name = DatasetName.text(namespace);
        RequestContext.current().require(right, "namespace:" + name, DatasetName.parentsOf(name, false));
    }

    private static Handler told(Handler handler) {
        return call -> {
            try {
                return handler.handle(call);
            } catch (NoSuchTableException e) {
                return Dialect.icebergError(404, "NoSuchTableException", String.valueOf(e.getMessage()));
            } catch (NoSuchNamespaceException e) {
                return Dialect.icebergError(404, "NoSuchNamespaceException", String.valueOf(e.getMessage()));
            } catch (AlreadyExistsException e) {
                return Dialect.icebergError(409, "AlreadyExistsException", String.valueOf(e.getMessage()));
            } catch (NamespaceNotEmptyException e) {
                return Dialect.icebergError(409, "NamespaceNotEmptyException", String.valueOf(e.getMessage()));
            } catch (CommitFailedException e) {
                return Dialect.icebergError(409, "CommitFailedException", String.valueOf(e.getMessage()));
            } catch (CommitStateUnknownException e) {
                return Dialect.icebergError(504, "CommitStateUnknownException", String.valueOf(e.getMessage()));
            } catch (UnprocessableEntityException e) {
                return Dialect.icebergError(422, "UnprocessableEntityException", String.valueOf(e.getMessage()));
            } catch (NotFoundException e) {
                throw IcebergFailures.missing(e);
            } catch (java.io.UncheckedIOException e) {
                throw IcebergFailures.failed(e);
            } catch (ValidationException | BadRequestException | IllegalArgumentException e) {
                return Dialect.icebergError(400, "BadRequestException", IcebergFailures.sentence(e));
            }
        };
    }
}
