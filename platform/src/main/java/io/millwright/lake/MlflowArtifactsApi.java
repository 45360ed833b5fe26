package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Access;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.MultipartUploads.PartTag;
import io.millwright.lake.MultipartUploads.Target;
import io.millwright.lake.MultipartUploads.Ticket;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// MLflow's artifact proxy.
final class MlflowArtifactsApi {
    /// As MLflow's own server signs.
    private static final Duration PRESIGNED_VALID = Duration.ofMinutes(15);

    private final ArtifactService artifacts;
    private final MultipartUploads uploads;

    MlflowArtifactsApi(ArtifactService artifacts, MultipartUploads uploads) {
        this.artifacts = artifacts;
        this.uploads = uploads;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("2.0")
                .get("/mlflow-artifacts/artifacts", this::list)
                .on("GET", "/mlflow-artifacts/artifacts/{*path}", BodyKind.NONE, this::download)
                .on("PUT", "/mlflow-artifacts/artifacts/{*path}", BodyKind.STREAM, this::upload)
                .on(Need.MANAGE, "DELETE", "/mlflow-artifacts/artifacts/{*path}", BodyKind.NONE, this::delete)
                .post("/mlflow-artifacts/mpu/create/{*path}", this::createUpload)
                .post("/mlflow-artifacts/mpu/complete/{*path}", this::completeUpload)
                .post("/mlflow-artifacts/mpu/abort/{*path}", this::abortUpload)
                .on("GET", "/mlflow-artifacts/presigned/{*path}", BodyKind.NONE, this::presigned)
                .on("PUT", "/mlflow-artifacts/mpu/part/{upload_id}/{number}", BodyKind.STREAM, this::putPart);
    }

    private Reply list(Call call) throws IOException {
        List<ArtifactInfo> found = artifacts.list(MlflowMessage.of(call).textOrEmpty("path"));
        return Reply.largeJson(json -> {
            json.writeStartObject();
            if (!found.isEmpty()) {
                json.writeName("files").writeStartArray();
                for (ArtifactInfo file : found) {
                    json.writeStartObject()
                            .writeStringProperty("path", file.name())
                            .writeBooleanProperty("is_dir", file.directory());
                    if (!file.directory() && file.sizeBytes() > 0)
                        json.writeNumberProperty("file_size", file.sizeBytes());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        });
    }

    private Reply download(Call call) throws IOException {
        return ArtifactDownload.of(call, artifacts.open(call.pathVariable("path")));
    }

    private Reply upload(Call call) throws IOException {
        artifacts.store(call.pathVariable("path"), call.stream(), call.contentLength());
        return Reply.noContent(200);
    }

    private Reply delete(Call call) {
        artifacts.deleteTree(call.pathVariable("path"));
        return Reply.emptyJson();
    }

    private Reply createUpload(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        ArtifactPath path = target(call, message);
        if (uploads instanceof PartUploads && sendsPartsUnauthenticated(call)) {
            throw UNSUPPORTED.because("Multipart upload is not supported for the current artifact repository: this"
                    + " client sends its parts without credentials. Upload in one piece.");
        }
        int parts = Math.clamp(message.requiredInteger("num_parts"), 0, Integer.MAX_VALUE);
        Ticket ticket = uploads.create(workspace(), path, parts);
        return Reply.json(json -> {
            json.writeStartObject()
                    .writeStringProperty("upload_id", ticket.id())
                    .writeName("credentials")
                    .writeStartArray();
            for (Target part : ticket.parts()) {
                json.writeStartObject()
                        .writeStringProperty(
                                "url", call.origin().resolve(part.url()).toString())
                        .writeNumberProperty("part_number", part.number());
                if (!part.headers().isEmpty()) {
                    json.writeName("headers").writeStartObject();
                    part.headers().forEach(json::writeStringProperty);
                    json.writeEndObject();
                }
                json.writeEndObject();
            }
            json.writeEndArray().writeEndObject();
        });
    }

    /// MLflow's Python client (3.18) sends parts as it does to S3, without a token, and uploads in one piece where
    /// it is told so: `test_a_large_file_comes_in_one_piece_where_one_signs_in` in `peers/test_access.py`.
    private static boolean sendsPartsUnauthenticated(Call call) {
        return !RequestContext.current().access().equals(Access.EVERYTHING)
                && call.header("user-agent").orElse("").startsWith("mlflow-python-client/");
    }

    private Reply putPart(Call call) throws IOException {
        if (!(uploads instanceof PartUploads parts)) {
            throw UNSUPPORTED.because("Parts go straight to S3 here: send each to the url that mpu/create answered.");
        }
        String text = call.pathVariable("number");
        int number = text.matches("\\d{1,6}") ? Integer.parseInt(text) : 0;
        String etag = parts.putPart(call.pathVariable("upload_id"), number, call.stream(), call.contentLength());
        return Reply.emptyJson().with("etag", etag);
    }

    private Reply completeUpload(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        ArtifactPath path = target(call, message);
        List<PartTag> parts = message.messages("parts").stream()
                .map(part -> new PartTag(
                        part.smallInteger("part_number").orElseThrow(() -> part.missing("part_number")),
                        part.textOrEmpty("etag")))
                .toList();
        if (parts.isEmpty()) throw message.missing("parts");
        uploads.complete(workspace(), path, message.requiredText("upload_id"), parts);
        return Reply.emptyJson();
    }

    private Reply abortUpload(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        uploads.abort(workspace(), target(call, message), message.requiredText("upload_id"));
        return Reply.emptyJson();
    }

    /// The URL names the directory, and the body the file as it is called on the client's machine.
    private static ArtifactPath target(Call call, MlflowMessage message) {
        ArtifactPath directory = ArtifactPath.of(call.pathVariable("path"));
        String local = message.requiredText("path");
        String name = local.substring(Math.max(local.lastIndexOf('/'), local.lastIndexOf('\\')) + 1);
        if (name.isEmpty()) {
            throw INVALID_ARGUMENT.because("Artifact path must include a filename (cannot end with '/').");
        }
        ArtifactPath file = directory.child(name);
        ArtifactRights.require(Right.WRITE, file);
        return file;
    }

    private Reply presigned(Call call) throws IOException {
        String path = ArtifactPath.of(call.pathVariable("path")).value();
        if (!artifacts.presigns()) {
            throw UNSUPPORTED.because("Multipart download is not supported for the current artifact repository");
        }
        PresignedRequest request = artifacts.presignedDownload(path, PRESIGNED_VALID);
        return Reply.json(json -> {
            json.writeStartObject()
                    .writeStringProperty("url", request.url().toString())
                    .writeName("headers")
                    .writeStartObject();
            for (var header : request.headers().entrySet())
                json.writeStringProperty(header.getKey(), header.getValue());
            json.writeEndObject()
                    .writeNumberProperty("file_size", request.sizeBytes())
                    .writeEndObject();
        });
    }

    private static String workspace() {
        return RequestContext.current().workspace();
    }
}
