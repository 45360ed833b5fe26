package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.SchemaParser;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// Millwright's own REST for datasets: what is there, what is said of it, its versions and tags.
final class DatasetsApi {
    private static final String DATASET = "/datasets/{dataset}";

    private final TableService tables;
    private final DatasetEdits edits;

    DatasetsApi(TableService tables, DatasetEdits edits) {
        this.tables = tables;
        this.edits = edits;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(Need.READ, "GET", "/datasets", BodyKind.NONE, "Datasets one may read, by name", this::list)
                .on(Need.READ, "GET", "/namespaces", BodyKind.NONE, "Namespaces one may read", this::namespaces)
                .on(Need.READ, "GET", DATASET, BodyKind.NONE, "One dataset: columns, tags, properties", this::get)
                .on(Need.WRITE, "PATCH", DATASET, BodyKind.JSON, "Changes what is said of a dataset", this::describe)
                .on(Need.MANAGE, "DELETE", DATASET, BodyKind.NONE, "Drops a dataset; it can be restored", this::drop)
                .on(
                        Need.MANAGE,
                        "POST",
                        DATASET + "/restore",
                        BodyKind.NONE,
                        "Brings back the dataset dropped last under this name",
                        this::restore)
                .on(Need.MANAGE, "POST", DATASET + "/rename", BodyKind.JSON, "Renames a dataset", this::rename)
                .on(Need.READ, "GET", DATASET + "/versions", BodyKind.NONE, "Versions, latest first", this::versions)
                .on(
                        Need.READ,
                        "GET",
                        DATASET + "/version",
                        BodyKind.NONE,
                        "One version, by number, tag or time",
                        this::version)
                .on(Need.WRITE, "POST", DATASET + "/tags", BodyKind.JSON, "Names a version for good", this::tag)
                .on(Need.MANAGE, "DELETE", DATASET + "/tags", BodyKind.NONE, "Deletes a tag or branch", this::untag)
                .on(
                        Need.MANAGE,
                        "POST",
                        DATASET + "/rollback",
                        BodyKind.JSON,
                        "Has main stand at another version",
                        this::rollBack);
    }

    private Reply list(Call call) throws IOException {
        Query query = Query.of(call, "search", "namespace", "page_token", "max_results", "dropped");
        int most = query.number("max_results", 100, 1, 1000);
        if (query.choice("dropped", false, Map.of("true", true, "false", false))) return dropped();
        List<Dataset.Row> rows = tables.list(
                query.text("search").orElse(""),
                query.text("namespace").orElse(""),
                query.text("page_token").orElse(""),
                most + 1);
        boolean more = rows.size() > most;
        List<Dataset.Row> page = more ? rows.subList(0, most) : rows;
        return Reply.json(json -> {
            json.writeStartObject().writeName("datasets").writeStartArray();
            for (Dataset.Row row : page) write(json, row);
            json.writeEndArray();
            if (more)
                json.writeStringProperty(
                        "next_page_token", page.getLast().name().toString());
            json.writeEndObject();
        });
    }

    private Reply dropped() throws IOException {
        List<DatasetName> names = tables.dropped();
        return Reply.json(json -> {
            json.writeStartObject().writeName("datasets").writeStartArray();
            for (DatasetName name : names) {
                json.writeStartObject()
                        .writeStringProperty("name", name.toString())
                        .writeEndObject();
            }
            json.writeEndArray().writeEndObject();
        });
    }

    private static void write(JsonGenerator json, Dataset.Row row) {
        json.writeStartObject()
                .writeStringProperty("name", row.name().toString())
                .writeStringProperty("comment", row.comment());
        words(json, "owners", row.owners());
        words(json, "tags", row.tags());
        words(json, "matched_columns", row.matched());
        row.current().ifPresent(version -> write(json.writeName("version"), version));
        json.writeStringProperty("changed_at", row.changedAt().toString()).writeEndObject();
    }

    private Reply namespaces(Call call) throws IOException {
        Query.of(call);
        List<String> names = tables.namespaces();
        return Reply.json(json -> {
            json.writeStartObject();
            words(json, "namespaces", names);
            json.writeEndObject();
        });
    }

