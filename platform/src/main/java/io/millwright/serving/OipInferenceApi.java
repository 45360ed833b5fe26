package io.millwright.serving;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.PromptHandler;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.runtime.Field;
import io.millwright.runtime.Output;
import io.millwright.serving.live.LiveEndpoint;
import io.millwright.serving.predict.Predictor;
import io.millwright.serving.wire.OipAnswer;
import io.millwright.serving.wire.OipMetadata;
import io.millwright.serving.wire.OipRequest;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The Open Inference Protocol, version 2, over REST. A model of the protocol is an endpoint; its
/// versions are those of the models that its variants are.
final class OipInferenceApi {
    private static final String HEADER_LENGTH = "Inference-Header-Content-Length";
    private static final List<String> MODEL = List.of("/v2/models/{model}", "/v2/models/{model}/versions/{version}");

    private final OipModels models;

    OipInferenceApi(OipModels models) {
        this.models = models;
    }

    void addRoutes(Routes routes) {
        on(routes, Need.PUBLIC, "GET", "/v2/health/live", "Whether the server is up", call -> yes("live"));
        on(routes, Need.PUBLIC, "GET", "/v2/health/ready", "Whether the server takes requests", call -> yes("ready"));
        on(routes, Need.PUBLIC, "GET", "/v2", "The server and the extensions it knows", this::server);
        for (String path : MODEL) {
            on(routes, Need.READ, "GET", path, "What an endpoint takes and answers", this::metadata);
            on(routes, Need.READ, "GET", path + "/ready", "Whether an endpoint answers", this::ready);
            routes.add(new Route(
                    "POST",
                    path + "/infer",
                    Dialect.OIP,
                    BodyKind.JSON,
                    "Answers rows by the model whose turn it is",
                    Need.READ,
                    PromptHandler.of(
                            this::infer, call -> models.isPrompt(call.pathVariable("model"), call.body().length))));
        }
        routes.add(new Route(
                "POST",
                "/v2/repository/index",
                Dialect.OIP,
                BodyKind.JSON,
                "The endpoints, and whether each answers",
                Need.READ,
                this::index));
        for (String verb : List.of("load", "unload")) {
            routes.add(new Route(
                    "POST",
                    "/v2/repository/models/{model}/" + verb,
                    Dialect.OIP,
                    BodyKind.JSON,
                    "Refused: models are deployed",
                    Need.READ,
                    call -> {
                        throw OipModels.deployedInstead(verb);
                    }));
        }
    }

    private static void on(
            Routes routes, Need need, String method, String path, String summary, io.millwright.http.Handler handler) {
        routes.add(new Route(method, path, Dialect.OIP, BodyKind.NONE, summary, need, handler));
    }

    /// The status says it all, but KServe's clients (0.21) read the body.
    private static Reply yes(String what) throws IOException {
        return Reply.json(
                json -> json.writeStartObject().writeBooleanProperty(what, true).writeEndObject());
    }

    private Reply server(Call call) throws IOException {
        ObjectNode answer = Json.MAPPER.createObjectNode();
        answer.put("name", OipModels.SERVER).put("version", models.programVersion());
        answer.putArray("extensions").add("model_repository").add("binary_tensor_data");
        return Reply.json(json -> json.writePOJO(answer));
    }

    private Reply metadata(Call call) throws IOException {
        OipModels.Description described = models.describe(call.pathVariable("model"), version(call));
        ObjectNode answer = Json.MAPPER.createObjectNode();
        answer.put("name", call.pathVariable("model"));
        ArrayNode versions = answer.putArray("versions");
        described.versions().forEach(versions::add);
        answer.put("platform", described.platform());
        Predictor predictor = described.model().predictor();
        ArrayNode inputs = answer.putArray("inputs");
        for (Field field : predictor.inputs()) OipMetadata.write(field, inputs.addObject());
        ArrayNode outputs = answer.putArray("outputs");
        for (Output output : predictor.outputs())
            OipMetadata.write(output, predictor.width(output), outputs.addObject());
        return Reply.json(json -> json.writePOJO(answer));
    }

    private Reply ready(Call call) throws IOException {
        models.requireReady(call.pathVariable("model"), version(call));
        return yes("ready");
    }

    private static String version(Call call) {
        return call.rawPath().contains("/versions/") ? call.pathVariable("version") : "";
    }

    private Reply infer(Call call) throws IOException {
        OipRequest request = OipRequest.read(call.body(), jsonLength(call));
        String name = call.pathVariable("model");
        LiveEndpoint.Answered answered = models.predict(name, version(call), request.frame());
        OipAnswer answer = OipAnswer.write(request, name, answered.variant().version(), answered.answer());
        Reply reply = new Reply(
                200,
                Map.of("content-type", answer.jsonLength() < 0 ? "application/json" : "application/octet-stream"),
                new Reply.Body.Bytes(answer.body()));
        if (answer.jsonLength() >= 0)
            reply = reply.with("inference-header-content-length", String.valueOf(answer.jsonLength()));
        return Told.with(reply, answered);
    }

    private static int jsonLength(Call call) {
        Optional<String> header = call.header(HEADER_LENGTH);
        if (header.isEmpty()) return -1;
        if (header.get().matches("\\d{1,9}")) return Integer.parseInt(header.get());
        throw INVALID_ARGUMENT.because("%s is '%s', expected a number of bytes.", HEADER_LENGTH, header.get());
    }

    private Reply index(Call call) throws IOException {
        boolean readyOnly =
                call.body().length > 0 && Json.parse(call.body()).path("ready").asBoolean(false);
        ArrayNode list = Json.MAPPER.createArrayNode();
        for (OipModels.Indexed each : models.index(readyOnly)) {
            ObjectNode one = list.addObject().put("name", each.name());
            if (!each.version().isEmpty()) one.put("version", each.version());
            one.put("state", each.state()).put("reason", each.reason());
        }
        return Reply.json(json -> json.writePOJO(list));
    }
}
