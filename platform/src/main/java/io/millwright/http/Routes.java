package io.millwright.http;

import java.util.ArrayList;
import java.util.List;

/// Collects what the apis serve; the server binds it.
public final class Routes {
    private final List<Route> routes = new ArrayList<>();

    public Routes add(Route route) {
        routes.add(route);
        return this;
    }

    public List<Route> all() {
        return List.copyOf(routes);
    }

    /// Adds routes of MLflow's surface. Each exists twice: `/api/<version>` for clients and
    /// `/ajax-api/<version>` for the web UI.
    public Mlflow mlflow(String version) {
        return new Mlflow(version);
    }

    /// Adds routes of our own API under `/api/millwright/v1`.
    public Own own() {
        return new Own();
    }

    public final class Mlflow {
        private final String version;

        private Mlflow(String version) {
            this.version = version;
        }

        public Mlflow get(String path, Handler handler) {
            return on("GET", path, handler);
        }

        public Mlflow post(String path, Handler handler) {
            return on("POST", path, handler);
        }

        public Mlflow post(Need need, String path, Handler handler) {
            return on(need, "POST", path, BodyKind.JSON, handler);
        }

        public Mlflow patch(String path, Handler handler) {
            return on("PATCH", path, handler);
        }

        public Mlflow delete(String path, Handler handler) {
            return on("DELETE", path, handler);
        }

        public Mlflow delete(Need need, String path, Handler handler) {
            return on(need, "DELETE", path, BodyKind.JSON, handler);
        }

        public Mlflow on(String method, String path, Handler handler) {
            return on(method, path, BodyKind.JSON, handler);
        }

        /// A GET needs READ, anything else WRITE.
        public Mlflow on(String method, String path, BodyKind body, Handler handler) {
            return on(Need.ofMethod(method), method, path, body, handler);
        }

        public Mlflow on(Need need, String method, String path, BodyKind body, Handler handler) {
            for (String prefix : List.of("/api/", "/ajax-api/")) {
                add(new Route(method, prefix + version + path, Dialect.MLFLOW, body, "MLflow " + path, need, handler));
            }
            return this;
        }
    }

    public final class Own {
        private Own() {}

        /// Needs an administrator.
        public Own on(String method, String path, BodyKind body, String summary, Handler handler) {
            return on(Need.ADMIN, method, path, body, summary, handler);
        }

        public Own on(Need need, String method, String path, BodyKind body, String summary, Handler handler) {
            add(new Route(method, "/api/millwright/v1" + path, Dialect.OWN, body, summary, need, handler));
            return this;
        }
    }
}
