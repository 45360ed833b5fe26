package io.millwright.registry;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.Call;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Page;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// MLflow's REST for registered models and their aliases.
final class MlflowRegisteredModelApi {
    private static final int DEFAULT_PAGE = 100;
    private static final int LARGEST_PAGE = 1000;

    private final RegistryService registry;
    private final VersionService versions;

    MlflowRegisteredModelApi(RegistryService registry, VersionService versions) {
        this.registry = registry;
        this.versions = versions;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("2.0")
                .post("/mlflow/registered-models/create", this::create)
                .post("/mlflow/registered-models/rename", this::rename)
                .patch("/mlflow/registered-models/update", this::update)
                .delete(Need.MANAGE, "/mlflow/registered-models/delete", this::delete)
                .get("/mlflow/registered-models/get", this::get)
                .get("/mlflow/registered-models/search", this::search)
                .post(Need.READ, "/mlflow/registered-models/get-latest-versions", this::latest)
                .get("/mlflow/registered-models/get-latest-versions", this::latest)
                .post("/mlflow/registered-models/set-tag", this::setTag)
                .delete("/mlflow/registered-models/delete-tag", this::deleteTag)
                .post(Need.ALIAS, "/mlflow/registered-models/alias", this::setAlias)
                .delete(Need.ALIAS, "/mlflow/registered-models/alias", this::deleteAlias)
                .get("/mlflow/registered-models/alias", this::byAlias);
    }

    private Reply create(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        return RegistryJson.model(
                registry.create(message.requiredText("name"), message.textOrEmpty("description"), tags(message)));
    }

    private Reply rename(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        return RegistryJson.model(registry.rename(message.requiredText("name"), message.requiredText("new_name")));
    }

    private Reply update(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        return RegistryJson.model(registry.describe(message.requiredText("name"), message.textOrEmpty("description")));
    }

    private Reply delete(Call call) {
        registry.delete(MlflowMessage.of(call).requiredText("name"));
        return Reply.emptyJson();
    }

    private Reply get(Call call) throws IOException {
        return RegistryJson.model(registry.get(MlflowMessage.of(call).requiredText("name")));
    }

    private Reply search(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        Page<RegisteredModel> page = registry.search(
                message.textOrEmpty("filter"),
                message.texts("order_by"),
                pageSize(message, DEFAULT_PAGE, LARGEST_PAGE),
                message.text("page_token").filter(token -> !token.isEmpty()));
        return Reply.json(json -> {
            json.writeStartObject();
            if (!page.items().isEmpty()) {
                json.writeName("registered_models").writeStartArray();
                for (RegisteredModel model : page.items()) RegistryJson.model(json, model);
                json.writeEndArray();
            }
            page.nextToken().ifPresent(token -> json.writeStringProperty("next_page_token", token));
            json.writeEndObject();
        });
    }

    private Reply latest(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        List<ModelVersion> latest = versions.latest(message.requiredText("name"), message.texts("stages"));
        return Reply.json(json -> {
            json.writeStartObject();
            RegistryJson.versions(json, "model_versions", latest);
            json.writeEndObject();
        });
    }

    private Reply setTag(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        registry.setTag(message.requiredText("name"), message.requiredText("key"), message.textOrEmpty("value"));
        return Reply.emptyJson();
    }

    private Reply deleteTag(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        registry.deleteTag(message.requiredText("name"), message.requiredText("key"));
        return Reply.emptyJson();
    }

    private Reply setAlias(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        registry.setAlias(message.requiredText("name"), message.requiredText("alias"), message.requiredText("version"));
        return Reply.emptyJson();
    }

    private Reply deleteAlias(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        registry.deleteAlias(message.requiredText("name"), message.requiredText("alias"));
        return Reply.emptyJson();
    }

    private Reply byAlias(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        return RegistryJson.version(versions.byAlias(message.requiredText("name"), message.requiredText("alias")));
    }

    static int pageSize(MlflowMessage message, int standard, int largest) {
        long size = message.integer("max_results", largest).orElse(standard);
        if (size < 1) {
            throw INVALID_ARGUMENT.because(
                    "Invalid value for max_results. It must be a positive integer, but got " + size);
        }
        return (int) size;
    }

    /// The repeated `{key, value}` of a request. Of a key given twice the last counts.
    static Map<String, String> tags(MlflowMessage message) {
        Map<String, String> tags = new LinkedHashMap<>();
        for (MlflowMessage tag : message.messages("tags")) tags.put(tag.textOrEmpty("key"), tag.textOrEmpty("value"));
        return tags;
    }
}
