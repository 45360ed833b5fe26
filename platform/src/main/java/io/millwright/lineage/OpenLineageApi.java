package io.millwright.lineage;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Handler;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// OpenLineage's HTTP transport, as its clients and Marquez speak it.
final class OpenLineageApi {
    private static final int MOST_EVENTS = 500;

    private final OpenLineageService openLineage;

    OpenLineageApi(OpenLineageService openLineage) {
        this.openLineage = openLineage;
    }

    void addRoutes(Routes routes) {
        routes.add(post("/api/v1/lineage", "Takes an OpenLineage event", this::event));
        routes.add(post("/api/v1/lineage/batch", "Takes OpenLineage events", this::batch));
    }

    private static Route post(String path, String summary, Handler handler) {
        return new Route("POST", path, Dialect.OPENLINEAGE, BodyKind.JSON, summary, Need.WRITE, handler);
    }

    /// 201, as Marquez answers; the specification's 200 and any other good status are the same to
    /// clients.
    private Reply event(Call call) {
        openLineage.accept(List.of(OpenLineageReader.read(body(call), "")));
        return Reply.noContent(201);
    }

    private Reply batch(Call call) {
        JsonNode body = body(call);
        if (!body.isArray()) {
            throw INVALID_ARGUMENT.because("The body is no list, expected a JSON array of OpenLineage events.");
        }
        if (body.size() > MOST_EVENTS) {
            throw TOO_LARGE.because(
                    "The batch has %d events, expected at most %d. Send less at a time.", body.size(), MOST_EVENTS);
        }
        List<OpenLineageEvent> events = new ArrayList<>();
        for (int i = 0; i < body.size(); i++) events.add(OpenLineageReader.read(body.get(i), "[" + i + "]."));
        openLineage.accept(events);
        return Reply.noContent(200);
    }

    private static JsonNode body(Call call) {
        if (call.body().length == 0)
            throw INVALID_ARGUMENT.because("The body is empty, expected an OpenLineage event.");
        return Json.parse(call.body());
    }
}
