package io.millwright.server;

import static io.millwright.server.RemoteServer.quoted;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/// The commands that put models to work.
final class ServingCommands {
    private ServingCommands() {}

    @Command(
            name = "deploy",
            mixinStandardHelpOptions = true,
            description = "Lets a version of a model answer under a name of a running server.")
    @SuppressWarnings("NullAway.Init") // Picocli sets the fields.
    static final class Deploy implements Callable<Integer> {
        @Mixin
        RemoteOptions remote;

        @Parameters(paramLabel = "MODEL", description = "As churn@champion, churn/3, or churn for its newest version.")
        String model;

        @Option(
                names = "--endpoint",
                paramLabel = "NAME",
                description = "Under which name (default: the name of the model).")
        @Nullable
        String endpoint;

        @Option(
                names = "--weight",
                paramLabel = "N",
                description = "Its weight beside the variants that answer now; without it, it answers alone.")
        @Nullable
        Integer weight;

        @Override
        public Integer call() throws InterruptedException {
            return remote.run(server -> {
                Map<String, Object> body = new LinkedHashMap<>();
                body.put("model", model);
                if (weight != null) body.put("weight", weight);
                String name = endpoint != null
                        ? endpoint
                        : model.replaceFirst("^models:/", "").replaceFirst("[@/].*", "");
                print(awaited(server, server.post("/endpoints/" + quoted(name) + "/deploy", body)));
            });
        }
    }

    @Command(
            name = "traffic",
            mixinStandardHelpOptions = true,
            description = "Shares the requests of an endpoint out among its variants, shadows and a canary.",
            footer = {
                "",
                "A version may be named as v4, for version 4 of the model that answers most, or as churn/4.",
                "  traffic churn --set v3=90,v4=10 --sticky customer_id",
                "  traffic churn --shadow v5,v6",
                "  traffic churn --canary v7 --steps 1,5,25,100 --guard \"errors<0.1%%, p99<20ms, disagreement<3%%\""
            })
    @SuppressWarnings("NullAway.Init") // Picocli sets the fields.
    static final class Traffic implements Callable<Integer> {
        @Mixin
        RemoteOptions remote;

        @Parameters(paramLabel = "ENDPOINT", description = "Its name.")
        String endpoint;

        @Option(
                names = "--set",
                split = ",",
                paramLabel = "VARIANT=WEIGHT",
                description = "The weights; who is not named gets none.")
        Map<String, Integer> weights = new LinkedHashMap<>();

        @Option(
                names = "--sticky",
                paramLabel = "COLUMN",
                description = "The input by whose value a caller keeps to one variant; empty for none.")
        @Nullable
        String sticky;

        @Option(
                names = "--shadow",
                split = ",",
                paramLabel = "VERSION",
                description = "Who is asked the same, without anybody getting the answers; empty for nobody.")
        @Nullable
        List<String> shadows;

        @Option(names = "--canary", paramLabel = "VERSION", description = "Who gets a growing share of the requests.")
        @Nullable
        String canary;

        @Option(
                names = "--steps",
                split = ",",
                paramLabel = "PERCENT",
                description = "Its shares (default: 1,5,25,100).")
        List<Integer> steps = List.of(1, 5, 25, 100);

        @Option(
                names = "--hold",
                paramLabel = "SECONDS",
                description = "How long each step lasts at least (default: 60).")
        int hold = 60;

        @Option(
                names = "--least",
                paramLabel = "N",
                description = "How many requests it answers at least before a step ends (default: 100).")
        int least = 100;

        @Option(
                names = "--guard",
                paramLabel = "GUARDS",
                description = "What it must keep to (default: errors<1%%), of errors, p99, disagreement and shift.")
        String guards = "errors<1%";

        @Override
        public Integer call() throws InterruptedException {
            return remote.run(server -> {
                String place = "/endpoints/" + quoted(endpoint);
                boolean changed = false;
                if (!weights.isEmpty() || sticky != null) {
                    Map<String, Object> body = new LinkedHashMap<>();
                    body.put("weights", weights);
                    if (sticky != null) body.put("sticky", sticky);
                    server.put(place + "/traffic", body);
                    changed = true;
                }
                if (shadows != null) {
                    List<String> models = new ArrayList<>();
                    for (String each : shadows) if (!each.isBlank()) models.add(version(server, each.strip()));
                    awaited(server, server.put(place + "/shadows", Map.of("models", models)));
                    changed = true;
                }
                if (canary != null) {
                    Map<String, Object> body = Map.of(
                            "model", version(server, canary),
                            "steps", steps,
                            "hold_seconds", hold,
                            "least_requests", least,
                            "guards", guards);
                    awaited(server, server.post(place + "/canary", body));
                    changed = true;
                }
                print(server.get(place));
                if (!changed) System.out.println("Nothing was changed: give --set, --sticky, --shadow or --canary.");
            });
        }

