package io.millwright.server;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Handler;
import io.millwright.http.Json;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.ledger.Db;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// What the process tells about itself.
final class SystemRoutes {
    /// The MLflow release whose server this one answers like; its client compares this to know what a server can do.
    static final String MLFLOW_VERSION = "3.17.2";

    private static final Logger log = LoggerFactory.getLogger(SystemRoutes.class);

    private final Db db;
    private final ServerMetrics metrics;
    private final boolean presignsDownloads;
    private final Supplier<JsonNode> openApi;

    /// @param presignsDownloads whether clients may fetch artifacts past this server, from an S3 store
    SystemRoutes(Db db, ServerMetrics metrics, boolean presignsDownloads, Supplier<JsonNode> openApi) {
        this.db = db;
        this.metrics = metrics;
        this.presignsDownloads = presignsDownloads;
        this.openApi = openApi;
    }

    void addRoutes(Routes routes) {
        plain(
                routes,
                "/",
                "Where to go from here",
                call -> Reply.json(json -> json.writeStartObject()
                        .writeStringProperty("name", "Millwright")
                        .writeStringProperty("version", Version.MILLWRIGHT)
                        .writeStringProperty("tracking", "export MLFLOW_TRACKING_URI=" + call.origin())
                        .writeStringProperty("openapi", call.origin() + "/api/millwright/v1/openapi.json")
                        .writeStringProperty("health", call.origin() + "/health")
                        .writeStringProperty("metrics", call.origin() + "/metrics")
                        .writeEndObject()));
        plain(routes, "/health", "OK once the server can serve", this::health);
        plain(
                routes,
                "/version",
                "The MLflow version this server answers like",
                call -> Reply.text(200, MLFLOW_VERSION));
        plain(routes, "/metrics", "Measurements for Prometheus", this::metrics);
        routes.own()
                .on(
                        "GET",
                        "/version",
                        BodyKind.NONE,
                        "Versions of Millwright, of MLflow's protocol and of Java",
                        this::version)
                .on("GET", "/openapi.json", BodyKind.NONE, "This document", this::openApi);
        routes.mlflow("3.0").get("/mlflow/server-info", this::serverInfo);
    }

    private static void plain(Routes routes, String path, String summary, Handler handler) {
        routes.add(new Route("GET", path, Dialect.PLAIN, BodyKind.NONE, summary, handler));
    }

    private Reply health(Call call) {
        try {
            db.ping();
        } catch (RuntimeException e) {
            log.warn("not healthy: the database does not answer: {}", e.toString());
            throw UNAVAILABLE.because("The database does not answer.");
        }
        return Reply.text(200, "OK");
    }

    private Reply metrics(Call call) throws IOException {
        return new Reply(
                200,
                Map.of("content-type", "text/plain; version=0.0.4; charset=utf-8"),
                new Reply.Body.Bytes(ByteBuffer.wrap(metrics.text())));
    }

    private Reply version(Call call) throws IOException {
        return Reply.json(json -> json.writeStartObject()
                .writeStringProperty("millwright", Version.MILLWRIGHT)
                .writeStringProperty("mlflow", MLFLOW_VERSION)
                .writeStringProperty("java", Runtime.version().toString())
                .writeEndObject());
    }

    private Reply openApi(Call call) throws IOException {
        return Reply.json(json -> Json.MAPPER.writeTree(json, openApi.get()));
    }

    /// What MLflow's client asks before it uploads in parts or downloads past the server. A 404 here makes it take the
    /// server for an old one.
    private Reply serverInfo(Call call) throws IOException {
        return Reply.json(json -> json.writeStartObject()
                .writeStringProperty("store_type", "SqlStore")
                .writeBooleanProperty("workspaces_enabled", false)
                .writeBooleanProperty("trace_archival_enabled", false)
                .writeBooleanProperty("multipart_uploads_enabled", true)
                .writeBooleanProperty("multipart_downloads_enabled", presignsDownloads)
                .writeBooleanProperty("presigned_upload_run_id_supported", true)
                .writeBooleanProperty("presigned_upload_model_id_supported", true)
                .writeObjectPropertyStart("features_enabled")
                .writeBooleanProperty("gateway", false)
                .writeEndObject()
                .writeEndObject());
    }
}
