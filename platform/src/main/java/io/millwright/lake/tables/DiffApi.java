package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import java.io.IOException;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/// Millwright's own REST for what differs between versions of a dataset.
final class DiffApi {
    private final TableService tables;

    DiffApi(TableService tables) {
        this.tables = tables;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.READ,
                        "GET",
                        "/datasets/{dataset}/diff",
                        BodyKind.NONE,
                        "What differs between two versions: columns, rows and size",
                        this::diff);
    }

    private Reply diff(Call call) throws IOException {
        Query query = Query.of(call, "from", "to");
        At from = At.version(query.text("from")
                .orElseThrow(
                        () -> INVALID_ARGUMENT.because("'from' is missing, expected a version's number or a tag.")));
        At to = query.text("to").map(At::version).orElseGet(At.Latest::new);
        VersionDiff diff = tables.diff(DatasetName.parse(call.pathVariable("dataset")), from, to);
        return Reply.json(json -> {
            json.writeStartObject();
            DatasetsApi.write(json.writeName("from"), diff.from());
            DatasetsApi.write(json.writeName("to"), diff.to());
            json.writeName("columns").writeStartArray();
            for (VersionDiff.Column column : diff.columns()) write(json, column);
            json.writeEndArray();
            change(json, "rows", diff.from().rows(), diff.to().rows());
            change(json, "size_bytes", diff.from().bytes(), diff.to().bytes());
            change(json, "files", diff.from().files(), diff.to().files());
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, VersionDiff.Column column) {
        json.writeStartObject()
                .writeNumberProperty("field_id", column.fieldId())
                .writeStringProperty("change", column.change().name().toLowerCase(Locale.ROOT))
                .writeStringProperty("path", column.path())
                .writeStringProperty("before", column.before())
                .writeStringProperty("after", column.after())
                .writeEndObject();
    }

    private static void change(JsonGenerator json, String name, long before, long after) {
        json.writeName(name)
                .writeStartObject()
                .writeNumberProperty("before", before)
                .writeNumberProperty("after", after)
                .writeEndObject();
    }
}
