package io.millwright.server;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migrator;
import io.millwright.registry.RegistryImport;
import io.millwright.registry.webhooks.WebhookImport;
import io.millwright.tracking.TrackingImport;
import io.millwright.tracking.TrackingSlice;
import io.millwright.tracking.imports.FolderSource;
import io.millwright.tracking.imports.ImportCounts;
import io.millwright.tracking.imports.ImportNotes;
import io.millwright.tracking.imports.ImportReport;
import io.millwright.tracking.imports.MlflowImport;
import io.millwright.tracking.imports.MlflowSource;
import io.millwright.tracking.imports.MlflowSurvey;
import io.millwright.tracking.imports.RestSource;
import io.millwright.tracking.imports.SqliteSource;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "import",
        description = "Takes over what another tracker holds.",
        subcommands = ImportCommand.Mlflow.class,
        synopsisSubcommandLabel = "COMMAND")
final class ImportCommand {
    @Command(
            name = "mlflow",
            description = {
                "Imports experiments, runs with their whole metric history, datasets, artifacts, logged models, registered"
                        + " models and webhooks from MLflow. Ids and version numbers are kept.",
                "",
                "It may be stopped at any point and run again: what is finished and unchanged is skipped. On SQLite the server"
                        + " of this home must be stopped meanwhile; on PostgreSQL it may run.",
                "",
                "Exits with 0 when everything that has a place here is here, with 1 when something failed.",
                ""
            },
            footer = {
                "",
                "A server that wants a login: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.",
                "",
                "Examples:",
                "  ./millwright import mlflow --from http://mlflow.example.org:5000",
                "  ./millwright import mlflow --from mlflow.db --from-artifacts ./mlartifacts",
                "  ./millwright import mlflow --from ./mlruns --dry-run"
            })
    static final class Mlflow implements Callable<Integer> {
        @Mixin
        SettingsOptions options = new SettingsOptions();

        @Option(
                names = "--from",
                required = true,
                paramLabel = "WHERE",
                description = "A server's URL, a SQLite file (mlflow.db), or a file store's folder (mlruns).")
        String from = "";

        @Option(
                names = "--from-artifacts",
                paramLabel = "DIR",
                description = "Where a file's or folder's artifacts lie on this machine, when not where it says: the"
                        + " folder that holds the experiments' folders. May be given several times.")
        List<Path> artifactRoots = new ArrayList<>();

        @Option(
                names = "--no-artifacts",
                description = "Leaves artifacts out; a later import without this brings them.")
        boolean noArtifacts;

        @Option(names = "--again", description = "Writes also what is finished and unchanged.")
        boolean again;

        @Option(names = "--dry-run", description = "Looks, says what it would import, and writes nothing.")
        boolean dryRun;

        @Option(names = "--report", paramLabel = "FILE", description = "Writes the report as JSON too.")
        @Nullable
        Path report;

        private final ImportCounts counts = new ImportCounts();
        private final ImportNotes notes = new ImportNotes();
        private final Ids ids = new Ids(new SecureRandom());
        private final long began = System.nanoTime();

        @Override
        public Integer call() throws IOException {
            Settings settings = options.read();
            Logging.apply(settings.log());
            try (MlflowSource source = open()) {
                ImportReport done = dryRun ? survey(source) : importAll(source, settings);
                System.out.print(done.text());
                if (report != null) Files.writeString(report, done.json() + "\n");
                return done.isComplete() ? 0 : 1;
            } catch (IOException e) {
                String hint = dryRun
                        ? ""
                        : " Nothing that is here is broken: the same command goes on where this one stopped.";
                throw ErrorCode.UNAVAILABLE.because("The import stopped: " + e.getMessage() + "." + hint);
            }
        }

        private ImportReport survey(MlflowSource source) throws IOException {
            try (ImportProgress _ = ImportProgress.start(counts, OptionalLong.empty())) {
                new MlflowSurvey(source, counts, notes).run();
            }
            return reportOf(source, "");
        }

        private ImportReport importAll(MlflowSource source, Settings settings) throws IOException {
            Clock clock = Clock.systemUTC();
            try (Db db = Assembly.openDb(settings)) {
                new Migrator(db).migrate(Assembly.migrations());
                try (Ledger ledger = new Ledger(db, clock, ids).start();
                        ArtifactsSlice artifacts =
                                ArtifactsSlice.wire(db, ledger, clock, ids, Assembly.artifactSettings(settings))) {
                    TrackingSlice slice = TrackingSlice.wire(db, ledger, clock, ids, artifacts.service());
                    var tracking = new TrackingImport(db, ledger, clock);
                    var how = new MlflowImport.Options(!noArtifacts, again);
                    var runs = new MlflowImport(source, tracking, artifacts.service(), how, counts, notes);
                    var models = new RegistryImport(db, ledger, clock, slice, counts, notes);
                    var hooks = new WebhookImport(db, ledger, clock, settings.webhooks(), counts, notes);
                    RequestContext context = new RequestContext(
                            "import-" + ids.hex32(), Principal.LOCAL, RequestContext.DEFAULT_WORKSPACE);
                    try (ImportProgress _ = ImportProgress.start(counts, source.runCount())) {
                        context.call(() -> {
                            runs.run();
                            models.run(source.identity(), source.registry());
                            hooks.run(source.identity(), source.registry());
                            return 0;
                        });
                    }
                }
                return reportOf(source, db.describe());
            }
        }

        private ImportReport reportOf(MlflowSource source, String target) {
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            return new ImportReport(source.identity(), target, dryRun, counts, notes, took);
        }

        private MlflowSource open() throws IOException {
            if (from.startsWith("http://") || from.startsWith("https://")) {
                return RestSource.open(from, authorization(System.getenv()), notes);
            }
            Path path = path();
            if (Files.isDirectory(path)) return FolderSource.open(path, artifactRoots, notes);
            if (Files.isRegularFile(path)) return SqliteSource.open(path, artifactRoots, notes);
            throw new SettingValues.WrongSetting("There is nothing at " + path.toAbsolutePath()
                    + ". Give --from a server's URL, MLflow's SQLite file, or its folder mlruns.");
        }

        private Path path() {
            try {
                if (from.startsWith("sqlite:///")) return Path.of(from.substring("sqlite:///".length()));
                if (from.startsWith("file:")) return Path.of(URI.create(from));
                if (!from.contains("://")) return Path.of(from);
            } catch (InvalidPathException e) {
                throw new SettingValues.WrongSetting("--from " + from + " is no path: " + e.getReason() + ".");
            } catch (IllegalArgumentException e) {
                throw new SettingValues.WrongSetting("--from " + from + " is no file URL: " + e.getMessage() + ".");
            }
            throw new SettingValues.WrongSetting(
                    "--from " + SettingValues.masked(from) + " cannot be read directly. Start"
                            + " MLflow on that database (mlflow server --backend-store-uri …) and give its URL.");
        }

        /// As MLflow's own client logs in.
        private static @Nullable String authorization(Map<String, String> environment) {
            String user = environment.getOrDefault("MLFLOW_TRACKING_USERNAME", "");
            String token = environment.getOrDefault("MLFLOW_TRACKING_TOKEN", "");
            if (!user.isEmpty()) {
                return RestSource.basic(user, environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", ""));
            }
            return token.isEmpty() ? null : "Bearer " + token;
        }
    }
}
