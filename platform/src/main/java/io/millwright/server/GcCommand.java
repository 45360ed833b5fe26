package io.millwright.server;

import io.millwright.http.Json;
import io.millwright.kernel.Ids;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migrator;
import io.millwright.tracking.TrackingSlice;
import io.millwright.tracking.TrashService;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

@Command(
        name = "gc",
        description = {
            "Empties the trash: takes away deleted experiments, runs and logged models for good, with their artifacts,",
            "and sweeps what no artifact has any more. A tombstone of each stays in the ledger.",
            "",
            "Without --server it opens the database itself, so no server may run on an SQLite home meanwhile.",
            ""
        })
final class GcCommand implements Callable<Integer> {
    private static final Pattern AGE = Pattern.compile("(\\d{1,6})([smhdw])");

    @Mixin
    SettingsOptions options = new SettingsOptions();

    @Option(
            names = "--older-than",
            paramLabel = "AGE",
            defaultValue = "0s",
            description = "Only what has been in the trash so long: 90s, 15m, 12h, 30d, 8w (default: everything).")
    String olderThan = "0s";

    @Option(names = "--keep-artifacts", description = "Takes the rows away and leaves the files.")
    boolean keepArtifacts;

    @Option(names = "--dry-run", description = "Says what would go, and changes nothing.")
    boolean dryRun;

    @Option(names = "--space", description = "Says what each experiment keeps, and changes nothing.")
    boolean space;

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "Has a running server do it, such as http://127.0.0.1:8484.")
    @Nullable
    URI server;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Duration age = age(olderThan);
        if (server != null) return askServer(server, age);
        Settings settings = options.read();
        Logging.apply(settings.log());
        Clock clock = Clock.systemUTC();
        Ids ids = new Ids(new SecureRandom());
        try (Db db = Assembly.openDb(settings)) {
            new Migrator(db).migrate(Assembly.migrations());
            try (Ledger ledger = new Ledger(db, clock, ids).start();
                    ArtifactsSlice artifacts =
                            ArtifactsSlice.wire(db, ledger, clock, ids, Assembly.artifactSettings(settings))) {
                TrashService trash = TrackingSlice.wire(db, ledger, clock, ids, artifacts.service())
                        .trash();
                if (space) printSpace(trash);
                else collect(trash, age);
            }
        }
        return 0;
    }

    private void collect(TrashService trash, Duration age) {
        TrashService.Report report = trash.collect(
                new TrashService.Request(null, age, keepArtifacts, dryRun),
                one -> line(one.kind(), one.id(), one.name(), one.bytes(), one.artifactsElsewhere()));
        summary(report.purged().size(), report.bytes());
        report.sweep().ifPresent(sweep -> orphans(sweep.blobs() + sweep.strays(), sweep.uploads(), sweep.bytes()));
    }

    private void line(String kind, String id, String name, long bytes, boolean elsewhere) {
        System.out.printf(
                "%-13s %s  %s  %s%s%n",
                kind, id, name, size(bytes), elsewhere ? "  (its artifacts lie elsewhere and stay)" : "");
    }

    private void summary(int things, long bytes) {
        System.out.printf(
                "%s %d %s, %s of artifacts%s.%n",
                dryRun ? "Would take away" : "Took away",
                things,
                things == 1 ? "thing" : "things",
                size(bytes),
                keepArtifacts ? " kept" : "");
    }

    private void orphans(long contents, long uploads, long bytes) {
        System.out.printf(
                "%s %d contents and %d given-up uploads that nothing refers to, %s.%n",
                dryRun ? "Would sweep" : "Swept", contents, uploads, size(bytes));
    }

    private static void printSpace(TrashService trash) {
        System.out.printf(
                "%-12s %-12s %8s %8s %10s %10s %12s  %s%n",
                "experiment", "workspace", "runs", "deleted", "metrics", "files", "bytes", "name");
        long after = -1;
        while (true) {
            var page = trash.usage(null, after, 500);
            if (page.isEmpty()) return;
            for (TrashService.Usage one : page) {
                System.out.printf(
                        "%-12d %-12s %8d %8d %10d %10d %12s  %s%s%n",
                        one.experiment(),
                        one.workspace(),
                        one.runs(),
                        one.deletedRuns(),
                        one.metrics(),
                        one.files(),
                        size(one.bytes()),
                        one.name(),
                        one.deleted() ? " (deleted)" : "");
            }
            after = page.getLast().experiment();
        }
    }

    private int askServer(URI base, Duration age) throws IOException, InterruptedException {
        String body = Json.MAPPER
                .createObjectNode()
                .put("older_than", age.toString())
                .put("keep_artifacts", keepArtifacts)
                .put("dry_run", dryRun)
                .toString();
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        base.resolve(space ? "/api/millwright/v1/space" : "/api/millwright/v1/trash/collect"))
                .header("content-type", "application/json")
                .header("accept", "application/json");
        if (!space) request.POST(HttpRequest.BodyPublishers.ofString(body));
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            JsonNode json = Json.MAPPER.readTree(answer.body());
            if (answer.statusCode() != 200) {
                System.err.println("millwright: " + base + " answered " + answer.statusCode() + ": "
                        + json.path("detail").asString());
                return 1;
            }
            if (space) {
                System.out.println(json.toPrettyString());
                return 0;
            }
            for (JsonNode one : json.path("items")) {
                line(
                        one.path("kind").asString(),
                        one.path("id").asString(),
                        one.path("name").asString(),
                        one.path("bytes").asLong(),
                        one.path("artifacts_elsewhere").asBoolean());
            }
            summary(json.path("items").size(), json.path("bytes").asLong());
            JsonNode orphans = json.path("orphans");
            if (!orphans.isMissingNode()) {
                orphans(
                        orphans.path("count").asLong(),
                        orphans.path("stale_uploads").asLong(),
                        orphans.path("bytes").asLong());
            }
            return 0;
        }
    }

    private static Duration age(String text) {
        Matcher matcher = AGE.matcher(text);
        if (!matcher.matches()) {
            throw new SettingValues.WrongSetting(
                    "--older-than is '" + text + "', expected a number and s, m, h, d or w, such as 30d.");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            case "d" -> Duration.ofDays(number);
            default -> Duration.ofDays(7 * number);
        };
    }

    private static String size(long bytes) {
        if (bytes < 1000) return bytes + " B";
        double value = bytes;
        String unit = "B";
        for (String next : new String[] {"kB", "MB", "GB", "TB"}) {
            if (value < 1000) break;
            value /= 1000;
            unit = next;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, unit);
    }
}
