package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Route;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Every route of the router, and what nobody, somebody without rights and a plain viewer get from it. A new
/// route stands in the table, or this fails.
class RouteTableTest {
    /// Each need is a decision: what changes something is WRITE or more, what destroys is MANAGE, what is
    /// nobody's own is ADMIN. A saved view is one's own: READ is enough. Iceberg's routes name
    /// the workspace in their path, so each asks for rights itself. The routes of the web UI,
    /// `/ajax-api/…`, are those of `/api/…`.
    private static final String TABLE = """
            PUBLIC    GET    /
            READ      GET    /api/2.0/mlflow-artifacts/artifacts
            MANAGE    DELETE /api/2.0/mlflow-artifacts/artifacts/{*path}
            READ      GET    /api/2.0/mlflow-artifacts/artifacts/{*path}
            WRITE     PUT    /api/2.0/mlflow-artifacts/artifacts/{*path}
            WRITE     POST   /api/2.0/mlflow-artifacts/mpu/abort/{*path}
            WRITE     POST   /api/2.0/mlflow-artifacts/mpu/complete/{*path}
            WRITE     POST   /api/2.0/mlflow-artifacts/mpu/create/{*path}
            WRITE     PUT    /api/2.0/mlflow-artifacts/mpu/part/{upload_id}/{number}
            READ      GET    /api/2.0/mlflow-artifacts/presigned/{*path}
            READ      GET    /api/2.0/mlflow/artifacts/list
            READ      POST   /api/2.0/mlflow/artifacts/presigned-download-url
            WRITE     POST   /api/2.0/mlflow/artifacts/presigned-upload-url
            WRITE     POST   /api/2.0/mlflow/experiments/create
            MANAGE    POST   /api/2.0/mlflow/experiments/delete
            WRITE     POST   /api/2.0/mlflow/experiments/delete-experiment-tag
            READ      GET    /api/2.0/mlflow/experiments/get
            READ      GET    /api/2.0/mlflow/experiments/get-by-name
            MANAGE    POST   /api/2.0/mlflow/experiments/restore
            READ      GET    /api/2.0/mlflow/experiments/search
            READ      POST   /api/2.0/mlflow/experiments/search
            READ      POST   /api/2.0/mlflow/experiments/search-datasets
            WRITE     POST   /api/2.0/mlflow/experiments/set-experiment-tag
            WRITE     POST   /api/2.0/mlflow/experiments/update
            WRITE     POST   /api/2.0/mlflow/logged-models
            READ      POST   /api/2.0/mlflow/logged-models/search
            MANAGE    DELETE /api/2.0/mlflow/logged-models/{model_id}
            READ      GET    /api/2.0/mlflow/logged-models/{model_id}
            WRITE     PATCH  /api/2.0/mlflow/logged-models/{model_id}
            READ      GET    /api/2.0/mlflow/logged-models/{model_id}/artifacts/directories
            READ      GET    /api/2.0/mlflow/logged-models/{model_id}/artifacts/files
            WRITE     POST   /api/2.0/mlflow/logged-models/{model_id}/params
            WRITE     PATCH  /api/2.0/mlflow/logged-models/{model_id}/tags
            WRITE     DELETE /api/2.0/mlflow/logged-models/{model_id}/tags/{tag_key}
            READ      GET    /api/2.0/mlflow/metrics/get-history
            READ      GET    /api/2.0/mlflow/metrics/get-history-bulk
            READ      GET    /api/2.0/mlflow/metrics/get-history-bulk-interval
            WRITE     POST   /api/2.0/mlflow/model-versions/create
            MANAGE    DELETE /api/2.0/mlflow/model-versions/delete
            WRITE     DELETE /api/2.0/mlflow/model-versions/delete-tag
            READ      GET    /api/2.0/mlflow/model-versions/get
            READ      GET    /api/2.0/mlflow/model-versions/get-download-uri
            READ      GET    /api/2.0/mlflow/model-versions/search
            WRITE     POST   /api/2.0/mlflow/model-versions/set-tag
            WRITE     POST   /api/2.0/mlflow/model-versions/transition-stage
            WRITE     PATCH  /api/2.0/mlflow/model-versions/update
            ALIAS     DELETE /api/2.0/mlflow/registered-models/alias
            READ      GET    /api/2.0/mlflow/registered-models/alias
            ALIAS     POST   /api/2.0/mlflow/registered-models/alias
            WRITE     POST   /api/2.0/mlflow/registered-models/create
            MANAGE    DELETE /api/2.0/mlflow/registered-models/delete
            WRITE     DELETE /api/2.0/mlflow/registered-models/delete-tag
            READ      GET    /api/2.0/mlflow/registered-models/get
            READ      GET    /api/2.0/mlflow/registered-models/get-latest-versions
            READ      POST   /api/2.0/mlflow/registered-models/get-latest-versions
            WRITE     POST   /api/2.0/mlflow/registered-models/rename
            READ      GET    /api/2.0/mlflow/registered-models/search
            MANAGE    POST   /api/2.0/mlflow/webhooks
            MANAGE    GET    /api/2.0/mlflow/webhooks
            MANAGE    GET    /api/2.0/mlflow/webhooks/{webhook_id}
            MANAGE    PATCH  /api/2.0/mlflow/webhooks/{webhook_id}
            MANAGE    DELETE /api/2.0/mlflow/webhooks/{webhook_id}
            MANAGE    POST   /api/2.0/mlflow/webhooks/{webhook_id}/test
            WRITE     POST   /api/2.0/mlflow/registered-models/set-tag
            WRITE     PATCH  /api/2.0/mlflow/registered-models/update
            WRITE     POST   /api/2.0/mlflow/runs/create
            MANAGE    POST   /api/2.0/mlflow/runs/delete
            WRITE     POST   /api/2.0/mlflow/runs/delete-tag
            READ      GET    /api/2.0/mlflow/runs/get
            WRITE     POST   /api/2.0/mlflow/runs/log-batch
            WRITE     POST   /api/2.0/mlflow/runs/log-inputs
            WRITE     POST   /api/2.0/mlflow/runs/log-metric
            WRITE     POST   /api/2.0/mlflow/runs/log-model
            WRITE     POST   /api/2.0/mlflow/runs/log-parameter
            WRITE     POST   /api/2.0/mlflow/runs/outputs
            MANAGE    POST   /api/2.0/mlflow/runs/restore
            READ      POST   /api/2.0/mlflow/runs/search
            WRITE     POST   /api/2.0/mlflow/runs/set-tag
            WRITE     POST   /api/2.0/mlflow/runs/update
            WRITE     POST   /api/2.0/mlflow/upload-artifact
            ADMIN     POST   /api/2.0/mlflow/users/create
            SIGNED_IN GET    /api/2.0/mlflow/users/current
            ADMIN     DELETE /api/2.0/mlflow/users/delete
            SIGNED_IN GET    /api/2.0/mlflow/users/get
            ADMIN     GET    /api/2.0/mlflow/users/list
            ADMIN     PATCH  /api/2.0/mlflow/users/update-admin
            SIGNED_IN PATCH  /api/2.0/mlflow/users/update-password
            ADMIN     POST   /api/3.0/mlflow/roles/assign
            ADMIN     POST   /api/3.0/mlflow/roles/create
            ADMIN     DELETE /api/3.0/mlflow/roles/delete
            ADMIN     GET    /api/3.0/mlflow/roles/get
            ADMIN     GET    /api/3.0/mlflow/roles/list
            ADMIN     POST   /api/3.0/mlflow/roles/permissions/add
            ADMIN     GET    /api/3.0/mlflow/roles/permissions/list
            ADMIN     DELETE /api/3.0/mlflow/roles/permissions/remove
            ADMIN     PATCH  /api/3.0/mlflow/roles/permissions/update
            ADMIN     DELETE /api/3.0/mlflow/roles/unassign
            ADMIN     PATCH  /api/3.0/mlflow/roles/update
            ADMIN     GET    /api/3.0/mlflow/roles/users/list
            PUBLIC    GET    /api/3.0/mlflow/server-info
            SIGNED_IN GET    /api/3.0/mlflow/users/current/permissions
            SIGNED_IN GET    /api/3.0/mlflow/users/permissions/get
            MANAGE    POST   /api/3.0/mlflow/users/permissions/grant
            SIGNED_IN GET    /api/3.0/mlflow/users/permissions/list
            MANAGE    POST   /api/3.0/mlflow/users/permissions/revoke
            SIGNED_IN GET    /api/3.0/mlflow/users/roles/list
            SIGNED_IN GET    /api/millwright/v1/access/explain
            READ      GET    /api/millwright/v1/changes
            READ      GET    /api/millwright/v1/datasets
            MANAGE    DELETE /api/millwright/v1/datasets/{dataset}
            READ      GET    /api/millwright/v1/datasets/{dataset}
            WRITE     PATCH  /api/millwright/v1/datasets/{dataset}
            WRITE     POST   /api/millwright/v1/datasets/{dataset}/compact
            READ      GET    /api/millwright/v1/datasets/{dataset}/diff
            MANAGE    POST   /api/millwright/v1/datasets/{dataset}/erase
            MANAGE    POST   /api/millwright/v1/datasets/{dataset}/expire
            WRITE     DELETE /api/millwright/v1/datasets/{dataset}/pins
            READ      GET    /api/millwright/v1/datasets/{dataset}/pins
            WRITE     POST   /api/millwright/v1/datasets/{dataset}/pins
            READ      GET    /api/millwright/v1/datasets/{dataset}/profile
            READ      GET    /api/millwright/v1/datasets/{dataset}/profile/diff
            READ      GET    /api/millwright/v1/datasets/{dataset}/quality
            MANAGE    POST   /api/millwright/v1/datasets/{dataset}/rename
            MANAGE    POST   /api/millwright/v1/datasets/{dataset}/restore
            MANAGE    POST   /api/millwright/v1/datasets/{dataset}/rollback
            READ      GET    /api/millwright/v1/datasets/{dataset}/rules
            WRITE     DELETE /api/millwright/v1/datasets/{dataset}/rules/{name}
            WRITE     PUT    /api/millwright/v1/datasets/{dataset}/rules/{name}
            MANAGE    PUT    /api/millwright/v1/datasets/{dataset}/guard
            MANAGE    DELETE /api/millwright/v1/datasets/{dataset}/tags
            WRITE     POST   /api/millwright/v1/datasets/{dataset}/tags
            WRITE     POST   /api/millwright/v1/datasets/{dataset}/uploads
            WRITE     GET    /api/millwright/v1/datasets/{dataset}/uploads/{upload_id}
            READ      GET    /api/millwright/v1/datasets/{dataset}/version
            READ      GET    /api/millwright/v1/datasets/{dataset}/versions
            WRITE     POST   /api/millwright/v1/datasets/{dataset}/versions
            READ      GET    /api/millwright/v1/experiments/{experiment_id}/run-columns
            READ      GET    /api/millwright/v1/experiments/{experiment_id}/run-count
            READ      GET    /api/millwright/v1/experiments/{experiment_id}/run-groups
            READ      GET    /api/millwright/v1/experiments/{experiment_id}/runs
            READ      GET    /api/millwright/v1/endpoints
            READ      GET    /api/millwright/v1/endpoints/{endpoint}
            READ      GET    /api/millwright/v1/endpoints/{endpoint}/revisions
            WRITE     POST   /api/millwright/v1/endpoints/{endpoint}/deploy
            WRITE     PUT    /api/millwright/v1/endpoints/{endpoint}/traffic
            WRITE     PUT    /api/millwright/v1/endpoints/{endpoint}/shadows
            WRITE     PUT    /api/millwright/v1/endpoints/{endpoint}/policy
            WRITE     POST   /api/millwright/v1/endpoints/{endpoint}/canary
            READ      GET    /api/millwright/v1/endpoints/{endpoint}/activity
            READ      GET    /api/millwright/v1/endpoints/{endpoint}/predictions
            WRITE     POST   /api/millwright/v1/predictions
            READ      GET    /api/millwright/v1/predictions/{prediction}
            WRITE     POST   /api/millwright/v1/endpoints/{endpoint}/truth
            READ      GET    /api/millwright/v1/endpoints/{endpoint}/truth
            READ      GET    /api/millwright/v1/endpoints/{endpoint}/comparison
            WRITE     POST   /api/millwright/v1/endpoints/{endpoint}/rollback
            MANAGE    DELETE /api/millwright/v1/endpoints/{endpoint}
            PUBLIC    GET    /v2
            PUBLIC    GET    /v2/health/live
            PUBLIC    GET    /v2/health/ready
            READ      GET    /v2/models/{model}
            READ      GET    /v2/models/{model}/ready
            READ      POST   /v2/models/{model}/infer
            READ      GET    /v2/models/{model}/versions/{version}
            READ      GET    /v2/models/{model}/versions/{version}/ready
            READ      POST   /v2/models/{model}/versions/{version}/infer
            READ      POST   /v2/repository/index
            READ      POST   /v2/repository/models/{model}/load
            READ      POST   /v2/repository/models/{model}/unload
            PUBLIC    POST   /inference.GRPCInferenceService/ServerLive
            PUBLIC    POST   /inference.GRPCInferenceService/ServerReady
            PUBLIC    POST   /inference.GRPCInferenceService/ServerMetadata
            READ      POST   /inference.GRPCInferenceService/ModelReady
            READ      POST   /inference.GRPCInferenceService/ModelMetadata
            READ      POST   /inference.GRPCInferenceService/ModelInfer
            READ      POST   /inference.GRPCInferenceService/RepositoryIndex
            READ      POST   /inference.GRPCInferenceService/RepositoryModelLoad
            READ      POST   /inference.GRPCInferenceService/RepositoryModelUnload
            READ      POST   /invocations
            READ      POST   /endpoints/{endpoint}/invocations
            PUBLIC    GET    /ping
            READ      GET    /api/millwright/v1/experiments/{experiment_id}/views
            READ      POST   /api/millwright/v1/experiments/{experiment_id}/views
            READ      PUT    /api/millwright/v1/experiments/{experiment_id}/views/{view_id}
            READ      DELETE /api/millwright/v1/experiments/{experiment_id}/views/{view_id}
            SIGNED_IN GET    /api/millwright/v1/grants
            MANAGE    POST   /api/millwright/v1/grants
            MANAGE    DELETE /api/millwright/v1/grants/{grant_id}
            ADMIN     GET    /api/millwright/v1/groups
            ADMIN     POST   /api/millwright/v1/groups
            ADMIN     DELETE /api/millwright/v1/groups/{name}
            ADMIN     GET    /api/millwright/v1/groups/{name}
            ADMIN     DELETE /api/millwright/v1/groups/{name}/members/{member}
            ADMIN     PUT    /api/millwright/v1/groups/{name}/members/{member}
            SIGNED_IN GET    /api/millwright/v1/me
            MANAGE    POST   /api/millwright/v1/lake/collect
            READ      GET    /api/millwright/v1/lineage
            READ      GET    /api/millwright/v1/lineage/impact
            READ      GET    /api/millwright/v1/lineage/provenance
            READ      GET    /api/millwright/v1/namespaces
            PUBLIC    GET    /api/millwright/v1/openapi.json
            READ      GET    /api/millwright/v1/metric-series
            READ      GET    /api/millwright/v1/operations/{operation_id}
            WRITE     POST   /api/millwright/v1/operations/{operation_id}/cancel
            ADMIN     GET    /api/millwright/v1/service-accounts
            ADMIN     POST   /api/millwright/v1/service-accounts
            ADMIN     DELETE /api/millwright/v1/service-accounts/{name}
            READ      GET    /api/millwright/v1/runs/recent
            MANAGE    GET    /api/millwright/v1/space
            SIGNED_IN GET    /api/millwright/v1/tokens
            SIGNED_IN POST   /api/millwright/v1/tokens
            SIGNED_IN DELETE /api/millwright/v1/tokens/{token_id}
            READ      GET    /api/millwright/v1/policies
            MANAGE    PUT    /api/millwright/v1/policies/{name}
            READ      GET    /api/millwright/v1/policies/{name}
            MANAGE    DELETE /api/millwright/v1/policies/{name}
            READ      GET    /api/millwright/v1/policies/{name}/versions
            READ      GET    /api/millwright/v1/policies/{name}/versions/{version}
            PUBLIC    GET    /api/millwright/v1/schemas/promotion-policy.json
            ALIAS     POST   /api/millwright/v1/promotions
            READ      GET    /api/millwright/v1/promotions
            READ      GET    /api/millwright/v1/promotions/{id}
            READ      GET    /api/millwright/v1/promotions/{id}/evidence
            APPROVE   POST   /api/millwright/v1/promotions/{id}/approve
            APPROVE   POST   /api/millwright/v1/promotions/{id}/reject
            ALIAS     POST   /api/millwright/v1/promotions/{id}/cancel
            ALIAS     POST   /api/millwright/v1/promotions/{id}/rollback
            AUDIT     GET    /api/millwright/v1/audit/chain
            AUDIT     GET    /api/millwright/v1/audit/events
            AUDIT     GET    /api/millwright/v1/audit/export
            AUDIT     POST   /api/millwright/v1/audit/verify
            MANAGE    POST   /api/millwright/v1/logged-models/{model_id}/restore
            ADMIN     GET    /api/millwright/v1/settings
            READ      POST   /api/millwright/v1/sql
            READ      POST   /api/millwright/v1/sql/explain
            READ      GET    /api/millwright/v1/sql/queries
            READ      DELETE /api/millwright/v1/sql/queries/{query_id}
            READ      GET    /api/millwright/v1/sql/queries/{query_id}
            WRITE     POST   /api/millwright/v1/sql/store
            READ      GET    /api/millwright/v1/sql/saved
            WRITE     DELETE /api/millwright/v1/sql/saved/{name}
            READ      GET    /api/millwright/v1/sql/saved/{name}
            WRITE     PUT    /api/millwright/v1/sql/saved/{name}
            MANAGE    GET    /api/millwright/v1/webhooks
            MANAGE    GET    /api/millwright/v1/webhooks/{webhook_id}/deliveries/{delivery_id}
            MANAGE    GET    /api/millwright/v1/webhooks/{webhook_id}/deliveries
            MANAGE    POST   /api/millwright/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver
            MANAGE    GET    /api/millwright/v1/trash
            MANAGE    POST   /api/millwright/v1/trash/collect
            WRITE     GET    /api/millwright/v1/uploads/{upload_id}
            ADMIN     GET    /api/millwright/v1/users
            ADMIN     POST   /api/millwright/v1/users
            ADMIN     DELETE /api/millwright/v1/users/{name}
            SIGNED_IN PUT    /api/millwright/v1/users/{name}/password
            PUBLIC    GET    /api/millwright/v1/version
            WRITE     POST   /api/v1/lineage
            WRITE     POST   /api/v1/lineage/batch
            PUBLIC    POST   /auth/logout
            PUBLIC    GET    /auth/oidc/callback
            PUBLIC    GET    /auth/oidc/login
            PUBLIC    GET    /auth/session
            PUBLIC    POST   /auth/session
            READ      GET    /get-artifact
            PUBLIC    GET    /health
            SIGNED_IN GET    /iceberg/v1/config
            SIGNED_IN GET    /iceberg/v1/{workspace}/namespaces
            SIGNED_IN POST   /iceberg/v1/{workspace}/namespaces
            SIGNED_IN DELETE /iceberg/v1/{workspace}/namespaces/{namespace}
            SIGNED_IN GET    /iceberg/v1/{workspace}/namespaces/{namespace}
            SIGNED_IN HEAD   /iceberg/v1/{workspace}/namespaces/{namespace}
            SIGNED_IN POST   /iceberg/v1/{workspace}/namespaces/{namespace}/properties
            SIGNED_IN GET    /iceberg/v1/{workspace}/namespaces/{namespace}/tables
            SIGNED_IN POST   /iceberg/v1/{workspace}/namespaces/{namespace}/tables
            SIGNED_IN DELETE /iceberg/v1/{workspace}/namespaces/{namespace}/tables/{table}
            SIGNED_IN GET    /iceberg/v1/{workspace}/namespaces/{namespace}/tables/{table}
            SIGNED_IN HEAD   /iceberg/v1/{workspace}/namespaces/{namespace}/tables/{table}
            SIGNED_IN POST   /iceberg/v1/{workspace}/namespaces/{namespace}/tables/{table}
            SIGNED_IN POST   /iceberg/v1/{workspace}/namespaces/{namespace}/tables/{table}/metrics
            SIGNED_IN POST   /iceberg/v1/{workspace}/tables/rename
            SIGNED_IN POST   /iceberg/v1/{workspace}/transactions/commit
            READ      GET    /metrics
            READ      GET    /model-versions/get-artifact
            PUBLIC    GET    /ui
            PUBLIC    GET    /ui/{*path}
            PUBLIC    GET    /version
            """;

