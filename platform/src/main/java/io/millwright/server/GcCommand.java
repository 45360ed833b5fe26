package io.millwright.server;

import io.millwright.kernel.Ids;
import io.millwright.kernel.Page;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.lake.tables.TablesSlice;
import io.millwright.lake.tables.Upkeep;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migrator;
import io.millwright.tracking.TrackingSlice;
import io.millwright.tracking.TrashService;
import io.millwright.views.ViewsSlice;
import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
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
            "and sweeps what no artifact has any more; dropped datasets, old versions that nothing pins, and files of the",
            "lake that no dataset has. A tombstone of each stays in the ledger.",
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
            names = "--workspace",
            paramLabel = "NAME",
            description = "Only what belongs to this workspace (default: all).")
    @Nullable
    String workspace;

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "Has a running server do it, such as http://127.0.0.1:8484.")
    @Nullable
    URI server;

    @Override
    public Integer call() throws InterruptedException {
        Duration age = age("--older-than", olderThan);
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
                TrackingSlice tracking = TrackingSlice.wire(db, ledger, clock, ids, artifacts.service());
                ViewsSlice.wire(db, ledger, clock, ids, tracking.experiments());
                TrashService trash = tracking.trash();
                if (space) {
                    printSpace(trash);
                    return 0;
                }
                collect(trash, age);
                try (TablesSlice tables = TablesSlice.wire(db, ledger, clock, ids, Assembly.lakeSettings(settings))) {
                    collect(tables.upkeep(), age);
                }
            }
        }
        return 0;
    }

    private void collect(TrashService trash, Duration age) {
        TrashService.Report report = trash.collect(
                new TrashService.Request(workspace, age, keepArtifacts, dryRun),
                one -> printItem(
                        one.kind().word(),
                        one.workspace(),
                        one.id(),
                        one.name(),
                        one.bytes(),
                        one.artifactsElsewhere()));
        printSummary(report.things(), report.files(), report.bytes(), report.freedBytes());
        report.sweep().ifPresent(sweep -> printSweep(sweep.blobs() + sweep.strays(), sweep.uploads()));
    }

    private void collect(Upkeep upkeep, Duration age) {
        Upkeep.Report report = upkeep.collect(Optional.ofNullable(workspace), age, dryRun, dataset -> {});
        printLake(report.datasets(), report.versions(), report.files(), report.orphans(), report.orphanBytes());
        report.left().forEach(left -> System.out.println("Left " + left));
    }

    private void printLake(long datasets, long versions, long files, long orphans, long orphanBytes) {
        System.out.printf(
                "%s %d datasets and %d old versions with %d files, and swept %d files of %s that no dataset has.%n",
                dryRun ? "Would take away" : "Took away", datasets, versions, files, orphans, size(orphanBytes));
    }

    private static void printItem(
            String kind, String workspace, String id, String name, long bytes, boolean elsewhere) {
        System.out.printf(
                "%-14s %-10s %s  %s  %s%s%n",
                kind, workspace, id, name, size(bytes), elsewhere ? "  (its artifacts lie elsewhere and stay)" : "");
    }

    private void printSummary(long things, long files, long bytes, long freedBytes) {
        System.out.printf(
                "%s %d %s%s.%n",
                dryRun ? "Would take away" : "Took away",
                things,
                things == 1 ? "thing" : "things",
                keepArtifacts
                        ? " and keep the artifacts"
                        : " with %d files of %s, which %s %s"
                                .formatted(files, size(bytes), dryRun ? "frees" : "freed", size(freedBytes)));
    }

    private void printSweep(long contents, long uploads) {
        System.out.printf(
                "%s %d contents that no artifact has any more and %d given-up uploads.%n",
                dryRun ? "Would sweep" : "Swept", contents, uploads);
    }

    private void printSpace(TrashService trash) {
        printSpaceHead();
        Optional<String> token = Optional.empty();
        do {
            Page<TrashService.Usage> page = trash.usage(workspace, 500, token);
            page.items()
                    .forEach(one -> printSpaceLine(
                            one.experiment(),
                            one.workspace(),
                            one.name() + (one.deleted() ? " (deleted)" : ""),
                            one.runs(),
                            one.deletedRuns(),
                            one.metrics(),
                            one.files(),
                            one.bytes(),
                            one.ownBytes()));
            token = page.nextToken();
        } while (token.isPresent());
    }

    private static void printSpaceHead() {
        System.out.printf(
                "%-12s %-12s %8s %8s %10s %10s %12s %12s  %s%n",
                "experiment", "workspace", "runs", "deleted", "metrics", "files", "bytes", "its alone", "name");
    }

    private static void printSpaceLine(
            long experiment,
            String workspace,
            String name,
            long runs,
            long deletedRuns,
            long metrics,
            long files,
            long bytes,
            long ownBytes) {
        System.out.printf(
                "%-12d %-12s %8d %8d %10d %10d %12s %12s  %s%n",
                experiment, workspace, runs, deletedRuns, metrics, files, size(bytes), size(ownBytes), name);
    }

    private int askServer(URI base, Duration age) throws InterruptedException {
        return RemoteOptions.run(base, workspace, remote -> {
            RemoteTrash trash = new RemoteTrash(remote, workspace == null);
            if (space) {
                printSpace(trash);
                return;
            }
            collect(trash, age);
            collectLake(trash, age);
        });
    }

    private static void printSpace(RemoteTrash trash) throws IOException, InterruptedException {
        printSpaceHead();
        trash.forEachExperiment(one -> printSpaceLine(
                Long.parseLong(one.path("experiment_id").asString()),
                one.path("workspace").asString(),
                one.path("name").asString() + (one.path("deleted").asBoolean() ? " (deleted)" : ""),
                one.path("runs").asLong(),
                one.path("deleted_runs").asLong(),
                one.path("metrics").asLong(),
                one.path("files").asLong(),
                one.path("bytes").asLong(),
                one.path("own_bytes").asLong()));
    }

    private void collect(RemoteTrash trash, Duration age) throws IOException, InterruptedException {
        if (dryRun) {
            trash.forEachItem(
                    age,
                    one -> printItem(
                            one.path("kind").asString(),
                            one.path("workspace").asString(),
                            one.path("id").asString(),
                            one.path("name").asString(),
                            one.path("bytes").asLong(),
                            one.path("artifacts_elsewhere").asBoolean()));
        }
        JsonNode result = trash.collect(
                age,
                keepArtifacts,
                dryRun,
                operation -> System.err.printf(
                        "operation %s: %d things, %d files%n",
                        operation.path("operation_id").asString(),
                        operation.at("/progress/things").asLong(),
                        operation.at("/progress/files").asLong()));
        printSummary(
                result.path("things").asLong(),
                result.path("files").asLong(),
                result.path("bytes").asLong(),
                result.path("freed_bytes").asLong());
        JsonNode sweep = result.path("sweep");
        if (sweep.isObject()) {
            printSweep(sweep.path("contents").asLong(), sweep.path("uploads").asLong());
        }
    }

    private void collectLake(RemoteTrash trash, Duration age) throws IOException, InterruptedException {
        JsonNode result = trash.collectLake(age, dryRun);
        printLake(
                result.path("datasets").asLong(),
                result.path("versions").asLong(),
                result.path("files").asLong(),
                result.path("orphans").asLong(),
                result.path("orphan_bytes").asLong());
        result.path("left").forEach(left -> System.out.println("Left " + left.asString()));
    }

    /// @param option which had the text, for the message
    static Duration age(String option, String text) {
        Matcher matcher = AGE.matcher(text);
        if (!matcher.matches()) {
            throw new SettingValues.WrongSetting(
                    option + " is '" + text + "', expected a number and s, m, h, d or w, such as 30d.");
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
