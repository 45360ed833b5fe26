package io.millwright.serving;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Operations;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import io.millwright.serving.batch.BatchService;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Models applied to datasets.
final class BatchApi {
    private final BatchService batches;
    private final ServingService serving;
    private final Operations operations;

    BatchApi(BatchService batches, ServingService serving, Operations operations) {
        this.batches = batches;
        this.serving = serving;
        this.operations = operations;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.WRITE,
                        "POST",
                        "/predictions",
                        BodyKind.JSON,
                        "Has a model answer every row of a dataset, into another dataset",
                        this::predict);
    }

    private Reply predict(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("model", "input", "version", "output", "overwrite"));
        for (String field : List.of("model", "input", "output"))
            Json.textIfGiven(body, field); // Told before what lacks.
        boolean overwrite = Json.flag(body, "overwrite");
        Optional<At> at = Optional.empty();
        if (body.has("version")) {
            if (!body.path("version").isInt() || body.path("version").asInt() < 1)
                throw INVALID_ARGUMENT.because("'version' is no number of a version.");
            at = Optional.of(new At.Version(body.path("version").asInt()));
        }
        String model = Json.text(body, "model");
        DatasetName input = dataset(body, "input");
        DatasetName output = dataset(body, "output");
        BatchService.Wish wish =
                new BatchService.Wish(serving.version(model), input, at.orElse(new At.Latest()), output, overwrite);
        return operations.start("predict " + output, progress -> {
            int[] step = {0};
            BatchService.Done done =
                    batches.predict(wish, each -> progress.tell(each, ++step[0]), rows -> progress.tell("rows", rows));
            return Json.MAPPER
                    .createObjectNode()
                    .put("dataset", output.toString())
                    .put("number", done.version().number())
                    .put("rows", done.rows())
                    .put("model", wish.model().model())
                    .put("version", String.valueOf(wish.model().number()))
                    .put("reader", done.reader());
        });
    }

    private static DatasetName dataset(JsonNode body, String field) {
        return DatasetName.parse(Json.text(body, field));
    }
}