        private String version(RemoteServer server, String text) throws IOException, InterruptedException {
            if (!text.matches("v?\\d+")) return text;
            JsonNode revision = server.get("/endpoints/" + quoted(endpoint)).path("revision");
            JsonNode most = revision.path("variants").path(0);
            for (JsonNode each : revision.path("variants"))
                if (each.path("weight").asInt() > most.path("weight").asInt()) most = each;
            return most.path("model").asString("") + "/" + text.replace("v", "");
        }
    }

    @Command(
            name = "endpoints",
            description = "Looks at the endpoints of a running server, and changes them.",
            synopsisSubcommandLabel = "COMMAND")
    static final class Endpoints {
        @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists endpoints by name.")
        int list(@Mixin RemoteOptions remote) throws InterruptedException {
            return remote.run(server -> server.forEach("/endpoints", "endpoints", ServingCommands::print));
        }

        @Command(
                name = "show",
                mixinStandardHelpOptions = true,
                description = "Shows an endpoint: who answers, how much, and how they agree.")
        int show(
                @Mixin RemoteOptions remote,
                @Parameters(paramLabel = "ENDPOINT", description = "Its name.") String name)
                throws InterruptedException {
            return remote.run(server -> {
                print(server.get("/endpoints/" + quoted(name)));
                for (JsonNode each :
                        server.get("/endpoints/" + quoted(name) + "/activity").path("now")) printActivity(each);
            });
        }

        @Command(
                name = "rollback",
                mixinStandardHelpOptions = true,
                description = "Lets an endpoint answer again as an earlier revision did; ends a canary.")
        int rollBack(
                @Mixin RemoteOptions remote,
                @Parameters(paramLabel = "ENDPOINT", description = "Its name.") String name,
                @Option(names = "--revision", paramLabel = "N", description = "Which (default: the one before).")
                        @Nullable
                        Integer revision)
                throws InterruptedException {
            return remote.run(server -> print(awaited(
                    server,
                    server.post(
                            "/endpoints/" + quoted(name) + "/rollback",
                            revision == null ? Map.of() : Map.of("revision", revision)))));
        }

        @Command(
                name = "policy",
                mixinStandardHelpOptions = true,
                description = "Says what holds for all answers of an endpoint, such as log=sync or retention_days=90.")
        int policy(
                @Mixin RemoteOptions remote,
                @Parameters(index = "0", paramLabel = "ENDPOINT", description = "Its name.") String name,
                @Parameters(
                                index = "1..*",
                                paramLabel = "FIELD=VALUE",
                                description = "log, sample, when_full, redact (names with commas), retention_days,"
                                        + " tolerance, most_at_once, sleep_after_seconds, batch_rows.")
                        @Nullable
                        Map<String, String> changes)
                throws InterruptedException {
            return remote.run(server -> {
                Map<String, Object> body = new LinkedHashMap<>();
                if (changes != null) changes.forEach((field, value) -> body.put(field, typed(field, value)));
                System.out.println(server.put("/endpoints/" + quoted(name) + "/policy", body)
                        .at("/revision/policy")
                        .toPrettyString());
            });
        }

        private static Object typed(String field, String value) {
            if (field.equals("redact")) return value.isEmpty() ? List.of() : List.of(value.split(","));
            if (value.matches("\\d{1,9}")) return Integer.valueOf(value);
            return value.matches("\\d*\\.\\d+") ? Double.valueOf(value) : value;
        }

        @Command(
                name = "delete",
                mixinStandardHelpOptions = true,
                description = "Deletes an endpoint; its models stay in the registry, its predictions in the lake.")
        int delete(
                @Mixin RemoteOptions remote,
                @Parameters(paramLabel = "ENDPOINT", description = "Its name.") String name)
                throws InterruptedException {
            return remote.run(server -> server.delete("/endpoints/" + quoted(name)));
        }

        @Command(
                name = "prediction",
                mixinStandardHelpOptions = true,
                description = "Shows one answer: what was asked, who answered, what its shadows said, what is true.")
        int prediction(
                @Mixin RemoteOptions remote,
                @Parameters(paramLabel = "ID", description = "As it came with the answer.") String id)
                throws InterruptedException {
            return remote.run(server ->
                    System.out.println(server.get("/predictions/" + quoted(id)).toPrettyString()));
        }
    }

