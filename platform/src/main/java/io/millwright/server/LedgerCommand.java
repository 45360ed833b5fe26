package io.millwright.server;

import io.millwright.kernel.Ids;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.LedgerExport;
import io.millwright.ledger.LedgerVerifier;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.PostgresDb;
import io.millwright.ledger.SqliteDb;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

@Command(
        name = "ledger",
        description = "Works on the event ledger.",
        subcommands = {
            LedgerCommand.Verify.class,
            LedgerCommand.Export.class,
            LedgerCommand.Prune.class,
        },
        synopsisSubcommandLabel = "COMMAND")
final class LedgerCommand {
    @Command(
            name = "verify",
            description = {
                "Checks that no event of the ledger was changed, removed or reordered. Works beside a running server; with",
                "--export it checks a file instead, and needs neither server nor database.",
                "",
                "A chain that somebody cut off and rewrote with new hashes looks like any other. Keep the head that this",
                "prints where nobody who reaches the database can write, and give it back with --head.",
                "",
                "Exits with 0 when the chain holds, with 1 when it does not; each finding is one line.",
                ""
            },
            footer = {
                "",
                "Examples: ./millwright ledger verify --head HEX",
                "          ./millwright ledger verify --export 2026-01.jsonl --head HEX"
            })
    @SuppressWarnings("NullAway.Init") // Picocli sets the fields.
    static final class Verify implements Callable<Integer> {
        @Spec
        CommandSpec spec;

        @Mixin
        SettingsOptions options = new SettingsOptions();

        @Option(
                names = "--head",
                paramLabel = "HEX",
                converter = Head.class,
                description =
                        "A head printed earlier: also checks that it is still in the chain, or that the export holds"
                                + " it or continues from it.")
        @Nullable
        String head;

        @Option(
                names = "--export",
                paramLabel = "FILE",
                description = "What ledger export or audit --export wrote, instead of the ledger itself.")
        @Nullable
        Path export;

        @Option(
                names = "--excerpt",
                description = "Allows events to be left out of the export: a block's line and some of its events' lines"
                        + " are enough. Of audit --export.")
        boolean excerpt;

        @Override
        public Integer call() throws IOException {
            if (export != null) return verify(export);
            if (excerpt) throw new ParameterException(spec.commandLine(), "--excerpt is about a file: add --export.");
            try (Db db = openToRead(options.read())) {
                LedgerVerifier verifier = ledgerOf(db).verifier();
                LedgerVerifier.Report report = head == null ? verifier.verify() : verifier.verify(head);
                printBroken(report.findings());
                System.out.printf(
                        "%s: %d blocks, %d events sealed, %d pruned, %d not yet sealed%nhead %s%n",
                        report.holds() ? "The chain holds" : "The chain does not hold",
                        report.blocks(),
                        report.events(),
                        report.prunedEvents(),
                        report.unsealedEvents(),
                        report.head());
                return report.holds() ? 0 : 1;
            }
        }

        private int verify(Path file) throws IOException {
            if (!Files.isRegularFile(file)) {
                throw new ParameterException(spec.commandLine(), "There is no file " + file + ".");
            }
            LedgerExport.Report report;
            try (InputStream in = Files.newInputStream(file)) {
                report = excerpt ? LedgerExport.checkExcerpt(in, head) : LedgerExport.check(in, head);
            }
            printBroken(report.findings());
            System.out.printf(
                    "%s: %d blocks, %d events proven, %d absent%nhead %s%n",
                    report.holds() ? "The export holds" : "The export does not hold",
                    report.blocks(),
                    report.events(),
                    report.absentEvents(),
                    report.head());
            return report.holds() ? 0 : 1;
        }
    }

    @Command(
            name = "export",
            description = {
                "Writes the sealed events as lines of JSON, each with the proof of its place in the chain, and prints the",
                "head: whoever has both can check them without the database (ledger verify --export). Works beside a running server.",
                ""
            },
            footer = {
                "",
                "Example: ./millwright ledger export --to 2026-01.jsonl, and a month later",
                "  ./millwright ledger export --to 2026-02.jsonl --from 40213   (the block after the last one exported)"
            })
    @SuppressWarnings("NullAway.Init") // Picocli sets the fields.
    static final class Export implements Callable<Integer> {
        @Spec
        CommandSpec spec;

        @Mixin
        SettingsOptions options = new SettingsOptions();

        @Option(
                names = "--to",
                paramLabel = "FILE",
                required = true,
                description = "A new file; it appears when it is whole.")
        Path to;

        @Option(
                names = "--from",
                paramLabel = "BLOCK",
                defaultValue = "1",
                description = "Begins with this block (default: 1, everything).")
        long from;