    private Reply get(Call call) throws IOException {
        Query.of(call);
        Dataset dataset = tables.get(name(call));
        return Reply.json(json -> {
            Description said = dataset.description();
            json.writeStartObject()
                    .writeStringProperty("name", dataset.name().toString())
                    .writeStringProperty("table_id", dataset.id())
                    .writeStringProperty("location", dataset.location())
                    .writeStringProperty("comment", said.comment());
            words(json, "owners", said.owners());
            words(json, "tags", said.tags());
            json.writeName("columns").writeStartArray();
            for (Description.Column column : said.columns()) write(json, column);
            json.writeEndArray();
            json.writeName("schema").writeRawValue(SchemaParser.toJson(dataset.schema()));
            words(json, "partitions", dataset.partitions());
            json.writeName("refs").writeStartArray();
            for (Dataset.Ref ref : dataset.refs()) write(json, ref);
            json.writeEndArray();
            dataset.current().ifPresent(version -> write(json.writeName("version"), version));
            json.writeName("properties").writeStartObject();
            dataset.properties().forEach(json::writeStringProperty);
            json.writeEndObject()
                    .writeStringProperty("created_at", dataset.createdAt().toString())
                    .writeStringProperty("changed_at", dataset.changedAt().toString())
                    .writeEndObject();
        });
    }

    private static void write(JsonGenerator json, Description.Column column) {
        json.writeStartObject()
                .writeNumberProperty("field_id", column.fieldId())
                .writeStringProperty("path", column.path())
                .writeStringProperty("type", column.type())
                .writeBooleanProperty("required", column.required())
                .writeStringProperty("doc", column.doc())
                .writeStringProperty("unit", column.unit());
        words(json, "tags", column.tags());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Dataset.Ref ref) {
        json.writeStartObject()
                .writeStringProperty("name", ref.name())
                .writeStringProperty("type", ref.branch() ? "branch" : "tag")
                .writeStringProperty("snapshot_id", Long.toString(ref.snapshotId()));
        ref.number().ifPresent(number -> json.writeNumberProperty("version", number));
        json.writeEndObject();
    }

    /// Snapshot ids are texts: they are larger than the numbers that JavaScript can hold.
    static void write(JsonGenerator json, DatasetVersion version) {
        json.writeStartObject()
                .writeNumberProperty("number", version.number())
                .writeStringProperty("snapshot_id", Long.toString(version.snapshotId()));
        version.parentId().ifPresent(parent -> json.writeStringProperty("parent_id", Long.toString(parent)));
        json.writeStringProperty("branch", version.branch())
                .writeStringProperty("operation", version.operation())
                .writeNumberProperty("schema_id", version.schemaId())
                .writeNumberProperty("added_rows", version.addedRows())
                .writeNumberProperty("deleted_rows", version.deletedRows())
                .writeNumberProperty("rows", version.rows())
                .writeNumberProperty("size_bytes", version.bytes())
                .writeNumberProperty("files", version.files())
                .writeStringProperty("message", version.message())
                .writeStringProperty("committed_at", version.at().toString())
                .writeStringProperty("committed_by", version.actor())
                .writeStringProperty("request_id", version.requestId());
        version.expiredAt().ifPresent(at -> json.writeStringProperty("expired_at", at.toString()));
        json.writeEndObject();
    }

    private static void words(JsonGenerator json, String field, List<String> words) {
        json.writeName(field).writeStartArray();
        words.forEach(json::writeString);
        json.writeEndArray();
    }