    @Command(
            name = "predict",
            mixinStandardHelpOptions = true,
            description = "Has a model answer every row of a dataset, into another dataset.")
    @SuppressWarnings("NullAway.Init") // Picocli sets the fields.
    static final class Predict implements Callable<Integer> {
        @Mixin
        RemoteOptions remote;

        @Option(
                names = "--model",
                required = true,
                paramLabel = "MODEL",
                description = "As churn@champion, churn/3, or churn for its newest version.")
        String model;

        @Option(names = "--input", required = true, paramLabel = "DATASET", description = "As census.people.")
        String input;

        @Option(names = "--version", paramLabel = "N", description = "Of the input (default: its latest).")
        @Nullable
        Integer version;

        @Option(names = "--output", required = true, paramLabel = "DATASET", description = "Where the answers go.")
        String output;

        @Option(names = "--overwrite", description = "Replaces the rows of the output, if it exists.")
        boolean overwrite;

        @Override
        public Integer call() throws InterruptedException {
            return remote.run(server -> {
                Map<String, Object> body = new LinkedHashMap<>();
                body.put("model", model);
                body.put("input", input);
                if (version != null) body.put("version", version);
                body.put("output", output);
                body.put("overwrite", overwrite);
                JsonNode done = awaited(server, server.post("/predictions", body));
                System.out.printf(
                        "%s version %d: %d rows, by %s/%s.%n",
                        done.path("dataset").asString(""),
                        done.path("number").asInt(),
                        done.path("rows").asLong(),
                        done.path("model").asString(""),
                        done.path("version").asString(""));
            });
        }
    }

    private static JsonNode awaited(RemoteServer server, JsonNode begun) throws IOException, InterruptedException {
        JsonNode ended = server.watched(begun, operation -> {
            String last = "";
            for (String step : operation.path("progress").propertyNames()) last = step;
            System.out.println("  " + last);
        });
        if (ended.path("state").asString("").equals("succeeded")) return ended.path("result");
        throw new RemoteServer.Refused(
                ended.at("/error/detail").asString("it " + ended.path("state").asString("")));
    }

    private static void print(JsonNode endpoint) {
        JsonNode revision = endpoint.path("revision");
        System.out.printf(
                "%s  revision %d by %s, %s%n",
                endpoint.path("name").asString(""),
                revision.path("number").asInt(),
                revision.path("created_by").asString(""),
                revision.path("created_at").asString(""));
        long all = 0;
        for (JsonNode each : revision.path("variants"))
            all += each.path("weight").asLong();
        for (JsonNode each : revision.path("variants")) {
            System.out.printf(
                    "  %-8s %s/%s  %.4g%%%n",
                    each.path("name").asString(""),
                    each.path("model").asString(""),
                    each.path("version").asString(""),
                    all == 0 ? 0 : 100.0 * each.path("weight").asLong() / all);
        }
        for (JsonNode each : revision.path("shadows")) {
            System.out.printf(
                    "  %-8s %s/%s  shadow%n",
                    each.path("name").asString(""),
                    each.path("model").asString(""),
                    each.path("version").asString(""));
        }
        if (!revision.path("sticky").asString("").isEmpty())
            System.out.println("  sticky by " + revision.path("sticky").asString());
        JsonNode canary = revision.path("canary");
        if (!canary.isMissingNode()) {
            System.out.printf(
                    "  canary %s at %d %% of %s, guards %s: %s %s%n",
                    canary.path("variant").asString(""),
                    canary.path("share").asInt(),
                    canary.path("steps"),
                    canary.path("guards").asString(""),
                    endpoint.at("/canary/reason").asString(""),
                    endpoint.at("/canary/measured").isMissingNode() ? "" : endpoint.at("/canary/measured"));
        }
        if (endpoint.has("trouble"))
            System.out.println(
                    "  not served as it says: " + endpoint.path("trouble").asString(""));
    }

    private static void printActivity(JsonNode each) {
        System.out.printf(
                "  %-8s %s: %d answered, %d refused, %d failed, p50 %s ms, p99 %s ms%n",
                each.path("name").asString(""),
                each.path("role").asString(""),
                each.path("answered").asLong(),
                each.path("refused").asLong(),
                each.path("failed").asLong(),
                each.at("/p50_p99_ms/0"),
                each.at("/p50_p99_ms/1"));
        JsonNode agreement = each.path("agreement");
        if (agreement.isMissingNode()) return;
        System.out.printf(
                "           disagrees with the champion on %d of %d rows, shift %s%n",
                agreement.path("disagreed").asLong(), agreement.path("compared").asLong(), agreement.path("shift"));
    }
}
