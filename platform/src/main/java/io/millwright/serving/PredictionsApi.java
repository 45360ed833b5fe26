package io.millwright.serving;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.serving.log.Prediction;
import io.millwright.serving.log.PredictionId;
import io.millwright.serving.log.PredictionService;
import io.millwright.serving.truth.Truth;
import io.millwright.serving.truth.TruthService;
import java.io.IOException;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Predictions that were kept.
final class PredictionsApi {
    private static final int MOST = 100;

    private final PredictionService predictions;
    private final TruthService truth;
    private final Origins origins;

    PredictionsApi(PredictionService predictions, TruthService truth, Origins origins) {
        this.predictions = predictions;
        this.truth = truth;
        this.origins = origins;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.READ,
                        "GET",
                        "/endpoints/{endpoint}/predictions",
                        BodyKind.NONE,
                        "The latest answers of an endpoint, of each its first row",
                        this::latest)
                .on(
                        Need.READ,
                        "GET",
                        "/predictions/{prediction}",
                        BodyKind.NONE,
                        "One answer: what was asked, who answered, and what its shadows said",
                        this::one);
    }

    private Reply latest(Call call) throws IOException {
        Query query = Query.of(call, "page_token", "limit");
        String before = query.text("page_token")
                .map(PredictionsApi::id)
                .map(PredictionId::toString)
                .orElse("");
        int most = query.text("limit").map(PredictionsApi::limit).orElse(20);
        List<Prediction> found = predictions.latest(call.pathVariable("endpoint"), before, most);
        return Reply.json(json -> {
            ObjectNode answer = Json.MAPPER.createObjectNode();
            ArrayNode list = answer.putArray("predictions");
            for (Prediction each : found) write(each, list.addObject());
            if (found.size() == most)
                answer.put("next_page_token", found.getLast().id().toString());
            json.writePOJO(answer);
        });
    }

    private static PredictionId id(String text) {
        return PredictionId.parse(text);
    }

    private static int limit(String text) {
        if (text.matches("[1-9]\\d?|100")) return Integer.parseInt(text);
        throw INVALID_ARGUMENT.because("'limit' is '%s', expected 1 to %d.", text, MOST);
    }

    private Reply one(Call call) throws IOException {
        List<Prediction> found = predictions.find(PredictionId.parse(call.pathVariable("prediction")));
        Prediction given =
                found.stream().filter(each -> !each.shadow()).findFirst().orElse(found.getFirst());
        List<Truth> known = truth.of(given.answerer().endpoint(), given.id());
        return Reply.json(json -> {
            ObjectNode answer = Json.MAPPER.createObjectNode();
            answer.put("id", given.id().toString());
            answer.put("endpoint", given.answerer().endpoint());
            answer.put("at", given.at().toString());
            answer.put("caller", given.caller());
            answer.put("request_id", given.requestId());
            ArrayNode list = answer.putArray("rows");
            for (Prediction each : found) write(each, list.addObject());
            origins.write(given.answerer().model(), given.answerer().version(), answer.putObject("origin"));
            ArrayNode truths = answer.putArray("truth");
            for (Truth each : known) write(each, truths.addObject());
            json.writePOJO(answer);
        });
    }

    private static void write(Truth truth, ObjectNode to) {
        to.put("row", truth.row()).put("name", truth.name()).put("value", truth.value());
        to.put("observed_at", truth.observedAt().toString());
        to.put("recorded_at", truth.recordedAt().toString());
        to.put("recorded_by", truth.recordedBy());
    }

    private static void write(Prediction prediction, ObjectNode to) {
        to.put("id", prediction.id().toString());
        to.put("row", prediction.row());
        to.put("at", prediction.at().toString());
        to.put("revision", prediction.answerer().revision());
        to.put("variant", prediction.answerer().variant());
        to.put("model", prediction.answerer().model());
        to.put("version", prediction.answerer().version());
        to.put("shadow", prediction.shadow());
        to.put("milliseconds", prediction.micros() / 1000);
        to.put("caller", prediction.caller());
        if (!prediction.error().isEmpty()) to.put("error", prediction.error());
        to.set("inputs", prediction.inputs());
        to.set("outputs", prediction.outputs());
    }
}
