package io.millwright.server;

import io.millwright.kernel.Ids;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.LedgerVerifier;
import io.millwright.ledger.PostgresDb;
import io.millwright.ledger.SqliteDb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "ledger",
        description = "Works on the event ledger.",
        subcommands = LedgerCommand.Verify.class,
        synopsisSubcommandLabel = "COMMAND")
final class LedgerCommand {
    @Command(
            name = "verify",
            description = {
                "Checks that no event of the ledger was changed, removed or reordered. Works beside a running server.",
                "",
                "Exits with 0 when the chain holds, with 1 when it does not; each finding is one line.",
                ""
            })
    static final class Verify implements Callable<Integer> {
        @Mixin
        SettingsOptions options = new SettingsOptions();

        @Override
        public Integer call() {
            Settings settings = options.read();
            Logging.apply(settings.log());
            if (settings.db().isEmpty() && !Files.exists(Assembly.databaseFile(settings))) {
                throw new SettingValues.WrongSetting("There is no database at " + Assembly.databaseFile(settings)
                        + ". Name the home of the installation with --home.");
            }
            try (Db db = openReadOnly(settings)) {
                LedgerVerifier.Report report = new Ledger(db, Clock.systemUTC(), new Ids(RandomGenerator.getDefault()))
                        .verifier()
                        .verify();
                report.findings().forEach(finding -> System.out.println("BROKEN  " + finding));
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

        private static Db openReadOnly(Settings settings) {
            Path file = Assembly.databaseFile(settings);
            return settings.db().isEmpty()
                    ? SqliteDb.openReadOnly(file)
                    : PostgresDb.open(Assembly.postgresUri(settings));
        }
    }
}
