package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.Call;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Need;
import io.millwright.http.PageWriter;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import java.io.IOException;
import java.util.List;

/// MLflow's REST for logged models.
final class MlflowLoggedModelApi {
    private static final int PAGE_LIMIT = 50_000;

    private final LoggedModelService models;

    MlflowLoggedModelApi(LoggedModelService models) {
        this.models = models;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("2.0")
                .post("/mlflow/logged-models", this::create)
                .post(Need.READ, "/mlflow/logged-models/search", this::search)
                .get(
                        "/mlflow/logged-models/{model_id}",
                        call -> reply(models.get(call.pathVariable("model_id"), allowsDeleted(call))))
                .patch("/mlflow/logged-models/{model_id}", this::finalise)
                .delete(Need.MANAGE, "/mlflow/logged-models/{model_id}", this::delete)
                .patch("/mlflow/logged-models/{model_id}/tags", this::setTags)
                .delete("/mlflow/logged-models/{model_id}/tags/{tag_key}", this::deleteTag)
                .post("/mlflow/logged-models/{model_id}/params", this::logParams);
    }

    private Reply create(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        return reply(models.create(new LoggedModelService.NewLoggedModel(
                MlflowExperimentApi.parseId(message.requiredText("experiment_id")),
                message.textOrEmpty("name"),
                message.textOrEmpty("model_type"),
                message.textOrEmpty("source_run_id"),
                MlflowExperimentApi.uniquePairs(message, "params"),
                MlflowExperimentApi.uniquePairs(message, "tags"))));
    }

    private static boolean allowsDeleted(Call call) {
        return call.queryValue("allow_deleted").filter("true"::equalsIgnoreCase).isPresent();
    }

    private Reply finalise(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        if (!message.has("status")) throw message.missing("status");
        LoggedModelStatus status = message.choice("status", LoggedModelStatus.class, 1)
                .orElseThrow(
                        () -> INVALID_ARGUMENT.because("Invalid value for parameter 'status' supplied, expected one of "
                                + List.of(LoggedModelStatus.values()) + "."));
        return reply(models.finalise(call.pathVariable("model_id"), status));
    }

    private Reply delete(Call call) {
        models.delete(call.pathVariable("model_id"));
        return Reply.emptyJson();
    }

    private Reply setTags(Call call) {
        models.setTags(call.pathVariable("model_id"), MlflowExperimentApi.tags(MlflowMessage.of(call)));
        return Reply.emptyJson();
    }

    private Reply deleteTag(Call call) {
        models.deleteTag(call.pathVariable("model_id"), call.pathVariable("tag_key"));
        return Reply.emptyJson();
    }

    private Reply logParams(Call call) {
        models.logParams(
                call.pathVariable("model_id"), MlflowExperimentApi.uniquePairs(MlflowMessage.of(call), "params"));
        return Reply.emptyJson();
    }

    private Reply search(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        if (!message.has("experiment_ids")) throw message.missing("experiment_ids");
        int maxResults = message.smallInteger("max_results").orElse(50);
        if (maxResults < 0 || maxResults > PAGE_LIMIT) {
            throw INVALID_ARGUMENT.because("Invalid value " + maxResults
                    + " for parameter 'max_results' supplied. It must be between 1 and " + PAGE_LIMIT + ".");
        }
        List<LoggedModelSearch.Dataset> datasets = message.messages("datasets").stream()
                .map(d -> new LoggedModelSearch.Dataset(
                        d.textOrEmpty("dataset_name"),
                        MlflowRunApi.notEmpty(d.text("dataset_digest")).orElse(null)))
                .toList();
        List<LoggedModelSearch.Order> orders = message.messages("order_by").stream()
                .map(o -> new LoggedModelSearch.Order(
                        o.textOrEmpty("field_name"),
                        o.flag("ascending").orElse(true),
                        MlflowRunApi.notEmpty(o.text("dataset_name")).orElse(null),
                        MlflowRunApi.notEmpty(o.text("dataset_digest")).orElse(null)))
                .toList();
        LoggedModelSearch search = new LoggedModelSearch(
                ExperimentService.workspace(),
                MlflowExperimentApi.parseIds(message.texts("experiment_ids")),
                message.textOrEmpty("filter"),
                datasets,
                orders);
        return Reply.largeJson(json -> PageWriter.write(
                json,
                "models",
                maxResults == 0 ? 50 : maxResults,
                MlflowExperimentApi.pageToken(message),
                (size, token) -> models.search(search, size, token),
                found -> found.forEach(model -> MlflowJson.loggedModel(json, model))));
    }

    private static Reply reply(LoggedModel model) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("model");
            MlflowJson.loggedModel(json, model);
            json.writeEndObject();
        });
    }
}
