package io.millwright.tracking.imports;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.tracking.Experiment;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A running MLflow server of any version from 1.x on, through its REST API.
public final class RestSource implements MlflowSource {
    private static final String API = "/api/2.0/mlflow";
    private static final int EXPERIMENTS = 1000;
    private static final int RUNS = 100;
    private static final long LARGEST_PAGE_BYTES = 16_000_000;
    private static final int MODELS = 50;
    private static final int POINTS = 20_000;
    private static final int DEEPEST_FOLDER = 100;

    private final RestClient http;
    private final ImportNotes notes;
    private final RestMessages messages;
    private volatile boolean hasLoggedModels = true;

    private RestSource(RestClient http, ImportNotes notes) {
        this.http = http;
        this.notes = notes;
        this.messages = new RestMessages(notes);
    }

    /// @param url of the server, with its path prefix if it has one; may hold `user:password@`
    /// @param authorization the header to send when the URL holds no user, or null
    public static RestSource open(String url, @Nullable String authorization, ImportNotes notes) {
        return open(url, authorization, RestClient.Patience.USUAL, notes);
    }

    static RestSource open(
            String url, @Nullable String authorization, RestClient.Patience patience, ImportNotes notes) {
        try {
            URI uri = new URI(url);
            String userInfo = uri.getUserInfo();
            if (uri.getHost() == null || uri.getRawQuery() != null || uri.getRawFragment() != null) throw noUrl(url);
            String path = uri.getRawPath() == null ? "" : uri.getRawPath().replaceAll("/+$", "");
            URI base = new URI(uri.getScheme() + "://" + hostAndPort(uri) + path);
            String[] parts = userInfo == null ? new String[0] : userInfo.split(":", 2);
            String header =
                    userInfo == null ? authorization : RestClient.basic(parts[0], parts.length > 1 ? parts[1] : "");
            return new RestSource(new RestClient(base, header, patience), notes);
        } catch (URISyntaxException e) {
            throw noUrl(url);
        }
    }

    private static String hostAndPort(URI uri) {
        return uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
    }

    private static RuntimeException noUrl(String url) {
        String shown = url.replaceAll("//[^/@]*@", "//***@");
        return INVALID_ARGUMENT.because(
                "'" + shown + "' is no server's address, expected one such as http://mlflow.example.org:5000");
    }

    /// The header of a login by name and password.
    public static String basic(String user, String password) {
        return RestClient.basic(user, password);
    }

    @Override
    public String identity() {
        return http.base().toString();
    }

    @Override
    public List<Experiment> experiments() throws IOException {
        List<Experiment> found = new ArrayList<>();
        Optional<String> token = Optional.empty();
        boolean old = false;
        do {
            ObjectNode page;
            try {
                page = old ? listExperiments(token) : searchExperiments(token);
            } catch (RestClient.Refused e) {
                if (old || !e.isUnknownRoute()) throw e;
                old = true; // Before 1.28 there was a list only.
                page = listExperiments(token);
            }
            for (JsonNode json : page.path("experiments")) {
                try {
                    found.add(messages.experiment(json));
                } catch (IOException e) {
                    notes.failed("experiment that cannot be read", e.toString());
                }
            }
            token = nextPage(page);
        } while (token.isPresent());
        return found;
    }

    private ObjectNode searchExperiments(Optional<String> token) throws IOException {
        ObjectNode message = message(EXPERIMENTS, token).put("view_type", "ALL");
        return http.post(API + "/experiments/search", message);
    }

