package io.millwright.lake.query;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.DatasetVersion;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// Millwright's own REST for SQL over datasets.
final class QueryApi {
    private static final int PAGE = 50;
    private static final int MOST_ON_PAGE = 1000;
    private static final long USUAL_ROWS = 10_000;
    private static final String SAVED = "/sql/saved/{name}";

    private final QueryService service;
    private final SavedQueryService saved;
    private final ResultService results;

    QueryApi(QueryService service, SavedQueryService saved, ResultService results) {
        this.results = results;
        this.service = service;
        this.saved = saved;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.WRITE,
                        "POST",
                        "/sql/store",
                        BodyKind.JSON,
                        "Makes the result of a query a version of a dataset",
                        this::store)
                .on(
                        Need.READ,
                        "POST",
                        "/sql",
                        BodyKind.JSON,
                        "Runs a query over datasets and answers its rows",
                        this::run)
                .on(
                        Need.READ,
                        "POST",
                        "/sql/explain",
                        BodyKind.JSON,
                        "How a query would run, and how much it would read",
                        this::explain)
                .on(
                        Need.READ,
                        "GET",
                        "/sql/queries",
                        BodyKind.NONE,
                        "Queries that were run, latest first",
                        this::history)
                .on(
                        Need.READ,
                        "GET",
                        "/sql/queries/{query_id}",
                        BodyKind.NONE,
                        "One query that was run, or is running",
                        this::get)
                .on(Need.READ, "DELETE", "/sql/queries/{query_id}", BodyKind.NONE, "Stops a query", this::cancel)
                .on(Need.READ, "GET", "/sql/saved", BodyKind.NONE, "Saved queries, by name", this::listSaved)
                .on(Need.READ, "GET", SAVED, BodyKind.NONE, "A saved query", this::getSaved)
                .on(Need.WRITE, "PUT", SAVED, BodyKind.JSON, "Saves a query under a name", this::save)
                .on(Need.WRITE, "DELETE", SAVED, BodyKind.NONE, "Removes a saved query", this::removeSaved);
    }

    private Reply run(Call call) throws IOException {
        Query.of(call);
        JsonNode body = Json.fields(call, List.of("sql", "format", "max_rows", "max_bytes"));
        ResultFormat format = body.has("format")
                ? ResultFormat.of(Json.text(body, "format"))
                : ResultFormat.accepted(call.header("accept"));
        Optional<Long> maxRows = number(body, "max_rows");
        Optional<Long> maxBytes = number(body, "max_bytes");
        String text = Json.text(body, "sql");
        Optional<String> id = call.header("x-query-id");
        id.ifPresent(QueryApi::checkId);
        var query = service.prepare(text, id, maxBytes);
        // A page of rows is what somebody looks at; whoever wants a file wants all of it.
        Optional<Long> most = format == ResultFormat.JSON && maxRows.isEmpty() ? Optional.of(USUAL_ROWS) : maxRows;
        var wanted = new QueryRunner.Wanted(format, most);
        return Reply.longStream(
                        format.contentType(), out -> service.run(query, wanted, out), () -> service.left(query.id()))
                .with("x-query-id", query.id())
                .with("cache-control", "no-store");
    }

    private Reply store(Call call) throws IOException {
        Query.of(call);
        List<String> fields = List.of("sql", "dataset", "mode", "message");
        JsonNode body = Json.fields(call, fields);
        for (String field : fields) if (body.has(field)) Json.text(body, field);
        String message = body.has("message") ? Json.text(body, "message") : "";
        ResultService.Mode mode = mode(body.has("mode") ? Json.text(body, "mode") : "create");
        DatasetName dataset = DatasetName.parse(Json.text(body, "dataset"));
        String text = Json.text(body, "sql");
        Optional<String> id = call.header("x-query-id");
        id.ifPresent(QueryApi::checkId);
        Prepared query = service.prepare(text, id, Optional.empty());
        var into = new ResultService.Into(dataset, mode, message);
        return Reply.longStream("application/json", out -> stored(query, into, out), () -> service.left(query.id()))
                .with("x-query-id", query.id());
    }

    private void stored(Prepared query, ResultService.Into into, OutputStream out) throws IOException {
        DatasetVersion version = results.store(query, into);
        JsonGenerator json = Json.MAPPER.createGenerator(out);
        json.writeStartObject()
                .writeStringProperty("query_id", query.id())
                .writeStringProperty("dataset", into.dataset().toString())
                .writeNumberProperty("number", version.number())
                .writeStringProperty("snapshot_id", Long.toString(version.snapshotId()))
                .writeNumberProperty("added_rows", version.addedRows())
                .writeNumberProperty("rows", version.rows());
        json.writePOJOProperty("snapshots", Json.MAPPER.readTree(QueryStore.versions(query.read())));
        json.writeEndObject().close();
    }

    private static ResultService.Mode mode(String text) {
        return switch (text) {
            case "create" -> ResultService.Mode.CREATE;
            case "append" -> ResultService.Mode.APPEND;
            case "overwrite" -> ResultService.Mode.OVERWRITE;
            default -> throw INVALID_ARGUMENT.because("'mode' is '%s', expected create, append or overwrite.", text);
        };
    }

    private static void checkId(String id) {
        if (!id.matches("[0-9a-f]{32}")) {
            throw INVALID_ARGUMENT.because("The header X-Query-Id is '%s', expected 32 hexadecimal digits.", id);
        }
    }

    private Reply explain(Call call) throws IOException {
        Query.of(call);
        String text = Json.text(Json.fields(call, List.of("sql")), "sql");
        QueryService.Explanation told = service.explain(text);
        return Reply.json(json -> {
            json.writeStartObject()
                    .writeStringProperty("plan", told.plan())
                    .writeName("estimate")
                    .writeStartObject()
                    .writeNumberProperty("rows", told.query().rows())
                    .writeNumberProperty("bytes", told.query().bytes())
                    .writeNumberProperty("files", told.query().files())
                    .writeNumberProperty("files_in_all", told.query().filesInAll())
                    .writeEndObject();
            json.writePOJOProperty(
                    "snapshots",
                    Json.MAPPER.readTree(QueryStore.versions(told.query().read())));
            json.writeEndObject();
        });
    }

    private Reply history(Call call) throws IOException {
        Query query = Query.of(call, "of", "search", "page_token", "max_results");
        int most = query.number("max_results", PAGE, 1, MOST_ON_PAGE);
        boolean all = query.choice("of", false, Map.of("me", false, "everybody", true));
        String search = query.text("search").orElse("");
        if (search.length() > 200) throw INVALID_ARGUMENT.because("'search' is longer than 200 characters.");
        String after = query.text("page_token").orElse("");
        if (!after.isEmpty() && !after.matches("[0-9a-f]{32}")) {
            throw INVALID_ARGUMENT.because("'page_token' is '%s', expected the one of the page before.", after);
        }
        if (!search.isEmpty() && search.codePoints().noneMatch(Character::isLetterOrDigit)) {
            throw INVALID_ARGUMENT.because("'search' is '%s', expected a part of a query's text.", search);
        }
        List<PastQuery> page = service.history(all, search, after, most);
        return Reply.json(json -> {
            json.writeStartObject().writeName("queries").writeStartArray();
            for (PastQuery one : page) write(json, one);
            json.writeEndArray();
            if (page.size() == most)
                json.writeStringProperty("next_page_token", page.getLast().id());
            json.writeEndObject();
        });
    }

    private Reply get(Call call) throws IOException {
        Query.of(call);
        PastQuery query = service.find(call.pathVariable("query_id"));
        return Reply.json(json -> write(json, query));
    }

    private static void write(JsonGenerator json, PastQuery query) {
        json.writeStartObject()
                .writeStringProperty("query_id", query.id())
                .writeStringProperty("sql", query.text())
                .writeStringProperty("state", query.state().word())
                .writeStringProperty("actor", query.actor())
                .writeStringProperty("at", query.at().toString())
                .writeNumberProperty("elapsed_ms", query.elapsedMillis())
                .writeNumberProperty("rows", query.rows())
                .writeNumberProperty("bytes", query.bytes());
        if (!query.error().isEmpty()) json.writeStringProperty("error", query.error());
        json.writePOJOProperty("snapshots", Json.MAPPER.readTree(QueryStore.versions(query.read())));
        json.writeEndObject();
    }

    private Reply cancel(Call call) throws IOException {
        Query.of(call);
        service.cancel(call.pathVariable("query_id"));
        return Reply.json(
                202,
                "application/json",
                json -> json.writeStartObject()
                        .writeStringProperty("query_id", call.pathVariable("query_id"))
                        .writeEndObject());
    }

    private Reply listSaved(Call call) throws IOException {
        Query query = Query.of(call, "page_token", "max_results");
        int most = query.number("max_results", PAGE, 1, MOST_ON_PAGE);
        String after = query.text("page_token").orElse("");
        if (!after.isEmpty()) checkName("page_token", after);
        List<SavedQuery> page = saved.list(after, most);
        return Reply.json(json -> {
            json.writeStartObject().writeName("queries").writeStartArray();
            for (SavedQuery one : page) write(json, one);
            json.writeEndArray();
            if (page.size() == most)
                json.writeStringProperty("next_page_token", page.getLast().name());
            json.writeEndObject();
        });
    }

    private Reply getSaved(Call call) throws IOException {
        Query.of(call);
        return told(200, saved.get(call.pathVariable("name")));
    }

    private Reply save(Call call) throws IOException {
        Query.of(call);
        JsonNode body = Json.fields(call, List.of("sql", "description"));
        String description = body.has("description") ? Json.text(body, "description") : "";
        if (description.length() > 2000)
            throw INVALID_ARGUMENT.because("'description' is longer than 2000 characters.");
        String text = Json.text(body, "sql");
        String name = call.pathVariable("name");
        checkName("name", name);
        Optional<Integer> edition = call.header("if-match").map(QueryApi::edition);
        return told(200, saved.save(name, text, description, edition));
    }

    private static int edition(String etag) {
        if (etag.matches("\"\\d{1,9}\"")) return Integer.parseInt(etag.substring(1, etag.length() - 1));
        throw INVALID_ARGUMENT.because("If-Match is %s, expected the ETag of the saved query, such as \"3\".", etag);
    }

    private Reply removeSaved(Call call) {
        Query.of(call);
        saved.remove(call.pathVariable("name"));
        return Reply.noContent(204);
    }

    private static Reply told(int status, SavedQuery query) throws IOException {
        return Reply.json(status, "application/json", json -> write(json, query))
                .with("etag", "\"" + query.edition() + "\"");
    }

    private static void write(JsonGenerator json, SavedQuery query) {
        json.writeStartObject()
                .writeStringProperty("name", query.name())
                .writeStringProperty("sql", query.text())
                .writeStringProperty("description", query.description())
                .writeStringProperty("owner", query.owner())
                .writeNumberProperty("edition", query.edition())
                .writeStringProperty("updated_at", query.updatedAt().toString())
                .writeEndObject();
    }

    private static void checkName(String field, String name) {
        if (name.length() <= 100 && name.matches("[\\p{L}\\p{N}_][\\p{L}\\p{N}_ .-]*")) return;
        throw INVALID_ARGUMENT.because(
                "'%s' is '%s', expected 1 to 100 letters, digits, '_', '-', '.' or blanks, beginning with a letter, a digit"
                        + " or '_'.",
                field, name.length() > 100 ? name.substring(0, 100) + "…" : name);
    }

    private static Optional<Long> number(JsonNode body, String field) {
        JsonNode value = body.path(field);
        if (value.isMissingNode()) return Optional.empty();
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 1) {
            throw INVALID_ARGUMENT.because("'%s' is %s, expected a number from 1 on.", field, value);
        }
        return Optional.of(value.longValue());
    }
}