    private static final Set<String> OPEN_TO_ANYBODY = Set.of(
            "GET /",
            "GET /health",
            "GET /ui",
            "GET /ui/{*path}",
            "GET /version",
            "GET /ping",
            "GET /v2",
            "POST /inference.GRPCInferenceService/ServerLive",
            "POST /inference.GRPCInferenceService/ServerReady",
            "POST /inference.GRPCInferenceService/ServerMetadata",
            "GET /v2/health/live",
            "GET /v2/health/ready",
            "POST /auth/logout",
            "GET /auth/oidc/callback",
            "GET /auth/oidc/login",
            "GET /auth/session",
            "POST /auth/session",
            "GET /api/3.0/mlflow/server-info",
            "GET /ajax-api/3.0/mlflow/server-info",
            "GET /api/millwright/v1/version",
            "GET /api/millwright/v1/openapi.json",
            "GET /api/millwright/v1/schemas/promotion-policy.json");

    private static TestServer server;
    private static HttpClient client;
    private static String viewer;
    private static String stranger;

    @BeforeAll
    static void start() throws Exception {
        server = TestServer.start(Map.of("server.authentication", "on"));
        client = HttpClient.newHttpClient();
        viewer = newAccount("viewer");
        stranger = newAccount("stranger");
        HttpResponse<String> granted = send(
                "POST",
                "/api/millwright/v1/grants",
                server.administratorToken(),
                "{\"subject\": \"user:viewer\", \"entity\": \"workspace:default\", \"role\": \"viewer\"}");
        assertThat(granted.statusCode()).as(granted.body()).isEqualTo(201);
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @Test
    void each_route_and_no_other_stands_in_the_table() {
        Map<String, Need> served = new TreeMap<>();
        for (Route route : server.routes()) {
            if (!route.path().startsWith("/ajax-api/")) served.put(name(route), route.need());
        }

        assertThat(served).isEqualTo(table());
    }

    @Test
    void the_web_uis_routes_need_what_their_twins_need() {
        for (Route route : server.routes()) {
            if (!route.path().startsWith("/ajax-api/")) continue;
            String twin = route.method() + " /api/" + route.path().substring("/ajax-api/".length());

            assertThat(table()).containsEntry(twin, route.need());
        }
    }

    @Test
    void only_a_short_list_is_open_to_anybody() throws Exception {
        Set<String> open = new TreeSet<>();
        for (Route route : server.routes()) {
            HttpResponse<String> answer = ask(route, null);
            if (answer.statusCode() != 401) open.add(name(route));
            else
                assertThat(answer.headers().firstValue("www-authenticate"))
                        .as(name(route))
                        .isPresent();
        }

        assertThat(open).isEqualTo(new TreeSet<>(OPEN_TO_ANYBODY));
    }

    @Test
    void whoever_has_no_grant_gets_nothing() throws Exception {
        for (Route route : server.routes()) {
            if (route.need() == Need.PUBLIC || route.need() == Need.SIGNED_IN) continue;

            assertThat(ask(route, stranger).statusCode()).as(name(route)).isEqualTo(403);
        }
    }

    @Test
    void a_viewer_changes_nothing_and_may_ask_for_all_that_is_read() throws Exception {
        for (Route route : server.routes()) {
            int status = ask(route, viewer).statusCode();
            switch (route.need()) {
                case PUBLIC, SIGNED_IN -> assertThat(status).as(name(route)).isNotIn(401, 500);
                case READ -> assertThat(status).as(name(route)).isNotIn(401, 403, 500);
                case WRITE, ALIAS, ASSESS, APPROVE, AUDIT, MANAGE, ADMIN ->
                    assertThat(status).as(name(route)).isEqualTo(403);
            }
        }
    }

    @Test
    void whoever_is_signed_in_sees_and_changes_only_what_is_their_own() throws Exception {
        String own = "/api/millwright/v1";
        String password = "{\"password\": \"long enough\"}";

        for (String token : List.of(viewer, stranger)) {
            assertThat(send("GET", own + "/me", token, "").statusCode()).isEqualTo(200);
            assertThat(send("GET", own + "/tokens", token, "").statusCode()).isEqualTo(200);
            assertThat(send("GET", own + "/tokens?owner=admin", token, "").statusCode())
                    .isEqualTo(403);
            assertThat(send("POST", own + "/tokens", token, "{\"name\": \"x\", \"owner\": \"admin\"}")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(send("DELETE", own + "/tokens/" + adminsTokenId(), token, "")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(send("PUT", own + "/users/admin/password", token, password)
                            .statusCode())
                    .isEqualTo(403);
            assertThat(send("GET", own + "/grants?subject=user:admin", token, "")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(send("GET", own + "/grants?entity=workspace:default", token, "")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(send("GET", own + "/grants", token, "").statusCode()).isEqualTo(403);
            assertThat(send("GET", own + "/tokens?all_owners=true", token, "").statusCode())
                    .isEqualTo(403);
            assertThat(send("GET", own + "/access/explain", token, "").statusCode())
                    .isEqualTo(200);
            assertThat(send("GET", own + "/access/explain?principal=admin", token, "")
                            .statusCode())
                    .isEqualTo(403);
        }
    }

    private static String adminsTokenId() throws Exception {
        return Json.MAPPER
                .readTree(send("GET", "/api/millwright/v1/tokens", server.administratorToken(), "")
                        .body())
                .at("/tokens/0/token_id")
                .asString();
    }

    private static Map<String, Need> table() {
        return TABLE.lines()
                .map(line -> line.split(" +"))
                .collect(Collectors.toMap(
                        row -> row[1] + " " + row[2], row -> Need.valueOf(row[0]), (a, b) -> a, TreeMap::new));
    }

    private static String name(Route route) {
        return route.method() + " " + route.path();
    }

    /// A token of a new user.
    private static String newAccount(String name) throws Exception {
        String admin = server.administratorToken();
        send("POST", "/api/millwright/v1/users", admin, "{\"name\": \"%s\"}".formatted(name));
        HttpResponse<String> made = send(
                "POST", "/api/millwright/v1/tokens", admin, "{\"owner\": \"%s\", \"name\": \"test\"}".formatted(name));
        return Json.MAPPER.readTree(made.body()).path("token").asString();
    }

    private static HttpResponse<String> ask(Route route, @Nullable String token) throws Exception {
        return send(route.method(), route.path().replaceAll("\\{[^}]*}", "1"), token, "{}");
    }

    private static HttpResponse<String> send(String method, String target, @Nullable String token, String body)
            throws IOException, InterruptedException {
        boolean reading = method.equals("GET");
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri().resolve(target))
                .method(
                        method,
                        reading ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (!reading) request.header("content-type", "application/json");
        if (token != null) request.header("authorization", "Bearer " + token);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