    private ObjectNode listExperiments(Optional<String> token) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("view_type", "ALL");
        token.ifPresent(value -> fields.put("page_token", value));
        return http.get(API + "/experiments/list" + RestClient.query(fields));
    }

    private static ObjectNode message(int maxResults, Optional<String> token) {
        ObjectNode message = RestClient.JSON.createObjectNode().put("max_results", maxResults);
        token.ifPresent(value -> message.put("page_token", value));
        return message;
    }

    private static Optional<String> nextPage(JsonNode page) {
        return Optional.of(page.path("next_page_token").asString("")).filter(token -> !token.isEmpty());
    }

    /// A server does not say; counting would be as much work as reading.
    @Override
    public OptionalLong runCount() {
        return OptionalLong.empty();
    }

    @Override
    public void runs(Experiment experiment, Visitor<SourceRun> visitor) throws IOException {
        Optional<String> token = Optional.empty();
        int size = RUNS;
        while (true) {
            ObjectNode page;
            try {
                page = searchRuns(experiment, size, token);
            } catch (RestClient.TooLong e) {
                size = Math.max(1, size / 4); // Runs may carry profiles of datasets, megabytes each.
                continue;
            }
            for (JsonNode json : page.path("runs")) {
                SourceRun run;
                try {
                    run = messages.run(json);
                } catch (IOException e) {
                    notes.failed("run that cannot be read", e.toString());
                    continue;
                }
                visitor.visit(run);
            }
            token = nextPage(page);
            if (token.isEmpty()) return;
        }
    }

    /// MLflow's search (3.17) leaves out which logged models a run read; getting the run alone does not.
    @Override
    public Run whole(SourceRun run) throws IOException {
        if (!hasLoggedModels) return run.run();
        JsonNode alone = http.get(API + "/runs/get" + RestClient.query(Map.of("run_id", run.id())))
                .path("run");
        return messages.run(alone).run();
    }

    private ObjectNode searchRuns(Experiment experiment, int size, Optional<String> token) throws IOException {
        ObjectNode message = message(size, token).put("run_view_type", "ALL");
        message.putArray("experiment_ids").add(String.valueOf(experiment.id()));
        return http.post(API + "/runs/search", message, size == 1 ? Long.MAX_VALUE : LARGEST_PAGE_BYTES);
    }

    @Override
    public void history(SourceRun run, Consumer<MetricPoint> sink) throws IOException {
        for (MetricPoint latest : run.run().metrics()) {
            Optional<String> token = Optional.empty();
            do {
                Map<String, String> fields = new LinkedHashMap<>();
                fields.put("run_id", run.id());
                fields.put("run_uuid", run.id()); // The name that servers before 1.0 know.
                fields.put("metric_key", latest.key());
                // Servers before 2.2 know no pages: they ignore this and answer everything at once.
                fields.put("max_results", String.valueOf(POINTS));
                token.ifPresent(value -> fields.put("page_token", value));
                String path = API + "/metrics/get-history" + RestClient.query(fields);
                token = http.walk(path, "metrics", metric -> sink.accept(RestMessages.point(latest.key(), metric)));
            } while (token.isPresent());
        }
    }

    @Override
    public void loggedModels(Experiment experiment, Visitor<LoggedModel> visitor) throws IOException {
        Optional<String> token = Optional.empty();
        do {
            ObjectNode message = message(MODELS, token);
            message.putArray("experiment_ids").add(String.valueOf(experiment.id()));
            ObjectNode page;
            try {
                page = http.post(API + "/logged-models/search", message);
            } catch (RestClient.Refused e) {
                if (!e.isUnknownRoute()) throw e;
                hasLoggedModels = false; // Before 3.0 there were none.
                return;
            }
            for (JsonNode json : page.path("models")) {
                LoggedModel model;
                try {
                    model = RestMessages.loggedModel(json);
                } catch (IOException e) {
                    notes.failed("logged model that cannot be read", e.toString());
                    continue;
                }
                visitor.visit(model);
            }
            token = nextPage(page);
        } while (token.isPresent());
    }

    @Override
    public SourceArtifacts artifacts(SourceRun run) {
        String listing = API + "/artifacts/list";
        Map<String, String> owner = Map.of("run_id", run.id(), "run_uuid", run.id());
        return artifacts(
                run.run().info().artifactUri(),
                path -> {
                    Map<String, String> fields = new LinkedHashMap<>(owner);
                    if (!path.isEmpty()) fields.put("path", path);
                    return listing + RestClient.query(fields);
                },
                path -> "/get-artifact"
                        + RestClient.query(Map.of("run_id", run.id(), "run_uuid", run.id(), "path", path)));
    }

    @Override
    public SourceArtifacts artifacts(LoggedModel model) {
        String routes = "/mlflow/logged-models/" + RestClient.path(model.id()) + "/artifacts";
        return artifacts(
                model.artifactUri(),
                path -> "/api/2.0" + routes + "/directories"
                        + (path.isEmpty() ? "" : RestClient.query(Map.of("artifact_directory_path", path))),
                path -> "/ajax-api/2.0" + routes + "/files" + RestClient.query(Map.of("artifact_file_path", path)));
    }

    private SourceArtifacts artifacts(String uri, Route listing, Route file) {
        return switch (ArtifactUri.parse(uri)) {
            case ArtifactUri.Remote(String remote) -> new SourceArtifacts.Remote(remote);
            case ArtifactUri.Local _ -> new ServedFiles(listing, file);
            case ArtifactUri.Proxied(String path, String host) ->
                host.isEmpty() || host.equals(hostAndPort(http.base()))
                        ? new ServedFiles(
                                listing,
                                name -> "/api/2.0/mlflow-artifacts/artifacts/" + RestClient.path(path + "/" + name))
                        : new SourceArtifacts.Remote(uri);
        };
    }

    /// Where to ask for a path.
    @FunctionalInterface
    private interface Route {
        String to(String path);
    }

    private final class ServedFiles implements SourceArtifacts.Folder {
        private final Route listing;
        private final Route file;

        ServedFiles(Route listing, Route file) {
            this.listing = listing;
            this.file = file;
        }

        @Override
        public void forEach(SourceArtifacts.FileVisitor visitor) throws IOException {
            forEach("", 0, visitor);
        }

        private void forEach(String folder, int depth, SourceArtifacts.FileVisitor visitor) throws IOException {
            if (depth > DEEPEST_FOLDER)
                throw new IOException("folders more than %d deep at %s".formatted(depth, folder));
            List<JsonNode> files = new ArrayList<>();
            Optional<String> token = Optional.empty();
            do {
                String more = token.map(value -> "&"
                                + RestClient.query(Map.of("page_token", value)).substring(1))
                        .orElse("");
                token = http.walk(listing.to(folder) + more, "files", files::add);
            } while (token.isPresent());
            for (JsonNode entry : files) {
                String path = checked(folder, RestMessages.text(entry, "path"));
                if (entry.path("is_dir").asBoolean(false)) forEach(path, depth + 1, visitor);
                else
                    visitor.visit(
                            path,
                            new ServedFile(
                                    file.to(path),
                                    RestMessages.number(entry, "file_size").orElse(-1)));
            }
        }

        /// A path becomes part of the next request, so it must lie in the folder that was asked for.
        private static String checked(String folder, String path) throws IOException {
            boolean climbs = Arrays.stream(path.split("/", -1)).anyMatch(part -> part.equals("..") || part.isEmpty());
            if (climbs || !folder.isEmpty() && !path.startsWith(folder + "/")) {
                throw new IOException("the server lists '%s' in the folder '%s'".formatted(path, folder));
            }
            return path;
        }
    }

    private final class ServedFile implements SourceArtifacts.Content {
        private final String path;
        private final long length;

        ServedFile(String path, long length) {
            this.path = path;
            this.length = length;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public InputStream open() throws IOException {
            return http.open(path);
        }
    }

    @Override
    public void noteLeftOut(List<Experiment> experiments) throws IOException {
        try {
            for (Experiment experiment : experiments) lookForTraces(experiment);
        } catch (RestClient.Refused e) {
            if (!e.isUnknownRoute() && e.status() != 403) throw e;
        }
    }

    private void lookForTraces(Experiment experiment) throws IOException {
        ObjectNode message = RestClient.JSON.createObjectNode().put("max_results", 1);
        message.putArray("locations")
                .addObject()
                .put("type", "MLFLOW_EXPERIMENT")
                .putObject("mlflow_experiment")
                .put("experiment_id", String.valueOf(experiment.id()));
        boolean any = !http.post("/api/3.0/mlflow/traces/search", message)
                .path("traces")
                .isEmpty();
        if (any) notes.leftOut("experiments with traces", experiment.name());
    }

    @Override
    public SourceRegistry registry() {
        return new RestRegistry(http, notes);
    }

    @Override
    public void close() {}
}
