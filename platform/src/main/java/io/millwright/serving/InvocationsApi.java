package io.millwright.serving;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Handler;
import io.millwright.http.Need;
import io.millwright.http.PromptHandler;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.runtime.Field;
import io.millwright.serving.live.LiveEndpoint;
import io.millwright.serving.wire.Invocation;
import io.millwright.serving.wire.Predictions;
import io.millwright.serving.wire.SageMakerAnswer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// `/invocations` as MLflow's scoring server answers it. That server has one model; here the path, or
/// a header, names the endpoint, and where there is but one it need not be named. Rows in a format of
/// SageMaker's algorithms are answered in theirs.
final class InvocationsApi {
    private static final String ENDPOINT = "X-Millwright-Endpoint";

    private final ServingService serving;

    InvocationsApi(ServingService serving) {
        this.serving = serving;
    }

    void addRoutes(Routes routes) {
        on(
                routes,
                "POST",
                "/invocations",
                BodyKind.JSON,
                Need.READ,
                "Answers rows by the only endpoint",
                call -> invoke(call, only(call)));
        on(
                routes,
                "POST",
                "/endpoints/{endpoint}/invocations",
                BodyKind.JSON,
                Need.READ,
                "Answers rows by an endpoint",
                PromptHandler.of(
                        call -> invoke(call, call.pathVariable("endpoint")),
                        call -> serving.isPrompt(call.pathVariable("endpoint"), call.body().length)));
        on(
                routes,
                "GET",
                "/ping",
                BodyKind.NONE,
                Need.PUBLIC,
                "Whether the server takes requests",
                call -> Reply.text(200, "\n"));
    }

    private static void on(
            Routes routes, String method, String path, BodyKind body, Need need, String summary, Handler handler) {
        routes.add(new Route(method, path, Dialect.MLFLOW, body, summary, need, handler));
    }

    private String only(Call call) {
        String named =
                call.header(ENDPOINT).or(() -> call.queryValue("endpoint")).orElse("");
        if (!named.isEmpty()) return named;
        List<String> names = serving.live().names();
        if (names.size() == 1) return names.getFirst();
        if (names.isEmpty()) throw NOT_FOUND.because("There is no endpoint. Deploy a model to make one.");
        throw INVALID_ARGUMENT.because(
                "There are several endpoints: %s. Send to /endpoints/NAME/invocations, or name one in %s.",
                names, ENDPOINT);
    }

    private Reply invoke(Call call, String endpoint) throws IOException {
        String type = call.header("content-type").orElse("");
        Optional<Invocation> sent = Invocation.read(type, call.body(), names(endpoint));
        if (sent.isEmpty()) {
            return Reply.text(
                    415,
                    "This predictor only supports the following content types: Types: ['text/csv', 'application/json',"
                            + " 'application/jsonlines']. Got '" + type + "'.");
        }
        String accept = call.header("accept").orElse("");
        Optional<SageMakerAnswer.Form> form = SageMakerAnswer.Form.of(accept);
        if (sent.get().sageMaker() && form.isEmpty()) {
            return Reply.text(
                    406,
                    "The answer is one of application/json, application/jsonlines and text/csv, not '" + accept + "'.");
        }
        LiveEndpoint.Answered answered =
                serving.predict(endpoint, null, sent.get().rows());
        Reply reply = sent.get().sageMaker() ? sageMaker(form.orElseThrow(), answered) : mlflow(answered);
        return Told.with(reply, answered);
    }

    private static Reply mlflow(LiveEndpoint.Answered answered) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("predictions");
            Predictions.write(json, answered.answer());
            json.writeEndObject();
        });
    }

    private static Reply sageMaker(SageMakerAnswer.Form form, LiveEndpoint.Answered answered) {
        SageMakerAnswer answer =
                SageMakerAnswer.write(form, answered.model().predictor().kind(), answered.answer());
        return new Reply(200, Map.of("content-type", answer.contentType()), new Reply.Body.Bytes(answer.body()));
    }

    /// Of the columns its variants read; none while it is loaded.
    private Set<String> names(String endpoint) {
        return serving.live().find(endpoint).flatMap(LiveEndpoint::routing).stream()
                .flatMap(routing -> routing.loaded().stream())
                .flatMap(model -> model.predictor().inputs().stream())
                .map(Field::name)
                .collect(Collectors.toSet());
    }
}
