package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.lake.ArtifactDownload;
import io.millwright.lake.ArtifactInfo;
import io.millwright.lake.ArtifactPath;
import io.millwright.lake.ArtifactService;
import io.millwright.lake.PresignedRequest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;

/// MLflow's REST for the artifacts of one run or one logged model, which it names by their owner instead of
/// their path.
final class MlflowRunArtifactApi {
    private static final long UPLOAD_LIMIT = 10L * 1024 * 1024;

    private final RunService runs;
    private final LoggedModelService models;
    private final ArtifactService artifacts;

    MlflowRunArtifactApi(RunService runs, LoggedModelService models, ArtifactService artifacts) {
        this.runs = runs;
        this.models = models;
        this.artifacts = artifacts;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("2.0")
                .get("/mlflow/artifacts/list", this::list)
                .get("/mlflow/logged-models/{model_id}/artifacts/directories", this::listOfModel)
                .get("/mlflow/logged-models/{model_id}/artifacts/files", this::fileOfModel)
                .on("POST", "/mlflow/upload-artifact", BodyKind.STREAM, this::upload)
                .post("/mlflow/artifacts/presigned-upload-url", this::presignUpload)
                .post(Need.READ, "/mlflow/artifacts/presigned-download-url", this::presignDownload);
        routes.add(new Route(
                "GET", "/get-artifact", Dialect.MLFLOW, BodyKind.NONE, "One artifact of a run", Need.READ, this::file));
    }

    private Reply file(Call call) throws IOException {
        String run = call.queryValue("run_id")
                .or(() -> call.queryValue("run_uuid"))
                .orElseThrow(
                        () -> INVALID_ARGUMENT.because("Missing query parameter 'run_id', expected the id of a run."));
        if (call.queryValue("path").filter(path -> !path.isEmpty()).isEmpty()) {
            throw INVALID_ARGUMENT.because("Missing query parameter 'path', expected the path of an artifact.");
        }
        return download(call, runs.info(run).artifactUri(), "path");
    }

    private Reply fileOfModel(Call call) throws IOException {
        return download(call, models.get(call.pathVariable("model_id"), false).artifactUri(), "artifact_file_path");
    }

    private Reply download(Call call, String root, String parameter) throws IOException {
        String path = call.queryValue(parameter)
                .filter(p -> !p.isEmpty())
                .orElseThrow(() ->
                        MALFORMED_REQUEST.because("Request must include the \"" + parameter + "\" query parameter."));
        return ArtifactDownload.of(
                call, artifacts.open(inOwnStore(root, ArtifactPath.of(path).value())));
    }

    /// The web UI's upload: small files only.
    private Reply upload(Call call) throws IOException {
        String run = call.queryValue("run_uuid")
                .filter(id -> !id.isEmpty())
                .orElseThrow(() -> INVALID_ARGUMENT.because("Request must specify run_uuid."));
        String path = call.queryValue("path")
                .filter(p -> !p.isEmpty())
                .orElseThrow(() -> INVALID_ARGUMENT.because("Request must specify path."));
        if (call.contentLength() > UPLOAD_LIMIT)
            throw INVALID_ARGUMENT.because("Artifact size is too large. Max size is 10MB.");
        if (call.contentLength() == 0) throw INVALID_ARGUMENT.because("Request must specify data.");
        artifacts.store(
                inOwnStore(runs.info(run).artifactUri(), ArtifactPath.of(path).value()),
                new Capped(call.stream()),
                call.contentLength());
        return Reply.noContent(200);
    }

    private Reply presignUpload(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        String run = message.textOrEmpty("run_id");
        String model = message.textOrEmpty("model_id");
        if (run.isEmpty() == model.isEmpty())
            throw INVALID_ARGUMENT.because("Exactly one of run_id and model_id must be provided.");
        String path = ArtifactPath.of(message.requiredText("path")).value();
        String root = run.isEmpty()
                ? models.get(model, false).artifactUri()
                : runs.info(run).artifactUri();
        return presigned(artifacts.presignedUpload(inOwnStore(root, path), validity(message)));
    }

    private Reply presignDownload(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        String path = ArtifactPath.of(message.requiredText("path")).value();
        String root = runs.info(message.requiredText("run_id")).artifactUri();
        return presigned(artifacts.presignedDownload(inOwnStore(root, path), validity(message)));
    }

    private static Duration validity(MlflowMessage message) {
        long seconds = message.integer("expiration").orElse(900);
        if (seconds < 1 || seconds > 604_800) {
            throw INVALID_ARGUMENT.because("Invalid value " + seconds
                    + " for parameter 'expiration' supplied. It must be between 1 and 604800 seconds.");
        }
        return Duration.ofSeconds(seconds);
    }

    private static Reply presigned(PresignedRequest request) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject()
                    .writeStringProperty("presigned_url", request.url().toString());
            json.writeName("headers").writeStartObject();
            request.headers().forEach(json::writeStringProperty);
            json.writeEndObject();
            if (request.sizeBytes() >= 0) json.writeNumberProperty("file_size", request.sizeBytes());
            json.writeEndObject();
        });
    }

    /// Breaks off past the limit, when the length was not told before.
    private static final class Capped extends FilterInputStream {
        private long left = UPLOAD_LIMIT;

        Capped(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            return b < 0 ? b : count(1) == 1 ? b : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return count(super.read(bytes, offset, length));
        }

        private int count(int n) {
            left -= Math.max(n, 0);
            if (left < 0) throw INVALID_ARGUMENT.because("Artifact size is too large. Max size is 10MB.");
            return n;
        }
    }

    private Reply list(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        String path = ArtifactPath.of(message.textOrEmpty("path")).value();
        return list(runs.info(message.runId()).artifactUri(), path);
    }

    private Reply listOfModel(Call call) throws IOException {
        String path = ArtifactPath.of(call.queryValue("artifact_directory_path").orElse(""))
                .value();
        return list(models.get(call.pathVariable("model_id"), false).artifactUri(), path);
    }

    private Reply list(String root, String path) throws IOException {
        List<ArtifactInfo> found = artifacts.list(inOwnStore(root, path));
        return Reply.json(json -> {
            json.writeStartObject().writeStringProperty("root_uri", root);
            if (!found.isEmpty()) {
                json.writeName("files").writeStartArray();
                for (ArtifactInfo file : found) {
                    json.writeStartObject()
                            .writeStringProperty("path", path.isEmpty() ? file.name() : path + "/" + file.name());
                    json.writeBooleanProperty("is_dir", file.directory());
                    if (!file.directory() && file.sizeBytes() > 0)
                        json.writeNumberProperty("file_size", file.sizeBytes());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        });
    }

    /// The path in this server's own store. What lies elsewhere is its clients' to open: this server makes
    /// no request to an address that a client chose.
    private static String inOwnStore(String root, String path) {
        String base = ArtifactLocations.ownPath(root)
                .orElseThrow(
                        () -> INVALID_ARGUMENT.because(
                                "The artifacts lie at " + root
                                        + ", outside this server's own store. Open them with your own credentials, for example with mlflow.artifacts."));
        return path.isEmpty() ? base : base + "/" + path;
    }
}
