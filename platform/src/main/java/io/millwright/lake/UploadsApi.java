package io.millwright.lake;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.lake.MultipartUploads.PartInfo;
import io.millwright.lake.MultipartUploads.Status;
import io.millwright.lake.MultipartUploads.Target;
import java.io.IOException;

/// Our own REST for multipart uploads: what MLflow's lacks to take one up again.
final class UploadsApi {
    private final MultipartUploads uploads;

    UploadsApi(MultipartUploads uploads) {
        this.uploads = uploads;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.WRITE,
                        "GET",
                        "/uploads/{upload_id}",
                        BodyKind.NONE,
                        "Tells which parts of a multipart upload have arrived, and where to send the others",
                        this::status);
    }

    private Reply status(Call call) throws IOException {
        Status status = uploads.status(call.pathVariable("upload_id"));
        return Reply.json(json -> {
            json.writeStartObject()
                    .writeStringProperty("upload_id", status.id())
                    .writeStringProperty("path", status.path().value())
                    .writeNumberProperty("num_parts", status.parts())
                    .writeBooleanProperty("completed", status.completed())
                    .writeStringProperty("expires_at", status.expiresAt().toString());
            json.writeName("parts").writeStartArray();
            for (PartInfo part : status.present()) {
                json.writeStartObject()
                        .writeNumberProperty("part_number", part.number())
                        .writeNumberProperty("size_bytes", part.sizeBytes())
                        .writeStringProperty("etag", part.etag())
                        .writeEndObject();
            }
            json.writeEndArray().writeName("missing").writeStartArray();
            for (Target part : status.missing()) {
                json.writeStartObject()
                        .writeNumberProperty("part_number", part.number())
                        .writeStringProperty(
                                "url", call.origin().resolve(part.url()).toString())
                        .writeEndObject();
            }
            json.writeEndArray().writeEndObject();
        });
    }
}
