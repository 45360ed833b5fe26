package io.millwright.serving;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Operations;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.runtime.Categories;
import io.millwright.runtime.Field;
import io.millwright.runtime.Output;
import io.millwright.serving.endpoints.Endpoint;
import io.millwright.serving.endpoints.EndpointService;
import io.millwright.serving.endpoints.Guards;
import io.millwright.serving.endpoints.Policy;
import io.millwright.serving.endpoints.Revision;
import io.millwright.serving.endpoints.Setup;
import io.millwright.serving.endpoints.SetupJson;
import io.millwright.serving.endpoints.Variant;
import io.millwright.serving.live.Agreement;
import io.millwright.serving.live.LiveEndpoint;
import io.millwright.serving.live.LoadedModel;
import io.millwright.serving.live.Meter;
import io.millwright.serving.live.Routing;
import io.millwright.serving.live.Tally;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Millwright's own REST for endpoints.
final class ServingApi {
    private static final int PAGE = 100;
    private static final int MOST_CATEGORIES = 1_000;

    private final ServingService serving;
    private final CanaryWatch canaries;
    private final Operations operations;

    ServingApi(ServingService serving, CanaryWatch canaries, Operations operations) {
        this.serving = serving;
        this.canaries = canaries;
        this.operations = operations;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.READ,
                        "GET",
                        "/endpoints",
                        BodyKind.NONE,
                        "Endpoints by name, and how each answers now",
                        this::list)
                .on(
                        Need.READ,
                        "GET",
                        "/endpoints/{endpoint}",
                        BodyKind.NONE,
                        "An endpoint: its variants, and what they take and answer",
                        call -> Reply.json(
                                json -> json.writePOJO(whole(serving.endpoints().get(call.pathVariable("endpoint"))))))
                .on(
                        Need.READ,
                        "GET",
                        "/endpoints/{endpoint}/revisions",
                        BodyKind.NONE,
                        "How an endpoint answered, newest first",
                        this::revisions)
                .on(
                        Need.WRITE,
                        "POST",
                        "/endpoints/{endpoint}/deploy",
                        BodyKind.JSON,
                        "Loads and tries a version of a model, then lets it answer",
                        this::deploy)
                .on(
                        Need.WRITE,
                        "PUT",
                        "/endpoints/{endpoint}/traffic",
                        BodyKind.JSON,
                        "Shares an endpoint's requests out among its variants",
                        this::traffic)
                .on(
                        Need.WRITE,
                        "PUT",
                        "/endpoints/{endpoint}/shadows",
                        BodyKind.JSON,
                        "Has versions asked what the endpoint is asked, without anybody getting their answers",
                        this::shadows)
                .on(
                        Need.WRITE,
                        "PUT",
                        "/endpoints/{endpoint}/policy",
                        BodyKind.JSON,
                        "Says what holds for all answers of an endpoint; what is not named stays",
                        this::policy)
                .on(
                        Need.WRITE,
                        "POST",
                        "/endpoints/{endpoint}/canary",
                        BodyKind.JSON,
                        "Lets a version answer a growing share of the requests, as long as it keeps to its guards",
                        this::canary)
                .on(
                        Need.READ,
                        "GET",
                        "/endpoints/{endpoint}/activity",
                        BodyKind.NONE,
                        "What each variant did in the last minutes, and how it agrees with the champion",
                        this::activity)
                .on(
                        Need.WRITE,
                        "POST",
                        "/endpoints/{endpoint}/rollback",
                        BodyKind.JSON,
                        "Answers again as an earlier revision did",
                        this::rollBack)
                .on(
                        Need.MANAGE,
                        "DELETE",
                        "/endpoints/{endpoint}",
                        BodyKind.NONE,
                        "Deletes an endpoint; its models stay in the registry",
                        this::delete);
    }

    private Reply list(Call call) throws IOException {
        String after = Query.of(call, "page_token").text("page_token").orElse("");
        if (!after.isEmpty() && !EndpointService.isName(after)) {
            throw INVALID_ARGUMENT.because("'page_token' is '%s', expected the one of the page before.", after);
        }
        List<Endpoint> page = serving.endpoints().page(after, PAGE);
        return Reply.json(json -> {
            ObjectNode answer = Json.MAPPER.createObjectNode();
            ArrayNode list = answer.putArray("endpoints");
            for (Endpoint endpoint : page) list.add(summary(endpoint));
            if (page.size() == PAGE)
                answer.put("next_page_token", page.getLast().name());
            json.writePOJO(answer);
        });
    }

    private Reply revisions(Call call) throws IOException {
        int before =
                Query.of(call, "before").text("before").map(ServingApi::number).orElse(Integer.MAX_VALUE);
        List<Revision> found = serving.endpoints().revisions(call.pathVariable("endpoint"), before, PAGE);
        return Reply.json(json -> {
            ObjectNode answer = Json.MAPPER.createObjectNode();
            ArrayNode list = answer.putArray("revisions");
            for (Revision revision : found) write(revision, list.addObject());
            json.writePOJO(answer);
        });
    }

    private static int number(String text) {
        if (text.matches("\\d{1,9}")) return Integer.parseInt(text);
        throw INVALID_ARGUMENT.because("'%s' is no number of a revision.", text);
    }

    private Reply deploy(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("model", "weight"));
        Optional<Integer> weight = integer(body, "weight");
        String model = Json.text(body, "model");
        String name = call.pathVariable("endpoint");
        return operations.start("deploy " + name, progress -> {
            // The steps of a deployment are few; each is told as its number, and looked at for a wish to stop.
            int[] step = {0};
            Endpoint deployed = serving.deploy(name, model, weight, each -> progress.tell(each, ++step[0]));
            return whole(deployed);
        });
    }

    private Reply traffic(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("weights", "sticky"));
        Map<String, Integer> weights = new LinkedHashMap<>();
        if (body.has("weights") && !body.path("weights").isObject()) {
            throw INVALID_ARGUMENT.because("'weights' is no object, expected the weight of each variant by its name.");
        }
        for (Map.Entry<String, JsonNode> each : body.path("weights").properties()) {
            weights.put(
                    each.getKey(), integer(body.path("weights"), each.getKey()).orElseThrow());
        }
        Optional<String> sticky = Json.textIfGiven(body, "sticky");
        if (weights.isEmpty() && sticky.isEmpty()) {
            throw INVALID_ARGUMENT.because("Neither 'weights' nor 'sticky' is given: nothing would change.");
        }
        Endpoint changed = serving.setTraffic(call.pathVariable("endpoint"), weights, sticky);
        return Reply.json(json -> json.writePOJO(whole(changed)));
    }

    private Reply shadows(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("models"));
        if (!body.path("models").isArray()) {
            throw INVALID_ARGUMENT.because("'models' is no array, expected versions such as churn/4; none to end it.");
        }
        List<String> models = new ArrayList<>();
        for (JsonNode each : body.path("models")) {
            if (!each.isString()) throw INVALID_ARGUMENT.because("'models' has an entry that is no text.");
            models.add(each.asString());
        }
        String name = call.pathVariable("endpoint");
        return operations.start("shadow " + name, progress -> {
            int[] step = {0};
            return whole(serving.setShadows(name, models, each -> progress.tell(each, ++step[0])));
        });
    }

    private Reply policy(Call call) throws IOException {
        JsonNode body = Json.fields(call, SetupJson.POLICY);
        SetupJson.changed(Policy.DEFAULT, body); // What is wrong is told before the endpoint is looked for.
        Endpoint changed = serving.setPolicy(call.pathVariable("endpoint"), policy -> SetupJson.changed(policy, body));
        return Reply.json(json -> json.writePOJO(whole(changed)));
    }

    private Reply canary(Call call) throws IOException {
        JsonNode body = Json.fields(call, List.of("model", "steps", "hold_seconds", "least_requests", "guards"));
        List<Integer> steps = new ArrayList<>();
        for (JsonNode each : body.path("steps")) {
            if (!each.isInt()) throw INVALID_ARGUMENT.because("'steps' has an entry that is no whole number.");
            steps.add(each.asInt());
        }
        if (body.has("steps") && !body.path("steps").isArray())
            throw INVALID_ARGUMENT.because("'steps' is no array, expected shares in percent such as [1, 5, 25, 100].");
        ServingService.CanaryPlan plan = new ServingService.CanaryPlan(
                steps.isEmpty() ? List.of(1, 5, 25, 100) : steps,
                integer(body, "hold_seconds").orElse(60),
                integer(body, "least_requests").orElse(100),
                Guards.parse(Json.textIfGiven(body, "guards").orElse("errors<1%")));
        String model = Json.text(body, "model");
        String name = call.pathVariable("endpoint");
        return operations.start("canary " + name, progress -> {
            int[] step = {0};
            return whole(serving.startCanary(name, model, plan, each -> progress.tell(each, ++step[0])));
        });
    }

    private Reply activity(Call call) throws IOException {
        int minutes = Query.of(call, "minutes")
                .text("minutes")
                .map(ServingApi::minutes)
                .orElse(60);
        Endpoint endpoint = serving.endpoints().get(call.pathVariable("endpoint"));
        Optional<LiveEndpoint> live = serving.live().find(endpoint.name());
        long from = System.currentTimeMillis() - 60_000L * minutes;
        ObjectNode answer = Json.MAPPER.createObjectNode();
        answer.put("step_seconds", Meter.STEP_SECONDS);
        ArrayNode variants = answer.putArray("variants");
        live.map(LiveEndpoint::meters)
                .orElse(Map.of())
                .forEach(
                        (name, meter) -> write(meter, from, variants.addObject().put("name", name)));
        ArrayNode now = answer.putArray("now");
        live.flatMap(LiveEndpoint::routing).ifPresent(routing -> write(routing, now));
        return Reply.json(json -> json.writePOJO(answer));
    }

    private static int minutes(String text) {
        if (text.matches("[1-9]\\d?")) return Math.min(60, Integer.parseInt(text));
        throw INVALID_ARGUMENT.because("'minutes' is '%s', expected 1 to 60.", text);
    }

    private static void write(Meter meter, long from, ObjectNode to) {
        ArrayNode points = to.putArray("points");
        for (Meter.Point point : meter.points(from)) {
            ArrayNode each = points.addArray()
                    .add(point.second())
                    .add(point.answered())
                    .add(point.refused())
                    .add(point.failed());
            milliseconds(each, point.p50());
            milliseconds(each, point.p99());
        }
    }

    private static void milliseconds(ArrayNode to, double value) {
        if (Double.isNaN(value)) to.addNull();
        else to.add(value);
    }

    /// Each variant and shadow of the revision that answers, since it does.
    private static void write(Routing routing, ArrayNode to) {
        List<Variant> all = routing.revision().setup().all();
        for (int i = 0; i < all.size(); i++) {
            Tally tally = routing.tallies().get(i);
            ObjectNode each = to.addObject().put("name", all.get(i).name());
            each.put("role", role(routing, i));
            each.put("answered", tally.answered()).put("refused", tally.refused());
            each.put("failed", tally.failed()).put("dropped", tally.dropped());
            ArrayNode times = each.putArray("p50_p99_ms");
            milliseconds(times, tally.latencies().quantile(0.5));
            milliseconds(times, tally.latencies().quantile(0.99));
            Agreement.Told told = tally.agreement().told();
            if (told.compared() == 0) continue;
            ObjectNode agreement = each.putObject("agreement");
            agreement.put("compared", told.compared()).put("disagreed", told.disagreed());
            agreement.put("mean_difference", told.difference()).put("largest_difference", told.largest());
            agreement.put("shift", told.shift());
            ArrayNode pairs = agreement.putArray("classes");
            for (Map.Entry<Agreement.Pair, Long> pair : told.pairs()) {
                pairs.addArray()
                        .add(pair.getKey().champion())
                        .add(pair.getKey().other())
                        .add(pair.getValue());
            }
        }
    }

    private static String role(Routing routing, int place) {
        if (place >= routing.revision().setup().variants().size()) return "shadow";
        if (place == routing.canary()) return "canary";
        return place == routing.champion() ? "champion" : "variant";
    }

    private Reply rollBack(Call call) throws IOException {
        Optional<Integer> revision = integer(Json.fields(call, List.of("revision")), "revision");
        String name = call.pathVariable("endpoint");
        return operations.start("roll back " + name, progress -> {
            int[] step = {0};
            return whole(serving.rollBack(name, revision, each -> progress.tell(each, ++step[0])));
        });
    }

    private Reply delete(Call call) {
        serving.delete(call.pathVariable("endpoint"));
        return Reply.noContent(204);
    }

    private static Optional<Integer> integer(JsonNode body, String field) {
        if (!body.has(field)) return Optional.empty();
        if (body.path(field).isInt()) return Optional.of(body.path(field).asInt());
        throw INVALID_ARGUMENT.because("'%s' is no whole number.", field);
    }

    private ObjectNode summary(Endpoint endpoint) {
        ObjectNode written = Json.MAPPER.createObjectNode();
        written.put("name", endpoint.name());
        written.put("created_at", endpoint.createdAt().toString());
        write(endpoint.revision(), written.putObject("revision"));
        Optional<Routing> routing = routing(endpoint.name());
        written.put(
                "serving_revision", routing.map(now -> now.revision().number()).orElse(0));
        if (serving.live().find(endpoint.name()).map(LiveEndpoint::isAsleep).orElse(false)) written.put("asleep", true);
        serving.live().trouble(endpoint.name()).ifPresent(problem -> written.put("trouble", problem));
        return written;
    }

    private Optional<Routing> routing(String name) {
        return serving.live().find(name).flatMap(LiveEndpoint::routing);
    }

    private ObjectNode whole(Endpoint endpoint) {
        ObjectNode written = summary(endpoint);
        ArrayNode models = written.putArray("models");
        routing(endpoint.name()).ifPresent(now -> {
            for (LoadedModel model : now.loaded()) write(model, models.addObject());
            if (now.canary() >= 0
                    && now.revision().number() == endpoint.revision().number())
                write(canaries.judge(endpoint, now), written.putObject("canary"));
        });
        return written;
    }

    private static void write(Judgement judgement, ObjectNode to) {
        to.put("reason", judgement.reason());
        to.put("answered", judgement.counts().answered());
        to.put("failed", judgement.counts().failed());
        to.put("compared", judgement.counts().compared());
        ObjectNode measured = to.putObject("measured");
        judgement.measured().forEach((measure, value) -> measured.put(measure.word(), value));
    }

    private static void write(Revision revision, ObjectNode to) {
        to.put("number", revision.number());
        Setup setup = revision.setup();
        SetupJson.write(setup.variants(), to.putArray("variants"));
        SetupJson.write(setup.shadows(), to.putArray("shadows"));
        to.put("sticky", setup.sticky());
        SetupJson.write(setup.policy(), to.putObject("policy"));
        setup.canary().ifPresent(canary -> {
            ObjectNode written = to.putObject("canary");
            SetupJson.write(canary, written);
            written.put("share", canary.share());
        });
        to.put("created_at", revision.createdAt().toString());
        to.put("created_by", revision.by());
    }

    private static void write(LoadedModel model, ObjectNode to) {
        to.put("model", model.model()).put("version", model.version()).put("reader", model.reader());
        to.put("example", model.trial());
        to.put("loaded_at", model.loadedAt().toString());
        ArrayNode inputs = to.putArray("inputs");
        for (Field field : model.predictor().inputs()) {
            ObjectNode written = inputs.addObject();
            written.put("name", field.name()).put("type", field.type().word()).put("width", field.width());
            written.put("missing_allowed", field.missingAllowed());
            if (!field.unit().isEmpty()) written.put("unit", field.unit());
            field.range()
                    .ifPresent(
                            range -> written.putArray("range").add(range.low()).add(range.high()));
            field.categories()
                    .filter(categories -> categories.size() <= MOST_CATEGORIES)
                    .ifPresent(categories -> write(categories, written.putArray("categories")));
        }
        ArrayNode outputs = to.putArray("outputs");
        for (Output output : model.predictor().outputs()) {
            outputs.addObject()
                    .put("name", output.name())
                    .put("type", output.type().word())
                    .put("column", output.column());
        }
    }

    private static void write(Categories categories, ArrayNode to) {
        for (int i = 0; i < categories.size(); i++) {
            if (i == categories.missingAt()) continue;
            switch (categories) {
                case Categories.Texts(var values, var _) -> to.add(values.get(i));
                case Categories.Numbers(var values, var _) -> to.add(values.get(i));
            }
        }
    }
}
