package io.millwright.server;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Handler;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/// What the process tells about itself.
final class SystemRoutes {
    /// The MLflow release whose server this one answers like; its client compares this to know what a server
    /// can do.
    static final String MLFLOW_VERSION = "3.17.2";

    private final Health health;
    private final ServerMetrics metrics;
    private final boolean presignsDownloads;
    private final Supplier<JsonNode> openApi;

    /// @param presignsDownloads whether clients may fetch artifacts past this server, from an S3 store
    SystemRoutes(Health health, ServerMetrics metrics, boolean presignsDownloads, Supplier<JsonNode> openApi) {
        this.health = health;
        this.metrics = metrics;
        this.presignsDownloads = presignsDownloads;
        this.openApi = openApi;
    }

    void addRoutes(Routes routes) {
        plain(routes, "/", "Where to go from here", Need.PUBLIC, this::root);
        plain(routes, "/health", "OK once the server can serve", Need.PUBLIC, this::health);
        plain(
                routes,
                "/version",
                "The MLflow version this server answers like",
                Need.PUBLIC,
                call -> Reply.text(200, MLFLOW_VERSION));
        plain(routes, "/metrics", "Measurements for Prometheus", Need.READ, this::metrics);
        routes.own()
                .on(
                        Need.PUBLIC,
                        "GET",
                        "/version",
                        BodyKind.NONE,
                        "Versions of Millwright, of MLflow's protocol and of Java",
                        this::version)
                .on(Need.PUBLIC, "GET", "/openapi.json", BodyKind.NONE, "This document", this::openApi);
        routes.mlflow("3.0").on(Need.PUBLIC, "GET", "/mlflow/server-info", BodyKind.NONE, this::serverInfo);
    }

    private static void plain(Routes routes, String path, String summary, Need need, Handler handler) {
        routes.add(new Route("GET", path, Dialect.PLAIN, BodyKind.NONE, summary, need, handler));
    }

    /// A browser is led to the web UI.
    private Reply root(Call call) throws IOException {
        if (call.header("accept").orElse("").contains("text/html")) {
            return Reply.noContent(302).with("location", "/ui/").with("vary", "accept");
        }
        return Reply.json(json -> json.writeStartObject()
                        .writeStringProperty("name", "Millwright")
                        .writeStringProperty("version", Version.MILLWRIGHT)
                        .writeStringProperty("ui", call.origin() + "/ui/")
                        .writeStringProperty("tracking", "export MLFLOW_TRACKING_URI=" + call.origin())
                        .writeStringProperty("openapi", call.origin() + "/api/millwright/v1/openapi.json")
                        .writeStringProperty("health", call.origin() + "/health")
                        .writeStringProperty("metrics", call.origin() + "/metrics")
                        .writeEndObject())
                .with("vary", "accept");
    }

    private Reply health(Call call) {
        health.check();
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

    /// What MLflow's client asks before it uploads in parts or downloads past the server. A 404 here makes
    /// it take the server for an old one.
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