        @Override
        public Integer call() throws IOException {
            if (from < 1) throw usage("--from is " + from + ", expected a block's number: 1, 2, 3 …");
            if (Files.exists(to)) throw usage(to + " exists and stays as it is. Name a new file with --to.");
            Path folder = to.toAbsolutePath().getParent();
            if (folder == null || !Files.isDirectory(folder)) {
                throw usage("There is no folder " + folder + ". Make it, or name another with --to.");
            }
            try (Db db = openToRead(options.read())) {
                Path part = to.resolveSibling(to.getFileName() + ".part");
                LedgerExport.Written written;
                try (FileChannel channel = FileChannel.open(
                        part,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
                    written = ledgerOf(db).export(Channels.newOutputStream(channel), from);
                    channel.force(true);
                } catch (IOException | RuntimeException e) {
                    Files.deleteIfExists(part);
                    throw e;
                }
                if (written.blocks() == 0) {
                    Files.delete(part);
                    throw new SettingValues.WrongSetting("Nothing to export: no block from number " + from
                            + " on is sealed yet. A running server seals what waits twice a second.");
                }
                Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
                System.out.printf(
                        "Wrote %d events in blocks %d to %d to %s%nhead %s%n",
                        written.events(), from, from + written.blocks() - 1, to, written.head());
                return 0;
            }
        }

        private ParameterException usage(String message) {
            return new ParameterException(spec.commandLine(), message);
        }
    }

    @Command(
            name = "prune",
            description = {
                "Removes events older than an age for good. Their blocks and hashes stay and the removal is itself an",
                "event, so the chain still verifies. Export before: what is removed can be read nowhere else.",
                "",
                "On SQLite the server must be stopped (--dry-run works beside it); on PostgreSQL it may run.",
                ""
            })
    @SuppressWarnings("NullAway.Init") // Picocli sets the fields.
    static final class Prune implements Callable<Integer> {
        @Spec
        CommandSpec spec;

        @Mixin
        SettingsOptions options = new SettingsOptions();

        @Option(
                names = "--older-than",
                paramLabel = "AGE",
                required = true,
                description = "What was sealed before that: 12h, 90d, 52w.")
        String olderThan;

        @Option(names = "--dry-run", description = "Says what would go, and changes nothing.")
        boolean dryRun;

        @Override
        public Integer call() {
            Instant before = before();
            Settings settings = options.read();
            try (Db db = dryRun ? openToRead(settings) : openToWrite(settings)) {
                Ledger ledger = ledgerOf(db);
                Ledger.Prunable old = ledger.prunable(before);
                int removed = dryRun ? 0 : ledger.prune(before);
                if (removed > 0) ledger.seal(); // So that an export made right after it accounts for what is gone.
                System.out.printf(
                        "%s %d events of %d blocks sealed before %s%s.%n",
                        dryRun ? "Would remove" : "Removed",
                        dryRun ? old.events() : removed,
                        old.blocks(),
                        before,
                        old.blocks() == 0 ? "" : "; block %d is the last of them".formatted(old.lastBlock()));
                return 0;
            }
        }

        private Instant before() {
            try {
                return Instant.now()
                        .minus(GcCommand.age("--older-than", olderThan))
                        .truncatedTo(ChronoUnit.MILLIS);
            } catch (SettingValues.WrongSetting e) {
                throw new ParameterException(spec.commandLine(), e.getMessage(), e);
            }
        }
    }

    /// The hash of a block, as the commands print it.
    static final class Head implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            String hex = text.strip().toLowerCase(Locale.ROOT);
            if (!hex.matches("[0-9a-f]{64}")) {
                throw new TypeConversionException(
                        "'" + text + "' is no head; expected the 64 hex digits that ledger verify or export printed");
            }
            return hex;
        }
    }

    private static Ledger ledgerOf(Db db) {
        Ledger ledger = new Ledger(db, Clock.systemUTC(), new Ids(new SecureRandom()));
        if (!ledger.isThere()) {
            throw new SettingValues.WrongSetting(
                    "There is no ledger in " + db.describe() + " yet: no server has run on it. Check --home and --db.");
        }
        return ledger;
    }

    private static Db openToRead(Settings settings) {
        requireDatabase(settings);
        return settings.db().isEmpty()
                ? SqliteDb.openReadOnly(Assembly.databaseFile(settings))
                : PostgresDb.open(Assembly.postgresUri(settings));
    }

    private static Db openToWrite(Settings settings) {
        requireDatabase(settings);
        Db db = Assembly.openDb(settings);
        try {
            new Migrator(db).migrate(Assembly.migrations());
            return db;
        } catch (RuntimeException | Error e) {
            db.close();
            throw e;
        }
    }

    private static void requireDatabase(Settings settings) {
        Logging.apply(settings.log());
        if (settings.db().isEmpty() && !Files.exists(Assembly.databaseFile(settings))) {
            throw new SettingValues.WrongSetting("There is no database at " + Assembly.databaseFile(settings)
                    + ". Name the home of the installation with --home.");
        }
    }

    private static void printBroken(List<String> findings) {
        findings.forEach(finding -> System.out.println("BROKEN  " + finding));
    }
}