    private Reply describe(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("comment", "owners", "tags", "columns"));
        Map<String, DatasetEdits.ColumnChange> columns = new LinkedHashMap<>();
        if (body.has("columns") && !body.path("columns").isObject()) {
            throw INVALID_ARGUMENT.because("'columns' is no object, expected columns by their path.");
        }
        for (var entry : body.path("columns").properties()) {
            JsonNode column = entry.getValue();
            Json.onlyFields(column, List.of("doc", "unit", "tags"));
            columns.put(
                    entry.getKey(),
                    new DatasetEdits.ColumnChange(
                            Json.textIfGiven(column, "doc"), Json.textIfGiven(column, "unit"), words(column, "tags")));
        }
        var change = new DatasetEdits.Change(
                Json.textIfGiven(body, "comment"), words(body, "owners"), words(body, "tags"), columns);
        edits.describe(name(call), change);
        return get(call);
    }

    private Reply drop(Call call) {
        tables.drop(name(call));
        return Reply.noContent(204);
    }

    private Reply restore(Call call) throws IOException {
        tables.restore(name(call));
        return get(call);
    }

    private Reply rename(Call call) {
        JsonNode body = Json.fields(call, List.of("new_name"));
        DatasetName to = DatasetName.parse(Json.text(body, "new_name"));
        tables.rename(name(call), to);
        return Reply.noContent(204);
    }

    private Reply versions(Call call) throws IOException {
        Query query = Query.of(call, "page_token", "max_results");
        int most = query.number("max_results", 100, 1, 1000);
        int below = query.number("page_token", Integer.MAX_VALUE, 0, Integer.MAX_VALUE);
        List<DatasetVersion> rows = tables.versions(name(call), below, most + 1);
        boolean more = rows.size() > most;
        List<DatasetVersion> page = more ? rows.subList(0, most) : rows;
        return Reply.json(json -> {
            json.writeStartObject().writeName("versions").writeStartArray();
            for (DatasetVersion version : page) write(json, version);
            json.writeEndArray();
            if (more)
                json.writeStringProperty(
                        "next_page_token", Integer.toString(page.getLast().number()));
            json.writeEndObject();
        });
    }

    private Reply version(Call call) throws IOException {
        Query query = Query.of(call, "version", "time");
        DatasetVersion found = tables.version(name(call), at(query.text("version"), query.text("time")));
        return Reply.json(json -> write(json, found));
    }

    static At at(Optional<String> version, Optional<String> time) {
        if (version.isPresent() && time.isPresent()) {
            throw INVALID_ARGUMENT.because("Both 'version' and 'time' are given, expected one of them.");
        }
        return version.map(At::version).or(() -> time.map(At::time)).orElseGet(At.Latest::new);
    }

    private Reply tag(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("name", "version"));
        At at = version(body).map(At::version).orElseGet(At.Latest::new);
        String tag = Json.text(body, "name");
        DatasetVersion version = edits.tag(name(call), tag, at);
        return Reply.json(201, "application/json", json -> write(json, version));
    }

    private Reply untag(Call call) {
        String ref = Query.of(call, "name")
                .text("name")
                .orElseThrow(
                        () -> INVALID_ARGUMENT.because("'name' is missing, expected the tag or branch to delete."));
        edits.deleteRef(name(call), ref);
        return Reply.noContent(204);
    }

    private Reply rollBack(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("version", "message"));
        String message = Json.textIfGiven(body, "message").orElse("");
        At at = version(body)
                .map(At::version)
                .orElseThrow(() -> INVALID_ARGUMENT.because("'version' is missing, expected a number or a tag."));
        DatasetVersion now = edits.rollBack(name(call), at, message);
        return Reply.json(json -> write(json, now));
    }

    private static DatasetName name(Call call) {
        return DatasetName.parse(call.pathVariable("dataset"));
    }

    /// A number may come as one, or as a text.
    private static Optional<String> version(JsonNode body) {
        JsonNode version = body.path("version");
        return version.isIntegralNumber() ? Optional.of(version.asString()) : Json.textIfGiven(body, "version");
    }

    private static Optional<List<String>> words(JsonNode body, String field) {
        if (!body.has(field)) return Optional.empty();
        List<String> words = new ArrayList<>();
        boolean texts = body.path(field).isArray();
        for (JsonNode word : body.path(field)) {
            texts &= word.isString();
            words.add(word.asString(""));
        }
        if (!texts) throw INVALID_ARGUMENT.because("'%s' is no list of texts.", field);
        return Optional.of(words);
    }
}
