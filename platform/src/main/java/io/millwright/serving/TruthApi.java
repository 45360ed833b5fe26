package io.millwright.serving;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.serving.log.PredictionId;
import io.millwright.serving.truth.Comparison;
import io.millwright.serving.truth.TruthService;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What turned out to be true of an endpoint's predictions.
final class TruthApi {
    private static final int MOST_ROWS = 10_000;
    private static final int MOST_VALUES = 100;

    private final TruthService truth;

    TruthApi(TruthService truth) {
        this.truth = truth;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.WRITE,
                        "POST",
                        "/endpoints/{endpoint}/truth",
                        BodyKind.JSON,
                        "Tells what turned out to be true of predictions; what is told again corrects it",
                        this::record)
                .on(
                        Need.READ,
                        "GET",
                        "/endpoints/{endpoint}/truth",
                        BodyKind.NONE,
                        "Tells of how many answers a truth is known, by its name and by variant",
                        this::tally)
                .on(
                        Need.READ,
                        "GET",
                        "/endpoints/{endpoint}/comparison",
                        BodyKind.NONE,
                        "Compares two variants by the truth that is known; may be asked at any time",
                        this::compare);
    }

    private Reply record(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("rows", "key", "within_hours"));
        String key = Json.textIfGiven(body, "key").orElse("");
        if (body.has("within_hours") && !body.path("within_hours").isInt())
            throw INVALID_ARGUMENT.because("'within_hours' is no whole number.");
        int within = body.path("within_hours").asInt(24 * 30);
        if (within < 1 || within > 24 * 3660)
            throw INVALID_ARGUMENT.because("'within_hours' is %d, expected 1 to 87840.", within);
        if (!body.path("rows").isArray() || body.path("rows").isEmpty()) {
            throw INVALID_ARGUMENT.because("'rows' is no array with entries, expected what is true of each row.");
        }
        if (body.path("rows").size() > MOST_ROWS) {
            throw INVALID_ARGUMENT.because(
                    "'rows' has %d entries, expected at most %d at once.",
                    body.path("rows").size(), MOST_ROWS);
        }
        List<TruthService.Told> rows = new ArrayList<>();
        for (JsonNode row : body.path("rows")) rows.add(told(row, rows.size()));
        TruthService.Recorded recorded =
                truth.record(call.pathVariable("endpoint"), key, Duration.ofHours(within), rows);
        return Reply.json(json -> {
            ObjectNode answer = Json.MAPPER.createObjectNode().put("recorded", recorded.recorded());
            ArrayNode unmatched = answer.putArray("unmatched");
            recorded.unmatched().forEach(unmatched::add);
            json.writePOJO(answer);
        });
    }

    private static TruthService.Told told(JsonNode row, int place) {
        if (!row.isObject()) throw wrong(place, "is no object");
        for (String field : row.propertyNames()) {
            if (!List.of("prediction_id", "row", "key", "at", "values").contains(field))
                throw wrong(place, "has '" + field + "', expected prediction_id, row, key, at and values");
        }
        Optional<PredictionId> id = row.path("prediction_id").isString()
                ? Optional.of(PredictionId.parse(row.path("prediction_id").asString()))
                : Optional.empty();
        String key = row.path("key").isNumber()
                ? number(row.path("key"))
                : row.path("key").asString("");
        if (id.isEmpty() && key.isEmpty()) throw wrong(place, "has neither 'prediction_id' nor 'key'");
        if (row.has("row") && (!row.path("row").isInt() || row.path("row").asInt() < 0))
            throw wrong(place, "has a 'row' that is no whole number from 0");
        Map<String, String> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> each : row.path("values").properties())
            values.put(each.getKey(), value(each.getValue(), place));
        if (values.isEmpty() || values.size() > MOST_VALUES)
            throw wrong(place, "has " + values.size() + " 'values', expected 1 to " + MOST_VALUES);
        return new TruthService.Told(id, row.path("row").asInt(0), key, at(row, place), values);
    }

    private static Optional<Instant> at(JsonNode row, int place) {
        if (!row.has("at")) return Optional.empty();
        try {
            return Optional.of(Instant.parse(row.path("at").asString("")));
        } catch (DateTimeParseException e) {
            throw wrong(place, "has an 'at' that is no time such as 2026-05-03T12:00:00Z");
        }
    }

    private static String value(JsonNode value, int place) {
        if (value.isNumber()) return number(value);
        if (value.isBoolean()) return value.asBoolean() ? "1" : "0";
        if (value.isString()) return value.asString();
        throw wrong(place, "has a value that is no number, text or flag");
    }

    /// As the prediction log has numbers.
    private static String number(JsonNode value) {
        return String.valueOf(value.asDouble());
    }

    private static RuntimeException wrong(int place, String what) {
        return INVALID_ARGUMENT.because("Entry %d of 'rows' %s.", place, what);
    }

    private Reply tally(Call call) throws IOException {
        List<TruthService.Tally> known = truth.tally(call.pathVariable("endpoint"));
        return Reply.json(json -> {
            ObjectNode answer = Json.MAPPER.createObjectNode();
            ArrayNode told = answer.putArray("truth");
            for (TruthService.Tally each : known) {
                told.addObject()
                        .put("name", each.name())
                        .put("variant", each.variant())
                        .put("rows", each.rows())
                        .put("last_recorded_at", each.last().toString());
            }
            json.writePOJO(answer);
        });
    }

    private Reply compare(Call call) throws IOException {
        Query query = Query.of(call, "truth", "output", "measure", "first", "second", "alpha", "expected");
        Comparison compared = truth.compare(
                call.pathVariable("endpoint"),
                given(query, "truth"),
                query.text("output").orElse(""),
                measure(query.text("measure").orElse("accuracy")),
                given(query, "first"),
                given(query, "second"),
                number(query, "alpha", 0.05),
                number(query, "expected", 0.05));
        return Reply.json(json -> {
            ObjectNode answer = Json.MAPPER.createObjectNode();
            answer.put("measure", compared.measure()).put("alpha", compared.alpha());
            write(compared.first(), answer.putObject("first"));
            write(compared.second(), answer.putObject("second"));
            answer.put("difference", compared.difference()).put("p_value", compared.pValue());
            if (Double.isFinite(compared.low()))
                answer.putArray("interval").add(compared.low()).add(compared.high());
            answer.put("decided", compared.decided());
            json.writePOJO(answer);
        });
    }

    private static void write(Comparison.Side side, ObjectNode to) {
        to.put("variant", side.variant()).put("count", side.count());
        to.put("mean", side.mean()).put("deviation", side.deviation());
    }

    private static String given(Query query, String name) {
        return query.text(name).orElseThrow(() -> INVALID_ARGUMENT.because("'%s' is not given.", name));
    }

    private static double number(Query query, String name, double otherwise) {
        Optional<String> text = query.text(name);
        if (text.isEmpty()) return otherwise;
        try {
            return Double.parseDouble(text.get());
        } catch (NumberFormatException e) {
            throw INVALID_ARGUMENT.because("'%s' is '%s', expected a number.", name, text.get());
        }
    }

    private static Comparison.Measure measure(String text) {
        for (Comparison.Measure each : Comparison.Measure.values())
            if (each.name().toLowerCase(Locale.ROOT).equals(text)) return each;
        throw INVALID_ARGUMENT.because("'measure' is '%s', expected accuracy, absolute_error or squared_error.", text);
    }
}
