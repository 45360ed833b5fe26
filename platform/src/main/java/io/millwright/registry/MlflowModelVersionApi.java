package io.millwright.registry;

import io.millwright.http.Call;
import io.millwright.http.MlflowMessage;
import io.millwright.http.Need;
import io.millwright.http.PageWriter;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import java.io.IOException;
import java.util.List;

/// MLflow's REST for model versions.
final class MlflowModelVersionApi {
    private static final int LARGEST_PAGE = 200_000;

    private final VersionService versions;

    MlflowModelVersionApi(VersionService versions) {
        this.versions = versions;
    }

    void addRoutes(Routes routes) {
        routes.mlflow("2.0")
                .post("/mlflow/model-versions/create", this::create)
                .patch("/mlflow/model-versions/update", this::update)
                .post("/mlflow/model-versions/transition-stage", this::transition)
                .delete(Need.MANAGE, "/mlflow/model-versions/delete", this::delete)
                .get("/mlflow/model-versions/get", this::get)
                .get("/mlflow/model-versions/search", this::search)
                .get("/mlflow/model-versions/get-download-uri", this::downloadUri)
                .post("/mlflow/model-versions/set-tag", this::setTag)
                .delete("/mlflow/model-versions/delete-tag", this::deleteTag);
    }

    private Reply create(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        return RegistryJson.version(versions.create(new NewModelVersion(
                message.requiredText("name"),
                message.requiredText("source"),
                message.text("run_id").orElse(null),
                message.text("model_id").orElse(null),
                message.textOrEmpty("run_link"),
                message.textOrEmpty("description"),
                MlflowRegisteredModelApi.tags(message))));
    }

    private Reply update(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        return RegistryJson.version(versions.describe(
                message.requiredText("name"),
                message.requiredText("version"),
                message.text("description").orElse(null)));
    }

    private Reply transition(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        return RegistryJson.version(versions.transition(
                message.requiredText("name"),
                message.requiredText("version"),
                message.requiredText("stage"),
                message.flag("archive_existing_versions").orElse(false)));
    }

    private Reply delete(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        versions.delete(message.requiredText("name"), message.requiredText("version"));
        return Reply.emptyJson();
    }

    private Reply get(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        return RegistryJson.version(versions.get(message.requiredText("name"), message.requiredText("version")));
    }

    private Reply downloadUri(Call call) throws IOException {
        MlflowMessage message = MlflowMessage.of(call);
        ModelVersion version = versions.get(message.textOrEmpty("name"), message.textOrEmpty("version"));
        return Reply.json(json -> json.writeStartObject()
                .writeStringProperty("artifact_uri", version.location())
                .writeEndObject());
    }

    private Reply search(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        String filter = message.textOrEmpty("filter");
        List<String> orderBy = message.texts("order_by");
        return Reply.largeJson(json -> PageWriter.write(
                json,
                "model_versions",
                MlflowRegisteredModelApi.pageSize(message, LARGEST_PAGE, LARGEST_PAGE),
                message.text("page_token").filter(token -> !token.isEmpty()),
                (size, token) -> versions.search(filter, orderBy, size, token),
                found -> found.forEach(version -> RegistryJson.version(json, version))));
    }

    private Reply setTag(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        versions.setTag(
                message.requiredText("name"),
                message.requiredText("version"),
                message.requiredText("key"),
                message.textOrEmpty("value"));
        return Reply.emptyJson();
    }

    private Reply deleteTag(Call call) {
        MlflowMessage message = MlflowMessage.of(call);
        versions.deleteTag(message.requiredText("name"), message.requiredText("version"), message.requiredText("key"));
        return Reply.emptyJson();
    }
}
