package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.Call;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Need;
import io.millwright.http.PageWriter;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Names;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// MLflow's REST for experiments.
final class MlflowExperimentApi {
    private final ExperimentService experiments;

    MlflowExperimentApi(ExperimentService experiments) {
        this.experiments = experiments;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("2.0")
                .post("/mlflow/experiments/create", this::create)
                .get("/mlflow/experiments/get", this::get)
                .get("/mlflow/experiments/get-by-name", this::getByName)
                .get("/mlflow/experiments/search", this::search)
                .post(Need.READ, "/mlflow/experiments/search", this::search)
                .post("/mlflow/experiments/update", this::update)
                .post(Need.MANAGE, "/mlflow/experiments/delete", this::delete)
                .post(Need.MANAGE, "/mlflow/experiments/restore", this::restore)
                .post("/mlflow/experiments/set-experiment-tag", this::setTag)
                .post("/mlflow/experiments/delete-experiment-tag", this::deleteTag);
    }

    private Reply create(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        long id = experiments.create(
                message.requiredText("name"), message.textOrEmpty("artifact_location"), uniquePairs(message, "tags"));
        return Reply.json(json -> json.writeStartObject()
                .writeStringProperty("experiment_id", String.valueOf(id))
                .writeEndObject());
    }

    private Reply get(Call call) throws IOException {
        return reply(experiments.get(id(MlflowMessage.of(call))));
    }

    private Reply getByName(Call call) throws IOException {
        return reply(experiments.getByName(MlflowMessage.of(call).requiredText("experiment_name")));
    }

    private static Reply reply(Experiment experiment) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("experiment");
            MlflowJson.experiment(json, experiment);
            json.writeEndObject();
        });
    }

    private Reply search(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        String filter = message.textOrEmpty("filter");
        List<String> orderBy = message.texts("order_by");
        ViewType view = message.choice("view_type", ViewType.class, 1).orElse(ViewType.ACTIVE_ONLY);
        int most = (int) Math.clamp(message.integer("max_results").orElse(0), Integer.MIN_VALUE, Integer.MAX_VALUE);
        ExperimentService.checkPageSize(most);
        return Reply.largeJson(json -> PageWriter.write(
                json,
                "experiments",
                most,
                pageToken(message),
                (size, token) -> experiments.search(filter, orderBy, view, size, token),
                found -> found.forEach(experiment -> MlflowJson.experiment(json, experiment))));
    }

    private Reply update(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        long id = id(message);
        experiments.rename(id, message.requiredText("new_name"));
        return Reply.emptyJson();
    }

    private Reply delete(Call call) {
        experiments.delete(id(MlflowMessage.of(call)));
        return Reply.emptyJson();
    }

    private Reply restore(Call call) {
        experiments.restore(id(MlflowMessage.of(call)));
        return Reply.emptyJson();
    }

    private Reply setTag(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        long id = id(message);
        experiments.setTag(id, message.requiredText("key"), message.textOrEmpty("value"));
        return Reply.emptyJson();
    }

    private Reply deleteTag(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        long id = id(message);
        experiments.deleteTag(id, message.requiredText("key"));
        return Reply.emptyJson();
    }

    private static long id(MlflowMessage message) {
        return parseId(message.requiredText("experiment_id"));
    }

    static long parseId(String text) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            String shown = text.length() > 100 ? text.substring(0, 100) + "…" : text;
            throw INVALID_ARGUMENT.because(
                    "Invalid experiment ID '" + shown + "'. Experiment ID must be a valid integer.");
        }
    }

    static List<Long> parseIds(List<String> texts) {
        return texts.stream().map(MlflowExperimentApi::parseId).distinct().toList();
    }

    static Optional<String> pageToken(MlflowMessage message) {
        return message.text("page_token").filter(token -> !token.isEmpty());
    }

    /// The repeated `{key, value}` of a request, each key once.
    static Map<String, String> uniquePairs(MlflowMessage message, String field) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (MlflowMessage pair : message.messages(field)) {
            String key = pair.textOrEmpty("key");
            if (pairs.put(key, pair.textOrEmpty("value")) != null) {
                throw INVALID_ARGUMENT.because("Duplicate keys have been submitted in '" + field + "': ["
                        + Names.quote(key) + "]. Please ensure the request contains only one value per key.");
            }
        }
        return pairs;
    }

    /// The repeated `{key, value}` of a request. Of a key given twice the last counts.
    static Map<String, String> tags(MlflowMessage message) {
        Map<String, String> tags = new LinkedHashMap<>();
        for (MlflowMessage tag : message.messages("tags")) tags.put(tag.textOrEmpty("key"), tag.textOrEmpty("value"));
        return tags;
    }
}
