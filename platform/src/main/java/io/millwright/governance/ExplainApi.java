package io.millwright.governance;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.RequestContext;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/// Our own REST for the question why somebody may do something, or may not.
final class ExplainApi {
    private final AccessService access;
    private final Parents parents;

    ExplainApi(AccessService access, Parents parents) {
        this.access = access;
        this.parents = parents;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.SIGNED_IN,
                        "GET",
                        "/access/explain",
                        BodyKind.NONE,
                        "What somebody may do to an entity, and which grants say so",
                        this::explain);
    }

    private Reply explain(Call call) throws IOException {
        Query query = Query.of(call, "principal", "entity");
        RequestContext context = RequestContext.current();
        Grant.Place place =
                Grant.Place.of(context.workspace(), query.text("entity").orElse("workspace:" + context.workspace()));
        String principal = query.text("principal")
                .map(Subject::checkedName)
                .orElseGet(() -> context.principal().name());
        Explanation explanation = access.explain(principal, place, parents);
        return Reply.json(json -> {
            json.writeStartObject()
                    .writeStringProperty("principal", explanation.principal().urn())
                    .writeStringProperty("workspace", place.workspace())
                    .writeStringProperty("entity", place.entity());
            texts(json, "parents", explanation.parents());
            texts(json, "groups", explanation.groups());
            json.writeName("rights").writeStartArray();
            for (Explanation.Verdict verdict : explanation.verdicts()) {
                json.writeStartObject()
                        .writeStringProperty("right", verdict.right().name().toLowerCase(Locale.ROOT))
                        .writeBooleanProperty("allowed", verdict.allowed());
                grants(json, "given_by", verdict.givenBy());
                grants(json, "denied_by", verdict.deniedBy());
                json.writeEndObject();
            }
            json.writeEndArray().writeEndObject();
        });
    }

    private static void texts(JsonGenerator json, String name, List<String> texts) {
        json.writeName(name).writeStartArray();
        for (String text : texts) json.writeString(text);
        json.writeEndArray();
    }

    private static void grants(JsonGenerator json, String name, List<Grant> grants) {
        json.writeName(name).writeStartArray();
        for (Grant grant : grants) GrantsApi.write(json, grant);
        json.writeEndArray();
    }
}
