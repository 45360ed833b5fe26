package io.millwright.lake.profiles;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// Millwright's own REST for rules of datasets.
final class QualityApi {
    private static final String RULE = "/datasets/{dataset}/rules/{name}";
    private static final List<String> FIELDS = List.of(
            "kind",
            "severity",
            "columns",
            "min",
            "max",
            "values",
            "pattern",
            "dataset",
            "column",
            "max_age",
            "expression");

    private final QualityService service;

    QualityApi(QualityService service) {
        this.service = service;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.READ,
                        "GET",
                        "/datasets/{dataset}/rules",
                        BodyKind.NONE,
                        "What a dataset must keep",
                        this::list)
                .on(Need.WRITE, "PUT", RULE, BodyKind.JSON, "Sets a rule of a dataset", this::set)
                .on(Need.WRITE, "DELETE", RULE, BodyKind.NONE, "Removes a rule of a dataset", this::remove)
                .on(
                        Need.MANAGE,
                        "PUT",
                        "/datasets/{dataset}/guard",
                        BodyKind.JSON,
                        "Whether versions that break an error rule are kept from main",
                        this::guard)
                .on(
                        Need.READ,
                        "GET",
                        "/datasets/{dataset}/quality",
                        BodyKind.NONE,
                        "How a version keeps the rules",
                        this::quality);
    }

    private Reply list(Call call) throws IOException {
        Query.of(call);
        QualityService.Rules rules = service.rules(name(call));
        return Reply.json(json -> {
            json.writeStartObject().writeBooleanProperty("guarded", rules.guarded());
            json.writeName("rules").writeStartArray();
            for (Rule rule : rules.all()) write(json, rule);
            json.writeEndArray().writeEndObject();
        });
    }

    private static void write(JsonGenerator json, Rule rule) {
        json.writeStartObject()
                .writeStringProperty("name", rule.name())
                .writeStringProperty("kind", rule.kind().word())
                .writeStringProperty("severity", rule.severity().word());
        json.writePOJOProperty("columns", rule.columns());
        rule.parameters().forEach(json::writePOJOProperty);
        json.writeEndObject();
    }

    private Reply set(Call call) throws IOException {
        Query.of(call);
        JsonNode body = Json.fields(call, FIELDS);
        Map<String, Object> parameters = new LinkedHashMap<>();
        for (String field : FIELDS.subList(3, FIELDS.size())) {
            if (body.has(field)) parameters.put(field, parameter(field, body.path(field)));
        }
        List<String> columns = columns(body);
        Rule.Severity severity = Rule.Severity.of(body.has("severity") ? Json.text(body, "severity") : "error");
        if (!body.has("kind")) throw INVALID_ARGUMENT.because("'kind' is missing beside %s.", quoted(body));
        Rule.Kind kind = Rule.Kind.of(Json.text(body, "kind"));
        Rule rule = new Rule(call.pathVariable("name"), kind, severity, columns, parameters).checked();
        service.set(name(call), rule);
        return Reply.json(json -> write(json, rule));
    }

    private static List<String> quoted(JsonNode body) {
        return body.propertyNames().stream().map(field -> "'" + field + "'").toList();
    }

    private static Object parameter(String field, JsonNode node) {
        boolean list = field.equals("values");
        if (list != node.isArray())
            throw INVALID_ARGUMENT.because("'%s' is %s, expected %s.", field, node, list ? "a list" : "one value");
        for (JsonNode one : list ? node : List.of(node)) {
            if (!one.isNumber() && !one.isString())
                throw INVALID_ARGUMENT.because("'%s' has %s, expected numbers or texts.", field, one);
        }
        boolean text =
                List.of("pattern", "dataset", "column", "max_age", "expression").contains(field);
        if (text && !node.isString()) throw INVALID_ARGUMENT.because("'%s' is no text.", field);
        return QualityStore.value(node);
    }

    private static List<String> columns(JsonNode body) {
        if (!body.has("columns")) return List.of();
        List<String> columns = new ArrayList<>();
        boolean texts = body.path("columns").isArray();
        for (JsonNode column : body.path("columns")) {
            texts &= column.isString();
            columns.add(column.asString(""));
        }
        if (!texts) throw INVALID_ARGUMENT.because("'columns' is no list of texts.");
        return columns;
    }

    private Reply remove(Call call) {
        Query.of(call);
        service.remove(name(call), call.pathVariable("name"));
        return Reply.noContent(204);
    }

    private Reply guard(Call call) throws IOException {
        Query.of(call);
        JsonNode body = Json.fields(call, List.of("guarded"));
        if (!body.path("guarded").isBoolean()) throw INVALID_ARGUMENT.because("'guarded' is neither true nor false.");
        service.guard(name(call), body.path("guarded").booleanValue());
        return list(call);
    }

    private Reply quality(Call call) throws IOException {
        Query query = Query.of(call, "version", "again");
        At at = query.text("version").map(At::version).orElseGet(At.Latest::new);
        boolean again = query.choice("again", false, Map.of("true", true, "false", false));
        QualityService.Quality quality = service.quality(name(call), at, again);
        return Reply.json(json -> {
            json.writeStartObject();
            ProfilesApi.version(json, "version", quality.version());
            json.writeBooleanProperty("guarded", quality.guarded())
                    .writeBooleanProperty("passed", quality.results().stream().allMatch(CheckResult::passed));
            json.writePOJOProperty(
                    "results",
                    quality.results().stream().map(QualityStore::told).toList());
            json.writeEndObject();
        });
    }

    private static DatasetName name(Call call) {
        return DatasetName.parse(call.pathVariable("dataset"));
    }
}
