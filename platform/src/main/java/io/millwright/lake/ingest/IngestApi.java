package io.millwright.lake.ingest;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Operations;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.DatasetVersion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.types.Type;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Millwright's own REST for files that become versions: sent, looked at, committed.
final class IngestApi {
    /// A larger file is committed as an operation.
    private static final long AT_ONCE_BYTES = 64_000_000;

    private static final List<String> FIELDS =
            List.of("upload", "mode", "mapping", "types", "evolve", "allow_empty", "message", "branch");

    private final IngestService service;
    private final Operations operations;

    IngestApi(IngestService service, Operations operations) {
        this.service = service;
        this.operations = operations;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.WRITE,
                        "POST",
                        "/datasets/{dataset}/uploads",
                        BodyKind.STREAM,
                        "Takes a file, and tells which columns it has and how they fit the dataset",
                        this::upload)
                .on(
                        Need.WRITE,
                        "GET",
                        "/datasets/{dataset}/uploads/{upload_id}",
                        BodyKind.NONE,
                        "What is known of a file that was sent",
                        this::view)
                .on(
                        Need.WRITE,
                        "POST",
                        "/datasets/{dataset}/versions",
                        BodyKind.JSON,
                        "Makes a file that was sent a version of the dataset",
                        this::commit);
    }

    private Reply upload(Call call) throws IOException {
        List<String> known = new ArrayList<>(FileOptions.NAMES);
        known.add("name");
        Query query = Query.of(call, known.toArray(String[]::new));
        Map<String, List<String>> options = new LinkedHashMap<>(call.query());
        options.remove("name");
        String name = query.text("name").orElse("the file");
        if (name.length() > 200) throw INVALID_ARGUMENT.because("'name' is longer than 200 characters.");
        var view = service.upload(dataset(call), name, options, call.stream(), call.contentLength());
        return Reply.json(201, "application/json", json -> write(json, view));
    }

    private Reply view(Call call) throws IOException {
        Query.of(call);
        var view = service.view(dataset(call), call.pathVariable("upload_id"));
        return Reply.json(json -> write(json, view));
    }

    private static void write(JsonGenerator json, IngestService.View view) {
        json.writeStartObject()
                .writeStringProperty("upload", view.id())
                .writeStringProperty("format", view.kind().name().toLowerCase(java.util.Locale.ROOT))
                .writeNumberProperty("sampled_rows", view.sample().rows());
        json.writeName("columns").writeStartArray();
        for (Source.Column column : view.columns()) {
            json.writeStartObject()
                    .writeStringProperty("name", column.name())
                    .writeStringProperty("type", ColumnTypes.text(column.type()))
                    .writeEndObject();
        }
        json.writeEndArray().writeName("preview").writeStartArray();
        for (var row : view.sample().preview()) {
            json.writeStartArray();
            for (String cell : row) {
                if (cell == null) json.writeNull();
                else json.writeString(cell);
            }
            json.writeEndArray();
        }
        json.writeEndArray().writeName("problems").writeStartArray();
        view.problems().forEach(problem -> json.writeString(problem.toString()));
        json.writeEndArray();
        view.diff().ifPresent(diff -> write(json.writeName("diff"), diff));
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, SchemaDiff diff) {
        json.writeStartObject()
                .writeBooleanProperty("fits", diff.isEmpty())
                .writeBooleanProperty("can_evolve", diff.allows(true))
                .writeBooleanProperty("reordered", diff.isReordered());
        names(json, "added", diff.added().stream().map(Mapping.Incoming::name).toList());
        names(
                json,
                "missing",
                diff.missing().stream().map(field -> field.name()).toList());
        names(
                json,
                "retyped",
                diff.retyped().stream().map(SchemaDiff.Retyped::name).toList());
        json.writeName("renames").writeStartArray();
        for (SchemaDiff.Rename rename : diff.renames()) {
            json.writeStartObject()
                    .writeStringProperty("dataset", rename.table())
                    .writeStringProperty("file", rename.file())
                    .writeNumberProperty("likelihood", rename.likelihood())
                    .writeEndObject();
        }
        json.writeEndArray().writeStringProperty("text", diff.text().strip()).writeEndObject();
    }

    private static void names(JsonGenerator json, String field, List<String> names) {
        json.writeName(field).writeStartArray();
        names.forEach(json::writeString);
        json.writeEndArray();
    }

    private Reply commit(Call call) throws IOException {
        JsonNode body = Json.fields(call, FIELDS);
        String upload = Json.textIfGiven(body, "upload").orElse("");
        String mode = Json.textIfGiven(body, "mode").orElse("");
        Mapping mapping = mapping(body);
        boolean evolve = Json.flag(body, "evolve");
        boolean allowEmpty = Json.flag(body, "allow_empty");
        String message = Json.textIfGiven(body, "message").orElse("");
        String branch = Json.textIfGiven(body, "branch").orElse("");
        DatasetName dataset = dataset(call);
        var commit = new IngestService.Commit(upload, mode(mode), mapping, evolve, allowEmpty, message, branch);
        if (service.bytes(dataset, commit.upload()) > AT_ONCE_BYTES) {
            return operations.start("commit to " + dataset, progress -> result(service.commit(dataset, commit)));
        }
        JsonNode result = result(service.commit(dataset, commit));
        return Reply.json(201, "application/json", json -> json.writePOJO(result));
    }

    private static JsonNode result(Optional<DatasetVersion> version) {
        ObjectNode result = Json.MAPPER.createObjectNode();
        version.ifPresent(made -> result.put("number", made.number())
                .put("snapshot_id", Long.toString(made.snapshotId()))
                .put("branch", made.branch())
                .put("operation", made.operation())
                .put("added_rows", made.addedRows())
                .put("rows", made.rows()));
        return result;
    }

    private static IngestService.Mode mode(String text) {
        return switch (text) {
            case "create" -> IngestService.Mode.CREATE;
            case "append" -> IngestService.Mode.APPEND;
            case "overwrite" -> IngestService.Mode.OVERWRITE;
            default -> throw INVALID_ARGUMENT.because("'mode' is '%s', expected create, append or overwrite.", text);
        };
    }

    private static Mapping mapping(JsonNode body) {
        Map<String, Optional<String>> names = new LinkedHashMap<>();
        for (var entry : object(body, "mapping").properties()) {
            JsonNode to = entry.getValue();
            if (!to.isNull() && !to.isString()) {
                throw INVALID_ARGUMENT.because(
                        "'mapping' of '%s' is no text, expected a column's name or null.", entry.getKey());
            }
            names.put(
                    entry.getKey(),
                    to.isNull() || to.asString().isEmpty() ? Optional.empty() : Optional.of(to.asString()));
        }
        Map<String, Type> types = new LinkedHashMap<>();
        for (var entry : object(body, "types").properties()) {
            types.put(entry.getKey(), ColumnTypes.parse(entry.getValue().asString("")));
        }
        return new Mapping(names, types);
    }

    private static JsonNode object(JsonNode body, String field) {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) return Json.MAPPER.createObjectNode();
        if (!value.isObject()) throw INVALID_ARGUMENT.because("'%s' is no object, expected one by column.", field);
        return value;
    }

    private static DatasetName dataset(Call call) {
        return DatasetName.parse(call.pathVariable("dataset"));
    }
}
